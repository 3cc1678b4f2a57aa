"""Transactions. Each difference between SQLite and PostgreSQL lives here.

Work is a plain function of a SQLAlchemy connection. It runs inside one transaction, may be run again after a rollback, and so
has no effect but on the database. On SQLite one thread writes, and all that waits shares a commit (docs/decisions/group-commit.md).
"""

import asyncio
import contextlib
import fcntl
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import IO, Any, Protocol, TypeVar, cast

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from bot.errors import BotError

T = TypeVar("T")
Work = Callable[[sa.Connection], T]

GROUP = 256
"""Most pieces of work that share one commit."""


class DatabaseUnusable(BotError):
    """The database can't be opened or written. The message says in one sentence what to do."""


class Database(Protocol):
    """Where work runs."""

    async def write(self, work: Work[T]) -> T:
        """What `work` gives, once it is committed."""
        ...

    async def read(self, work: Work[T]) -> T:
        """What `work` gives, seeing one state of the database. It changes nothing."""
        ...

    async def wipe(self) -> None:
        """See that what was deleted is not left in the files beside the tables, as far as that is ours to do."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether other processes may work on it at the same time."""
        ...

    def own(self) -> None:
        """See that nobody else works on it until it is closed, where only one may.

        Raises:
            DatabaseUnusable: somebody does.
        """
        ...

    async def close(self) -> None:
        """Finish what waits, then let go."""
        ...


def open_database(url: str) -> Database:
    """The database that a URL names: `sqlite:///path/to/file.db` or `postgresql://…`.

    Raises:
        DatabaseUnusable: it is no such URL, or the file can't be opened.
    """
    try:
        parsed = make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise DatabaseUnusable("database.url is no URL; write sqlite:///path/to/file.db or postgresql://…") from None
    if parsed.get_backend_name() == "sqlite":
        return SqliteDatabase(Path(parsed.database or ""))
    if parsed.get_backend_name() == "postgresql":
        return PostgresDatabase(parsed)
    raise DatabaseUnusable(f"database.url names {parsed.get_backend_name()}; Teduh keeps its data in sqlite or postgresql.")


class Turn(IntEnum):
    """What only one process does at a time; the numbers are known to no other program that shares the PostgreSQL database."""

    MIGRATE = 0x7EDC_0001
    TAKE_INBOX = 0x7EDC_0002
    TAKE_OUTBOX = 0x7EDC_0003


def alone(db: sa.Connection, turn: Turn) -> None:
    """Let nobody else have this turn until the transaction ends. Who comes next sees all that was done in it.

    On SQLite nobody else can be there: it has one writer.
    """
    if db.dialect.name == "postgresql":
        db.exec_driver_sql(f"select pg_advisory_xact_lock({int(turn)})")


def alone_with(db: sa.Connection, keys: Iterable[bytes]) -> None:
    """Let nobody else work with what these keys (of 8 bytes at least) stand for until the transaction ends."""
    if db.dialect.name == "postgresql":
        numbers = sorted({int.from_bytes(key[:8], signed=True) for key in keys})  # in order: so no two wait for each other
        db.execute(_LOCKS, {"numbers": numbers})


_LOCKS = sa.text("select pg_advisory_xact_lock(number) from unnest(cast(:numbers as bigint[])) as number")


