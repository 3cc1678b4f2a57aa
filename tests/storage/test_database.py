"""Transactions of both kinds, and the one writer of SQLite."""

import asyncio
import contextlib
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.storage.database import Database, DatabaseUnusable, open_database
from bot.storage.tables import audit
from tests.builders import NOW
from tests.process import free_port


def add_row(number: int):
    def work(db: sa.Connection) -> int:
        db.execute(sa.insert(audit), {"id": number, "at": NOW, "action": "tested"})
        return number

    return work


def fail(db: sa.Connection) -> None:
    db.execute(sa.insert(audit), {"id": 99, "at": NOW, "action": "tested"})
    raise LookupError("this piece of work fails")


def ids(db: sa.Connection) -> set[int]:
    return set(db.scalars(sa.select(audit.c.id)))


async def test_what_a_write_gives_is_committed(database: Database):
    result = await database.write(add_row(1))

    assert result == 1
    assert await database.read(ids) == {1}


async def test_failing_work_is_undone_and_the_others_of_its_group_are_kept(database: Database):
    outcomes = await asyncio.gather(
        database.write(add_row(1)), database.write(fail), database.write(add_row(2)), return_exceptions=True
    )

    assert [type(outcome).__name__ for outcome in outcomes] == ["int", "LookupError", "int"]
    assert await database.read(ids) == {1, 2}


async def test_waiting_writes_share_a_commit(sqlite: Database):
    commits = 0

    def count(_connection: sa.Connection) -> None:
        nonlocal commits
        commits += 1

    sa.event.listen(sqlite._engine, "commit", count)  # type: ignore[attr-defined]

    await asyncio.gather(*(sqlite.write(add_row(number)) for number in range(200)))

    assert commits <= 20
    assert len(await sqlite.read(ids)) == 200


async def test_every_commit_is_on_disk_and_readers_do_not_wait_for_writers(sqlite: Database):
    def settings(db: sa.Connection) -> tuple[str, int]:
        return db.exec_driver_sql("pragma journal_mode").scalar(), db.exec_driver_sql("pragma synchronous").scalar()

    assert await sqlite.read(settings) == ("wal", 2)
    assert await sqlite.write(lambda db: db.exec_driver_sql("pragma synchronous").scalar()) == 2


async def test_a_damaged_file_is_told_in_one_sentence(tmp_path):
    (tmp_path / "teduh.db").write_bytes(b"this is no database" * 100)

    with pytest.raises(DatabaseUnusable, match="damaged"):
        open_database(f"sqlite:///{tmp_path / 'teduh.db'}")


async def test_a_full_disk_is_told_in_one_sentence_and_what_was_stored_stays(sqlite: Database):
    await sqlite.write(add_row(1))
    await sqlite.write(lambda db: db.exec_driver_sql("pragma max_page_count = 80"))

    def fill(db: sa.Connection) -> None:
        rows = [{"id": number, "at": NOW, "action": "x" * 40} for number in range(10, 50_000)]
        db.execute(sa.insert(audit), rows)

    with pytest.raises(DatabaseUnusable, match="disk is full"):
        await sqlite.write(fill)

    assert await sqlite.read(ids) == {1}


@pytest.mark.postgres
async def test_readers_are_told_in_one_sentence_too(sqlite: Database, tmp_path):
    (tmp_path / "teduh.db").write_bytes(b"no database any more" * 500)
    (tmp_path / "teduh.db-wal").unlink()

    with pytest.raises(DatabaseUnusable, match="restore a backup"):
        await sqlite.read(lambda db: db.execute(sa.text("select count(*) from contacts")).all())


async def test_what_was_deleted_is_in_no_file_afterwards(sqlite: Database, tmp_path):
    words = "MARKED" * 20

    def add(db: sa.Connection) -> None:
        db.exec_driver_sql("create table told (words text)")
        db.exec_driver_sql("insert into told values (?)", (words,))

    await sqlite.write(add)
    await sqlite.wipe()
    assert words.encode() in (tmp_path / "teduh.db").read_bytes()

    await sqlite.write(lambda db: db.exec_driver_sql("delete from told"))
    await sqlite.wipe()

    for file in tmp_path.glob("teduh.db*"):
        assert words.encode() not in file.read_bytes()


async def test_a_statement_that_is_wrong_is_the_fault_of_the_work(sqlite: Database):
    for run in (sqlite.write, sqlite.read):
        with pytest.raises(sa.exc.OperationalError, match="no such table"):
            await run(lambda db: db.execute(sa.text("select 1 from nothing_of_ours")))


