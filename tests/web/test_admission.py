"""The web chat's door holds a flood back, and whoever comes from elsewhere meanwhile still gets in."""

from datetime import datetime

import pytest

from bot.config import Limits
from bot.web.admission import Admission, Buckets, Pace, Reason, TooMany, place_of
from bot.web.build import paces_of
from tests.builders import NOW, later

LIMITS = Limits(new_talks=4, new_talks_per_address=2, messages_per_talk=3, messages_per_address=10)
HERE, ELSEWHERE = "8.8.8.8", "9.9.9.9"


class Door:
    """An admission with small limits; `begin` counts talks that got in."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.admission = Admission(paces_of(limits), key=b"k" * 32)
        self._number = 0

    def begin(self, address: str, *, now: datetime = NOW) -> Reason | None:
        """Why a new talk was not let in, if it was not."""
        self._number += 1
        return self.say(f"talk {self._number}", address, is_new=True, now=now)

    def say(self, talk: str, address: str, *, is_new: bool = False, now: datetime = NOW) -> Reason | None:
        try:
            self.admission.admit(talk, address, is_new=is_new, now=now)
        except TooMany as exc:
            return exc.reason
        return None


def test_one_address_may_begin_some_talks_at_once_and_then_as_many_as_its_pace():
    door = Door()

    assert [door.begin(HERE) for _ in range(7)] == [None] * 6 + [Reason.TALKS_OF_ADDRESS]
    assert door.begin(HERE, now=later(seconds=29)) is Reason.TALKS_OF_ADDRESS
    assert door.begin(HERE, now=later(seconds=30)) is None


def test_a_flood_from_some_addresses_leaves_the_door_open_for_others():
    door = Door()
    flood = [f"8.8.{number}.1" for number in range(4)]
    assert Reason.TALKS in [door.begin(address) for address in flood * 6]

    assert door.begin(ELSEWHERE) is None
    assert door.begin(ELSEWHERE) is Reason.TALKS


def test_all_addresses_together_are_bounded():
    door = Door()

    let_in = sum(door.begin(f"8.{number // 200}.{number % 200}.1") is None for number in range(2000))

    # The common pool and the reserve: five minutes' worth each.
    assert let_in == 2 * 5 * LIMITS.new_talks


def test_a_talk_is_never_refused_for_what_begins_elsewhere():
    door = Door()
    door.say("old", HERE, is_new=True)
    while door.begin(f"8.8.{door._number}.1") is None:
        pass

    assert door.say("old", HERE) is None


def test_a_talk_that_floods_waits_and_others_at_its_address_do_not():
    door = Door()

    assert [door.say("one", HERE) for _ in range(4)] == [None] * 3 + [Reason.MESSAGES_OF_TALK]
    assert door.say("other", HERE) is None
    assert door.say("one", HERE, now=later(seconds=20)) is None


def test_many_talks_of_one_address_are_bounded_together():
    door = Door()

    refusals = [door.say(f"talk {number}", HERE) for number in range(21)]

    assert refusals == [None] * 20 + [Reason.MESSAGES_OF_ADDRESS]


def test_what_is_refused_counts_for_nothing():
    door = Door()
    for number in range(20):
        door.say(f"talk {number}", HERE)

    assert [door.begin(HERE) for _ in range(50)] == [Reason.MESSAGES_OF_ADDRESS] * 50
    assert [door.begin(HERE, now=later(minutes=5)) for _ in range(6)] == [None] * 6


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", "fd00::1", "", "unix"])
def test_an_address_that_tells_nobody_apart_is_bounded_by_the_common_pace_only(address: str):
    door = Door()

    refusals = [door.begin(address) for _ in range(21)]

    assert refusals == [None] * 20 + [Reason.TALKS]


def test_the_wait_that_is_told_is_long_enough_and_never_long():
    door = Door(Limits(new_talks=1, new_talks_per_address=1, messages_per_talk=1, messages_per_address=1))
    slow = Admission(paces_of(Limits(new_talks_per_address=1)), key=b"k" * 32)
    for number in range(3):
        slow.admit(f"talk {number}", HERE, is_new=True, now=NOW)

    with pytest.raises(TooMany) as caught:
        slow.admit("one more", HERE, is_new=True, now=later(seconds=10))

    assert caught.value.wait_seconds == 50
    assert door.begin(HERE) is None


def test_a_clock_that_is_set_back_gives_nothing_and_locks_nobody_out():
    buckets = Buckets(Pace(burst=1, per_minute=60))
    buckets.take(b"one", now=later(hours=1))

    assert buckets.wait_seconds(b"one", now=NOW) == 1
    buckets.take(b"other", now=NOW)
    assert buckets.wait_seconds(b"other", now=later(seconds=1)) == 0


def test_a_flood_of_addresses_does_not_fill_the_memory():
    buckets = Buckets(Pace(burst=1, per_minute=1), most=100)

    for number in range(1000):
        buckets.take(b"%d" % number, now=NOW)

    assert len(buckets) == 100


def test_no_address_and_no_token_can_be_read_from_what_is_kept():
    door = Door()
    door.say("talk of somebody", HERE, is_new=True)

    kept = repr([vars(each) for each in vars(door.admission).values() if isinstance(each, Buckets)])

    assert "8.8.8.8" not in kept
    assert "somebody" not in kept


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        pytest.param("2a00:1:2:3::1", "2a00:1:2:ffff::9", True, id="one customer's network is one place"),
        pytest.param("2a00:1:2::1", "2a00:1:3::1", False, id="the next customer is another"),
        pytest.param("::ffff:8.8.8.8", "8.8.8.8", True, id="an IPv4 address in IPv6 clothes"),
        pytest.param("8.8.8.8", "8.8.8.9", False, id="two IPv4 addresses"),
    ],
)
def test_what_is_one_place(one: str, other: str, is_same: bool):
    assert (place_of(one) == place_of(other)) is is_same
    assert place_of(one)
