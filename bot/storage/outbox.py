"""Messages on their way to contacts, each as a row from the transaction that caused it until its fate is known."""

from collections.abc import Collection, Container, Iterable, Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from bot.domain.messages import ContactId, DeliveryState, Failing, MessageId, OutboundMessage, Receipt
from bot.storage.database import Turn, alone
from bot.storage.ids import node_of
from bot.storage.messages import open_bubble
from bot.storage.prepared import Prepared, PreparedIn
from bot.storage.tables import contacts, conversations, messages, microseconds, moment_of, outbox
from bot.storage.vault import SealBroken, Vault

SUPERSEDED = "superseded"
"""Why a message was not sent: somebody else speaks by now."""

UNREADABLE = "unreadable"
"""Why a message was not sent: what is sealed can't be opened."""

_NEVER_STARTED = (SUPERSEDED, UNREADABLE)


def key_of(message_id: MessageId) -> str:
    """By what a channel knows a message, the same for every try."""
    return f"o:{message_id}"


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A message to be sent. `rank` of the talk's level, 1 before 4. `is_human`: a responder's own words, never resent by themselves."""

    id: MessageId
    contact_id: ContactId
    rank: int
    control_epoch: int
    due_at: datetime
    is_human: bool = False
    is_safety: bool = False


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A message in the sender's hands: that its sending starts is already committed."""

    id: MessageId
    contact_id: ContactId
    channel: str
    account: str
    address: str
    message: OutboundMessage
    attempts: int
    is_human: bool
    was_unknown: bool
    lease: int
    is_safety: bool = False
    wrote_at: datetime | None = None


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """Room in a sender's hands for `most` messages: the lease under which it sends, and until when that holds."""

    lease: int
    until: datetime
    most: int


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one try under a `lease`; 0 for one that never started.

    `due_at` when it goes back to the queue; `platform_id` when it was taken.

    `is_followed`: the platform will tell more of it under this id, so it must be found by it.
    """

    id: MessageId
    state: DeliveryState
    due_at: datetime | None = None
    platform_id: str = ""
    error: str = ""
    unreachable: ContactId | None = None
    was_tried: bool = True
    lease: int = 0
    is_followed: bool = True


_insert = Prepared(
    sa.insert(outbox),
    "id",
    "contact_id",
    "state",
    "rank",
    "is_human",
    "is_safety",
    "control_epoch",
    "due_at",
    "updated_at",
    "attempts",
    "was_unknown",
    "lease",
    "lease_until",
)


def add(db: sa.Connection, rows: Iterable[Outgoing], *, room: Room | None = None, started: Container[MessageId] = ()) -> None:
    """Queue these; those of `started` are in a sender's hands from the first."""
    lease, until = (room.lease, microseconds(room.until)) if room is not None else (None, None)
    values = [
        (
            row.id,
            row.contact_id,
            DeliveryState.SENDING.value if (is_started := row.id in started) else DeliveryState.QUEUED.value,
            row.rank,
            row.is_human,
            row.is_safety,
            row.control_epoch,
            microseconds(row.due_at),
            microseconds(row.due_at),
            1 if is_started else 0,
            False,
            lease if is_started else None,
            until if is_started else None,
        )
        for row in rows
    ]
    if values:
        _insert.many(db, values)


# Written out, not bound: only then does SQLite see that a partial index fits.
_queued = sa.literal_column("'queued'", sa.String)
_sending = sa.literal_column("'sending'", sa.String)

_open_of = PreparedIn(
    lambda who: sa.select(outbox.c.contact_id).where(outbox.c.contact_id.in_(who), outbox.c.state.in_((_queued, _sending)))
)


def list_waited_for(db: sa.Connection, contact_ids: Sequence[ContactId]) -> set[ContactId]:
    """Those of these contacts for whom something is being sent or waits: nothing may overtake it."""
    return {who for (who,) in _open_of.rows(db, contact_ids)} if contact_ids else set()


