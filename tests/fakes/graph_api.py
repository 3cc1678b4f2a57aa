"""A Graph API with one WhatsApp number: it checks every call as Meta's documentation says, and posts signed events to us.

`await graph.say("6281200000001", "tolong")` is a person writing: the event is posted to `hook`, again while it is refused.
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp

from tests.fakes.bot_api import Fault
from tests.fakes.http_server import HttpServer, Reply, Request

TOKEN = "EAAG-token-of-nobody"
NUMBER = "100200300400500"
APP_SECRET = "0123456789abcdef0123456789abcdef"
WINDOW_SECONDS = 24 * 3600
PAIR_BURST, PAIR_SECONDS = 45, 6.0


@dataclass(slots=True)
class Sent:
    """A message that was taken. `kind` text, button, list, location_request, template; `choices` id and title."""

    to: str
    id: str
    kind: str
    text: str
    choices: list[tuple[str, str]]
    at: float
    key: str
    params: dict[str, Any]


@dataclass(slots=True)
class Person:
    """Somebody on WhatsApp, by phone, by an id, or both. `wrote_at`: when the window opened last."""

    phone: str = ""
    user_id: str = ""
    wrote_at: float = float("-inf")
    sent_at: deque[float] = field(default_factory=deque)
    is_gone: bool = False


class Refused(Exception):
    """The API says no."""

    def __init__(self, code: int, status: int = 400, **more: Any) -> None:
        super().__init__(code)
        self.code, self.status, self.more = code, status, more


class FakeGraphApi:
    """One number's API. `per_pair`: whether the pair rate is enforced."""

    def __init__(self, *, clock: Callable[[], float] = time.time, per_pair: bool = False) -> None:
        self.clock = clock
        self.per_pair = per_pair
        self.templates = {("kabar_netral", "id"), ("kabar_netral", "en")}
        self.people: dict[str, Person] = {}
        self.sent: list[Sent] = []
        self.calls: list[dict[str, Any]] = []
        self.read: list[str] = []
        self.looked = 0
        self._look = asyncio.Event()
        self.was_read = asyncio.Event()
        self.hook = ""
        self.posts: list[int] = []
        self._ids = itertools.count(1)
        self._faults: deque[Fault] = deque()
        self._server = HttpServer(self._handle)

    async def __aenter__(self) -> Self:
        await self._server.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._server.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    def fail(self, fault: Fault, times: int = 1) -> None:
        """Let the next calls go wrong."""
        self._faults.extend([fault] * times)

    async def was_looked_at(self, times: int) -> None:
        """Return once somebody asked so often what the number is."""
        while self.looked < times:
            self._look.clear()
            await self._look.wait()

    # Events to us

    def person(self, name: str, **changes: Any) -> Person:
        """The person of this phone or id, made when new."""
        kind = "user_id" if "." in name else "phone"
        person = self.people.setdefault(name, Person(**{kind: name}))
        for key, value in changes.items():
            setattr(person, key, value)
        return person

    def message(self, name: str, content: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A message of a person, as it stands in an event; it opens the window."""
        person = self.person(name)
        person.wrote_at = self.clock()
        ids = {"from": person.phone, "from_user_id": person.user_id}
        head = {"id": f"wamid.IN{next(self._ids)}", "timestamp": str(int(self.clock()))}
        return {**{key: value for key, value in ids.items() if value}, **head, **content, **more}

    def value(self, *messages: dict[str, Any], statuses: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """The value of a change."""
        names = {message.get("from") or message.get("from_user_id") for message in messages}
        people = [person for name, person in self.people.items() if name in names]
        contacts = [
            {"profile": {"name": "MARKED-NAME"}}
            | ({"wa_id": person.phone} if person.phone else {})
            | ({"user_id": person.user_id} if person.user_id else {})
            for person in people
        ]
        value: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "62210000000", "phone_number_id": NUMBER},
        }
        value |= {"contacts": contacts, "messages": list(messages)} if messages else {}
        return value | ({"statuses": statuses} if statuses else {})

    @staticmethod
    def envelope(*values: dict[str, Any]) -> bytes:
        """A post of these changes."""
        changes = [{"field": "messages", "value": value} for value in values]
        return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "WABA", "changes": changes}]}).encode()

    async def say(self, name: str, text: str) -> None:
        """Somebody writes."""
        await self.post(self.envelope(self.value(self.message(name, {"type": "text", "text": {"body": text}}))))

    async def press(self, name: str, title: str) -> None:
        """Somebody chooses what the last message with choices offers."""
        sent = next(each for each in reversed(self.sent) if each.to == name and each.choices)
        chosen = next(choice for choice in sent.choices if choice[1] == title)
        kind = "button_reply" if sent.kind == "button" else "list_reply"
        reply = {"type": kind, kind: {"id": chosen[0], "title": chosen[1]}}
        context = {"from": "62210000000", "id": sent.id}
        await self.post(
            self.envelope(self.value(self.message(name, {"type": "interactive", "interactive": reply}, context=context)))
        )

    async def tell(self, sent: Sent, status: str, **more: Any) -> None:
        """Say what became of a message."""
        told = {"id": sent.id, "status": status, "timestamp": str(int(self.clock())), "recipient_id": sent.to}
        await self.post(self.envelope(self.value(statuses=[{**told, "biz_opaque_callback_data": sent.key, **more}])))

    async def post(self, body: bytes, *, tries: int = 200) -> None:
        """Post an event, again until it is taken."""
        signature = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "x-hub-signature-256": f"sha256={signature}"}
        async with aiohttp.ClientSession() as session:
            for _ in range(tries):
                try:
                    async with session.post(self.hook, data=body, headers=headers) as answer:
                        self.posts.append(answer.status)
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    self.posts.append(0)
                await asyncio.sleep(0.05)
        raise AssertionError("the event was never taken")

    # Calls of ours

    def _handle(self, request: Request) -> Reply:
        fault = self._faults.popleft() if self._faults else None
        if fault is not None and not fault.takes_effect:
            return _misbehave(fault)
        try:
            answer = self._take(request)
        except Refused as exc:
            error = {"message": "MARKED-ERROR", "type": "OAuthException", "code": exc.code, "fbtrace_id": "A1", **exc.more}
            return Reply(json.dumps({"error": error}).encode(), status=exc.status)
        return _misbehave(fault) if fault is not None else Reply(json.dumps(answer).encode())

    def _take(self, request: Request) -> dict[str, Any]:
        if request.authorization != f"Bearer {TOKEN}":
            raise Refused(190, 401)
        if request.verb == "GET" and request.path.partition("?")[0] == f"/v26.0/{NUMBER}":
            self.looked += 1
            self._look.set()
            return {"id": NUMBER}
        if request.verb != "POST" or request.path != f"/v26.0/{NUMBER}/messages":
            raise Refused(100)
        params = json.loads(request.body)
        self.calls.append(params)
        if params.get("messaging_product") != "whatsapp":
            raise Refused(100)
        if params.get("status") == "read":
            self.read.append(params["message_id"])
            self.was_read.set()
            return {"success": True}
        name = params.get("recipient") or params.get("to")
        if not name or ("recipient" in params) != ("." in name) or params.get("recipient_type") != "individual":
            raise Refused(131009)
        if len(params.get("biz_opaque_callback_data", "")) > 512:
            raise Refused(131009)
        person = self.person(name)
        if person.is_gone:
            raise Refused(131026)
        if params.get("type") == "template":
            self._check_template(params["template"])
        elif self.clock() - person.wrote_at >= WINDOW_SECONDS:
            raise Refused(131047)
        self._pace(person)
        kind, text, choices = _content(params)
        sent = Sent(
            name,
            f"wamid.OUT{next(self._ids)}",
            kind,
            text,
            choices,
            self.clock(),
            params.get("biz_opaque_callback_data", ""),
            params,
        )
        self.sent.append(sent)
        contact = {"input": name, "user_id": person.user_id or f"ID.{name}"}
        contact |= {"wa_id": person.phone} if person.phone else {}
        return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": sent.id}]}

    def _check_template(self, template: dict[str, Any]) -> None:
        """Only approved ones, in languages they were approved in, with as many values as they have: none."""
        if (template.get("name"), template.get("language", {}).get("code")) not in self.templates:
            raise Refused(132001, 404)
        if template.get("components"):
            raise Refused(132000)

    def _pace(self, person: Person) -> None:
        if not self.per_pair:
            return
        while person.sent_at and person.sent_at[0] <= self.clock() - PAIR_SECONDS:
            person.sent_at.popleft()
        if len(person.sent_at) >= PAIR_BURST:
            raise Refused(131056)
        person.sent_at.append(self.clock())


def _content(params: dict[str, Any]) -> tuple[str, str, list[tuple[str, str]]]:
    if params.get("type") == "text":
        body = params["text"]["body"]
        if not 1 <= _units(body) <= 4096:
            raise Refused(131009)
        return "text", body, []
    if params.get("type") == "template":
        return "template", f"{params['template']['name']} {params['template']['language']['code']}", []
    if params.get("type") != "interactive":
        raise Refused(131009)
    inner = params["interactive"]
    body = inner["body"]["text"]
    if not 1 <= _units(body) <= 1024:
        raise Refused(131009)
    if inner["type"] == "location_request_message":
        if inner["action"] != {"name": "send_location"}:
            raise Refused(131009)
        return "location_request", body, []
    if inner["type"] == "button":
        choices = [(each["reply"]["id"], each["reply"]["title"]) for each in inner["action"]["buttons"]]
        most, longest, longest_id = 3, 20, 256
    else:
        if not 1 <= _units(inner["action"]["button"]) <= 20:
            raise Refused(131009)
        choices = [(row["id"], row["title"]) for part in inner["action"]["sections"] for row in part["rows"]]
        most, longest, longest_id = 10, 24, 200
    titles = [title for _id, title in choices]
    is_sound = all(1 <= _units(title) <= longest and 1 <= len(each) <= longest_id for each, title in choices)
    if not 1 <= len(choices) <= most or not is_sound or len(set(titles)) < len(titles):
        raise Refused(131009)
    return inner["type"], body, choices


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _misbehave(fault: Fault) -> Reply:
    return Reply(
        fault.body,
        status=fault.status,
        content_type=fault.content_type,
        raw=fault.raw,
        is_cut=fault.is_cut,
        is_last=fault.closes,
    )
