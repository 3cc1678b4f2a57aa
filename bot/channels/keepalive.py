"""A small HTTP/1.1 client for one server: connections stay open, and every failure says whether the request was written.

Why not a library: a call costs 15-35 µs of CPU here and 130-450 µs through aiohttp or httpx, and neither tells "nothing was
sent" from "nobody knows", which decides whether a message may go out again (docs/decisions/telegram-library.md).
"""

import asyncio
import select
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, cast
from urllib.parse import urlsplit

import certifi
import httptools

from bot.errors import BotError

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 10.0
IDLE_SECONDS = 20.0
"""A connection unused for longer is not used again: the server may be closing it just then, and we would never know."""

_PAUSE_SECONDS = 0.02
"""A connection in constant use is not looked at: asking costs more than the rest of the call."""

MOST_CONNECTIONS = 64
MOST_BYTES = 1 << 22
"""Largest answer we take unless told otherwise, headers included."""


Address = tuple[str, int]


class ExchangeFailed(BotError):
    """No answer. `reason` names the class of the failure, never an address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotWritten(ExchangeFailed):
    """The request did not leave: no byte of it was written."""


class NoAnswer(ExchangeFailed):
    """The request was written, wholly or in part, and no complete answer came."""


class AnswerTooLarge(NoAnswer):
    """The answer is larger than allowed; it was not read to its end."""


class Answer(NamedTuple):
    """What the server said."""

    status: int
    body: bytes


class KeepAlive:
    """Requests to one server. Each waits for a connection of its own; at most `most_connections` are open. `fields` go with all."""

    def __init__(
        self,
        base_url: str,
        *,
        most_connections: int = MOST_CONNECTIONS,
        fields: Mapping[str, str] = MappingProxyType({}),
        resolve: Callable[[str, int], Awaitable[list[Address]]] | None = None,
    ) -> None:
        url = urlsplit(base_url)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ValueError("the address of a server must begin with https:// or http://")
        self._host = url.hostname
        self._port = url.port or (443 if url.scheme == "https" else 80)
        self._is_secure = url.scheme == "https"
        self._secure: ssl.SSLContext | None = None
        self._resolve = resolve or _addresses_of
        self._good: Address | None = None
        self._prefix = url.path.rstrip("/")
        self._host_header = url.netloc.rpartition("@")[2].encode("idna" if not url.netloc.isascii() else "ascii")
        self._fields = "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode("ascii")
        self._heads: dict[str, bytes] = {}
        self._room = asyncio.Semaphore(most_connections)
        self._free: list[_Connection] = []
        self._open: set[_Connection] = set()

    async def post(
        self, path: str, body: bytes, *, answer_seconds: float = ANSWER_SECONDS, most_bytes: int = MOST_BYTES
    ) -> Answer:
        """The answer to JSON sent to `path`. The few paths in use are remembered.

        Raises:
            NotWritten, NoAnswer, AnswerTooLarge.
        """
        head = self._heads.get(path)
        if head is None:
            fields = b"Content-Type: application/json\r\nContent-Length: "
            head = self._heads[path] = self._head(b"POST", path) + fields
        return await self._exchange(head + b"%d\r\n\r\n" % len(body) + body, answer_seconds, most_bytes)

    async def get(self, path: str, *, answer_seconds: float = ANSWER_SECONDS, most_bytes: int = MOST_BYTES) -> Answer:
        """The answer to a GET of `path`.

        Raises:
            NotWritten, NoAnswer, AnswerTooLarge.
        """
        return await self._exchange(self._head(b"GET", path) + b"\r\n", answer_seconds, most_bytes)

    def close(self) -> None:
        """Close every connection; whoever still waits gets `NoAnswer`."""
        for connection in list(self._open):
            connection.abort("closed")
        self._free.clear()

    def _head(self, verb: bytes, path: str) -> bytes:
        return b"%s %s HTTP/1.1\r\nHost: %s\r\n%s" % (verb, (self._prefix + path).encode(), self._host_header, self._fields)

    async def _exchange(self, request: bytes, answer_seconds: float, most_bytes: int) -> Answer:
        async with self._room:
            connection = self._idle() or await self._connect()
            try:
                answer = await connection.ask(request, answer_seconds, most_bytes)
            except asyncio.CancelledError:
                # Its answer would be taken for the next one's.
                connection.abort("cancelled")
                raise
            if connection.is_reusable():
                self._free.append(connection)
            else:
                connection.abort("closed")
            return answer

    def _idle(self) -> "_Connection | None":
        oldest = time.monotonic() - IDLE_SECONDS
        while self._free:
            connection = self._free.pop()
            if connection.is_usable() and connection.used_at > oldest:
                return connection
            connection.abort("idle")
        return None

    async def _connect(self) -> "_Connection":
        if self._is_secure and self._secure is None:
            self._secure = await asyncio.to_thread(_trusting_context)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                addresses = await self._resolve(self._host, self._port)
        except (OSError, TimeoutError):
            addresses = []
        reason = "unknown_host"
        # The one that worked last goes first: where IPv6 leads nowhere, only the first connection waits for it.
        for address in sorted(addresses, key=lambda each: each != self._good):
            try:
                async with asyncio.timeout(CONNECT_SECONDS / min(len(addresses), 2)):
                    connection = await self._connect_to(address)
            except (OSError, TimeoutError) as exc:
                # Its words name the host and, behind some proxies, more.
                reason = type(exc).__name__
            else:
                self._good = address
                return connection
        raise NotWritten(reason)

    async def _connect_to(self, address: Address) -> "_Connection":
        _transport, connection = await asyncio.get_running_loop().create_connection(
            lambda: _Connection(self._open),
            *address,
            ssl=self._secure,
            server_hostname=self._host if self._secure else None,
        )
        return connection


async def _addresses_of(host: str, port: int) -> list[Address]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(str(address[0]), int(address[1])) for *_kind, address in found]


def _trusting_context() -> ssl.SSLContext:
    """The system's certificates (SSL_CERT_FILE is obeyed), and those that come with Python for systems that have none."""
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=certifi.where())
    return context


