"""The main job over Telegram: the real app, a faithful fake Bot API, and a responder at the console's API."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from tests.fakes.bot_api import TOKEN, FakeBotApi
from tests.process import AppProcess

CHAT = 5_550_001
pytestmark = pytest.mark.journey


@pytest.fixture
async def api() -> AsyncIterator[FakeBotApi]:
    async with FakeBotApi() as fake:
        yield fake


@pytest.fixture
async def app(api: FakeBotApi, tmp_path: Path) -> AsyncIterator[AppProcess]:
    process = AppProcess(
        tmp_path,
        TEDUH_TELEGRAM__TOKEN=TOKEN,
        TEDUH_TELEGRAM__API_URL=api.url,
        TEDUH_TELEGRAM__PER_CHAT_PER_SECOND="0",
        TEDUH_TELEGRAM__PER_SECOND="0",
    )
    await asyncio.to_thread(process.start)
    yield process
    assert await asyncio.to_thread(process.stop) == 0


@pytest.fixture
async def responder(app: AppProcess) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who came by the first link, answers people too, and is on duty."""
    async with httpx.AsyncClient(base_url=app.url, headers={"x-teduh": "1", "accept-language": "id"}) as client:
        person = {
            "token": app.invitation(),
            "name": "Ratna",
            "login": "ratna",
            "password": "payung teduh di sore hari",
            "also_responder": True,
        }
        (await client.post("/api/invitations/accept", json=person)).raise_for_status()
        (await client.put("/api/duty", json={"is_on_duty": True})).raise_for_status()
        yield client


async def until(holds: Callable[[], bool], what: str, seconds: float = 20) -> None:
    for _ in range(int(seconds / 0.05)):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


def said(api: FakeBotApi) -> str:
    return "\n".join(sent.text for sent in api.sent if sent.chat == CHAT)


async def test_a_person_writes_danger_is_seen_a_volunteer_answers(
    api: FakeBotApi, app: AppProcess, responder: httpx.AsyncClient
):
    api.say(CHAT, "suami saya mukul saya, saya takut pulang")
    await until(lambda: "110" in said(api) and "129" in said(api), "two numbers")

    queue = (await responder.get("/api/queue")).json()
    assert sum(level["waiting"] for level in queue["levels"]) == 1
    case = (await responder.post("/api/queue/next")).json()
    assert case["signs"][0]["topic"] == "domestic_violence"
    assert "mukul" in case["signs"][0]["words"]
    await until(lambda: "Ratna" in said(api), "the contact is told who is there")

    api.say(CHAT, "kak tolong")
    await until_thread(responder, case["id"], "kak tolong")
    before = len(api.sent)
    detail = (await responder.get(f"/api/cases/{case['id']}")).json()
    reply = {
        "key": "k1",
        "text": "Malam, saya Ratna. Sekarang di ruang mana?",
        "control_epoch": detail["control_epoch"],
        "seen_seq": detail["last_seq"],
    }
    (await responder.post(f"/api/cases/{case['id']}/replies", json=reply)).raise_for_status()
    await until(lambda: "Sekarang di ruang mana?" in said(api), "the reply arrives")
    assert len(api.sent) == before + 1, "the program is silent while a person speaks"

    closing = {"outcome": "helped", "note": "aman di rumah ibu", "farewell": "Sampai nanti, ya."}
    (await responder.post(f"/api/cases/{case['id']}/close", json=closing)).raise_for_status()
    await until(lambda: "Sampai nanti, ya." in said(api) and "program otomatis" in api.sent[-1].text, "the program is back")
    assert "aman di rumah ibu" not in said(api)

    api.say(CHAT, "ulang")
    await until(lambda: bool(api.sent[-1].buttons), "the open question is asked again")
    api.press(CHAT, api.sent[-1].buttons[0][0][1])
    await until(lambda: len(api.answered_presses) == 1, "the press is answered once")


async def until_thread(responder: httpx.AsyncClient, case_id: str, text: str) -> None:
    for _ in range(200):
        detail = (await responder.get(f"/api/cases/{case_id}")).json()
        if text in [message["text"] for message in detail["thread"]]:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the message did not reach the console")


async def test_who_leaves_finds_only_harmless_words_on_the_phone(api: FakeBotApi, app: AppProcess):
    api.say(CHAT, "suami saya mukul saya, saya takut pulang")
    await until(lambda: "129" in said(api), "numbers")
    api.say(CHAT, "keluar")
    await until(lambda: "kantor desa" in said(api), "harmless words")

    await until(lambda: bool(api.removed), "the talk is taken back")

    shown = [sent.text for sent in api.sent if sent.chat == CHAT and not sent.is_deleted]
    assert len(shown) == 1
    assert "kantor desa" in shown[0]
    assert {number for chat, number in api.removed if chat == CHAT} >= {1, 3}, "the person's own words too"