_earlier = outbox.alias("earlier")
_candidates = Prepared(
    sa.select(
        outbox.c.id,
        outbox.c.contact_id,
        messages.c.sealed,
        outbox.c.attempts,
        outbox.c.is_human,
        outbox.c.was_unknown,
        outbox.c.is_safety,
        outbox.c.control_epoch,
        conversations.c.control_epoch.label("epoch_now"),
        contacts.c.channel,
        contacts.c.account,
        contacts.c.address_sealed,
        conversations.c.wrote_at,
    )
    .join_from(outbox, messages, messages.c.id == outbox.c.id)
    .join(conversations, conversations.c.contact_id == outbox.c.contact_id)
    .join(contacts, contacts.c.id == outbox.c.contact_id)
    .where(
        outbox.c.state == _queued,
        outbox.c.due_at <= sa.bindparam("now"),
        # Order within a talk: nothing overtakes what is being sent or waits for another try.
        ~sa.exists().where(
            _earlier.c.contact_id == outbox.c.contact_id,
            _earlier.c.id < outbox.c.id,
            _earlier.c.state.in_((_queued, _sending)),
            sa.or_(_earlier.c.state == _sending, _earlier.c.due_at > sa.bindparam("now")),
        ),
    )
    .order_by(outbox.c.rank, outbox.c.id)
    .limit(sa.bindparam("most"))
    # Not past what is locked: the next message of the same talk would overtake it.
    .with_for_update(of=outbox),
    "now",
    "most",
)
_start = PreparedIn(
    lambda ids: (
        sa.update(outbox)
        .where(outbox.c.id.in_(ids))
        .values(
            state=DeliveryState.SENDING.value,
            lease=sa.bindparam("by"),
            lease_until=sa.bindparam("until"),
            updated_at=sa.bindparam("at"),
            attempts=outbox.c.attempts + 1,
        )
    ),
    "by",
    "until",
    "at",
)


def take_due(db: sa.Connection, vault: Vault, *, by: int, now: datetime, lease: timedelta, most: int) -> list[Due]:
    """The messages that may go out now, urgent first, marked as being sent. What was said under another speaker is dropped."""
    # Whoever takes at the same time would not see that a talk's earlier message is in these hands, and overtake it.
    alone(db, Turn.TAKE_OUTBOX)
    rows = _candidates.rows(db, (microseconds(now), most))
    due: list[Due] = []
    stale: list[Fate] = []
    for (
        number,
        who,
        sealed,
        attempts,
        is_human,
        was_unknown,
        is_safety,
        epoch,
        epoch_now,
        channel,
        account,
        address,
        wrote_at,
    ) in rows:
        if epoch != epoch_now and not is_safety:
            stale.append(Fate(id=number, state=DeliveryState.FAILED, error=SUPERSEDED, was_tried=False))
            continue
        try:
            opened = vault.open(f"contacts:{who}", address).decode()
            message = open_bubble(vault, number, sealed)
        except (SealBroken, msgspec.DecodeError, UnicodeDecodeError):
            # One row that can't be opened must not stop everybody's messages.
            stale.append(Fate(id=number, state=DeliveryState.FAILED, error=UNREADABLE, was_tried=False))
            continue
        due.append(
            Due(
                id=number,
                contact_id=who,
                channel=channel,
                account=account,
                address=opened,
                message=message,
                attempts=attempts + 1,
                is_human=bool(is_human),
                was_unknown=bool(was_unknown),
                lease=by,
                is_safety=bool(is_safety),
                wrote_at=None if wrote_at is None else moment_of(wrote_at),
            )
        )
    record(db, vault, stale, now=now)
    if due:
        _start.run(db, [each.id for each in due], (by, microseconds(now + lease), microseconds(now)))
    return due


_record = Prepared(
    sa.update(outbox)
    .where(
        outbox.c.id == sa.bindparam("which"),
        outbox.c.state == sa.bindparam("before"),
        # Whose lease was given to somebody else has no say any more.
        sa.func.coalesce(outbox.c.lease, 0) == sa.bindparam("held_by", type_=sa.BigInteger),
    )
    .values(
        state=sa.bindparam("state"),
        due_at=sa.func.coalesce(sa.bindparam("due_at", type_=outbox.c.due_at.type), outbox.c.due_at),
        attempts=outbox.c.attempts - sa.bindparam("untried"),
        was_unknown=sa.or_(outbox.c.was_unknown, sa.bindparam("was_unknown", type_=sa.Boolean)),
        platform_digest=sa.bindparam("platform_digest"),
        platform_sealed=sa.bindparam("platform_sealed"),
        error=sa.bindparam("error"),
        updated_at=sa.bindparam("at"),
        lease=None,
        lease_until=None,
    ),
    "which",
    "before",
    "held_by",
    "state",
    "due_at",
    "untried",
    "was_unknown",
    "platform_digest",
    "platform_sealed",
    "error",
    "at",
)


def record(db: sa.Connection, vault: Vault, fates: Sequence[Fate], *, now: datetime) -> None:
    """Note what became of tries. A fate for a message that is not being sent any more under its lease changes nothing."""
    rows = [
        (
            fate.id,
            DeliveryState.QUEUED.value if fate.error in _NEVER_STARTED else DeliveryState.SENDING.value,
            fate.lease,
            fate.state.value,
            None if fate.due_at is None else microseconds(fate.due_at),
            0 if fate.was_tried or fate.error in _NEVER_STARTED else 1,
            fate.state is DeliveryState.UNKNOWN or fate.error == "resend",
            vault.digest("platform id", fate.platform_id) if fate.platform_id and fate.is_followed else None,
            vault.seal(f"outbox:{fate.id}", fate.platform_id.encode()) if fate.platform_id else None,
            fate.error[:60] or None,
            microseconds(now),
        )
        for fate in fates
    ]
    if rows:
        _record.many(db, rows)


