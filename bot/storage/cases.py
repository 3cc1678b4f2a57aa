"""Cases: saved whole, guarded by their version; the queue in its order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from bot.domain.cases import Case, CaseError, CaseId, CaseStatus, Outcome, Sign
from bot.domain.messages import ContactId
from bot.domain.responders import ResponderId
from bot.storage.prepared import Prepared, PreparedIn, Row
from bot.storage.tables import cases, microseconds, moment_of
from bot.storage.vault import Vault
from nlu.understanding import Level


class StaleCase(CaseError):
    """The case was changed since it was read."""


class CaseNotFound(CaseError):
    """There is no such case."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LevelQueue:
    """How many wait at a level, since when the longest does, and the first time that was promised to one of them."""

    level: Level
    waiting: int
    oldest_at: datetime | None
    respond_by: datetime | None = None


class _Details(msgspec.Struct):
    """What of a case is personal: everything that says why."""

    signs: tuple[Sign, ...] = ()
    groups: tuple[str, ...] = ()
    referrals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    may_contact_first: bool = True


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Details).decode
# Written out, not bound: only then does SQLite see that a partial index fits.
_open = sa.text("cases.status <> 'closed'")
_queued = sa.text("cases.status = 'queued'")
_active = sa.text("cases.status = 'active'")


def get(db: sa.Connection, vault: Vault, case_id: CaseId) -> Case:
    """The case.

    Raises:
        CaseNotFound.
    """
    row = db.execute(sa.select(cases).where(cases.c.id == case_id)).one_or_none()
    if row is None:
        raise CaseNotFound
    return _case(row, vault)


_open_of = PreparedIn(lambda who: sa.select(cases).where(cases.c.contact_id.in_(who), _open))
_open_of_locked = PreparedIn(lambda who: sa.select(cases).where(cases.c.contact_id.in_(who), _open).with_for_update())
_names = tuple(cases.c.keys())
_MOMENTS = ("opened_at", "waiting_since", "respond_by", "lease_until", "closed_at")


def list_open(
    db: sa.Connection, vault: Vault, contact_ids: Sequence[ContactId], *, lock: bool = False
) -> dict[ContactId, Case]:
    """The open cases of these contacts: at most one each. `lock`: nobody changes them until the transaction ends."""
    if not contact_ids:
        return {}
    found: dict[ContactId, Case] = {}
    for row in (_open_of_locked if lock else _open_of).rows(db, contact_ids):
        values = dict(zip(_names, row, strict=True))
        values |= {name: moment_of(values[name]) for name in _MOMENTS if values[name] is not None}
        found[ContactId(values["contact_id"])] = _of_values(values, vault)
    return found


def list_held(db: sa.Connection, vault: Vault, holder: ResponderId) -> list[Case]:
    """The cases this person holds, most urgent first."""
    query = sa.select(cases).where(cases.c.holder_id == holder, _active).order_by(cases.c.rank, cases.c.waiting_since)
    return [_case(row, vault) for row in db.execute(query)]


