"""Updates as received, each once, until they were worked. Of what is worked as it comes, only the key is entered."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.messages import Update
from bot.storage.database import Turn, alone
from bot.storage.ids import node_of
from bot.storage.prepared import Prepared, PreparedIn, Row
from bot.storage.tables import inbox, microseconds, moment_of
from bot.storage.vault import SealBroken, Vault

WAITING, TAKEN, DONE, SET_ASIDE = 0, 1, 2, 3

KEYS_KEPT = timedelta(days=30)
"""How long a key is remembered, so that a late redelivery is known. WhatsApp may repeat for about 8 days, Telegram for one."""

BODIES_KEPT = timedelta(hours=24)

ALONE = 0
"""The lease of a worker that has the database to itself: it marks nothing, and what it took waits on until it is done."""


class _Content(msgspec.Struct, array_like=True):
    key: str
    address: str
    body: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Content).decode


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """An update in a worker's hands. `lease` must still be its lease when it is marked done."""

    id: int
    lease: int
    attempts: int
    update: Update
    address_digest: bytes


def address_digest(vault: Vault, *, channel: str, account: str, address: str) -> bytes:
    """By what a conversation is found again."""
    return vault.digest("address", f"{channel}\0{account}\0{address}")


def rows_of(vault: Vault, updates: Sequence[Update]) -> list[Row]:
    """The rows that `add` inserts: sealed, and therefore made before the transaction."""
    rows: list[Row] = []
    for update in updates:
        key_digest = _key_digest(vault, update)
        content = _encode(_Content(update.key, update.address, update.body))
        rows.append(
            (
                update.channel,
                update.account,
                key_digest,
                address_digest(vault, channel=update.channel, account=update.account, address=update.address),
                vault.seal(_place(key_digest), content),
                microseconds(update.received_at),
                WAITING,
                0,
            )
        )
    return rows


_row = ("channel", "account", "key_digest", "address_digest", "sealed", "received_at", "state", "attempts")
_insert_postgres = Prepared(postgresql.insert(inbox).on_conflict_do_nothing(), *_row)
_insert_sqlite = Prepared(sqlite.insert(inbox).on_conflict_do_nothing(), *_row)


def add(db: sa.Connection, rows: Sequence[Row]) -> None:
    """Insert the updates that aren't here yet."""
    (_insert_postgres if db.dialect.name == "postgresql" else _insert_sqlite).many(db, rows)


def fresh(vault: Vault, update: Update) -> Taken:
    """An update that is not stored yet, as a worker who has the database to itself takes it."""
    digest = address_digest(vault, channel=update.channel, account=update.account, address=update.address)
    return Taken(id=0, lease=ALONE, attempts=1, update=update, address_digest=digest)


def add_done(db: sa.Connection, vault: Vault, fresh: Sequence[Taken]) -> bool:
    """Enter the keys of updates that this transaction works; their bodies are never stored. Whether all of them were new.

    Only for who has the database to itself.
    """
    rows = [
        (
            each.update.channel,
            each.update.account,
            _key_digest(vault, each.update),
            each.address_digest,
            None,
            microseconds(each.update.received_at),
            DONE,
            1,
        )
        for each in fresh
    ]
    return _insert_sqlite.many(db, rows) == len(rows)


# Written out, not bound: only then does SQLite see that the partial index fits.
_is_open = sa.text("inbox.state < 2")

_waiting = (
    sa.select(inbox.c.id, inbox.c.channel, inbox.c.account, inbox.c.key_digest, inbox.c.address_digest, inbox.c.sealed)
    .add_columns(inbox.c.received_at, inbox.c.attempts)
    .where(_is_open, inbox.c.state == WAITING)
    .order_by(inbox.c.id)
    .limit(sa.bindparam("most"))
)
_held = inbox.alias("held")
_in_hands = sa.exists().where(
    sa.text("held.state < 2"), _held.c.state == TAKEN, _held.c.address_digest == inbox.c.address_digest
)
_take_alone = Prepared(_waiting, "most")
_take = Prepared(_waiting.where(~_in_hands).with_for_update(of=inbox), "most")
_mark_taken = PreparedIn(
    lambda ids: (
        sa.update(inbox)
        .where(inbox.c.id.in_(ids))
        .values(state=TAKEN, lease=sa.bindparam("by"), lease_until=sa.bindparam("until"), attempts=inbox.c.attempts + 1)
    ),
    "by",
    "until",
)


