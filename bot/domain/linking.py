"""The code by which somebody goes on elsewhere: what it looks like, how long it is good, how often one may err.

Source: docs/decisions/linking.md.
"""

import re
from collections.abc import Callable
from datetime import timedelta

ALPHABET = "234679CDFGHJKMNPQRTVWXY"
"""No vowels, so that it spells nothing; none of 0 O, 1 I L, 5 S, 8 B, 2 Z, U V together, which a small screen confuses."""

LENGTH = 8
LASTS = timedelta(minutes=10)
MOST_WRONG = 5
WRONG_COUNT_FOR = timedelta(hours=1)
MOST_WRONG_OF_ALL = 300
"""From all addresses together in the same hour. At that pace a code that lives all year is found once in 27,000 years."""

HIDDEN = "••••-••••"

_CHARACTER = f"[{ALPHABET}]"
_MIXED = rf"(?=[{ALPHABET}\s-]*\d)(?=[{ALPHABET}\s-]*[A-Z])"
_TYPED = re.compile(rf"{_MIXED}({_CHARACTER}{{4}})[ -]?({_CHARACTER}{{4}})")
_SHOWN = re.compile(rf"\b{_CHARACTER}{{4}}-{_CHARACTER}{{4}}\b")
_LONGEST_TYPED = 16


def make_code(below: Callable[[int], int]) -> str:
    """A new code as it is shown, `7K4M-QX2D`; `below` gives a random number under its argument.

    It always has a letter and a digit: without both, "wkwkwkwk" (laughter) and telephone numbers would be read as codes.
    """
    while True:
        code = "".join(ALPHABET[below(len(ALPHABET))] for _ in range(LENGTH))
        if not code.isalpha() and not code.isdecimal():
            return f"{code[:4]}-{code[4:]}"


def read_code(text: str) -> str | None:
    """The code, as it was shown, that is all of this text; None when it is something else."""
    if not LENGTH <= len(text) <= _LONGEST_TYPED:
        return None
    found = _TYPED.fullmatch(text.strip(" .,*").upper())
    return f"{found[1]}-{found[2]}" if found else None


def hide_codes(text: str) -> str:
    """The text without the codes in it."""
    return _SHOWN.sub(HIDDEN, text)
