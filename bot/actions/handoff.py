"""What a responder does: take a person, talk, note, give back, close. Each in the caller's transaction, each audited."""

from datetime import datetime

import sqlalchemy as sa
from msgspec.structs import replace

from bot.actions.first_word import must_wait
from bot.actions.speaking import Desk, enter_event, language_of, make_entry, say
from bot.dialogue.turn import Circumstances
from bot.domain import cases as rules
from bot.domain.cases import Case, CaseError, CaseId, Control, Outcome
from bot.domain.contacts import hand_control
from bot.domain.messages import Form, MessageId, OutboundMessage
from bot.domain.responders import NotAllowed, Responder, may_read
from bot.domain.staffing import Staffing
from bot.domain.windows import is_open
from bot.storage import audit, cases, contacts, messages, outbox
from bot.storage.contacts import Keyboard, Known
from bot.storage.messages import By, Entry
from nlu.understanding import Level

LONGEST_REPLY = 4000
"""Characters of a responder's message. Source: both channels take 4,096; the difference is for the name in front."""


class NobodyWaits(CaseError):
    """There is nobody to take."""


class NoFreeSlot(CaseError):
    """This person talks with as many as they may; only somebody in danger now (P1) may still come, once."""


class ConversationMovedOn(CaseError):
    """The contact wrote after what this reply answers. `last_seq` is the contact's last."""

    def __init__(self, last_seq: int) -> None:
        super().__init__("the contact wrote again")
        self.last_seq = last_seq


class ControlLost(CaseError):
    """Somebody else speaks in this conversation by now."""


class ContactUnreachable(CaseError):
    """The contact blocked us or stopped: nothing may be sent."""


class ContactUnsafe(CaseError):
    """Nobody may write before the contact does: they asked for that, or their number may be in other hands now."""


class WindowClosed(CaseError):
    """The contact has not written for so long that the platform delivers nothing."""


def claim_next(db: sa.Connection, desk: Desk, *, by: Responder, now: datetime) -> Case:
    """The next person, in this responder's hands.

    Raises:
        NobodyWaits, NoFreeSlot, NotAllowed.
    """
    held = cases.list_held(db, desk.vault, by.id)
    # The P1 door: one more than the slots, only for somebody in danger now.
    if len(held) > by.slots:
        raise NoFreeSlot
    waiting = cases.find_next(db, desk.vault, at_most_rank=4 if len(held) < by.slots else Level.P1.rank)
    if waiting is None:
        raise NobodyWaits if len(held) < by.slots else NoFreeSlot
    return _claim(db, desk, waiting, by=by, now=now)


def claim(db: sa.Connection, desk: Desk, case_id: CaseId, *, by: Responder, now: datetime) -> Case:
    """This person, in this responder's hands.

    Raises:
        CaseAlreadyClaimed, CaseClosed, NotAllowed, CaseNotFound, NoFreeSlot.
    """
    case = cases.get(db, desk.vault, case_id)
    held = [each for each in cases.list_held(db, desk.vault, by.id) if each.id != case_id]
    if len(held) > by.slots or (len(held) == by.slots and case.level is not Level.P1):
        raise NoFreeSlot
    return _claim(db, desk, case, by=by, now=now)


def _claim(db: sa.Connection, desk: Desk, case: Case, *, by: Responder, now: datetime) -> Case:
    claimed = cases.save(db, desk.vault, rules.claim(case, by=by, now=now))
    known = contacts.get(db, desk.vault, case.contact_id, lock=True)
    if known.conversation.control is not Control.HUMAN or case.holder != by.id:
        # A new speaker even when a colleague's lease ran out: her unsent words must not go out now.
        conversation = hand_control(known.conversation, Control.PENDING)
        known = replace(known, conversation=hand_control(conversation, Control.HUMAN))
        known = enter_event(db, desk, known, "claimed", by=by, now=now)
        if case.may_contact_first:
            joined = desk.frame("system_human_joined", language_of(known), {"name": by.name})
            known = say(db, desk, known, joined, By.PROGRAM, case=claimed, now=now)
        contacts.save(db, desk.vault, [known], now=now)
    audit.add(db, actor=by.id, action="case_claimed", case_id=case.id, at=now)
    return claimed


