"""Facts that a sentence tells in passing: how old, for whom."""

from nlu.lexicon import Lexicon
from nlu.normalize import Reading
from nlu.numerals import number_of
from nlu.understanding import Fact

_OLDEST = 115
_AGE_SURE = 0.9
_AGE_LIKELY = 0.7
_RELATION_LIKELY = 0.7
# A number of years after one of these is a span of time, not an age.
_SPAN_WORDS = frozenset(
    [
        "sudah",
        "selama",
        "sejak",
        "dari",
        "hampir",
        "lebih",
        "setiap",
        "setelah",
        "kurang",
        "dalam",
        "sekitar",
        "kontrak",
        "penjara",
        "hukuman",
        "nikah",
        "menikah",
    ]
)
_AFTER_SPAN = frozenset(["lalu", "ago", "kemudian", "lagi", "silam", "terakhir", "menikah", "kerja", "nikah", "penjara"])


class FactReader:
    """Reads facts off a reading with the bits of its words."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._number = lexicon.mask("number")
        self._age_word = (
            lexicon.literal("umur") | lexicon.literal("usia") | lexicon.literal("berumur") | lexicon.literal("berusia")
        )
        self._year, self._month = lexicon.literal("tahun"), lexicon.literal("bulan")
        self._week = lexicon.literal("minggu")
        self._child = lexicon.mask("child")
        self._person = (
            lexicon.mask("self") | self._child | lexicon.mask("elder") | lexicon.mask("other") | lexicon.mask("parent")
        )
        self._relations = (
            ("child", self._child),
            ("spouse", lexicon.mask("husband") | lexicon.mask("wife")),
            ("parent", lexicon.mask("parent")),
            ("neighbour", lexicon.literal("tetangga")),
            ("other", lexicon.mask("elder") | lexicon.mask("friend") | lexicon.mask("sibling")),
        )
        self._suffered = 0
        for name in (
            "hit.pas",
            "molest.pas",
            "rape.pas",
            "lock.pas",
            "tie.pas",
            "wound.pas",
            "no_eat",
            "old_alone",
            "unconscious",
        ):
            self._suffered |= lexicon.mask(name)

    def read(self, reading: Reading) -> tuple[Fact, ...]:
        """The facts of a reading, in no promised order."""
        facts = []
        if reading.total & self._number:
            facts.extend(self._ages(reading))
        if reading.total & self._suffered and (relation := self._concerned(reading)):
            facts.append(relation)
        return tuple(facts)

    def _ages(self, reading: Reading) -> list[Fact]:
        """Numbers beside `umur`, and numbers of years right after a person."""
        masks, words = reading.masks, reading.words
        found = []
        for at, mask in enumerate(masks):
            if not mask & self._number:
                continue
            value = number_of(words[at])
            if value is None or not 0 <= value <= _OLDEST:
                continue
            before = masks[at - 1] if at else 0
            unit = masks[at + 1] if at + 1 < len(masks) else 0
            is_young = bool(unit & (self._month | self._week))
            if before & self._age_word:
                found.append(self._age(0 if is_young else value, _AGE_SURE, reading, at - 1, at))
            elif unit & (self._year | self._month) and self._is_about_person(reading, at, is_young=is_young):
                found.append(self._age(0 if is_young else value, _AGE_LIKELY, reading, at, at + 1))
        return found

    def _is_about_person(self, reading: Reading, at: int, *, is_young: bool) -> bool:
        words, masks = reading.words, reading.masks
        if at + 2 < len(words) and words[at + 2] in _AFTER_SPAN:
            return False
        previous = range(max(0, at - 2), at)
        if any(words[index] in _SPAN_WORDS for index in previous):
            return False
        wanted = self._child if is_young else self._person
        return any(masks[index] & wanted for index in previous)

    def _age(self, value: int, confidence: float, reading: Reading, first: int, last: int) -> Fact:
        return Fact(kind="age", value=value, confidence=confidence, evidence=reading.quote(first, last))

    def _concerned(self, reading: Reading) -> Fact | None:
        """Who suffers it, when a person stands before the word of suffering and no `saya` does."""
        for at, mask in enumerate(reading.masks):
            if not mask & self._suffered:
                continue
            for index in range(at - 1, max(-1, at - 5), -1):
                for value, bits in self._relations:
                    if reading.masks[index] & bits:
                        return Fact(
                            kind="relation", value=value, confidence=_RELATION_LIKELY, evidence=reading.quote(index, index)
                        )
            return None
        return None
