"""Store what a channel delivered, once, and only then say so."""

import asyncio
from collections.abc import Callable, Sequence

from bot.domain.messages import Update
from bot.storage import inbox
from bot.storage.database import Database
from bot.storage.prepared import Row
from bot.storage.vault import Vault


class Receiver:
    """Takes updates of all channels. What arrives while a commit is under way shares the next one."""

    def __init__(self, *, database: Database, vault: Vault, wake: Callable[[], None]) -> None:
        self._database = database
        self._vault = vault
        self._wake = wake
        self._waiting: list[Row] = []
        self._next: asyncio.Future[None] | None = None
        self._flushing: asyncio.Task[None] | None = None

    async def receive(self, updates: Sequence[Update]) -> None:
        """Return once all of these are on disk. One that was there already changes nothing."""
        if not updates:
            return
        self._waiting += inbox.rows_of(self._vault, updates)
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        stored = self._next
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        # A caller that goes away must not cancel the commit that others wait for.
        await asyncio.shield(stored)

    async def _flush(self) -> None:
        while self._waiting:
            rows, stored = self._waiting, self._next
            self._waiting, self._next = [], None
            assert stored is not None  # noqa: S101 - rows are never waiting without it
            try:
                await self._database.write(lambda db, rows=rows: inbox.add(db, rows))  # type: ignore[misc]  # a default is bound
            except Exception as exc:  # noqa: BLE001 - whoever delivered must know, and deliver again
                stored.set_exception(exc)
                stored.exception()  # mark as seen: a caller may have gone away
            else:
                stored.set_result(None)
                self._wake()
        self._flushing = None
