"""Taking a person, talking, giving back: one owner and one speaker, always."""

import asyncio
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from bot.actions import handoff, overdue
from bot.actions.handoff import (
    ContactUnreachable,
    ControlLost,
    ConversationMovedOn,
    Desk,
    NobodyWaits,
    NoFreeSlot,
)
from bot.dialogue.session import AnswerState, Given, Session
from bot.domain.cases import CaseAlreadyClaimed, CaseId, CaseStatus, Control, NotTheHolder, Outcome
from bot.domain.contacts import hand_control
from bot.domain.messages import ContactId, DeliveryState, MessageId, OutboundMessage
from bot.domain.staffing import Staffing
from bot.storage import cases, contacts, messages, outbox
from bot.storage.contacts import Memory
from bot.storage.database import Database
from bot.storage.ids import Ids
from bot.storage.messages import By, Entry
from bot.storage.vault import Vault
from nlu.understanding import Level
from tests.builders import NOW, later, make_case, make_known, make_responder

RATNA, BAGUS = make_responder(1), make_responder(2, name="Bagus")


@pytest.fixture
def desk(vault: Vault) -> Desk:
    def frame(text_id: str, language: str, values: dict[str, str]) -> OutboundMessage:
        return OutboundMessage(text=f"{text_id} {language} {values.get('name', '')}")

    # The engine is asked only when the program takes over again; there is no session in these talks, so it never is.
    return Desk(vault=vault, new_id=Ids(), engine=cast("Any", SimpleNamespace()), render=cast("Any", None), frame=frame)


async def open_cases(database: Database, vault: Vault, *levels: Level) -> None:
    def work(db):
        for number, level in enumerate(levels, 1):
            known = make_known(number, control=Control.PENDING, seq=1, inbound_seq=1)
            contacts.save(db, vault, [known], now=NOW)
            cases.add(db, vault, [make_case(number, contact_id=number, level=level)])

    await database.write(work)


async def take_next(database: Database, desk: Desk, by=RATNA, now: datetime = NOW):
    return await database.write(lambda db: handoff.claim_next(db, desk, by=by, now=now))


async def send(database: Database, desk: Desk, case_id: int, *, by=RATNA, now: datetime = NOW, **changes: Any) -> Entry:
    known = await database.read(lambda db: contacts.get(db, desk.vault, ContactId(case_id)))
    talk = known.conversation
    values = {"key": "k1", "text": "Saya Ratna", "control_epoch": talk.control_epoch, "seen_seq": talk.inbound_seq}
    given = {**values, **changes}
    return await database.write(lambda db: handoff.reply(db, desk, CaseId(case_id), by=by, now=now, **given))


async def contact_writes(database: Database, vault: Vault, contact_id: int) -> None:
    def work(db):
        known = contacts.get(db, vault, ContactId(contact_id), lock=True)
        talk = known.conversation
        talk = replace(talk, seq=talk.seq + 1, inbound_seq=talk.seq + 1)
        entry = Entry(
            id=MessageId(Ids()()),
            contact_id=ContactId(contact_id),
            seq=talk.seq,
            by=By.CONTACT,
            kind=messages.TEXT,
            at=NOW,
            text="kak",
        )
        messages.add(db, vault, [entry])
        contacts.save(db, vault, [replace(known, conversation=talk)], now=NOW)

    await database.write(work)


async def test_the_most_urgent_comes_first_and_in_a_level_who_waits_longest(database: Database, vault: Vault, desk: Desk):
    await open_cases(database, vault, Level.P3, Level.P1, Level.P3, Level.P2)

    taken = [(await take_next(database, desk, by=make_responder(1, slots=9))).id for _ in range(4)]

    assert taken == [2, 4, 1, 3]


async def test_of_many_who_race_for_the_same_people_each_person_gets_one(database: Database, vault: Vault, desk: Desk):
    await open_cases(database, vault, *[Level.P2] * 10)
    responders = [make_responder(number, slots=99) for number in range(1, 9)]

    async def race(case_id: int) -> list[object]:
        attempts = (
            database.write(lambda db, by=by: handoff.claim(db, desk, CaseId(case_id), by=by, now=NOW)) for by in responders
        )
        return await asyncio.gather(*attempts, return_exceptions=True)

    for case_id in range(1, 11):
        outcomes = await race(case_id)
        won = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
        assert len(won) == 1
        lost = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert all(isinstance(each, CaseAlreadyClaimed | cases.StaleCase) for each in lost)


