"""The small language of rules: which words, in which order, how far apart.

    @spouse ..4 @hit.act        a spouse, then at most four other words, then hitting
    @hit.pas & @spouse          both somewhere near each other, in any order
    (@self|child) @want? mati   one of several, something that may be missing, a plain word
    @poison & !@garden          without a gardening word near

`..` alone lets three words stand between. A sequence stays inside one sentence; `&` reaches 40 words.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from nlu.lexicon import Lexicon
from nlu.normalize import Reading

DEFAULT_GAP = 3
REACH = 40
_GAP = re.compile(r"^\.\.(\d*)$")
_NAME = re.compile(r"^@[a-z_]+(?:\.(?:act|pas|word))?$")
_WORD = re.compile(r"^[a-z0-9_'-]+$")


# Tells whether the word at a position is negated, given the positions that a match has used up.
Denied = Callable[[int, tuple[int, ...]], bool]


class PatternError(ValueError):
    """A pattern that can't be read; the text says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One word of a sequence: the concepts it may have, how many words may stand before it, whether it may be missing."""

    mask: int
    gap: int
    is_optional: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """Sequences that must all be found, and those that must not. `needed` holds for each item that can't be missing its mask."""

    source: str
    wanted: tuple[tuple[Item, ...], ...]
    unwanted: tuple[tuple[Item, ...], ...]
    needed: tuple[int, ...]

    def find(self, reading: Reading, blocked: int, is_blocked: Denied) -> tuple[tuple[int, ...], ...] | None:
        """The positions of the words of each wanted sequence, or None.

        A match counts only if none of its words that carry a bit of `blocked` is negated, as `is_blocked` tells.
        """
        total = reading.total
        for mask in self.needed:
            if not mask & total:
                return None
        found: list[tuple[int, ...]] = []
        for sequence in self.wanted:
            match = _first(sequence, reading, blocked, is_blocked, found)
            if match is None:
                return None
            found.append(match)
        for sequence in self.unwanted:
            if _first(sequence, reading, 0, is_blocked, found) is not None:
                return None
        return tuple(found)


def parse(source: str, lexicon: Lexicon) -> Pattern:
    """The pattern that a text of the rule language describes.

    Raises:
        PatternError: a concept that is not in the lexicon, an empty part, a bracket left open.
    """
    wanted: list[tuple[Item, ...]] = []
    unwanted: list[tuple[Item, ...]] = []
    for part in source.split("&"):
        text = part.strip()
        is_unwanted = text.startswith("!")
        sequence = _sequence(text.lstrip("! "), lexicon)
        (unwanted if is_unwanted else wanted).append(sequence)
    if not wanted:
        raise PatternError("nothing is wanted, only things that must be absent")
    needed = tuple(item.mask for sequence in wanted for item in sequence if not item.is_optional)
    return Pattern(source=source, wanted=tuple(wanted), unwanted=tuple(unwanted), needed=needed)


def _sequence(text: str, lexicon: Lexicon) -> tuple[Item, ...]:
    items: list[Item] = []
    gap = 0
    for token in text.split():
        if match := _GAP.match(token):
            gap = int(match.group(1)) if match.group(1) else DEFAULT_GAP
            continue
        is_optional = token.endswith("?")
        name = token.removesuffix("?")
        if name.startswith("(") != name.endswith(")"):
            raise PatternError(f"`{token}`: brackets hold alternatives without blanks: (a|b)")
        mask = 0
        for choice in name.strip("()").split("|"):
            mask |= _atom(choice, lexicon)
        items.append(Item(mask=mask, gap=gap, is_optional=is_optional))
        gap = 0
    if not items:
        raise PatternError("an empty part")
    if items[0].is_optional:
        raise PatternError("the first word of a sequence can't be optional")
    return tuple(items)


def _atom(choice: str, lexicon: Lexicon) -> int:
    if _NAME.match(choice):
        mask = lexicon.mask(choice[1:])
        if not mask:
            raise PatternError(f"there is no concept `{choice}`")
        return mask
    if _WORD.match(choice):
        return lexicon.literal(choice)
    raise PatternError(f"`{choice}` is no word, @concept or ..gap")


def _first(
    sequence: tuple[Item, ...],
    reading: Reading,
    blocked: int,
    is_blocked: Denied,
    found: list[tuple[int, ...]],
) -> tuple[int, ...] | None:
    masks = reading.masks
    for position in reading.where(sequence[0].mask):
        if found and not any(abs(position - other[0]) <= REACH for other in found):
            continue
        match = _rest(sequence, 1, (position,), reading)
        if match is None:
            continue
        if blocked and any(masks[at] & blocked and is_blocked(at, match) for at in match):
            continue
        return match
    return None


def _rest(sequence: tuple[Item, ...], index: int, used: tuple[int, ...], reading: Reading) -> tuple[int, ...] | None:
    if index == len(sequence):
        return used
    item = sequence[index]
    last = used[-1]
    masks, sentences = reading.masks, reading.sentences
    # A joined phrase ("nelen obat") may stand for two items in a row.
    is_shared = masks[last] & reading.phrase and masks[last] & item.mask and item.mask != sequence[index - 1].mask
    first = last if is_shared else last + 1
    for position in range(first, min(last + 2 + item.gap, len(masks))):
        if sentences[position] != sentences[last]:
            break
        if masks[position] & item.mask:
            match = _rest(sequence, index + 1, (*used, position), reading)
            if match is not None:
                return match
    return _rest(sequence, index + 1, used, reading) if item.is_optional else None
