"""A contact's place in the talk: flow, step, answers, levels. A value; saved as JSON, sealed."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from nlu.understanding import Level

Value = str | int | float | tuple[str, ...] | Mapping[str, str | None]


class AnswerState(StrEnum):
    """How an answer stands. UNKNOWN: not asked yet, or asked in vain."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    UNSURE = "unsure"
    REFUSED = "refused"


class Given(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One answer. `is_inferred`: read out of other words; `seq` numbers the message it stands in; `at` when it came."""

    state: AnswerState
    value: Value | None = None
    is_inferred: bool = False
    seq: int | None = None
    at: datetime | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place in a flow: the flow's id, the step's, the item's when the step is a screen, and how often it was asked."""

    flow: str
    step: str
    item: str = ""
    tries: int = 0


class Session(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A contact's place in the talk.

    `stack` holds the flow that runs last, beneath it those that wait for it. `question` numbers the open question, so that an old
    button is known for one. `levels` are by topic and only rise. `guards` hold since the time given. `answered` are the slots
    answered by asking, latest last: where "kembali" goes. `announced` are topics whose safety text was said. `agreed_version` is
    that of the consent text that was agreed to.
    """

    version: str
    language: str = "id"
    stack: tuple[Place, ...] = ()
    question: int = 0
    answers: Mapping[str, Given] = msgspec.field(default_factory=dict)
    levels: Mapping[str, Level] = msgspec.field(default_factory=dict)
    scores: Mapping[str, float] = msgspec.field(default_factory=dict)
    guards: Mapping[str, datetime] = msgspec.field(default_factory=dict)
    groups: tuple[str, ...] = ()
    shown_services: tuple[str, ...] = ()
    answered: tuple[tuple[Place, str], ...] = ()
    announced: tuple[str, ...] = ()
    last_step: tuple[str, str] | None = None
    is_language_chosen: bool = False
    agreed_version: int = 0