async def test_nobody_waiting_is_said_as_such(database: Database, desk: Desk):
    with pytest.raises(NobodyWaits):
        await take_next(database, desk)


async def test_the_extra_slot_is_for_danger_now_only(database: Database, vault: Vault, desk: Desk):
    one_slot = make_responder(1, slots=1)
    await open_cases(database, vault, Level.P2, Level.P3)
    await take_next(database, desk, by=one_slot)

    with pytest.raises(NoFreeSlot):
        await take_next(database, desk, by=one_slot)
    known = make_known(9, control=Control.PENDING)
    await database.write(lambda db: contacts.save(db, vault, [known], now=NOW))
    await database.write(lambda db: cases.add(db, vault, [make_case(9, contact_id=9, level=Level.P1)]))

    assert (await take_next(database, desk, by=one_slot)).id == 9


async def test_claiming_makes_the_responder_the_only_speaker(database: Database, vault: Vault, desk: Desk):
    await open_cases(database, vault, Level.P2)
    before = await database.read(lambda db: contacts.get(db, vault, ContactId(1)))

    await take_next(database, desk)

    after = await database.read(lambda db: contacts.get(db, vault, ContactId(1)))
    assert after.conversation.control is Control.HUMAN
    assert after.conversation.control_epoch == before.conversation.control_epoch + 1


async def test_what_the_program_had_queued_is_not_said_once_a_person_speaks(database: Database, vault: Vault, desk: Desk):
    await open_cases(database, vault, Level.P2)

    def queue(db):
        for number, is_safety in ((1001, False), (1002, True)):
            entry = Entry(
                id=MessageId(number),
                contact_id=ContactId(1),
                seq=number,
                by=By.PROGRAM,
                kind=messages.TEXT,
                at=NOW,
                text="safety" if is_safety else "stale question",
            )
            messages.add(db, vault, [entry])
            row = outbox.Outgoing(
                id=entry.id, contact_id=entry.contact_id, rank=2, control_epoch=1, due_at=NOW, is_safety=is_safety
            )
            outbox.add(db, [row])

    await database.write(queue)
    await take_next(database, desk)

    due = await database.write(lambda db: outbox.take_due(db, vault, by=1, now=NOW, lease=LEASE, most=9))

    assert [each.message.text.split()[0] for each in due] == ["safety", "system_human_joined"]


LEASE = handoff.rules.LEASE


async def test_a_reply_is_queued_once_however_often_it_is_asked(database: Database, vault: Vault, desk: Desk):
    await open_cases(database, vault, Level.P2)
    await take_next(database, desk)

    first, again = await send(database, desk, 1), await send(database, desk, 1)

    due = await database.write(lambda db: outbox.take_due(db, vault, by=1, now=NOW, lease=LEASE, most=9))
    assert first.id == again.id
    assert [each.message.text for each in due].count("Saya Ratna") == 1


async def test_a_reply_written_before_the_contact_wrote_again_comes_back(database: Database, vault: Vault, desk: Desk):
    await open_cases(database, vault, Level.P2)
    await take_next(database, desk)
    await contact_writes(database, vault, 1)

    with pytest.raises(ConversationMovedOn) as raised:
        await send(database, desk, 1, seen_seq=1)

    assert raised.value.last_seq > 1


async def test_a_reply_under_an_older_control_is_not_sent(database: Database, vault: Vault, desk: Desk):
    await open_cases(database, vault, Level.P2)
    await take_next(database, desk)

    with pytest.raises(ControlLost):
        await send(database, desk, 1, control_epoch=1)


async def test_only_the_holder_replies(database: Database, vault: Vault, desk: Desk):
    await open_cases(database, vault, Level.P2)
    await take_next(database, desk, by=RATNA)

    with pytest.raises(NotTheHolder):
        await send(database, desk, 1, by=BAGUS)


