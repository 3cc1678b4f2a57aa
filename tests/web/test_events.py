"""The live feed: told at once, to whom it concerns, without content, and it ends by itself."""

import asyncio
import json
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from bot.domain.responders import Role
from bot.storage.live import REFRESH
from bot.web import events
from tests.web.conftest import Rig, reply_to


class Feed:
    """One open stream, driven as a server drives an application."""

    def __init__(self, rig: Rig, console: httpx.AsyncClient) -> None:
        cookie = "; ".join(f"{name}={value}" for name, value in console.cookies.items())
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/api/events",
            "raw_path": b"/api/events",
            "root_path": "",
            "query_string": b"",
            "headers": [(b"host", b"console.test"), (b"cookie", cookie.encode())],
            "client": ("127.0.0.1", 1),
            "server": ("console.test", 80),
        }
        self._rig = rig
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._gone = asyncio.Event()
        self.headers: dict[bytes, bytes] = {}

    @asynccontextmanager
    async def open(self):
        self.task = asyncio.create_task(self._rig.app(self._scope, self._receive, self._send))
        start = await self._sent.get()
        assert start["status"] == 200
        self.headers = dict(start["headers"])
        assert (await self._sent.get())["body"].startswith(b": hello")
        try:
            yield self
        finally:
            self._gone.set()
            await asyncio.wait_for(self.task, 5)

    async def next(self) -> dict[str, Any]:
        body = (await asyncio.wait_for(self._sent.get(), 5))["body"]
        assert body.startswith(b"data: ")
        return json.loads(body.removeprefix(b"data: "))

    async def raw(self) -> bytes:
        return (await asyncio.wait_for(self._sent.get(), 5))["body"]

    async def ends(self) -> None:
        """Whatever is still to come, the stream ends without being asked to."""
        await asyncio.wait_for(self.task, 5)

    async def _send(self, message: dict[str, Any]) -> None:
        await self._sent.put(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._gone.set()

    async def _receive(self) -> dict[str, Any]:
        if not getattr(self, "_asked", False):
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}


async def test_a_console_hears_at_once_that_a_colleague_took_somebody(rig: Rig):
    await rig.open_case(1)
    listening, acting = await rig.console(), await rig.console()

    async with Feed(rig, listening).open() as feed:
        seen = (await acting.post("/api/cases/1/claim")).json()
        await acting.post("/api/cases/1/replies", json=reply_to(seen, "kata-kata-pribadi"))

        heard = [await feed.next() for _ in range(3)]

    assert heard[:2] == [{"kind": "case", "case": "1", "seq": seen["last_seq"]}, {"kind": "queue"}]
    assert heard[2] == {"kind": "case", "case": "1", "seq": seen["last_seq"] + 1}
    assert feed.headers[b"content-type"].startswith(b"text/event-stream")
    assert feed.headers[b"cache-control"] == b"no-store"


async def test_a_lost_lease_is_news_for_its_holder_alone(rig: Rig):
    holder, colleague = await rig.person(), await rig.person()

    async with Feed(rig, await rig.console_of(holder)).open() as his, Feed(rig, await rig.console_of(colleague)).open() as hers:
        rig.live.publish("console", {"kind": "lease_lost", "case": "1", "responder": str(holder.id)})
        rig.live.publish("console", {"kind": "queue"})

        assert [await his.next(), await his.next()] == [{"kind": "lease_lost", "case": "1"}, {"kind": "queue"}]
        assert await hers.next() == {"kind": "queue"}


async def test_that_a_message_got_through_is_news_for_the_holder_by_case(rig: Rig):
    await rig.open_case(1)
    holder, colleague = await rig.console(), await rig.console()
    await holder.post("/api/cases/1/claim")

    async with Feed(rig, holder).open() as his, Feed(rig, colleague).open() as hers:
        rig.live.publish("console", {"kind": "delivery", "contact": "1"})
        rig.live.publish("console", REFRESH)

        assert [await his.next(), await his.next()] == [{"kind": "delivery", "case": "1"}, {"kind": "refresh"}]
        assert await hers.next() == {"kind": "refresh"}


async def test_who_answers_nobody_hears_of_nobody(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.01)
    administrator = await rig.console(Role.ADMINISTRATOR)

    async with Feed(rig, administrator).open() as feed:
        rig.live.publish("console", {"kind": "case", "case": "1", "seq": 1})

        assert [await feed.raw() for _ in range(3)] == [b": still here\n\n"] * 3


async def test_a_quiet_feed_shows_that_it_lives_and_ends_with_its_sign_in(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.01)
    console = await rig.console()

    async with Feed(rig, console).open() as feed:
        assert await feed.raw() == b": still here\n\n"
        rig.pass_time(hours=13)

        await feed.ends()


async def test_signing_out_ends_the_feed_of_that_device_only(rig: Rig):
    person = await rig.person()
    here, there = await rig.console_of(person), await rig.console_of(person)

    async with Feed(rig, here).open() as ended, Feed(rig, there).open() as going_on:
        await here.post("/api/signout")

        await ended.ends()
        assert await going_on.next() == {"kind": "queue"}


async def test_the_process_can_stop_while_consoles_listen(rig: Rig):
    console = await rig.console()

    async with Feed(rig, console).open() as feed:
        rig.live.close()

        await feed.ends()


async def test_a_console_that_goes_away_leaves_nothing_behind(rig: Rig):
    console = await rig.console()

    async with Feed(rig, console).open():
        assert rig.live._listeners

    assert not rig.live._listeners
