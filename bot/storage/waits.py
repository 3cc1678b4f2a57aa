"""How long people waited for a responder's first words."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.storage.tables import audit, cases
from nlu.understanding import Level

_LATELY = timedelta(days=14)
_MOST = 20
_LOOKED_AT = 1000
_FEWEST = 5
"""Fewer answered people of a level than this say nothing of the next one."""

_replied = sa.literal_column("'reply_sent'", sa.String)
_level_of = {level.rank: level for level in Level}


def typical_waits(db: sa.Connection, *, now: datetime) -> dict[Level, timedelta]:
    """By level, what four of five of the latest 20 people waited at most for a responder's first words, in the last 14 days.

    Whoever still waits for them longer than that counts instead: for their own level and for the less urgent ones, who come after
    them. Levels of which fewer than five people were answered are left out.
    """
    first = (
        sa.select(audit.c.case_id, sa.func.min(audit.c.at).label("at"))
        .where(audit.c.action == _replied, audit.c.at > now - _LATELY)
        .group_by(audit.c.case_id)
        .subquery()
    )
    lately = (
        sa.select(cases.c.rank, cases.c.status, cases.c.opened_at, first.c.at)
        .join(first, first.c.case_id == cases.c.id, isouter=True)
        .where(cases.c.opened_at > now - _LATELY)
        .order_by(cases.c.opened_at.desc())
        .limit(_LOOKED_AT)
    )
    waited: dict[Level, list[timedelta]] = {}
    waiting: dict[Level, timedelta] = {}
    for rank, status, opened_at, replied_at in db.execute(lately):
        level = _level_of[rank]
        if replied_at is not None:
            waited.setdefault(level, []).append(replied_at - opened_at)
        elif status != "closed":
            waiting[level] = max(waiting.get(level, timedelta()), now - opened_at)
    waits: dict[Level, timedelta] = {}
    still = timedelta()
    for level in Level:
        still = max(still, waiting.get(level, timedelta()))
        latest = sorted(waited.get(level, [])[:_MOST])
        if len(latest) >= _FEWEST:
            # Nearest rank: the 16th of 20, the 4th of 5.
            waits[level] = max(latest[-(-len(latest) * 4 // 5) - 1], still)
    return waits
