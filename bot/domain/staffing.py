"""Who answers people at the moment, and what can honestly be said about waiting for them."""

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from nlu.understanding import Level


class Staffing(msgspec.Struct, frozen=True, kw_only=True):
    """How many are on duty, and how long people of each level waited lately; a level is missing where too few did to say."""

    on_duty: int = 0
    waits: Mapping[Level, timedelta] = {}


_WORDS = (
    (timedelta(minutes=5), "wait_minutes"),
    (timedelta(minutes=15), "wait_quarter"),
    (timedelta(minutes=30), "wait_half_hour"),
    (timedelta(hours=1), "wait_hour"),
    (timedelta(hours=5), "wait_hours"),
    (timedelta(hours=24), "wait_day"),
)

WAIT_TEXTS = ("wait_nobody", "wait_unknown", "wait_long", *(name for _, name in _WORDS))
"""The frame's texts of which `wait_text` names one."""


def wait_text(staffing: Staffing, level: Level | None) -> str:
    """The name of the text that says how long this person will wait: of what others really waited, never of what was planned."""
    if staffing.on_duty == 0:
        return "wait_nobody"
    wait = staffing.waits.get(level or Level.P4)
    if wait is None:
        return "wait_unknown"
    return next((name for longest, name in _WORDS if wait <= longest), "wait_long")
