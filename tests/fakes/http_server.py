"""A bare HTTP/1.1 server for fakes: fast, and able to misbehave in the ways that networks do."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

import httptools


@dataclass(frozen=True, slots=True)
class Request:
    verb: str
    path: str
    content_type: str
    body: bytes
    authorization: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `raw` replaces it whole; `is_cut` breaks the connection where the answer would begin."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    raw: bytes | None = None
    is_cut: bool = False
    is_last: bool = False


Handler = Callable[[Request], Reply | Awaitable[Reply]]


class HttpServer:
    """Answers with `handler`. `connections` counts those ever opened."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._open: set[_Connection] = set()
        self._server: asyncio.Server | None = None
        self.port = 0
        self.connections = 0

    async def start(self, port: int = 0, host: str = "127.0.0.1", ssl: object = None) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, host, port, backlog=1024, ssl=ssl)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        await self.drop_connections()

    async def drop_connections(self) -> None:
        """Break every open connection, as a restart of the server would."""
        broken = list(self._open)
        for connection in broken:
            connection.cut()
        await asyncio.gather(*(connection.is_lost.wait() for connection in broken))

    def _accept(self) -> "_Connection":
        self.connections += 1
        return _Connection(self._handler, self._open)


class _Connection(asyncio.Protocol):
    def __init__(self, handler: Handler, siblings: "set[_Connection]") -> None:
        self._handler = handler
        self._siblings = siblings
        self._parser = httptools.HttpRequestParser(self)
        self._path = b""
        self._content_type = self._authorization = b""
        self._body: list[bytes] = []
        self._task: asyncio.Task[None] | None = None
        self.is_lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._siblings.add(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._siblings.discard(self)
        self.is_lost.set()
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.cut()

    def on_message_begin(self) -> None:
        self._path, self._content_type, self._authorization, self._body = b"", b"", b"", []

    def on_url(self, url: bytes) -> None:
        self._path += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"content-type":
            self._content_type = value
        elif name.lower() == b"authorization":
            self._authorization = value

    def on_body(self, part: bytes) -> None:
        self._body.append(part)

    def on_message_complete(self) -> None:
        verb = self._parser.get_method().decode()
        body, kind, key = b"".join(self._body), self._content_type.decode("latin-1"), self._authorization.decode("latin-1")
        request = Request(verb, self._path.decode(), kind, body, key)
        reply = self._handler(request)
        if isinstance(reply, Reply):
            self._say(reply)
        else:
            self._task = asyncio.ensure_future(self._say_later(reply))

    async def _say_later(self, reply: Awaitable[Reply]) -> None:
        said = await reply
        self._task = None
        self._say(said)

    def _say(self, reply: Reply) -> None:
        if reply.is_cut:
            self.cut()
            return
        if reply.raw is not None:
            self._transport.write(reply.raw)
        else:
            self._transport.write(
                f"HTTP/1.1 {reply.status} {_phrase(reply.status)}\r\nContent-Type: {reply.content_type}\r\n"
                f"Content-Length: {len(reply.body)}\r\n".encode()
                + b"".join(f"{name}: {value}\r\n".encode() for name, value in reply.headers)
                + b"\r\n"
                + reply.body
            )
        if reply.is_last:
            self._transport.close()

    def cut(self) -> None:
        self._transport.abort()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
