"""Workers on one PostgreSQL, each at its own pace: one that is late, or meets another, changes nothing twice."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.actions import respond
from bot.app import build_core
from bot.config import Data, DatabaseSettings, Settings
from bot.domain.messages import InboundMessage, Kind
from bot.storage import cases, inbox, tables
from bot.storage.database import Database
from tests.actions.test_respond import AFRAID, CONTENT, DANGER, INTERPRETER, Talks
from tests.builders import NOW, later
from tests.fakes.recording import RecordingChannel

pytestmark = pytest.mark.postgres


class Late:
    """A worker that loads its group's talks, and then goes on only when it is let."""

    def __init__(self, url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._url, self._folder = url, folder
        self._loaded, self._go = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._work()))
        load = respond._load

        def load_and_wait(*given, **named):
            talks = load(*given, **named)
            if threading.current_thread() is self._thread and not self._loaded.is_set():
                self._loaded.set()
                self._go.wait(20)
            return talks

        monkeypatch.setattr(respond, "_load", load_and_wait)

    async def _work(self) -> None:
        talks = talks_on(self._url, self._folder)
        await talks.core.worker.work_once()
        await talks.core.database.close()

    async def begin(self) -> None:
        self._thread.start()
        assert await asyncio.to_thread(self._loaded.wait, 20)

    async def end(self) -> None:
        self._go.set()
        await asyncio.to_thread(self._thread.join)


def talks_on(url: str, folder: Path) -> Talks:
    settings = Settings(data=Data(folder=str(folder)), database=DatabaseSettings(url=url))
    channel = RecordingChannel("whatsapp")
    return Talks(build_core(settings, CONTENT, INTERPRETER, channels=[channel], now=lambda: NOW), channel)


@pytest.fixture
async def talks(postgres: Database, postgres_url: str, tmp_path: Path) -> AsyncIterator[Talks]:
    made = talks_on(postgres_url, tmp_path)
    yield made
    await made.core.database.close()


@pytest.fixture
def late(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Late:
    return Late(postgres_url, tmp_path, monkeypatch)


async def states(talks: Talks) -> set[int]:
    return await talks.core.database.read(lambda db: set(db.scalars(sa.select(tables.inbox.c.state))))


async def test_what_a_late_worker_holds_is_not_taken_from_it_while_it_writes(talks: Talks, late: Late):
    await talks.write("anna", "halo")
    await talks.write("anna", "lanjut", work=False)
    await late.begin()

    taking_back = asyncio.create_task(talks.core.database.write(lambda db: inbox.give_back(db, now=later(seconds=61))))
    await asyncio.wait([taking_back], timeout=0.3)
    working = asyncio.create_task(talks.core.worker.work_once())
    await asyncio.wait([working], timeout=1)
    await late.end()
    await asyncio.gather(taking_back, working)
    await talks.work()

    heard = [entry.text for entry in await talks.thread("anna") if entry.by == "contact"]
    assert heard == ["halo", "lanjut"]
    assert await states(talks) == {inbox.DONE}


async def test_a_case_that_is_changed_meanwhile_costs_nobody_the_answer(talks: Talks, late: Late):
    await talks.write("anna", AFRAID)
    before = await talks.case("anna")
    assert before is not None
    await talks.write("anna", DANGER, work=False)
    await late.begin()

    changing = asyncio.create_task(talks.core.database.write(lambda db: cases.save(db, talks.core.vault, before)))
    await asyncio.sleep(0.3)
    await late.end()
    with pytest.raises(cases.StaleCase):
        await changing

    case = await talks.case("anna")
    assert case is not None
    assert case.level.value == "P1"
    assert await states(talks) == {inbox.DONE}


async def test_two_names_in_two_workers_are_one_person(talks: Talks, late: Late, postgres_url: str, tmp_path: Path):
    first = InboundMessage(kind=Kind.TEXT, text=AFRAID, also_address="ID.1")
    second = InboundMessage(kind=Kind.TEXT, text=DANGER, also_address="62811")
    await talks.core.receiver.receive([talks.update("62811", first)])
    await late.begin()
    await talks.core.receiver.receive([talks.update("ID.1", second)])
    other = talks_on(postgres_url, tmp_path)

    working = asyncio.create_task(other.core.worker.work_once())
    await asyncio.sleep(0.3)
    await late.end()
    await working
    await other.core.database.close()

    counts = [
        await talks.core.database.read(lambda db, table=table: db.scalar(sa.select(sa.func.count()).select_from(table)))
        for table in (tables.contacts, tables.cases)
    ]
    assert counts == [1, 1]
    assert await states(talks) == {inbox.DONE}
