"""What a message's words mean for how soon a person must look. Sees every message, whatever else becomes of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from nlu.understanding import Level, Understanding, most_urgent

UNREADABLE = "unreadable"
"""Topic of a message that could not be understood because understanding failed: a person should look."""

CHILD_BELOW = 18
"""Source: UU 35/2014 art. 1: a child is under 18."""

_HARM_TO_CHILDREN = frozenset(
    {"sexual_violence", "child_abuse_neglect", "child_marriage", "domestic_violence", "physical_violence"}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """A topic seen now that raises the level known of it. `words` are the contact's own, may be empty."""

    topic: str
    level: Level
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Triage:
    """What is new in a message. `level` is the most urgent of the reasons; None when there is nothing new."""

    level: Level | None
    reasons: tuple[Reason, ...]


NOTHING_NEW = Triage(level=None, reasons=())


def assess(understanding: Understanding, *, known: Mapping[str, Level], age: int | None = None) -> Triage:
    """The topics that a message shows, or raises above the level `known` of them.

    A child's harm is at least P2. A message that could not be read is at least P3 and never "no risk". Levels only rise.

    Source: docs/levels.md 6, 8 and 12 (children), rule 4 of docs/screening.md (unknown is not none).
    """
    if not understanding.risks and understanding.is_known:
        return NOTHING_NEW
    reasons = []
    if not understanding.is_known and UNREADABLE not in known:
        reasons.append(Reason(topic=UNREADABLE, level=Level.P3, words=""))
    is_child = age is not None and age < CHILD_BELOW
    for risk in understanding.risks:
        level = risk.level
        if is_child and risk.name in _HARM_TO_CHILDREN and level.rank > Level.P2.rank:
            level = Level.P2
        before = known.get(risk.name)
        if before is None or level.rank < before.rank:
            reasons.append(Reason(topic=risk.name, level=level, words=" … ".join(risk.evidence)))
    return Triage(level=most_urgent(*(reason.level for reason in reasons)), reasons=tuple(reasons))
