"""What a writer wants: the topic of a risk or need, else one of the intents of nlu/data/intents.yml."""

from dataclasses import dataclass
from pathlib import Path

from nlu.datafile import Block, read
from nlu.errors import LexiconError
from nlu.lexicon import Lexicon
from nlu.normalize import Reading
from nlu.pattern import Pattern, PatternError, parse
from nlu.risk import Finding
from nlu.understanding import Intent, Risk

_SURE = 0.9
_LIKELY = 0.6


@dataclass(frozen=True, kw_only=True, slots=True)
class _Talk:
    """One intent: what it is known by, the most words it has (0: any number), what else may stand there (0: anything).

    With `when` one of these patterns must be found, and none of `unless`.
    """

    name: str
    mask: int
    most_words: int
    beside: int
    when: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]

    def is_said(self, reading: Reading) -> bool:
        """Whether the reading holds what the intent asks for besides its words."""
        if self.beside and not all(mask & self.beside for mask in reading.masks):
            return False
        if self.when and not any(pattern.find(reading, 0, _never) for pattern in self.when):
            return False
        return not any(pattern.find(reading, 0, _never) for pattern in self.unless)


class IntentReader:
    """Finds the intent of a reading."""

    def __init__(self, talks: tuple[_Talk, ...], filler: int) -> None:
        self._talks = talks
        self._filler = filler
        self._all = 0
        for talk in talks:
            self._all |= talk.mask

    @classmethod
    def load(cls, file: Path, lexicon: Lexicon) -> "IntentReader":
        """The reader of a file of intents, in its order.

        Raises:
            LexiconError: the file can't be used.
        """
        talks = []
        for block in read(file).blocks("intents"):
            mask = _mask(block.words("alone") + block.words("any") + block.words("only"), lexicon)
            beside = mask | _mask(block.words("beside"), lexicon) if "only" in block else 0
            when = _patterns(block, "when", lexicon)
            for pattern in when:
                mask |= min(pattern.needed, key=int.bit_count)
            talks.append(
                _Talk(
                    name=block.text("name"),
                    mask=mask,
                    most_words=int(block.text("most") or "0"),
                    beside=beside,
                    when=when,
                    unless=_patterns(block, "unless", lexicon),
                )
            )
        return cls(tuple(talks), lexicon.mask("filler"))

    def read(self, reading: Reading, risks: tuple[Risk, ...], needs: tuple[Finding, ...]) -> Intent | None:
        """The intent, or None when nothing is recognised."""
        if risks:
            return Intent(name=risks[0].name, confidence=risks[0].score)
        if needs:
            return Intent(name=needs[0].rule.topic, confidence=needs[0].rule.score)
        seen = (reading.total | reading.fillers) & self._all
        if not seen:
            return None
        for talk in self._talks:
            if not seen & talk.mask or (talk.most_words and len(reading.words) > talk.most_words):
                continue
            if talk.is_said(reading):
                return Intent(name=talk.name, confidence=_SURE if talk.most_words else _LIKELY)
        return None


def _patterns(block: Block, key: str, lexicon: Lexicon) -> tuple[Pattern, ...]:
    found = []
    for source in block.texts(key):
        try:
            found.append(parse(source, lexicon))
        except PatternError as exc:
            raise LexiconError((f"{block.where(key)}: in `{source}`: {exc}",)) from exc
    return tuple(found)


def _never(_position: int, _used: tuple[int, ...]) -> bool:
    return False


def _mask(words: list[str], lexicon: Lexicon) -> int:
    """The bits of words and of `@concepts` together."""
    mask = 0
    for word in words:
        mask |= lexicon.mask(word[1:]) if word.startswith("@") else lexicon.literal(word)
    return mask