def renew(db: sa.Connection, desk: Desk, *, by: Responder, now: datetime) -> list[Case]:
    """All that this person holds, under fresh leases. What was lost meanwhile is not among them."""
    held = [case for case in cases.list_held(db, desk.vault, by.id) if rules.is_leased(case, now=now)]
    return [cases.save(db, desk.vault, rules.renew(case, by=by.id, now=now)) for case in held]


def reply(
    db: sa.Connection,
    desk: Desk,
    case_id: CaseId,
    *,
    by: Responder,
    key: str,
    text: str,
    control_epoch: int,
    seen_seq: int,
    asks_place: bool = False,
    now: datetime,
) -> Entry:
    """The responder's words, in the thread and on their way. The same key gives the same entry and sends once.

    `asks_place`: with a button that sends where the contact is, where the channel has one.

    Raises:
        NotTheHolder, CaseClosed, ControlLost, ConversationMovedOn, ContactUnreachable, ContactUnsafe, WindowClosed.
    """
    case = cases.get(db, desk.vault, case_id)
    already = messages.find_by_key(db, desk.vault, case.contact_id, key)
    if already is not None:
        return already
    rules.require_holder(case, by=by.id, now=now)
    known = contacts.get(db, desk.vault, case.contact_id, lock=True)
    talk = known.conversation
    if talk.control is not Control.HUMAN or talk.control_epoch != control_epoch:
        raise ControlLost
    if talk.inbound_seq > seen_seq:
        raise ConversationMovedOn(talk.inbound_seq)
    if not talk.contact.is_reachable:
        raise ContactUnreachable
    if must_wait(case, known, messages.list_thread(db, desk.vault, case.contact_id)):
        raise ContactUnsafe
    if not is_open(talk.contact.channel, talk.wrote_at, now=now):
        raise WindowClosed
    form = Form.ASKS_PLACE if asks_place else Form.PLAIN
    words = OutboundMessage(text=text[:LONGEST_REPLY], author=by.name, form=form)
    known = say(db, desk, known, words, By.RESPONDER, case=case, by=by, key=key, now=now)
    contacts.save(db, desk.vault, [known], now=now)
    cases.mark_read(db, case_id, min(seen_seq, talk.seq))
    audit.add(db, actor=by.id, action="reply_sent", case_id=case_id, at=now)
    entry = messages.find_by_key(db, desk.vault, case.contact_id, key)
    assert entry is not None  # noqa: S101 - it was written above
    return entry


def send_again(db: sa.Connection, desk: Desk, case_id: CaseId, message_id: MessageId, *, by: Responder, now: datetime) -> bool:
    """Queue a message of unknown fate once more, because its author is sure. Whether it was one."""
    case = cases.get(db, desk.vault, case_id)
    rules.require_holder(case, by=by.id, now=now)
    epoch = contacts.get(db, desk.vault, case.contact_id).conversation.control_epoch
    audit.add(db, actor=by.id, action="reply_sent_again", case_id=case_id, at=now)
    return outbox.send_again(db, case.contact_id, message_id, control_epoch=epoch, now=now)


def note(db: sa.Connection, desk: Desk, case_id: CaseId, *, by: Responder, key: str, text: str, now: datetime) -> Entry:
    """A note for the team, in the thread and never on its way. The same key gives the same entry.

    Raises:
        NotAllowed, CaseClosed.
    """
    case = cases.get(db, desk.vault, case_id)
    if not may_read(by, holder=case.holder):
        raise NotAllowed
    rules.require_open(case)
    already = messages.find_by_key(db, desk.vault, case.contact_id, key)
    if already is not None:
        return already
    known = contacts.get(db, desk.vault, case.contact_id, lock=True)
    known, entry = make_entry(desk, known, By.RESPONDER, messages.NOTE, text[:LONGEST_REPLY], by=by, key=key, now=now)
    messages.add(db, desk.vault, [entry])
    contacts.save(db, desk.vault, [known], now=now)
    audit.add(db, actor=by.id, action="note_added", case_id=case_id, at=now)
    return entry


