"""A Bot API server with one bot: what it answers follows the published server, and it checks every call it gets.

In a test: `async with FakeBotApi() as api`, then `api.say(chat, "halo")` is a person writing, `api.sent` is what the bot sent.
Alone: `python -m tests.fakes.bot_api --port 8081`; then `POST /control/<name>` with JSON arguments calls the same methods.
"""

import argparse
import asyncio
import itertools
import json
import re
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from email.parser import BytesParser
from typing import Any, Self
from urllib.parse import parse_qsl, unquote

import aiohttp
import msgspec

from tests.fakes.http_server import HttpServer, Reply, Request

TOKEN = "42:TEST-token_of-a-fake-bot-that-is-nobodys"
LIFE_SECONDS = 24 * 3600
BATCH_BYTES = 1 << 22
BURST = 4
"""Messages to one chat that pass at once, when it was quiet before."""

BOT = {"id": 42, "is_bot": True, "first_name": "Teduh", "username": "teduh_test_bot"}
DEFAULT_KINDS_LEFT_OUT = {"chat_member", "message_reaction", "message_reaction_count"}

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Sent:
    """A message the bot sent. `at` by the fake's clock."""

    chat: int
    message_id: int
    text: str
    buttons: list[list[tuple[str, str]]]
    at: float
    params: dict[str, Any]
    is_deleted: bool = False


@dataclass(slots=True)
class Fault:
    """How a call goes wrong. `takes_effect`: the server did its work before it failed to say so. `closes`: unannounced."""

    status: int = 500
    body: bytes = b""
    content_type: str = "application/json"
    takes_effect: bool = False
    is_cut: bool = False
    is_silent: bool = False
    closes: bool = False
    raw: bytes | None = None


@dataclass(slots=True)
class Chat:
    """A private chat, or a group when `kind` says so. `state`: member, kicked (blocked the bot), deactivated, stranger.

    `keyboard`: labels of the buttons in the keyboard's place.
    """

    kind: str = "private"
    state: str = "member"
    last_message_id: int = 0
    last_sent_at: float = 0.0
    ahead: float = 0.0
    keyboard: list[str] = field(default_factory=list)


