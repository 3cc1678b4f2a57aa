"""What comes while nothing waits is worked in the transaction that enters its key; all else is stored first, and nothing is lost."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.actions import respond
from bot.app import build_core
from bot.config import Data, Settings
from bot.domain.messages import InboundMessage, Kind, Update
from bot.storage import inbox, outbox, tables
from bot.storage.database import DatabaseUnusable
from bot.storage.migrate import migrate
from bot.worker import GROUP
from tests.actions.test_respond import AFRAID, CONTENT, INTERPRETER, Talks
from tests.builders import NOW
from tests.fakes.recording import RecordingChannel


@pytest.fixture
async def talks(tmp_path: Path) -> AsyncIterator[Talks]:
    """With the worker's loop running, and nothing left to be worked."""
    channel = RecordingChannel("web")
    core = build_core(Settings(data=Data(folder=str(tmp_path))), CONTENT, INTERPRETER, channels=[channel], now=lambda: NOW)
    await migrate(core.database)
    running = asyncio.create_task(core.worker.run_inbox())
    await until(lambda: not core.worker.may_wait)
    yield Talks(core, channel)
    core.worker.stop()
    await running
    await core.database.close()


def say(talks: Talks, address: str, text: str, *, key: str = "") -> Update:
    return talks.update(address, InboundMessage(kind=Kind.TEXT, text=text), key=key)


async def rows(talks: Talks) -> list[tuple[int, bool]]:
    """State of each update in the inbox, and whether its body is kept."""
    query = sa.select(tables.inbox.c.state, tables.inbox.c.sealed.is_not(None)).order_by(tables.inbox.c.id)
    return await talks.core.database.read(lambda db: [(row[0], row[1]) for row in db.execute(query)])


async def heard(talks: Talks, address: str) -> list[str]:
    return [entry.text for entry in await talks.thread(address) if entry.by == "contact"]


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(5000):
        if is_so():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never came to that")


async def settled(talks: Talks, count: int) -> None:
    """Return when so many updates are worked or set aside."""
    query = sa.select(sa.func.count()).where(tables.inbox.c.state >= inbox.DONE)
    for _ in range(5000):
        if await talks.core.database.read(lambda db: db.scalar(query)) == count:
            return
        await asyncio.sleep(0.001)
    raise AssertionError(f"never {count} were settled: {await rows(talks)}")


async def test_when_it_is_acknowledged_the_answer_and_the_case_are_on_disk(talks: Talks):
    await talks.core.receiver.receive([say(talks, "anna", AFRAID)])

    assert await heard(talks, "anna") == [AFRAID]
    assert await talks.case("anna") is not None
    assert [entry.by for entry in await talks.thread("anna")][:2] == ["contact", "program"]
    assert await talks.core.database.read(lambda db: outbox.count_by_state(db).get("queued", 0)) > 0


async def test_of_what_is_worked_at_once_only_the_key_is_kept(talks: Talks):
    await talks.core.receiver.receive([say(talks, "anna", "halo")])

    assert await rows(talks) == [(inbox.DONE, False)]


async def test_what_is_delivered_again_is_worked_once(talks: Talks):
    update = say(talks, "anna", "halo", key="same")
    for _ in range(3):
        await talks.core.receiver.receive([update])
    await talks.core.receiver.receive([update, say(talks, "anna", "lanjut", key="next"), update])
    await settled(talks, 2)

    assert await heard(talks, "anna") == ["halo", "lanjut"]
    assert len(await rows(talks)) == 2


async def test_what_breaks_the_engine_is_stored_and_set_aside_alone(talks: Talks, monkeypatch: pytest.MonkeyPatch):
    advance = talks.core.parts.engine.advance

    def break_at_anna(session, message, understanding, circumstances):
        if message.text == "rusak":
            raise RuntimeError("broken")
        return advance(session, message, understanding, circumstances)

    monkeypatch.setattr(talks.core.parts.engine, "advance", break_at_anna)
    await talks.core.receiver.receive([say(talks, "anna", "rusak"), say(talks, "budi", "halo")])
    await settled(talks, 2)

    assert sorted(await rows(talks)) == [(inbox.DONE, True), (inbox.SET_ASIDE, True)]
    case = await talks.case("anna")
    assert case is not None
    assert "unreadable" in case.reasons
    assert await heard(talks, "budi") == ["halo"]


