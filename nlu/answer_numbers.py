"""Numbers, amounts of money and ages as people type them."""

import re
from datetime import date
from itertools import pairwise

from nlu.numerals import UNITS, number_in
from nlu.understanding import Answer

_NOTHING = Answer(value=None, confidence=0.0)
_OLDEST = 115
_SURE = 0.95
_LIKELY = 0.75
_WEAK = 0.5
_THOUSANDS = re.compile(r"(\d{1,3}(?:[.,]\d{3})+)(?:[.,]\d{1,2})?(?!\d)")
_SCALED = re.compile(r"(\d+(?:[.,]\d+)?)\s*(rb|ribu|rbu|k|jt|juta|jeti|ratus|rts|m|milyar|miliar)\b")
_PLAIN = re.compile(r"(?<![\d.,])\d+(?![\d.,]*\d)")
_SCALES = {
    "rb": 1000,
    "ribu": 1000,
    "rbu": 1000,
    "k": 1000,
    "jt": 10**6,
    "juta": 10**6,
    "jeti": 10**6,
    "ratus": 100,
    "rts": 100,
}
_TOGETHER = {
    "berdua": 2, "bertiga": 3, "berempat": 4, "berlima": 5, "berenam": 6, "bertujuh": 7, "berdelapan": 8, "sendirian": 1,
    "sendiri": 1,
}  # fmt: skip
_NOT = frozenset(["tidak", "gak", "ga", "gk", "nggak", "belum", "blm", "tdk", "ora", "teu", "indak"])
_NONE_WORDS = frozenset(["nol", "kosong", "gada", "nihil", "zero"])
_YEAR_UNITS = frozenset(
    ["th", "thn", "tahun", "taon", "tahon", "taun", "years", "year", "yo", "y", "t", "warsa", "thun", "tahunan"]
)
_YOUNG_UNITS = frozenset(["bln", "bulan", "bl", "minggu", "mgg", "mggu", "hari", "hr", "month", "months", "sasi", "wulan"])
_BIRTH = frozenset(["lahir", "kelahiran", "lair", "lahiran", "lhr", "born", "lahirnya", "taun2"])
_ABOUT = frozenset(["sekitar", "kira-kira", "kira2", "kurang", "lebih", "hampir", "mau", "jalan", "kayaknya", "kira", "-an"])
_CLASSES = {"sd": 6, "mi": 6, "smp": 12, "mts": 12, "sma": 15, "smk": 15, "ma": 15, "slta": 15, "sltp": 12}
_GRADE = re.compile(
    r"\b(?:kelas|kls|klas|kelase)\s*(\d{1,2})\b(?:\s*(sd|mi|smp|mts|sma|smk|ma|slta|sltp))?|\b(sd|smp|mts|sma|smk)\s*(?:kelas|kls)?\s*(\d)\b"
)
_PART_YEARS = re.compile(r"\b(\d{1,2})[.,]\d\s*(?:th|thn|tahun|taun)\b")
_YEAR = re.compile(r"19[0-9]\d|20[0-2]\d")
_STAGES = {"paud": 4, "tk": 5, "maba": 18, "bayi": 0, "orok": 0}
_COUNTED = frozenset(["orang", "anak", "kali", "juta", "ribu", "rb", "jt", "jam", "x", "rt", "rw", "km", "kg"])
_OWN = frozenset(["umur", "usia", "saya", "aku", "umr", "umurku"])


def read_number(tokens: list[str], text: str) -> Answer:
    """A whole number or a sum in rupiah (`1,5jt` is 1500000). None for a range, several numbers, or something like a phone number."""
    lowered = " " + text[:300].lower().replace("rp.", " ").replace("rp", " ") + " "
    found: list[int] = []
    rest = lowered
    for match in _SCALED.finditer(lowered):
        scale = _SCALES.get(match.group(2))
        if scale is None:
            return _NOTHING
        figure = match.group(1)
        if re.fullmatch(r"\d{1,3}[.,]\d{3}", figure) and scale == 1000:
            return _NOTHING
        found.append(round(float(figure.replace(",", ".")) * scale))
        rest = rest.replace(match.group(0), " ", 1)
    for match in _THOUSANDS.finditer(rest):
        found.append(int(re.sub(r"[.,]", "", match.group(1))))
        rest = rest.replace(match.group(0), " ", 1)
    for plain in _PLAIN.findall(rest):
        if len(plain) > 12 or (len(plain) > 8 and plain.startswith("0")):
            return _NOTHING
        found.append(int(plain))
    if len(found) == 1:
        if re.search(r"\d\s*[-–/]\s*\d", lowered):
            return _NOTHING
        return Answer(value=found[0], confidence=_SURE if len(tokens) <= 4 else _LIKELY)
    if found:
        return _NOTHING
    return _in_words(tokens)


def _in_words(tokens: list[str]) -> Answer:
    for token in tokens:
        if token in _TOGETHER:
            return Answer(value=_TOGETHER[token], confidence=_LIKELY)
        if re.fullmatch(r"ber\d{1,2}", token):
            return Answer(value=int(token[3:]), confidence=_LIKELY)
        if token in {"sejuta", "sajuta"}:
            return Answer(value=10**6, confidence=_SURE)
        if token in {"seribu", "sewu"}:
            return Answer(value=1000, confidence=_SURE)
    for first, second in pairwise(tokens):
        if first == "setengah" and second in {"juta", "jt"}:
            return Answer(value=500_000, confidence=_LIKELY) if tokens[0] == first else _NOTHING
    if "setengah" in tokens or "pertama" in tokens:
        return _NOTHING
    spelled = number_in(tokens)
    if spelled is not None and not (tokens[0] in {"sa", "se"} and len(tokens) > 1):
        begin = next((index for index, token in enumerate(tokens) if token in UNITS or token.isdecimal()), 0)
        if number_in(tokens[begin + spelled[1] :]) is not None:
            return _NOTHING
        return Answer(value=spelled[0], confidence=_SURE if len(tokens) <= 4 else _LIKELY)
    if set(tokens) & _NONE_WORDS or (len(tokens) > 1 and tokens[0] in _NOT and tokens[1] in {"ada", "punya"}):
        return Answer(value=0, confidence=_LIKELY)
    return _NOTHING


