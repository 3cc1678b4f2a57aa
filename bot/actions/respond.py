"""Messages of many contacts, each heard and answered: sessions, replies and cases change in the caller's transaction.

What can't be worked is set aside by itself: its contact gets one fixed text and a place in the queue, the others go on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
import sqlalchemy as sa

from bot.actions import privacy, reach
from bot.actions.reach import MOVED
from bot.actions.talk import Talk
from bot.actions.withdraw import withdraw
from bot.dialogue.engine import Engine
from bot.dialogue.turn import (
    CaseNoted,
    Circumstances,
    CommandObeyed,
    ConsentAnswered,
    HandoffAsked,
    Reply,
    ServiceShown,
    SignSeen,
    Turn,
)
from bot.domain.cases import CaseId, Control, Sign
from bot.domain.contacts import Contact, Conversation
from bot.domain.messages import ContactId, Failing, InboundMessage, Kind, OutboundMessage, Receipt, join_bubbles
from bot.domain.staffing import Staffing
from bot.storage import cases, consents, contacts, inbox, messages, outbox, removals
from bot.storage.contacts import Known, Memory
from bot.storage.database import alone_with
from bot.storage.vault import Vault
from nlu.understanding import Level, Understanding, most_urgent

UNREADABLE = "unreadable"
"""Topic of a case that a fault opened: a person should look."""

ONE_BUBBLE = frozenset({"telegram", "whatsapp"})
"""Channels that want one bubble a turn: Telegram takes about one a second from us, WhatsApp one in six and charges for each."""

_WITH_PAGE = "web"

_SILENT = (Kind.BLOCKED, Kind.UNBLOCKED, Kind.MOVED)
_URGENT = (Level.P1, Level.P2)


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """One update with what it says and what was understood of it."""

    taken: inbox.Taken
    message: InboundMessage | Receipt
    understanding: Understanding


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What answering needs, built once. `render` makes a reply's words; `groups_of` gives the 12-PAS groups of topics and age."""

    engine: Engine
    vault: Vault
    new_id: Callable[[], int]
    render: Callable[[Reply, str, Staffing, Level | None], OutboundMessage]
    groups_of: Callable[[Sequence[str], int | None], tuple[str, ...]]
    staffing: Callable[[sa.Connection], Staffing]
    fault_text: Callable[[str], OutboundMessage]
    frame: Callable[[str, str, dict[str, str]], OutboundMessage]


@dataclass(slots=True)
class Outcome:
    """What others should be told after the commit. `due` is already in the sender's hands; `failed` are classes of faults.

    `contacts` are those whose page may be open: who writes elsewhere has none that could be told.
    """

    contacts: set[ContactId] = field(default_factory=set)
    cases: dict[CaseId, int] = field(default_factory=dict)
    is_queue_changed: bool = False
    has_outgoing: bool = False
    is_erased: bool = False
    has_removals: bool = False
    due: list[outbox.Due] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """Take in what another group led to."""
        self.contacts |= other.contacts
        self.cases |= other.cases
        self.is_queue_changed |= other.is_queue_changed
        self.has_outgoing |= other.has_outgoing
        self.is_erased |= other.is_erased
        self.has_removals |= other.has_removals
        self.due += other.due
        self.failed += other.failed


class StoreFirst(Exception):
    """Something in the group is known already or can't be worked: it must be stored, and worked from there."""


def respond(
    db: sa.Connection, parts: Parts, group: Sequence[Heard], *, now: datetime, room: outbox.Room | None = None
) -> Outcome:
    """Work these updates, in order for each contact, and mark them done. Gives what to tell others after the commit.

    Replies that nothing holds back go straight to a sender, as long as there is `room`; the others are queued.
    """
    mine = inbox.still_taken(db, [heard.taken.id for heard in group], by=group[0].taken.lease)
    outcome = Outcome()
    worked = _work(db, parts, [heard for heard in group if heard.taken.id in mine], outcome, now=now)
    _save(db, parts, worked, outcome, now=now, room=room)
    inbox.mark_done(db, [number for number in mine if number not in worked.failed])
    _forget(db, worked)
    for number, error in worked.failed.items():
        inbox.set_aside(db, [number], error=error)
    return outcome


