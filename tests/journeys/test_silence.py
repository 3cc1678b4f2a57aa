"""What people say never stands in a log line, a metric or on standard output."""

import asyncio
import base64
import json
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.fakes.bot_api import TOKEN, FakeBotApi
from tests.process import AppProcess

MARKS = {
    "text": "sempakbiru77 suami saya mukul saya",
    "name": "zulfikarmerah88",
    "phone": "6281200099911",
    "password": "rahasiahijau99 di balik pintu",
    "note": "catatanungu55",
    "file": "AwACkuning44",
}


def forms(secret: str) -> list[bytes]:
    raw = secret.encode()
    return [
        raw,
        base64.b64encode(raw).rstrip(b"=")[:-1],
        quote(secret).encode(),
        json.dumps(secret)[1:-1].encode(),
        secret.encode("utf-16-le"),
    ]


@pytest.mark.journey
async def test_nothing_that_people_say_or_are_is_written_where_it_should_not(tmp_path: Path):
    async with FakeBotApi() as api:
        app = AppProcess(tmp_path, TEDUH_TELEGRAM__TOKEN=TOKEN, TEDUH_TELEGRAM__API_URL=api.url)
        await asyncio.to_thread(app.start)
        chat = int(MARKS["phone"])
        async with httpx.AsyncClient(base_url=app.url, headers={"x-teduh": "1"}) as client:
            api.say(chat, MARKS["text"])
            api.message(chat, voice={"file_id": MARKS["file"], "file_unique_id": "v", "duration": 3})
            api.message(chat, contact={"phone_number": MARKS["phone"], "first_name": MARKS["name"]})
            api.inject({"poll": {"question": MARKS["text"]}})
            api.inject({"message": {"text": MARKS["text"], "chat": "?", "from": [MARKS["name"]]}})
            await client.post("/chat/messages", json={"key": "3" * 32, "text": MARKS["text"]})
            await client.post("/chat/messages", content=MARKS["text"].encode())
            await client.post("/api/signin", json={"login": MARKS["name"], "password": MARKS["password"]})
            person = {"token": app.invitation(), "name": MARKS["name"], "login": MARKS["name"], "password": MARKS["password"]}
            (await client.post("/api/invitations/accept", json={**person, "also_responder": True})).raise_for_status()
            for _ in range(400):
                if len(api.sent) >= 1 and not api.pending:
                    break
                await asyncio.sleep(0.05)
            metrics = (await client.get("/metrics")).content
        assert api.sent
        assert await asyncio.to_thread(app.stop) == 0

        written = metrics + app.output().encode()
        for secret in (*MARKS.values(), TOKEN):
            for form in forms(secret):
                assert form not in written
        stored = b"".join(file.read_bytes() for file in sorted((tmp_path / "data").glob("teduh.db*")))
        for secret in MARKS.values():
            assert secret.encode() not in stored
