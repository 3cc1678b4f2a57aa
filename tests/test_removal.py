"""What is taken back from a contact's phone: all that can be, nothing of others', and nothing of what comes after."""

import random
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.app import build_core
from bot.channels.channel import ChannelDown, DeliveryDelayed, DeliveryError, DeliveryRefused, DeliveryUncertain
from bot.config import Data, DatabaseSettings, Settings
from bot.domain.messages import Kind
from bot.storage import tables
from bot.storage.database import Database
from bot.storage.migrate import migrate
from tests.actions.test_respond import AFRAID, CONTENT, INTERPRETER, Talks
from tests.builders import NOW
from tests.fakes.recording import RecordingChannel


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def __call__(self):
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def talks(database: Database, request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> AsyncIterator[Talks]:
    url = request.getfixturevalue("postgres_url") if database.is_shared else ""
    settings = Settings(data=Data(folder=str(tmp_path)), database=DatabaseSettings(url=url))
    channel = RecordingChannel("telegram")
    core = build_core(settings, CONTENT, INTERPRETER, channels=[channel], now=clock)
    yield Talks(core, channel)
    await core.database.close()


async def say(talks: Talks, text: str, number: int) -> None:
    await talks.write("5550001", kind=Kind.TEXT, text=text, platform_id=str(number))


async def left(talks: Talks) -> int:
    return await talks.core.database.read(lambda db: db.scalar(sa.select(sa.func.count()).select_from(tables.removals)) or 0)


async def test_leaving_takes_both_sides_words_off_the_phone_and_keeps_them_for_the_responder(talks: Talks):
    await talks.write("5550002", kind=Kind.TEXT, text="halo", platform_id="900")
    await say(talks, AFRAID, 11)
    await say(talks, "keluar", 12)
    decoy = f"m{len(talks.channel.sent)}"

    await talks.core.removals.run_once()

    removed = [name for who, name in talks.channel.removed if who == "5550001"]
    assert set(removed) == {"11", "12", "m2"}
    assert removed.index("12") < removed.index("11"), "the newest first"
    assert decoy not in removed, "what is said on leaving is harmless, and stays"
    assert len(talks.channel.removed) == len(removed), "nobody else's"
    assert AFRAID in [entry.text for entry in await talks.thread("5550001")]
    assert await left(talks) == 0


async def test_an_erasure_takes_them_off_the_phone_too(talks: Talks):
    for number, text in enumerate((AFRAID, "hapus", "ya"), 11):
        await say(talks, text, number)

    await talks.core.removals.run_once()

    assert {name for _who, name in talks.channel.removed} == {"11", "12", "13", "m1", "m2"}
    assert "juga kami tarik dari HP-mu" in talks.channel.texts()[-1]
    assert [entry.by.value for entry in await talks.thread("5550001")] == ["program"]


async def test_what_is_older_than_two_days_is_not_tried(talks: Talks, clock: Clock):
    await say(talks, AFRAID, 11)
    clock.time += timedelta(hours=49)
    await say(talks, "keluar", 12)

    await talks.core.removals.run_once()

    assert {name for _who, name in talks.channel.removed} == {"12"}


@pytest.mark.parametrize(
    "error",
    [
        DeliveryDelayed(reason="429", wait_seconds=7),
        DeliveryUncertain(reason="no_answer"),
        ChannelDown(reason="token_refused"),
        RuntimeError("a fault of ours"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_removal_that_does_not_go_through_is_tried_again(talks: Talks, clock: Clock, error: DeliveryError):
    talks.channel.removal_faults = [error]
    await say(talks, AFRAID, 11)
    await say(talks, "keluar", 12)

    assert await talks.core.removals.run_once() is True
    assert talks.channel.removed == []
    clock.time += timedelta(seconds=10)
    assert await talks.core.removals.run_once() is False

    assert "11" in {name for _who, name in talks.channel.removed}
    assert await left(talks) == 0


async def test_nothing_is_kept_of_a_removal_that_is_refused_or_too_late(talks: Talks, clock: Clock):
    talks.channel.removal_faults = [DeliveryRefused(reason="blocked")]
    await say(talks, "keluar", 11)
    await talks.core.removals.run_once()
    assert await left(talks) == 0

    talks.channel.removal_faults = [DeliveryDelayed(reason="500")]
    await say(talks, "keluar", 12)
    await talks.core.removals.run_once()
    clock.time += timedelta(hours=49)
    await talks.core.removals.run_once()

    assert await left(talks) == 0
    assert talks.channel.removed == []


async def test_the_first_message_of_somebody_new_may_be_to_leave(talks: Talks):
    await say(talks, "keluar", random.randint(11, 99))

    await talks.core.removals.run_once()

    assert len(talks.channel.removed) == 1


async def test_a_channel_that_cannot_take_back_keeps_no_list(tmp_path: Path):
    core = build_core(
        Settings(data=Data(folder=str(tmp_path))), CONTENT, INTERPRETER, channels=[RecordingChannel("web")], now=lambda: NOW
    )
    await migrate(core.database)
    talks = Talks(core, core.channels["web"])  # type: ignore[arg-type]  # it was put there above
    await talks.write("anna", AFRAID)
    await talks.write("anna", kind=Kind.LEFT)

    assert await left(talks) == 0
    await core.database.close()
