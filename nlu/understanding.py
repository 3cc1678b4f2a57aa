"""What was understood of one message: plain data, cheap to import, nothing loaded."""

from enum import StrEnum

import msgspec


class Level(StrEnum):
    """How soon a person must look, most urgent first.

    Source: docs/levels.md. P1 now or within hours, P2 serious and the same day, P3 a person should help though not today,
    P4 information is enough.
    """

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"

    rank: int
    """1 for the most urgent to 4 for the least; smaller is more urgent."""

    def __init__(self, value: str) -> None:
        self.rank = int(value[1])


def most_urgent(*levels: Level | None) -> Level | None:
    """The most urgent of the levels given; None when all of them are None."""
    known = [level for level in levels if level is not None]
    return min(known, key=lambda level: level.rank) if known else None


class Watch(StrEnum):
    """Who else may see what stands on this phone. READ: somebody reads it, or is beside the writer; SHARED: it is one of the home's."""

    READ = "read"
    SHARED = "shared"


class Risk(msgspec.Struct, frozen=True, kw_only=True):
    """One topic of harm or danger seen in a message.

    `name` is a topic slug of flows/pas.yml; `score` 0 to 1; `evidence` the writer's own words that led to it, as written;
    `level` what these words alone stand for; `is_accident`: they tell of fire, birth, hunger and the like, nobody's
    doing, or the danger only stands beside another topic, which tells whose doing it is.
    """

    name: str
    score: float
    level: Level
    evidence: tuple[str, ...] = ()
    is_accident: bool = False


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What the writer wants, or talks about, when it is no danger; `confidence` 0 to 1."""

    name: str
    confidence: float


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """One of the twelve groups of flows/pas.yml that the words hint at; `score` 0 to 1. Never shown to a contact."""

    name: str
    score: float


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """Something a sentence says in passing that a question would otherwise ask for.

    `kind` and `value` are those of `nlu.answers` (age, relation, place …), `evidence` the words it was read from.
    """

    kind: str
    value: object
    confidence: float
    evidence: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a text says to a question of one kind. `value` None: it can't be told. `confidence` 0 to 1."""

    value: object
    confidence: float


class Understanding(msgspec.Struct, frozen=True, kw_only=True):
    """All that was read out of one message.

    `is_known` False means the reading failed: a person should look, it never means that there is no risk. `risks` are
    ordered, the kind of harm first. `level` is the most urgent of theirs, or None. `language` is a BCP 47 code (id, jv, su,
    min, en …) or "und" when the text is too short to tell. `watch` tells that others may see what is written, as far as said.
    """

    language: str = "und"
    intent: Intent | None = None
    risks: tuple[Risk, ...] = ()
    level: Level | None = None
    groups: tuple[Group, ...] = ()
    facts: tuple[Fact, ...] = ()
    watch: Watch | None = None
    is_known: bool = True

    @classmethod
    def nothing(cls) -> "Understanding":
        """The understanding of a message without words: a button, a sticker."""
        return _NOTHING

    @classmethod
    def unknown(cls) -> "Understanding":
        """The understanding of a message that could not be read, because reading failed."""
        return _UNKNOWN


_NOTHING = Understanding()
_UNKNOWN = Understanding(is_known=False)
