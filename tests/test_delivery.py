"""What leaves the outbox: once, in order, and never silently lost."""

import asyncio
import itertools
from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa

from bot import delivery as delivery_rules
from bot.channels.channel import ChannelDown, DeliveryDelayed, DeliveryError, DeliveryRefused, DeliveryUncertain
from bot.channels.standing import Side, Standing
from bot.delivery import Delivery
from bot.domain.messages import ContactId, DeliveryState, Failing, MessageId, Receipt
from bot.storage import contacts, messages, outbox, tables
from bot.storage.database import Database
from bot.storage.live import Live
from bot.storage.messages import By, Entry
from bot.storage.outbox import Outgoing
from bot.storage.vault import Vault
from bot.worker import Bell
from tests.builders import NOW, make_known
from tests.fakes.recording import RecordingChannel


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def __call__(self):
        return self.time

    def move(self, **duration: float) -> None:
        self.time += timedelta(**duration)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def channel() -> RecordingChannel:
    return RecordingChannel()


@pytest.fixture
def standing(clock: Clock) -> Standing:
    return Standing(clock)


@pytest.fixture
def delivery(database: Database, vault: Vault, channel: RecordingChannel, clock: Clock, standing: Standing) -> Delivery:
    return Delivery(
        database=database,
        vault=vault,
        channels={"web": channel},
        live=Live(),
        bell=Bell(asyncio.Event()),
        lease=lambda: 1,
        new_id=itertools.count(10**9).__next__,
        standing=standing,
        now=clock,
    )


async def queue(database: Database, vault: Vault, *texts: str, contact: int = 1, rank: int = 4, is_human: bool = False):
    def work(db):
        if contacts.find(db, vault, channel="web", account="web", address=f"555{contact:04}") is None:
            contacts.save(db, vault, [make_known(contact)], now=NOW)
        first = len(messages.list_thread(db, vault, ContactId(contact))) + 1
        for seq, text in enumerate(texts, first):
            entry = Entry(
                id=MessageId(contact * 1000 + seq),
                contact_id=ContactId(contact),
                seq=seq,
                by=By.RESPONDER if is_human else By.PROGRAM,
                kind=messages.TEXT,
                at=NOW,
                text=text,
            )
            messages.add(db, vault, [entry])
            outbox.add(
                db,
                [Outgoing(id=entry.id, contact_id=entry.contact_id, rank=rank, control_epoch=1, due_at=NOW, is_human=is_human)],
            )
        known = contacts.get(db, vault, ContactId(contact))
        talk = msgspec.structs.replace(known.conversation, seq=first + len(texts) - 1)
        contacts.save(db, vault, [msgspec.structs.replace(known, conversation=talk)], now=NOW)

    await database.write(work)


async def states(database: Database, vault: Vault, contact: int = 1) -> list[DeliveryState | None]:
    thread = await database.read(lambda db: messages.list_thread(db, vault, ContactId(contact)))
    return [entry.delivery for entry in thread]


def failing(error: DeliveryError, *, times: int = 1):
    return lambda _address, count: error if count <= times else None


async def test_a_contact_s_messages_go_out_in_order(database: Database, vault: Vault, delivery: Delivery, channel):
    await queue(database, vault, *[str(number) for number in range(20)])

    await delivery.run_until_idle()

    assert channel.texts() == [str(number) for number in range(20)]
    assert set(await states(database, vault)) == {DeliveryState.SENT}


async def test_nothing_overtakes_a_message_that_waits_for_another_try(database, vault, delivery, channel, clock: Clock):
    channel.fault = failing(DeliveryDelayed(reason="429", wait_seconds=30))
    await queue(database, vault, "one", "two")
    await queue(database, vault, "other", contact=2)

    await delivery.run_until_idle()
    assert channel.texts() == ["other"]
    clock.move(seconds=20)
    await delivery.run_until_idle()
    assert channel.texts() == ["other"]
    clock.move(seconds=12)
    await delivery.run_until_idle()

    assert channel.texts() == ["other", "one", "two"]


async def test_the_urgent_goes_first(database: Database, vault: Vault, delivery: Delivery, channel):
    for contact, rank in ((1, 4), (2, 3), (3, 1)):
        await queue(database, vault, f"rank {rank}", contact=contact, rank=rank)

    due = await database.write(lambda db: outbox.take_due(db, vault, by=9, now=NOW, lease=timedelta(seconds=60), most=1))

    assert [each.message.text for each in due] == ["rank 1"]


async def test_who_lost_the_lease_has_no_say_any_more(database: Database, vault: Vault):
    def take(by: int, now):
        return database.write(lambda db: outbox.take_due(db, vault, by=by, now=now, lease=timedelta(seconds=90), most=9))

    await queue(database, vault, "one")
    (late,) = await take(1, NOW)
    after = NOW + timedelta(seconds=91)
    await database.write(lambda db: outbox.settle_lost(db, now=after, channels_that_resend=["web"]))
    (again,) = await take(2, after)

    fate = outbox.Fate(id=late.id, state=DeliveryState.QUEUED, due_at=after, lease=late.lease)
    await database.write(lambda db: outbox.record(db, vault, [fate], now=after))

    assert again.id == late.id
    assert await take(3, after) == []
    assert await states(database, vault) == [DeliveryState.SENDING]