def take_next(db: sa.Connection, vault: Vault, *, by: int, now: datetime, lease: timedelta, most: int) -> list[Taken]:
    """The oldest waiting updates of contacts none of whom is in another's hands, now in these.

    `by` ALONE only looks: where no other worker can be, nothing need be written to keep it away. What can't be opened is passed over.
    """
    if by != ALONE:
        # Whoever takes at the same time would not see what is in these hands yet, and overtake it.
        alone(db, Turn.TAKE_INBOX)
    rows = (_take_alone if by == ALONE else _take).rows(db, (most,))
    if not rows:
        return []
    if by != ALONE:
        _mark_taken.run(db, [row[0] for row in rows], (by, microseconds(now + lease)))
    taken: list[Taken] = []
    for number, channel, account, key_digest, digest, sealed, received_at, attempts in rows:
        try:
            content = _decode(vault.open(_place(key_digest), sealed))
        except (SealBroken, msgspec.DecodeError):
            # It waits on, and its age is seen in the metrics; the others must not wait with it.
            continue
        update = Update(
            channel=channel,
            account=account,
            key=content.key,
            address=content.address,
            body=content.body,
            received_at=moment_of(received_at),
        )
        taken.append(Taken(id=number, lease=by, attempts=attempts + 1, update=update, address_digest=digest))
    return taken


_mine = PreparedIn(
    lambda ids: (
        sa.select(inbox.c.id)
        .where(inbox.c.id.in_(ids), inbox.c.state == TAKEN, inbox.c.lease == sa.bindparam("by"))
        # Until the transaction ends nobody takes them back, however late it is.
        .with_for_update()
    ),
    "by",
)
_still_waiting = PreparedIn(lambda ids: sa.select(inbox.c.id).where(inbox.c.id.in_(ids), inbox.c.state == WAITING))
_mark = PreparedIn(
    lambda ids: (
        sa.update(inbox)
        .where(inbox.c.id.in_(ids))
        .values(state=sa.bindparam("new_state"), error=sa.bindparam("why"), lease=None, lease_until=None)
    ),
    "new_state",
    "why",
)


def still_taken(db: sa.Connection, ids: Sequence[int], *, by: int) -> set[int]:
    """Which of these are still in these hands: a late worker's lease may have run out."""
    if by == ALONE:
        return {number for (number,) in _still_waiting.rows(db, ids)}
    return {number for (number,) in _mine.rows(db, ids, (by,))}


def mark_done(db: sa.Connection, ids: Sequence[int]) -> None:
    """These were worked; what they led to is in the same transaction."""
    if ids:
        _mark.run(db, ids, (DONE, None))


def set_aside(db: sa.Connection, ids: Sequence[int], *, error: str) -> None:
    """These can't be worked. `error` is the class of the fault, never its words. A person looks at the case it opened."""
    if ids:
        _mark.run(db, ids, (SET_ASIDE, error[:60]))


def give_back(db: sa.Connection, *, now: datetime, gone: Sequence[int] = ()) -> int:
    """Put back what was in hands whose lease ran out, or whose process (by its number) is gone. How many."""
    lost = sa.or_(inbox.c.lease_until < now, node_of(inbox.c.lease).in_(gone))
    query = sa.update(inbox).where(_is_open, inbox.c.state == TAKEN, lost).values(state=WAITING, lease=None, lease_until=None)
    return db.execute(query).rowcount


def forget(db: sa.Connection, *, now: datetime) -> None:
    """Erase bodies of what was done a day ago, and keys that nobody repeats any more."""
    db.execute(
        sa.update(inbox)
        .where(inbox.c.state >= DONE, inbox.c.sealed.is_not(None), inbox.c.received_at < now - BODIES_KEPT)
        .values(sealed=None)
    )
    db.execute(sa.delete(inbox).where(inbox.c.state >= DONE, inbox.c.received_at < now - KEYS_KEPT))


def forget_of(db: sa.Connection, address_digest: bytes) -> None:
    """Erase the bodies of what this address sent and what was worked; its keys stay known."""
    db.execute(sa.update(inbox).where(inbox.c.address_digest == address_digest, inbox.c.state >= DONE).values(sealed=None))


def oldest_waiting_at(db: sa.Connection) -> datetime | None:
    """Since when the longest-waiting update waits; None when none does."""
    return db.scalar(sa.select(inbox.c.received_at).where(_is_open).order_by(inbox.c.id).limit(1))


def _key_digest(vault: Vault, update: Update) -> bytes:
    return vault.digest("update", f"{update.channel}\0{update.account}\0{update.key}")


def _place(key_digest: bytes) -> str:
    return "inbox:" + key_digest.hex()
