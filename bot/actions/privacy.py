"""Forget what a contact asked us to forget."""

from datetime import datetime

import sqlalchemy as sa

from bot.domain.cases import CaseStatus, Outcome
from bot.domain.messages import ContactId
from bot.storage.tables import cases, consents, contact_aliases, conversations, link_codes, messages, outbox


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