def fail_once(talks: Talks, monkeypatch: pytest.MonkeyPatch, is_it: Callable[[object], bool]) -> Callable[[], bool]:
    """The next write that `is_it` finds the database locked. Whether that has happened."""
    write, left = talks.core.database.write, [1]

    async def once_locked(work):
        if left and is_it(work):
            left.pop()
            raise DatabaseUnusable("locked")
        return await write(work)

    monkeypatch.setattr(talks.core.database, "write", once_locked)
    return lambda: not left


def takes(work: object) -> bool:
    return "take_next" in work.__code__.co_names  # type: ignore[attr-defined]


def answers(work: object) -> bool:
    cells = work.__closure__ or ()  # type: ignore[attr-defined]
    return any(cell.cell_contents is respond.respond for cell in cells)


@pytest.mark.parametrize("is_it", [takes, answers], ids=["while it is taken", "while it is answered"])
async def test_nothing_overtakes_what_waits_when_the_database_fails(talks: Talks, monkeypatch: pytest.MonkeyPatch, is_it):
    has_failed = fail_once(talks, monkeypatch, is_it)
    flood = [say(talks, f"x{number}", "halo") for number in range(GROUP)]
    await talks.core.receiver.receive([say(talks, "anna", "satu"), *flood])
    await until(has_failed)

    await talks.core.receiver.receive([say(talks, "anna", "dua")])
    await settled(talks, GROUP + 2)

    assert await heard(talks, "anna") == ["satu", "dua"]


async def test_erasing_takes_along_what_was_received_before(talks: Talks):
    flood = [say(talks, f"x{number}", "halo") for number in range(GROUP)]
    await talks.core.receiver.receive([say(talks, "anna", AFRAID), *flood])
    await settled(talks, GROUP + 1)
    for text in ("hapus", "ya"):
        await talks.core.receiver.receive([say(talks, "anna", text)])

    kept = sum(is_kept for _, is_kept in await rows(talks))
    assert kept == GROUP


async def test_each_contact_s_order_holds_while_some_are_stored_and_some_worked_at_once(talks: Talks):
    people = [f"p{number}" for number in range(40)]
    for turn in range(12):
        # Every third time more than one group comes, which is stored first.
        extra = [say(talks, f"x{turn}-{number}", "halo") for number in range(GROUP if turn % 3 == 0 else 0)]
        await talks.core.receiver.receive([*(say(talks, each, f"kata {turn}") for each in people), *extra])
    await settled(talks, 12 * 40 + 4 * GROUP)

    said = {each: await heard(talks, each) for each in people}
    assert set(map(tuple, said.values())) == {tuple(f"kata {turn}" for turn in range(12))}
    kept = {is_kept for _, is_kept in await rows(talks)}
    assert kept == {True, False}


async def test_when_the_database_can_t_be_written_nothing_is_acknowledged_and_what_comes_again_is_worked(
    talks: Talks, monkeypatch: pytest.MonkeyPatch
):
    update = say(talks, "anna", "halo")
    write = talks.core.database.write

    async def full(work):
        raise DatabaseUnusable("The disk is full")

    monkeypatch.setattr(talks.core.database, "write", full)
    with pytest.raises(DatabaseUnusable):
        await talks.core.receiver.receive([update])
    monkeypatch.setattr(talks.core.database, "write", write)
    await talks.core.receiver.receive([update])
    await settled(talks, 1)

    assert await heard(talks, "anna") == ["halo"]


async def test_what_comes_while_the_worker_stops_is_stored_for_the_next_start(talks: Talks):
    talks.core.worker.stop()

    await talks.core.receiver.receive([say(talks, "anna", "halo")])

    assert await rows(talks) == [(inbox.WAITING, True)]


async def test_a_caller_that_goes_away_cancels_nothing(talks: Talks):
    leaving = asyncio.create_task(talks.core.receiver.receive([say(talks, "anna", "halo")]))
    await asyncio.sleep(0)
    leaving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await leaving
    await settled(talks, 1)

    assert await heard(talks, "anna") == ["halo"]
