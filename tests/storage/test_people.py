"""Those who answer, their sign-ins and invitations, on both databases."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.domain.responders import Role
from bot.storage import passwords, people, signins
from bot.storage.database import Database
from bot.storage.passwords import MOST_WAITING, TooBusy
from bot.storage.people import PRESENCE_LASTS, LoginTaken
from bot.storage.tables_people import devices, invitations, responders, sign_in_tries, sign_ins
from bot.storage.vault import Vault
from tests.builders import NOW, later, make_responder

PASSWORD = "empat kata acak saja"
HOUR = timedelta(hours=1)
RATNA = make_responder(1, name="Ratna Wulandari", login="ratna.w", is_on_duty=True)


async def add(database: Database, vault: Vault, *who, password_hash: str | None = None) -> None:
    def work(db):
        for each in who:
            people.add(db, vault, each, password_hash=password_hash, now=NOW)

    await database.write(work)


async def test_somebody_comes_back_as_they_were_written(database: Database, vault: Vault):
    await add(database, vault, RATNA, password_hash="a hash")

    account = await database.read(lambda db: people.find_account(db, vault, "ratna.w"))

    assert account is not None
    assert (account.responder, account.password_hash) == (RATNA, "a hash")
    assert await database.read(lambda db: people.find_account(db, vault, "ratna")) is None


async def test_a_login_is_taken_once_also_in_a_race(database: Database, vault: Vault):
    same = [make_responder(number, login="ratna.w") for number in range(1, 6)]

    outcomes = await asyncio.gather(*(add(database, vault, each) for each in same), return_exceptions=True)

    assert outcomes.count(None) == 1
    assert all(isinstance(outcome, LoginTaken) for outcome in outcomes if outcome is not None)


async def test_on_duty_counts_who_answers_and_was_heard_of_lately(database: Database, vault: Vault):
    others = [
        make_responder(2, Role.SUPERVISOR),
        make_responder(3, Role.ADMINISTRATOR),
        make_responder(4, is_on_duty=False),
    ]
    await add(database, vault, RATNA, *others)
    await database.write(lambda db: people.note_present(db, RATNA.id, now=later(minutes=10)))

    counts = [
        await database.read(lambda db, at=at: people.count_on_duty(db, at))
        for at in (NOW, later(minutes=10), later(minutes=10) + PRESENCE_LASTS + HOUR)
    ]

    assert counts == [2, 1, 0]


async def test_a_first_link_exists_only_while_there_is_no_administrator(database: Database, vault: Vault):
    def link(db):
        return people.first_invitation(db, vault, now=NOW)

    old, new = await database.write(link), await database.write(link)
    found = [await database.read(lambda db, t=t: people.find_invitation(db, vault, t, now=NOW)) for t in (old, new)]
    await add(database, vault, make_responder(9, Role.ADMINISTRATOR))

    assert found[0] is None
    assert found[1] is not None
    assert (found[1].roles, found[1].is_first) == (frozenset({Role.ADMINISTRATOR}), True)
    assert await database.write(link) is None
    assert await database.read(lambda db: people.find_invitation(db, vault, new, now=NOW)) is None


async def test_an_invitation_is_used_up_by_one(database: Database, vault: Vault):
    roles = frozenset({Role.RESPONDER})
    token = await database.write(lambda db: people.add_invitation(db, vault, roles, by=None, now=NOW))
    invited = await database.read(lambda db: people.find_invitation(db, vault, token, now=NOW))

    used = await asyncio.gather(*(database.write(lambda db: people.use_invitation(db, invited, now=NOW)) for _ in range(6)))

    assert sorted(used) == [False] * 5 + [True]
    assert await database.read(lambda db: people.find_invitation(db, vault, token, now=NOW)) is None


async def test_a_sign_in_holds_while_it_is_used_and_no_longer_than_it_may(database: Database, vault: Vault):
    await add(database, vault, RATNA)
    token = await database.write(lambda db: signins.add(db, vault, RATNA.id, lasts=3 * HOUR, now=NOW))

    async def who(at):
        return await database.read(lambda db: signins.find(db, vault, token, idle=HOUR, now=at))

    found = await who(later(minutes=59))
    assert found is not None
    assert found.responder == RATNA
    assert await who(later(minutes=61)) is None
    for minutes in (50, 100, 150):
        await database.write(lambda db, m=minutes: signins.note_active(db, found.id, now=later(minutes=m)))
    assert await who(later(minutes=179)) is not None
    assert await who(later(minutes=181)) is None
    await database.write(lambda db: signins.end(db, found.id))
    assert await who(later(minutes=151)) is None


async def test_tries_of_one_subject_see_each_other(database: Database, vault: Vault):
    subject = vault.digest("tries", "ratna.w")

    def count(db) -> int:
        before = signins.get_tries(db, subject, now=NOW).count
        signins.set_tries(db, subject, count=before + 1, now=NOW)
        return before

    counted = await asyncio.gather(*(database.write(count) for _ in range(8)))

    assert sorted(counted) == list(range(8))
    assert (await database.write(lambda db: signins.get_tries(db, subject, now=later(hours=25)))).count == 0


async def test_a_device_is_known_for_its_owner_only_and_not_for_ever(database: Database, vault: Vault):
    await add(database, vault, RATNA, make_responder(2))
    token = await database.write(lambda db: signins.add_device(db, vault, RATNA.id, now=NOW))

    async def is_known(token: str, who, at) -> bool:
        return await database.read(lambda db: signins.is_known_device(db, vault, token, who, now=at))

    assert await is_known(token, RATNA.id, later(days=179))
    assert not await is_known(token, RATNA.id, later(days=181))
    assert not await is_known(token, make_responder(2).id, NOW)
    assert not await is_known("x", RATNA.id, NOW)


async def test_what_can_not_be_used_any_more_is_forgotten(database: Database, vault: Vault):
    await add(database, vault, RATNA)

    def fill(db):
        signins.add(db, vault, RATNA.id, lasts=HOUR, now=NOW)
        signins.add_device(db, vault, RATNA.id, now=NOW)
        signins.get_tries(db, b"x" * 16, now=NOW)

    def count(db):
        return [db.execute(sa.select(sa.func.count()).select_from(t)).scalar() for t in (sign_ins, devices, sign_in_tries)]

    await database.write(fill)
    await database.write(lambda db: signins.forget(db, now=later(minutes=30)))
    kept = await database.read(count)
    await database.write(lambda db: signins.forget(db, now=later(days=181)))

    assert (kept, await database.read(count)) == ([1, 1, 1], [0, 0, 0])


async def test_stolen_rows_hold_no_name_login_hash_nor_token(database: Database, vault: Vault):
    await add(database, vault, RATNA, password_hash="$argon2id$v=19$secret")

    def fill(db):
        roles = frozenset({Role.RESPONDER})
        return (
            signins.add(db, vault, RATNA.id, lasts=HOUR, now=NOW),
            signins.add_device(db, vault, RATNA.id, now=NOW),
            people.add_invitation(db, vault, roles, by=RATNA.id, now=NOW),
        )

    tokens = await database.write(fill)

    def everything(db) -> str:
        return repr([db.execute(sa.select(t)).all() for t in (responders, sign_ins, devices, invitations)])

    stolen = await database.read(everything)
    assert not [word for word in ("Ratna", "Wulandari", "ratna.w", "argon2", *tokens) if word in stolen]


@pytest.mark.parametrize("password", ["empat kata acak saja", "🌧️ hujan sore hari", "x" * 128])
async def test_a_password_matches_its_own_hash_only(password: str):
    kept = await passwords.hash_password(password)

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.matches(kept, password)
    assert not await passwords.matches(kept, password + " ")
    assert not await passwords.matches(None, "the password of nobody")
    assert not await passwords.matches("no hash at all", password)


async def test_a_flood_of_passwords_is_cut_off_and_passes():
    flood = await asyncio.gather(*(passwords.matches(None, "x") for _ in range(300)), return_exceptions=True)

    assert sum(isinstance(outcome, TooBusy) for outcome in flood) >= 300 - MOST_WAITING - 2 - 20
    assert flood.count(False) >= MOST_WAITING
    assert await passwords.matches(await passwords.hash_password(PASSWORD), PASSWORD)
