"""A contact who can't be written to any more: noted once, shown in the thread, and nothing waits for them."""

from collections.abc import Callable, Iterable
from datetime import datetime

import sqlalchemy as sa
import structlog
from msgspec.structs import replace

from bot.domain.messages import ContactId, MessageId
from bot.storage import contacts, messages, outbox
from bot.storage.messages import By, Entry
from bot.storage.vault import Vault

log = structlog.get_logger()

UNREACHABLE = "unreachable"
"""The event in the thread, and why what waited was given up."""

MOVED = "moved"
"""Why what waited was given up: the number may be in other hands."""


def lose(db: sa.Connection, vault: Vault, new_id: Callable[[], int], who: Iterable[ContactId], *, now: datetime) -> None:
    """Note that the platform does not deliver to these people. Who writes again can be written to again.

    It locks their talks, so it comes before anything of the outbox is changed in a transaction.
    """
    lost = list(dict.fromkeys(who))
    for contact_id in lost:
        try:
            with db.begin_nested():
                _enter_event(db, vault, new_id, contact_id, now=now)
        except Exception as exc:  # noqa: BLE001 - a line in one thread must not stop what else is written with it
            log.error("unreachable_not_entered", error=type(exc).__name__)
    contacts.save_reach(db, [(contact_id, False) for contact_id in lost])
    outbox.drop_waiting(db, lost, error=UNREACHABLE, now=now)


def _enter_event(db: sa.Connection, vault: Vault, new_id: Callable[[], int], contact_id: ContactId, *, now: datetime) -> None:
    known = contacts.get(db, vault, contact_id, lock=True)
    if not known.contact.is_reachable:
        return
    talk = replace(known.conversation, seq=known.conversation.seq + 1)
    event = Entry(
        id=MessageId(new_id()),
        contact_id=contact_id,
        seq=talk.seq,
        by=By.SYSTEM,
        kind=messages.EVENT,
        at=now,
        text=UNREACHABLE,
    )
    messages.add(db, vault, [event])
    contacts.save(db, vault, [replace(known, conversation=talk)], now=now)
