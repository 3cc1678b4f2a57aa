"""Those who answer, and invitations to become one of them. Names, logins and password hashes are sealed."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from bot.domain.responders import Responder, ResponderId, Role
from bot.errors import BotError
from bot.storage.ids import Ids
from bot.storage.tables_people import invitations, responders
from bot.storage.vault import Vault

INVITATION_LASTS = timedelta(hours=24)
PRESENCE_LASTS = timedelta(minutes=2)
"""How long after the last sign of the console somebody on duty still counts: as long as a lease (domain/cases)."""

_new_id = Ids()


class LoginTaken(BotError):
    """Somebody has this login."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Somebody with what their password is checked against; None: they can't sign in by one."""

    responder: Responder
    password_hash: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Invited:
    """An invitation that can be used. `is_first`: the one that makes the first administrator."""

    id: int
    roles: frozenset[Role]
    is_first: bool
    invited_by: ResponderId | None


class _Names(msgspec.Struct):
    name: str
    login: str


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Names).decode


def add(db: sa.Connection, vault: Vault, responder: Responder, *, password_hash: str | None = None, now: datetime) -> None:
    """Write somebody new.

    Raises:
        LoginTaken.
    """
    digest = _login_digest(vault, responder.login)
    if db.execute(sa.select(responders.c.id).where(responders.c.login_digest == digest)).first() is not None:
        raise LoginTaken
    sealed = vault.seal(f"responders:{responder.id}", _encode(_Names(responder.name, responder.login)))
    password = vault.seal(f"passwords:{responder.id}", password_hash.encode()) if password_hash else None
    row = {
        "id": responder.id,
        "login_digest": digest,
        "sealed": sealed,
        "password_sealed": password,
        "roles": _roles_text(responder.roles),
        "slots": responder.slots,
        "is_active": True,
        "is_on_duty": responder.is_on_duty,
        "present_at": now,
        "created_at": now,
    }
    try:
        with db.begin_nested():
            db.execute(sa.insert(responders), row)
    except sa.exc.IntegrityError as exc:
        # Somebody else took the login between the look above and here; only PostgreSQL lets that happen.
        raise LoginTaken from exc


def list_all(db: sa.Connection, vault: Vault, *, lock: bool = False) -> list[Responder]:
    """Everybody who may sign in or once might, in order of arrival. `lock`: they stay so until the transaction ends."""
    query = sa.select(responders).order_by(responders.c.id)
    return [responder_of(row, vault) for row in db.execute(query.with_for_update() if lock else query)]


def find_account(db: sa.Connection, vault: Vault, login: str) -> Account | None:
    """The account of this login."""
    return _account(db, vault, responders.c.login_digest == _login_digest(vault, login))


def get_account(db: sa.Connection, vault: Vault, who: ResponderId) -> Account | None:
    """The account of this person, while they may sign in."""
    return _account(db, vault, responders.c.id == who)


def _account(db: sa.Connection, vault: Vault, condition: sa.ColumnElement[bool]) -> Account | None:
    row = db.execute(sa.select(responders).where(condition, responders.c.is_active)).one_or_none()
    if row is None:
        return None
    sealed = row.password_sealed
    password_hash = vault.open(f"passwords:{row.id}", sealed).decode() if sealed else None
    return Account(responder=responder_of(row, vault), password_hash=password_hash)


def has_administrator(db: sa.Connection) -> bool:
    """Whether anybody can let others in."""
    query = sa.select(responders.c.roles).where(responders.c.is_active)
    return any(Role.ADMINISTRATOR in _roles(text) for (text,) in db.execute(query))


def list_names(db: sa.Connection, vault: Vault, ids: Iterable[ResponderId]) -> dict[ResponderId, str]:
    """The shown names of these people."""
    rows = db.execute(sa.select(responders).where(responders.c.id.in_(list(ids))))
    return {ResponderId(row.id): responder_of(row, vault).name for row in rows}


def set_active(db: sa.Connection, who: ResponderId, *, is_active: bool) -> None:
    """Note whether this person may sign in."""
    db.execute(sa.update(responders).where(responders.c.id == who).values(is_active=is_active))


