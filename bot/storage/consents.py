"""What contacts agreed to: which text, in which version and language, by which message. Rows are only ever added.

Source: UU 27/2022 art. 22 and 24 (consent is recorded, and the controller can prove it).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.domain.messages import ContactId
from bot.storage.prepared import Prepared
from bot.storage.tables import consents, microseconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Consent:
    """One answer to one purpose of a consent text."""

    id: int
    contact_id: ContactId
    text_id: str
    text_version: int
    scope: str
    language: str
    is_given: bool
    message_seq: int
    at: datetime


_insert = Prepared(
    sa.insert(consents),
    "id",
    "contact_id",
    "text_id",
    "text_version",
    "scope",
    "language",
    "is_given",
    "message_seq",
    "at",
)


def add(db: sa.Connection, answers: Iterable[Consent]) -> None:
    """Record these answers."""
    rows = [
        (
            answer.id,
            answer.contact_id,
            answer.text_id,
            answer.text_version,
            answer.scope,
            answer.language,
            answer.is_given,
            answer.message_seq,
            microseconds(answer.at),
        )
        for answer in answers
    ]
    if rows:
        _insert.many(db, rows)


def list_latest(db: sa.Connection, contact_id: ContactId) -> list[Consent]:
    """The latest answer of a contact for each purpose."""
    rows = db.execute(sa.select(consents).where(consents.c.contact_id == contact_id).order_by(consents.c.id))
    latest = {row.scope: Consent(**row._mapping) for row in rows}  # noqa: SLF001 - SQLAlchemy's documented way
    return list(latest.values())
