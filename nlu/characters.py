"""Folds characters to plain lower-case ASCII where that keeps the word, and remembers where each came from."""

import unicodedata

# Letters of other scripts that are used to look like Latin ones, and quotation marks used as a glottal stop.
_LOOKALIKES = str.maketrans("аеорсухіѕԁӏ’‘ʼ`´ʹ′ʾʿ", "aeopcyxisdl'''''''''")
_SKIPPED = frozenset("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\ufe0f\ufe0e\u061c\u2061\u2062\u2063\u2064")
_cache: dict[str, str] = {}
_CACHE_LIMIT = 8192


def fold(text: str) -> tuple[str, list[int] | None]:
    """The folded text, and for each of its characters the position in `text`; None for the positions when they are the same.

    Zero-width characters, combining marks, emoji variants and skin tones go; lone surrogates become a blank; accents are taken off;
    wide, bold and other styled letters become plain.
    """
    if text.isascii():
        return text.lower(), None
    pieces: list[str] = []
    origin: list[int] = []
    cache = _cache
    for position, char in enumerate(text):
        plain = cache.get(char)
        if plain is None:
            plain = _fold_char(char)
            if len(cache) < _CACHE_LIMIT:
                cache[char] = plain
        if plain:
            pieces.append(plain)
            origin.extend([position] * len(plain))
    return "".join(pieces), origin


def _fold_char(char: str) -> str:
    if char in _SKIPPED or 0x1F3FB <= ord(char) <= 0x1F3FF:
        return ""
    category = unicodedata.category(char)
    if category == "Cs":
        return " "
    plain = unicodedata.normalize("NFKD", char).casefold().translate(_LOOKALIKES)
    plain = "".join(part for part in plain if not unicodedata.combining(part) and part not in _SKIPPED)
    if 0x1F170 <= ord(char) <= 0x1F189:  # squared letters
        plain = chr(ord("a") + ord(char) - 0x1F170)
    return plain[:18]
