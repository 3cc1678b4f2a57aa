"""A person goes on elsewhere: the code they got in one place, written in another, brings the talk there.

One thread, one session, one case: the contact moves to the new address, and what was already said there joins its thread. What
could go wrong, and what is done about it, stands in docs/decisions/linking.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from bot.actions.talk import Talk
from bot.dialogue.engine import Engine
from bot.dialogue.session import Session
from bot.dialogue.turn import Circumstances, Turn
from bot.dialogue.watched import SAFE_SLOT
from bot.domain.cases import Control
from bot.domain.contacts import Contact, Conversation
from bot.domain.messages import ContactId
from bot.storage import audit, cases, contacts, links, outbox
from bot.storage.contacts import Known, Memory
from bot.storage.vault import Vault

WRONG, HERE, BUSY = "system_link_wrong", "system_link_here", "system_link_busy"
DONE, LEFT, NOTE = "system_link_done", "system_link_left", "system_link_note"
EVENT = "linked"


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wrote a code: from which address (by digest), in which talk."""

    digest: bytes
    contact_id: ContactId
    code: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """What came of a code that was right: the talk at its new place, and the old place, where something is said or not.

    `removals` are to be left to the old place when it is saved: they concern the phone there.
    """

    talk: Talk
    turn: Turn | None
    old: Talk | None
    removals: list[int]


def judge(db: sa.Connection, vault: Vault, attempt: Attempt, *, now: datetime) -> ContactId | str:
    """The contact whose talk this code brings here, or the text that says why none. A wrong code is counted.

    That a code is old, used, withdrawn or invented is all the same to whoever tries it.
    """
    if attempt.contact_id in cases.list_open(db, vault, [attempt.contact_id]):
        # Somebody was called here as well: two cases are two people until a responder knows better.
        return BUSY
    if not links.may_try(db, vault, attempt.digest, now=now):
        return WRONG
    found = links.find(db, vault, attempt.code, now=now)
    if found == attempt.contact_id:
        return HERE
    # Whoever stopped or left since then wants nothing to go on.
    is_good = found is not None and contacts.get(db, vault, found, lock=True).conversation.control is not Control.PAUSED
    if found is None or not is_good or not links.use(db, vault, found, attempt.code):
        links.note_wrong(db, vault, attempt.digest, now=now)
        return WRONG
    return found


def bring(
    db: sa.Connection,
    vault: Vault,
    engine: Engine,
    new_id: Callable[[], int],
    *,
    source: ContactId,
    here: ContactId,
    note: str,
    on_duty: int,
    now: datetime,
) -> Moved:
    """Let the talk of `source` go on where `here` wrote from. Both talks are still to be saved.

    `note` is for a responder who is called in the old place afterwards.
    """
    there, place = contacts.get(db, vault, source, lock=True), contacts.get(db, vault, here, lock=True)
    case = cases.list_open(db, vault, [source], lock=True).get(source)
    still_to_remove = links.list_removals(db, source)
    # Above both: a page that shows either thread must take no number for another's.
    after = max(there.conversation.seq, place.conversation.seq)
    old = _stay_behind(there, links.take_aliases(db, source), note, new_id)
    at = replace(place.contact, id=source, is_reachable=True)
    links.merge(db, here, source, after=after)
    links.readdress(db, vault, at, shown_after=after)
    talk = Talk(_joined(there, place, at, after=after), case, new_id)
    _add_what_was_seen(talk, place.memory, after=after, now=now)
    # As when the speaker changes: what the program still had to say was meant for there, and a responder looks before she writes.
    talk.control_epoch += 1
    outbox.carry_over(db, source, control_epoch=talk.control_epoch)
    talk.enter_event(EVENT, now=now)
    talk.last_inbound_at = now
    audit.add(db, actor=None, action="talk_linked", case_id=case.id if case else None, at=now)
    if talk.session is None:
        return Moved(talk=talk, turn=None, old=old, removals=still_to_remove)
    around = Circumstances(
        now=now,
        channel=at.channel,
        control=talk.control,
        message_seq=talk.seq,
        responders_on_duty=on_duty,
        has_open_case=case is not None,
        last_inbound_at=now,
    )
    turn = engine.arrive(talk.session, around)
    talk.session = turn.session
    return Moved(talk=talk, turn=turn, old=old, removals=still_to_remove)


def _joined(there: Known, place: Known, at: Contact, *, after: int) -> Known:
    """The talk at its new address, numbered on after what was said in both places."""
    conversation = replace(
        there.conversation,
        contact=at,
        seq=after + place.conversation.seq,
        inbound_seq=after + place.conversation.inbound_seq,
        wrote_at=place.conversation.wrote_at,
        shown_after=after,
    )
    return Known(conversation=conversation, memory=there.memory)


def _stay_behind(there: Known, aliases: set[bytes], note: str, new_id: Callable[[], int]) -> Talk | None:
    """A talk of its own at the old address, to say there that this one has gone; none where that is not safe to say.

    It begins above the old numbers, so that a page that is still open there shows nothing of before.
    """
    if not is_safe_to_write(there.memory.session):
        return None
    contact = replace(there.contact, id=ContactId(new_id()))
    conversation = Conversation(contact=contact, seq=there.conversation.seq, wrote_at=there.conversation.wrote_at)
    talk = Talk(Known(conversation=conversation, memory=Memory(notes=(note,)), is_new=True), None, new_id)
    talk.aliases = aliases
    return talk


def is_safe_to_write(session: Session | None) -> bool:
    """Whether the contact said last that nobody else reads what is written to this place."""
    given = session.answers.get(SAFE_SLOT) if session is not None else None
    return given is not None and given.value == "yes"


def _add_what_was_seen(talk: Talk, memory: Memory, *, after: int, now: datetime) -> None:
    """What was seen in the new place before the code came belongs to the talk, too."""
    talk.new_signs = [replace(sign, seq=None if sign.seq is None else sign.seq + after) for sign in memory.signs]
    talk.new_notes = list(memory.notes)
    if talk.case is None:
        talk.keep_for_a_case()
    elif talk.new_signs or talk.new_notes:
        talk.raise_case(None, may_contact_first=True, now=now)