def respond_at_once(
    db: sa.Connection, parts: Parts, group: Sequence[Heard], *, now: datetime, room: outbox.Room | None = None
) -> Outcome:
    """Work updates that were never stored: what they lead to and their keys are one transaction. As `respond` otherwise.

    Raises:
        StoreFirst: nothing of this may stay.
    """
    if not inbox.add_done(db, parts.vault, [heard.taken for heard in group]):
        raise StoreFirst
    outcome = Outcome()
    worked = _work(db, parts, group, outcome, now=now)
    if worked.failed:
        raise StoreFirst
    _save(db, parts, worked, outcome, now=now, room=room)
    _forget(db, worked)
    return outcome


def _forget(db: sa.Connection, worked: "_Worked") -> None:
    """Erase what was received, under all its names, of who had it erased."""
    for digest, talk in worked.talks.items():
        for name in {digest, *talk.aliases} if talk.is_erased else ():
            inbox.forget_of(db, name)


@dataclass(slots=True)
class _Worked:
    """Talks by the digest of the address, updates that can't be worked with the class of their fault, and who can't be reached."""

    talks: dict[bytes, Talk]
    failed: dict[int, str] = field(default_factory=dict)
    lost: list[ContactId] = field(default_factory=list)


def _work(db: sa.Connection, parts: Parts, group: Sequence[Heard], outcome: Outcome, *, now: datetime) -> _Worked:
    """Hear each of these, in order."""
    worked = _Worked(_load(db, parts, group))
    staffing = parts.staffing(db)
    written_by = {talk.contact.id for talk in worked.talks.values()}
    for heard in group:
        if isinstance(heard.message, Receipt):
            contact_id = outbox.note_receipt(db, parts.vault, heard.message, now=now)
            if contact_id is not None:
                outcome.contacts.add(contact_id)
                if heard.message.failing is Failing.UNREACHABLE and contact_id not in written_by:
                    worked.lost.append(contact_id)
        elif heard.message.kind is not Kind.IGNORED:
            talk = worked.talks[heard.taken.address_digest]
            before = talk.snapshot()
            try:
                if heard.message.kind is Kind.REVOKED:
                    offer = parts.frame("system_revoked_kept", talk.session.language if talk.session else "id", {})
                    withdraw(db, parts.vault, talk, heard.message.about, offer, now=now)
                else:
                    _hear(talk, heard.message, heard.understanding, parts, staffing=staffing, now=now)
            except Exception as exc:  # noqa: BLE001 - one message must not stop the others; it is set aside and a person looks
                talk.restore(before)
                _give_up(talk, heard.message, heard.understanding, parts, now=now)
                worked.failed[heard.taken.id] = type(exc).__name__
                outcome.failed.append(type(exc).__name__)
    return worked


def set_aside(db: sa.Connection, parts: Parts, heard: Heard, *, error: str, now: datetime) -> Outcome:
    """Work an update that failed even alone, without asking the engine: keep it, say the fixed text, let a person look.

    Where not even that can be written, the update alone is marked, so that it stops nobody; its body stays sealed in the inbox.
    """
    outcome = Outcome(failed=[error])
    if isinstance(heard.message, InboundMessage) and heard.message.kind is not Kind.IGNORED:
        try:
            with db.begin_nested():
                worked = _Worked(_load(db, parts, [heard], without_memory=True))
                (talk,) = worked.talks.values()
                _give_up(talk, heard.message, heard.understanding, parts, now=now)
                _save(db, parts, worked, outcome, now=now)
        except Exception as exc:  # noqa: BLE001 - the mark below must be made in any case
            outcome.failed.append(type(exc).__name__)
    inbox.set_aside(db, [heard.taken.id], error=error)
    return outcome


