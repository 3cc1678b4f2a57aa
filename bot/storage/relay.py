"""News between processes that share a database: which topic changed, never what was said. What is missed costs time, nothing else.

Each process looks into the tables by itself every second, and pages read again with every sign of life; a relay only makes it quick.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

import msgspec
import redis.asyncio as redis
import structlog

from bot.storage.live import Event, Live

log = structlog.get_logger()

CHANNEL = "teduh"
"""The channel's name in PostgreSQL and in Redis. Two installations need two databases, and two numbers or servers of Redis."""

EVERYTHING = "*"
"""The topic that stands for all: who said this may have missed, or not said, something."""

LOOK_SECONDS = 5.0
"""While the way to the others is broken, everybody who listens is told this often to look for themselves."""

_LONGEST = 7000
"""Bytes of a notice's text. Source: PostgreSQL 18, NOTIFY: shorter than 8,000 bytes."""

_GATHER_SECONDS = 0.005
SIGN_OF_LIFE_SECONDS = 10.0

_encode = msgspec.json.Encoder().encode


class _Notices(msgspec.Struct, array_like=True):
    """What a process (`origin`) tells the others: topics, each with its event."""

    origin: str
    events: list[tuple[str, Event]]


_decode = msgspec.json.Decoder(_Notices).decode


class Relay(Protocol):
    """The way to the other processes."""

    def tell(self, topic: str, event: Event) -> None:
        """Let the others know, soon. What is said twice before it went out is told once."""
        ...

    async def run(self) -> None:
        """Carry notices both ways until cancelled, however often the way breaks."""
        ...


class Mouth:
    """Notices on their way out of a process, and those of others on their way in."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._origin = secrets.token_hex(8)
        self._waiting: dict[tuple[str, bytes], Event] = {}
        self._is_any = asyncio.Event()

    def add(self, topic: str, event: Event) -> None:
        """One more, unless the same waits already."""
        self._waiting[topic, _encode(event)] = event
        self._is_any.set()

    async def speak(self, say: Callable[[list[str]], Awaitable[None]]) -> None:
        """Say all that comes, in few texts, until saying fails."""
        self.add(EVERYTHING, {})
        while True:
            await self._is_any.wait()
            await asyncio.sleep(_GATHER_SECONDS)
            waiting, self._waiting = self._waiting, {}
            self._is_any.clear()
            await say(self._texts([(topic, event) for (topic, _), event in waiting.items()]))

    def _texts(self, events: list[tuple[str, Event]]) -> list[str]:
        text = _encode(_Notices(self._origin, events)).decode()
        if len(text.encode()) <= _LONGEST or len(events) == 1:
            return [text]
        half = len(events) // 2
        return self._texts(events[:half]) + self._texts(events[half:])

    def hear(self, text: str | bytes) -> None:
        """Tell the listeners of this process what another said; what can't be read is passed over."""
        try:
            notices = _decode(text)
        except msgspec.MsgspecError:
            log.warning("notice_unreadable")
            return
        if notices.origin == self._origin:
            return
        for topic, event in notices.events:
            if topic == EVERYTHING:
                self._live.refresh()
            else:
                self._live.deliver(topic, event)

    def lost(self) -> None:
        """The way is broken: everybody here looks for themselves, and the others will when it is mended."""
        self._waiting.clear()
        self._live.refresh()


async def until_one_fails(*works: Coroutine[Any, Any, None]) -> None:
    """Run these beside each other; when one ends, so do the others, and its fault is raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class RedisRelay:
    """Through Redis or Valkey, as `redis.url` names it."""

    def __init__(self, url: str, live: Live) -> None:
        self._url = url
        self._mouth = Mouth(live)
        self._is_up = True

    def tell(self, topic: str, event: Event) -> None:
        """See `Relay`."""
        self._mouth.add(topic, event)

    async def run(self) -> None:
        """See `Relay`."""
        while True:
            try:
                await self._carry()
            except (redis.RedisError, OSError) as exc:
                # Its words name the host, and may name the password.
                if self._is_up:
                    log.warning("relay_broken", channel="redis", error=type(exc).__name__)
                self._is_up = False
            self._mouth.lost()
            await asyncio.sleep(LOOK_SECONDS)

    async def _carry(self) -> None:
        # Longer than the time between signs of life: a connection that is silent for so long is dead.
        client = redis.from_url(self._url, socket_timeout=2 * SIGN_OF_LIFE_SECONDS, socket_connect_timeout=5)
        async with client, client.pubsub() as heard:
            await heard.subscribe(CHANNEL)
            if not self._is_up:
                log.info("relay_mended", channel="redis")
            self._is_up = True

            async def say(texts: list[str]) -> None:
                for text in texts:
                    await client.publish(CHANNEL, text)

            await until_one_fails(self._mouth.speak(say), self._listen(heard))

    async def _listen(self, heard: redis.client.PubSub) -> None:
        while True:
            message = await heard.get_message(ignore_subscribe_messages=True, timeout=SIGN_OF_LIFE_SECONDS)
            if message is None:
                await heard.ping()
            elif message["type"] == "message":
                self._mouth.hear(message["data"])
