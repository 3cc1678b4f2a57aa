"""Guesses the language of a message from words that one language alone uses."""

import re
from pathlib import Path

from nlu.datafile import read

_WORD = re.compile(r"[a-z]+'?")
_READ_CHARS = 400
# Three of the Malay kinds share most words; a single telling word is enough for none of them.
_VOTES_NEEDED = 2


class LanguageGuesser:
    """Counts telling words; a language needs two of them, or one in a text of at most three words."""

    def __init__(self, votes: dict[str, tuple[str, ...]]) -> None:
        self._votes = votes

    @classmethod
    def load(cls, file: Path) -> "LanguageGuesser":
        """The guesser of a file of word lists.

        Raises:
            LexiconError: the file can't be used.
        """
        root = read(file)
        votes: dict[str, list[str]] = {}
        for language in root:
            if language != "about":
                for word in root.words(language):
                    votes.setdefault(word, []).append(language)
        return cls({word: tuple(languages) for word, languages in votes.items()})

    def guess(self, text: str) -> str:
        """A BCP 47 code (id, jv, su, min, bew, mad …), or "und" for a text without three words to judge by."""
        words = _WORD.findall(text[:_READ_CHARS].lower())
        votes = self._votes
        counts: dict[str, int] = {}
        for word in words:
            for language in votes.get(word, ()):
                counts[language] = counts.get(language, 0) + 1
        if counts:
            best = max(counts, key=lambda language: counts[language])
            needed = 1 if len(words) <= 3 else _VOTES_NEEDED + len(words) // 12
            if counts[best] >= needed:
                return best
        return "id" if len(words) >= 3 else "und"