def _load(db: sa.Connection, parts: Parts, group: Sequence[Heard], *, without_memory: bool = False) -> dict[bytes, Talk]:
    speakers = {
        heard.taken.address_digest: heard.taken.update
        for heard in group
        if isinstance(heard.message, InboundMessage) and heard.message.kind is not Kind.IGNORED
    }
    if not speakers:
        return {}
    addresses = {digest: update.address for digest, update in speakers.items()}
    others = _other_names(parts, group)
    if others:
        # Another worker may have the other name of the same person, who is new to both.
        alone_with(db, [min(pair) for pair in others.items()])
    known = contacts.list_by_digest(db, parts.vault, addresses, without_memory=without_memory)
    known |= _under_other_names(db, parts, [digest for digest in speakers if digest not in known], others, without_memory)
    open_cases = cases.list_open(db, parts.vault, list({each.contact.id for each in known.values()}), lock=True)
    talks: dict[bytes, Talk] = {}
    by_contact: dict[ContactId, Talk] = {}
    for digest, update in speakers.items():
        found = known.get(digest)
        # Who writes under two names at once is one person, with one talk: also when both names are new to us.
        same = next((talks[other] for other in _beside(digest, others) if other in talks), None) if others else None
        if found is None and same is not None:
            talk = same
        elif found is None:
            contact_id = ContactId(parts.new_id())
            contact = Contact(id=contact_id, channel=update.channel, account=update.account, address=update.address)
            talk = Talk(Known(conversation=Conversation(contact=contact), memory=Memory(), is_new=True), None, parts.new_id)
        else:
            who = found.contact.id
            talk = by_contact.get(who) or Talk(found, open_cases.get(who), parts.new_id)
        talks[digest] = by_contact[talk.contact.id] = talk
        if talk.contact.address != update.address:
            talk.aliases.add(digest)
        if digest in others:
            talk.aliases.add(others[digest])
    return talks


def _beside(digest: bytes, others: Mapping[bytes, bytes]) -> list[bytes]:
    """The other names of this address, whichever of them gave the other."""
    return [others[digest]] * (digest in others) + [first for first, second in others.items() if second == digest]


def _other_names(parts: Parts, group: Sequence[Heard]) -> dict[bytes, bytes]:
    """By the digest of an address, the digest of another name that the same person's messages give."""
    found: dict[bytes, bytes] = {}
    for heard in group:
        if isinstance(heard.message, InboundMessage) and heard.message.also_address:
            update, also = heard.taken.update, heard.message.also_address
            found[heard.taken.address_digest] = inbox.address_digest(
                parts.vault, channel=update.channel, account=update.account, address=also
            )
    return found


def _under_other_names(
    db: sa.Connection, parts: Parts, digests: Sequence[bytes], others: Mapping[bytes, bytes], without_memory: bool
) -> dict[bytes, Known]:
    """Contacts of addresses that are new to us, who are known by another name: by an old one, or by the one given beside it."""
    if not digests:
        return {}
    beside = {others[digest]: digest for digest in digests if digest in others}
    found = contacts.list_by_alias(db, parts.vault, [*digests, *beside], without_memory=without_memory)
    if beside:
        found |= contacts.list_by_digest(db, parts.vault, dict.fromkeys(beside), without_memory=without_memory)
    return {beside.get(digest, digest): known for digest, known in found.items()}


