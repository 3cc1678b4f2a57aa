"""Updates are kept once and handed out in order."""

import asyncio
from datetime import timedelta

import sqlalchemy as sa

from bot.actions.receive import Receiver
from bot.storage import inbox, tables
from bot.storage.database import Database
from bot.storage.vault import Vault
from tests.builders import NOW, later, make_update

LEASE = timedelta(seconds=60)


async def store(database: Database, vault: Vault, *updates) -> None:
    await database.write(lambda db: inbox.add(db, inbox.rows_of(vault, updates)))


async def take(database: Database, vault: Vault, *, by: int = 1, now=NOW, most: int = 100) -> list[inbox.Taken]:
    return await database.write(lambda db: inbox.take_next(db, vault, by=by, now=now, lease=LEASE, most=most))


async def test_an_update_comes_back_as_it_was_stored(database: Database, vault: Vault):
    update = make_update(body='{"text": "tolong \U0001f64f"}'.encode())

    await store(database, vault, update)

    (taken,) = await take(database, vault)
    assert taken.update == update


async def test_a_hundred_deliveries_of_one_update_are_one(database: Database, vault: Vault):
    receiver = Receiver(database=database, vault=vault, wake=lambda: None)

    await asyncio.gather(*(receiver.receive([make_update("u:7"), make_update("u:7")]) for _ in range(50)))

    assert len(await take(database, vault)) == 1


async def test_the_same_key_on_another_account_is_another_update(database: Database, vault: Vault):
    await store(database, vault, make_update("u:1", account="a"), make_update("u:1", account="b"))

    assert len(await take(database, vault)) == 2


async def test_a_contact_in_anothers_hands_is_left_alone(database: Database, vault: Vault):
    await store(database, vault, make_update("1", address="anna"))
    await take(database, vault, by=1)
    await store(database, vault, make_update("2", address="anna"), make_update("3", address="budi"))

    taken = await take(database, vault, by=2)

    assert [each.update.address for each in taken] == ["budi"]


async def test_two_who_take_at_the_same_time_never_hold_one_contact(database: Database, vault: Vault):
    people = ("anna", "budi", "citra")
    await store(database, vault, *(make_update(str(number), address=people[number % 3]) for number in range(24)))

    taken = await asyncio.gather(*(take(database, vault, by=worker, most=1) for worker in range(1, 9)))

    held = [each.update.address for hands in taken for each in hands]
    assert sorted(held) == ["anna", "budi", "citra"]
    assert {each.update.key for hands in taken for each in hands} == {"0", "1", "2"}


async def test_what_is_in_hands_takes_no_place_of_those_who_wait(database: Database, vault: Vault):
    await store(database, vault, *(make_update(f"a{number}", address="anna") for number in range(9)))
    await take(database, vault, by=1, most=1)
    await store(database, vault, make_update("b", address="budi"))

    taken = await take(database, vault, by=2, most=1)

    assert [each.update.address for each in taken] == ["budi"]


async def test_updates_are_taken_in_order_of_arrival(database: Database, vault: Vault):
    for number in range(5):
        await store(database, vault, make_update(str(number)))

    taken = await take(database, vault)

    assert [each.update.key for each in taken] == ["0", "1", "2", "3", "4"]


async def test_what_a_dead_worker_held_comes_back_and_its_late_word_counts_nothing(database: Database, vault: Vault):
    await store(database, vault, make_update())
    (lost,) = await take(database, vault, by=1)

    given_back = await database.write(lambda db: inbox.give_back(db, now=later(seconds=61)))
    (again,) = await take(database, vault, by=2, now=later(seconds=62))

    assert given_back == 1
    assert (again.id, again.attempts) == (lost.id, 2)
    assert await database.read(lambda db: inbox.still_taken(db, [lost.id], by=1)) == set()
    assert await database.read(lambda db: inbox.still_taken(db, [lost.id], by=2)) == {lost.id}


async def test_bodies_are_erased_after_a_day_and_the_key_is_still_known(database: Database, vault: Vault):
    await store(database, vault, make_update("u:1"))
    (taken,) = await take(database, vault)
    await database.write(lambda db: inbox.mark_done(db, [taken.id]))

    await database.write(lambda db: inbox.forget(db, now=later(hours=25)))
    await store(database, vault, make_update("u:1"))

    assert await take(database, vault) == []


async def test_receive_tells_its_caller_when_storing_failed(sqlite: Database, vault: Vault):
    receiver = Receiver(database=sqlite, vault=vault, wake=lambda: None)
    await sqlite.write(lambda db: db.exec_driver_sql("drop table inbox"))

    outcomes = await asyncio.gather(*(receiver.receive([make_update(str(n))]) for n in range(3)), return_exceptions=True)

    assert all(isinstance(outcome, Exception) for outcome in outcomes)


async def test_an_update_that_can_not_be_opened_keeps_nobody_waiting(database: Database, vault: Vault):
    await store(database, vault, make_update("1", address="anna"), make_update("2", address="budi"))
    first = sa.select(sa.func.min(tables.inbox.c.id)).scalar_subquery()
    await database.write(lambda db: db.execute(sa.update(tables.inbox).where(tables.inbox.c.id == first).values(sealed=b"x")))

    taken = await take(database, vault)

    assert [each.update.address for each in taken] == ["budi"]
