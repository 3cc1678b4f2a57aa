"""Which of the offered options a typed text means: its number, its label, the start of it, a typing error, another word for it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from nlu.edits import is_one_edit
from nlu.numerals import UNITS
from nlu.tokens import tokens_of
from nlu.understanding import Answer

_NOTHING = Answer(value=None, confidence=0.0)
_ORDINALS = {
    "pertama": 1, "kedua": 2, "ketiga": 3, "keempat": 4, "kelima": 5, "keenam": 6, "ketujuh": 7, "kedelapan": 8, "kesembilan": 9,
    "kesepuluh": 10,
}  # fmt: skip
_LETTERS = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8}
_NUMBER_WORDS = frozenset(
    [
        "nomor",
        "no",
        "nomer",
        "nmr",
        "yang",
        "yg",
        "pilih",
        "pilihan",
        "opsi",
        "angka",
        "aku",
        "saya",
        "mau",
        "pilihanku",
        "ke",
        "#",
        "kak",
        "min",
        "aja",
        "saja",
        "nomer2",
        "deh",
        "dong",
        "ya",
        "number",
        "option",
    ]
)
_SMALL = frozenset(
    [
        "yang",
        "yg",
        "di",
        "ke",
        "dari",
        "dan",
        "atau",
        "untuk",
        "dengan",
        "saya",
        "aku",
        "sy",
        "kak",
        "min",
        "mau",
        "itu",
        "ini",
        "aja",
        "saja",
        "deh",
        "dong",
        "ya",
        "sama",
        "the",
    ]
)
_SHORTEST_PREFIX = 3
_SHORTEST_MENDED = 4


Labels = tuple[tuple[str, tuple[str, ...]], ...]


class _Words(NamedTuple):
    """One way to say an option: its tokens, the same joined by blanks, those that carry meaning, and how many of these count."""

    tokens: tuple[str, ...]
    text: str
    telling: frozenset[str]
    weight: int


class _Options(NamedTuple):
    """Options ready to be compared: all their ways to be said, with the value, and what each whole text stands for."""

    values: tuple[str, ...]
    words: tuple[tuple[str, _Words], ...]
    whole: Mapping[tuple[str, ...], frozenset[str]]


@lru_cache(maxsize=1024)
def _options(labels: Labels) -> _Options:
    """The options of a question, remembered: they are the flows' own words, and few. A contact's words never come here."""
    words: list[tuple[str, _Words]] = []
    whole: dict[tuple[str, ...], frozenset[str]] = {}
    for value, given in labels:
        for each in given:
            tokens = tuple(tokens_of(each))
            if not each:
                continue
            weight = len([token for token in tokens if token not in _SMALL]) or len(tokens)
            words.append((value, _Words(tokens, " ".join(tokens), frozenset(tokens), weight)))
            whole[tokens] = whole.get(tokens, frozenset()) | {value}
    return _Options(tuple(value for value, _given in labels), tuple(words), whole)


def read_choice(tokens: list[str], labels: Labels) -> Answer:
    """The value of the option meant. `tokens` are those of the text; each option is its value and the words that stand for it."""
    if not tokens or not labels:
        return _NOTHING
    options = _options(labels)
    for attempt in (tokens, [token for token in tokens if token not in _SMALL] or tokens):
        exact = options.whole.get(tuple(attempt), frozenset())
        if len(exact) == 1:
            return Answer(value=next(iter(exact)), confidence=0.98)
    numbered = _number(tokens, len(labels))
    if numbered is not None:
        return Answer(value=labels[numbered - 1][0], confidence=0.95)
    text = " ".join(tokens)
    said = set(tokens)
    found = {value for value, word in options.words if word.telling <= said and _contains(tokens, word.tokens)}
    if len(found) == 1:
        return Answer(value=found.pop(), confidence=0.85)
    if len(text) >= _SHORTEST_PREFIX:
        starts = {value for value, word in options.words if word.text.startswith(text)}
        if len(starts) == 1:
            return Answer(value=starts.pop(), confidence=0.85)
    mended = {value for value, word in options.words if _is_near(text, word.text)}
    if len(mended) == 1:
        return Answer(value=mended.pop(), confidence=0.75)
    return _shared(tokens, options)


def _number(tokens: list[str], count: int) -> int | None:
    """The number of an option when nothing but a number is said: `2`, `nomor dua`, `yang kedua`, `ke-2`, `b`."""
    left = [token for token in tokens if token not in _NUMBER_WORDS]
    if len(left) != 1:
        return None
    word = left[0].removeprefix("ke-").removeprefix("no")
    if word.isdecimal():
        value = int(word) if len(word) < 4 else 0
    else:
        value = _ORDINALS.get(word) or UNITS.get(word, 0) or _LETTERS.get(word, 0)
    return value if 1 <= value <= count else None


def _contains(tokens: list[str], word: tuple[str, ...]) -> bool:
    wanted = list(word)
    return bool(wanted) and any(tokens[at : at + len(wanted)] == wanted for at in range(len(tokens) - len(wanted) + 1))


def _shared(tokens: list[str], options: _Options) -> Answer:
    """The option whose words share most with the text, when no other shares as much."""
    said = {token for token in tokens if token not in _SMALL and len(token) > 2}
    best = dict.fromkeys(options.values, 0.0)
    for value, word in options.words:
        if word.weight:
            best[value] = max(best[value], len(said & word.telling) / word.weight)
    scores = sorted(((score, value) for value, score in best.items()), reverse=True)
    if scores[0][0] >= 0.5 and (len(scores) == 1 or scores[1][0] < scores[0][0]):
        return Answer(value=scores[0][1], confidence=0.6)
    return _NOTHING


def _is_near(left: str, right: str) -> bool:
    """Whether one typing error lies between two texts of at least four letters."""
    if min(len(left), len(right)) < _SHORTEST_MENDED or abs(len(left) - len(right)) > 1:
        return False
    return is_one_edit(left, right)
