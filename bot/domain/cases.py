"""A case: somebody a person should look after. Its states, what each change requires, the queue's order."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

import msgspec
from msgspec.structs import replace

from bot.domain.messages import ContactId
from bot.domain.responders import NotAllowed, Responder, ResponderId, Role, may_take_people
from bot.errors import BotError
from nlu.understanding import Level, most_urgent

CaseId = NewType("CaseId", int)

LEASE = timedelta(minutes=2)
"""How long a claim lasts without a sign of the console. The console renews every 20 s, so five may be missed."""

NEVER_LATER_THAN = {
    Level.P1: timedelta(minutes=5),
    Level.P2: timedelta(hours=4),
    Level.P3: timedelta(days=3),
    Level.P4: timedelta(hours=24),
}
"""First human reply, counted from when the case was queued. Source: the promises of docs/architecture.md."""


class Control(StrEnum):
    """Who speaks in a conversation. Exactly one does; a change raises the conversation's control epoch."""

    BOT = "bot"
    PENDING = "pending"
    HUMAN = "human"
    PAUSED = "paused"


class CaseStatus(StrEnum):
    """Where a case is. QUEUED waits for anybody; ACTIVE has a holder under a lease."""

    QUEUED = "queued"
    ACTIVE = "active"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a case ended."""

    HELPED = "helped"
    REFERRED = "referred"
    INFORMED = "informed"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"
    NO_NEED = "no_need"


class CaseError(BotError):
    """A change that a case does not allow."""


class CaseAlreadyClaimed(CaseError):
    """Somebody else holds it."""


class CaseClosed(CaseError):
    """It has ended; nothing can be said in it any more."""


class NotTheHolder(CaseError):
    """Only who holds the case may do this, and the lease must run."""


class LevelOnlyRises(CaseError):
    """A responder may raise a level, only a supervisor lower it."""


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """Why somebody should look: the topic, the level it stands for, and the words, with the number of the message they stand in.

    `words` are the contact's own and personal data; empty where an answer or the flow gave the reason.
    """

    topic: str
    level: Level
    words: str
    seq: int | None
    at: datetime


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody a person should look after.

    `waiting_since` is when the person began to wait and survives a lost lease; `respond_by` is the promise. `version` rises
    with every change and guards each save.
    """

    id: CaseId
    contact_id: ContactId
    level: Level
    status: CaseStatus
    version: int
    opened_at: datetime
    waiting_since: datetime
    respond_by: datetime
    signs: tuple[Sign, ...] = ()
    groups: tuple[str, ...] = ()
    referrals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    may_contact_first: bool = True
    holder: ResponderId | None = None
    lease_until: datetime | None = None
    outcome: Outcome | None = None
    closed_at: datetime | None = None

    @property
    def reasons(self) -> tuple[str, ...]:
        """The topics of its signs, in order of first appearance."""
        return tuple(dict.fromkeys(sign.topic for sign in self.signs))


def open_case(case_id: CaseId, contact_id: ContactId, *, level: Level, signs: tuple[Sign, ...], now: datetime) -> Case:
    """A new case, queued."""
    return Case(
        id=case_id,
        contact_id=contact_id,
        level=level,
        status=CaseStatus.QUEUED,
        version=1,
        opened_at=now,
        waiting_since=now,
        respond_by=now + NEVER_LATER_THAN[level],
        signs=signs,
    )


def raise_to(case: Case, level: Level | None, *, signs: tuple[Sign, ...], now: datetime) -> Case:
    """The case with what was seen since: signs are added, the level only rises, the promise only comes nearer."""
    new_signs = tuple(sign for sign in signs if sign not in case.signs)
    highest = most_urgent(case.level, level) or case.level
    return replace(
        case,
        level=highest,
        signs=case.signs + new_signs,
        respond_by=min(case.respond_by, now + NEVER_LATER_THAN[highest]),
    )


def set_level(case: Case, level: Level, *, by: Responder, now: datetime) -> Case:
    """The case at a level that a person chose.

    Raises:
        LevelOnlyRises: a responder who is no supervisor would lower it.
        CaseClosed: it has ended.
    """
    require_open(case)
    if level.rank > case.level.rank and Role.SUPERVISOR not in by.roles:
        raise LevelOnlyRises
    return replace(case, level=level, respond_by=min(case.respond_by, now + NEVER_LATER_THAN[level]))


def claim(case: Case, *, by: Responder, now: datetime) -> Case:
    """The case in this person's hands, under a lease.

    Raises:
        NotAllowed: this role answers nobody.
        CaseClosed: it has ended.
        CaseAlreadyClaimed: somebody else holds it and the lease runs.
    """
    if not may_take_people(by):
        raise NotAllowed
    require_open(case)
    if case.holder not in (None, by.id) and is_leased(case, now=now):
        raise CaseAlreadyClaimed
    return replace(case, status=CaseStatus.ACTIVE, holder=by.id, lease_until=now + LEASE)


def renew(case: Case, *, by: ResponderId, now: datetime) -> Case:
    """The case with a fresh lease.

    Raises:
        NotTheHolder: this person does not hold it any more.
    """
    require_holder(case, by=by, now=now)
    return replace(case, lease_until=now + LEASE)


def release(case: Case) -> Case:
    """The case back in the queue, as old as it was."""
    require_open(case)
    return replace(case, status=CaseStatus.QUEUED, holder=None, lease_until=None)


def close(case: Case, *, by: ResponderId, outcome: Outcome, now: datetime) -> Case:
    """The case ended.

    Raises:
        NotTheHolder: only who holds it may end it.
    """
    require_holder(case, by=by, now=now)
    return replace(case, status=CaseStatus.CLOSED, outcome=outcome, closed_at=now, lease_until=None)


def is_leased(case: Case, *, now: datetime) -> bool:
    """Whether somebody holds it at this moment."""
    return case.status is CaseStatus.ACTIVE and case.lease_until is not None and case.lease_until > now


def require_open(case: Case) -> None:
    """Raises CaseClosed when the case has ended."""
    if case.status is CaseStatus.CLOSED:
        raise CaseClosed


def require_holder(case: Case, *, by: ResponderId, now: datetime) -> None:
    """Raises NotTheHolder unless this person holds the case under a running lease."""
    require_open(case)
    if case.holder != by or not is_leased(case, now=now):
        raise NotTheHolder