def read_age(tokens: list[str], text: str, today: date | None) -> Answer:
    """An age in years. A baby's months are 0; a school class gives a likely age with low confidence; a birth year needs `today`."""
    lowered = text[:300].lower()
    if lowered.strip().startswith("-"):
        return _NOTHING
    if part := _PART_YEARS.search(lowered):
        return Answer(value=int(part.group(1)), confidence=_LIKELY)
    joined = [part for token in tokens for part in _cut(token)]
    if any(part.isdecimal() and len(part) > 3 and not _YEAR.fullmatch(part) for part in joined):
        return _NOTHING  # a telephone or identity number, or a slip of the finger
    if set(joined) & _BIRTH or any(_YEAR.fullmatch(part) for part in joined):
        return _born(joined, today)
    grade = _GRADE.search(lowered)
    if grade:
        return _of_class(grade)
    ages = _ages(joined)
    if len(set(ages)) == 1:
        vague = bool(set(joined) & _ABOUT) or bool(re.search(r"\d\s*-?an\b|lebih|\+", lowered))
        value = (
            ages[0] - 1
            if {"mau", "hampir", "menuju", "jalan"} & set(joined[:3]) and len(joined) <= 5 and "hampir" in joined
            else ages[0]
        )
        if not 0 <= value <= _OLDEST:
            return _NOTHING
        return Answer(value=value, confidence=0.6 if vague else _SURE if len(joined) <= 6 else _LIKELY)
    if len(ages) == 2 and joined.count("jalan") == 1 and ages[1] == ages[0] + 1:
        return Answer(value=ages[0], confidence=0.9)  # "17 jalan 18"
    if ages:
        return _own_age(joined)
    for token in joined:
        if token in _STAGES:
            return Answer(value=_STAGES[token], confidence=0.4)
    return _NOTHING


def _cut(token: str) -> list[str]:
    """`17th` and `umur17` into figure and word."""
    match = re.fullmatch(r"(\d+)([a-z']+)", token) or re.fullmatch(r"([a-z]+)(\d+)", token)
    return [match.group(1), match.group(2)] if match else [token]


def _ages(tokens: list[str]) -> list[int]:
    found: list[int] = []
    at = 0
    while at < len(tokens):
        if not (tokens[at].isdecimal() or tokens[at] in UNITS):
            at += 1
            continue
        spelled = number_in(tokens[at:])
        if spelled is None:
            break
        value, length = spelled
        unit = tokens[at + length] if at + length < len(tokens) else ""
        at += length
        before = tokens[at - length - 1] if at > length else ""
        if before == "anak" and unit not in _YEAR_UNITS | _YOUNG_UNITS:
            continue  # "anak 3" counts children
        is_count = unit in _COUNTED and before not in _OWN
        if is_count or value > 10_000:
            continue
        if unit in _YOUNG_UNITS:
            if found and tokens[at - length - 1] in _YEAR_UNITS:
                continue  # "2 tahun 3 bulan"
            found.append(value // 12 if unit.startswith(("b", "m", "s", "w")) and unit not in {"minggu", "mgg", "mggu"} else 0)
        else:
            found.append(value)
    return found


def _own_age(tokens: list[str]) -> Answer:
    """Of several numbers the one that `umur` or `usia` stands before, if only one does."""
    marked = []
    for at, token in enumerate(tokens[:-1]):
        if token in {"umur", "usia", "umurku", "umurnya", "umr", "berumur", "berusia"}:
            spelled = number_in(tokens[at + 1 : at + 5])
            if spelled and (
                tokens[at + 1].isdecimal() or tokens[at + 1] in UNITS or tokens[at + 1] in {"saya", "aku", "sy", "dia"}
            ):
                marked.append(spelled[0])
    if len(set(marked)) == 1 and 0 <= marked[0] <= _OLDEST:
        return Answer(value=marked[0], confidence=0.6)
    return _NOTHING


def _born(tokens: list[str], today: date | None) -> Answer:
    years = [
        int(token) for token in tokens if token.isdecimal() and (len(token) == 4 or (len(token) == 2 and set(tokens) & _BIRTH))
    ]
    years = [year for year in years if year >= 1900 or year < 100]
    if today is None or not years:
        return _NOTHING
    year = years[-1]
    if year < 100:
        year += 2000 if year <= today.year % 100 else 1900
    age = today.year - year
    # The birthday is not known: the age may be one less.
    return Answer(value=age, confidence=0.7) if 0 <= age <= _OLDEST else _NOTHING


def _of_class(match: re.Match[str]) -> Answer:
    school = match.group(2) or match.group(3)
    number = int(match.group(1) or match.group(4))
    if school is None:
        return Answer(value=6 + number, confidence=0.4) if 1 <= number <= 12 else _NOTHING
    if number > 6 and school not in {"sd", "mi"}:
        return Answer(value=6 + number, confidence=0.4) if number <= 12 else _NOTHING
    return Answer(value=_CLASSES[school] + number, confidence=0.4)
