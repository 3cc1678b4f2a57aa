"""Forget what a contact asked us to forget."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.domain.cases import CaseStatus, Outcome
from bot.domain.contacts import Contact
from bot.domain.messages import ContactId
from bot.storage import removals
from bot.storage.tables import cases, consents, contact_aliases, conversations, link_codes, messages, outbox
from bot.storage.vault import Vault


def erase(db: sa.Connection, contact_id: ContactId, *, now: datetime) -> None:
    """Delete everything that was said with this contact and end an open case without its content.

    What remains is the sealed address, without which the erasure could not even be confirmed, and empty shells of cases, so that
    counts stay true. Source: UU 27/2022 art. 8 and 43 (the right to have personal data ended and erased).
    """
    its = {"contact": contact_id}
    for table in (outbox, messages, consents, contact_aliases, link_codes):
        db.execute(sa.delete(table).where(table.c.contact_id == sa.bindparam("contact")), its)
    db.execute(sa.delete(cases).where(cases.c.contact_id == contact_id, cases.c.status == CaseStatus.CLOSED.value))
    db.execute(
        sa.update(cases)
        .where(cases.c.contact_id == contact_id)
        .values(
            status=CaseStatus.CLOSED.value,
            outcome=Outcome.DECLINED.value,
            closed_at=now,
            lease_until=None,
            version=cases.c.version + 1,
            sealed=b"",
        )
    )
    db.execute(sa.update(conversations).where(conversations.c.contact_id == contact_id).values(memory_sealed=None))


def list_on_phone(db: sa.Connection, vault: Vault, contact: Contact, *, also: Sequence[str], now: datetime) -> list[str]:
    """The platform's names of what can still be taken back from the contact's phone, newest first.

    `also` are those of messages that are not in the thread, or not yet. Ours stay with us: only `erase` forgets them.
    """
    if contact.channel not in removals.CHANNELS:
        return []
    return list(dict.fromkeys((*reversed(also), *removals.list_removable(db, vault, contact.id, now=now))))
