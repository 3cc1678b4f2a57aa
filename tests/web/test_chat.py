"""The web chat over real ASGI calls, the real path of a message and a real SQLite; only the clock is set."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
from msgspec import structs

from bot.actions import handoff
from bot.app import Core, build_core
from bot.channels.webchat import WebChat
from bot.config import Data, Limits, Settings
from bot.content import load_content, load_interpreter
from bot.domain.cases import Outcome
from bot.domain.responders import Responder
from bot.domain.staffing import Staffing
from bot.storage import contacts, links, messages, people
from bot.storage.database import Database
from bot.storage.migrate import migrate
from bot.storage.tables import inbox
from bot.web.admission import Admission
from bot.web.build import paces_of
from bot.web.chat import Chat, ChatParts, topic_of
from tests.builders import NOW, later, make_responder

OURS = {"x-teduh": "1"}
AFRAID = "suami saya mukul saya, saya takut pulang"
WATCHED = "dia suka baca hp saya"


@dataclass(kw_only=True)
class Rig:
    core: Core
    chat: Chat
    parts: ChatParts
    clock: list[datetime] = field(default_factory=list)

    @asynccontextmanager
    async def page(self, address: str = "127.0.0.1", **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """A browser with the page open."""
        base = self.parts.public_url or "http://chat.test"
        transport = httpx.ASGITransport(app=cast("Any", self.chat), client=(address, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=base, headers={**OURS, **headers}) as client:
            yield client

    async def work(self) -> None:
        """Let the program hear and answer all that waits."""
        while await self.core.worker.work_once():
            pass
        await self.core.delivery.run_until_idle()

    async def say(self, page: httpx.AsyncClient, text: str) -> None:
        answer = await page.post("/chat/messages", json={"key": str(uuid4()), "text": text})
        assert answer.status_code == 202
        await self.work()

    async def claim(self) -> tuple[Responder, Any]:
        """A responder takes the next person."""
        ratna = make_responder()
        core, now = self.core, self.core.now()
        await core.database.write(lambda db: people.add(db, core.vault, ratna, now=now))
        case = await core.database.write(lambda db: handoff.claim_next(db, core.desk, by=ratna, now=now))
        await self.work()
        return ratna, case


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    clock = [NOW]
    channels: list[Any] = []
    settings = Settings(data=Data(folder=str(tmp_path)))
    content = load_content()
    core = build_core(settings, content, load_interpreter(), channels=channels, now=lambda: clock[0])
    core.channels["web"] = WebChat(lambda address: core.live.publish(topic_of(core.vault, address), {"kind": "said"}))
    await migrate(core.database)
    parts = ChatParts(
        database=core.database,
        vault=core.vault,
        live=core.live,
        receiver=core.receiver,
        directory=content.directory,
        admission=Admission(paces_of(settings.limits), key=b"k" * 32),
        public_url="",
        now=core.now,
        exit_words=("keluar", 'x"y'),
        heartbeat_seconds=0.05,
    )
    yield Rig(core=core, chat=Chat(parts), parts=parts, clock=clock)
    await core.database.close()


async def thread(page: httpx.AsyncClient, after: int = 0) -> dict[str, Any]:
    return cast("dict[str, Any]", (await page.get(f"/chat/thread?after={after}")).json())


def said(news: dict[str, Any]) -> list[tuple[str, str]]:
    return [(bubble["by"], bubble.get("text", "")) for bubble in news["bubbles"]]


async def count_inbox(database: Database) -> int:
    return int(await database.read(lambda db: db.scalar(sa.select(sa.func.count()).select_from(inbox))) or 0)


# Who writes


async def test_opening_the_page_makes_no_cookie_and_stores_nothing(rig: Rig) -> None:
    async with rig.page() as page:
        answers = [await page.get(path) for path in ("/", "/info", "/chat/thread", "/chat/events")]

        assert [answer.status_code for answer in answers] == [200, 200, 200, 204]
        assert not any("set-cookie" in answer.headers for answer in answers)
    assert await count_inbox(rig.core.database) == 0


async def test_a_first_message_makes_a_session_cookie_that_scripts_and_other_sites_never_see(rig: Rig) -> None:
    async with rig.page() as page:
        answer = await page.post("/chat/messages", json={"key": str(uuid4()), "text": "halo"})

    assert answer.status_code == 202
    assert re.fullmatch(r"info=[0-9a-f]{64}; Path=/; HttpOnly; SameSite=Strict", answer.headers["set-cookie"])


async def test_by_https_the_cookie_is_bound_to_this_host_and_to_https(rig: Rig) -> None:
    secure = replace(rig.parts, public_url="https://teduh.test")
    shown = Rig(core=rig.core, chat=Chat(secure), parts=secure)

    async with shown.page(origin="https://teduh.test") as page:
        answer = await page.post("/chat/messages", json={"key": str(uuid4()), "text": "halo"})

    assert re.fullmatch(r"__Host-info=[0-9a-f]{64}; Path=/; HttpOnly; SameSite=Strict; Secure", answer.headers["set-cookie"])


async def test_danger_is_answered_with_verified_numbers_that_can_be_dialled(rig: Rig) -> None:
    async with rig.page() as page:
        await rig.say(page, AFRAID)
        news = await thread(page)

    assert said(news)[0] == ("me", AFRAID)
    services = [each for bubble in news["bubbles"] for each in bubble.get("services", [])]
    assert [(each["value"], each["href"]) for each in services] == [("110", "tel:110"), ("129", "tel:129")]


async def test_two_browsers_never_see_each_other(rig: Rig) -> None:
    async with rig.page() as one, rig.page() as other:
        await rig.say(one, "halo dari satu")
        await rig.say(other, "halo dari dua")

        first, second = await thread(one), await thread(other)

    assert ("me", "halo dari satu") in said(first)
    assert ("me", "halo dari satu") not in said(second)


# Sent once, whatever the network does


async def test_a_message_sent_again_is_there_once(rig: Rig) -> None:
    async with rig.page() as page:
        message = {"key": str(uuid4()), "text": "halo"}
        for _ in range(3):
            assert (await page.post("/chat/messages", json=message)).status_code == 202
        await rig.work()

        news = await thread(page)

    assert [text for by, text in said(news) if by == "me"] == ["halo"]


async def test_a_first_message_whose_answer_was_lost_finds_its_talk_again(rig: Rig) -> None:
    message = {"key": str(uuid4()), "text": "tolong"}
    async with rig.page() as lost:
        await lost.post("/chat/messages", json=message)
    await rig.work()

    async with rig.page() as page:
        await page.post("/chat/messages", json=message)
        news = await thread(page)

    assert said(news)[0] == ("me", "tolong")
    assert await count_inbox(rig.core.database) == 1


async def test_what_can_not_be_stored_is_not_acknowledged(rig: Rig) -> None:
    await rig.core.database.write(lambda db: db.exec_driver_sql("alter table inbox rename to gone"))
    async with rig.page() as page:
        answer = await page.post("/chat/messages", json={"key": str(uuid4()), "text": "halo"})

    assert answer.status_code == 503
    assert "set-cookie" not in answer.headers


async def test_a_database_that_does_not_answer_costs_the_page_nothing_but_time(rig: Rig) -> None:
    async with rig.page() as page:
        await rig.say(page, "halo")
        await rig.core.database.write(lambda db: db.exec_driver_sql("alter table messages rename to gone"))
        asked = await page.get("/chat/thread")
        async with stream(rig, page) as seen:
            await asyncio.wait_for(seen.ended.wait(), 5)

    assert asked.status_code == 503
    assert (seen.status, seen.parts.get_nowait(), seen.parts.empty()) == (200, b"retry: 2000\n\n", True)


# Bad input


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"", 400, id="nothing"),
        pytest.param(b"{", 400, id="half an object"),
        pytest.param(b"[]", 400, id="a list"),
        pytest.param(b"\xff\xfe\x00", 400, id="no UTF-8"),
        pytest.param(b"[" * 16_000, 400, id="deep"),
        pytest.param(b'{"key": "x", "text": "halo"}', 400, id="a key that is none"),
        pytest.param(b'{"key": "KEY", "text": ""}', 400, id="no words"),
        pytest.param(b'{"key": "KEY", "text": 5}', 400, id="a number for words"),
        pytest.param(b'{"key": "KEY", "kind": "leave"}', 400, id="leaving has its own address"),
        pytest.param(b'{"key": "KEY", "text": "%s"}' % (b"a" * 4097), 413, id="more characters than we keep"),
        pytest.param(b'{"key": "KEY", "text": "%s"}' % (b"a" * 1_000_000), 413, id="a megabyte"),
        pytest.param(b'{"key": "KEY", "text": "tolong \\ud83d"}', 202, id="half a character costs nobody their words"),
        pytest.param(b'{"key": "KEY", "text": "%s"}' % (b"a" * 4096), 202, id="as much as we keep"),
    ],
)
async def test_bad_input_is_told_kindly_and_never_an_error_of_ours(rig: Rig, body: bytes, status: int) -> None:
    async with rig.page() as page:
        answer = await page.post("/chat/messages", content=body.replace(b"KEY", str(uuid4()).encode()))

    assert answer.status_code == status
    if status != 202:
        assert re.search(r"(Coba|Buka) .+\.$", answer.json()["message"])
    assert await count_inbox(rig.core.database) == (1 if status == 202 else 0)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"x-teduh": ""}, id="without our header"),
        pytest.param({"origin": "https://elsewhere.test"}, id="from another origin"),
        pytest.param({"sec-fetch-site": "cross-site"}, id="as the browser says"),
        pytest.param({"sec-fetch-site": "same-site"}, id="from a neighbour under the same domain"),
    ],
)
@pytest.mark.parametrize("path", ["/chat/messages", "/chat/leave"])
async def test_another_site_can_neither_write_nor_leave_for_somebody(rig: Rig, path: str, headers: dict[str, str]) -> None:
    async with rig.page() as page:
        await rig.say(page, "halo")
        answer = await page.post(path, json={"key": str(uuid4()), "text": "palsu"}, headers=headers)

        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
    assert await count_inbox(rig.core.database) == 1


@pytest.mark.parametrize("cookie", ["info=", "info=x", "info=" + "z" * 64, 'info="; evil', "\xff", "info=" + "a" * 64])
async def test_a_cookie_of_nobody_shows_nothing(rig: Rig, cookie: str) -> None:
    async with rig.page() as page:
        answer = await page.get("/chat/thread", headers=[(b"cookie", cookie.encode("latin-1"))])

    assert answer.json() == {"bubbles": [], "state": None}


# How much of it


def few(rig: Rig, **limits: int) -> Rig:
    """The same chat with small limits."""
    parts = replace(rig.parts, admission=Admission(paces_of(Limits(**limits)), key=b"k" * 32))
    return Rig(core=rig.core, chat=Chat(parts), parts=parts, clock=rig.clock)


async def write(page: httpx.AsyncClient, text: str = "halo", **headers: str) -> httpx.Response:
    return await page.post("/chat/messages", json={"key": str(uuid4()), "text": text}, headers=headers)


async def test_a_flood_of_new_talks_is_told_to_wait_and_stores_nothing(rig: Rig) -> None:
    small = few(rig, new_talks_per_address=1)
    statuses = []
    for _ in range(5):
        async with small.page("8.8.8.8") as page:
            statuses.append((await write(page)).status_code)

    assert statuses == [202, 202, 202, 429, 429]
    assert await count_inbox(rig.core.database) == 3


async def test_invented_cookies_begin_no_more_talks_than_none(rig: Rig) -> None:
    small = few(rig, new_talks_per_address=1)
    async with small.page("8.8.8.8") as flood:
        statuses = [(await write(flood, cookie=f"info={number:064x}")).status_code for number in range(5)]

    assert statuses == [202, 202, 202, 429, 429]
    assert await count_inbox(rig.core.database) == 3


async def test_who_is_told_to_wait_gets_in_by_trying_again(rig: Rig) -> None:
    small = few(rig, new_talks_per_address=1)
    for _ in range(3):
        async with small.page("8.8.8.8") as other:
            await write(other)
    message = {"key": str(uuid4()), "text": AFRAID}
    async with small.page("8.8.8.8") as page:
        refused = await page.post("/chat/messages", json=message)
        rig.clock[0] = later(seconds=int(refused.headers["retry-after"]))
        taken = await page.post("/chat/messages", json=message)
        await rig.work()
        news = await thread(page)

    assert (refused.status_code, taken.status_code) == (429, 202)
    assert refused.json() == {"code": "wait", "message": "Pesanmu sedang antre dan akan dikirim sendiri.", "wait_seconds": 60}
    assert "set-cookie" not in refused.headers
    assert said(news)[0] == ("me", AFRAID)


async def test_a_flood_elsewhere_keeps_nobody_out(rig: Rig) -> None:
    small = few(rig, new_talks=1, new_talks_per_address=100)
    async with small.page("8.8.8.8") as flood:
        statuses = [(await write(flood, cookie=f"info={number:064x}")).status_code for number in range(10)]
    assert 429 in statuses

    async with small.page("9.9.9.9") as page:
        assert (await write(page, AFRAID)).status_code == 202


async def test_a_talk_goes_on_after_a_restart_whatever_begins_meanwhile(rig: Rig) -> None:
    async with few(rig, new_talks=1).page() as page:
        await rig.say(page, "halo")
        again = few(rig, new_talks=1)
        async with again.page() as flood:
            while (await write(flood, cookie=f"info={uuid4().hex * 2}")).status_code == 202:
                pass

        async with again.page(cookie=f"info={page.cookies['info']}") as same:
            assert (await write(same, "masih di sini")).status_code == 202


async def test_a_talk_that_floods_is_slowed_and_no_other(rig: Rig) -> None:
    small = few(rig, messages_per_talk=2)
    async with small.page() as page, small.page() as other:
        statuses = [(await write(page)).status_code for _ in range(3)]

        assert statuses == [202, 202, 429]
        assert (await write(other)).status_code == 202


async def test_leaving_is_never_refused_and_is_stored_once(rig: Rig) -> None:
    small = few(rig, messages_per_talk=1)
    async with small.page() as page:
        await rig.say(page, AFRAID)
        cookie = f"info={page.cookies['info']}"
        before = await count_inbox(rig.core.database)
        statuses = [(await page.post("/chat/leave", headers={"cookie": cookie})).status_code for _ in range(5)]

    assert statuses == [204] * 5
    assert await count_inbox(rig.core.database) == before + 1


async def test_leaving_with_an_invented_cookie_stores_nothing(rig: Rig) -> None:
    async with rig.page(cookie="info=" + "a" * 64) as page:
        answer = await page.post("/chat/leave")

    assert (answer.status_code, await count_inbox(rig.core.database)) == (204, 0)


async def test_the_page_holds_the_numbers_that_it_shows_to_who_must_wait(rig: Rig) -> None:
    async with rig.page() as page:
        html = (await page.get("/")).text

    (words,) = re.findall(r'<p id="turn"[^>]*>(.*?)</p>', html)
    assert re.findall(r'href="([^"]+)"', words) == ["tel:110", "tel:129"]
    assert '<span lang="en">' in words


# Leaving


async def test_leaving_forgets_the_cookie_and_tells_the_team(rig: Rig) -> None:
    async with rig.page() as page:
        await rig.say(page, AFRAID)
        answer = await page.post("/chat/leave", json={})
        await rig.work()

        assert answer.status_code == 204
        assert "Max-Age=0" in answer.headers["set-cookie"]
        assert await thread(page) == {"bubbles": [], "state": None}
    _ratna, case = await rig.claim()
    entries = await rig.core.database.read(lambda db: _events(db, rig, case.contact_id))
    assert "left_page" in entries


def _events(db: Any, rig: Rig, contact_id: Any) -> list[str]:
    return [entry.text for entry in messages.list_thread(db, rig.core.vault, contact_id) if entry.kind == "event"]


async def test_leaving_works_for_who_never_wrote(rig: Rig) -> None:
    async with rig.page() as page:
        answer = await page.post("/chat/leave", content=b"not json")

    assert answer.status_code == 204
    assert await count_inbox(rig.core.database) == 0


# What is shown


async def test_the_page_shows_who_speaks_and_nothing_that_the_team_wrote_for_itself(rig: Rig) -> None:
    core = rig.core
    async with rig.page() as page:
        await rig.say(page, "dia gedor pintu bawa pisau tolong")
        waiting = await thread(page)
        ratna, case = await rig.claim()
        now = core.now()
        await core.database.write(
            lambda db: handoff.note(db, core.desk, case.id, by=ratna, key="n1", text="catatan tim", now=now)
        )
        joined = await thread(page)
        await core.database.write(
            lambda db: handoff.close(
                db,
                core.desk,
                case.id,
                by=ratna,
                outcome=Outcome.HELPED,
                note_text="x",
                farewell="Sampai jumpa",
                staffing=Staffing(on_duty=1),
                now=now,
            )
        )
        closed = await thread(page)

    assert (waiting["state"]["control"], waiting["state"]["since"]) == ("pending", "2026-11-24T14:00:00Z")
    assert (joined["state"]["control"], joined["state"]["name"]) == ("human", "Ratna")
    assert joined["state"]["since"] == waiting["state"]["since"]
    assert closed["state"]["since"] is None
    assert closed["state"]["control"] == "bot"
    assert ("responder", "Sampai jumpa") in said(closed)
    assert not {"catatan tim", "claimed", "closed", "x"} & {text for _by, text in said(closed)}
    assert {by for by, _text in said(closed)} == {"me", "program", "responder"}


async def test_who_waits_is_told_whether_anybody_is_on_duty(rig: Rig) -> None:
    core, ratna = rig.core, make_responder(is_on_duty=True)
    async with rig.page() as page:
        await rig.say(page, "petugas")
        alone = await thread(page)
        await core.database.write(lambda db: people.add(db, core.vault, ratna, now=core.now()))
        await core.database.write(lambda db: people.note_present(db, ratna.id, now=core.now()))
        called = await thread(page)

    told = [news["state"]["is_anybody_on_duty"] for news in (alone, called)]
    assert told == [False, True]


async def test_while_others_read_along_the_page_is_told_of_nobody_who_comes_and_all_is_told_when_it_is_safe(rig: Rig) -> None:
    async with rig.page() as page:
        await rig.say(page, "dia gedor pintu bawa pisau tolong")
        before = (await thread(page))["state"]
        await rig.say(page, WATCHED)
        watched = (await thread(page))["state"]
        await rig.claim()
        claimed = (await thread(page))["state"]
        await rig.say(page, "sudah aman")
        safe = (await thread(page))["state"]

    assert not before["is_watched"]
    for state in (watched, claimed):
        quiet = {"control": "bot", "name": "", "since": None, "is_anybody_on_duty": False, "is_watched": True}
        assert {name: state[name] for name in quiet} == quiet
    assert (safe["is_watched"], safe["name"], safe["since"]) == (False, "Ratna", before["since"])


async def test_after_ten_minutes_of_silence_a_page_that_opens_rests(rig: Rig) -> None:
    async with rig.page() as page:
        await rig.say(page, "halo")
        rig.clock[0] = later(minutes=10)
        soon = (await thread(page))["state"]["rests"]
        rig.clock[0] = later(minutes=10, seconds=1)
        late = (await thread(page))["state"]["rests"]

    assert (soon, late) == (False, True)


@pytest.mark.parametrize("after", ["3", "999999", "x", "-1", "1e3", "9" * 30])
async def test_only_what_is_new_is_read(rig: Rig, after: str) -> None:
    async with rig.page() as page:
        await rig.say(page, "halo")
        everything = await thread(page)
        news = (await page.get(f"/chat/thread?after={after}")).json()

    first = int(after) if re.fullmatch(r"\d{1,15}", after) else 0
    assert news["bubbles"] == [bubble for bubble in everything["bubbles"] if bubble["seq"] > first]


# The stream. It has no end, so it is read from the application itself, not through a client that waits for one.


@dataclass
class Stream:
    status: int = 0
    headers: dict[bytes, bytes] = field(default_factory=dict)
    parts: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, part: bytes) -> list[bytes]:
        """All that came, up to what begins with this."""
        async with asyncio.timeout(5):
            came = [await self.parts.get()]
            while not came[-1].startswith(part):
                came.append(await self.parts.get())
        return came

    async def until_said(self, words: str) -> list[tuple[int, dict[str, Any]]]:
        """All bubbles that came, up to the one that says this."""
        came: list[tuple[int, dict[str, Any]]] = []
        async with asyncio.timeout(5):
            while not came or words not in came[-1][1]["text"]:
                came += bubbles_of([await self.parts.get()])
        return came


@asynccontextmanager
async def stream(
    rig: Rig, page: httpx.AsyncClient, query: str = "", *, path: str = "/chat/events", **headers: str
) -> AsyncIterator[Stream]:
    seen, gone = Stream(), asyncio.Event()

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            seen.status, seen.headers = message["status"], dict(message["headers"])
        elif message.get("body"):
            seen.parts.put_nowait(message["body"])

    sent = {"cookie": "; ".join(f"{name}={value}" for name, value in page.cookies.items()), **headers}
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in sent.items()],
    }
    task = asyncio.create_task(rig.chat(scope, receive, cast("Any", send)))
    task.add_done_callback(lambda _task: seen.ended.set())
    try:
        yield seen
    finally:
        gone.set()
        await asyncio.wait_for(task, 5)


def bubbles_of(parts: list[bytes]) -> list[tuple[int, dict[str, Any]]]:
    found = [re.fullmatch(rb"id: (\d+)\ndata: (.+)\n\n", part) for part in parts]
    return [(int(each[1]), json.loads(each[2])) for each in found if each]


async def test_the_stream_tells_what_was_said_and_then_what_is_said(rig: Rig) -> None:
    async with rig.page() as page:
        await rig.say(page, "halo")
        async with stream(rig, page) as seen:
            before = bubbles_of(await seen.until(b"event: beat"))
            await rig.say(page, "petugas")
            after = bubbles_of(await seen.until(b"event: beat"))
        everything = (await thread(page))["bubbles"]

    assert seen.headers[b"content-type"] == b"text/event-stream"
    assert [bubble for _id, bubble in before + after] == everything
    assert all(number == bubble["seq"] for number, bubble in before + after)


async def test_a_second_page_sees_what_the_contact_writes_to_a_person(rig: Rig) -> None:
    async with rig.page() as page:
        await rig.say(page, "dia gedor pintu bawa pisau tolong")
        await rig.claim()
        async with stream(rig, page) as seen:
            await seen.until(b"event: beat")
            await rig.say(page, "saya di kamar")
            came = bubbles_of(await seen.until(b"event: beat"))

    assert [(bubble["by"], bubble["text"]) for _id, bubble in came] == [("me", "saya di kamar")]


@pytest.mark.parametrize("how", ["query", "header"])
async def test_a_stream_goes_on_where_it_broke(rig: Rig, how: str) -> None:
    async with rig.page() as page:
        await rig.say(page, "halo")
        last = (await thread(page))["bubbles"][-1]["seq"]
        query, headers = (f"after={last}", {}) if how == "query" else ("after=0", {"last_event_id": str(last)})
        async with stream(rig, page, query, **headers) as seen:
            assert bubbles_of(await seen.until(b"event: beat")) == []
            await rig.say(page, "petugas")
            came = bubbles_of(await seen.until(b"id: "))

    assert came[0][0] == last + 1


async def test_a_stream_opened_before_the_message_is_worked_still_tells_it(rig: Rig) -> None:
    async with rig.page() as page:
        await page.post("/chat/messages", json={"key": str(uuid4()), "text": "halo"})
        async with stream(rig, page) as seen:
            assert bubbles_of(await seen.until(b"event: beat")) == []
            await rig.work()
            came = bubbles_of(await seen.until(b"id: 2"))

    assert came[0][1]["text"] == "halo"


async def test_leaving_in_one_page_ends_the_others(rig: Rig) -> None:
    async with rig.page() as page:
        await rig.say(page, "halo")
        async with stream(rig, page) as seen:
            await seen.until(b"event: beat")
            await page.post("/chat/leave", json={})
            await seen.until(b"event: gone")
            await asyncio.wait_for(seen.ended.wait(), 5)


async def test_leaving_while_another_page_reads_its_first_news_ends_it(rig: Rig) -> None:
    async with rig.page() as page:
        await rig.say(page, "halo")
        async with stream(rig, page) as seen:
            await seen.until(b"retry")  # and now it reads, in a thread
            (token,) = page.cookies.values()
            rig.core.live.publish(topic_of(rig.core.vault, token), {"kind": "gone"})
            await seen.until(b"event: gone")
            await asyncio.wait_for(seen.ended.wait(), 5)


async def test_a_stream_ends_when_the_process_stops(rig: Rig) -> None:
    async with rig.page() as page:
        await rig.say(page, "halo")
        async with stream(rig, page) as seen:
            await seen.until(b"event: beat")
            rig.core.live.close()
            await asyncio.wait_for(seen.ended.wait(), 5)


# Going on in another browser


async def test_a_talk_that_comes_from_another_browser_is_followed_and_the_one_it_left_is_emptied(rig: Rig) -> None:
    async with rig.page() as old, rig.page() as new:
        for words in ("halo", "lanjut", "pindah", "ya"):
            await rig.say(old, words)
        (code,) = re.findall(r"[2-9A-Z]{4}-[2-9A-Z]{4}", " ".join(text for _, text in said(await thread(old))))
        await rig.say(new, "halo dari sini")
        last = (await thread(old))["bubbles"][-1]["seq"]
        async with stream(rig, old, f"after={last}") as behind, stream(rig, new) as here:
            await here.until(b"event: beat")
            await behind.until(b"event: beat")
            await rig.say(new, code)
            came = await here.until_said("Sudah tersambung")
            left = await behind.until_said("Obrolan ini sudah pindah")
            await rig.say(new, "bahasa")
            after = await here.until_said("bahasa")
        state = (await thread(old))["state"]

    assert not {"lanjut", "pindah"} & {bubble["text"] for _, bubble in came}
    assert after[-1][1]["text"] == "bahasa"
    assert len(left) == 1
    assert state["first"] == left[0][0] > last


async def test_a_page_whose_talk_went_on_elsewhere_in_silence_is_left(rig: Rig) -> None:
    async with rig.page() as old:
        await rig.say(old, "halo")
        async with stream(rig, old) as behind:
            await behind.until_said("halo")
            await behind.until(b"event: beat")
            (token,) = old.cookies.values()
            core = rig.core

            def move(db: sa.Connection) -> str:
                known = contacts.find(db, core.vault, channel="web", account="web", address=token)
                assert known is not None
                links.readdress(db, core.vault, structs.replace(known.contact, address="elsewhere"), shown_after=9)
                return f"contact:{known.contact.id}"

            core.live.publish(await core.database.write(move), {"kind": "said"})
            await behind.until(b"event: gone")
            await asyncio.wait_for(behind.ended.wait(), 5)
        assert await thread(old) == {"bubbles": [], "state": None}


# Pages and files


async def test_pages_say_nothing_of_what_they_are_for_and_are_never_cached(rig: Rig) -> None:
    async with rig.page() as page:
        for path in ("/", "/info", "/nothing/here"):
            answer = await page.get(path)
            assert re.findall(r"<title>(.*?)</title>", answer.text) == ["Info Layanan Warga"]
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["referrer-policy"] == "no-referrer"
            policy = dict(rule.partition(" ")[::2] for rule in answer.headers["content-security-policy"].split("; "))
            assert policy["default-src"] == "'none'"
            assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
            assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
            assert not re.search(r"kekerasan|korban|KDRT|<script>|style=|{{", answer.text)


async def test_the_plain_page_shows_no_number_that_tells_why_it_was_opened(rig: Rig) -> None:
    async with rig.page() as page:
        shown = re.findall(r'href="tel:([^"]+)"', (await page.get("/info")).text)

    assert shown == ["112", "119", "113", "117", "171"]


async def test_script_and_style_may_be_kept_for_ever_and_all_of_it_is_small(rig: Rig) -> None:
    sizes: dict[str, int] = {}
    async with rig.page() as page:
        html = await page.get("/")
        for path in re.findall(r'"(/static/[^"]+)"', html.text):
            answer = await page.get(path)
            assert re.fullmatch(r"/static/chat\.[0-9a-f]{10}\.(js|css)", path)
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            sizes[path[-3:]] = len(answer.content)

    assert set(sizes) == {".js", "css"}
    assert sizes[".js"] <= 30_000
    assert sum(sizes.values()) + len(html.content) < 40_000


async def test_what_is_large_is_sent_compressed_to_who_can_read_it(rig: Rig) -> None:
    async with rig.page(**{"accept-encoding": "gzip"}) as page:
        packed = await page.get("/")
    async with rig.page(**{"accept-encoding": "identity"}) as page:
        plain = await page.get("/")

    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert packed.content == plain.content
    assert "content-encoding" not in plain.headers


async def test_without_script_the_page_names_numbers_to_call(rig: Rig) -> None:
    async with rig.page() as page:
        html = (await page.get("/")).text

    (words,) = re.findall(r"<noscript>(.*?)</noscript>", html, re.DOTALL)
    assert re.findall(r'href="tel:(\d+)"', words) == ["110", "129"]
    assert '<template id="words">keluar|x&quot;y</template>' in html
