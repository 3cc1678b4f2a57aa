"""How long people waited for a responder."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.storage.tables import audit, cases
from nlu.understanding import Level

_LATELY = timedelta(days=14)
_MOST = 20
_FEWEST = 5
"""Fewer first claims of a level than this say nothing of the next one."""

_claimed = sa.literal_column("'case_claimed'", sa.String)
_level_of = {level.rank: level for level in Level}


def typical_waits(db: sa.Connection, *, now: datetime) -> dict[Level, timedelta]:
    """By level, what four of five of the latest 20 people waited at most until somebody first took them, in the last 14 days.

    Whoever still waits longer than that counts instead: for their own level and for the less urgent ones, who come after them.
    Levels of which fewer than five people were taken are left out.
    """
    first = (
        sa.select(audit.c.case_id, sa.func.min(audit.c.at).label("at"))
        .where(audit.c.action == _claimed, audit.c.at > now - _LATELY)
        .group_by(audit.c.case_id)
        .order_by(sa.func.min(audit.c.at).desc())
        .limit(_MOST * 20)
        .subquery()
    )
    found: dict[Level, list[timedelta]] = {}
    query = sa.select(cases.c.rank, cases.c.opened_at, first.c.at).join(first, first.c.case_id == cases.c.id)
    for rank, opened_at, claimed_at in db.execute(query.order_by(first.c.at.desc())):
        found.setdefault(_level_of[rank], []).append(claimed_at - opened_at)
    waiting = sa.select(cases.c.rank, sa.func.min(cases.c.opened_at)).where(cases.c.status == sa.literal_column("'queued'"))
    longest = {_level_of[rank]: now - since for rank, since in db.execute(waiting.group_by(cases.c.rank))}
    waits: dict[Level, timedelta] = {}
    still = timedelta()
    for level in Level:
        still = max(still, longest.get(level, timedelta()))
        latest = sorted(found.get(level, [])[:_MOST])
        if len(latest) >= _FEWEST:
            # Nearest rank: the 16th of 20, the 4th of 5.
            waits[level] = max(latest[-(-len(latest) * 4 // 5) - 1], still)
    return waits
