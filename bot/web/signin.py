"""Who is signed in: cookies, and the guards of routes. Source: OWASP Session Management cheat sheet."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler

from bot.actions.people import Entry
from bot.domain.responders import NotAllowed, Responder
from bot.storage import signins
from bot.storage.signins import DEVICE_LASTS, SignedIn
from bot.web.errors import SignedOut
from bot.web.parts import ConsoleParts

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Any]

_SIGN_IN, _DEVICE = "teduh", "teduh_device"
_LONGEST_TOKEN = 100


def parts_of(connection: Connection) -> ConsoleParts:
    """What the routes use."""
    parts = connection.app.state["parts"]
    assert isinstance(parts, ConsoleParts)  # noqa: S101 - `build_console` put it there
    return parts


def signed_in_as(rule: Callable[[Responder], bool] = lambda _responder: True) -> Guard:
    """A guard that lets in who is signed in and of whom the rule holds; it leaves them in the request's state as `signed_in`."""

    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        signed_in = await identify(connection)
        if not rule(signed_in.responder):
            raise NotAllowed
        connection.state.signed_in = signed_in

    return guard


async def identify(connection: Connection) -> SignedIn:
    """Who sent this.

    Raises:
        SignedOut.
    """
    parts = parts_of(connection)
    token = connection.cookies.get(_name(_SIGN_IN, parts), "")
    if not 0 < len(token) <= _LONGEST_TOKEN:
        raise SignedOut
    now = parts.now()
    found = await parts.database.read(lambda db: signins.find(db, parts.door.vault, token, idle=parts.door.idle, now=now))
    if found is None:
        raise SignedOut
    return found


def device_of(connection: Connection) -> str:
    """The token of this browser, empty for one not seen before."""
    token = connection.cookies.get(_name(_DEVICE, parts_of(connection)), "")
    return token if len(token) <= _LONGEST_TOKEN else ""


def cookies_of(entry: Entry, parts: ConsoleParts) -> list[Cookie]:
    """The cookies that keep somebody signed in, and the device known."""
    return [
        _cookie(_SIGN_IN, entry.token, parts.door.lasts, parts),
        _cookie(_DEVICE, entry.device, DEVICE_LASTS, parts),
    ]


def no_cookies(parts: ConsoleParts) -> list[Cookie]:
    """The cookie that signs out. The device stays known, so that its owner is not slowed by who guesses elsewhere."""
    return [_cookie(_SIGN_IN, "", timedelta(0), parts)]


def _cookie(name: str, value: str, lasts: timedelta, parts: ConsoleParts) -> Cookie:
    return Cookie(
        key=_name(name, parts),
        value=value,
        max_age=int(lasts.total_seconds()),
        path="/",
        httponly=True,
        secure=parts.is_https,
        samesite="strict",
    )


def _name(name: str, parts: ConsoleParts) -> str:
    # The prefix makes browsers refuse the cookie from anything but this very host by https.
    return f"__Host-{name}" if parts.is_https else name
