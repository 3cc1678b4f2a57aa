"""Screens: items, red answers, weights and bands. What answers stand for; never shown to a contact as a score."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nlu.understanding import Level, most_urgent

UNSURE, REFUSED = "unsure", "refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class Red:
    """An answer that alone is enough. `holds` is asked with the talk's facts and gives True, False or None.

    None (can't be told) counts as true: one alarm too many is better than one sign missed.
    """

    holds: Callable[[Any], bool | None]
    level: Level


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A question of a screen. `weights` by value; `unsure` and `refused` are the levels a missing answer stands for."""

    id: str
    reds: tuple[Red, ...] = ()
    weights: Mapping[str, float] | float = 0.0
    unsure: Level | None = None
    refused: Level | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Screen:
    """A topic's items. `bands` turn the sum of weights into a level: the highest `from` that the sum reaches."""

    topic: str
    items: tuple[Item, ...]
    bands: tuple[tuple[float, Level], ...] = ()
    stop_at: Level | None = None
    skip_after: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """An item's answer: `value` when there is one, else `state` unsure or refused."""

    state: str
    value: object = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What a screen's answers stand for so far. `score` is the sum of weights."""

    level: Level | None
    score: float


def find_level(
    screen: Screen, readings: Mapping[str, Reading], facts_with: Callable[[str], Any], *, is_complete: bool
) -> Finding:
    """The level that a screen's answers stand for: the highest of red answers, missing answers, and the band of the sum.

    `facts_with` gives the talk's facts with one item's answer as `answer`.

    Sums only raise a level, and count only when the screen is complete. An item answered with "don't know" or "rather not" counts
    as its own level, never as nothing.

    Source: rules 2 and 3 of docs/screening.md (flags are rules, not sums; a missing answer is not a no).
    """
    levels: list[Level | None] = []
    score = 0.0
    for item in screen.items:
        reading = readings.get(item.id)
        if reading is None:
            continue
        if reading.state == UNSURE:
            levels.append(item.unsure)
        elif reading.state == REFUSED:
            levels.append(item.refused)
        else:
            score += _weight(item, reading.value)
            levels += [red.level for red in item.reds if red.holds(facts_with(item.id)) is not False]
    if is_complete:
        reached = [level for start, level in screen.bands if score >= start]
        levels.append(reached[-1] if reached else None)
    return Finding(level=most_urgent(*levels), score=score)


def _weight(item: Item, value: object) -> float:
    if isinstance(item.weights, Mapping):
        values = value if isinstance(value, tuple) else (value,)
        return sum(item.weights.get(str(each), 0.0) for each in values)
    return item.weights if value == "yes" else 0.0
