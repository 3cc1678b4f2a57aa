"""Replies that nothing holds back go from the step to the sender; order, urgency and what a crash leaves stay what they were."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.actions import respond
from bot.actions.respond import Heard, Outcome
from bot.app import build_core
from bot.channels.channel import DeliveryDelayed, DeliveryUncertain
from bot.config import Data, Settings
from bot.delivery import IN_HAND
from bot.domain.messages import Kind
from bot.storage import inbox, outbox, tables
from bot.storage.migrate import migrate
from bot.storage.outbox import Room
from tests.actions.test_respond import AFRAID, CONTENT, INTERPRETER, Talks
from tests.builders import NOW
from tests.fakes.recording import RecordingChannel


@pytest.fixture
async def talks(tmp_path: Path) -> AsyncIterator[Talks]:
    # A channel that wants one bubble a turn: what is counted below are turns.
    channel = RecordingChannel("telegram")
    settings = Settings(data=Data(folder=str(tmp_path)))
    core = build_core(settings, CONTENT, INTERPRETER, channels=[channel], now=lambda: datetime.now(UTC))
    await migrate(core.database)
    yield Talks(core, channel)
    await core.database.close()


async def answer(talks: Talks, *, most: int, lease: int = 77) -> Outcome:
    """Work all that waits in one group, with room for so many replies."""
    core, now = talks.core, talks.core.now()
    room = Room(lease=lease, until=now + timedelta(seconds=90), most=most)

    def work(db: sa.Connection) -> Outcome:
        taken = inbox.take_next(db, core.vault, by=inbox.ALONE, now=now, lease=timedelta(seconds=60), most=99)
        messages = [talks.channel.parse(each.update.body) for each in taken]
        group = [
            Heard(taken=each, message=message, understanding=INTERPRETER.understand(message.text))
            for each, message in zip(taken, messages, strict=True)
        ]
        return respond.respond(db, core.parts, group, now=now, room=room)

    return await core.database.write(work)


async def states(talks: Talks) -> list[str]:
    query = sa.select(tables.outbox.c.state).order_by(tables.outbox.c.id)
    return await talks.core.database.read(lambda db: list(db.scalars(query)))


async def test_a_reply_that_nothing_holds_back_is_in_the_sender_s_hands_from_the_first(talks: Talks):
    await talks.write("anna", "halo", work=False)

    outcome = await answer(talks, most=9)

    assert [(due.address, due.attempts, due.was_unknown) for due in outcome.due] == [("anna", 1, False)]
    assert not outcome.has_outgoing
    assert await states(talks) == ["sending"]


async def test_where_there_is_little_room_the_urgent_goes_first_and_the_rest_is_queued(talks: Talks):
    for address, text in (("budi", "halo"), ("anna", AFRAID), ("citra", "halo")):
        await talks.write(address, text, work=False)

    outcome = await answer(talks, most=1)

    assert [due.address for due in outcome.due] == ["anna"]
    assert outcome.has_outgoing
    assert sorted(await states(talks)) == ["queued", "queued", "sending"]


async def test_nothing_overtakes_what_waits_for_another_try(talks: Talks):
    talks.channel.fault = lambda _address, _tries: DeliveryDelayed(reason="429", wait_seconds=3600)
    await talks.write("anna", "halo")
    await talks.write("anna", "lanjut", work=False)

    outcome = await answer(talks, most=9)

    assert outcome.due == []
    assert await states(talks) == ["queued", "queued"]


async def test_a_reply_is_left_to_the_queue_when_the_speaker_changed_after_it(talks: Talks):
    await talks.write("anna", "halo", work=False)
    await talks.write("anna", "berhenti", work=False)

    outcome = await answer(talks, most=9)

    assert outcome.due == []


async def test_what_a_crash_left_in_the_sender_s_hands_goes_out_once_more_and_says_so(talks: Talks):
    await talks.write("anna", "halo", work=False)
    await answer(talks, most=9)

    later = talks.core.now() + timedelta(minutes=2)
    await talks.core.database.write(lambda db: outbox.settle_lost(db, now=later, channels_that_resend=["telegram"]))
    await talks.core.delivery.run_until_idle()

    assert len(talks.channel.sent) == 1
    marked = await talks.core.database.read(lambda db: list(db.scalars(sa.select(tables.outbox.c.was_unknown))))
    assert marked == [True]


async def test_many_who_write_at_once_are_each_answered_in_order_while_the_sender_runs(talks: Talks):
    sending = asyncio.create_task(talks.core.delivery.run())
    people = [f"p{number}" for number in range(IN_HAND * 2)]
    for word in ("halo", "lanjut", "2"):
        for address in people:
            await talks.write(address, word, work=False)
        while await talks.core.worker.work_once():
            pass
    for _ in range(1000):
        if set(await states(talks)) == {"sent"}:
            break
        await asyncio.sleep(0.01)
    talks.core.delivery.stop()
    await sending

    said = {address: talks.channel.texts(address) for address in people}
    assert all(texts == said["p0"] for texts in said.values())
    assert len(said["p0"]) == 3
    assert set(await states(talks)) == {"sent"}


async def test_what_is_being_handed_over_while_the_file_is_locked_is_not_given_back(talks: Talks, tmp_path: Path):
    core, clock = talks.core, [talks.core.now()]
    core.delivery._now = core.worker._now = lambda: clock[0]
    running = [asyncio.create_task(core.delivery.run()), asyncio.create_task(core.worker.run_inbox())]
    while core.worker.may_wait:
        await asyncio.wait(running, timeout=0.01)
    clock[0] += timedelta(seconds=6)  # the sender may look again for what it does not hold
    other = sqlite3.connect(tmp_path / "teduh.db", isolation_level=None)
    other.execute("begin immediate")
    writing = asyncio.create_task(talks.write("anna", "halo", work=False))
    await asyncio.sleep(0.1)
    clock[0] += timedelta(seconds=12)
    core.delivery._bell.ring()
    await asyncio.sleep(0.1)
    other.execute("rollback")
    other.close()

    await writing
    core.worker.stop()
    core.delivery.stop()
    await asyncio.gather(*running)
    assert len(talks.channel.texts("anna")) == 1
    assert await states(talks) == ["sent"]


async def test_room_is_given_back_when_nothing_could_be_written(talks: Talks):
    core = talks.core
    refusing = "create trigger refusing before insert on outbox begin select raise(abort, 'no'); end"
    await core.database.write(lambda db: db.exec_driver_sql(refusing))
    sending = asyncio.create_task(core.delivery.run())
    await asyncio.sleep(0)
    await talks.write("anna", "halo", work=False)
    await talks.write("budi", "halo", work=False)

    await core.worker.work_once()

    room = core.delivery.reserve(10_000)
    assert room is not None
    assert room.most == IN_HAND
    core.delivery.take(room, ())
    core.delivery.stop()
    await sending
    assert await states(talks) == []


async def test_what_was_handed_over_while_stopping_is_still_sent(talks: Talks):
    core = talks.core
    sending = asyncio.create_task(core.delivery.run())
    await asyncio.sleep(0)
    room = core.delivery.reserve(5)
    assert room is not None
    core.delivery.stop()
    await asyncio.sleep(0.2)
    assert core.delivery.reserve(5) is None
    await talks.write("anna", "halo", work=False)
    outcome = await answer(talks, most=5, lease=room.lease)

    core.delivery.take(room, outcome.due)
    await sending

    assert len(talks.channel.sent) == 1
    assert await states(talks) == ["sent"]


async def test_nobody_who_blocked_us_is_handed_over(talks: Talks):
    await talks.write("anna", "halo")
    await talks.write("anna", "lanjut", work=False)
    await talks.write("anna", work=False, kind=Kind.BLOCKED)

    outcome = await answer(talks, most=9)

    assert outcome.due == []
    assert "sending" not in await states(talks)


async def test_what_a_lost_answer_of_the_database_kept_from_the_sender_is_sent_all_the_same(talks: Talks):
    core = talks.core
    await talks.write("anna", "halo", work=False)
    lease = core.delivery._lease_now()
    await answer(talks, most=9, lease=lease)
    assert await states(talks) == ["sending"]

    await core.delivery.run_until_idle()
    assert talks.channel.sent == [], "its answer may still be on its way"
    await core.database.write(lambda db: db.execute(sa.update(tables.outbox).values(updated_at=NOW - timedelta(minutes=1))))
    core.delivery._looked_at = None
    await core.delivery.run_until_idle()

    assert len(talks.channel.sent) == 1
    marked = await core.database.read(lambda db: list(db.scalars(sa.select(tables.outbox.c.was_unknown))))
    assert marked == [False]


@pytest.mark.parametrize(("text", "tries"), [("halo", 2), (AFRAID, 3)])
async def test_numbers_to_call_are_tried_more_often_than_questions(talks: Talks, text: str, tries: int):
    now = [datetime.now(UTC)]
    talks.core.delivery._now = lambda: now[0]
    talks.channel.fault = lambda _address, _count: DeliveryUncertain(reason="reset")
    await talks.write("anna", text)
    for _ in range(5):
        now[0] += timedelta(seconds=30)
        await talks.core.delivery.run_until_idle()

    assert talks.channel.tries == tries
    assert await states(talks) == ["unknown"]
