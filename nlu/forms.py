"""Makes the forms of a verb stem that people write: formal, slang and regional affixes.

`forms("pukul")` knows memukul, mukul, mukulin, ngemukul, mamukua (Minang only where listed), dipukul, dipukulin, dipukuli …
"""

from dataclasses import dataclass

_VOWELS = "aeiou"
_ACTIVE_ENDS = ("", "i", "in", "kan", "ke", "ken", "keun", "ake", "no", "an", "e", "agi")
_PASSIVE_ENDS = ("", "i", "in", "kan", "ke", "ken", "keun", "ake", "no", "an", "e", "a", "nin", "ni", "agi")
_SHORT_ENDS = ("", "i", "in")


@dataclass(frozen=True, kw_only=True, slots=True)
class Forms:
    """The written forms of one stem. `common` are those frequent enough to be worth repairing a typing error towards."""

    active: frozenset[str]
    passive: frozenset[str]
    common: frozenset[str]


def forms(stem: str) -> Forms:
    """All forms of a stem, active (somebody does it) apart from passive (it is done to somebody)."""
    nasals = _nasals(stem)
    active = {base + end for base in (stem, *nasals) for end in _joined(stem, _ACTIVE_ENDS)}
    passive = {prefix + stem + end for prefix in ("di", "kedi") for end in _joined(stem, _PASSIVE_ENDS)}
    passive |= {"e" + stem + end for end in ("", "e", "agi")} | {"na" + stem + end for end in ("ka", "i", "kan", "ki")}
    passive |= {"ka" + stem, "ti" + stem, "ta" + stem, "ripa" + stem, "ku" + stem + "i"} - {stem}
    active |= {"nga" + stem + end for end in ("", "an", "keun")}
    common = {"di" + stem + end for end in _joined(stem, _SHORT_ENDS)}
    common |= {base + end for base in nasals[:4] for end in _joined(stem, _SHORT_ENDS)}
    return Forms(active=frozenset(active), passive=frozenset(passive), common=frozenset(common))


def _joined(stem: str, ends: tuple[str, ...]) -> list[str]:
    """The endings that can follow this stem: no doubled vowel, and -n- in Javanese after a vowel (dibalangni)."""
    return [end for end in ends if not (end and end[0] in _VOWELS and end[0] == stem[-1])]


def _nasals(stem: str) -> list[str]:
    """The stem with me-, N-, nge- and Minang ma- in front, the most frequent first."""
    first, rest = stem[0], stem[1:]
    if first == "p":
        found = ["mem" + rest, "m" + rest, "memp" + rest, "mam" + rest, "ngem" + rest]
    elif first == "t":
        found = ["men" + rest, "n" + rest, "ment" + rest, "man" + rest, "ngen" + rest]
    elif first == "k":
        found = ["meng" + rest, "ng" + rest, "menge" + stem, "mang" + rest, "nge" + stem]
    elif first == "s":
        found = ["meny" + rest, "ny" + rest, "men" + stem, "many" + rest, "nge" + stem]
    elif first in "bfv":
        found = ["mem" + stem, "nge" + stem, "m" + stem, "mam" + stem]
    elif first == "d":
        found = ["men" + stem, "nge" + stem, "n" + stem, "man" + stem]
    elif first in "cj":
        found = ["men" + stem, "nge" + stem, "n" + stem, "ny" + rest, "man" + stem]
    elif first in "gh":
        found = ["meng" + stem, "nge" + stem, "ng" + stem, "mang" + stem, "ng" + rest]
    elif first in _VOWELS:
        found = ["meng" + stem, "ng" + stem, "mang" + stem, "ngeng" + stem]
    else:
        found = ["me" + stem, "nge" + stem, "ma" + stem]
    return [form for form in found if len(form) > 3]
