"""Webhooks: what comes is proven to be the platform's, stored, and only then acknowledged. No talk is worked in here."""

import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import parse_qsl

import structlog

from bot.channels import whatsapp_updates
from bot.channels.standing import Side, Standing
from bot.channels.telegram_updates import Unpacked
from bot.channels.whatsapp_errors import failing_of
from bot.domain.messages import Failing, Update
from bot.web.asgi import App, Receive, Scope, Send, TooLarge, answer, read_body

log = structlog.get_logger()

ROOT = "/webhooks/"

MOST_BYTES = 4 << 20
"""Largest body we take. Source: channels' documentation: Telegram cuts at about 4 MiB, Meta at 3 MB."""

_RETRY_SECONDS = b"5"
"""When a platform should come again after we could not store; Telegram obeys."""

StoreUpdates = Callable[[Sequence[Update]], Awaitable[None]]


class Hooks:
    """Hands a webhook to who takes it, by its place below /webhooks/. A place that is none of ours is not found."""

    def __init__(self, places: Mapping[str, App]) -> None:
        self._places = {f"{ROOT}{place}".encode(): app for place, app in places.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope["path"].encode("utf-8", "surrogatepass")
        found = None
        for place, app in self._places.items():
            # A place holds a secret: how long the comparison takes must not tell how much of it was right.
            if hmac.compare_digest(path, place):
                found = app
        if found is None:
            await answer(send, 404, b"no such webhook\n")
        else:
            await found(scope, receive, send)


class TelegramHook:
    """Takes Telegram's updates. `secret` is what Telegram sends in its own header."""

    def __init__(
        self, *, secret: str, unpack: Callable[[bytes], Unpacked], store: StoreUpdates, leave: Callable[[int], None]
    ) -> None:
        self._secret = secret.encode()
        self._unpack = unpack
        self._store = store
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["method"] != "POST":
            await answer(send, 405, b"post updates here\n", headers=[(b"allow", b"POST")])
            return
        if not _is_same(header(scope, b"x-telegram-bot-api-secret-token"), self._secret):
            await answer(send, 401, b"the secret is wrong\n")
            return
        try:
            body = await read_body(receive, most=MOST_BYTES)
        except TooLarge:
            await answer(send, 413, b"too large\n")
            return
        unpacked = self._unpack(body)
        if unpacked.update is None:
            # Nothing of ours, or nothing that can be read: refused, it would come again for a day and hold up what follows.
            log.info("telegram_update_ignored", reason=unpacked.kind)
        elif not await _is_stored(self._store, [unpacked.update], send):
            return
        if unpacked.group is not None:
            self._leave(unpacked.group)
        await answer(send, 200, b"")


class WhatsAppHook:
    """Takes what the Cloud API posts. `secrets` of the app, one or, while it is being changed, two."""

    def __init__(
        self,
        *,
        secrets: Sequence[str],
        verify_token: str,
        unpack: Callable[[bytes], whatsapp_updates.Unpacked],
        store: StoreUpdates,
        standing: Standing,
    ) -> None:
        self._secrets = [secret.encode() for secret in secrets if secret]
        self._verify_token = verify_token
        self._unpack = unpack
        self._store = store
        self._standing = standing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["method"] == "GET":
            await self._prove_address(scope, send)
            return
        if scope["method"] != "POST":
            await answer(send, 405, b"post events here\n", headers=[(b"allow", b"GET, POST")])
            return
        try:
            body = await read_body(receive, most=MOST_BYTES)
        except TooLarge:
            await answer(send, 413, b"too large\n")
            return
        if not whatsapp_updates.is_signed(body, header(scope, b"x-hub-signature-256"), self._secrets):
            await answer(send, 401, b"the signature is wrong\n")
            return
        unpacked = self._unpack(body)
        for name in unpacked.ignored:
            log.info("whatsapp_event_ignored", reason=name)
        for code in unpacked.troubles:
            log.error("whatsapp_reports_trouble", code=code)
            if failing_of(code) is Failing.CHANNEL:
                self._standing.note(whatsapp_updates.CHANNEL, Side.SENDING, f"whatsapp_{code}")
        if unpacked.updates and not await _is_stored(self._store, unpacked.updates, send):
            return
        await answer(send, 200, b"")

    async def _prove_address(self, scope: Scope, send: Send) -> None:
        query = dict(parse_qsl(scope["query_string"].decode(errors="replace")))
        challenge = whatsapp_updates.answer_challenge(query, self._verify_token)
        if challenge is None:
            await answer(send, 403, b"the token is wrong\n")
        else:
            await answer(send, 200, challenge.encode())


def header(scope: Scope, name: bytes) -> bytes | None:
    """A header's value; None when it is missing or there twice."""
    found = [value for key, value in scope["headers"] if key == name]
    return found[0] if len(found) == 1 else None


def _is_same(given: bytes | None, wanted: bytes) -> bool:
    return given is not None and hmac.compare_digest(given, wanted)


async def _is_stored(store: StoreUpdates, updates: Sequence[Update], send: Send) -> bool:
    """Whether these are on the disk; if not, the platform is told to come again."""
    try:
        await store(updates)
    except Exception as exc:  # noqa: BLE001 - whatever it is, nothing was acknowledged and it will come again
        log.error("webhook_not_stored", error=type(exc).__name__)
        await answer(send, 503, b"come again\n", headers=[(b"retry-after", _RETRY_SECONDS)])
        return False
    return True
