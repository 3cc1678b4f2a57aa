"""WhatsApp's webhook: signed bytes only, stored before they are acknowledged, each event once, whatever comes beside it."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping

import httpx
import pytest
import sqlalchemy as sa

from bot.actions.receive import Receiver
from bot.channels import whatsapp_updates
from bot.channels.standing import Standing
from bot.storage import tables
from bot.storage.database import Database
from bot.storage.vault import Vault
from bot.web.hooks import MOST_BYTES, Hooks, WhatsAppHook
from tests.builders import NOW
from tests.fakes.graph_api import APP_SECRET, NUMBER, FakeGraphApi

PATH, WORD, NEXT_SECRET = "path-secret-of-nobody-at-all", "word-of-nobody-at-all-whoever", "f" * 32
URL = f"/webhooks/whatsapp/{PATH}"
HEADER = "x-hub-signature-256"


def said(text: str, wamid: str = "wamid.A1", **more: object) -> dict[str, object]:
    return {"from": "6281", "id": wamid, "timestamp": "1790000200", "type": "text", "text": {"body": text}, **more}


def post_of(*messages: Mapping[str, object], number: str = NUMBER, **more: object) -> bytes:
    value = {"metadata": {"phone_number_id": number}, "messages": list(messages), **more}
    return FakeGraphApi.envelope(value)


def signed(body: bytes, secret: str = APP_SECRET) -> dict[str, str]:
    return {HEADER: "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


class Rig:
    """The endpoint and its store."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database = database
        self.is_broken = False
        self.standing = Standing(lambda: NOW)
        receiver = Receiver(database=database, vault=vault, wake=lambda: None)

        async def store(updates):
            if self.is_broken:
                raise OSError("disk")
            await receiver.receive(updates)

        hook = WhatsAppHook(
            secrets=(APP_SECRET, NEXT_SECRET),
            verify_token=WORD,
            unpack=lambda raw: whatsapp_updates.unpack(raw, now=NOW),
            store=store,
            standing=self.standing,
        )
        transport = httpx.ASGITransport(Hooks({f"whatsapp/{PATH}": hook}))  # type: ignore[arg-type]  # narrower types
        self.client = httpx.AsyncClient(transport=transport, base_url="https://teduh.test")

    async def post(self, body: bytes, headers: Mapping[str, str | bytes] | None = None) -> int:
        given = signed(body) if headers is None else headers
        return (await self.client.post(URL, content=body, headers=dict(given))).status_code

    async def stored(self) -> int:
        return await self.database.read(lambda db: db.scalar(sa.select(sa.func.count()).select_from(tables.inbox)) or 0)


@pytest.fixture
async def rig(database: Database, vault: Vault) -> AsyncIterator[Rig]:
    rig = Rig(database, vault)
    yield rig
    await rig.client.aclose()


BODY = post_of(said("tolong"))
RIGHT = signed(BODY)[HEADER]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {HEADER: ""},
        {HEADER: RIGHT[:-1] + ("0" if RIGHT[-1] != "0" else "1")},
        {HEADER: RIGHT.removeprefix("sha256=")},
        {HEADER: RIGHT.replace("sha256=", "sha1=")},
        {HEADER: "sha256=" + RIGHT.removeprefix("sha256=").upper()},
        {HEADER: RIGHT + "0"},
        {HEADER: "sha256=é€".encode()},
        {HEADER: "x" * 10_000},
        {HEADER: signed(BODY + b" ")[HEADER]},
        {HEADER: signed(BODY, "e" * 32)[HEADER]},
        {"x-hub-signature": RIGHT},
    ],
    ids=[
        "none",
        "empty",
        "one digit",
        "no prefix",
        "sha1",
        "capitals",
        "too long",
        "no ASCII",
        "10 KB",
        "other bytes",
        "other secret",
        "other header",
    ],
)
async def test_what_is_not_signed_by_the_app_leaves_nothing(rig: Rig, headers: dict[str, str | bytes]):
    assert await rig.post(BODY, headers) == 401
    assert await rig.stored() == 0


