"""Flows and their steps: what the parser makes of the files and the engine runs. Values, all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.dialogue.conditions import Condition
from bot.dialogue.faults import Spot
from bot.domain.screening import Screen
from nlu.understanding import Level

END = "END"
SKIP, PERSON = "skip", "person"


class Type(StrEnum):
    """What kind of answer a question wants. Values and words for them are those of `nlu.answers`."""

    YES_NO = "yes_no"
    CHOICE = "choice"
    MULTI_CHOICE = "multi_choice"
    NUMBER = "number"
    AGE = "age"
    TIME = "time"
    PLACE = "place"
    RELATION = "relation"
    GENDER = "gender"
    FREQUENCY = "frequency"
    TEXT = "text"


FIXED_VALUES: Mapping[Type, tuple[str, ...]] = {
    Type.YES_NO: ("yes", "no"),
    Type.RELATION: ("self", "child", "spouse", "parent", "neighbour", "other"),
    Type.GENDER: ("male", "female", "other"),
    Type.FREQUENCY: ("never", "once", "sometimes", "often", "daily"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """Words, said when `condition` holds (None: else). `text_id` is their gettext context."""

    text_id: str
    words: str
    condition: Condition | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """Something to say: the first variant that holds."""

    id: str
    variants: tuple[Variant, ...]
    spot: Spot


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """A choice offered. `also` are other words for it; `is_exclusive` empties the others of a multi_choice."""

    value: str
    label: Text
    also: tuple[str, ...] = ()
    is_exclusive: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """An answer that is kept. `is_shown`: its value may be said to the contact. `note` says to staff what it is."""

    name: str
    type: Type
    options: tuple[Option, ...] = ()
    is_shown: bool = False
    note: str = ""
    spot: Spot | None = None

    @property
    def values(self) -> tuple[str, ...]:
        """The values it can have, where they can be listed."""
        return tuple(option.value for option in self.options) or FIXED_VALUES.get(self.type, ())


@dataclass(frozen=True, kw_only=True, slots=True)
class Branch:
    """Where a step leads when `condition` holds (None: else)."""

    condition: Condition | None
    target: str
    spot: Spot


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejection:
    """An understood answer that can't be used, and what is said about it."""

    condition: Condition
    say: Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A question and everything about its asking.

    `tries` 1 to 4 before `then` (skip, person or a step). `low`, `high` bound numbers and ages, or a text's length. `guard`: after
    yes the named guard holds, anything else goes to `otherwise`.
    """

    slot: str
    type: Type
    ask: Text
    options: tuple[Option, ...] = ()
    why: Text | None = None
    help: Text | None = None
    rephrase: Text | None = None
    tries: int = 2
    then: str = SKIP
    skip: str | None = None
    low: float | None = None
    high: float | None = None
    pattern: str = ""
    rejections: tuple[Rejection, ...] = ()
    ask_before_filling: bool = False
    confirm: str = "when_inferred"
    guard: str = ""
    otherwise: str = ""
    before_consent: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Say:
    """Say texts, one bubble."""

    texts: tuple[Text, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Collect:
    """Ask what is not known."""

    question: Question


@dataclass(frozen=True, kw_only=True, slots=True)
class Consent:
    """Ask for consent; `refused` is the step without it. `more` answers "tanya dulu"."""

    text: Text
    version: int
    scope: tuple[str, ...]
    refused: str
    more: Text | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RunScreen:
    """Ask the items of a screen that are not known."""

    topic: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Flag:
    """Note a danger that the flow has seen."""

    topic: str
    level: Level
    because: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Handoff:
    """Bring a person. The talk goes on at `return_to` when it is given back, else at `next`."""

    reason: str
    level: Level
    say: Text
    return_to: str = ""
    contact_first: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Refer:
    """Show services: the named one, or at most `show` that fit the need."""

    need: str = ""
    service: str = ""
    show: int = 2
    say: Text | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SetSlots:
    """Give slots literal values."""

    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """Run another flow and come back."""

    flow: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """End this flow and start another."""

    flow: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseNote:
    """Add a machine-made line to the responder's brief."""

    text: Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """One of the registered actions of the frame: stop, quick_exit, erase, set_language, link."""

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Noop:
    """Only branches."""


StepKind = Say | Collect | Consent | RunScreen | Flag | Handoff | Refer | SetSlots | Call | Link | CaseNote | Act | Noop

ACTIONS = ("stop", "quick_exit", "erase", "set_language", "link")


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A step. `branches` empty: the step below follows, or the end."""

    id: str
    kind: StepKind
    branches: tuple[Branch, ...]
    spot: Spot
    is_last: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """Steps from top to bottom. `places` finds a step's number by its id."""

    id: str
    name: str
    steps: tuple[Step, ...]
    places: Mapping[str, int]
    spot: Spot
    menu: Text | None = None
    triggers: tuple[tuple[str, float], ...] = ()
    condition: Condition | None = None
    requires: tuple[str, ...] = ()
    persisted: tuple[str, ...] = ()
    may_interrupt: bool = True
    followers: tuple[str, ...] = field(default=())

    def step(self, step_id: str) -> Step:
        """The step of this id."""
        return self.steps[self.places[step_id]]

    def after(self, step_id: str) -> str:
        """What follows when a step says nothing of it."""
        number = self.places[step_id] + 1
        return self.steps[number].id if number < len(self.steps) and not self.steps[number - 1].is_last else END


@dataclass(frozen=True, kw_only=True, slots=True)
class ScreenFlow:
    """A screen as the talk asks it: the rules of `domain.screening`, and a question for each item."""

    topic: str
    screen: Screen
    questions: tuple[Question, ...]
    conditions: Mapping[str, Condition]
    requires: tuple[str, ...]
    source: str
    spot: Spot
