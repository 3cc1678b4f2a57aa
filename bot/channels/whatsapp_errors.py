"""What an answer of the Graph API means for a message. By codes, never by words. Source: Meta, Cloud API, error codes, 2026."""

import re

import msgspec

from bot.channels.channel import ChannelDown, DeliveryDelayed, DeliveryError, DeliveryRefused
from bot.channels.tolerant import loose
from bot.domain.messages import Failing

_DOWN = frozenset({0, 3, 10, 190, 368, 131005, 131031, 131042, 131045, *range(200, 300)})
"""Token, permission, payment, lock, certificate: nothing can be sent until somebody looks."""

_WHOLE_NUMBER = frozenset({4, 80007, 130429, 131048, 131057, 133016})
"""Too much from this number, or it is being moved: nobody can be reached for a while."""

_PAIR = 131056
"""Too much to this one person."""

PAIR_RATE = f"whatsapp_{_PAIR}"

TOKEN_REFUSED = frozenset({"whatsapp_0", "whatsapp_190", "http_401"})
"""The token was revoked, or is wrong."""

FAULTS_OF_OURS = frozenset(
    f"whatsapp_{code}"
    for code in (100, 131008, 131009, 132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 131021, 131051)
)
"""Our request is wrong, or a template is wrong, refused, paused or disabled: somebody must look."""

_NUMBER_WAIT = 30.0
_TROUBLE = frozenset({1, 2, 131000, 131016})
_UNREACHABLE = frozenset({131026, 131062})
WINDOW_CLOSED = 131047


class _Error(msgspec.Struct):
    code: int | None = None
    is_transient: bool = False


def failure_of(status: int, body: bytes) -> DeliveryError:
    """The failure that an answer stands for. An answer that is no error of the API is the platform's trouble."""
    content = loose(body)
    given = content.get("error") if isinstance(content, dict) else None
    try:
        error = msgspec.convert(given, _Error) if isinstance(given, dict) else _Error()
    except msgspec.ValidationError:
        error = _Error()
    if error.code is None:
        if status in (401, 403):
            return ChannelDown(reason=f"http_{status}")
        if status == 429:
            return DeliveryDelayed(reason="http_429", wait_seconds=_NUMBER_WAIT, whole_channel=True)
        return DeliveryDelayed(reason=f"http_{status}") if status >= 500 else DeliveryRefused(reason=f"http_{status}")
    return of_code(error.code, is_transient=error.is_transient or status >= 500)


_TRACE = re.compile(r"[A-Za-z0-9_-]{1,40}")


def trace_of(body: bytes) -> str:
    """The name under which Meta finds a refused call again; it says nothing of whom the call was about. Empty for none."""
    content = loose(body)
    error = content.get("error") if isinstance(content, dict) else None
    trace = error.get("fbtrace_id") if isinstance(error, dict) else None
    return trace if isinstance(trace, str) and _TRACE.fullmatch(trace) else ""


def of_code(code: int, *, is_transient: bool = False) -> DeliveryError:
    """The failure that a code stands for."""
    reason = f"whatsapp_{code}"
    if code == _PAIR:
        return DeliveryDelayed(reason=reason, wait_seconds=1.0)
    if code in _WHOLE_NUMBER:
        return DeliveryDelayed(reason=reason, wait_seconds=_NUMBER_WAIT, whole_channel=True)
    if code in _DOWN:
        return ChannelDown(reason=reason)
    if code in _TROUBLE or is_transient:
        return DeliveryDelayed(reason=reason)
    return DeliveryRefused(reason=reason, unreachable=code in _UNREACHABLE)


def failing_of(code: int) -> Failing:
    """What a code means that comes with a status, after the message was taken."""
    match of_code(code):
        case ChannelDown():
            return Failing.CHANNEL
        case DeliveryDelayed():
            return Failing.PASSING
        case DeliveryRefused(unreachable=True):
            return Failing.UNREACHABLE
        case _:
            return Failing.FINAL
