"""From the SQLite file into a real PostgreSQL: the same people, the same queue, the same keys; all of it or nothing."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from bot import demo
from bot.app import Core, build_core, move_database
from bot.config import Data, DatabaseSettings, Settings, VaultSettings
from bot.content import load_content, load_interpreter
from bot.domain.cases import CaseStatus
from bot.domain.messages import ContactId
from bot.domain.responders import ResponderId
from bot.storage import cases, contacts, messages, tables, tables_people
from bot.storage.database import Database, open_database
from bot.storage.migrate import METADATA, config, migrate
from bot.storage.move import MoveRefused
from bot.storage.vault import KeyMissing, make_key
from bot.talk import TerminalChannel
from tests.process import ROOT

pytestmark = pytest.mark.postgres

STILL_ASKED = "demo-39"
"""Wrote one line, and was asked whether to go on."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with 40 invented people, some of whom are held or closed."""
    folder = tmp_path_factory.mktemp("embedded")
    asyncio.run(demo.fill(Settings(data=Data(folder=str(folder)))))
    return folder


@pytest.fixture
def embedded(filled: Path, tmp_path: Path) -> Path:
    """A copy that a test may harm."""
    copy = tmp_path / "data"
    (copy / "keys").mkdir(parents=True)
    for name in ("teduh.db", "keys/vault.key"):
        (copy / name).write_bytes((filled / name).read_bytes())
    (copy / "keys" / "vault.key").chmod(0o600)
    return copy


@pytest.fixture
def server(embedded: Path, postgres: Database, postgres_url: str) -> Settings:
    """Settings of the server shape, with the key of the embedded one; its database is empty."""
    del postgres
    return settings_for(embedded, url=postgres_url)


def settings_for(folder: Path, *, url: str = "", key: str = "") -> Settings:
    return Settings(data=Data(folder=str(folder)), database=DatabaseSettings(url=url), vault=VaultSettings(key=key))


def core_of(settings: Settings) -> tuple[Core, TerminalChannel]:
    channel = TerminalChannel("web")
    return build_core(settings, load_content(), load_interpreter(), channels=[channel]), channel


async def say(settings: Settings, line: str, *, key: str) -> list[tuple[str, tuple[str, ...]]]:
    """What the person who is still asked is answered there."""
    core, channel = core_of(settings)
    try:
        channel.sent.clear()
        await demo.write(core, STILL_ASKED, key, line)
    finally:
        await core.database.close()
    return [(bubble.text, tuple(button.label for button in bubble.buttons)) for bubble in channel.sent]


