"""How regional languages sound a word that Indonesian has too: `bunuah`, `minong`, `kepale`, `dhisik` are bunuh, minum, kepala, disik.

Only sounds, no words: what is peculiar to a language stands in nlu/data/lexicon/regional.yml.
"""

import re
from collections.abc import Iterator

# Each with what the language makes of it. Minangkabau first, then Betawi, Malay of the east, Javanese and Madurese spelling.
_ENDINGS = tuple(
    (re.compile(sound + "$"), tuple(written.split()))
    for sound, written in (
        ("uah", "uh ur"),
        ("iah", "ih ir"),
        ("uak", "uk"),
        ("iak", "ik"),
        ("uang", "ung"),
        ("iang", "ing"),
        ("uik", "ut"),
        ("uih", "us"),
        ("ik", "it"),
        ("ih", "is"),
        ("ek", "at"),
        ("eh", "as"),
        ("ua", "ur ul ual"),
        ("ia", "ir il"),
        ("o", "a"),
        ("e", "a"),
        ("ong", "un um"),
        ("ang", "an am"),
        ("ing", "in im"),
        ("or", "ur"),
        ("op", "up"),
        ("ok", "uk"),
        ("ol", "ul"),
        ("oh", "uh"),
        ("os", "us"),
        ("ot", "ut"),
        ("om", "um"),
        ("on", "un"),
        ("eng", "in ing"),
        ("er", "ir"),
    )
)
_BEGINNINGS = tuple(
    (re.compile("^" + sound), written)
    for sound, written in (
        ("ma(?=h[aeiou])", "meng"),
        ("ma(?=[lrwy][aeiou])", "me"),
        ("mang(?=[aeiou])", "meng"),
        ("ma(?=[aeiou])", "meng"),
        ("many(?=[aeiou])", "meny"),
        ("mam(?=[aeioubp])", "mem"),
        ("man(?=[aeioudctj])", "men"),
        ("ta(?=[bcdghjklmnprstw][aeiou])", "ter"),
        ("ba(?=[bcdghjklmnprstw][aeiou])", "ber"),
        ("e(?=[bcdghjklmnprstwy][aeiouhg])", "di"),
        ("ta(?=[bcdghjklmnprstw][aeiou])", "ter"),
        ("dipa(?=[bcdgjklmnrst])", "dipe"),
    )
)
_SPELLING = (
    ("dh", "d"),
    ("bh", "b"),
    ("th", "t"),
    ("jh", "j"),
    ("ggh", "g"),
    ("gh", "g"),
    ("bb", "b"),
    ("dd", "d"),
    ("gg", "g"),
)
_SHORTEST = 4


def readings(word: str) -> Iterator[str]:
    """What a word may be in Indonesian, the likelier first; the word itself is not among them."""
    if len(word) < _SHORTEST or not word.isalpha():
        return
    plain = word
    for sound, written in _SPELLING:
        plain = plain.replace(sound, written)
    if plain != word:
        yield plain
    begun = [plain]
    for pattern, written in _BEGINNINGS:
        if pattern.search(plain):
            begun.append(pattern.sub(written, plain))
    yield from begun[1:]
    for start in begun:
        for pattern, endings in _ENDINGS:
            if pattern.search(start):
                for ending in endings:
                    yield pattern.sub(ending, start)
    # Minangkabau has a where Indonesian has e in the first syllable: `kajang`, `tandang`.
    if len(plain) > _SHORTEST + 1 and (first := re.match("[bcdghjklmnpqrstwy]+a", plain)) is not None:
        yield first.group()[:-1] + "e" + plain[first.end() :]
    # The vowel before the last consonant, in words with a suffix too: `dipukolin`, `hidopku`.
    lowered = re.sub("o(?=[bdgjklmnprst]+[aeiou])", "u", plain)
    if lowered != plain:
        yield lowered