async def test_work_whose_connection_is_cut_is_run_again_on_a_fresh_one(postgres: Database):
    tries = 0

    def cut_once(db: sa.Connection) -> int:
        nonlocal tries
        tries += 1
        add_row(tries)(db)
        if tries == 1:
            db.execute(sa.text("select pg_terminate_backend(pg_backend_pid())"))
        return tries

    assert await postgres.write(cut_once) == 2
    assert await postgres.read(ids) == {2}


@pytest.mark.postgres
async def test_work_that_goes_on_after_its_connection_was_cut_is_run_again_too(postgres: Database):
    tries = 0

    def carry_on(db: sa.Connection) -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            with contextlib.suppress(sa.exc.DBAPIError), db.begin_nested():
                db.execute(sa.text("select pg_terminate_backend(pg_backend_pid())"))
        return add_row(tries)(db)

    assert await postgres.write(carry_on) == 2
    assert await postgres.read(ids) == {2}


@pytest.mark.postgres
async def test_connections_that_were_cut_while_idle_are_not_noticed_by_who_works(postgres: Database):
    cut = sa.text(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity where pid <> pg_backend_pid() and usename = user"
    )
    await asyncio.gather(*(postgres.read(ids) for _ in range(6)))

    await postgres.write(lambda db: db.execute(cut))
    results = await asyncio.gather(*(postgres.write(add_row(number)) for number in range(6)))

    assert results == list(range(6))


@pytest.mark.postgres
async def test_a_database_that_stays_away_is_told_in_one_sentence_and_nothing_is_kept(postgres: Database):
    def cut(db: sa.Connection) -> None:
        add_row(1)(db)
        db.execute(sa.text("select pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(DatabaseUnusable, match="PostgreSQL does not answer"):
        await postgres.write(cut)

    assert await postgres.read(ids) == set()


@pytest.mark.postgres
@pytest.mark.parametrize(
    "row",
    [
        pytest.param({"id": 1, "action": "tested"}, id="there already"),
        pytest.param({"id": 2**63, "action": "tested"}, id="number too large"),
        pytest.param({"id": 2, "action": "x" * 41}, id="text too long"),
        pytest.param({"id": 2, "action": "\0"}, id="NUL"),
        pytest.param({"id": 2, "action": "\ud83d"}, id="lone surrogate"),
        pytest.param({"id": "two", "action": "tested"}, id="wrong type"),
    ],
)
async def test_what_postgres_refuses_is_the_fault_of_the_work(postgres: Database, row: dict[str, object]):
    await postgres.write(add_row(1))

    with pytest.raises(sa.exc.DBAPIError):
        await postgres.write(lambda db: db.execute(sa.insert(audit), {"at": NOW, **row}))


@pytest.mark.postgres
async def test_a_statement_with_too_many_arguments_is_the_fault_of_the_work(postgres: Database):
    many = sa.text("select 1 where 1 in (" + ", ".join(f":n{number}" for number in range(33_000)) + ")")

    with pytest.raises(sa.exc.InterfaceError):
        await postgres.read(lambda db: db.execute(many, {f"n{number}": number for number in range(33_000)}))


async def test_a_server_that_is_not_there_is_told_in_one_sentence():
    opened = open_database(f"postgresql://teduh:x@127.0.0.1:{free_port()}/teduh")

    with pytest.raises(DatabaseUnusable, match="PostgreSQL does not answer"):
        await opened.read(ids)

    await opened.close()


@pytest.mark.parametrize("url", ["::::", "", "sqlite", "postgresql://host:port/name", "mysql://host/name"])
def test_what_is_no_url_of_ours_is_told_in_one_sentence(url: str):
    with pytest.raises(DatabaseUnusable, match=r"^database\.url "):
        open_database(url)


@pytest.mark.postgres
async def test_a_database_that_was_never_created_is_told_in_one_sentence(postgres_url: str):
    opened = open_database(sa.make_url(postgres_url).set(database="nowhere").render_as_string(hide_password=False))

    with pytest.raises(DatabaseUnusable, match="no database of the name"):
        await opened.write(ids)

    await opened.close()


async def test_what_sqlite_writes_is_for_its_owner_alone(tmp_path: Path):
    database = open_database(f"sqlite:///{tmp_path}/new/teduh.db")
    await database.write(lambda db: db.execute(sa.text("create table t (x integer)")))

    modes = {each.name: each.stat().st_mode & 0o777 for each in (tmp_path / "new").iterdir()}
    await database.close()

    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert modes == dict.fromkeys(("teduh.db", "teduh.db-wal", "teduh.db-shm"), 0o600)