async def test_nothing_is_sent_to_somebody_who_blocked_us(database: Database, vault: Vault, desk: Desk):
    await open_cases(database, vault, Level.P2)
    await take_next(database, desk)
    await database.write(lambda db: contacts.save_reach(db, [(ContactId(1), False)]))

    with pytest.raises(ContactUnreachable):
        await send(database, desk, 1)


async def test_a_responder_who_is_gone_loses_the_case_and_nothing_of_its_age(database: Database, vault: Vault, desk: Desk):
    await open_cases(database, vault, Level.P1)
    claimed = await take_next(database, desk)
    gone = later(minutes=3)

    passed = await database.write(lambda db: overdue.pass_time(db, desk, channels_that_resend=[], now=gone))

    case = await database.read(lambda db: cases.get(db, vault, CaseId(1)))
    assert passed.lapsed == [(1, RATNA.id)]
    assert (case.status, case.waiting_since) == (CaseStatus.QUEUED, claimed.waiting_since)
    with pytest.raises(NotTheHolder):
        await send(database, desk, 1, now=gone)


async def test_presence_keeps_the_case(database: Database, vault: Vault, desk: Desk):
    await open_cases(database, vault, Level.P1)
    await take_next(database, desk)

    for seconds in (60, 120, 180):
        await database.write(lambda db, s=seconds: handoff.renew(db, desk, by=RATNA, now=later(seconds=s)))

    passed = await database.write(lambda db: overdue.pass_time(db, desk, channels_that_resend=[], now=later(seconds=200)))
    assert passed.lapsed == []


async def test_closing_sends_the_farewell_and_hands_the_talk_back(database: Database, vault: Vault, desk: Desk):
    await open_cases(database, vault, Level.P2)
    await take_next(database, desk)
    await send(database, desk, 1, text="Sebentar ya")

    await database.write(
        lambda db: handoff.close(
            db,
            desk,
            CaseId(1),
            by=RATNA,
            outcome=Outcome.HELPED,
            note_text="",
            farewell="Sampai nanti",
            staffing=Staffing(on_duty=1),
            now=NOW,
        )
    )

    known = await database.read(lambda db: contacts.get(db, vault, ContactId(1)))
    due = await database.write(lambda db: outbox.take_due(db, vault, by=1, now=NOW, lease=LEASE, most=9))
    assert known.conversation.control is Control.BOT
    # "joined" was the program's and is stale by now; the responder's own words all go out.
    assert [each.message.text for each in due] == ["Sebentar ya", "Sampai nanti"]


async def test_a_note_is_never_on_its_way(database: Database, vault: Vault, desk: Desk):
    await open_cases(database, vault, Level.P2)
    await take_next(database, desk)

    await database.write(lambda db: handoff.note(db, desk, CaseId(1), by=RATNA, key="n1", text="anak di kamar", now=NOW))

    due = await database.write(lambda db: outbox.take_due(db, vault, by=1, now=NOW, lease=LEASE, most=9))
    shown = await database.read(lambda db: messages.list_for_contact(db, vault, ContactId(1)))
    assert "anak di kamar" not in [each.message.text for each in due] + [entry.text for entry in shown]


def test_program_to_pending_is_the_same_speaker():
    talk = make_known().conversation

    assert hand_control(talk, Control.PENDING).control_epoch == talk.control_epoch
    assert hand_control(talk, Control.HUMAN).control_epoch == talk.control_epoch + 1


async def test_a_message_of_unknown_fate_goes_again_only_when_its_author_says_so(database: Database, vault: Vault, desk: Desk):
    await open_cases(database, vault, Level.P2)
    await take_next(database, desk)
    entry = await send(database, desk, 1)
    await database.write(lambda db: outbox.take_due(db, vault, by=1, now=NOW, lease=LEASE, most=9))
    await database.write(lambda db: outbox.settle_lost(db, now=later(minutes=5), channels_that_resend=["web"]))

    thread = await database.read(lambda db: messages.list_thread(db, vault, ContactId(1)))
    fate = {each.id: each.delivery for each in thread}
    asked = await database.write(lambda db: handoff.send_again(db, desk, CaseId(1), entry.id, by=RATNA, now=NOW))

    assert fate[entry.id] is DeliveryState.UNKNOWN
    assert asked is True


