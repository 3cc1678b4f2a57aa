"""The web chat's side of HTTP: the page, what the page sends, and the stream of what was said.

A contact is known by a random token in a cookie that scripts can't read. It is made with the first message, not by opening the
page, ends with the browser, and is forgotten by "Keluar". Each message has the page's own key and is stored before it is
acknowledged, so a page may send it again as often as it likes. The token of a first message is made from its key: when the answer
to it is lost on the way, the page sends the same message again, gets the same token, and finds the talk that it began. So that key is
as secret as the cookie: 122 random bits that stay in the page's memory and, sealed, in our tables.

A partner's site may show the page in a frame. There it asks below /embed, by a cookie of another name that belongs to that site and
to us together, and every request must say that it comes from our own page (`require_own_page`).

Nothing of a talk stands in an address, a title or a page that may be cached; the page's script says what it keeps, and for how long.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

import msgspec
import structlog

from bot.actions.receive import Receiver
from bot.channels.tolerant import MOST_CHARACTERS
from bot.channels.webchat import NAME, Posted, body_of, read_posted
from bot.domain.messages import Update
from bot.domain.referrals import Directory
from bot.storage import contacts
from bot.storage.database import Database
from bot.storage.live import CLOSING, Event, Live
from bot.storage.vault import Vault
from bot.web import embed
from bot.web.admission import Admission, TooMany
from bot.web.asgi import Receive, Scope, Send, TooLarge, answer, read_body
from bot.web.chat_pages import ChatPages, File
from bot.web.chat_thread import News, read_news
from bot.web.security import CrossSite, Headers, headers, require_own_page, require_same_site

log = structlog.get_logger()

LARGEST_BODY = 16 * 1024
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
)
_FOREVER = (b"cache-control", b"public, max-age=31536000, immutable")
_NEVER = (b"cache-control", b"no-store")
_TEXT, _JSON = b"text/plain; charset=utf-8", b"application/json"
_ROBOTS = b"User-agent: *\nDisallow: /\n"
_KEY = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TOKEN = re.compile(r"[0-9a-f]{64}")
_GONE: Event = {"kind": "gone"}
_encode = msgspec.json.Encoder().encode

_SAY = {
    "too_long": f"Tulisannya terlalu panjang (paling banyak {MOST_CHARACTERS} huruf). Coba bagi menjadi beberapa pesan.",
    "unreadable": "Pesan ini tidak terbaca. Coba tulis lagi.",
    "elsewhere": "Buka lagi halaman ini, lalu tulis dari sana.",
    "later": "Belum bisa disimpan. Akan dikirim lagi.",
    "wait": "Pesanmu sedang antre dan akan dikirim sendiri.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatParts:
    """What the web chat uses. `public_url` empty: reached as it listens. `exit_words` leave the page when typed alone.

    `partners` are the origins whose pages may show it in a frame.
    """

    database: Database
    vault: Vault
    live: Live
    receiver: Receiver
    directory: Directory
    admission: Admission
    public_url: str
    now: Callable[[], datetime]
    exit_words: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    heartbeat_seconds: float = 15.0

    @property
    def is_https(self) -> bool:
        """Whether people come by https: then the cookie is for https only."""
        return self.public_url.startswith("https://")


def topic_of(vault: Vault, address: str) -> str:
    """Where news for this address is published; it tells nothing of the address."""
    return "web:" + vault.digest("web topic", address).hex()


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """By which page somebody is here: the cookie that names the talk, what a request must show, and what leaving forgets as well."""

    cookie: str
    attributes: str
    require: Callable[..., None]
    sign: tuple[tuple[bytes, bytes], ...] = ()


class Chat:
    """Answers `/`, `/info`, `/chat/…` and `/static/…`, and for partners' sites the same chat below `/embed`."""

    def __init__(self, parts: ChatParts) -> None:
        self._parts = parts
        self._headers = headers(is_https=parts.is_https, policy=_POLICY)
        pages = ChatPages(parts.directory, exit_words=parts.exit_words)
        self._files = pages.files()
        self._embed = embed.Embed(parts.partners, pages, is_https=parts.is_https, policy=_POLICY)
        prefix, secure = ("__Host-", "; Secure") if parts.is_https else ("", "")
        own = Door(cookie=f"{prefix}info", attributes=f"SameSite=Strict{secure}", require=require_same_site)
        framed = Door(
            cookie=f"{prefix}info-framed",
            attributes="SameSite=None; Secure; Partitioned",
            require=require_own_page,
            # The page's own sign that somebody left: the page may be gone before it hears that we know.
            sign=((b"set-cookie", f"out=; Path={embed.PATH}; SameSite=None; Secure; Partitioned; Max-Age=0".encode()),),
        )
        self._doors = {"/chat/": own, **({f"{embed.PATH}/chat/": framed} if parts.partners else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        sent, path = _headers_of(scope), scope["path"]
        folder, _, name = path.rpartition("/")
        door = self._doors.get(folder + "/")
        if door is not None:
            await self._talk(door, name, scope, sent, receive, send)
        elif scope["method"] not in ("GET", "HEAD"):
            await self._nothing(send, sent)
        elif path == "/robots.txt":
            await self._answer(send, 200, _ROBOTS, _TEXT)
        elif path == embed.SCRIPT_PATH and self._embed.script is not None:
            await self._file(send, 200, self._embed.script, sent, own=self._embed.script_headers)
        elif path == embed.PATH:
            await self._framed(scope, sent, send)
        elif path in self._files:
            file = self._files[path]
            await self._file(send, 200, file, sent, own=[*self._headers, _FOREVER if file.is_named_by_content else _NEVER])
        else:
            await self._nothing(send, sent)

    async def _talk(self, door: Door, name: str, scope: Scope, sent: Mapping[str, str], receive: Receive, send: Send) -> None:
        method = scope["method"]
        try:
            door.require(method, sent, public_url=self._parts.public_url)
        except CrossSite:
            await self._say(send, 403, "elsewhere")
            return
        match method, name:
            case "POST", "messages":
                await self._take(door, scope, sent, receive, send)
            case "POST", "leave":
                await self._leave(door, sent, receive, send)
            case "GET", "events":
                await self._stream(door, scope, sent, receive, send)
            case "GET", "thread":
                await self._thread(door, scope, sent, send)
            case _:
                await self._nothing(send, sent)

    async def _framed(self, scope: Scope, sent: Mapping[str, str], send: Send) -> None:
        """The page for the partner whose origin the address names; nothing for others, and nothing but in a frame."""
        (origin,) = parse_qs(scope["query_string"].decode("latin-1")).get("on", [""])[:1]
        found = self._embed.find(origin, destination=sent.get("sec-fetch-dest", ""))
        if found is None:
            await self._nothing(send, sent)
        else:
            await self._file(send, 200, found.page, sent, own=[*found.headers, _NEVER])

    async def _nothing(self, send: Send, sent: Mapping[str, str]) -> None:
        await self._file(send, 404, self._files["/info"], sent, own=[*self._headers, _NEVER])

    async def _file(self, send: Send, status: int, file: File, sent: Mapping[str, str], *, own: Headers) -> None:
        is_packed = "gzip" in sent.get("accept-encoding", "")
        more = [(b"vary", b"accept-encoding"), *([(b"content-encoding", b"gzip")] if is_packed else [])]
        body = file.packed if is_packed else file.body
        await answer(send, status, body, content_type=file.content_type, headers=[*own, *more])

    async def _answer(self, send: Send, status: int, body: bytes, kind: bytes, *more: tuple[bytes, bytes]) -> None:
        await answer(send, status, body, content_type=kind, headers=[*self._headers, _NEVER, *more])

    async def _say(self, send: Send, status: int, code: str) -> None:
        await self._answer(send, status, _encode({"code": code, "message": _SAY[code]}), _JSON)

    # What the page sends

    async def _take(self, door: Door, scope: Scope, sent: Mapping[str, str], receive: Receive, send: Send) -> None:
        try:
            posted = read_posted(await read_body(receive, most=LARGEST_BODY))
        except TooLarge:
            await self._say(send, 413, "too_long")
            return
        if not _KEY.fullmatch(posted.key) or not (posted.text.strip() or posted.button):
            await self._say(send, 400, "unreadable")
        elif len(posted.text) > MOST_CHARACTERS:
            await self._say(send, 413, "too_long")
        else:
            await self._keep(posted, door, self._token_of(door, sent), _address_of(scope), send)

    async def _keep(self, posted: Posted, door: Door, token: str, address: str, send: Send) -> None:
        posted.kind = "message"
        is_first = not token
        token = token or self._first_token(posted.key)
        try:
            await self._admit(token, address)
        except TooMany as exc:
            body = {"code": "wait", "message": _SAY["wait"], "wait_seconds": exc.wait_seconds}
            await self._answer(send, 429, _encode(body), _JSON, (b"retry-after", b"%d" % exc.wait_seconds))
            return
        except Exception as exc:  # noqa: BLE001 - as when it can't be stored
            log.error("message_not_stored", channel=NAME, error=type(exc).__name__)
            await self._say(send, 503, "later")
            return
        if await self._store(token, posted):
            more = (_cookie(door, token),) if is_first else ()
            await self._answer(send, 202, b"{}", _JSON, *more)
        else:
            await self._say(send, 503, "later")

    async def _admit(self, token: str, address: str) -> None:
        # A cookie can be invented: only a talk that is known is no new one.
        is_new = not await self._is_known(token)
        self._parts.admission.admit(token, address, is_new=is_new, now=self._parts.now())

    async def _is_known(self, token: str) -> bool:
        parts = self._parts
        if parts.admission.knows(token):
            return True
        return await parts.database.read(
            lambda db: contacts.is_known(db, parts.vault, channel=NAME, account=NAME, address=token)
        )

    def _first_token(self, key: str) -> str:
        """256 bits that only this process can make of the page's key; the same key makes them again."""
        vault = self._parts.vault
        return (vault.digest("web token 1", key) + vault.digest("web token 2", key)).hex()

    async def _store(self, token: str, posted: Posted) -> bool:
        parts = self._parts
        update = Update(
            channel=NAME, account=NAME, key=posted.key, address=token, body=body_of(posted), received_at=parts.now()
        )
        try:
            await parts.receiver.receive([update])
        except Exception as exc:  # noqa: BLE001 - whatever kept it from being stored, the page keeps it and sends it again
            log.error("message_not_stored", channel=NAME, error=type(exc).__name__)
            return False
        return True

    async def _leave(self, door: Door, sent: Mapping[str, str], receive: Receive, send: Send) -> None:
        """Quick exit: this page and others of the same talk forget it, and a responder sees that the contact left."""
        try:
            await read_body(receive, most=LARGEST_BODY)
        except TooLarge:
            await self._say(send, 403, "elsewhere")
            return
        token = self._token_of(door, sent)
        if token:
            self._parts.live.publish(topic_of(self._parts.vault, token), _GONE)
            await self._store_leaving(token)
            # Once more, for a stream that was opened meanwhile.
            self._parts.live.publish(topic_of(self._parts.vault, token), _GONE)
        # Forgotten in any case: a person at the door matters more than our record of it.
        await self._answer(send, 204, b"", _TEXT, _cookie(door, "", forget=True), *door.sign)

    async def _store_leaving(self, token: str) -> None:
        """Once for each talk, however often it is said, and nothing for a talk that is none: leaving is never refused."""
        try:
            is_known = await self._is_known(token)
        except Exception as exc:  # noqa: BLE001 - then it can't be stored either
            log.error("message_not_stored", channel=NAME, error=type(exc).__name__)
            return
        if is_known:
            await self._store(token, Posted(key=self._parts.vault.digest("web leave", token).hex(), kind="leave"))

    def _token_of(self, door: Door, sent: Mapping[str, str]) -> str:
        try:
            found = SimpleCookie(sent.get("cookie", "")).get(door.cookie)
        except CookieError:
            return ""
        return found.value if found is not None and _TOKEN.fullmatch(found.value) else ""

    # What the page shows

    async def _news(self, token: str, after: int) -> News:
        parts, now = self._parts, self._parts.now()
        return await parts.database.read(lambda db: read_news(db, parts.vault, token, after=after, now=now))

    async def _thread(self, door: Door, scope: Scope, sent: Mapping[str, str], send: Send) -> None:
        """The thread at once: for a page that opens, and for one that holds no stream."""
        try:
            news = await self._news(self._token_of(door, sent), _after(scope, {}))
        except Exception as exc:  # noqa: BLE001 - whatever it is, the page asks again
            log.error("thread_not_read", channel=NAME, error=type(exc).__name__)
            await self._say(send, 503, "later")
            return
        await self._answer(send, 200, _encode({"bubbles": news.bubbles, "state": news.state}), _JSON)

    async def _stream(self, door: Door, scope: Scope, sent: Mapping[str, str], receive: Receive, send: Send) -> None:
        token = self._token_of(door, sent)
        if not token:
            # Nobody wrote from here; 204 tells the browser not to ask again by itself.
            await self._answer(send, 204, b"", _TEXT)
            return
        own = [(b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no"), _NEVER]
        await send({"type": "http.response.start", "status": 200, "headers": [*own, *self._headers]})
        gone = asyncio.create_task(_until_gone(receive))
        try:
            async for part in self._events(token, _after(scope, sent), gone):
                await send({"type": "http.response.body", "body": part, "more_body": True})
        except Exception as exc:  # noqa: BLE001 - the stream ends, and the page comes back for the rest
            log.error("thread_not_read", channel=NAME, error=type(exc).__name__)
        finally:
            gone.cancel()
        await send({"type": "http.response.body", "body": b""})

    async def _events(self, token: str, after: int, gone: "asyncio.Task[None]") -> AsyncIterator[bytes]:
        """The stream: all that is new above `after`, each bubble with its number as id, then more whenever there is more."""
        yield b"retry: 2000\n\n"
        live, state, followed = self._parts.live, None, ""
        # Heard from the first moment to the last: that the talk was left in another tab is said once.
        async with live.subscribe(topic_of(self._parts.vault, token)) as listener, contextlib.AsyncExitStack() as more:
            while not gone.done():
                news = await self._news(token, after)
                if news.state is not None and news.state != state:
                    state = news.state
                    yield b"event: state\ndata: " + _encode(state) + b"\n\n"
                for bubble in news.bubbles:
                    after = bubble.seq
                    yield b"id: %d\ndata: %s\n\n" % (bubble.seq, _encode(bubble))
                if followed and not news.contact:
                    # The talk went on elsewhere, and nothing may be said of it here.
                    yield b"event: gone\ndata: 1\n\n"
                    return
                if news.contact and news.contact != followed:
                    # Until the first message is worked, there is no contact whose news could be asked for; and a talk that came
                    # from elsewhere brings its own. What came before this is read once more.
                    followed = news.contact
                    await more.enter_async_context(live.subscribe(f"contact:{news.contact}", to=listener))
                    continue
                events = await _next(listener, gone, self._parts.heartbeat_seconds)
                if not events:
                    # An event, not a comment: so the page notices a connection that died without a word.
                    yield b"event: beat\ndata: 1\n\n"
                if _GONE in events:
                    yield b"event: gone\ndata: 1\n\n"
                if _GONE in events or CLOSING in events:
                    return


def _cookie(door: Door, token: str, *, forget: bool = False) -> tuple[bytes, bytes]:
    value = f"{door.cookie}={token}; Path=/; HttpOnly; {door.attributes}" + ("; Max-Age=0" if forget else "")
    return b"set-cookie", value.encode()


async def _next(listener: "asyncio.Queue[Event]", gone: "asyncio.Task[None]", seconds: float) -> list[Event]:
    """All that was published since the last time, as soon as there is anything; nothing when there was none for so long."""
    first = asyncio.create_task(listener.get())
    await asyncio.wait({first, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    if not first.done():
        first.cancel()
        return []
    events = [first.result()]
    while not listener.empty():
        events.append(listener.get_nowait())
    return events


async def _until_gone(receive: Receive) -> None:
    message: Mapping[str, Any] = {}
    while message.get("type") != "http.disconnect":
        message = await receive()


def _headers_of(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _address_of(scope: Scope) -> str:
    """Whence it came, as far as the server believes it; empty for unknown."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _after(scope: Scope, sent: Mapping[str, str]) -> int:
    """What the page has already: an EventSource says it itself when it comes back."""
    asked = re.fullmatch(r"after=(\d{1,15})", scope.get("query_string", b"").decode("latin-1"))
    given = sent.get("last-event-id") or (asked[1] if asked else "")
    return int(given) if given.isdecimal() and len(given) < 16 else 0
