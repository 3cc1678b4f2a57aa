"""The people of the bench: each waits for an answer before writing again. They live in the process of the fake server."""

import asyncio
import time
from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec

from bench.texts import next_answer
from tests.fakes.bot_api import BOT, FakeBotApi

TURNS = 12
"""Messages of one person, before somebody new comes."""

SILENCE_SECONDS = 5.0
"""Longer without an answer, and a message counts as unanswered."""

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Load:
    """What was seen: `waits` seconds from a message's arrival at the fake server to the answer, one for each."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    unanswered: int = 0
    presses: int = 0
    calls: int = 0

    @property
    def messages(self) -> int:
        return len(self.waits) + self.unanswered

    def wait_ms(self, share: float) -> float:
        ordered = sorted(self.waits)
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


class _Person:
    __slots__ = ("chat", "is_waiting", "message_id", "since", "turns", "was_asked")

    def __init__(self, chat: int) -> None:
        self.chat = chat
        self.turns = 0
        self.since = 0.0
        self.is_waiting = False
        self.message_id = 0
        self.was_asked = False


class Crowd(FakeBotApi):
    """A fake server whose people answer what the bot sends. Polled by the program under test."""

    def __init__(self, *, seed: int = 7) -> None:
        super().__init__()
        self.keeps_calls = False
        self._chance = Random(seed)
        self._next_chat = 5_550_000
        self._waiting: dict[int, _Person] = {}
        self._load = Load()
        self._left = 0
        self._done: asyncio.Future[None] | None = None
        self._polled = asyncio.Event()
        self.calls_made = 0

    async def talk(self, *, people: int, messages: int) -> Load:
        """Let so many people at once write so many messages in all."""
        self._load, self._left = Load(), messages
        self._done = asyncio.get_running_loop().create_future()
        watch = asyncio.create_task(self._watch())
        began, calls = time.perf_counter(), self.calls_made
        for _ in range(people):
            self._come()
        await self._done
        self._load.seconds = time.perf_counter() - began
        self._load.calls = self.calls_made - calls
        watch.cancel()
        self._waiting.clear()
        self.sent.clear()
        return self._load

    async def polled(self) -> None:
        """Return once the program under test polls."""
        await self._polled.wait()

    def _come(self) -> None:
        self._next_chat += 1
        self.chat(self._next_chat)
        self._write(_Person(self._next_chat), [])

    def _write(self, person: _Person, buttons: list[tuple[str, str]]) -> None:
        if self._left <= 0:
            return
        self._left -= 1
        how, what = next_answer(self._chance, buttons) if person.turns else ("say", "halo")
        person.turns += 1
        person.since, person.is_waiting = time.perf_counter(), True
        self._waiting[person.chat] = person
        update_id = next(self.update_ids)
        who = {"id": person.chat, "is_bot": False, "first_name": "Siti", "language_code": "id"}
        place = {"id": person.chat, "first_name": "Siti", "type": "private"}
        content: dict[str, Any]
        if how == "press":
            self._load.presses += 1
            query = str(update_id)
            self._presses[query] = self.clock()
            bubble = {"message_id": person.message_id, "date": 1_790_000_000, "from": BOT, "chat": place, "text": "…"}
            press = {"id": query, "from": who, "message": bubble, "chat_instance": "7", "data": what}
            content = {"update_id": update_id, "callback_query": press}
        else:
            said = {"message_id": update_id, "from": who, "chat": place, "date": 1_790_000_000, "text": what}
            content = {"update_id": update_id, "message": said}
        self.inject_raw(update_id, _encode(content))

    def _do_sendmessage(self, params: dict[str, Any]) -> Any:
        result = super()._do_sendmessage(params)
        self.calls_made += 1
        bubble = self.sent.pop()
        person = self._waiting.get(bubble.chat)
        if person is not None and person.is_waiting:
            self._load.waits.append(time.perf_counter() - person.since)
            person.message_id = bubble.message_id
            buttons = [button for row in bubble.buttons for button in row]
            if person.was_asked and not buttons:
                # Nothing is asked any more: a responder is awaited, and who waits is told so once. Somebody else comes.
                person.turns = TURNS
            person.was_asked = person.was_asked or bool(buttons)
            self._go_on(person, buttons)
        return result

    def _do_answercallbackquery(self, params: dict[str, Any]) -> Any:
        self.calls_made += 1
        return super()._do_answercallbackquery(params)

    def _do_getupdates(self, params: dict[str, Any]) -> Any:  # type: ignore[override]  # it gives the same coroutine
        self._polled.set()
        return super()._do_getupdates(params)

    def _go_on(self, person: _Person, buttons: list[tuple[str, str]]) -> None:
        person.is_waiting = False
        if person.turns < TURNS:
            self._write(person, buttons)
        else:
            del self._waiting[person.chat]
            if self._left > 0:
                self._come()
        is_over = self._left <= 0 and not any(each.is_waiting for each in self._waiting.values())
        if is_over and self._done is not None and not self._done.done():
            self._done.set_result(None)

    async def _watch(self) -> None:
        """Whoever got no answer goes away, and somebody else comes."""
        while True:
            await asyncio.sleep(0.5)
            late = time.perf_counter() - SILENCE_SECONDS
            for person in [each for each in self._waiting.values() if each.is_waiting and each.since < late]:
                self._load.unanswered += 1
                person.turns = TURNS
                self._go_on(person, [])