@dataclass(slots=True)
class _Job:
    work: Work[Any] | None
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class SqliteDatabase:
    """One file, in WAL mode and fully synchronous, written by one thread."""

    is_shared = False

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as exc:
            raise DatabaseUnusable(f"{path.parent} can't be made ({exc.strerror}); choose another data.folder.") from None
        # For its owner alone, and so are the log and its index, which SQLite makes like it. One that is there stays as it is;
        # where none can be made, opening it says why.
        with contextlib.suppress(OSError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        self._path = path
        self._owned: IO[str] | None = None
        self._engine = sqlite_engine(path)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="database-read")
        try:
            self._writer = self._engine.connect()
        except sa.exc.DatabaseError as exc:
            raise DatabaseUnusable(_sentence(exc) or _UNWRITABLE) from None
        self._thread = threading.Thread(target=self._run, name="database-write", daemon=True)
        self._thread.start()

    async def write(self, work: Work[T]) -> T:
        """See `Database`."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(work, future, loop))
        return await future

    async def wipe(self) -> None:
        """See `Database`: the log is copied into the file and emptied. Deleted content is overwritten there (`secure_delete`)."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._jobs.put(_Job(None, future, loop))
        await future

    async def read(self, work: Work[T]) -> T:
        """See `Database`."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def close(self) -> None:
        """See `Database`."""
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        await asyncio.to_thread(self._readers.shutdown)
        self._engine.dispose()
        if self._owned is not None:
            self._owned.close()

    def own(self) -> None:
        """See `Database`. The lock goes with the process, however it ends."""
        if self._owned is not None:
            return
        owned = self._path.with_name(f"{self._path.name}-owner").open("w")
        try:
            fcntl.flock(owned, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owned.close()
            raise DatabaseUnusable(_OWNED) from None
        self._owned = owned

    def _read(self, work: Work[T]) -> T:
        try:
            with self._engine.connect().execution_options(is_reader=True) as connection, connection.begin():
                return work(connection)
        except (sa.exc.DBAPIError, sqlite3.Error) as exc:
            raise explained(exc) from None

    def _run(self) -> None:
        is_open = True
        while is_open:
            group = [self._jobs.get()]
            while len(group) < GROUP:
                try:
                    group.append(self._jobs.get_nowait())
                except queue.Empty:
                    break
            is_open = None not in group
            jobs = [job for job in group if job is not None and job.work is not None]
            if jobs:
                _tell(self._commit(jobs))
            wipes = [job for job in group if job is not None and job.work is None]
            if wipes:
                self._empty_log()
                _tell([(job, None, None) for job in wipes])
        self._writer.close()

    def _empty_log(self) -> None:
        # Beside a reader who still looks it stays for now; the next time comes within the hour.
        with contextlib.suppress(sqlite3.Error):
            driver = cast("sqlite3.Connection", self._writer.connection.dbapi_connection)
            driver.execute("pragma wal_checkpoint(truncate)").fetchall()

    def _commit(self, jobs: list[_Job]) -> list[tuple[_Job, Any, BaseException | None]]:
        try:
            with self._writer.begin():
                done = [(job, job.work(self._writer), None) for job in jobs if job.work is not None]
        except Exception as exc:  # noqa: BLE001 - it goes to whoever asked
            if len(jobs) == 1:
                return [(jobs[0], None, explained(exc))]
            # One piece of work failed: it alone must not stop the others, so each gets its own transaction.
            return [outcome for job in jobs for outcome in self._commit([job])]
        return list(done)


def _tell(outcomes: list[tuple[_Job, Any, BaseException | None]]) -> None:
    def settle(group: list[tuple[_Job, Any, BaseException | None]]) -> None:
        for job, result, error in group:
            if job.future.cancelled():
                continue
            if error is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(error)

    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Job, Any, BaseException | None]]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome[0].loop, []).append(outcome)
    for loop, group in by_loop.items():
        # A loop that has ended has nobody left who waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, group)


def sqlite_engine(path: Path) -> sa.Engine:
    """An engine for the file as we use it: WAL, every commit on disk, transactions begun at once and by us."""
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        pool_size=4,
        connect_args={"check_same_thread": False, "timeout": 15},
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, and mean it: see `begin`
        for pragma in (
            "journal_mode=wal",
            "synchronous=full",
            "foreign_keys=on",
            "temp_store=memory",
            "secure_delete=on",
            "cache_size=-32768",
            # Pages change many times before they are copied into the file: at SQLite's 1,000 that took a tenth of a message's CPU.
            # The log grows to 32 MB; what is committed is on the disk in it.
            "wal_autocheckpoint=8000",
        ):
            connection.execute(f"pragma {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A write lock taken late can fail in the middle; taken at once, it waits.
        connection.exec_driver_sql("begin" if connection.get_execution_options().get("is_reader") else "begin immediate")

    return engine


_OWNED = "Another Teduh works with this database; stop it, or give this one its own data.folder."
_DAMAGED = "The database file is damaged or is no database; restore a backup."
_UNWRITABLE = "The database file can't be written; check the owner and rights of data.folder."
_LOCKED = "The database is locked by another program; stop it, or give Teduh its own data.folder."
_SENTENCES = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_PROTOCOL: _LOCKED,
    sqlite3.SQLITE_FULL: "The disk is full: free some space; what was acknowledged is safe.",
    sqlite3.SQLITE_READONLY: _UNWRITABLE,
    sqlite3.SQLITE_CANTOPEN: _UNWRITABLE,
    sqlite3.SQLITE_PERM: _UNWRITABLE,
    sqlite3.SQLITE_AUTH: _UNWRITABLE,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_IOERR: "The disk can't be read or written; look at the system's log, and restore a backup if it failed.",
    sqlite3.SQLITE_NOMEM: "There is no memory left; give the machine more, or stop what else runs.",
}
"""By SQLite's primary result code: where the file is in trouble, and not the work. Source: sqlite.org/rescode.html."""


def _sentence(exc: BaseException) -> str | None:
    """What is wrong with the file and what to do; None when it is the work that is wrong."""
    code = getattr(getattr(exc, "orig", exc), "sqlite_errorcode", None)
    return None if code is None else _SENTENCES.get(code & 0xFF)


