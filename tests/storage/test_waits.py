"""What is said about waiting is what others really waited."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.domain.cases import CaseId
from bot.storage import audit, cases, contacts, waits
from bot.storage.database import Database
from bot.storage.vault import Vault
from nlu.understanding import Level
from tests.builders import NOW, later, make_case, make_known


async def people(database: Database, vault: Vault, *minutes: float, level: Level = Level.P2, first: int = 1) -> None:
    """People of a level who came lately, each answered after so many minutes; a negative number still waits."""

    def write(db: sa.Connection) -> None:
        for number, waited in enumerate(minutes, start=first):
            contacts.save(db, vault, [make_known(number)], now=NOW)
            opened = _opened(waited)
            status = "closed" if waited >= 0 else "queued"
            case = make_case(number, contact_id=number, level=level, opened_at=opened, waiting_since=opened)
            cases.add(db, vault, [case])
            db.execute(sa.text("update cases set status = :status where id = :id"), {"status": status, "id": number})
            if waited >= 0:
                audit.add(db, actor=None, action="reply_sent", case_id=CaseId(number), at=opened + timedelta(minutes=waited))
                # What is said later counts nothing.
                audit.add(db, actor=None, action="reply_sent", case_id=CaseId(number), at=NOW)

    await database.write(write)


def _opened(waited: float) -> datetime:
    return later(minutes=waited) if waited < 0 else later(hours=-20)


async def asked(database: Database) -> dict[Level, timedelta]:
    return await database.read(lambda db: waits.typical_waits(db, now=NOW))


async def test_four_of_five_waited_no_longer_than_is_said(database: Database, vault: Vault):
    await people(database, vault, 1, 2, 3, 4, 90)

    assert await asked(database) == {Level.P2: timedelta(minutes=4)}


async def test_too_few_people_say_nothing(database: Database, vault: Vault):
    await people(database, vault, 1, 2, 3, 4)

    assert await asked(database) == {}


async def test_who_still_waits_longer_counts_for_their_level_and_those_after_it(database: Database, vault: Vault):
    await people(database, vault, 1, 1, 1, 1, 1, level=Level.P1)
    await people(database, vault, 2, 2, 2, 2, 2, -75, level=Level.P2, first=10)
    await people(database, vault, 3, 3, 3, 3, 3, level=Level.P3, first=20)

    assert await asked(database) == {
        Level.P1: timedelta(minutes=1),
        Level.P2: timedelta(minutes=75),
        Level.P3: timedelta(minutes=75),
    }


async def test_what_was_long_ago_says_nothing_of_today(database: Database, vault: Vault):
    await people(database, vault, 1, 2, 3, 4, 5)

    assert await database.read(lambda db: waits.typical_waits(db, now=later(days=15))) == {}


async def test_who_was_answered_and_is_back_in_the_queue_does_not_count_as_unanswered(database: Database, vault: Vault):
    await people(database, vault, 1, 2, 3, 4, 5)
    await database.write(lambda db: db.execute(sa.text("update cases set status = 'queued' where id = 5")))

    assert await asked(database) == {Level.P2: timedelta(minutes=4)}
