"""Those who answer: their roles, and who may do what."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from bot.errors import BotError

ResponderId = NewType("ResponderId", int)


class Role(StrEnum):
    """What a person may do. An administrator manages people and settings and reads no case by that role alone."""

    RESPONDER = "responder"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


class NotAllowed(BotError):
    """This person's roles do not allow it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Responder:
    """Somebody who may sign in, while `is_active`. `slots` is how many people they talk with at once."""

    id: ResponderId
    name: str
    login: str
    roles: frozenset[Role]
    slots: int = 3
    is_on_duty: bool = False
    is_active: bool = True


def may_take_people(responder: Responder) -> bool:
    """Whether this role answers people at all."""
    return bool(responder.roles & {Role.RESPONDER, Role.SUPERVISOR})


def may_read(responder: Responder, *, holder: ResponderId | None) -> bool:
    """Whether this person may read a case: its holder, or a supervisor.

    Source: design.md §7; an administrator's role alone opens no case.
    """
    return Role.SUPERVISOR in responder.roles or (may_take_people(responder) and holder == responder.id)


def may_invite(responder: Responder) -> bool:
    """Whether this person may let others in."""
    return Role.ADMINISTRATOR in responder.roles
