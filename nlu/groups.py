"""Which of the twelve groups a message hints at: by who is concerned, then by its topics."""

from dataclasses import dataclass
from pathlib import Path

from nlu.datafile import Block, read
from nlu.errors import LexiconError
from nlu.lexicon import Lexicon
from nlu.normalize import Reading
from nlu.pattern import Pattern, PatternError, parse
from nlu.risk import Finding
from nlu.rules import RuleBook
from nlu.understanding import Fact, Group

_CHILD = "anak-rentan"
_ELDER = "lansia-telantar"
_ADULT_AGE = 18
_ELDER_AGE = 60
_MOST = 2
_FIRST_SCORE = 0.9
_LATER_SCORE = 0.6


@dataclass(frozen=True, kw_only=True, slots=True)
class _Hint:
    group: str
    when: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]

    def holds(self, reading: Reading) -> bool:
        return any(pattern.find(reading, 0, _never) for pattern in self.when) and not any(
            pattern.find(reading, 0, _never) for pattern in self.unless
        )


class GroupReader:
    """Finds the groups of a reading in which a risk or need was found."""

    def __init__(self, first: tuple[_Hint, ...], later: tuple[_Hint, ...], book: RuleBook) -> None:
        self._first = first
        self._later = later
        self._book = book

    @classmethod
    def load(cls, file: Path, book: RuleBook, lexicon: Lexicon) -> "GroupReader":
        """The reader of a file of hints.

        Raises:
            LexiconError: a pattern in it can't be read.
        """
        root = read(file)
        return cls(
            tuple(_hint(block, lexicon) for block in root.blocks("first")),
            tuple(_hint(block, lexicon) for block in root.blocks("later")),
            book,
        )

    def read(self, reading: Reading, findings: tuple[Finding, ...], facts: tuple[Fact, ...]) -> tuple[Group, ...]:
        """At most two groups; `anak-rentan` always among them when the person concerned is under 18.

        Source: rule 12 of docs/levels.md.
        """
        if not findings:
            return ()
        ages = [fact.value for fact in facts if fact.kind == "age" and isinstance(fact.value, int)]
        names = []
        if ages and min(ages) < _ADULT_AGE:
            names.append(_CHILD)
        elif ages and max(ages) >= _ELDER_AGE:
            names.append(_ELDER)
        grown_up = bool(ages) and min(ages) >= _ADULT_AGE
        names += [hint.group for hint in self._first if not (grown_up and hint.group == _CHILD) and hint.holds(reading)]
        topics = sorted({finding.rule.topic for finding in findings}, key=lambda name: self._book.topics[name].order)
        names += [group for topic in topics for group in self._book.topics[topic].groups]
        names += [hint.group for hint in self._later if hint.holds(reading)]
        unique = list(dict.fromkeys(names))[:_MOST]
        return tuple(Group(name=name, score=_LATER_SCORE if index else _FIRST_SCORE) for index, name in enumerate(unique))


def _hint(block: Block, lexicon: Lexicon) -> _Hint:
    try:
        return _Hint(
            group=block.text("group"),
            when=tuple(parse(source, lexicon) for source in block.texts("when")),
            unless=tuple(parse(source, lexicon) for source in block.texts("unless")),
        )
    except PatternError as exc:
        raise LexiconError((f"{block.where()}: {exc}",)) from exc


def _never(_position: int, _used: tuple[int, ...]) -> bool:
    return False
