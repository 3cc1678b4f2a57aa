"""What a responder does: take a person, talk, note, give back, close. Each in the caller's transaction, each audited."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from msgspec.structs import replace

from bot.dialogue.engine import Engine
from bot.dialogue.turn import Circumstances, Reply
from bot.domain import cases as rules
from bot.domain.cases import Case, CaseError, CaseId, Control, Outcome
from bot.domain.contacts import hand_control
from bot.domain.messages import MessageId, OutboundMessage
from bot.domain.responders import NotAllowed, Responder, may_read
from bot.domain.staffing import Staffing
from bot.storage import audit, cases, contacts, messages, outbox
from bot.storage.contacts import Known
from bot.storage.messages import By, Entry
from bot.storage.vault import Vault
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
    """The contact asked that nobody writes first, and has not written since the claim."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """What the actions of a responder need, built once. `frame` gives a fixed text in a language, filled with values."""

    vault: Vault
    new_id: Callable[[], int]
    engine: Engine
    render: Callable[[Reply, str, Staffing, Level | None], OutboundMessage]
    frame: Callable[[str, str, dict[str, str]], OutboundMessage]


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
        known = _enter_event(db, desk, known, "claimed", by=by, now=now)
        if case.may_contact_first:
            joined = desk.frame("system_human_joined", _language(known), {"name": by.name})
            known = _say(db, desk, known, joined, By.PROGRAM, case=claimed, now=now)
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
    now: datetime,
) -> Entry:
    """The responder's words, in the thread and on their way. The same key gives the same entry and sends once.

    Raises:
        NotTheHolder, CaseClosed, ControlLost, ConversationMovedOn, ContactUnreachable, ContactUnsafe.
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
    if not case.may_contact_first and claimed_at(messages.list_thread(db, desk.vault, case.contact_id)) > talk.inbound_seq:
        raise ContactUnsafe
    words = OutboundMessage(text=text[:LONGEST_REPLY], author=by.name)
    known = _say(db, desk, known, words, By.RESPONDER, case=case, by=by, key=key, now=now)
    contacts.save(db, desk.vault, [known], now=now)
    cases.mark_read(db, case_id, min(seen_seq, talk.seq))
    audit.add(db, actor=by.id, action="reply_sent", case_id=case_id, at=now)
    entry = messages.find_by_key(db, desk.vault, case.contact_id, key)
    assert entry is not None  # noqa: S101 - it was written above
    return entry


def claimed_at(thread: Sequence[Entry]) -> int:
    """The number of the latest claim in the thread: who may not be written to first has to write after it."""
    claims = (entry.seq for entry in thread if entry.kind == messages.EVENT and entry.text == "claimed")
    return max(claims, default=0)


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
    known, entry = _entry(desk, known, By.RESPONDER, messages.NOTE, text[:LONGEST_REPLY], by=by, key=key, now=now)
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
    known = _enter_event(db, desk, known, event, by=by, now=now)
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
    if note_text:
        known, entry = _entry(desk, known, By.RESPONDER, messages.NOTE, note_text[:LONGEST_REPLY], by=by, now=now)
        messages.add(db, desk.vault, [entry])
    if farewell:
        words = OutboundMessage(text=farewell[:LONGEST_REPLY], author=by.name)
        known = _say(db, desk, known, words, By.RESPONDER, case=closed, by=by, now=now)
    known = _enter_event(db, desk, known, "closed", by=by, now=now)
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
        known = _say(db, desk, known, message, By.PROGRAM, case=case, now=now)
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


def _language(known: Known) -> str:
    return known.memory.session.language if known.memory.session else "id"


def _entry(
    desk: Desk,
    known: Known,
    by_whom: By,
    kind: str,
    text: str,
    *,
    by: Responder | None = None,
    key: str = "",
    message: OutboundMessage | None = None,
    now: datetime,
) -> tuple[Known, Entry]:
    conversation = replace(known.conversation, seq=known.conversation.seq + 1)
    entry = Entry(
        id=MessageId(desk.new_id()),
        contact_id=conversation.contact.id,
        seq=conversation.seq,
        by=by_whom,
        kind=kind,
        at=now,
        text=text,
        author=by.name if by else "",
        buttons=message.buttons if message else (),
        services=message.services if message else (),
        responder_id=by.id if by else None,
        key=key,
    )
    return replace(known, conversation=conversation), entry


def _enter_event(db: sa.Connection, desk: Desk, known: Known, event: str, *, by: Responder | None, now: datetime) -> Known:
    known, entry = _entry(desk, known, By.SYSTEM, messages.EVENT, event, by=by, now=now)
    messages.add(db, desk.vault, [entry])
    return known


def _say(
    db: sa.Connection,
    desk: Desk,
    known: Known,
    message: OutboundMessage,
    by_whom: By,
    *,
    case: Case,
    by: Responder | None = None,
    key: str = "",
    now: datetime,
) -> Known:
    known, entry = _entry(desk, known, by_whom, messages.TEXT, message.text, by=by, key=key, message=message, now=now)
    messages.add(db, desk.vault, [entry])
    outgoing = outbox.Outgoing(
        id=entry.id,
        contact_id=entry.contact_id,
        rank=case.level.rank,
        control_epoch=known.conversation.control_epoch,
        due_at=now,
        is_human=by_whom is By.RESPONDER,
    )
    outbox.add(db, [outgoing])
    return known
