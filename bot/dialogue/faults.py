"""What is wrong with a flow: where, what, what to do, and a way there."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import BotError


class Severity(StrEnum):
    """E stops start and publishing, P stops publishing only, W is shown."""

    ERROR = "E"
    PUBLISH = "P"
    WARNING = "W"


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Spot:
    """A place in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One finding. `source` is the line it stands in, `way` the shortest talk that leads there."""

    spot: Spot
    code: str
    message: str
    source: str = ""
    way: str = ""

    @property
    def severity(self) -> Severity:
        """What it stops."""
        return Severity(self.code[0])

    def __str__(self) -> str:
        """Place, code, one sentence; line and caret; the way there."""
        text = f"{self.spot.file}:{self.spot.line}:{self.spot.column}: {self.code} {self.message}"
        if self.source:
            text += f"\n{self.spot.line:>5} | {self.source}\n      | {' ' * (self.spot.column - 1)}^"
        if self.way:
            text += f"\n      a way there: {self.way}"
        return text


class FlowFaults(BotError):
    """Flows that must not be used, with all their faults in one list, in order of file and line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.spot))
        super().__init__("\n".join(str(fault) for fault in self.faults))
