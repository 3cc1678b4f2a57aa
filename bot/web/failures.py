"""Failures of messages and of channels, from their classes to what a responder is told."""

from bot.actions.reach import MOVED, UNREACHABLE
from bot.channels.standing import Side, Trouble
from bot.channels.whatsapp_errors import TOKEN_REFUSED
from bot.domain.messages import DeliveryState
from bot.storage.messages import Entry
from bot.storage.outbox import SUPERSEDED
from bot.web import schemas

_UNREACHABLE = frozenset(
    {
        UNREACHABLE,
        "bad_address",
        "blocked",
        "chat_not_found",
        "deactivated",
        "forbidden",
        "never_started",
        "whatsapp_131026",
        "whatsapp_131062",
    }
)
_WINDOW = frozenset({"window_closed", "whatsapp_131047"})
_TOKEN = frozenset({"token_refused", *TOKEN_REFUSED})
_PAYMENT = "whatsapp_131042"


def failure_of(entry: Entry) -> schemas.Failure:
    """Why a message did not go out; empty for one that did, or still may."""
    if entry.delivery is not DeliveryState.FAILED:
        return ""
    if entry.error in _UNREACHABLE:
        return "unreachable"
    if entry.error == MOVED:
        return "moved"
    if entry.error in _WINDOW:
        return "window_closed"
    return "superseded" if entry.error == SUPERSEDED else "refused"


def trouble_of(trouble: Trouble) -> schemas.Trouble:
    """A channel's trouble, by what one has to do about it."""
    reason: schemas.Outage = "account"
    if trouble.reason in _TOKEN:
        reason = "token"
    elif trouble.reason == _PAYMENT:
        reason = "payment"
    elif trouble.side is Side.TAKING:
        reason = "intake"
    return schemas.Trouble(channel=trouble.channel, side=trouble.side.value, reason=reason, since=trouble.since)
