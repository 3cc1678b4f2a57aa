"""Nothing is acknowledged before it is stored."""

import asyncio

import sqlalchemy as sa

from bot.actions.receive import Receiver
from bot.storage.database import Database
from bot.storage.tables import inbox
from bot.storage.vault import Vault
from tests.builders import make_update


async def test_receive_returns_when_the_update_is_on_disk(database: Database, vault: Vault):
    rung = []
    receiver = Receiver(database=database, vault=vault, wake=lambda: rung.append(1))

    await receiver.receive([make_update("u:1"), make_update("u:2")])

    assert await database.read(lambda db: db.scalar(sa.select(sa.func.count()).select_from(inbox))) == 2
    assert rung


async def test_a_caller_that_goes_away_cancels_nobody_else_s_commit(database: Database, vault: Vault):
    receiver = Receiver(database=database, vault=vault, wake=lambda: None)
    leaving = asyncio.create_task(receiver.receive([make_update("u:1")]))
    staying = asyncio.create_task(receiver.receive([make_update("u:2")]))
    await asyncio.sleep(0)

    leaving.cancel()
    await staying

    assert await database.read(lambda db: db.scalar(sa.select(sa.func.count()).select_from(inbox))) == 2


async def test_nothing_to_store_is_no_work(database: Database, vault: Vault):
    receiver = Receiver(database=database, vault=vault, wake=lambda: None)

    await receiver.receive([])

    assert await database.read(lambda db: db.scalar(sa.select(sa.func.count()).select_from(inbox))) == 0