async def test_while_the_secret_is_changed_both_are_taken(rig: Rig):
    assert await rig.post(BODY) == 200
    assert await rig.post(BODY, signed(BODY, NEXT_SECRET)) == 200
    assert await rig.stored() == 1


async def test_the_same_post_a_hundred_times_at_once_is_one_event(rig: Rig):
    answers = await asyncio.gather(*(rig.post(BODY) for _ in range(100)))

    assert set(answers) == {200}
    assert await rig.stored() == 1


async def test_the_same_message_written_otherwise_is_one_event(rig: Rig):
    content = json.loads(post_of(said("halo é")))
    forms = [
        json.dumps(content).encode(),
        json.dumps(content, ensure_ascii=False).encode(),
        json.dumps(content, indent=2, sort_keys=True).encode(),
    ]

    assert [await rig.post(each) for each in forms] == [200, 200, 200]
    assert await rig.stored() == 1


async def test_every_event_of_a_large_batch_is_stored(rig: Rig):
    statuses = [{"id": f"wamid.O{n}", "status": "sent", "timestamp": "1790000300"} for n in range(1000)]

    assert await rig.post(post_of(*(said("x", f"wamid.{n}") for n in range(30)), statuses=statuses)) == 200

    assert await rig.stored() == 1030


async def test_what_can_not_be_stored_is_not_acknowledged_and_comes_again(rig: Rig):
    rig.is_broken = True
    assert await rig.post(BODY) == 503
    rig.is_broken = False
    assert await rig.post(BODY) == 200

    assert await rig.stored() == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"object":"page","entry":[]}',
        post_of(said("x", group_id="g")),
    ],
    ids=["empty", "object", "list", "null", "no text", "deep", "a page", "a group"],
)
async def test_what_is_signed_and_none_of_ours_is_acknowledged_and_leaves_nothing(rig: Rig, body: bytes):
    assert await rig.post(body) == 200
    assert await rig.stored() == 0


async def test_what_is_too_large_is_refused_before_it_is_read_whole(rig: Rig):
    assert await rig.post(b" " * (MOST_BYTES + 1), {HEADER: RIGHT}) == 413
    assert await rig.stored() == 0


async def test_what_came_for_another_number_is_kept(rig: Rig):
    assert await rig.post(post_of(said("tolong"), number="1")) == 200

    assert await rig.stored() == 1


@pytest.mark.parametrize(("code", "is_down"), [(131042, True), (190, True), (131031, True), (131000, False), (130429, False)])
async def test_a_trouble_that_stops_the_number_is_told(rig: Rig, code: int, is_down: bool):
    assert await rig.post(post_of(errors=[{"code": code, "title": "MARKED"}])) == 200

    assert [each.reason for each in rig.standing.list()] == ([f"whatsapp_{code}"] if is_down else [])


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"hub.mode": "subscribe", "hub.verify_token": WORD, "hub.challenge": "1158201444"}, 200),
        ({"hub.mode": "subscribe", "hub.verify_token": "other", "hub.challenge": "1158201444"}, 403),
        ({"hub.mode": "unsubscribe", "hub.verify_token": WORD, "hub.challenge": "1158201444"}, 403),
        ({"hub.mode": "subscribe", "hub.verify_token": WORD, "hub.challenge": "<script>"}, 403),
        ({"hub.mode": "subscribe", "hub.verify_token": "é", "hub.challenge": "1"}, 403),
        ({}, 403),
    ],
    ids=["right", "other word", "other mode", "no digits", "no ASCII", "nothing"],
)
async def test_the_address_is_proven_by_our_word_only(rig: Rig, query: dict[str, str], status: int):
    answer = await rig.client.get(URL, params=query)

    assert answer.status_code == status
    if status == 200:
        assert (answer.text, answer.headers["content-type"].partition(";")[0]) == ("1158201444", "text/plain")