async def test_nobody_writes_first_to_somebody_whose_phone_may_be_read(database: Database, vault: Vault, desk: Desk):
    await database.write(lambda db: contacts.save(db, vault, [make_known(1, control=Control.PENDING)], now=NOW))
    await database.write(lambda db: cases.add(db, vault, [make_case(1, may_contact_first=False)]))
    await take_next(database, desk)

    with pytest.raises(handoff.ContactUnsafe):
        await send(database, desk, 1)
    await contact_writes(database, vault, 1)

    assert (await send(database, desk, 1)).text == "Saya Ratna"


async def wait_for_words(database: Database, vault: Vault, *, safe: str = "", seq: int = 0) -> None:
    """Somebody is queued to whom nobody may write first. `safe` is what they said of it last, in the message `seq`."""
    known = make_known(1, control=Control.PENDING)
    if safe:
        session = Session(version="v1", answers={"aman_menulis": Given(state=AnswerState.KNOWN, value=safe, seq=seq)})
        known = replace(known, memory=Memory(session=session))
    await database.write(lambda db: contacts.save(db, vault, [known], now=NOW))
    await database.write(lambda db: cases.add(db, vault, [make_case(1, may_contact_first=False)]))


async def claim_again(database: Database, desk: Desk) -> None:
    """The lease of Ratna runs out, and Bagus takes the person."""
    late = later(minutes=3)
    await database.write(lambda db: overdue.pass_time(db, desk, channels_that_resend=["web"], now=late))
    await take_next(database, desk, by=BAGUS, now=late)


async def test_words_that_nobody_answered_keep_the_reply_open_whoever_claims(database: Database, vault: Vault, desk: Desk):
    await wait_for_words(database, vault)
    await take_next(database, desk)
    await contact_writes(database, vault, 1)

    await claim_again(database, desk)

    assert (await send(database, desk, 1, by=BAGUS, now=later(minutes=3))).text == "Saya Ratna"
    assert (await send(database, desk, 1, by=BAGUS, now=later(minutes=3), key="k2", text="Sudah aman?")).text == "Sudah aman?"


async def test_words_that_were_answered_do_not_keep_it_open_for_the_next(database: Database, vault: Vault, desk: Desk):
    await wait_for_words(database, vault)
    await take_next(database, desk)
    await contact_writes(database, vault, 1)
    await send(database, desk, 1)

    await claim_again(database, desk)

    with pytest.raises(handoff.ContactUnsafe):
        await send(database, desk, 1, by=BAGUS, now=later(minutes=3), key="k2")


async def test_saying_that_others_read_along_invites_nobody(database: Database, vault: Vault, desk: Desk):
    await wait_for_words(database, vault, safe="no", seq=2)
    await take_next(database, desk)
    await contact_writes(database, vault, 1)

    with pytest.raises(handoff.ContactUnsafe):
        await send(database, desk, 1)
    await contact_writes(database, vault, 1)

    assert (await send(database, desk, 1)).text == "Saya Ratna"


async def test_who_said_that_it_is_safe_while_waiting_is_answered(database: Database, vault: Vault, desk: Desk):
    await wait_for_words(database, vault, safe="yes", seq=1)
    await contact_writes(database, vault, 1)

    await take_next(database, desk)

    assert (await send(database, desk, 1)).text == "Saya Ratna"


async def test_taking_somebody_by_name_fills_a_slot_too(database: Database, vault: Vault, desk: Desk):
    one_slot = make_responder(1, slots=1)
    await open_cases(database, vault, Level.P2, Level.P3, Level.P1)
    await database.write(lambda db: handoff.claim(db, desk, CaseId(1), by=one_slot, now=NOW))

    with pytest.raises(NoFreeSlot):
        await database.write(lambda db: handoff.claim(db, desk, CaseId(2), by=one_slot, now=NOW))

    assert (await database.write(lambda db: handoff.claim(db, desk, CaseId(3), by=one_slot, now=NOW))).id == 3
