"""What is new in a message, and for whom it is never less than serious."""

import pytest

from bot.domain.triage import assess
from nlu.understanding import Level, Risk, Understanding


def seen(*risks: tuple[str, Level]) -> Understanding:
    return Understanding(
        risks=tuple(Risk(name=name, score=0.9, level=level, evidence=("takut", "pulang")) for name, level in risks)
    )


def test_a_message_without_danger_has_nothing_new():
    assert assess(Understanding.nothing(), known={}).reasons == ()


def test_a_danger_is_told_with_the_words_it_was_read_from():
    (reason,) = assess(seen(("domestic_violence", Level.P2)), known={}).reasons

    assert (reason.topic, reason.level, reason.words) == ("domestic_violence", Level.P2, "takut … pulang")


@pytest.mark.parametrize(
    ("before", "now", "is_new"),
    [
        pytest.param(Level.P2, Level.P1, True, id="worse is new"),
        pytest.param(Level.P2, Level.P2, False, id="the same is not"),
        pytest.param(Level.P1, Level.P3, False, id="better never lowers"),
    ],
)
def test_only_what_is_worse_than_known_is_new(before: Level, now: Level, is_new: bool):
    triage = assess(seen(("domestic_violence", now)), known={"domestic_violence": before})

    assert bool(triage.reasons) is is_new


def test_the_most_urgent_reason_is_the_level():
    assert assess(seen(("a", Level.P3), ("b", Level.P1)), known={}).level is Level.P1


@pytest.mark.parametrize(("age", "level"), [(12, Level.P2), (17, Level.P2), (18, Level.P3), (None, Level.P3)])
def test_harm_to_a_child_is_at_least_serious(age: int | None, level: Level):
    assert assess(seen(("sexual_violence", Level.P3)), known={}, age=age).level is level


def test_what_could_not_be_read_is_for_a_person_to_look_at_once():
    first = assess(Understanding.unknown(), known={})
    again = assess(Understanding.unknown(), known={"unreadable": Level.P3})

    assert [(reason.topic, reason.level) for reason in first.reasons] == [("unreadable", Level.P3)]
    assert again.reasons == ()
