"""What time does: leases run out, updates and messages in lost hands come back, old bodies go."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from bot.actions import handoff
from bot.actions.speaking import Desk
from bot.domain.cases import CaseId
from bot.domain.messages import ContactId
from bot.domain.responders import ResponderId
from bot.storage import audit, cases, inbox, links, outbox, signins
from bot.storage.vault import Vault


@dataclass(slots=True)
class Passed:
    """What to tell others after the commit."""

    lapsed: list[tuple[CaseId, ResponderId]] = field(default_factory=list)
    unsettled: list[ContactId] = field(default_factory=list)
    given_back: int = 0


def pass_time(
    db: sa.Connection,
    desk: Desk,
    *,
    channels_that_resend: Sequence[str],
    channels_with_receipts: Sequence[str] = (),
    gone: Sequence[int] = (),
    now: datetime,
) -> Passed:
    """Return to the queue those whose responder is gone, and settle what lost hands held: `gone` are processes, by number."""
    passed = Passed()
    for case in cases.list_lapsed(db, desk.vault, now=now):
        if case.holder is not None:
            passed.lapsed.append((case.id, case.holder))
        handoff.to_queue(db, desk, case, event="lease_lost", by=None, now=now)
        audit.add(db, actor=None, action="lease_lost", case_id=case.id, at=now)
    passed.given_back = inbox.give_back(db, now=now, gone=gone)
    passed.unsettled = outbox.settle_lost(
        db, now=now, channels_that_resend=channels_that_resend, channels_with_receipts=channels_with_receipts, gone=gone
    )
    return passed


def forget(db: sa.Connection, vault: Vault, *, now: datetime) -> None:
    """Erase what need not be kept any longer."""
    inbox.forget(db, now=now)
    signins.forget(db, now=now)
    links.forget(db, vault, now=now)
