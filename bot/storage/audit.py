"""Who looked at what and changed what. Rows are only ever added."""

from datetime import datetime

import sqlalchemy as sa

from bot.domain.cases import CaseId
from bot.domain.responders import ResponderId
from bot.storage.ids import Ids
from bot.storage.tables import audit

_new_id = Ids()


def add(
    db: sa.Connection,
    *,
    actor: ResponderId | None,
    action: str,
    at: datetime,
    case_id: CaseId | None = None,
    detail: str = "",
) -> None:
    """Note that this person (None: the program) did this. `action` and `detail` are words of ours, never a person's."""
    row = {"id": _new_id(), "at": at, "actor": actor, "action": action, "case_id": case_id, "detail": detail or None}
    db.execute(sa.insert(audit), row)
