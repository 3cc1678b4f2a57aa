"""What a failed call of the Bot API means for the message. Importing this loads aiogram.

Telegram may change the words of a `description`, so classes (the error code) decide first, a few known words second, and the
rest of the 400s is permanent and our fault.

Source: Bot API, "Making requests"; Client.cpp of its published server.
"""

from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)

from bot.channels.channel import ChannelDown, DeliveryDelayed, DeliveryError, DeliveryRefused, DeliveryUncertain
from bot.channels.telegram_session import FateUnknown, NothingSent

_UNREACHABLE = ("chat not found", "peer_id_invalid", "user not found")
_OURS = {
    "message is too long": "too_long",
    "can't parse entities": "entities",
    "button_data_invalid": "button_data",
    "reply markup is too long": "markup_too_long",
    "inline keyboard": "keyboard",
    "text is empty": "empty",
}
"""Words of a 400 that say what of ours was wrong."""

_ALREADY_SO = ("message is not modified", "message to delete not found", "message can't be deleted", "query is too old")


def is_already_so(exc: Exception) -> bool:
    """Whether what was asked for holds already, or can't matter any more: for the caller this is success."""
    return isinstance(exc, TelegramBadRequest) and any(words in exc.message.lower() for words in _ALREADY_SO)


def failure_of(exc: Exception) -> DeliveryError:
    """The same in our terms, without a word of the original: it may hold the text, the chat and the token.

    An unlimited 429 has `wait_seconds` None: who sends knows how often that happened.
    """
    match exc:
        case TelegramRetryAfter():
            return DeliveryDelayed(reason="too_many_requests", wait_seconds=float(exc.retry_after) or None)
        case TelegramMigrateToChat():
            return DeliveryRefused(reason="group_moved")
        case NothingSent():
            return DeliveryDelayed(reason="no_connection")
        case FateUnknown() | ClientDecodeError():
            return DeliveryUncertain(reason="no_answer" if isinstance(exc, FateUnknown) else "unreadable_answer")
        case TelegramBadRequest():
            return _bad_request(exc.message.lower())
        case TelegramForbiddenError():
            return DeliveryRefused(reason=_forbidden(exc.message.lower()), unreachable=True)
        case TelegramUnauthorizedError() | TelegramNotFound():
            return ChannelDown(reason="token_refused")
        case TelegramConflictError():
            return DeliveryDelayed(reason="conflict")
        case TelegramEntityTooLarge():
            return DeliveryRefused(reason="too_large")
        case TelegramServerError():
            return DeliveryDelayed(reason="server_error")
        case TelegramAPIError():
            return DeliveryRefused(reason="refused")
        case _:
            return DeliveryUncertain(reason="fault")


def _bad_request(said: str) -> DeliveryRefused:
    if any(words in said for words in _UNREACHABLE):
        return DeliveryRefused(reason="chat_not_found", unreachable=True)
    return DeliveryRefused(reason=next((reason for words, reason in _OURS.items() if words in said), "bad_request"))


def _forbidden(said: str) -> str:
    known = {"blocked by the user": "blocked", "deactivated": "deactivated", "initiate": "never_started"}
    return next((reason for words, reason in known.items() if words in said), "forbidden")