def release(db: sa.Connection, desk: Desk, case_id: CaseId, *, by: Responder, now: datetime) -> Case:
    """Back to the queue, as old as it was; the contact is told only that somebody else will come.

    Raises:
        NotTheHolder, CaseClosed.
    """
    case = cases.get(db, desk.vault, case_id)
    rules.require_holder(case, by=by.id, now=now)
    audit.add(db, actor=by.id, action="case_released", case_id=case_id, at=now)
    return to_queue(db, desk, case, event="released", by=by, now=now)


def to_queue(db: sa.Connection, desk: Desk, case: Case, *, event: str, by: Responder | None, now: datetime) -> Case:
    """The case waits for anybody again, and the program waits with the contact."""
    released = cases.save(db, desk.vault, rules.release(case))
    known = contacts.get(db, desk.vault, case.contact_id, lock=True)
    known = replace(known, conversation=hand_control(known.conversation, Control.PENDING))
    known = enter_event(db, desk, known, event, by=by, now=now)
    contacts.save(db, desk.vault, [known], now=now)
    return released


def close(
    db: sa.Connection,
    desk: Desk,
    case_id: CaseId,
    *,
    by: Responder,
    outcome: Outcome,
    note_text: str,
    farewell: str,
    staffing: Staffing,
    now: datetime,
) -> Case:
    """The case ended; the farewell goes out and the program takes the talk over again.

    Raises:
        NotTheHolder, CaseClosed.
    """
    case = cases.get(db, desk.vault, case_id)
    closed = cases.save(db, desk.vault, rules.close(case, by=by.id, outcome=outcome, now=now))
    known = contacts.get(db, desk.vault, case.contact_id, lock=True)
    if known.memory.keyboard is Keyboard.ASKS_PLACE:
        known = replace(known, memory=replace(known.memory, keyboard=Keyboard.USED))
    if note_text:
        known, entry = make_entry(desk, known, By.RESPONDER, messages.NOTE, note_text[:LONGEST_REPLY], by=by, now=now)
        messages.add(db, desk.vault, [entry])
    if farewell:
        words = OutboundMessage(text=farewell[:LONGEST_REPLY], author=by.name)
        known = say(db, desk, known, words, By.RESPONDER, case=closed, by=by, now=now)
    known = enter_event(db, desk, known, "closed", by=by, now=now)
    known = _give_to_bot(db, desk, known, closed, staffing=staffing, now=now)
    contacts.save(db, desk.vault, [known], now=now)
    audit.add(db, actor=by.id, action="case_closed", case_id=case_id, at=now, detail=outcome.value)
    return closed


def _give_to_bot(db: sa.Connection, desk: Desk, known: Known, case: Case, *, staffing: Staffing, now: datetime) -> Known:
    """Let the program speak again: what it says first follows from where the talk rested."""
    conversation = hand_control(known.conversation, Control.BOT)
    # What the responder said last is still to be said, and before the program's words.
    outbox.carry_over(db, known.contact.id, control_epoch=conversation.control_epoch)
    session = known.memory.session
    if session is None:
        return replace(known, conversation=conversation)
    circumstances = Circumstances(
        now=now, channel=known.contact.channel, control=Control.BOT, responders_on_duty=staffing.on_duty
    )
    turn = desk.engine.resume(session, circumstances)
    known = replace(
        known, conversation=hand_control(conversation, turn.control), memory=replace(known.memory, session=turn.session)
    )
    for each in turn.replies:
        message = desk.render(each, turn.session.language, staffing, case.level)
        known = say(db, desk, known, message, By.PROGRAM, case=case, now=now)
    return known


def set_level(db: sa.Connection, desk: Desk, case_id: CaseId, level: Level, *, by: Responder, now: datetime) -> Case:
    """The case at a level that a person chose.

    Raises:
        NotAllowed, LevelOnlyRises, CaseClosed.
    """
    case = cases.get(db, desk.vault, case_id)
    if not may_read(by, holder=case.holder):
        raise NotAllowed
    changed = cases.save(db, desk.vault, rules.set_level(case, level, by=by, now=now))
    audit.add(db, actor=by.id, action="level_set", case_id=case_id, at=now, detail=level.value)
    return changed
