"""The main job over WhatsApp: the real app behind its webhook, a faithful fake Graph API, and a responder at the console's API."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.bot_api import Fault
from tests.fakes.graph_api import APP_SECRET, NUMBER, TOKEN, FakeGraphApi
from tests.process import AppProcess

PHONE, USER = "6281200000001", "ID.4471"
PLACE, WORD = "p" * 24, "v" * 24
pytestmark = pytest.mark.journey


@pytest.fixture
async def graph() -> AsyncIterator[FakeGraphApi]:
    async with FakeGraphApi() as fake:
        yield fake


@pytest.fixture
async def app(graph: FakeGraphApi, tmp_path: Path) -> AsyncIterator[AppProcess]:
    process = AppProcess(
        tmp_path,
        TEDUH_WHATSAPP__TOKEN=TOKEN,
        TEDUH_WHATSAPP__NUMBER=NUMBER,
        TEDUH_WHATSAPP__APP_SECRET=APP_SECRET,
        TEDUH_WHATSAPP__VERIFY_TOKEN=WORD,
        TEDUH_WHATSAPP__WEBHOOK_PATH=PLACE,
        TEDUH_WHATSAPP__API_URL=graph.url,
    )
    await asyncio.to_thread(process.start)
    graph.hook = f"{process.url}/webhooks/whatsapp/{PLACE}"
    yield process
    assert await asyncio.to_thread(process.stop) == 0
    for secret in (TOKEN, APP_SECRET, WORD, PLACE, PHONE, USER, "MARKED", "wamid"):
        assert secret not in process.output()


@pytest.fixture
async def responder(app: AppProcess) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=app.url, headers={"x-teduh": "1", "accept-language": "id"}) as client:
        person = {"token": app.invitation(), "name": "Ratna", "login": "ratna", "password": "payung teduh di sore hari"}
        (await client.post("/api/invitations/accept", json={**person, "also_responder": True})).raise_for_status()
        (await client.put("/api/duty", json={"is_on_duty": True})).raise_for_status()
        yield client


async def until(holds: Callable[[], bool], what: str, seconds: float = 20) -> None:
    for _ in range(int(seconds / 0.05)):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


def said(graph: FakeGraphApi, *names: str) -> str:
    return "\n".join(sent.text for sent in graph.sent if sent.to in (names or (PHONE,)))


async def test_a_person_writes_danger_is_seen_a_volunteer_answers(graph: FakeGraphApi, app, responder: httpx.AsyncClient):
    await graph.say(PHONE, "suami saya mukul saya, saya takut pulang")
    await until(lambda: "110" in said(graph) and "129" in said(graph), "two numbers")
    first = graph.sent[-1]
    assert first.kind in ("button", "text")
    assert len(graph.sent) == 1, "one message a turn"

    case = (await responder.post("/api/queue/next")).json()
    await until(lambda: "Ratna" in said(graph), "the contact is told who is there")
    detail = (await responder.get(f"/api/cases/{case['id']}")).json()
    reply = {
        "key": "k1",
        "text": "Malam, saya Ratna.",
        "control_epoch": detail["control_epoch"],
        "seen_seq": detail["last_seq"],
    }
    (await responder.post(f"/api/cases/{case['id']}/replies", json=reply)).raise_for_status()
    await until(lambda: "Malam, saya Ratna." in said(graph), "the reply arrives")

    await graph.tell(graph.sent[-1], "read")
    await graph.tell(graph.sent[-1], "delivered")
    for _ in range(200):
        thread = (await responder.get(f"/api/cases/{case['id']}")).json()["thread"]
        if thread[-1]["delivery"] == "read":
            break
        await asyncio.sleep(0.05)
    assert thread[-1]["delivery"] == "read", "a state never goes back"


async def detail_of(responder: httpx.AsyncClient, case: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The case as the console sees it, once that holds."""
    for _ in range(200):
        detail: dict[str, Any] = (await responder.get(f"/api/cases/{case}")).json()
        if holds(detail):
            return detail
        await asyncio.sleep(0.05)
    raise AssertionError("it was never seen in the console")