class _Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, siblings: "set[_Connection]") -> None:
        self._siblings = siblings
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[Answer] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._parts: list[bytes] = []
        self._read_bytes = 0
        self._most_bytes = MOST_BYTES
        self._has_headers = False
        self._stays_open = False
        self.is_open = False
        self.used_at = 0.0

    def ask(self, request: bytes, answer_seconds: float, most_bytes: int) -> "asyncio.Future[Answer]":
        """Write a request. The future gets the answer, or `NoAnswer`."""
        loop = asyncio.get_running_loop()
        self._answer = answer = loop.create_future()
        self._parts, self._read_bytes, self._most_bytes, self._has_headers = [], 0, most_bytes, False
        self._deadline = loop.call_later(answer_seconds, self.abort, "timeout")
        self._transport.write(request)
        return answer

    def is_usable(self) -> bool:
        """Whether a request may be written.

        After a pause the system is asked, not only the loop, which hears of a closed connection a moment later: a request
        written in that moment would have an unknown fate. Idle with something to read means closed, or no good anyway.
        """
        if not self.is_open or self._transport.is_closing():
            return False
        return time.monotonic() < self.used_at + _PAUSE_SECONDS or not self._readable.poll(0)

    def is_reusable(self) -> bool:
        """Whether the answer that just came leaves the connection open for another request."""
        self.used_at = time.monotonic()
        return self.is_open and self._stays_open

    def abort(self, reason: str, failure: type[NoAnswer] = NoAnswer) -> None:
        """Close at once. Whoever waits for the answer is told."""
        self._settle(failure(reason))
        if self.is_open:
            self.is_open = False
            self._siblings.discard(self)
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        # TCP and TLS connections are transports that read and write, on uvloop too, which has classes of its own.
        self._transport = cast("asyncio.Transport", transport)
        self._readable = select.poll()
        self._readable.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
        self.is_open = True
        self._siblings.add(self)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        self._read_bytes += len(data)
        if self._read_bytes > self._most_bytes:
            self.abort("too_large", AnswerTooLarge)
            return
        if self._answer is None:
            # Nothing was asked: whatever this is, it is no answer to what comes next.
            self.abort("unasked")
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.abort("malformed")

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._has_headers = True

    def on_body(self, part: bytes) -> None:
        """Called by the parser."""
        self._parts.append(part)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        status = self._parser.get_status_code()
        if status < 200:
            # "Continue" and its like announce the answer, they are none.
            self._parts, self._has_headers = [], False
            return
        # Only here does the parser still know the headers.
        self._stays_open = self._parser.should_keep_alive()
        self._settle(Answer(status, b"".join(self._parts)))

    def eof_received(self) -> None:
        """Called by asyncio. A body without a length ends here."""
        if self._has_headers and self._answer is not None and not self._parser.should_keep_alive():
            self._stays_open = False
            self._settle(Answer(self._parser.get_status_code(), b"".join(self._parts)))

    def connection_lost(self, _exc: Exception | None) -> None:
        """Called by asyncio."""
        self.is_open = False
        self._siblings.discard(self)
        self._settle(NoAnswer("reset"))

    def _settle(self, outcome: Answer | NoAnswer) -> None:
        answer, self._answer = self._answer, None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if answer is None or answer.done():
            return
        if isinstance(outcome, Answer):
            answer.set_result(outcome)
        else:
            answer.set_exception(outcome)
