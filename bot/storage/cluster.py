"""Several processes on one PostgreSQL: each has a number of its own, some work is done by one of them, and they tell each other news.

A connection of its own holds all of it: when it breaks, the number and the work are free for others, and are asked for anew.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Protocol

import asyncpg
import sqlalchemy as sa
import structlog

from bot.storage.database import connect_options
from bot.storage.ids import NODES, Ids, lease_of, node_of, use_node
from bot.storage.inbox import TAKEN
from bot.storage.live import Event, Live
from bot.storage.relay import CHANNEL, LOOK_SECONDS, SIGN_OF_LIFE_SECONDS, Mouth, Relay, until_one_fails
from bot.storage.tables import inbox, outbox

log = structlog.get_logger()

_NODES, _WORK = 0x7EDC, 0x7EDD
"""The classes of advisory locks on the processes' numbers, and on work that a single process does."""


GONE_AFTER = timedelta(seconds=15)
"""A process whose connection was gone for so long is gone. One that lives takes work under its next number, or under none."""


class Single(IntEnum):
    """Work that one process of all does."""

    POLL_TELEGRAM = 1


class Cluster(Protocol):
    """What a process has to do with the others."""

    def tell(self, topic: str, event: Event) -> None:
        """See `relay.Relay`."""
        ...

    async def run(self) -> None:
        """Keep in touch until cancelled."""
        ...

    async def joined(self) -> None:
        """Return when `run` is in touch, or failed to be."""
        ...

    def lease(self) -> int:
        """Under what this process takes work now. It bears the process's number; 0 while it has none, and then only time ends it."""
        ...

    def find_gone(self, db: sa.Connection, now: datetime) -> list[int]:
        """The numbers of processes that hold leases and are gone: what they hold need not run out before others take it."""
        ...

    async def lead(self, what: Single, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do this work whenever no other process does it, until cancelled."""
        ...


class OneProcess:
    """A process that has no others."""

    def __init__(self) -> None:
        self._lease = Ids()()

    def lease(self) -> int:
        """See `Cluster`."""
        return self._lease

    def tell(self, topic: str, event: Event) -> None:
        """See `Cluster`."""

    async def run(self) -> None:
        """See `Cluster`."""

    async def joined(self) -> None:
        """See `Cluster`."""

    def find_gone(self, db: sa.Connection, now: datetime) -> list[int]:  # noqa: ARG002 - there are no others
        """See `Cluster`."""
        return []

    async def lead(self, what: Single, work: Callable[[], Coroutine[Any, Any, None]]) -> None:  # noqa: ARG002 - all of it is its own
        """See `Cluster`."""
        await work()


class PostgresCluster:
    """The processes on this PostgreSQL. News go through it too, unless there is a `relay`."""

    def __init__(self, url: sa.URL, live: Live, *, relay: Relay | None = None) -> None:
        self._options = connect_options(url)
        self._mouth = Mouth(live)
        self._relay = relay
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._changed = asyncio.Condition()
        self._busy = asyncio.Lock()
        self._tried = asyncio.Event()
        self.node = -1
        self._missed: dict[int, datetime] = {}
        self._leases: dict[int, int] = {}
        self._new_id = Ids()
        self._is_up = True

    def tell(self, topic: str, event: Event) -> None:
        """See `Cluster`."""
        (self._mouth.add if self._relay is None else self._relay.tell)(topic, event)

    async def run(self) -> None:
        """See `Cluster`."""
        if self._relay is None:
            await self._hold_on()
        else:
            await until_one_fails(self._hold_on(), self._relay.run())

    async def joined(self) -> None:
        """See `Cluster`."""
        await self._tried.wait()

    def lease(self) -> int:
        """See `Cluster`."""
        node = self.node if self._connection is not None else 0
        if node not in self._leases:
            self._leases[node] = lease_of(self._new_id(), node)
        return self._leases[node]

    def find_gone(self, db: sa.Connection, now: datetime) -> list[int]:
        """See `Cluster`."""
        missed = {number for (number,) in db.execute(_HOLDING)} - {number for (number,) in db.execute(_HERE)} - {0}
        self._missed = {node: self._missed.get(node, now) for node in missed}
        return [node for node, since in self._missed.items() if now - since >= GONE_AFTER]

    async def _hold_on(self) -> None:
        while True:
            try:
                await self._hold()
            except Exception as exc:  # noqa: BLE001 - whatever broke the connection, there must be another; its words may name the host
                if self._is_up:
                    log.warning("relay_broken", channel="postgresql", error=type(exc).__name__)
                self._is_up = False
            self._tried.set()
            self._mouth.lost()
            await asyncio.sleep(LOOK_SECONDS)

    async def _hold(self) -> None:
        connection = await asyncpg.connect(**self._options, timeout=10, command_timeout=SIGN_OF_LIFE_SECONDS)
        try:
            await self._take_node(connection)
            if self._relay is None:
                await connection.add_listener(CHANNEL, lambda _connection, _pid, _channel, text: self._mouth.hear(str(text)))
            if not self._is_up:
                log.info("relay_mended", channel="postgresql")
            self._is_up = True
            await self._set(connection)
            self._tried.set()
            works = [self._watch(connection)]
            if self._relay is None:
                works.append(self._mouth.speak(lambda texts: self._say(connection, texts)))
            await until_one_fails(*works)
            raise ConnectionError
        finally:
            await self._set(None)
            with contextlib.suppress(Exception):
                await connection.close(timeout=2)

    async def _take_node(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """A number that no other process has, so that no two give the same id to a row; the one it had, if that is free."""
        first = secrets.randbelow(NODES) if self.node < 0 else self.node
        for step in range(NODES):
            node = (first + step) % NODES or 1  # 0 is nobody's
            if await self._try_lock(connection, _NODES, node):
                self.node = node
                use_node(node)
                return
        raise ConnectionError  # as many processes as there are numbers

    async def _say(self, connection: "asyncpg.Connection[asyncpg.Record]", texts: list[str]) -> None:
        async with self._busy:
            await connection.execute("select pg_notify($1, text) from unnest($2::text[]) as text", CHANNEL, texts)

    async def _try_lock(self, connection: "asyncpg.Connection[asyncpg.Record]", kind: int, number: int) -> bool:
        async with self._busy:
            return bool(await connection.fetchval("select pg_try_advisory_lock($1, $2)", kind, number))

    async def _watch(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """End or raise when the connection does. One that died without a word is noticed by the server's silence."""
        is_over = asyncio.Event()
        connection.add_termination_listener(lambda _connection: is_over.set())
        while not is_over.is_set() and not connection.is_closed():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(is_over.wait(), SIGN_OF_LIFE_SECONDS)
                return
            async with self._busy:
                await connection.execute("select 1")

    async def _set(self, connection: "asyncpg.Connection[asyncpg.Record] | None") -> None:
        async with self._changed:
            self._connection = connection
            self._changed.notify_all()

    async def lead(self, what: Single, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """See `Cluster`. Another takes it over within seconds after this process or its connection is gone."""
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._connection is not None)
                connection = self._connection
            assert connection is not None  # noqa: S101 - waited for
            try:
                is_ours = await self._try_lock(connection, _WORK, what)
            except Exception:  # noqa: BLE001 - as above
                is_ours = False
            if not is_ours:
                await asyncio.sleep(LOOK_SECONDS / 2)
                continue
            log.info("lead_taken", reason=what.name.lower())
            await until_one_fails(work(), self._until_gone(connection))

    async def _until_gone(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._connection is not connection)


_HERE = sa.text(
    "select objid::int from pg_locks join pg_database on pg_database.oid = pg_locks.database "
    "where datname = current_database() and locktype = 'advisory' and classid = :nodes and objsubid = 2"
).bindparams(nodes=_NODES)
_HOLDING = (
    sa.select(node_of(inbox.c.lease))
    .where(sa.text("inbox.state < 2"), inbox.c.state == TAKEN)
    .union(sa.select(node_of(outbox.c.lease)).where(outbox.c.state == sa.literal_column("'sending'")))
)
