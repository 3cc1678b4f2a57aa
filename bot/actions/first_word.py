"""Who writes first, where a word of ours in other eyes could harm: the contact, before anybody does."""

from collections.abc import Sequence

from bot.dialogue.watched import SAFE_SLOT
from bot.domain.cases import Case
from bot.domain.messages import DeliveryState
from bot.storage import messages
from bot.storage.contacts import Known
from bot.storage.messages import By, Entry


def must_wait(case: Case, known: Known, thread: Sequence[Entry]) -> bool:
    """Whether the contact must write before anybody does: since their number changed; and where nobody may write first, since
    the claim, unless a word of theirs that invites one was still unanswered then.
    """
    said = last_words_of(thread)
    if _last_event(thread, "moved") > said:
        return True
    if case.may_contact_first:
        return False
    if said <= _invited_after(known, thread):
        return True
    claimed = _last_event(thread, "claimed")
    return any(said < entry.seq < claimed and _is_answer(entry) for entry in thread)


def _invited_after(known: Known, thread: Sequence[Entry]) -> int:
    """The number above which a word of the contact invites one: what said that others read along does not, nor what was said
    before anybody came, unless it is safe again.
    """
    session = known.memory.session
    given = session.answers.get(SAFE_SLOT) if session else None
    if given is not None and given.value == "yes":
        return 0
    closed = _last_event(thread, "closed")
    claims = (entry.seq for entry in thread if entry.seq > closed and _is_event(entry, "claimed"))
    return max(next(claims, 0), (given.seq or 0) if given else 0)


def _is_answer(entry: Entry) -> bool:
    is_said = entry.by is By.RESPONDER and entry.kind != messages.NOTE
    return is_said and entry.delivery is not DeliveryState.FAILED


def _last_event(thread: Sequence[Entry], event: str) -> int:
    return max((entry.seq for entry in thread if _is_event(entry, event)), default=0)


def _is_event(entry: Entry, event: str) -> bool:
    return entry.kind == messages.EVENT and entry.text == event


def last_words_of(thread: Sequence[Entry]) -> int:
    """The number of the last message that the contact wrote; 0 for none."""
    return max((entry.seq for entry in thread if entry.by is By.CONTACT), default=0)
