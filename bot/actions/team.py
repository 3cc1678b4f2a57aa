"""Those who answer are looked after by an administrator: who may sign in, in which roles, with a new password when one is lost."""

import re
import secrets
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.actions import handoff
from bot.actions.people import Door, Entry, LinkUsed, let_in
from bot.actions.speaking import Desk
from bot.domain import credentials
from bot.domain.responders import NotAllowed, Responder, ResponderId, Role, may_invite, may_take_people
from bot.errors import BotError
from bot.storage import audit, cases, passwords, people, signins
from bot.storage.people import Account
from bot.storage.vault import Vault

RESET_LASTS = timedelta(hours=24)
_TOKEN = re.compile(r"(\d{1,19})\.(\d{1,12})\.([0-9a-f]{32})")


class PersonNotFound(BotError):
    """There is nobody of this number or login."""


class LastAdministrator(BotError):
    """Without this person nobody could let others in."""


def set_active(db: sa.Connection, desk: Desk, who: ResponderId, *, is_active: bool, by: Responder, now: datetime) -> list[int]:
    """Let this person sign in, or not any more: then they are signed out everywhere and their people wait in the queue again.

    Gives the sign-ins that ended.

    Raises:
        NotAllowed, PersonNotFound, LastAdministrator.
    """
    person = _find(db, desk.vault, who, by=by)
    if not is_active:
        _require_another_administrator(db, desk.vault, person)
    people.set_active(db, who, is_active=is_active)
    ended = [] if is_active else signins.end_all(db, who)
    if not is_active:
        _leave_people(db, desk, person, now=now)
    audit.add(db, actor=by.id, action="person_let_in" if is_active else "person_shut_out", at=now, detail=str(who))
    return ended


def set_roles(db: sa.Connection, desk: Desk, who: ResponderId, roles: frozenset[Role], *, by: Responder, now: datetime) -> None:
    """Give this person these roles instead. Who answers nobody any more has nobody in hand either.

    Raises:
        NotAllowed, PersonNotFound, LastAdministrator.
    """
    person = _find(db, desk.vault, who, by=by)
    changed = replace(person, roles=roles)
    if not may_invite(changed):
        _require_another_administrator(db, desk.vault, person)
    people.set_roles(db, who, roles)
    if not may_take_people(changed):
        _leave_people(db, desk, person, now=now)
    detail = " ".join((str(who), *sorted(role.value for role in roles)))
    audit.add(db, actor=by.id, action="roles_set", at=now, detail=detail)


def make_reset_link(db: sa.Connection, vault: Vault, who: ResponderId, *, by: Responder | None, now: datetime) -> str:
    """The token of a link by which this person sets a new password once. `by` None: somebody at the machine itself.

    It names the password that it replaces, so it is used up by any new one.

    Raises:
        NotAllowed, PersonNotFound.
    """
    if by is not None:
        _find(db, vault, who, by=by)
    account = people.get_account(db, vault, who)
    if account is None:
        raise PersonNotFound
    until = int((now + RESET_LASTS).timestamp())
    audit.add(db, actor=by.id if by else None, action="reset_link_made", at=now, detail=str(who))
    return f"{who}.{until}.{_proof(vault, account, until)}"


async def look(door: Door, *, token: str, now: datetime) -> Responder:
    """Whose password this link replaces.

    Raises:
        LinkUsed.
    """
    return await door.database.read(lambda db: _account_of(db, door.vault, token, now=now).responder)


async def reset(door: Door, *, token: str, password: str, device: str, now: datetime) -> Entry:
    """Set the new password, end every sign-in made with the old one, and sign in here.

    Raises:
        LinkUsed, PasswordWeak, TooBusy.
    """
    person = await look(door, token=token, now=now)
    checked = credentials.check_password(password, login=person.login, name=person.name)
    password_hash = await passwords.hash_password(checked)

    def work(db: sa.Connection) -> Entry:
        account = _account_of(db, door.vault, token, now=now)
        people.set_password(db, door.vault, account.responder.id, password_hash)
        signins.end_all(db, account.responder.id)
        audit.add(db, actor=account.responder.id, action="password_reset", at=now)
        return let_in(db, door, account.responder, device, now)

    return await door.database.write(work)


def _find(db: sa.Connection, vault: Vault, who: ResponderId, *, by: Responder) -> Responder:
    """This person, if `by` may look after people. All who may sign in stay as they are until the transaction ends."""
    if not may_invite(by):
        raise NotAllowed
    person = next((each for each in people.list_all(db, vault, lock=True) if each.id == who), None)
    if person is None:
        raise PersonNotFound
    return person


def _require_another_administrator(db: sa.Connection, vault: Vault, person: Responder) -> None:
    if may_invite(person) and person.is_active:
        others = (each for each in people.list_all(db, vault) if each.id != person.id and each.is_active)
        if not any(may_invite(each) for each in others):
            raise LastAdministrator


def _leave_people(db: sa.Connection, desk: Desk, person: Responder, *, now: datetime) -> None:
    people.set_duty(db, person.id, is_on_duty=False, now=now)
    for case in cases.list_held(db, desk.vault, person.id):
        handoff.to_queue(db, desk, case, event="released", by=person, now=now)


def _account_of(db: sa.Connection, vault: Vault, token: str, *, now: datetime) -> Account:
    found = _TOKEN.fullmatch(token)
    account = people.get_account(db, vault, ResponderId(int(found[1]))) if found and int(found[1]) < 2**63 else None
    if found is None or account is None or int(found[2]) <= now.timestamp():
        raise LinkUsed
    if not secrets.compare_digest(_proof(vault, account, int(found[2])), found[3]):
        raise LinkUsed
    return account


def _proof(vault: Vault, account: Account, until: int) -> str:
    return vault.digest("password link", f"{account.responder.id} {until} {account.password_hash}").hex()
