"""Numbers in words and figures: "tujuh belas", "17", "1,5jt", "selawe" → 25."""

import re

UNITS = {
    "nol": 0, "kosong": 0, "satu": 1, "siji": 1, "hiji": 1, "setunggal": 1, "ciek": 1, "sa": 1, "se": 1, "sittung": 1, "dua": 2,
    "loro": 2, "kalih": 2, "duo": 2, "dua'": 2, "due": 2, "tiga": 3, "telu": 3, "tilu": 3, "tigo": 3, "tello": 3, "tige": 3, "empat": 4,
    "papat": 4, "opat": 4, "ampek": 4, "empa'": 4, "sekawan": 4, "lima": 5, "limo": 5, "gangsal": 5, "lema": 5, "enam": 6, "enem": 6,
    "genep": 6, "anam": 6, "nem": 6, "ennem": 6, "tujuh": 7, "pitu": 7, "tujuah": 7, "petto": 7, "delapan": 8, "lapan": 8, "wolu": 8,
    "dalapan": 8, "salapan2": 8, "ballu": 8, "dualapan": 8, "sembilan": 9, "sanga": 9, "salapan": 9, "songo": 9, "sambilan": 9,
    "sanga'": 9, "sepuluh": 10, "sapuluh": 10, "sepulu": 10, "sapuluah": 10, "sebelas": 11, "sewelas": 11, "sabelas": 11, "one": 1,
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "selawe": 25, "seket": 50,
    "sewidak": 60, "likur": 20, "rong": 2, "telung": 3, "patang": 4, "limang": 5, "pitung": 7, "wolung": 8, "sangang": 9, "kaleh": 2,
    "rolas": 12, "telulas": 13, "patbelas": 14, "limolas": 15, "nembelas": 16, "pitulas": 17, "wolulas": 18, "sangalas": 19,
    "seratus": 100, "satus": 100, "saratus": 100, "setengah": 0,
}  # fmt: skip
_FIGURE = re.compile(r"^\d{1,3}(?:\.\d{3})+$|^\d+$")


def number_of(word: str) -> int | None:
    """The whole number that one word or figure stands for, or None."""
    if word.isdecimal():
        return int(word) if len(word) <= 15 else None
    return UNITS.get(word)


def number_in(words: list[str]) -> tuple[int, int] | None:
    """The first number in a list of words, and how many words it took from its start (`dua puluh lima` → 25, 3)."""
    for start, word in enumerate(words):
        if _FIGURE.match(word):
            return int(word.replace(".", "")) if len(word) <= 18 else 0, 1
        if word in UNITS:
            return _spelled(words, start)
    return None


def _spelled(words: list[str], start: int) -> tuple[int, int]:
    total, current, at = 0, 0, start
    while at < len(words):
        word = words[at]
        if word in UNITS:
            current += UNITS[word]
        elif word in {"belas", "welas", "baleh"}:
            current += 10
        elif word in {"puluh", "puluah"}:
            current = (current or 1) * 10
        elif word == "likur":
            current += 20
        elif word in {"ratus", "atus"}:
            current = (current or 1) * 100
        elif word in {"ribu", "ewu"}:
            total, current = total + (current or 1) * 1000, 0
        elif word in {"juta", "jt"}:
            total, current = total + (current or 1) * 1_000_000, 0
        else:
            break
        at += 1
    return total + current, at - start
