"""Which channels can't be used just now, and since when: for the console's banner and for an operator's alarm."""

from collections.abc import Callable, Container
from datetime import datetime
from enum import StrEnum

import msgspec


class Side(StrEnum):
    """SENDING: nothing goes out. TAKING: what people write may not reach us, or may go to somebody else."""

    SENDING = "sending"
    TAKING = "taking"


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a channel that is down. `reason` is a class of failure, with a code."""

    channel: str
    side: Side
    reason: str
    since: datetime


class Standing:
    """How the channels of this process stand. `tell` is called when that changes."""

    def __init__(self, now: Callable[[], datetime], tell: Callable[[], None] = lambda: None) -> None:
        self._now = now
        self._tell = tell
        self._troubles: dict[tuple[str, Side], Trouble] = {}

    def note(self, channel: str, side: Side, reason: str) -> None:
        """This side of the channel is down. Its beginning stays what it was, though the reason may change."""
        before = self._troubles.get((channel, side))
        if before is None or before.reason != reason:
            since = before.since if before is not None else self._now()
            self._troubles[channel, side] = Trouble(channel=channel, side=side, reason=reason, since=since)
            self._tell()

    def clear(self, channel: str, side: Side, *, reasons: Container[str] | None = None) -> None:
        """It works; with `reasons`, only what one of them stopped does."""
        trouble = self._troubles.get((channel, side)) if self._troubles else None
        if trouble is not None and (reasons is None or trouble.reason in reasons):
            del self._troubles[channel, side]
            self._tell()

    def list(self) -> list[Trouble]:
        """What is down, the longest first."""
        return sorted(self._troubles.values(), key=lambda each: each.since)