def _hear(
    talk: Talk, message: InboundMessage, understanding: Understanding, parts: Parts, *, staffing: Staffing, now: datetime
) -> None:
    """Enter one message in the talk and answer it."""
    seq = talk.enter(message, now=now)
    if not talk.contact.is_reachable and message.kind not in (Kind.BLOCKED, Kind.MOVED):
        # Who writes can be written to again.
        talk.reach = True
    if message.kind in _SILENT:
        if message.kind in (Kind.BLOCKED, Kind.UNBLOCKED):
            talk.reach = message.kind is Kind.UNBLOCKED
        else:
            # Somebody else may hold this phone now: nothing more goes there, and whether it is safe is asked again.
            talk.is_moved = True
            talk.outgoing = []
            if talk.session is not None:
                talk.session = parts.engine.distrust(talk.session)
        return
    if talk.is_of_an_album(message, now=now):
        return
    circumstances = Circumstances(
        now=now,
        channel=talk.contact.channel,
        control=talk.control,
        message_seq=seq,
        responders_on_duty=staffing.on_duty,
        has_open_case=talk.case is not None,
        last_holding_at=talk.last_holding_at,
        last_inbound_at=talk.last_inbound_at,
    )
    turn = parts.engine.advance(talk.session, message, understanding, circumstances)
    talk.session = turn.session
    talk.hand_control(turn.control)
    talk.last_inbound_at = now
    if turn.is_holding:
        talk.last_holding_at = now
    if turn.events:
        _note_events(talk, turn, parts, seq=seq, now=now)
    level = talk.case.level if talk.case else most_urgent(*turn.session.levels.values())
    said = [(parts.render(reply, turn.session.language, staffing, level), reply.is_safety) for reply in turn.replies]
    if len(said) > 1 and talk.contact.channel in ONE_BUBBLE:
        said = [(join_bubbles([words for words, _ in said]), any(is_safety for _, is_safety in said))]
    for words, is_safety in said:
        talk.say(words, level=level, is_safety=is_safety, now=now)


def _note_events(talk: Talk, turn: Turn, parts: Parts, *, seq: int, now: datetime) -> None:
    """Let what happened in a turn change the case, the consents, the talk."""
    asked: list[HandoffAsked] = []
    for event in turn.events:
        match event:
            case SignSeen():
                talk.new_signs.append(Sign(topic=event.topic, level=event.level, words=event.words, seq=seq, at=now))
            case HandoffAsked():
                asked.append(event)
            case CaseNoted():
                talk.new_notes.append(event.text)
            case ConsentAnswered():
                talk.agreed += _consents(talk, event, parts, seq=seq, now=now)
            case CommandObeyed(command="erase"):
                talk.erase()
            case CommandObeyed(command="stop" | "quick_exit" as command):
                if command == "quick_exit":
                    talk.leave_phone()
                if talk.case is not None:
                    talk.enter_event("stopped" if command == "stop" else "left_page", now=now)
            case ServiceShown() | CommandObeyed():
                pass
    if asked or talk.case or any(sign.level in _URGENT for sign in talk.new_signs):
        _note_case(talk, turn, parts, asked, seq=seq, now=now)
    else:
        talk.keep_for_a_case()


def _note_case(talk: Talk, turn: Turn, parts: Parts, asked: list[HandoffAsked], *, seq: int, now: datetime) -> None:
    """Open or raise the case by what was seen and asked."""
    seen = {sign.topic for sign in (*talk.signs, *talk.new_signs)}
    for event in asked:
        if event.reason and event.reason not in seen:
            talk.new_signs.append(Sign(topic=event.reason, level=event.level, words="", seq=seq, at=now))
    floor = most_urgent(*(event.level for event in asked))
    if talk.case is None:
        floor = most_urgent(floor, *turn.session.levels.values())
    talk.raise_case(floor, may_contact_first=all(event.contact_first for event in asked), now=now)
    shown = tuple(event.service for event in turn.events if isinstance(event, ServiceShown))
    talk.complete_case(
        groups=(*parts.groups_of(talk.reasons, _age_of(turn)), *turn.session.groups),
        referrals=(*turn.session.shown_services, *shown),
    )


def _age_of(turn: Turn) -> int | None:
    given = turn.session.answers.get("umur")
    return int(given.value) if given is not None and isinstance(given.value, int | float) else None


def _consents(talk: Talk, event: ConsentAnswered, parts: Parts, *, seq: int, now: datetime) -> list[consents.Consent]:
    return [
        consents.Consent(
            id=parts.new_id(),
            contact_id=talk.contact.id,
            text_id=event.text_id,
            text_version=event.version,
            scope=scope,
            language=event.language,
            is_given=event.is_given,
            message_seq=seq,
            at=now,
        )
        for scope in event.scope
    ]


