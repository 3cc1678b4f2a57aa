"""Cuts a short answer into plain words, without the word lists of the rules: for answers, choices, places."""

import re

from nlu.characters import fold

_TOKEN = re.compile(r"/?[a-z0-9]+(?:['-][a-z0-9]+)*'?|[^\x00-\x7f]")
_STRETCH = re.compile(r"([a-z])\1{2,}")
LONGEST_ANSWER = 300


def tokens_of(text: str) -> list[str]:
    """The words and emoji of a text, lower case, stretched letters squeezed; only the first 300 characters are read."""
    folded, _origin = fold(text[:LONGEST_ANSWER])
    if _STRETCH.search(folded):
        folded = _STRETCH.sub(r"\1", folded)
    return _TOKEN.findall(folded)


class Phrases:
    """Finds known phrases of up to five words, each standing for a value."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, ...], str] = {}
        # By its first word, how many words the longest phrase has that begins so: most words begin none.
        self._longest: dict[str, int] = {}

    def add(self, phrase: str, value: str) -> None:
        """Makes a phrase (blanks as underscores) stand for a value; the first value given stays."""
        key = tuple(tokens_of(phrase.replace("_", " ")))
        if key:
            self._values.setdefault(key, value)
            self._longest[key[0]] = max(self._longest.get(key[0], 0), len(key))

    def find(self, tokens: list[str]) -> list[tuple[str, int, int]]:
        """Value, place of the first word, number of words, of each phrase found; the longest at each place, none overlapping."""
        found = []
        at = 0
        while at < len(tokens):
            longest = self._longest.get(tokens[at], 0)
            for length in range(min(longest, len(tokens) - at), 0, -1):
                value = self._values.get(tuple(tokens[at : at + length]))
                if value is not None:
                    found.append((value, at, length))
                    at += length
                    break
            else:
                at += 1
        return found

    def whole(self, tokens: list[str]) -> str | None:
        """The value of a phrase that is all there is, or None."""
        return self._values.get(tuple(tokens))
