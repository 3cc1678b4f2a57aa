"""Webhooks: nothing is acknowledged that was not stored, and nobody but the platform is heard."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import sqlalchemy as sa

from bot.actions.receive import Receiver
from bot.channels import telegram_updates
from bot.storage import tables
from bot.storage.database import Database
from bot.storage.vault import Vault
from bot.web.hooks import MOST_BYTES, Hooks, TelegramHook
from tests.builders import NOW

PATH, SECRET = "path-secret-of-nobody-at-all", "header-secret-of-nobody-at-all"
URL = f"/webhooks/telegram/{PATH}"
SAID = (
    b'{"update_id":7,"message":{"message_id":1,"date":1790000123,"from":{"id":5550001,"is_bot":false},'
    b'"chat":{"id":5550001,"type":"private"},"text":"halo"}}'
)
HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Rig:
    """The endpoint, its store and the groups it left."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database = database
        self.left: list[int] = []
        self.is_broken = False
        receiver = Receiver(database=database, vault=vault, wake=lambda: None)

        async def store(updates):
            if self.is_broken:
                raise OSError("disk")
            await receiver.receive(updates)

        hook = TelegramHook(
            secret=SECRET,
            unpack=lambda raw: telegram_updates.unpack(raw, account="42", now=NOW),
            store=store,
            leave=self.left.append,
        )
        transport = httpx.ASGITransport(Hooks({f"telegram/{PATH}": hook}))  # type: ignore[arg-type]  # narrower types
        self.client = httpx.AsyncClient(transport=transport, base_url="https://teduh.test")

    async def post(self, body: bytes = SAID, *, url: str = URL, headers: dict[str, str | bytes] | None = None) -> int:
        given = {HEADER: SECRET} if headers is None else headers
        return (await self.client.post(url, content=body, headers=given)).status_code

    async def stored(self) -> int:
        return await self.database.read(lambda db: db.scalar(sa.select(sa.func.count()).select_from(tables.inbox)))


@pytest.fixture
async def rig(database: Database, vault: Vault) -> AsyncIterator[Rig]:
    rig = Rig(database, vault)
    yield rig
    await rig.client.aclose()


async def test_an_update_is_stored_before_it_is_acknowledged_and_once(rig: Rig):
    assert [await rig.post() for _ in range(3)] == [200, 200, 200]

    assert await rig.stored() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {HEADER: ""},
        {HEADER: SECRET[:-1]},
        {HEADER: SECRET + "x"},
        {HEADER: SECRET.upper()},
        {HEADER: "é-€".encode()},
        {HEADER: "x" * 10_000},
        {"x-telegram-secret": SECRET},
    ],
    ids=["none", "empty", "short", "long", "case", "not ASCII", "10 KB", "another header"],
)
async def test_who_does_not_know_the_secret_is_refused_and_leaves_nothing(rig: Rig, headers: dict[str, str | bytes]):
    assert await rig.post(headers=headers) == 401

    assert await rig.stored() == 0


@pytest.mark.parametrize("path", ["", "x", PATH[:-1], PATH + "/", PATH.upper(), "%C3%A9", "../telegram/" + PATH + "x"])
async def test_another_path_is_not_found(rig: Rig, path: str):
    assert await rig.post(url=f"/webhooks/telegram/{path}") == 404


async def test_only_posting_is_answered(rig: Rig):
    assert (await rig.client.get(URL, headers={HEADER: SECRET})).status_code == 405


async def test_more_than_four_mebibytes_are_not_read(rig: Rig):
    assert await rig.post(b"[" + b"1," * (MOST_BYTES // 2)) == 413
    assert await rig.post(SAID + b" " * (MOST_BYTES - len(SAID))) == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"update_id":"x"}', b'{"update_id":9,"poll":{}}'],
)
async def test_what_can_not_be_read_is_acknowledged_so_that_it_holds_up_nobody(rig: Rig, body: bytes):
    assert await rig.post(body) == 200


async def test_what_could_not_be_stored_is_asked_for_again(rig: Rig):
    rig.is_broken = True
    refused = await rig.client.post(URL, content=SAID, headers={HEADER: SECRET})
    rig.is_broken = False

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert await rig.post() == 200
    assert await rig.stored() == 1


async def test_a_group_is_left_and_not_stored(rig: Rig):
    body = SAID.replace(b'"id":5550001,"type":"private"', b'"id":-100200,"type":"supergroup"')

    assert await rig.post(body) == 200
    assert rig.left == [-100200]
    assert await rig.stored() == 0


async def test_the_same_update_a_hundred_times_at_once_is_one(rig: Rig):

    assert set(await asyncio.gather(*(rig.post() for _ in range(100)))) == {200}
    assert await rig.stored() == 1