async def test_a_place_is_asked_for_and_a_number_or_a_channel_that_fails_is_seen_in_the_console(
    graph: FakeGraphApi, app, responder: httpx.AsyncClient
):
    await graph.say(PHONE, "dia gedor pintu bawa pisau, tolong")
    await until(lambda: "110" in said(graph), "a number")
    case = (await responder.post("/api/queue/next")).json()["id"]
    await until(lambda: "Ratna" in said(graph), "the contact is told who is there")

    async def reply(text: str, **more: bool) -> None:
        detail = (await responder.get(f"/api/cases/{case}")).json()
        body = {"key": text, "text": text, "control_epoch": detail["control_epoch"], "seen_seq": detail["last_seq"], **more}
        (await responder.post(f"/api/cases/{case}/replies", json=body)).raise_for_status()
        await until(lambda: text in said(graph), "the reply arrives")

    await reply("Kamu di mana?", asks_place=True)
    assert graph.sent[-1].kind == "location_request"
    place = graph.message(PHONE, {"type": "location", "location": {"latitude": -6.914744, "longitude": 107.60981}})
    await graph.post(graph.envelope(graph.value(place)))
    detail = await detail_of(responder, case, lambda seen: seen["thread"][-1]["kind"] == "location")
    assert (detail["thread"][-1]["text"], detail["knock"]) == ("-6.9147, 107.6098", "")
    assert detail["window_until"] is not None

    await reply("Saya panggil bantuan.")
    await graph.post(graph.envelope(graph.value() | {"errors": [{"code": 131042, "title": "MARKED"}]}))
    await graph.tell(graph.sent[-1], "failed", errors=[{"code": 131026, "title": "MARKED"}])
    detail = await detail_of(responder, case, lambda seen: seen["lock"] == "contact_blocked")
    failed = [each for each in detail["thread"] if each["delivery"] == "failed"]
    assert [(each["text"], each["failure"]) for each in failed] == [("Saya panggil bantuan.", "unreachable")]
    assert detail["thread"][-1]["text"] == "unreachable"
    (trouble,) = (await responder.get("/api/queue")).json()["troubles"]
    assert (trouble["channel"], trouble["side"], trouble["reason"]) == ("whatsapp", "sending", "payment")
    figures = (await responder.get("/metrics")).text
    assert 'teduh_contacts_unreachable{channel="whatsapp"} 1.0' in figures

    # Who writes again can be written to again, and what works is not told as broken.
    await graph.say(PHONE, "aku di sini")
    await detail_of(responder, case, lambda seen: seen["lock"] == "")
    await reply("Baik.")
    await until(lambda: "Baik." in said(graph), "the reply arrives")
    for _ in range(100):
        if not (await responder.get("/api/queue")).json()["troubles"]:
            break
        await asyncio.sleep(0.05)
    assert (await responder.get("/api/queue")).json()["troubles"] == []


async def test_buttons_lists_and_the_same_person_under_two_names(graph: FakeGraphApi, app: AppProcess):
    await graph.say(PHONE, "halo")
    await until(lambda: bool(graph.sent and graph.sent[-1].choices), "consent is asked with buttons")
    await graph.press(PHONE, "Lanjut")
    await until(lambda: len(graph.sent) == 2, "the first question")

    graph.people[USER] = graph.person(PHONE)
    graph.person(PHONE).user_id = USER
    both = graph.message(USER, {"type": "text", "text": {"body": "ibu saya sakit dan tidak ada biaya"}})
    await graph.post(graph.envelope(graph.value(both)))
    await until(lambda: len(graph.sent) == 3, "the talk goes on under the other name")

    assert graph.sent[-1].to == PHONE
    assert "program otomatis" not in graph.sent[-1].text


async def test_a_send_of_unknown_fate_is_settled_by_its_status_and_not_sent_again(graph: FakeGraphApi, app: AppProcess):
    graph.fail(Fault(is_cut=True, takes_effect=True))
    await graph.say(PHONE, "suami saya mukul saya, saya takut pulang")
    await until(lambda: len(graph.sent) == 1, "it arrived, though no answer came")
    await graph.tell(graph.sent[0], "sent")
    # Numbers to call would go out once more after five seconds.
    await asyncio.sleep(6.5)

    assert len(graph.sent) == 1


async def test_events_come_again_until_the_killed_app_is_back_and_count_once(graph: FakeGraphApi, app: AppProcess):
    await asyncio.to_thread(app.kill)
    event = graph.envelope(graph.value(graph.message(PHONE, {"type": "text", "text": {"body": "halo"}})))
    posting = asyncio.create_task(graph.post(event))
    await asyncio.sleep(0.3)
    await asyncio.to_thread(app.start)
    await posting
    await graph.post(event)
    await until(lambda: len(graph.sent) == 1, "one greeting")
    await asyncio.sleep(0.5)

    assert len(graph.sent) == 1
    assert 0 in graph.posts


async def test_the_address_is_proven(graph: FakeGraphApi, app: AppProcess):
    async with httpx.AsyncClient() as client:
        query = {"hub.mode": "subscribe", "hub.challenge": "42", "hub.verify_token": WORD}
        assert (await client.get(graph.hook, params=query)).text == "42"
        assert (await client.get(graph.hook, params={**query, "hub.verify_token": "x"})).status_code == 403
        assert (
            await client.post(graph.hook, content=b"{}", headers={"x-hub-signature-256": "sha256=" + "0" * 64})
        ).status_code == 401
        assert (await client.post(graph.hook, content=b"{}")).status_code == 401