def _give_up(talk: Talk, message: InboundMessage, understanding: Understanding, parts: Parts, *, now: datetime) -> None:
    """Keep the message for a person, say the one fixed text, open or raise a case."""
    seq = talk.enter(message, now=now)
    level = most_urgent(understanding.level, Level.P3) or Level.P3
    talk.new_signs = [Sign(topic=UNREADABLE, level=level, words="", seq=seq, at=now)]
    for risk in understanding.risks:
        words = " … ".join(risk.evidence)
        talk.new_signs.append(Sign(topic=risk.name, level=risk.level, words=words, seq=seq, at=now))
    talk.new_notes = []
    talk.raise_case(level, may_contact_first=True, now=now)
    talk.last_inbound_at = now
    if talk.control is not Control.HUMAN:
        talk.hand_control(Control.PENDING)
        text = parts.fault_text(talk.session.language if talk.session else "id")
        talk.say(text, level=level, is_safety=True, now=now)


def _save(
    db: sa.Connection,
    parts: Parts,
    worked: _Worked,
    outcome: Outcome,
    *,
    now: datetime,
    room: outbox.Room | None = None,
) -> None:
    """Write what happened in these talks; a talk that is there under two names is written once."""
    vault, talks = parts.vault, list({id(talk): talk for talk in worked.talks.values() if talk.is_changed}.values())
    # First what is forgotten, then what came after it.
    on_phones: list[tuple[ContactId, list[str]]] = []
    for talk in talks:
        if talk.leaves_phone:
            on_phones.append((talk.contact.id, privacy.list_on_phone(db, vault, talk.contact, also=talk.also_removed, now=now)))
        if talk.is_erased and not talk.is_new:
            privacy.erase(db, talk.contact.id, now=now)
    contacts.save(db, vault, [talk.known() for talk in talks], now=now)
    contacts.add_aliases(db, [(talk.contact, digest) for talk in talks for digest in talk.aliases])
    for who, names in on_phones:
        if names:
            removals.add(db, vault, parts.new_id(), who, names, now=now)
            outcome.has_removals = True
    messages.add(db, vault, [entry for talk in talks for entry in talk.entries])
    outbox.drop_waiting(db, [talk.contact.id for talk in talks if talk.is_moved], error=MOVED, now=now)
    if room is not None:
        outcome.due = _due_at_once(db, talks, room)
    started = {due.id for due in outcome.due}
    outbox.add(db, [row for talk in talks for row in talk.outgoing], room=room, started=started)
    consents.add(db, [answer for talk in talks for answer in talk.agreed])
    reached = [(talk.contact.id, talk.reach) for talk in talks if talk.reach is not None]
    contacts.save_reach(db, reached)
    outbox.drop_waiting(db, [who for who, is_reachable in reached if not is_reachable], error="blocked", now=now)
    cases.add(db, vault, [talk.case for talk in talks if talk.case and talk.is_case_new])
    for talk in talks:
        if talk.contact.channel == _WITH_PAGE:
            outcome.contacts.add(talk.contact.id)
        outcome.has_outgoing |= any(row.id not in started for row in talk.outgoing)
        outcome.is_queue_changed |= talk.is_erased
        outcome.is_erased |= talk.is_erased
        if talk.case is None:
            continue
        if not talk.is_case_new and talk.case != talk.case_before:
            cases.save(db, vault, talk.case)
        outcome.is_queue_changed |= talk.is_case_new or talk.is_case_raised
        outcome.cases[talk.case.id] = talk.seq
    if worked.lost:
        reach.lose(db, vault, parts.new_id, worked.lost, now=now)


def _due_at_once(db: sa.Connection, talks: Sequence[Talk], room: outbox.Room) -> list[outbox.Due]:
    """What need not be queued: replies in talks where nothing else is on its way, urgent ones first."""
    speaking = [talk for talk in talks if talk.outgoing and talk.reach is not False and talk.is_of_one_speaker]
    held_back = outbox.list_waited_for(db, [talk.contact.id for talk in speaking if not talk.is_new])
    due: list[outbox.Due] = []
    for talk in sorted(speaking, key=lambda each: each.outgoing[0].rank):
        if talk.contact.id not in held_back and len(due) + len(talk.outgoing) <= room.most:
            due += talk.due(room.lease)
    return due