async def test_two_who_take_at_the_same_time_never_part_a_talk(database: Database, vault: Vault):
    for contact in range(1, 5):
        await queue(database, vault, "one", "two", "three", contact=contact)

    def take(by: int):
        return database.write(lambda db: outbox.take_due(db, vault, by=by, now=NOW, lease=timedelta(seconds=60), most=1))

    taken = [each for hands in await asyncio.gather(*map(take, range(1, 9))) for each in hands]

    assert [each.message.text for each in taken] == ["one"] * 4
    assert sorted(each.contact_id for each in taken) == [1, 2, 3, 4]


async def test_what_a_channel_refuses_is_failed_and_who_blocked_us_is_left_alone(database, vault, delivery, channel):
    channel.fault = failing(DeliveryRefused(reason="blocked", unreachable=True))
    await queue(database, vault, "one", "two")

    await delivery.run_until_idle()
    await queue(database, vault, "three")
    channel.fault = failing(DeliveryRefused(reason="blocked", unreachable=True), times=9)
    await delivery.run_until_idle()

    known = await database.read(lambda db: contacts.get(db, vault, ContactId(1)))
    thread = await database.read(lambda db: messages.list_thread(db, vault, ContactId(1)))
    assert channel.sent == []
    assert [(entry.text, entry.error) for entry in thread] == [
        ("one", "blocked"),
        ("two", "blocked"),
        ("unreachable", ""),
        ("three", "blocked"),
    ], "the thread says it, once"
    assert {entry.delivery for entry in thread if entry.kind == messages.TEXT} == {DeliveryState.FAILED}
    assert known.contact.is_reachable is False


async def test_who_is_gone_stops_nobody_else_though_their_thread_can_not_be_written(database, vault, delivery, channel):
    channel.fault = lambda address, _count: (
        DeliveryRefused(reason="blocked", unreachable=True) if address == "5550001" else None
    )
    await queue(database, vault, "one")
    await queue(database, vault, "halo", contact=2)
    broken = sa.update(tables.conversations).where(tables.conversations.c.contact_id == 1).values(memory_sealed=b"x")
    await database.write(lambda db: db.execute(broken))

    await delivery.run_until_idle()

    reachable = sa.select(tables.contacts.c.is_reachable).order_by(tables.contacts.c.id)
    assert channel.texts() == ["halo"]
    assert list(await database.read(lambda db: list(db.scalars(reachable)))) == [False, True]


async def test_a_prompt_of_unknown_fate_goes_once_more_and_is_marked(database, vault, delivery, channel, clock: Clock):
    channel.fault = failing(DeliveryUncertain(reason="timeout"), times=9)
    await queue(database, vault, "question")

    await delivery.run_until_idle()
    clock.move(seconds=19)
    await delivery.run_until_idle()
    assert channel.tries == 1, "its receipt may still settle it"
    for _ in range(5):
        clock.move(minutes=10)
        await delivery.run_until_idle()

    assert channel.tries == 2
    assert await states(database, vault) == [DeliveryState.UNKNOWN]


async def test_a_responder_s_words_of_unknown_fate_are_never_sent_again_by_themselves(
    database, vault, delivery, channel, clock: Clock
):
    channel.fault = failing(DeliveryUncertain(reason="timeout"), times=9)
    await queue(database, vault, "Saya Ratna", is_human=True)

    for _ in range(3):
        await delivery.run_until_idle()
        clock.move(minutes=10)

    assert channel.tries == 1
    assert await states(database, vault) == [DeliveryState.UNKNOWN]


async def test_a_channel_that_is_down_keeps_every_row_and_is_not_hammered(
    database, vault, delivery, channel, clock: Clock, standing: Standing
):
    channel.fault = failing(ChannelDown(reason="401"), times=1)
    for contact in range(1, 6):
        await queue(database, vault, "halo", contact=contact)

    await delivery.run_until_idle()
    tries, seen = channel.tries, standing.list()
    clock.move(minutes=2)
    await delivery.run_until_idle()

    assert tries <= 5
    assert [(each.channel, each.side, each.reason, each.since) for each in seen] == [("web", Side.SENDING, "401", NOW)]
    assert standing.list() == [], "what works again is not told as broken"
    assert sorted(address for address, _ in channel.sent) == [f"555{contact:04}" for contact in range(1, 6)]