def find_next(db: sa.Connection, vault: Vault, *, at_most_rank: int = 4) -> Case | None:
    """Whoever is next: the most urgent level first, in it who waits longest. Levels below `at_most_rank` are passed over."""
    query = (
        sa.select(cases)
        .where(_queued, cases.c.rank <= at_most_rank)
        .order_by(cases.c.rank, cases.c.waiting_since, cases.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = db.execute(query).one_or_none()
    return None if row is None else _case(row, vault)


def count_queue(db: sa.Connection) -> list[LevelQueue]:
    """All four levels, most urgent first."""
    first = sa.func.min(cases.c.waiting_since), sa.func.min(cases.c.respond_by)
    query = sa.select(cases.c.rank, sa.func.count(), *first).where(_queued).group_by(cases.c.rank)
    found = {
        rank: LevelQueue(level=Level(f"P{rank}"), waiting=count, oldest_at=oldest, respond_by=promised)
        for rank, count, oldest, promised in db.execute(query)
    }
    return [found.get(level.rank) or LevelQueue(level=level, waiting=0, oldest_at=None) for level in Level]


def list_lapsed(db: sa.Connection, vault: Vault, *, now: datetime) -> list[Case]:
    """Cases whose holder has not been heard of while the lease ran out."""
    query = sa.select(cases).where(_active, cases.c.lease_until < now).with_for_update(skip_locked=True)
    return [_case(row, vault) for row in db.execute(query)]


_columns = (
    "contact_id",
    "rank",
    "status",
    "version",
    "opened_at",
    "waiting_since",
    "respond_by",
    "holder_id",
    "lease_until",
    "outcome",
    "closed_at",
    "sealed",
)
_insert = Prepared(sa.insert(cases), *_columns, "id", "read_seq")
_save = Prepared(
    sa.update(cases)
    .where(cases.c.id == sa.bindparam("which"), cases.c.version == sa.bindparam("before"))
    .values({name: sa.bindparam(name) for name in _columns}),
    *_columns,
    "which",
    "before",
)


def add(db: sa.Connection, vault: Vault, new: Sequence[Case]) -> None:
    """Write cases just opened."""
    if new:
        _insert.many(db, [(*_row(vault, case), case.id, 0) for case in new])


def save(db: sa.Connection, vault: Vault, case: Case) -> Case:
    """Write the case as it is now, one version on.

    Raises:
        StaleCase: somebody changed it since it was read.
    """
    after = replace(case, version=case.version + 1)
    if _save.run(db, (*_row(vault, after), case.id, case.version)) != 1:
        raise StaleCase
    return after


def mark_read(db: sa.Connection, case_id: CaseId, seq: int) -> None:
    """Note how far its holder has read; it never goes back."""
    db.execute(sa.update(cases).where(cases.c.id == case_id, cases.c.read_seq < seq).values(read_seq=seq))


def read_seqs(db: sa.Connection, case_ids: Sequence[CaseId]) -> dict[CaseId, int]:
    """How far the holders of these have read."""
    rows = db.execute(sa.select(cases.c.id, cases.c.read_seq).where(cases.c.id.in_(case_ids)))
    return {CaseId(case_id): seq for case_id, seq in rows}


def _row(vault: Vault, case: Case) -> Row:
    details = _Details(case.signs, case.groups, case.referrals, case.notes, case.may_contact_first)
    return (
        case.contact_id,
        case.level.rank,
        case.status.value,
        case.version,
        microseconds(case.opened_at),
        microseconds(case.waiting_since),
        microseconds(case.respond_by),
        case.holder,
        None if case.lease_until is None else microseconds(case.lease_until),
        case.outcome.value if case.outcome else None,
        None if case.closed_at is None else microseconds(case.closed_at),
        vault.seal(f"cases:{case.id}", _encode(details)),
    )


def _case(row: sa.Row[*tuple[object, ...]], vault: Vault) -> Case:
    return _of_values(row._mapping, vault)  # noqa: SLF001 - as above


def _of_values(values: sa.RowMapping | dict[str, Any], vault: Vault) -> Case:
    # An erased case keeps its shell only.
    details = _decode(vault.open(f"cases:{values['id']}", values["sealed"])) if values["sealed"] else _Details()
    return Case(
        id=values["id"],
        contact_id=values["contact_id"],
        level=Level(f"P{values['rank']}"),
        status=CaseStatus(values["status"]),
        version=values["version"],
        opened_at=values["opened_at"],
        waiting_since=values["waiting_since"],
        respond_by=values["respond_by"],
        signs=details.signs,
        groups=details.groups,
        referrals=details.referrals,
        notes=details.notes,
        may_contact_first=details.may_contact_first,
        holder=values["holder_id"],
        lease_until=values["lease_until"],
        outcome=Outcome(values["outcome"]) if values["outcome"] else None,
        closed_at=values["closed_at"],
    )
