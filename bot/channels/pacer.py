"""How fast a platform may be written to: so many messages a second to one chat, so many in all."""

import asyncio
from collections.abc import Awaitable, Callable

_BURST_SECONDS = 2.0
"""A chat may be ahead of its pace by this much where nothing else is said: two bubbles should not wait."""

_MANY = 4096


class Pacer:
    """Lets each caller through when its turn comes. `now` is a monotonic clock in seconds; None is no limit.

    `burst_seconds`: a chat may be ahead of its pace by this much, for platforms let short bursts pass.
    """

    def __init__(
        self,
        *,
        per_chat_per_second: float | None,
        per_second: float | None,
        burst_seconds: float = _BURST_SECONDS,
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._chat_gap = 1 / per_chat_per_second if per_chat_per_second else 0.0
        self._gap = 1 / per_second if per_second else 0.0
        self._burst = burst_seconds
        self._now = now
        self._sleep = sleep
        self._chats: dict[str, float] = {}
        self._most = _MANY
        self._next = 0.0
        self._held: dict[str, float] = {}
        self._all_held_until = 0.0

    async def turn(self, chat: str) -> None:
        """Return when a message may go to this chat."""
        if self._chat_gap:
            await self._wait(self._reserve_chat(chat))
        if self._gap:
            # Only now: a chat that must wait for itself takes no turn from the others.
            await self._wait(self._reserve())

    def wait_of(self, chat: str) -> float:
        """Seconds until a message may go to this chat, by its own pace alone; 0 when it may."""
        return max(self._chats.get(chat, 0.0) - self._now(), 0.0) if self._chat_gap else 0.0

    async def _wait(self, seconds: float) -> None:
        if seconds > 0:
            await self._sleep(seconds)

    def _reserve_chat(self, chat: str) -> float:
        now = self._now()
        at = max(self._chats.get(chat, 0.0), now - self._burst)
        self._chats[chat] = at + self._chat_gap
        if len(self._chats) > self._most:
            self._chats = {key: due for key, due in self._chats.items() if due > now - self._burst}
            self._most = max(_MANY, 2 * len(self._chats))
        return at - now

    def _reserve(self) -> float:
        now = self._now()
        at = max(now, self._next)
        self._next = at + self._gap
        return at - now

    def hold(self, seconds: float, chat: str | None = None) -> None:
        """Let nothing through for so long: to this chat, or (None) at all."""
        until = self._now() + seconds
        if chat is None:
            self._all_held_until = max(self._all_held_until, until)
        else:
            self._held[chat] = max(self._held.get(chat, 0.0), until)

    def held_for(self, chat: str) -> float:
        """Seconds that a message to this chat must still wait because the platform said so; 0 when it need not."""
        if not self._held and not self._all_held_until:
            return 0.0
        now = self._now()
        if self._all_held_until <= now:
            self._all_held_until = 0.0
        self._held = {each: until for each, until in self._held.items() if until > now}
        return max(self._held.get(chat, now), self._all_held_until, now) - now

    def held_chats(self) -> int:
        """How many chats are held just now."""
        now = self._now()
        return sum(until > now for until in self._held.values())