def explained(exc: Exception) -> Exception:
    """The error in one sentence that says what to do, where it is the SQLite file that is in trouble; else as it is."""
    sentence = _sentence(exc)
    return exc if sentence is None else DatabaseUnusable(sentence)


_URL_OPTIONS = ("host", "port", "ssl", "sslmode")


def connect_options(url: sa.URL) -> dict[str, Any]:
    """How asyncpg connects to what the URL names; `sslmode` as libpq's programs write it is `ssl`.

    Raises:
        DatabaseUnusable: it has an option that we don't know.
    """
    _, options = PGDialect_asyncpg().create_connect_args(_with_ssl(url))  # type: ignore[no-untyped-call]
    return dict(options)


def _with_ssl(url: sa.URL) -> sa.URL:
    unknown = [name for name in url.query if name not in _URL_OPTIONS]
    if unknown:
        known = ", ".join(_URL_OPTIONS)
        raise DatabaseUnusable(f"database.url has the option {unknown[0]}, which is not known; there are {known}.")
    ssl = url.query.get("sslmode", url.query.get("ssl"))
    url = url.difference_update_query(["sslmode"])
    return url if ssl is None else url.update_query_dict({"ssl": ssl})


class PostgresDatabase:
    """A PostgreSQL server, through asyncpg. A connection that is gone is replaced, and the work run again on the new one."""

    is_shared = True

    def __init__(self, url: sa.URL) -> None:
        self._engine: AsyncEngine = create_async_engine(
            _with_ssl(url).set(drivername="postgresql+asyncpg"),
            pool_size=6,
            max_overflow=4,
            # The statements of the message path, in a transaction that is planned once.
            connect_args={"statement_cache_size": 500},
        )

    async def write(self, work: Work[T]) -> T:
        """See `Database`."""
        return await self._run(self._engine.begin, work)

    async def read(self, work: Work[T]) -> T:
        """See `Database`."""
        return await self._run(self._engine.connect, work)

    def own(self) -> None:
        """See `Database`: as many as are wanted work on it."""

    async def wipe(self) -> None:
        """See `Database`: PostgreSQL's own log and free space are its operator's."""

    async def close(self) -> None:
        """See `Database`."""
        await self._engine.dispose()

    async def _run(self, connect: Callable[[], AbstractAsyncContextManager[AsyncConnection]], work: Work[T]) -> T:
        for pause in (*_PAUSES, None):
            try:
                async with connect() as connection:
                    # Begins the transaction, which `prepared` relies on, and finds out whether the server is still there.
                    await connection.exec_driver_sql("select 1")
                    return await connection.run_sync(work)
            except _TROUBLE as exc:
                if not is_away(exc) and _state(exc) not in _RUN_AGAIN:
                    raise
                if pause is None:
                    raise DatabaseUnusable(_postgres_sentence(exc)) from None
                await asyncio.sleep(pause)
        raise AssertionError("unreachable")


_TROUBLE = (
    sa.exc.DBAPIError,
    sa.exc.TimeoutError,
    sa.exc.PendingRollbackError,  # the work caught the first error itself, and went on with a connection that is gone
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that ended in the middle of something
    OSError,
)

_LOST = (sa.exc.TimeoutError, sa.exc.PendingRollbackError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""Always a connection's trouble. SQLAlchemy's own InterfaceError is not: it is also a statement with too many arguments."""

_PAUSES = (0.02, 0.05, 0.15, 0.4)
"""Seconds before each further try. Who needs longer than all of them has a place of its own to wait in: the inbox, the outbox."""

_RUN_AGAIN = ("40P01", "40001")
"""Deadlock and serialisation failure: PostgreSQL asks for the transaction to be run again."""

_AWAY = ("08", "53", "57P", "25006", "28", "3D000")
"""How the states begin by which PostgreSQL says that it, not the work, is in trouble: connection lost, no room left, stopping or
starting, a standby that only reads, a name or password that it refuses, no such database. Source: PostgreSQL 18, appendix A."""


def _state(exc: BaseException) -> str:
    return str(getattr(getattr(exc, "orig", exc), "sqlstate", None) or "")


def is_away(exc: BaseException) -> bool:
    """Whether PostgreSQL is in trouble, and not the work."""
    if isinstance(exc, _LOST):
        return True
    return bool(getattr(exc, "connection_invalidated", False)) or _state(exc).startswith(_AWAY)


def _postgres_sentence(exc: BaseException) -> str:
    state = _state(exc)
    if state.startswith("28"):
        return "PostgreSQL refuses the name or password of database.url; put the right ones there."
    if state == "3D000":
        return "PostgreSQL has no database of the name in database.url; create it, or name another."
    if state == "53100":
        return "The disk of PostgreSQL is full: free some space; what was acknowledged is safe."
    if state == "25006":
        return "PostgreSQL only lets us read; name the server that can be written in database.url."
    return "PostgreSQL does not answer; start it, or check the host and port of database.url."