RECEIPT_WAIT = timedelta(seconds=20)
"""How long a receipt is waited for before a message of unknown fate goes out again. A status mostly comes in seconds; nothing of the
same talk goes out meanwhile, so that it must not be long."""


def settle_lost(
    db: sa.Connection,
    *,
    now: datetime,
    channels_that_resend: Sequence[str],
    channels_with_receipts: Sequence[str] = (),
    gone: Sequence[int] = (),
    is_everybody_gone: bool = False,
) -> list[ContactId]:
    """Settle what was being sent by somebody who is gone: its fate is unknown.

    Gone is whose lease ran out, whose process (by its number) is among `gone`, or everybody.

    A question of the program goes out once more where the channel allows it, and says so in `was_unknown`, after its receipt was
    waited for where there are any; a responder's own words wait as unknown for her decision. Gives the contacts concerned.
    """
    is_lost = outbox.c.state.in_((_queued, _sending)) & (outbox.c.state == _sending)
    if not is_everybody_gone:
        is_lost &= sa.or_(outbox.c.lease_until < now, node_of(outbox.c.lease).in_(gone))
    rows = db.execute(sa.select(outbox.c.id, outbox.c.contact_id).where(is_lost)).all()
    if not rows:
        return []
    lost = sa.and_(outbox.c.id.in_([row.id for row in rows]), is_lost)
    waits = sa.and_(
        ~outbox.c.is_safety,
        outbox.c.contact_id.in_(sa.select(contacts.c.id).where(contacts.c.channel.in_(channels_with_receipts))),
    )
    may_resend = sa.and_(
        ~outbox.c.is_human,
        ~outbox.c.was_unknown,
        outbox.c.contact_id.in_(sa.select(contacts.c.id).where(contacts.c.channel.in_(channels_that_resend))),
    )
    db.execute(
        sa.update(outbox)
        .where(lost)
        .values(
            state=sa.case((may_resend, DeliveryState.QUEUED.value), else_=DeliveryState.UNKNOWN.value),
            was_unknown=True,
            due_at=sa.case((waits, sa.literal(now + RECEIPT_WAIT, outbox.c.due_at.type)), else_=outbox.c.due_at),
            lease=None,
            lease_until=None,
            updated_at=now,
        )
    )
    return [ContactId(who) for who in dict.fromkeys(row.contact_id for row in rows)]


def give_back_unheld(db: sa.Connection, *, leases: Collection[int], held: Collection[MessageId], now: datetime) -> int:
    """Queue again what was handed to the sender of these leases and never reached it. How many.

    It holds every message from the moment it is handed over until its fate is written: what it does not hold was never tried. That
    happens where a commit succeeds and its answer is lost.
    """
    mine = sa.and_(outbox.c.state == _sending, outbox.c.lease.in_(leases), outbox.c.updated_at < now - _SURELY_ARRIVED)
    lost = [number for number in db.scalars(sa.select(outbox.c.id).where(mine)) if number not in held]
    if lost:
        db.execute(
            sa.update(outbox)
            .where(outbox.c.id.in_(lost), outbox.c.lease.in_(leases), outbox.c.state == _sending)
            .values(state=DeliveryState.QUEUED.value, attempts=0, lease=None, lease_until=None, updated_at=now)
        )
    return len(lost)


_SURELY_ARRIVED = timedelta(seconds=10)

_ORDER = {
    DeliveryState.QUEUED: 0,
    DeliveryState.SENDING: 0,
    DeliveryState.UNKNOWN: 0,
    DeliveryState.FAILED: 0,
    DeliveryState.SENT: 1,
    DeliveryState.DELIVERED: 2,
    DeliveryState.READ: 3,
}
_STARTED = sa.or_(outbox.c.state != DeliveryState.QUEUED.value, outbox.c.was_unknown)


_AGAIN_AFTER = {Failing.PASSING: timedelta(seconds=30), Failing.CHANNEL: timedelta(seconds=60)}
"""When a message goes out again that the platform had taken and then, for certain, did not deliver."""

_MOST_TRIES = 20
_TRIED = (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.UNKNOWN)