@pytest.mark.parametrize(
    "error",
    [ChannelDown(reason="401"), DeliveryDelayed(reason="429", wait_seconds=30, whole_channel=True)],
    ids=["down", "held"],
)
async def test_no_message_is_given_up_because_its_channel_was_down_for_long(
    database, vault, delivery, channel, clock: Clock, error: DeliveryError
):
    channel.fault = failing(error, times=400)
    await queue(database, vault, "question")

    for _ in range(401):
        await delivery.run_until_idle()
        clock.move(minutes=10)

    assert channel.texts() == ["question"]


async def test_what_a_dead_process_was_sending_is_unknown_and_never_silently_queued(database, vault, delivery, channel):
    await queue(database, vault, "question")
    await queue(database, vault, "Saya Ratna", contact=2, is_human=True)
    await database.write(lambda db: outbox.take_due(db, vault, by=9, now=NOW, lease=timedelta(seconds=60), most=9))

    later = NOW + timedelta(seconds=61)
    await database.write(lambda db: outbox.settle_lost(db, now=later, channels_that_resend=["web"]))
    await delivery.run_until_idle()

    assert channel.texts() == ["question"]
    assert await states(database, vault, 2) == [DeliveryState.UNKNOWN]


@pytest.mark.parametrize("order", [("sent", "delivered", "read"), ("read", "delivered", "sent"), ("delivered", "read", "sent")])
async def test_a_receipt_never_takes_a_state_back(database, vault, delivery, channel, order):
    await queue(database, vault, "halo")
    await delivery.run_until_idle()

    for state in order:
        receipt = Receipt(platform_id="m1", state=DeliveryState(state), at=NOW)
        await database.write(lambda db, r=receipt: outbox.note_receipt(db, vault, r, now=NOW))

    assert await states(database, vault) == [DeliveryState.READ]


async def test_a_receipt_settles_a_send_of_unknown_fate(database, vault, delivery, channel, clock: Clock):
    channel.fault = failing(DeliveryUncertain(reason="timeout"))
    await queue(database, vault, "question")
    await delivery.run_until_idle()

    receipt = Receipt(platform_id="m9", state=DeliveryState.SENT, at=NOW, key="o:1001")
    await database.write(lambda db: outbox.note_receipt(db, vault, receipt, now=NOW))
    clock.move(minutes=10)
    await delivery.run_until_idle()

    assert channel.tries == 1
    assert await states(database, vault) == [DeliveryState.SENT]


@pytest.mark.parametrize("is_human", [True, False])
@pytest.mark.parametrize("failing_", [Failing.PASSING, Failing.CHANNEL])
async def test_what_was_taken_and_then_not_delivered_for_a_while_goes_out_again(
    database, vault, delivery, channel, clock: Clock, failing_: Failing, is_human: bool
):
    await queue(database, vault, "Saya Ratna", is_human=is_human)
    await delivery.run_until_idle()
    told = Receipt(platform_id="m1", state=DeliveryState.FAILED, at=NOW, key="o:1001", error="x", failing=failing_)

    for _ in range(2):
        await database.write(lambda db: outbox.note_receipt(db, vault, told, now=clock()))
        clock.move(minutes=2)
        await delivery.run_until_idle()

    assert channel.texts() == ["Saya Ratna"] * 2, "what is told again of the first try changes nothing"
    assert await states(database, vault) == [DeliveryState.SENT]


@pytest.mark.parametrize("state", [DeliveryState.DELIVERED, DeliveryState.READ])
async def test_what_arrived_on_one_device_did_not_fail(database, vault, delivery, channel, clock: Clock, state: DeliveryState):
    await queue(database, vault, "halo")
    await delivery.run_until_idle()

    for each in (state, DeliveryState.FAILED):
        receipt = Receipt(platform_id="m1", state=each, at=NOW, key="o:1001", failing=Failing.PASSING)
        await database.write(lambda db, r=receipt: outbox.note_receipt(db, vault, r, now=NOW))
    clock.move(minutes=2)
    await delivery.run_until_idle()

    assert channel.texts() == ["halo"]
    assert await states(database, vault) == [state]


async def test_what_only_waits_for_its_turn_is_not_counted_as_a_try(database, vault, delivery, channel, clock: Clock):
    channel.fault = failing(DeliveryDelayed(reason="held", wait_seconds=6, was_tried=False), times=200)
    await queue(database, vault, "question")

    for _ in range(201):
        await delivery.run_until_idle()
        clock.move(seconds=8)

    assert channel.texts() == ["question"]


async def test_a_row_that_can_not_be_opened_stops_nobody_s_messages(database, vault, delivery, channel):
    await queue(database, vault, "lost")
    await queue(database, vault, "halo", contact=2)
    await database.write(
        lambda db: db.execute(sa.update(tables.contacts).where(tables.contacts.c.id == 1).values(address_sealed=b"x"))
    )

    await delivery.run_until_idle()

    assert channel.texts() == ["halo"]


async def test_no_more_is_in_hand_than_the_senders_work_off_within_the_lease():
    longest_call = 13.0

    assert delivery_rules.IN_HAND / delivery_rules._SENDERS * longest_call < delivery_rules.LEASE.total_seconds() / 2