def set_roles(db: sa.Connection, who: ResponderId, roles: frozenset[Role]) -> None:
    """Write this person's roles."""
    db.execute(sa.update(responders).where(responders.c.id == who).values(roles=_roles_text(roles)))


def set_password(db: sa.Connection, vault: Vault, who: ResponderId, password_hash: str) -> None:
    """Write this person's password."""
    sealed = vault.seal(f"passwords:{who}", password_hash.encode())
    db.execute(sa.update(responders).where(responders.c.id == who).values(password_sealed=sealed))


def set_duty(db: sa.Connection, who: ResponderId, *, is_on_duty: bool, now: datetime) -> None:
    """Note whether this person takes people from now on."""
    db.execute(sa.update(responders).where(responders.c.id == who).values(is_on_duty=is_on_duty, present_at=now))


def note_present(db: sa.Connection, who: ResponderId, *, now: datetime) -> None:
    """Note that this person's console was heard of."""
    db.execute(sa.update(responders).where(responders.c.id == who).values(present_at=now))


def count_on_duty(db: sa.Connection, now: datetime) -> int:
    """How many answer people at the moment: on duty, in a role that does, and heard of lately."""
    query = sa.select(responders.c.roles).where(
        responders.c.is_active, responders.c.is_on_duty, responders.c.present_at >= now - PRESENCE_LASTS
    )
    return sum(bool(_roles(text) & {Role.RESPONDER, Role.SUPERVISOR}) for (text,) in db.execute(query))


def first_invitation(db: sa.Connection, vault: Vault, *, now: datetime) -> str | None:
    """The token of a fresh one-time link that makes the first administrator; None when there is one.

    Links given before stop working, so that at most one is out.
    """
    if has_administrator(db):
        return None
    db.execute(sa.delete(invitations).where(invitations.c.is_first))
    return add_invitation(db, vault, frozenset({Role.ADMINISTRATOR}), by=None, is_first=True, now=now)


def add_invitation(
    db: sa.Connection, vault: Vault, roles: frozenset[Role], *, by: ResponderId | None, is_first: bool = False, now: datetime
) -> str:
    """The token of a fresh invitation: 256 random bits, of which only a keyed digest is kept."""
    token = secrets.token_urlsafe(32)
    row = {
        "id": _new_id(),
        "token_digest": vault.digest("invitation", token),
        "roles": _roles_text(roles),
        "is_first": is_first,
        "invited_by": by,
        "created_at": now,
        "expires_at": now + INVITATION_LASTS,
    }
    db.execute(sa.insert(invitations), row)
    return token


def find_invitation(db: sa.Connection, vault: Vault, token: str, *, now: datetime) -> Invited | None:
    """The invitation of this token, while it can be used."""
    query = sa.select(invitations).where(
        invitations.c.token_digest == vault.digest("invitation", token),
        invitations.c.used_at.is_(None),
        invitations.c.expires_at > now,
    )
    row = db.execute(query).one_or_none()
    if row is None or (row.is_first and has_administrator(db)):
        return None
    return Invited(id=row.id, roles=_roles(row.roles), is_first=row.is_first, invited_by=row.invited_by)


def use_invitation(db: sa.Connection, invited: Invited, *, now: datetime) -> bool:
    """Use it up. False: somebody was quicker."""
    unused = sa.update(invitations).where(invitations.c.id == invited.id, invitations.c.used_at.is_(None))
    return db.execute(unused.values(used_at=now)).rowcount == 1


def responder_of(row: sa.Row[*tuple[Any, ...]], vault: Vault) -> Responder:
    """The person of a row that has the columns of `responders`."""
    names = _decode(vault.open(f"responders:{row.id}", row.sealed))
    return Responder(
        id=ResponderId(row.id),
        name=names.name,
        login=names.login,
        roles=_roles(row.roles),
        slots=row.slots,
        is_on_duty=row.is_on_duty,
        is_active=row.is_active,
    )


def _login_digest(vault: Vault, login: str) -> bytes:
    return vault.digest("login", login)


def _roles_text(roles: frozenset[Role]) -> str:
    return " ".join(sorted(role.value for role in roles))


def _roles(text: str) -> frozenset[Role]:
    return frozenset(Role(each) for each in text.split())
