"""Races for the same person: one owner each. `make chaos` runs 10,000, `make test` some."""

import asyncio
import os
from typing import Any, cast

from bot.actions import handoff
from bot.actions.handoff import Desk
from bot.domain.cases import CaseAlreadyClaimed, CaseId, Control
from bot.domain.messages import OutboundMessage
from bot.storage import cases, contacts
from bot.storage.database import Database
from bot.storage.ids import Ids
from bot.storage.vault import Vault
from tests.builders import NOW, make_case, make_known, make_responder

RACES = int(os.environ.get("TEDUH_CHAOS_RACES", "300"))


async def test_every_race_for_a_person_has_one_winner_and_one_speaker(database: Database, vault: Vault):
    desk = Desk(
        vault=vault,
        new_id=Ids(),
        engine=cast("Any", None),
        render=cast("Any", None),
        frame=lambda _name, _language, _values: OutboundMessage(text="halo"),
    )
    numbers = range(1, RACES + 1)
    for start in range(1, RACES + 1, 500):
        some = [number for number in numbers if start <= number < start + 500]
        known = [make_known(number, control=Control.PENDING) for number in some]
        await database.write(lambda db, known=known: contacts.save(db, vault, known, now=NOW))
        new = [make_case(number, contact_id=number) for number in some]
        await database.write(lambda db, new=new: cases.add(db, vault, new))
    responders = [make_responder(number, slots=10**6) for number in range(1, 5)]

    for number in numbers:
        outcomes = await asyncio.gather(
            *(
                database.write(lambda db, by=by, number=number: handoff.claim(db, desk, CaseId(number), by=by, now=NOW))
                for by in responders
            ),
            return_exceptions=True,
        )
        winners = [outcome.holder for outcome in outcomes if not isinstance(outcome, BaseException)]
        lost = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        assert len(winners) == 1
        assert all(isinstance(each, CaseAlreadyClaimed | cases.StaleCase) for each in lost)
        held = await database.read(lambda db, number=number: cases.get(db, vault, CaseId(number)))
        assert held.holder == winners[0]
