"""GET /api/events: what changed, told to a console at once as Server-Sent Events. No content, only where to look.

A stream ends by itself when the process stops and when its person signs out; a browser then asks again and learns the rest.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import Request, get
from litestar.response import Stream

from bot.domain.responders import Responder, may_take_people
from bot.storage import cases, signins
from bot.storage.live import CLOSING, Event
from bot.storage.signins import SignedIn
from bot.web.parts import CONSOLE_TOPIC, ConsoleParts
from bot.web.signin import parts_of, signed_in_as

HEARTBEAT_SECONDS = 15.0
_encode = msgspec.json.Encoder().encode


def topic_of(signed_in: SignedIn) -> str:
    """Where news for this one sign-in is published."""
    return topic_of_id(signed_in.id)


def topic_of_id(sign_in_id: int) -> str:
    """The same by the sign-in's number."""
    return f"sign-in:{sign_in_id}"


@get("/api/events", guards=[signed_in_as()], tags=["live"], security=[{"signedIn": []}], media_type="text/event-stream")
async def events(request: Request[Any, Any, Any]) -> Stream:
    """News for this console, each a `News` as JSON after `data:`."""
    parts, signed_in = parts_of(request), request.state.signed_in
    return Stream(lambda: _stream(parts, signed_in), media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def _stream(parts: ConsoleParts, signed_in: SignedIn) -> AsyncIterator[bytes]:
    mine = _Mine(parts, signed_in.responder)
    async with parts.live.subscribe(CONSOLE_TOPIC, topic_of(signed_in)) as news:
        # Said once we listen: what a console asks for after it reads this, it can't have missed.
        yield b": hello\nretry: 2000\n\n"
        loop = asyncio.get_running_loop()
        heartbeat_at = loop.time() + HEARTBEAT_SECONDS
        while True:
            try:
                # By the clock, not by quiet: news that this person may not see must not starve the sign of life.
                async with asyncio.timeout_at(heartbeat_at):
                    event = await news.get()
            except TimeoutError:
                if not await _is_still_signed_in(parts, signed_in):
                    return
                heartbeat_at = loop.time() + HEARTBEAT_SECONDS
                yield b": still here\n\n"
                continue
            if event == CLOSING:
                return
            if (shown := await mine.show(event)) is not None:
                yield b"data: " + _encode(shown) + b"\n\n"


class _Mine:
    """What one person may know of the news: who takes nobody learns nothing, the rest concerns the queue or one's own people."""

    def __init__(self, parts: ConsoleParts, me: Responder) -> None:
        self._parts = parts
        self._me = me
        self._cases: dict[str, str] | None = None

    async def show(self, event: Event) -> Event | None:
        """The event as this person may know it."""
        if not may_take_people(self._me):
            return None
        match event["kind"]:
            case "lease_lost":
                self._cases = None
                is_mine = event["responder"] == str(self._me.id)
                return {"kind": "lease_lost", "case": event["case"]} if is_mine else None
            case "delivery":
                case_id = (await self._by_contact()).get(str(event["contact"]))
                return {"kind": "delivery", "case": case_id} if case_id else None
            case "case":
                return event
            case _:
                # The queue changed: so may have who holds whom.
                self._cases = None
                return event

    async def _by_contact(self) -> dict[str, str]:
        if self._cases is None:
            vault, me = self._parts.desk.vault, self._me.id
            held = await self._parts.database.read(lambda db: cases.list_held(db, vault, me))
            self._cases = {str(case.contact_id): str(case.id) for case in held}
        return self._cases


async def _is_still_signed_in(parts: ConsoleParts, signed_in: SignedIn) -> bool:
    now = parts.now()
    return await parts.database.read(lambda db: signins.is_valid(db, signed_in.id, idle=parts.door.idle, now=now))
