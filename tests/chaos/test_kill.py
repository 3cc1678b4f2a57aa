"""kill -9 while people talk, over the web chat and Telegram: nothing is lost, nothing doubled but sends marked unknown.

On SQLite it is the one process that is killed, on PostgreSQL any of three: one that serves, two that work.

`make chaos` runs it long (200 kills, 50 talks); within `make test` it is short.
"""

import asyncio
import os
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from bot.storage import contacts, messages, tables
from bot.storage.database import open_database
from bot.storage.messages import By
from bot.storage.vault import Vault, load_or_make_key, read_key
from tests.conftest import empty_postgres
from tests.fakes.bot_api import TOKEN, FakeBotApi
from tests.process import AppProcess

KILLS = int(os.environ.get("TEDUH_CHAOS_KILLS", "4"))
TALKS = int(os.environ.get("TEDUH_CHAOS_TALKS", "12"))
SAID = ("halo", "lanjut", "aman", "ya", "tidak", "umur saya 27", "garut", "suami saya mukul saya", "petugas", "ulang")


class WebTalker:
    """Somebody at the web chat: sends each message with its key until the server says that it is stored."""

    def __init__(self, number: int, url: str) -> None:
        self.chance = random.Random(number)
        self.sent: list[str] = []
        self.client = httpx.AsyncClient(base_url=url, timeout=5, headers={"x-teduh": "1"})

    async def talk(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self.say(f"{self.chance.choice(SAID)} {len(self.sent)}")
            await asyncio.sleep(self.chance.uniform(0.02, 0.2))
        await self.client.aclose()

    async def say(self, text: str) -> None:
        key = str(uuid4())
        while True:
            try:
                answer = await self.client.post("/chat/messages", json={"key": key, "text": text})
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            if answer.status_code == 202:
                self.sent.append(text)
                return
            assert answer.status_code == 503, answer.status_code
            await asyncio.sleep(0.05)


KEY = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="


@dataclass
class Shape:
    """How it runs: the process that serves, others beside it, and where it keeps what was said."""

    serving: AppProcess
    others: list[AppProcess]
    database_url: str
    vault: Callable[[], Vault]

    @property
    def processes(self) -> list[AppProcess]:
        return [self.serving, *self.others]

    async def start(self) -> None:
        for process in self.processes:
            await asyncio.to_thread(process.start)

    async def stop(self) -> list[int]:
        return [await asyncio.to_thread(process.stop) for process in reversed(self.processes)]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def make_shape(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[FakeBotApi], Shape]:
    is_shared = request.param == "postgres"
    url = f"sqlite:///{tmp_path / 'data' / 'teduh.db'}"
    if is_shared:
        url = request.getfixturevalue("postgres_url")
        database = open_database(url)
        await empty_postgres(database)
        await database.close()

    def make(api: FakeBotApi) -> Shape:
        settings = {
            "TEDUH_TELEGRAM__TOKEN": TOKEN,
            "TEDUH_TELEGRAM__API_URL": api.url,
            "TEDUH_TELEGRAM__PER_CHAT_PER_SECOND": "0",
            "TEDUH_TELEGRAM__PER_SECOND": "0",
            # Nobody writes ten messages a second; these do.
            "TEDUH_LIMITS__MESSAGES_PER_TALK": "100000",
        }
        if not is_shared:
            made = AppProcess(tmp_path, **settings)
            return Shape(made, [], url, lambda: Vault(load_or_make_key(tmp_path / "data" / "keys" / "vault.key")))
        settings |= {"TEDUH_DATABASE__URL": url, "TEDUH_VAULT__KEY": KEY}
        workers = [AppProcess(tmp_path / f"worker{number}", "work", **settings) for number in range(2)]
        return Shape(AppProcess(tmp_path, "serve", "--no-work", **settings), workers, url, lambda: Vault(read_key(KEY)))

    return make


@pytest.mark.journey
async def test_kill_loses_nothing_and_doubles_nothing_but_what_is_marked(make_shape: Callable[[FakeBotApi], Shape]):
    async with FakeBotApi() as api:
        shape = make_shape(api)
        await shape.start()
        stop = asyncio.Event()
        talkers = [WebTalker(number, shape.serving.url) for number in range(TALKS)]
        telegram: dict[int, list[str]] = {5_550_000 + number: [] for number in range(TALKS)}
        tasks = [asyncio.create_task(talker.talk(stop)) for talker in talkers]
        tasks.append(asyncio.create_task(write_on_telegram(api, telegram, stop)))
        chance = random.Random(1)
        for number in range(KILLS):
            # Every fourth life is long enough for Telegram to be up.
            await asyncio.sleep(chance.uniform(7, 9) if number % 4 == 0 else chance.uniform(0.05, 1.5))
            killed = chance.choice(shape.processes)
            killed.kill()
            await asyncio.to_thread(killed.start)
        stop.set()
        await asyncio.gather(*tasks)
        await drained(api, shape.serving)
        assert set(await shape.stop()) == {0}
        await check_history(shape, talkers, telegram, api)


async def write_on_telegram(api: FakeBotApi, telegram: dict[int, list[str]], stop: asyncio.Event) -> None:
    chance = random.Random(2)
    while not stop.is_set():
        chat = chance.choice(list(telegram))
        text = f"{chance.choice(SAID)} {len(telegram[chat])}"
        telegram[chat].append(text)
        api.say(chat, text)
        await asyncio.sleep(chance.uniform(0.02, 0.1))


async def drained(api: FakeBotApi, app: AppProcess) -> None:
    """Wait until everything that was said is worked and everything owed is sent."""
    async with httpx.AsyncClient(base_url=app.url) as client:
        # What a killed process held comes back after its lease: of messages heard a minute, of messages being sent a minute and a half.
        for _ in range(900):
            figures = (await client.get("/metrics")).text
            if (
                not api.pending
                and "teduh_inbox_oldest_seconds 0.0" in figures
                and not re.search(r'state="(queued|sending)"} ', figures)
            ):
                break
            await asyncio.sleep(0.2)
        else:
            raise AssertionError("the app did not come to rest")
        await asyncio.sleep(1.5)


async def check_history(shape: Shape, talkers: list[WebTalker], telegram: dict[int, list[str]], api: FakeBotApi) -> None:
    vault = shape.vault()
    database = open_database(shape.database_url)
    try:
        threads, addresses, unknown, states = await database.read(lambda db: read_all(db, vault))
    finally:
        await database.close()
    heard = {who: [e.text for e in entries if e.by is By.CONTACT] for who, entries in threads.items()}
    on_web = sorted(texts for who, texts in heard.items() if not addresses[who].isdecimal())
    assert on_web == sorted(talker.sent for talker in talkers if talker.sent)
    for who, address in addresses.items():
        if address.isdecimal():
            assert heard[who] == telegram[int(address)]
            check_sends(api, int(address), threads[who], unknown)
    assert "sending" not in states
    assert "queued" not in states


def read_all(db: sa.Connection, vault: Vault):
    ids = list(db.scalars(sa.select(tables.contacts.c.id)))
    threads = {who: messages.list_thread(db, vault, who, limit=10**6) for who in ids}
    addresses = {who: contacts.get(db, vault, who).contact.address for who in ids}
    unknown = set(db.scalars(sa.select(tables.outbox.c.id).where(tables.outbox.c.was_unknown)))
    states = set(db.scalars(sa.select(tables.outbox.c.state)))
    return threads, addresses, unknown, states


def check_sends(api: FakeBotApi, chat: int, thread: list[messages.Entry], unknown: set[int]) -> None:
    """Everything said to a chat was sent; more than once only where the outbox says that it can't know."""
    owed = Counter(entry.text.strip() for entry in thread if entry.delivery is not None and entry.delivery != "failed")
    doubtful = Counter(entry.text.strip() for entry in thread if entry.id in unknown)
    seen = Counter(sent.text for sent in api.sent if sent.chat == chat)
    for text, count in seen.items():
        assert count <= owed[text] + doubtful[text]
    for text, count in owed.items():
        assert seen[text] >= count - doubtful[text]