def note_receipt(db: sa.Connection, vault: Vault, receipt: Receipt, *, now: datetime) -> ContactId | None:
    """Raise a message's state by what its platform says; a state never goes back. The contact, if the message is ours.

    What was taken and then not delivered, for a reason that passes, is queued again.

    A message whose sending was never heard of again is found by our key: then it did arrive, and is not sent once more.
    """
    number = receipt.key.removeprefix("o:")
    if receipt.key.startswith("o:") and number.isdecimal() and len(number) < 20:
        which = sa.and_(outbox.c.id == int(number), _STARTED)
    else:
        which = outbox.c.platform_digest == vault.digest("platform id", receipt.platform_id)
    query = sa.select(outbox.c.id, outbox.c.contact_id, outbox.c.state, outbox.c.attempts, outbox.c.platform_digest)
    row = db.execute(query.where(which)).one_or_none()
    if row is None:
        return None
    before = DeliveryState(row.state)
    values: dict[str, object] = {}
    if _ORDER[receipt.state] > _ORDER[before]:
        values["state"] = receipt.state.value
    elif receipt.state is DeliveryState.FAILED and _ORDER[before] <= _ORDER[DeliveryState.SENT]:
        again = _AGAIN_AFTER.get(receipt.failing)
        is_latest = row.platform_digest in (None, vault.digest("platform id", receipt.platform_id))
        if again is None or row.attempts >= _MOST_TRIES:
            values |= {"state": DeliveryState.FAILED.value, "error": receipt.error[:60] or None}
        elif before in _TRIED and is_latest:
            values |= {"state": DeliveryState.QUEUED.value, "error": receipt.error[:60] or None, "due_at": now + again}
            values |= {"platform_digest": None, "platform_sealed": None}
    if row.platform_digest is None and receipt.platform_id and "due_at" not in values:
        values["platform_digest"] = vault.digest("platform id", receipt.platform_id)
        values["platform_sealed"] = vault.seal(f"outbox:{row.id}", receipt.platform_id.encode())
    if values:
        values |= {"lease": None, "lease_until": None} if "state" in values else {}
        db.execute(sa.update(outbox).where(outbox.c.id == row.id).values(**values, updated_at=now))
    return ContactId(row.contact_id)


def drop_waiting(db: sa.Connection, contact_ids: Sequence[ContactId], *, error: str, now: datetime) -> None:
    """Give up what waits for contacts who can't be written to any more."""
    if contact_ids:
        db.execute(
            sa.update(outbox)
            .where(outbox.c.contact_id.in_(contact_ids), outbox.c.state == DeliveryState.QUEUED.value)
            .values(state=DeliveryState.FAILED.value, error=error[:60], updated_at=now)
        )


def send_again(db: sa.Connection, contact_id: ContactId, message_id: MessageId, *, control_epoch: int, now: datetime) -> bool:
    """Queue a message of unknown fate once more, because the responder chose to. Whether it was one."""
    query = (
        sa.update(outbox)
        .where(
            outbox.c.id == message_id,
            outbox.c.contact_id == contact_id,
            outbox.c.state == DeliveryState.UNKNOWN.value,
        )
        .values(state=DeliveryState.QUEUED.value, control_epoch=control_epoch, due_at=now, updated_at=now)
    )
    return db.execute(query).rowcount == 1


def carry_over(db: sa.Connection, contact_id: ContactId, *, control_epoch: int) -> None:
    """Let what a responder wrote and what still waits go out though the speaker changes: she chose to end with it."""
    db.execute(
        sa.update(outbox)
        .where(outbox.c.contact_id == contact_id, outbox.c.state == DeliveryState.QUEUED.value, outbox.c.is_human)
        .values(control_epoch=control_epoch)
    )


def next_due_at(db: sa.Connection) -> datetime | None:
    """When the next queued message may go out; None when none waits."""
    query = sa.select(sa.func.min(outbox.c.due_at)).where(outbox.c.state == _queued)
    earliest: datetime | None = db.scalar(query)
    return earliest


def contacts_of(db: sa.Connection, ids: Sequence[MessageId]) -> list[int]:
    """Whose messages these are."""
    return list(db.scalars(sa.select(outbox.c.contact_id).where(outbox.c.id.in_(ids)).distinct()))


def count_resent(db: sa.Connection) -> int:
    """How many messages were of unknown fate once: the only ones that may have arrived twice."""
    return int(db.scalar(sa.select(sa.func.count()).select_from(outbox).where(outbox.c.was_unknown)) or 0)


def count_by_state(db: sa.Connection) -> dict[str, int]:
    """How many messages are in each state."""
    rows = db.execute(sa.select(outbox.c.state, sa.func.count()).group_by(outbox.c.state))
    return {str(row[0]): int(row[1]) for row in rows}