class Refused(Exception):
    """The server says no."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


class FakeBotApi:
    """One bot's server. `per_chat` and `per_bot`: most messages a second before 429; None: no limit."""

    def __init__(
        self,
        *,
        token: str = TOKEN,
        per_chat: float | None = None,
        per_bot: float | None = None,
        first_update_id: int = 734_120_001,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.token = token
        self.per_chat, self.per_bot = per_chat, per_bot
        self.clock = clock
        self.chats: dict[int, Chat] = {}
        self.sent: list[Sent] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.keeps_calls = True
        self.answered_presses: list[str] = []
        self.commands: dict[str, list[dict[str, str]]] = {}
        self.left: list[int] = []
        self.removed: list[tuple[int, int]] = []
        self.webhook_url = self.webhook_secret = ""
        self.last_error_at = 0.0
        self.update_ids = itertools.count(first_update_id)
        self._pending: deque[tuple[int, float, bytes]] = deque()
        self._allowed: set[str] | None = None
        self._presses: dict[str, float] = {}
        self._faults: dict[str, deque[Fault]] = {}
        self._poller: asyncio.Future[str] | None = None
        self._changed = asyncio.Event()
        self._bot_sent_at: deque[float] = deque()
        self._server = HttpServer(self._handle)
        self._methods: dict[str, Callable[[dict[str, Any]], Any]] = {
            name.removeprefix("_do_").lower(): getattr(self, name) for name in dir(self) if name.startswith("_do_")
        }
        self._path = f"/bot{token}/"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.stop()

    async def start(self, port: int = 0, host: str = "127.0.0.1", ssl: object = None) -> None:
        await self._server.start(port, host, ssl)

    async def stop(self) -> None:
        await self._server.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def connections(self) -> int:
        return self._server.connections

    async def drop_connections(self) -> None:
        await self._server.drop_connections()

    async def called(self, method: str, times: int = 1) -> None:
        """Return once a method was called so often."""
        while sum(name == method.lower() for name, _params in self.calls) < times:
            await self._changed.wait()

    async def confirmed(self) -> None:
        """Return once a poll has confirmed every update."""
        while self._pending:
            await self._changed.wait()

    # People

    def say(self, chat: int, text: str, **more: Any) -> int:
        """Somebody writes. Gives the update's id."""
        return self.message(chat, text=text, **more)

    def message(self, chat: int, **content: Any) -> int:
        return self.inject({"message": self._message(chat, **content)})

    def press(self, chat: int, data: str, message_id: int | None = None) -> str:
        """Somebody presses a button of a message (of the last one with buttons). Gives the query's id."""
        bubbles = [each for each in self.sent if each.chat == chat and (message_id or each.buttons)]
        bubble = next((each for each in reversed(bubbles) if message_id in (None, each.message_id)), None)
        query = str(next(self.update_ids) * 1000)
        self._presses[query] = self.clock()
        press: dict[str, Any] = {"id": query, "chat_instance": "-77", "from": _person(chat), "data": data}
        if bubble is not None:
            rows = [[{"text": label, "callback_data": each} for label, each in row] for row in bubble.buttons]
            press["message"] = {
                "message_id": bubble.message_id,
                "date": int(bubble.at),
                "from": BOT,
                "chat": {"id": chat, "type": "private", "first_name": "S"},
                "text": bubble.text,
                "reply_markup": {"inline_keyboard": rows},
            }
        self.inject({"callback_query": press})
        return query

    def block(self, chat: int) -> int:
        return self._change(chat, "member", "kicked")

    def unblock(self, chat: int) -> int:
        return self._change(chat, "kicked", "member")

    def _change(self, chat: int, old: str, new: str) -> int:
        self.chat(chat).state = new
        until = {"until_date": 0} if new == "kicked" else {}
        member = {
            "chat": {"id": chat, "type": "private", "first_name": "S"},
            "from": _person(chat),
            "date": int(self.clock()),
            "old_chat_member": {"status": old, "user": BOT},
            "new_chat_member": {"status": new, "user": BOT, **until},
        }
        return self.inject({"my_chat_member": member})

    def chat(self, number: int, **changes: Any) -> Chat:
        """The chat, made when it is new."""
        chat = self.chats.setdefault(number, Chat())
        for name, value in changes.items():
            setattr(chat, name, value)
        return chat

    def _message(self, number: int, **content: Any) -> dict[str, Any]:
        chat = self.chat(number)
        chat.last_message_id += 1
        place: dict[str, Any] = {"id": number, "type": chat.kind}
        place |= {"first_name": "S"} if chat.kind == "private" else {"title": "G"}
        head = {"message_id": chat.last_message_id, "date": int(self.clock()), "from": _person(number), "chat": place}
        return head | content

    # Updates

    def inject(self, content: dict[str, Any]) -> int:
        """Put an update in the queue, whatever it holds. Gives its id."""
        update_id = content.get("update_id") or next(self.update_ids)
        kind = next((name for name in content if name != "update_id"), "")
        is_taken = kind not in DEFAULT_KINDS_LEFT_OUT if not self._allowed else kind in self._allowed
        if is_taken:
            self.inject_raw(update_id, json.dumps({"update_id": update_id, **content}).encode())
        return update_id

    def inject_raw(self, update_id: int, body: bytes) -> None:
        self._pending.append((update_id, self.clock(), body))
        self._wake("news")

    def inject_many(self, bodies: Iterable[tuple[int, bytes]], chats: Iterable[int]) -> None:
        """Many updates at once, as they are: for load."""
        for number in chats:
            self.chat(number)
        now = self.clock()
        self._pending.extend((update_id, now, body) for update_id, body in bodies)
        self._wake("news")

    @property
    def pending(self) -> list[int]:
        """Ids of the updates that no poll has confirmed."""
        return [update_id for update_id, _at, _body in self._pending]

    def _wake(self, why: str) -> None:
        if self._poller is not None and not self._poller.done():
            self._poller.set_result(why)

    # Faults

    def fail(self, method: str, fault: Fault, times: int = 1) -> None:
        """Let the next calls of a method go wrong."""
        self._faults.setdefault(method.lower(), deque()).extend([fault] * times)

    def refuse(self, method: str, status: int, description: str | None, *, times: int = 1, **parameters: int) -> None:
        """Let the next calls of a method be refused in the server's usual form."""
        said: dict[str, Any] = {"ok": False, "error_code": status}
        if description is not None:
            said["description"] = description
        if parameters:
            said["parameters"] = parameters
        self.fail(method, Fault(status=status, body=_encode(said)), times)

    # The server

    def _handle(self, request: Request) -> Any:
        if not request.path.startswith(self._path):
            if request.path.startswith("/control/"):
                return self._control(request)
            return _no(401, "Unauthorized") if re.match(r"/bot\d+:[\w-]+/", request.path) else _no(404, "Not Found")
        name = request.path[len(self._path) :].partition("?")[0].lower()
        act = self._methods.get(name)
        if act is None:
            return _no(404, "Not Found: method not found")
        params = _params(request)
        if self.keeps_calls:
            self.calls.append((name, params))
            self._note_change()
        faults = self._faults.get(name)
        if faults:
            return self._go_wrong(faults.popleft(), act, params)
        return self._answer(act, params)

    def _answer(self, act: Callable[[dict[str, Any]], Any], params: dict[str, Any]) -> Any:
        try:
            result = act(params)
        except Refused as no:
            return _no(no.status, no.description, no.parameters)
        if isinstance(result, Reply) or asyncio.iscoroutine(result):
            return result
        return Reply(b'{"ok":true,"result":' + _encode(result) + b"}")

    def _go_wrong(self, fault: Fault, act: Callable[[dict[str, Any]], Any], params: dict[str, Any]) -> Any:
        if fault.takes_effect:
            self._answer(act, params)
        if fault.is_silent:
            return _never()
        return Reply(
            fault.body,
            status=fault.status,
            content_type=fault.content_type,
            is_cut=fault.is_cut,
            raw=fault.raw,
            is_last=fault.closes,
        )

    def _do_getme(self, _params: dict[str, Any]) -> Any:
        flags = ("can_join_groups", "can_read_all_group_messages", "supports_inline_queries")
        return BOT | dict.fromkeys(flags, False)

    async def _do_getupdates(self, params: dict[str, Any]) -> Reply:
        if self.webhook_url:
            return _no(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            )
        self._wake("terminated")
        offset, limit = int(params.get("offset", 0)), min(max(int(params.get("limit", 100)), 1), 100)
        timeout = min(max(int(params.get("timeout", 0)), 0), 50)
        if params.get("allowed_updates") is not None:
            self._allowed = set(_parsed(params["allowed_updates"]))
        self._confirm(offset)
        if not self._pending and timeout:
            self._poller = poller = asyncio.get_running_loop().create_future()
            try:
                why = await asyncio.wait_for(poller, timeout)
            except TimeoutError:
                why = ""
            finally:
                if self._poller is poller:
                    self._poller = None
            if why == "terminated":
                return _no(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                )
        return Reply(b'{"ok":true,"result":[' + b",".join(self._batch(limit)) + b"]}")

    def _confirm(self, offset: int) -> None:
        oldest = self.clock() - LIFE_SECONDS
        while self._pending and self._pending[0][1] < oldest:
            self._pending.popleft()
        if offset < 0:
            while len(self._pending) > -offset:
                self._pending.popleft()
        while self._pending and self._pending[0][0] < offset:
            self._pending.popleft()
        self._note_change()

    def _note_change(self) -> None:
        """Wake whoever waits in `called` or `confirmed`, to look again."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _batch(self, limit: int) -> list[bytes]:
        batch, size = [], 0
        for _update_id, _at, body in itertools.islice(self._pending, limit):
            if batch and size + len(body) > BATCH_BYTES:
                break
            batch.append(body)
            size += len(body)
        return batch

    def _do_sendmessage(self, params: dict[str, Any]) -> Any:
        number, chat = self._reachable(params)
        text = params.get("text")
        if not isinstance(text, str) or not text.strip():
            raise Refused(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) > 2 * 4096:
            raise Refused(400, "Bad Request: message is too long")
        buttons = _buttons(params.get("reply_markup"))
        self._pace(chat)
        _lay_keyboard(chat, params.get("reply_markup"))
        chat.last_message_id += 1
        sent = Sent(number, chat.last_message_id, text.strip(), buttons, self.clock(), params)
        self.sent.append(sent)
        place = {"id": number, "type": "private", "first_name": "S"}
        return {"message_id": sent.message_id, "from": BOT, "chat": place, "date": int(sent.at), "text": sent.text}

    def _reachable(self, params: dict[str, Any]) -> tuple[int, Chat]:
        try:
            number = int(params["chat_id"])
        except (KeyError, ValueError, TypeError):
            raise Refused(400, "Bad Request: chat_id is empty") from None
        chat = self.chats.get(number)
        if chat is None:
            raise Refused(400, "Bad Request: chat not found")
        refusals = {
            "kicked": "Forbidden: bot was blocked by the user",
            "deactivated": "Forbidden: user is deactivated",
            "stranger": "Forbidden: bot can't initiate conversation with a user",
        }
        if chat.state in refusals:
            raise Refused(403, refusals[chat.state])
        return number, chat

    def _pace(self, chat: Chat) -> None:
        now = self.clock()
        if self.per_chat is not None:
            # Short bursts pass, a steady stream must keep the pace.
            chat.ahead = max(0.0, chat.ahead - (now - chat.last_sent_at) * self.per_chat) + 1
            chat.last_sent_at = now
            if chat.ahead > BURST:
                raise Refused(429, "Too Many Requests: retry after 3", retry_after=3)
        if self.per_bot is not None:
            while self._bot_sent_at and self._bot_sent_at[0] <= now - 1:
                self._bot_sent_at.popleft()
            if len(self._bot_sent_at) >= self.per_bot:
                raise Refused(429, "Too Many Requests: retry after 1", retry_after=1)
            self._bot_sent_at.append(now)

    def _do_answercallbackquery(self, params: dict[str, Any]) -> Any:
        query = str(params.get("callback_query_id", ""))
        if len(str(params.get("text", ""))) > 200:
            raise Refused(400, "Bad Request: MESSAGE_TOO_LONG")
        asked_at = self._presses.pop(query, None)
        if asked_at is None or asked_at < self.clock() - 900:
            raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self.answered_presses.append(query)
        return True

    def _do_setmycommands(self, params: dict[str, Any]) -> Any:
        commands = _parsed(params.get("commands", []))
        for each in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", each.get("command", "")):
                raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
            if not 1 <= len(each.get("description", "")) <= 256:
                raise Refused(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[str(params.get("language_code") or "")] = commands
        return True

    def _do_setwebhook(self, params: dict[str, Any]) -> Any:
        url, secret = str(params.get("url") or ""), str(params.get("secret_token") or "")
        if url and not url.startswith("https://"):
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise Refused(400, "Bad Request: secret token contains unallowed characters")
        if not 1 <= int(params.get("max_connections") or 40) <= 100:
            raise Refused(400, "Bad Request: wrong max_connections")
        self.webhook_url, self.webhook_secret = url, secret
        kinds = _parsed(params["allowed_updates"]) if "allowed_updates" in params else None
        self._allowed = set(kinds) if kinds else self._allowed
        self._wake("terminated")
        return self._drop(params)

    def _do_deletewebhook(self, params: dict[str, Any]) -> Any:
        self.webhook_url = ""
        return self._drop(params)

    async def deliver(self, address: str, *, seconds: float = 10.0) -> list[tuple[int, int]]:
        """Deliver what waits to the webhook, whose https address leads to `address` here. Each try: update, status (0: none).

        As the published server does: one update of a chat at a time, its next only after a 2xx; tries again after a growing pause
        (here a hundredth of the real one) or after `Retry-After`.

        Raises:
            TimeoutError: something was not taken in so many seconds.
        """
        tries: list[tuple[int, int]] = []
        queues: dict[str, deque[tuple[int, bytes]]] = {}
        while self._pending:
            update_id, _at, body = self._pending.popleft()
            queues.setdefault(_chat_of(body), deque()).append((update_id, body))
        self._note_change()
        async with asyncio.timeout(seconds), aiohttp.ClientSession() as session:
            await asyncio.gather(*(self._deliver(session, address, queue, tries) for queue in queues.values()))
        return tries

    async def _deliver(
        self, session: aiohttp.ClientSession, address: str, queue: deque[tuple[int, bytes]], tries: list[tuple[int, int]]
    ) -> None:
        headers = {"content-type": "application/json"}
        if self.webhook_secret:
            headers["x-telegram-bot-api-secret-token"] = self.webhook_secret
        pause = 1.0
        while queue:
            update_id, body = queue[0]
            try:
                async with session.post(address, data=body, headers=headers) as answer:
                    status, wanted = answer.status, answer.headers.get("retry-after")
            except aiohttp.ClientError:
                status, wanted = 0, None
            tries.append((update_id, status))
            if 200 <= status < 300:
                queue.popleft()
                pause = 1.0
                continue
            self.last_error_at = self.clock()
            await asyncio.sleep((float(wanted) if wanted else pause) / 100)
            pause = min(pause * 2, 120.0)

    def _drop(self, params: dict[str, Any]) -> bool:
        if str(params.get("drop_pending_updates", False)).lower() in ("true", "1"):
            self._pending.clear()
        return True

    def _do_getwebhookinfo(self, _params: dict[str, Any]) -> Any:
        info = {"url": self.webhook_url, "has_custom_certificate": False, "pending_update_count": len(self._pending)}
        failed = {"last_error_date": int(self.last_error_at), "last_error_message": "Wrong response from the webhook"}
        return info | (failed if self.last_error_at else {})

    def _do_deletemessage(self, params: dict[str, Any]) -> Any:
        number, _chat = self._reachable(params)
        if not self._delete(number, int(params["message_id"])):
            raise Refused(400, "Bad Request: message to delete not found")
        return True

    def _do_deletemessages(self, params: dict[str, Any]) -> Any:
        number, _chat = self._reachable(params)
        ids = _parsed(params.get("message_ids", []))
        if not 1 <= len(ids) <= 100:
            raise Refused(
                400, "Bad Request: TOO_MANY_MESSAGES" if ids else "Bad Request: message identifiers are not specified"
            )
        for message_id in ids:
            self._delete(number, int(message_id))
            self.removed.append((number, int(message_id)))
        return True

    def _delete(self, number: int, message_id: int) -> bool:
        found = [each for each in self.sent if (each.chat, each.message_id) == (number, message_id) and not each.is_deleted]
        for each in found:
            if each.at < self.clock() - 48 * 3600:
                raise Refused(400, "Bad Request: message can't be deleted")
            each.is_deleted = True
        return bool(found)

    def _do_leavechat(self, params: dict[str, Any]) -> Any:
        number, _chat = self._reachable(params)
        self.left.append(number)
        return True

    # Control from another process

    def _control(self, request: Request) -> Reply:
        name = request.path.removeprefix("/control/")
        arguments = msgspec.json.decode(request.body) if request.body else {}
        if name in ("say", "message", "press", "block", "unblock", "inject", "refuse"):
            result = getattr(self, name)(**arguments)
        elif name == "load":
            # Updates as they are, one a line, ids given: at load the fake must not spend its time on JSON.
            result = self._load(arguments["updates"], arguments["chats"])
        elif name == "fail":
            fault = Fault(**{**arguments["fault"], "body": arguments["fault"].get("body", "").encode()})
            result = self.fail(arguments["method"], fault, arguments.get("times", 1))
        elif name == "sent":
            result = [asdict(each) for each in self.sent[arguments.get("since", 0) :]]
        elif name == "count":
            result = {"sent": len(self.sent), "pending": len(self._pending), "answered": len(self.answered_presses)}
        elif name == "settings":
            for key in ("per_chat", "per_bot", "keeps_calls"):
                if key in arguments:
                    setattr(self, key, arguments[key])
            result = None
        elif name == "forget":
            self.sent.clear()
            self.calls.clear()
            self.answered_presses.clear()
            result = None
        else:
            return Reply(b'{"error":"no such control"}', status=404)
        return Reply(_encode(result))

    def _load(self, updates: list[tuple[int, str]], chats: list[int]) -> int:
        self.inject_many(((update_id, body.encode()) for update_id, body in updates), chats)
        return len(updates)


def _chat_of(body: bytes) -> str:
    found = re.search(rb'"chat": ?\{"id": ?(-?\d+)', body)
    return found.group(1).decode() if found else ""


def _person(number: int) -> dict[str, Any]:
    return {"id": number, "is_bot": False, "first_name": "S", "language_code": "id"}


def _no(status: int, description: str, parameters: dict[str, int] | None = None) -> Reply:
    said: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if parameters:
        said["parameters"] = parameters
    return Reply(_encode(said), status=status)


async def _never() -> Reply:
    await asyncio.get_running_loop().create_future()
    raise AssertionError("unreachable")


def _parsed(value: Any) -> Any:
    """Forms carry structures as JSON in a field."""
    return msgspec.json.decode(value) if isinstance(value, str) else value


def _params(request: Request) -> dict[str, Any]:
    kind = request.content_type.partition(";")[0].strip().lower()
    _path, _, query = request.path.partition("?")
    params: dict[str, Any] = dict(parse_qsl(unquote(query))) if query else {}
    if kind == "application/json":
        return params | msgspec.json.decode(request.body or b"{}")
    if kind == "application/x-www-form-urlencoded":
        return params | dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    if kind == "multipart/form-data":
        parsed = BytesParser().parsebytes(f"Content-Type: {request.content_type}\r\n\r\n".encode() + request.body)
        for part in parsed.get_payload():
            name = part.get_param("name", header="content-disposition")  # type: ignore[union-attr]  # always parts here
            params[str(name)] = part.get_payload(decode=True).decode()  # type: ignore[union-attr]
    return params


def _lay_keyboard(chat: Chat, markup: Any) -> None:
    markup = _parsed(markup) if markup else {}
    if markup.get("remove_keyboard"):
        chat.keyboard = []
    if "keyboard" not in markup:
        return
    for button in (button for row in markup["keyboard"] for button in row):
        label = button if isinstance(button, str) else button.get("text", "")
        if not label:
            raise Refused(400, 'Bad Request: can\'t parse keyboard button: Field "text" must be of type String')
        if not isinstance(button, str) and button.get("request_location") and chat.kind != "private":
            raise Refused(400, "Bad Request: location can be requested in private chats only")
    chat.keyboard = [each if isinstance(each, str) else each["text"] for row in markup["keyboard"] for each in row]


def _buttons(markup: Any) -> list[list[tuple[str, str]]]:
    if markup is None or markup == "":
        return []
    keyboard = _parsed(markup).get("inline_keyboard", [])
    rows = []
    for row in keyboard:
        if len(row) > 8:
            raise Refused(400, "Bad Request: reply markup is too long")
        for button in row:
            if not button.get("text"):
                raise Refused(400, 'Bad Request: can\'t parse inline keyboard button: Field "text" must be non-empty')
            if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
                raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        rows.append([(button["text"], button.get("callback_data", "")) for button in row])
    if sum(map(len, rows)) > 100:
        raise Refused(400, "Bad Request: reply markup is too long")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description="A fake Bot API server.")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--per-chat", type=float, default=None)
    parser.add_argument("--per-bot", type=float, default=None)
    parser.add_argument("--forgetful", action="store_true", help="keep no list of calls (for load)")
    chosen = parser.parse_args()

    async def serve() -> None:
        api = FakeBotApi(token=chosen.token, per_chat=chosen.per_chat, per_bot=chosen.per_bot)
        api.keeps_calls = not chosen.forgetful
        await api.start(chosen.port)
        print(f"Bot API: {api.url}  token: {chosen.token}", flush=True)  # noqa: T201 - the tool's output
        await asyncio.Event().wait()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
