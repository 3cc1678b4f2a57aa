"""How long a message waits for its turn."""

from bot.channels.pacer import Pacer
from tests.channels.conftest import Clock


def pacer(clock: Clock, per_chat: float | None = 1.0, per_second: float | None = 25.0) -> Pacer:
    return Pacer(per_chat_per_second=per_chat, per_second=per_second, now=clock, sleep=clock.sleep)


async def test_a_few_to_one_chat_pass_at_once_then_one_a_second(clock: Clock) -> None:
    paced = pacer(clock, per_second=None)
    times = []

    for _ in range(6):
        await paced.turn("a")
        times.append(clock.now - 1000)

    assert times == [0, 0, 0, 1, 2, 3]


async def test_all_chats_together_keep_the_pace_of_the_bot(clock: Clock) -> None:
    paced = pacer(clock)

    for number in range(101):
        await paced.turn(str(number))

    assert abs(clock.now - 1004) < 0.001


async def test_a_chat_that_must_wait_holds_up_no_other(clock: Clock) -> None:
    paced = pacer(clock)
    for _ in range(4):
        await paced.turn("busy")
    clock.now += 0.04
    slept = len(clock.slept)

    await paced.turn("other")

    assert clock.slept[slept:] == []


async def test_no_limit_means_no_waiting(clock: Clock) -> None:
    paced = pacer(clock, None, None)

    for _ in range(1000):
        await paced.turn("a")

    assert clock.slept == []


def test_a_held_chat_waits_and_others_don_t(clock: Clock) -> None:
    paced = pacer(clock)
    paced.hold(7, "a")
    clock.now += 2

    assert (paced.held_for("a"), paced.held_for("b")) == (5, 0)
    clock.now += 5
    assert (paced.held_for("a"), paced.held_chats()) == (0, 0)


def test_a_held_bot_lets_nobody_through(clock: Clock) -> None:
    paced = pacer(clock)
    paced.hold(3)

    assert paced.held_for("anybody") == 3


async def test_quiet_chats_are_forgotten(clock: Clock) -> None:
    paced = pacer(clock, per_second=None)

    for number in range(20_000):
        clock.now += 0.01
        await paced.turn(str(number))

    assert len(paced._chats) < 5000
