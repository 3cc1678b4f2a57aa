"""Moves a database from its SQLite file into PostgreSQL: all of it or, whatever happens on the way, nothing.

The file is read under its exclusive lock, inside a transaction that is rolled back: afterwards it holds what it held before.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from bot.storage import canary
from bot.storage.database import Database, DatabaseUnusable, Turn, alone, explained, is_away
from bot.storage.migrate import METADATA, upgrade
from bot.storage.vault import Vault

CHUNK = 2_000
"""Rows that are in memory at once: some megabytes of sealed texts."""

_VERSION = "alembic_version"


class MoveRefused(DatabaseUnusable):
    """Nothing was moved. The message says why, and what to do."""


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows of a table the file had, and how many PostgreSQL has now."""

    table: str
    before: int
    after: int


async def move(file: Path, database: Database, vault: Vault) -> list[Moved]:
    """Copy all tables of the file into this empty PostgreSQL database, in one transaction; the counts of each table.

    Raises:
        MoveRefused: the file is in use, none of ours or newer than this release; the database holds something.
        KeyMissing: the key does not open the file.
        DatabaseUnusable: one of the two can't be read or written.
    """
    with _alone_with(file) as source:
        canary.check_key(source, vault)
        return await database.write(lambda target: _copy_all(source, target))


@contextlib.contextmanager
def _alone_with(file: Path) -> Iterator[sa.Connection]:
    """The file's tables as this release has them, with nobody else at the file."""
    if not file.is_file():
        raise MoveRefused(f"{file} is not there; name the SQLite file to move, such as data/teduh.db.")
    engine = sa.create_engine("sqlite://", creator=lambda: _open_locked(file), poolclass=NullPool)
    # Exclusive also where the file has no write-ahead log.
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("begin exclusive"))
    try:
        with engine.connect() as source, source.begin() as transaction:
            if not sa.inspect(source).has_table(_VERSION):
                raise MoveRefused(f"{file} is no database of Teduh; name the teduh.db of its data.folder.")
            _upgrade(source, f"{file} was written by a newer release of Teduh; move it with that one.")
            yield source
            transaction.rollback()
    except sa.exc.DBAPIError as exc:
        if getattr(exc.orig, "sqlite_errorname", "") in ("SQLITE_BUSY", "SQLITE_LOCKED"):
            raise MoveRefused(f"{file} is in use; stop the Teduh that runs on it, then move again.") from None
        raise explained(exc) from None
    finally:
        engine.dispose()


def _open_locked(file: Path) -> sqlite3.Connection:
    """A connection that, from its first look on, has the file to itself: it fails while any other has it open.

    Source: sqlite.org/wal.html, "Use of WAL Without Shared-Memory".
    """
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=1)
    connection.execute("pragma locking_mode=exclusive").fetchall()
    return connection


def _upgrade(db: sa.Connection, newer: str) -> None:
    try:
        upgrade(db)
    except DatabaseUnusable:
        raise MoveRefused(newer) from None


def _copy_all(source: sa.Connection, target: sa.Connection) -> list[Moved]:
    if target.dialect.name != "postgresql":
        raise MoveRefused("database.url must name the PostgreSQL database to move to: postgresql://user@host/name.")
    alone(target, Turn.MIGRATE)
    _prepare(target)
    moved = []
    for table in METADATA.sorted_tables:
        _copy(table, source, target)
        _count_on(table, target)
        counts = Moved(table=table.name, before=_count(source, table), after=_count(target, table))
        if counts.before != counts.after:
            raise MoveRefused(f"Of {table.name} only {counts.after} of {counts.before} rows arrived; nothing was moved.")
        moved.append(counts)
    return moved


def _prepare(target: sa.Connection) -> None:
    """Our tables, empty, and until the end of the transaction closed to everybody else."""
    names = sa.inspect(target).get_table_names()
    if names and _VERSION not in names:
        raise MoveRefused("The database of database.url holds tables that are not Teduh's; create an empty one and name that.")
    _upgrade(target, "The database of database.url was made by a newer release of Teduh; move with that one.")
    quoted = ", ".join(f'"{table.name}"' for table in METADATA.sorted_tables)
    target.execute(sa.text(f"lock table {quoted} in access exclusive mode"))
    held = [f"{count} in {table.name}" for table in METADATA.sorted_tables if (count := _count(target, table))]
    if held:
        raise MoveRefused(
            f"The database of database.url is not empty (rows: {', '.join(held)}); create an empty one and name that."
        )


def _copy(table: sa.Table, source: sa.Connection, target: sa.Connection) -> None:
    """All rows, by their primary key. The columns' own types translate: SQLite's 0 and 1 are booleans to them."""
    rows = source.execute(sa.select(table).order_by(*table.primary_key), execution_options={"yield_per": CHUNK})
    for chunk in rows.mappings().partitions():
        try:
            target.execute(sa.insert(table), [dict(row) for row in chunk])
        except sa.exc.DBAPIError as exc:
            if is_away(exc):
                raise
            # Its own words quote the row.
            why = getattr(exc.orig, "sqlstate", None) or type(exc.orig).__name__
            raise MoveRefused(
                f"PostgreSQL refuses a row of {table.name} ({why}); nothing was moved: move a sound backup."
            ) from None


def _count_on(table: sa.Table, target: sa.Connection) -> None:
    """Let PostgreSQL number new rows after those that came with a number."""
    column = table.autoincrement_column
    if column is None:
        return
    sequence = sa.func.pg_get_serial_sequence(f'"{table.name}"', column.name)
    last = sa.select(sa.func.max(column)).scalar_subquery()
    target.execute(sa.select(sa.func.setval(sequence, sa.func.coalesce(last, 1), last.is_not(None))))


def _count(db: sa.Connection, table: sa.Table) -> int:
    return db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
