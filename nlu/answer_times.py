"""When somebody may be contacted: a span of hours, a part of the day, any time, never."""

import re

from nlu.answer_words import time_words
from nlu.understanding import Answer

_NOTHING = Answer(value=None, confidence=0.0)
_PART = r"\s*(pagi|siang|sore|malam|malem|mlm|subuh|petang|am|pm|isuk|esuk|bengi|peuting)?"
_HOUR = r"(?:jam|pukul|jm|pkl|tabuh|pukul|jam2)?\s*(setengah\s+)?(\d{1,2})(?:[.:](\d{2}))?" + _PART
_RANGE = re.compile(_HOUR + r"\s*(?:-|–|sampai|sampe|smpe|s/d|sd|hingga|ke|nganti|tekan|dugi)\s*" + _HOUR)
_SINGLE = re.compile(
    r"(?:\b(?:jam\s*|pukul\s*|jm\s*|pkl\s*|tabuh\s*|(?=setengah))(setengah\s+)?(\d{1,2})(?:[.:](\d{2}))?|()\b(\d{1,2})[.:](\d{2}))"
    r"\s*(pagi|siang|sore|malam|malem|mlm|subuh|petang|am|pm|isuk|esuk|bengi|peuting)?"
)
_AFTER = re.compile(r"\b(?:setelah|habis|abis|di ?atas|mulai|dari|sesudah|bar|sawise|saentos)\b")
_LATE = frozenset(["malam", "malem", "mlm", "bengi", "peuting"])
_EVENING = frozenset(["sore", "petang", "pm"])
_PARTS = ("pagi", "siang", "sore", "malam")
_BEFORE = re.compile(r"\b(pagi|siang|sore|malam|malem|mlm|subuh|petang|isuk|esuk|bengi|peuting)\s*$")
_NOT_THEN = re.compile(r"\b(?:bukan|jangan|jgn|gak|ga|gk|tidak|tdk|nggak|ngga|kecuali|selamat|slamat|met)\s*$")
_MORNING = frozenset(["pagi", "subuh", "am", "isuk", "esuk"])


def read_time(tokens: list[str], text: str) -> Answer:
    """`HH:MM-HH:MM`, or pagi, siang, sore, malam, kapan_saja, jangan_hubungi. An hour without a part of the day before 12 is unsure."""
    lowered = text[:300].lower()
    found = time_words(tokens)
    if "jangan_hubungi" in found and not re.search(r"\d", lowered):
        others = [value for value in found if value != "jangan_hubungi"]
        # "jangan telpon malam": a part of the day is refused, which the six values cannot say
        return _NOTHING if others else Answer(value="jangan_hubungi", confidence=0.95)
    if "jangan" in tokens or "jgn" in tokens:
        return _NOTHING
    is_one = len({value for value in found if value in _PARTS}) == 1
    if match := _RANGE.search(lowered):
        span = _span(match, _part_before(lowered, match.start()) if is_one else None)
        if span:
            return Answer(value=span, confidence=0.9)
        return _NOTHING
    if match := _SINGLE.search(lowered):
        return _single(match, _part_before(lowered, match.start()) if is_one else None, is_open=bool(_AFTER.search(lowered)))
    values = list(dict.fromkeys(value for value in found if value != "jangan_hubungi"))
    if len(values) == 1:
        return Answer(value=values[0], confidence=0.95 if len(tokens) <= 5 else 0.75)
    return _NOTHING


def _part_before(text: str, at: int) -> str | None:
    """`malam jam 8`: the part of the day that stands right before the hour, unless it is denied or a greeting.

    One that stands elsewhere may be when somebody dangerous is at home: then the hour is asked again, never guessed.
    """
    before = _BEFORE.search(text[:at])
    return before.group(1) if before and not _NOT_THEN.search(text[: before.start()]) else None


def _span(match: re.Match[str], named: str | None) -> str | None:
    half1, hour1, minute1, part1, half2, hour2, minute2, part2 = match.groups()
    if part1 is None and part2 is None:
        part1 = part2 = named
    start = _clock(hour1, minute1, part1 or _borrowed(hour1, hour2, part2), is_half=bool(half1))
    end = _clock(hour2, minute2, part2, is_half=bool(half2))
    if start is None or end is None:
        return None
    if part2 is None and end <= start and int(hour2) <= 12 and end + 720 <= 1440:
        end += 720
    if start == end:
        return None
    return f"{_text(start)}-{_text(end)}"


def _borrowed(hour1: str, hour2: str, part2: str | None) -> str | None:
    """`7-9 malam`: the first hour lies in the same part of the day when it is the smaller."""
    return part2 if part2 is not None and part2 != "siang" and int(hour1) < int(hour2) <= 12 else None


def _single(match: re.Match[str], named: str | None, *, is_open: bool) -> Answer:
    half = match.group(1)
    hour, minute = match.group(2) or match.group(5), match.group(3) or match.group(6)
    part = match.group(7) or named
    start = _clock(hour, minute, part, is_half=bool(half))
    if start is None or is_open:
        return _NOTHING
    is_clear = part is not None or int(hour) >= 12 or (minute is not None and len(hour) == 2)
    if not is_clear:
        return _NOTHING
    return Answer(value=f"{_text(start)}-{_text((start + 60) % 1440)}", confidence=0.8)


def _clock(hour: str, minute: str | None, part: str | None, *, is_half: bool) -> int | None:
    """Minutes after midnight; `setengah 3` is half past two."""
    hours, minutes = int(hour), int(minute or 0)
    if hours > 24 or minutes > 59:
        return None
    if part in _EVENING and hours < 12:
        hours += 12
    elif part in _LATE:
        hours = hours + 12 if 5 <= hours < 12 else hours % 12 if hours == 12 else hours
    elif part == "siang" and 1 <= hours <= 4:
        hours += 12
    elif part in _MORNING and hours == 12:
        hours = 0
    value = (hours % 24) * 60 + minutes
    return (value - 30) % 1440 if is_half else value


def _text(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
