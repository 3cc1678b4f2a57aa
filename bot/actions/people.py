"""Those who answer come and go: invited, signed in, on duty, signed out. Each change in one transaction, each audited.

Hashing a password is slow on purpose and happens between transactions, so these functions take the database itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.domain import credentials
from bot.domain.responders import NotAllowed, Responder, ResponderId, Role, may_invite, may_take_people
from bot.domain.tries import wait_until
from bot.errors import BotError
from bot.storage import audit, passwords, people, signins
from bot.storage.database import Database
from bot.storage.people import Account, Invited
from bot.storage.signins import SignedIn
from bot.storage.vault import Vault


class WrongPassword(BotError):
    """There is nobody of this login and password."""


class TooManyTries(BotError):
    """Too many guesses; the next is listened to after `wait_seconds`."""

    def __init__(self, wait_seconds: int) -> None:
        super().__init__("too many tries")
        self.wait_seconds = wait_seconds


class LinkUsed(BotError):
    """The invitation was used, ran out, or never was."""


class OffDuty(BotError):
    """Only who is on duty takes people."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """What letting people in needs, built once. `lasts` and `idle`: how long a sign-in holds in all, and unused."""

    database: Database
    vault: Vault
    new_id: Callable[[], int]
    lasts: timedelta
    idle: timedelta
    slots: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """Somebody just let in, with the tokens for their browser: of this sign-in, and of the device."""

    responder: Responder
    token: str
    device: str


async def sign_in(door: Door, *, login: str, password: str, device: str, now: datetime) -> Entry:
    """The person of this login and password, signed in. `device` is the browser's device token, empty for a new one.

    Guesses are slowed by login, and on a device that its owner signed in on before, by device: so whoever guesses at a login from
    elsewhere doesn't keep its owner out.

    Raises:
        TooManyTries: nothing was checked.
        WrongPassword: the same for an unknown login, after the same work.
        TooBusy.
    """
    login = credentials.tidy_login(login)
    account, subject = await door.database.write(lambda db: _count_try(db, door, login, device, now))
    if not await passwords.matches(account.password_hash if account else None, credentials.tidy_password(password)):
        who = account.responder.id if account else None
        await door.database.write(lambda db: audit.add(db, actor=who, action="sign_in_failed", at=now))
        raise WrongPassword
    assert account is not None  # noqa: S101 - nobody's password matches nothing

    def enter(db: sa.Connection) -> Entry:
        signins.forget_tries(db, subject)
        return let_in(db, door, account.responder, device, now)

    return await door.database.write(enter)


async def is_known_device(door: Door, device: str, *, login: str, now: datetime) -> bool:
    """Whether the person of this login signed in on this device lately."""

    def look(db: sa.Connection) -> bool:
        account = people.find_account(db, door.vault, credentials.tidy_login(login))
        return account is not None and signins.is_known_device(db, door.vault, device, account.responder.id, now=now)

    return bool(device) and await door.database.read(look)


def _count_try(db: sa.Connection, door: Door, login: str, device: str, now: datetime) -> tuple[Account | None, bytes]:
    """Count the try before it is checked, so that a hundred at once are a hundred.

    Raises:
        TooManyTries.
    """
    account = people.find_account(db, door.vault, login)
    subject = door.vault.digest("tries of login", login)
    if account and device and signins.is_known_device(db, door.vault, device, account.responder.id, now=now):
        subject = door.vault.digest("tries of device", device)
    tries = signins.get_tries(db, subject, now=now)
    if tries.last_at is not None and (until := wait_until(tries.count, tries.last_at)) > now:
        raise TooManyTries(max(1, round((until - now).total_seconds())))
    signins.set_tries(db, subject, count=tries.count + 1, now=now)
    return account, subject


def let_in(db: sa.Connection, door: Door, responder: Responder, device: str, now: datetime) -> Entry:
    """Sign this person in on this device."""
    if responder.is_on_duty and signins.count_of(db, responder.id, idle=door.idle, now=now) == 0:
        # The shift ended when the last sign-in ran out: nobody is on duty again by looking in.
        people.set_duty(db, responder.id, is_on_duty=False, now=now)
        responder = replace(responder, is_on_duty=False)
    if device and signins.is_known_device(db, door.vault, device, responder.id, now=now):
        signins.note_device(db, door.vault, device, now=now)
    else:
        device = signins.add_device(db, door.vault, responder.id, now=now)
    token = signins.add(db, door.vault, responder.id, lasts=door.lasts, now=now)
    audit.add(db, actor=responder.id, action="signed_in", at=now)
    return Entry(responder=responder, token=token, device=device)


def sign_out(db: sa.Connection, signed_in: SignedIn, *, idle: timedelta, now: datetime) -> None:
    """End this sign-in; with the last one, duty ends too."""
    signins.end(db, signed_in.id)
    who = signed_in.responder.id
    if signins.count_of(db, who, idle=idle, now=now) == 0:
        people.set_duty(db, who, is_on_duty=False, now=now)
    audit.add(db, actor=who, action="signed_out", at=now)


def set_duty(db: sa.Connection, *, by: Responder, is_on_duty: bool, now: datetime) -> None:
    """Take people from now on, or stop. Those held stay; they go back by release or when the lease runs out.

    Raises:
        NotAllowed: this role answers nobody.
    """
    if not may_take_people(by):
        raise NotAllowed
    people.set_duty(db, by.id, is_on_duty=is_on_duty, now=now)
    audit.add(db, actor=by.id, action="duty_began" if is_on_duty else "duty_ended", at=now)


def invite(db: sa.Connection, vault: Vault, roles: frozenset[Role], *, by: Responder, now: datetime) -> str:
    """The token of a one-time link for somebody who will have these roles.

    Raises:
        NotAllowed.
    """
    if not may_invite(by):
        raise NotAllowed
    audit.add(db, actor=by.id, action="invited", at=now, detail=" ".join(sorted(role.value for role in roles)))
    return people.add_invitation(db, vault, roles, by=by.id, now=now)


async def look(door: Door, *, token: str, now: datetime) -> Invited:
    """What this one-time link invites to.

    Raises:
        LinkUsed.
    """
    invited = await door.database.read(lambda db: people.find_invitation(db, door.vault, token, now=now))
    if invited is None:
        raise LinkUsed
    return invited


async def accept(
    door: Door, *, token: str, name: str, login: str, password: str, also_responder: bool, device: str, now: datetime
) -> Entry:
    """Somebody new, signed in by a one-time link. `also_responder` counts for the first administrator's link only.

    Raises:
        LinkUsed, LoginTaken, LoginUnusable, NameUnusable, PasswordWeak, TooBusy.
    """
    # The link first: a stranger without one learns nothing and costs no hashing.
    await look(door, token=token, now=now)
    login, name = credentials.check_login(login), credentials.check_name(name)
    password_hash = await passwords.hash_password(credentials.check_password(password, login=login, name=name))

    def join(db: sa.Connection) -> Entry:
        invited = people.find_invitation(db, door.vault, token, now=now)
        if invited is None or not people.use_invitation(db, invited, now=now):
            raise LinkUsed
        extra = {Role.RESPONDER} if invited.is_first and also_responder else set()
        responder = Responder(
            id=ResponderId(door.new_id()), name=name, login=login, roles=invited.roles | extra, slots=door.slots
        )
        people.add(db, door.vault, responder, password_hash=password_hash, now=now)
        audit.add(db, actor=responder.id, action="joined", at=now)
        return let_in(db, door, responder, device, now)

    return await door.database.write(join)
