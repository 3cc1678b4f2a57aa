"""Where people are signed in, which devices they used before, and how often somebody tried in vain.

Of each token only a keyed digest is kept: what is stolen from the database opens nothing.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.responders import Responder, ResponderId
from bot.storage.ids import Ids
from bot.storage.people import responder_of
from bot.storage.tables_people import devices, responders, sign_in_tries, sign_ins
from bot.storage.vault import Vault

DEVICE_LASTS = timedelta(days=180)
TRIES_LAST = timedelta(days=1)

_new_id = Ids()


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedIn:
    """Somebody signed in on one device. `active_at`: when they last did something there."""

    id: int
    responder: Responder
    active_at: datetime
    expires_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Tries:
    """How often one tried in a row without success, and when last (None: never lately)."""

    count: int = 0
    last_at: datetime | None = None


def add(db: sa.Connection, vault: Vault, who: ResponderId, *, lasts: timedelta, now: datetime) -> str:
    """The token of a new sign-in: 256 random bits."""
    token = secrets.token_urlsafe(32)
    row = {
        "id": _new_id(),
        "token_digest": vault.digest("sign-in", token),
        "responder_id": who,
        "created_at": now,
        "active_at": now,
        "expires_at": now + lasts,
    }
    db.execute(sa.insert(sign_ins), row)
    return token


def find(db: sa.Connection, vault: Vault, token: str, *, idle: timedelta, now: datetime) -> SignedIn | None:
    """Who is signed in with this token, unless it ran out or rested longer than `idle`."""
    query = (
        sa.select(sign_ins.c.id.label("sign_in_id"), sign_ins.c.active_at, sign_ins.c.expires_at, responders)
        .join_from(sign_ins, responders)
        .where(
            sign_ins.c.token_digest == vault.digest("sign-in", token),
            sign_ins.c.expires_at > now,
            sign_ins.c.active_at > now - idle,
            responders.c.is_active,
        )
    )
    row = db.execute(query).one_or_none()
    if row is None:
        return None
    return SignedIn(id=row.sign_in_id, responder=responder_of(row, vault), active_at=row.active_at, expires_at=row.expires_at)


def is_valid(db: sa.Connection, sign_in_id: int, *, idle: timedelta, now: datetime) -> bool:
    """Whether this sign-in still holds."""
    query = sa.select(sign_ins.c.id).where(
        sign_ins.c.id == sign_in_id, sign_ins.c.expires_at > now, sign_ins.c.active_at > now - idle
    )
    return db.execute(query).first() is not None


def note_active(db: sa.Connection, sign_in_id: int, *, now: datetime) -> None:
    """Note that this person did something."""
    db.execute(sa.update(sign_ins).where(sign_ins.c.id == sign_in_id).values(active_at=now))


def end(db: sa.Connection, sign_in_id: int) -> None:
    """Sign out."""
    db.execute(sa.delete(sign_ins).where(sign_ins.c.id == sign_in_id))


def end_all(db: sa.Connection, who: ResponderId) -> list[int]:
    """Sign this person out everywhere. Gives the sign-ins that ended."""
    ended = list(db.execute(sa.select(sign_ins.c.id).where(sign_ins.c.responder_id == who)).scalars())
    db.execute(sa.delete(sign_ins).where(sign_ins.c.responder_id == who))
    return ended


def count_of(db: sa.Connection, who: ResponderId, *, idle: timedelta, now: datetime) -> int:
    """On how many devices this person is signed in."""
    query = sa.select(sa.func.count()).where(
        sign_ins.c.responder_id == who, sign_ins.c.expires_at > now, sign_ins.c.active_at > now - idle
    )
    return db.execute(query).scalar_one()


def add_device(db: sa.Connection, vault: Vault, who: ResponderId, *, now: datetime) -> str:
    """The token by which a device is known again as one that this person signed in on."""
    token = secrets.token_urlsafe(32)
    db.execute(sa.insert(devices), {"token_digest": vault.digest("device", token), "responder_id": who, "used_at": now})
    return token


def is_known_device(db: sa.Connection, vault: Vault, token: str, who: ResponderId, *, now: datetime) -> bool:
    """Whether this person signed in on this device lately."""
    query = sa.select(devices.c.used_at).where(
        devices.c.token_digest == vault.digest("device", token),
        devices.c.responder_id == who,
        devices.c.used_at > now - DEVICE_LASTS,
    )
    return db.execute(query).first() is not None


def note_device(db: sa.Connection, vault: Vault, token: str, *, now: datetime) -> None:
    """Note that somebody signed in on it again."""
    db.execute(sa.update(devices).where(devices.c.token_digest == vault.digest("device", token)).values(used_at=now))


def get_tries(db: sa.Connection, subject: bytes, *, now: datetime) -> Tries:
    """The tries of this subject (a digest), locked until the transaction ends so that each try sees the one before."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    none = {"subject_digest": subject, "count": 0, "last_at": now}
    db.execute(insert(sign_in_tries).on_conflict_do_nothing(), none)
    query = sa.select(sign_in_tries.c.count, sign_in_tries.c.last_at).where(sign_in_tries.c.subject_digest == subject)
    count, last_at = db.execute(query.with_for_update()).one()
    return Tries() if last_at <= now - TRIES_LAST else Tries(count=count, last_at=last_at)


def set_tries(db: sa.Connection, subject: bytes, *, count: int, now: datetime) -> None:
    """Write how often this subject tried."""
    mine = sa.update(sign_in_tries).where(sign_in_tries.c.subject_digest == subject)
    db.execute(mine.values(count=count, last_at=now))


def forget_tries(db: sa.Connection, subject: bytes) -> None:
    """The subject had success."""
    db.execute(sa.delete(sign_in_tries).where(sign_in_tries.c.subject_digest == subject))


def forget(db: sa.Connection, *, now: datetime) -> None:
    """Erase what can't be used any more: ended sign-ins, old devices, old tries."""
    db.execute(sa.delete(sign_ins).where(sign_ins.c.expires_at <= now))
    db.execute(sa.delete(devices).where(devices.c.used_at <= now - DEVICE_LASTS))
    db.execute(sa.delete(sign_in_tries).where(sign_in_tries.c.last_at <= now - TRIES_LAST))
