"""Take what a channel delivered, once, and say so only when it is on disk: worked at once, or stored to be worked."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from bot.domain.messages import Update
from bot.storage import inbox
from bot.storage.database import Database
from bot.storage.vault import Vault

AtOnce = Callable[[Sequence[Update]], Awaitable[bool]]
"""Works updates that are not stored yet, all in one transaction. Whether it did; if not, they are stored first."""


async def _never(_updates: Sequence[Update]) -> bool:
    return False


class Receiver:
    """Takes updates of all channels. What arrives while a commit is under way shares the next one."""

    def __init__(self, *, database: Database, vault: Vault, wake: Callable[[], None], work_at_once: AtOnce = _never) -> None:
        self._database = database
        self._vault = vault
        self._wake = wake
        self._work_at_once = work_at_once
        self._waiting: list[Update] = []
        self._next: asyncio.Future[None] | None = None
        self._flushing: asyncio.Task[None] | None = None

    async def receive(self, updates: Sequence[Update]) -> None:
        """Return once all of these, or what they led to, are on disk. One that was there already changes nothing."""
        if not updates:
            return
        self._waiting += updates
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        stored = self._next
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        # A caller that goes away must not cancel the commit that others wait for.
        await asyncio.shield(stored)

    async def _flush(self) -> None:
        while self._waiting:
            updates, stored = self._waiting, self._next
            self._waiting, self._next = [], None
            assert stored is not None  # noqa: S101 - updates are never waiting without it
            try:
                if not await self._work_at_once(updates):
                    await self._store(updates)
            except Exception as exc:  # noqa: BLE001 - whoever delivered must know, and deliver again
                stored.set_exception(exc)
                stored.exception()  # mark as seen: a caller may have gone away
            else:
                stored.set_result(None)
        self._flushing = None

    async def _store(self, updates: Sequence[Update]) -> None:
        rows = inbox.rows_of(self._vault, updates)
        await self._database.write(lambda db: inbox.add(db, rows))
        self._wake()
