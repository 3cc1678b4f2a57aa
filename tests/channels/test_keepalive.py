"""What the small HTTP client gets back, and what it says of a request that got nothing."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable

import pytest

from bot.channels import keepalive
from bot.channels.keepalive import Answer, AnswerTooLarge, KeepAlive, NoAnswer, NotWritten
from tests.fakes.http_server import HttpServer, Reply, Request


class Server(HttpServer):
    """Answers with what the test puts in `reply`; keeps the requests."""

    def __init__(self) -> None:
        super().__init__(self._take)
        self.reply: Reply | Callable[[Request], object] = Reply(b"{}")
        self.requests: list[Request] = []

    def _take(self, request: Request) -> object:
        self.requests.append(request)
        return self.reply if isinstance(self.reply, Reply) else self.reply(request)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[KeepAlive]:
    client = KeepAlive(f"http://127.0.0.1:{server.port}/api")
    yield client
    client.close()


async def never(_request: Request) -> Reply:
    await asyncio.get_running_loop().create_future()
    raise AssertionError("unreachable")


async def test_a_request_arrives_as_it_was_meant(server: Server, client: KeepAlive) -> None:
    server.reply = Reply(b'{"ok":true}')

    answer = await client.post("/send", b'{"a":1}')

    assert answer == Answer(200, b'{"ok":true}')
    assert server.requests == [Request("POST", "/api/send", "application/json", b'{"a":1}')]


async def test_calls_one_after_the_other_share_one_connection(server: Server, client: KeepAlive) -> None:
    for _ in range(20):
        await client.post("/send", b"{}")

    assert server.connections == 1


async def test_calls_at_once_get_their_own_answers(server: Server, client: KeepAlive) -> None:
    server.reply = lambda request: Reply(request.body)

    answers = await asyncio.gather(*(client.post("/send", b"%d" % number) for number in range(200)))

    assert [int(answer.body) for answer in answers] == list(range(200))
    assert server.connections <= keepalive.MOST_CONNECTIONS


RAW_ANSWERS = [
    pytest.param(
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n', b'{"a":1}', 1, id="chunked"
    ),
    pytest.param(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", b"{}", 2, id="closing"),
    pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", b"{}", 2, id="HTTP/1.0"),
    pytest.param(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", b"{}", 1, id="continue first"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"", 1, id="empty"),
]


@pytest.mark.parametrize(("raw", "body", "connections"), RAW_ANSWERS)
async def test_every_framing_of_an_answer_is_read(
    server: Server, client: KeepAlive, raw: bytes, body: bytes, connections: int
) -> None:
    server.reply = Reply(raw=raw)

    answers = [await client.post("/send", b"{}") for _ in range(2)]

    assert answers == [Answer(200, body)] * 2
    assert server.connections == connections


async def test_a_body_without_a_length_ends_with_the_connection(server: Server, client: KeepAlive) -> None:
    server.reply = Reply(raw=b"HTTP/1.1 502 Bad Gateway\r\n\r\n<html>", is_last=True)

    assert await client.post("/send", b"{}") == Answer(502, b"<html>")


UNANSWERED = [
    pytest.param(Reply(is_cut=True), "reset", id="broken after the request"),
    pytest.param(
        Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", is_last=True), "reset", id="broken within the body"
    ),
    pytest.param(Reply(raw=b"HTTP/1.1 200 OK\r\nConte", is_last=True), "reset", id="broken within the headers"),
    pytest.param(Reply(raw=b"\x00\x01 nonsense\r\n\r\n"), "malformed", id="no HTTP"),
    pytest.param(
        Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 7\r\n\r\n{}"), "malformed", id="two lengths"
    ),
]


@pytest.mark.parametrize(("reply", "reason"), UNANSWERED)
async def test_a_request_that_was_written_and_not_answered_is_not_called_unsent(
    server: Server, client: KeepAlive, reply: Reply, reason: str
) -> None:
    server.reply = reply

    with pytest.raises(NoAnswer) as caught:
        await client.post("/send", b"{}")

    assert caught.value.reason == reason
    assert len(server.requests) == 1


async def test_an_answer_that_does_not_come_in_time_is_no_answer(server: Server, client: KeepAlive) -> None:
    server.reply = never

    with pytest.raises(NoAnswer, match="timeout"):
        await client.post("/send", b"{}", answer_seconds=0.02)

    server.reply = Reply(b"2")
    assert (await client.post("/send", b"{}")).body == b"2"
    assert server.connections == 2


async def test_a_cancelled_call_leaves_its_answer_to_nobody(server: Server, client: KeepAlive) -> None:
    arrived, release = asyncio.Event(), asyncio.Event()

    async def late(_request: Request) -> Reply:
        arrived.set()
        await release.wait()
        return Reply(b"late")

    server.reply = late
    call = asyncio.create_task(client.post("/send", b"{}"))
    await arrived.wait()
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    server.reply = Reply(b"own")
    release.set()

    assert (await client.post("/send", b"{}")).body == b"own"


async def test_nothing_listening_means_nothing_was_written() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = KeepAlive(f"http://127.0.0.1:{taken.getsockname()[1]}")

        with pytest.raises(NotWritten):
            await client.post("/send", b"{}")


async def test_an_address_that_leads_nowhere_is_tried_once_and_then_last(server: Server) -> None:
    with socket.socket() as nowhere:
        nowhere.bind(("127.0.0.1", 0))
        tried: list[int] = []

        async def resolve(_host: str, port: int) -> list[tuple[str, int]]:
            tried.append(port)
            return [("127.0.0.1", nowhere.getsockname()[1]), ("127.0.0.1", port)]

        client = KeepAlive(f"http://bot-api.test:{server.port}", resolve=resolve)
        server.reply = Reply(b"{}", headers=(("Connection", "close"),))

        answers = [await client.post("/send", b"{}") for _ in range(3)]

    assert answers == [Answer(200, b"{}")] * 3
    assert client._good == ("127.0.0.1", server.port)
    assert len(tried) == 3


async def test_a_name_that_nobody_knows_means_nothing_was_written() -> None:
    async def resolve(_host: str, _port: int) -> list[tuple[str, int]]:
        raise socket.gaierror(socket.EAI_NONAME, "MARKED")

    client = KeepAlive("http://bot-api.test", resolve=resolve)

    with pytest.raises(NotWritten, match=r"^unknown_host$"):
        await client.post("/send", b"{}")


async def test_a_server_that_does_not_speak_tls_gets_nothing(server: Server) -> None:
    client = KeepAlive(f"https://127.0.0.1:{server.port}")

    with pytest.raises(NotWritten):
        await client.post("/send", b"{}")

    assert server.requests == []


async def test_a_connection_closed_while_idle_is_not_used(server: Server, client: KeepAlive) -> None:
    await client.post("/send", b"{}")
    await server.drop_connections()

    assert await client.post("/send", b"{}") == Answer(200, b"{}")
    assert len(server.requests) == 2


async def test_a_connection_that_closes_unannounced_costs_no_request_after_a_pause(
    server: Server, client: KeepAlive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keepalive, "_PAUSE_SECONDS", 0.0)
    server.reply = Reply(b"{}", is_last=True)

    for _ in range(10):
        assert await client.post("/send", b"{}") == Answer(200, b"{}")

    assert len(server.requests) == 10


async def test_what_was_not_asked_for_is_taken_for_no_answer(server: Server, client: KeepAlive) -> None:
    server.reply = Reply(
        raw=b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1" + b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n9"
    )
    await client.post("/send", b"{}")
    server.reply = Reply(b"2")

    assert (await client.post("/send", b"{}")).body == b"2"


async def test_an_answer_that_is_too_large_is_not_read_to_its_end(server: Server, client: KeepAlive) -> None:
    server.reply = Reply(b"x" * 5000)

    with pytest.raises(AnswerTooLarge):
        await client.post("/send", b"{}", most_bytes=4000)

    assert len((await client.post("/send", b"{}", most_bytes=6000)).body) == 5000


async def test_closing_tells_whoever_waits(server: Server, client: KeepAlive) -> None:
    arrived = asyncio.Event()

    async def silent(request: Request) -> Reply:
        arrived.set()
        return await never(request)

    server.reply = silent
    call = asyncio.create_task(client.post("/send", b"{}"))
    await arrived.wait()

    client.close()

    with pytest.raises(NoAnswer, match="closed"):
        await call


@pytest.mark.parametrize("address", ["ftp://example.org", "example.org", "http://"])
def test_an_address_that_is_no_web_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="must begin with"):
        KeepAlive(address)