async def everything(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, in the order of their keys."""

    def read(db: sa.Connection) -> dict[str, list[tuple[object, ...]]]:
        return {
            table.name: [tuple(row) for row in db.execute(sa.select(table).order_by(*table.primary_key))]
            for table in METADATA.sorted_tables
        }

    database = open_database(settings.database_url)
    try:
        return await database.read(read)
    finally:
        await database.close()


async def count_rows(database: Database) -> int:
    def read(db: sa.Connection) -> int:
        return sum(db.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in METADATA.sorted_tables)

    return await database.read(read)


async def test_every_row_of_every_table_is_the_same_afterwards(embedded: Path, server: Settings):
    before = await everything(settings_for(embedded))

    moved = await move_database(server, embedded / "teduh.db")

    assert await everything(server) == before
    assert {each.table: (each.before, each.after) for each in moved} == {
        name: (len(rows), len(rows)) for name, rows in before.items()
    }
    for name in ("contacts", "conversations", "messages", "outbox", "inbox", "cases", "consents", "responders", "audit"):
        assert before[name], f"the demo fills {name}"


async def test_a_person_is_answered_where_she_was(embedded: Path, server: Settings):
    await move_database(server, embedded / "teduh.db")

    on_postgres = [
        await say(server, line, key=f"after-{line}") for line in ("lanjut", "bapak saya sakit, tidak ada biaya", "berhenti")
    ]
    on_sqlite = [
        await say(settings_for(embedded), line, key=f"after-{line}")
        for line in ("lanjut", "bapak saya sakit, tidak ada biaya", "berhenti")
    ]

    assert on_postgres == on_sqlite
    assert all(on_postgres)


async def test_sealed_texts_open_and_the_queue_and_what_is_held_stay(embedded: Path, server: Settings):
    def look(core: Core, db: sa.Connection) -> tuple[object, ...]:
        people = [ContactId(number) for number in db.scalars(sa.select(tables.contacts.c.id).order_by(tables.contacts.c.id))]
        holder = ResponderId(db.execute(sa.select(tables_people.responders.c.id)).scalar_one())
        queue = []
        while (case := cases.find_next(db, core.vault)) is not None:
            queue.append(case)
            db.execute(sa.update(tables.cases).where(tables.cases.c.id == case.id).values(status="closed"))
        threads = [messages.list_thread(db, core.vault, who) for who in people]
        return threads, [contacts.get(db, core.vault, who) for who in people], cases.list_held(db, core.vault, holder), queue

    await move_database(server, embedded / "teduh.db")

    seen = []
    for settings in (settings_for(embedded), server):
        core, _ = core_of(settings)
        seen.append(await core.database.write(lambda db, core=core: look(core, db)))
        await core.database.close()
    assert seen[0] == seen[1]
    _threads, _people, held, queue = seen[1]
    assert len(queue) >= 10
    assert held
    assert {case.status for case in held} == {CaseStatus.ACTIVE}


async def test_new_updates_are_numbered_after_those_that_came_along(embedded: Path, server: Settings):
    await move_database(server, embedded / "teduh.db")
    last = max(row[0] for row in (await everything(server))["inbox"])

    await say(server, "lanjut", key="after")

    assert max(row[0] for row in (await everything(server))["inbox"]) > last


async def test_an_update_that_came_before_the_move_is_known_after_it(embedded: Path, server: Settings):
    await move_database(server, embedded / "teduh.db")

    last = sum(len(lines) for _, lines in demo.PEOPLE)
    assert await say(server, "malam min, mau tanya", key=str(last)) == []


async def test_an_empty_database_of_ours_is_moved_too_and_counts_from_one(tmp_path, server: Settings):
    await start_on(settings_for(tmp_path / "fresh"))

    moved = await move_database(settings_for(tmp_path / "fresh", url=server.database.url), tmp_path / "fresh" / "teduh.db")

    assert {each.table: each.after for each in moved if each.after} == {"vault_canary": 1}


async def start_on(settings: Settings) -> None:
    from bot.app import prepare

    core, _ = core_of(settings)
    await prepare(core)
    await core.database.close()


async def test_the_file_is_as_it_was_and_goes_on_by_itself(embedded: Path, server: Settings):
    before = await everything(settings_for(embedded))

    await move_database(server, embedded / "teduh.db")

    assert await everything(settings_for(embedded)) == before


async def test_a_file_of_an_older_release_arrives_as_one_of_this_and_stays_old(embedded: Path, server: Settings):
    database = open_database(settings_for(embedded).database_url)
    await database.write(lambda db: command.downgrade(config(db), "0004"))
    await database.close()

    moved = await move_database(server, embedded / "teduh.db")

    assert sum(each.after for each in moved) > 500
    with sqlite3.connect(embedded / "teduh.db") as old:
        assert old.execute("select version_num from alembic_version").fetchall() == [("0004",)]
    old.close()


async def test_what_a_killed_teduh_left_in_its_log_is_moved_too(embedded: Path, tmp_path, server: Settings):
    killed = tmp_path / "killed.db"
    with sqlite3.connect(embedded / "teduh.db") as running:
        running.execute("insert into audit (id, at, action) values (7, 0, 'tested')")
        running.commit()
        for end in ("", "-wal"):
            killed.with_name(f"killed.db{end}").write_bytes((embedded / f"teduh.db{end}").read_bytes())
    running.close()

    await move_database(server, killed)

    assert (7, "tested") in {(row[0], row[3]) for row in (await everything(server))["audit"]}


async def test_a_database_that_holds_something_is_left_alone(embedded: Path, server: Settings, postgres: Database):
    await move_database(server, embedded / "teduh.db")
    rows = await count_rows(postgres)

    with pytest.raises(MoveRefused, match=r"is not empty \(rows: .*\d+ in contacts.*\); create an empty one and name that\.$"):
        await move_database(server, embedded / "teduh.db")
    assert await count_rows(postgres) == rows


async def test_a_database_of_something_else_is_left_alone(embedded: Path, server: Settings):
    other = sa.make_url(server.database.url).set(database="of_others").render_as_string(hide_password=False)
    await create_database(server.database.url, "of_others")
    database = open_database(other)
    await database.write(lambda db: db.execute(sa.text("create table contacts (name text)")))

    try:
        with pytest.raises(MoveRefused, match="tables that are not Teduh's"):
            await move_database(settings_for(embedded, url=other), embedded / "teduh.db")
    finally:
        await database.close()


async def create_database(url: str, name: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    await connection.execute(f"drop database if exists {name}")
    await connection.execute(f"create database {name}")
    await connection.close()


async def test_a_database_that_was_never_used_is_given_its_tables(embedded: Path, server: Settings):
    await create_database(server.database.url, "brand_new")
    url = sa.make_url(server.database.url).set(database="brand_new").render_as_string(hide_password=False)

    moved = await move_database(settings_for(embedded, url=url), embedded / "teduh.db")

    assert sum(each.after for each in moved) > 500


async def test_what_a_running_teduh_uses_is_not_moved(embedded: Path, server: Settings, postgres: Database):
    core, _ = core_of(settings_for(embedded))
    await migrate(core.database)

    with pytest.raises(MoveRefused, match=r"teduh\.db is in use; stop the Teduh that runs on it, then move again\.$"):
        await move_database(server, embedded / "teduh.db")

    await core.database.close()
    assert await count_rows(postgres) == 0
    assert await move_database(server, embedded / "teduh.db")


async def test_another_key_moves_nothing(embedded: Path, server: Settings, postgres: Database):
    with pytest.raises(KeyMissing, match="does not open"):
        await move_database(settings_for(embedded, url=server.database.url, key=make_key()), embedded / "teduh.db")
    (embedded / "keys" / "vault.key").unlink()
    with pytest.raises(KeyMissing, match="put it back"):
        await move_database(server, embedded / "teduh.db")

    assert not (embedded / "keys" / "vault.key").exists(), "a key was made"
    assert await count_rows(postgres) == 0


async def test_what_a_newer_release_wrote_is_not_moved(embedded: Path, server: Settings, postgres: Database):
    with sqlite3.connect(embedded / "teduh.db") as newer:
        newer.execute("update alembic_version set version_num = '9999'")
    newer.close()

    with pytest.raises(MoveRefused, match="written by a newer release of Teduh; move it with that one"):
        await move_database(server, embedded / "teduh.db")
    assert await count_rows(postgres) == 0


async def test_a_newer_database_takes_nothing(embedded: Path, server: Settings, postgres: Database):
    change = sa.text("update alembic_version set version_num = :number")
    [(release,)] = await postgres.write(lambda db: db.execute(sa.text("select version_num from alembic_version")).all())
    await postgres.write(lambda db: db.execute(change, {"number": "9999"}))
    try:
        with pytest.raises(MoveRefused, match=r"database\.url was made by a newer release of Teduh; move with that one"):
            await move_database(server, embedded / "teduh.db")
    finally:
        await postgres.write(lambda db: db.execute(change, {"number": release}))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(None, "is not there; name the SQLite file", id="no file"),
        pytest.param(b"", "is no database of Teduh", id="empty file"),
        pytest.param(b"no database " * 500, "damaged or is no database", id="no database"),
    ],
)
async def test_what_is_no_file_of_ours_is_told_in_one_sentence(tmp_path, server: Settings, content: bytes | None, said: str):
    file = tmp_path / "named.db"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(Exception, match=said) as refused:
        await move_database(server, file)
    assert "\n" not in str(refused.value)


async def test_sqlite_is_no_place_to_move_to(embedded: Path, tmp_path):
    with pytest.raises(MoveRefused, match=r"^database\.url must name the PostgreSQL database"):
        await move_database(settings_for(embedded, url=f"sqlite:///{tmp_path / 'other.db'}"), embedded / "teduh.db")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        pytest.param(
            f"update audit set action = '{'MARKED' * 20}' where id = (select max(id) from audit)", "22001", id="too long"
        ),
        pytest.param("update inbox set attempts = 99999", "22000", id="too large"),
        pytest.param("pragma foreign_keys = off; delete from contacts", "23503", id="of nobody"),
    ],
)
async def test_a_row_that_postgres_refuses_moves_nothing_and_is_not_quoted(
    embedded: Path, server: Settings, postgres: Database, spoil: str, why: str
):
    with sqlite3.connect(embedded / "teduh.db") as spoilt:
        spoilt.executescript(spoil)
    spoilt.close()

    with pytest.raises(MoveRefused, match=rf"^PostgreSQL refuses a row of \w+ \({why}\); nothing was moved") as refused:
        await move_database(server, embedded / "teduh.db")

    assert "MARKED" not in str(refused.value)
    assert "\n" not in str(refused.value)
    assert await count_rows(postgres) == 0


def teduh_migrate(settings: Settings, file: Path) -> "subprocess.Popen[str]":
    environment = {"TEDUH_DATA__FOLDER": settings.data.folder, "TEDUH_DATABASE__URL": settings.database.url}
    return subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "migrate", "--from", str(file)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def test_kill_in_the_middle_leaves_the_database_empty_and_the_next_move_does_all(
    embedded: Path, server: Settings, postgres: Database, postgres_url: str
):
    """The last table to be filled waits for us, so that the kill comes when the others are filled."""
    import asyncpg

    last = METADATA.sorted_tables[-1].name
    wait = "create function wait_for_us() returns trigger language plpgsql as 'begin perform pg_advisory_xact_lock(1); return new; end'"
    holder = await asyncpg.connect(postgres_url)
    await holder.execute(wait)
    await holder.execute(
        f"create trigger wait_for_us before insert on {last} for each statement execute function wait_for_us()"
    )
    await holder.execute("select pg_advisory_lock(1)")
    try:
        killed = teduh_migrate(server, embedded / "teduh.db")
        deadline = asyncio.get_running_loop().time() + 30
        while not await holder.fetchval("select count(*) from pg_locks where locktype = 'advisory' and not granted"):
            assert killed.poll() is None, killed.communicate()
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.02)
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
    finally:
        await holder.execute("select pg_advisory_unlock(1)")
        await holder.execute("drop function wait_for_us cascade")
        await holder.close()
    assert await count_rows(postgres) == 0

    done = teduh_migrate(server, embedded / "teduh.db")
    out, err = done.communicate(timeout=60)

    assert (done.returncode, err) == (0, "")
    rows = {words[0]: words[1:] for line in out.splitlines() if len(words := line.split()) == 3}
    assert rows["contacts"] == ["40", "40"]
    assert set(rows) == {table.name for table in METADATA.sorted_tables}
    assert "is as it was" in out.splitlines()[-1]


async def test_a_refusal_is_one_line_and_a_status(embedded: Path, server: Settings):
    ended = teduh_migrate(server, embedded / "no.db")
    out, err = ended.communicate(timeout=60)

    assert (ended.returncode, out) == (1, "")
    assert err == f"{embedded / 'no.db'} is not there; name the SQLite file to move, such as data/teduh.db.\n"


async def test_what_was_claimed_lapses_as_ever(embedded: Path, server: Settings):
    await move_database(server, embedded / "teduh.db")
    core, _ = core_of(server)
    try:
        held = await core.database.read(
            lambda db: db.execute(sa.select(tables.cases).where(tables.cases.c.status == "active")).all()
        )
        long_after = core.now() + timedelta(minutes=10)
        lapsed = await core.database.write(lambda db: cases.list_lapsed(db, core.vault, now=long_after))
    finally:
        await core.database.close()

    assert {case.id for case in lapsed} == {row.id for row in held}
