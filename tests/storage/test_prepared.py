"""Statements run with plain tuples do on both databases what SQLAlchemy says they do."""

import pytest
import sqlalchemy as sa

from bot.storage import inbox
from bot.storage.database import Database
from bot.storage.prepared import Prepared, PreparedIn
from bot.storage.tables import inbox as table
from bot.storage.vault import Vault
from tests.builders import make_update


@pytest.fixture
async def ids(database: Database, vault: Vault) -> list[int]:
    updates = [make_update(f"u:{number}") for number in range(9)]
    await database.write(lambda db: inbox.add(db, inbox.rows_of(vault, updates)))
    return await database.read(lambda db: list(db.scalars(sa.select(table.c.id).order_by(table.c.id))))


async def test_a_list_of_any_length_finds_just_its_own_rows(database: Database, ids: list[int]):
    among = PreparedIn(lambda places: sa.select(table.c.id).where(table.c.id.in_(places)).order_by(table.c.id))

    for size in range(1, 10):
        found = await database.read(lambda db, some=ids[:size]: [number for (number,) in among.rows(db, some)])
        assert found == ids[:size]


async def test_values_find_their_places_in_any_order_and_twice(database: Database, ids: list[int]):
    low, high = sa.bindparam("low"), sa.bindparam("high")
    between = Prepared(
        sa.select(table.c.id).where(table.c.id >= low, table.c.state == inbox.WAITING, table.c.id <= high, table.c.id != low),
        "high",
        "low",
    )

    found = await database.read(lambda db: {number for (number,) in between.rows(db, (ids[5], ids[2]))})

    assert found == set(ids[3:6])


async def test_many_rows_are_each_changed_by_their_own_values(database: Database, ids: list[int]):
    change = Prepared(
        sa.update(table).where(table.c.id == sa.bindparam("which")).values(error=sa.bindparam("why"), state=inbox.DONE),
        "which",
        "why",
    )

    await database.write(lambda db: change.many(db, [(ids[0], "a"), (ids[1], "b")]))

    rows = await database.read(lambda db: db.execute(sa.select(table.c.error, table.c.state).order_by(table.c.id)).all())
    assert [tuple(row) for row in rows[:3]] == [("a", inbox.DONE), ("b", inbox.DONE), (None, inbox.WAITING)]


async def test_an_insert_that_leaves_a_default_to_sqlalchemy_is_refused(database: Database):
    unfinished = Prepared(sa.insert(table), "channel", "account", "key_digest", "address_digest", "received_at", "state")

    with pytest.raises(AssertionError, match="attempts"):
        await database.write(lambda db: unfinished.run(db, ("web", "main", b"k", b"a", 0, inbox.WAITING)))
