"""What a responder's list of people needs beside the cases themselves."""

from collections.abc import Sequence

import sqlalchemy as sa

from bot.domain.cases import CaseId
from bot.storage.messages import By
from bot.storage.tables import cases, messages


def count_unread(db: sa.Connection, case_ids: Sequence[CaseId]) -> dict[CaseId, int]:
    """How many messages of the contact came after what the holder has read; cases without any are left out."""
    if not case_ids:
        return {}
    query = (
        sa.select(cases.c.id, sa.func.count())
        .join_from(cases, messages, messages.c.contact_id == cases.c.contact_id)
        .where(cases.c.id.in_(case_ids), messages.c.by == By.CONTACT.value, messages.c.seq > cases.c.read_seq)
        .group_by(cases.c.id)
    )
    return {CaseId(case_id): count for case_id, count in db.execute(query)}
