"""Telegram by webhook: the real app is killed and started while Telegram delivers; nobody is forgotten, nobody heard twice."""

import asyncio
from pathlib import Path

import pytest

from tests.fakes.bot_api import TOKEN, FakeBotApi
from tests.process import AppProcess

PATH, SECRET = "p" * 24, "s" * 24
PEOPLE = range(5_550_001, 5_550_013)
pytestmark = pytest.mark.journey


async def test_what_could_not_be_delivered_comes_again_in_order_and_is_heard_once(tmp_path: Path):
    async with FakeBotApi() as api:
        api.webhook_secret = SECRET
        app = AppProcess(
            tmp_path,
            TEDUH_TELEGRAM__TOKEN=TOKEN,
            TEDUH_TELEGRAM__API_URL=api.url,
            TEDUH_TELEGRAM__INTAKE="webhook",
            TEDUH_TELEGRAM__WEBHOOK_PATH=PATH,
            TEDUH_TELEGRAM__WEBHOOK_SECRET=SECRET,
            TEDUH_WEB__PUBLIC_URL="https://teduh.test",
            TEDUH_TELEGRAM__PER_CHAT_PER_SECOND="0",
            TEDUH_TELEGRAM__PER_SECOND="0",
        )
        await asyncio.to_thread(app.start)
        for person in PEOPLE:
            for word in ("halo", "lanjut", "butuh bantuan untuk ibu saya yang sakit"):
                api.say(person, word)

        delivering = asyncio.create_task(api.deliver(f"{app.url}/webhooks/telegram/{PATH}", seconds=60))
        await asyncio.sleep(0.05)
        await asyncio.to_thread(app.kill)
        await asyncio.sleep(0.2)
        await asyncio.to_thread(app.start)
        tries = await delivering
        await asyncio.sleep(0)
        for _ in range(400):
            if all(len([sent for sent in api.sent if sent.chat == person]) >= 3 for person in PEOPLE):
                break
            await asyncio.sleep(0.05)
        assert await asyncio.to_thread(app.stop) == 0

    assert sum(status == 200 for _update, status in tries) == 3 * len(PEOPLE)
    asked = {person: [sent.text for sent in api.sent if sent.chat == person] for person in PEOPLE}
    for texts in asked.values():
        # A send that the kill cut may be there twice, next to each other; nothing else may.
        once = [text for text, before in zip(texts, ["", *texts], strict=False) if text != before]
        assert len(once) == 3
    assert "setwebhook" not in [name for name, _params in api.calls]
    assert "deletewebhook" not in [name for name, _params in api.calls]
