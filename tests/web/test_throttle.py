"""Guesses from one place are slowed, and remembering them stays small."""

import pytest

from bot.actions.people import TooManyTries
from bot.web.throttle import Throttle, neighbourhood
from tests.builders import NOW, later


def test_one_place_is_slowed_and_another_is_not():
    throttle = Throttle()
    for _ in range(30):
        throttle.count("198.51.100.7", now=NOW)

    with pytest.raises(TooManyTries) as caught:
        throttle.count("198.51.100.7", now=later(seconds=10))

    assert caught.value.wait_seconds == 20
    throttle.count("198.51.100.8", now=later(seconds=10))
    throttle.count("198.51.100.7", now=later(seconds=30))


@pytest.mark.parametrize("happens", ["an hour passes", "somebody signs in"])
def test_a_place_is_forgiven(happens: str):
    throttle = Throttle()
    for _ in range(30):
        throttle.count("198.51.100.7", now=NOW)

    if happens == "somebody signs in":
        throttle.forget("198.51.100.7")
    throttle.count("198.51.100.7", now=NOW if happens == "somebody signs in" else later(minutes=61))

    throttle.count("198.51.100.7", now=NOW if happens == "somebody signs in" else later(minutes=61))


def test_a_home_is_one_place_however_many_addresses_it_has():
    assert neighbourhood("2001:db8:1:2:aaaa::1") == neighbourhood("2001:db8:1:2:bbbb::2")
    assert neighbourhood("2001:db8:1:2::1") != neighbourhood("2001:db8:1:3::1")
    assert neighbourhood("198.51.100.7") == "198.51.100.7"
    assert neighbourhood("testclient") == "testclient"


def test_a_flood_of_places_does_not_fill_the_memory():
    throttle = Throttle()

    for number in range(12_000):
        throttle.count(f"place {number}", now=NOW)

    assert len(throttle._tries) == 10_000
