"""Answers in words: yes or no, for whom, how often, gender, commands. The words are in nlu/data/answers.yml."""

from functools import cache
from pathlib import Path

from nlu.datafile import Block, read
from nlu.numerals import UNITS
from nlu.tokens import Phrases
from nlu.understanding import Answer

_FILE = Path(__file__).parent / "data" / "answers.yml"
_NOTHING = Answer(value=None, confidence=0.0)
_SURE = 0.95
_LIKELY = 0.75
_WEAK = 0.5
# Longer texts tell a story; the first yes or no in one may belong to something else.
_SHORT = 4
_MEDIUM = 9
_COMMAND_WORDS = 5
_AND = (["dan"], ["sama"], ["&"], ["serta"])
_WHO = (["yang"], ["yg"], ["sing"], ["nu"])
# "gpp" can mean yes, no, or leave me be: too little to act on without asking.
_OPEN = 0.4
# A figure after one of these names an option of a list; it counts nothing.
_OPTION_WORDS = frozenset(["no", "nomor", "nomer", "nmr", "pilih", "pilihan", "opsi", "yang", "yg", "ke", "angka"])
_WISHES = frozenset(
    ["mau", "bisa", "siap", "ingin", "pengen", "pengin", "bersedia", "nyaman", "sanggup", "gelem", "iso", "hoyong", "hayang"]
)
# What may stand beside a plain answer to a request for consent.
_ASIDE = frozenset(["saya", "aku", "gue", "gw", "sy", "aq", "i", "makasih", "terima", "kasih", "thanks", "thank", "you"])
_WILLING = frozenset(["mau", "bisa", "boleh", "setuju", "bersedia", "usah", "lanjut"])
# Said of how things are, not of agreeing.
_NO_AGREEMENT = frozenset(
    [
        "pernah",
        "prnah",
        "sering",
        "masih",
        "msh",
        "ada",
        "punya",
        "aman",
        "kadang",
        "kadang-kadang",
        "jarang",
        "selalu",
        "memang",
    ]
)
_TELLING = frozenset(
    [
        "jawab",
        "cerita",
        "bilang",
        "ngomong",
        "bahas",
        "ngebahas",
        "menjawab",
        "kasih",
        "ngasih",
        "ngasi",
        "nyeritain",
        "ceritain",
        "jelasin",
        "sebut",
        "njawab",
        "crito",
        "ditanya",
    ]
)


@cache
def _root() -> Block:
    return read(_FILE)


@cache
def _phrases(kind: str) -> Phrases:
    block = _root()[kind]
    assert isinstance(block, Block)  # noqa: S101  # the shape of our own file
    phrases = Phrases()
    for value in block:
        for phrase in block.words(value):
            phrases.add(phrase, value)
    return phrases


@cache
def _polite() -> frozenset[str]:
    return frozenset(_root().words("politeness"))


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(_root().words(name))


def _bare(tokens: list[str]) -> list[str]:
    """The tokens without forms of address and particles; all of them when nothing else is there."""
    polite = _polite()
    return [token for token in tokens if token not in polite] or tokens


def read_yes_no(tokens: list[str]) -> Answer:
    """yes, no, unsure or refuse.

    A refusal or "do not know" counts before a yes or no beside it, and a negation right after a yes turns it ("ya enggak lah").
    A bare figure, or "nomor 2", picks from a list and is neither. "gpp" alone is unsure, at a low confidence.
    """
    tokens = _bare(tokens)
    if _is_option(tokens):
        return _NOTHING
    said = _phrases("yes_no").find(tokens)
    found = [phrase for phrase in said if phrase[0] != "fine"]
    values = [value for value, _at, _length in found]
    if said and not values:
        return Answer(value="unsure", confidence=_OPEN)
    if not values:
        if _is_count(tokens) and len(tokens) <= _SHORT:
            return Answer(value="yes", confidence=_WEAK)  # "pernah?" – "3 kali"
        return _NOTHING
    sureness = _SURE if len(tokens) <= _SHORT else _LIKELY if len(tokens) <= _MEDIUM else _WEAK
    if _declines(tokens):
        return Answer(value="refuse", confidence=min(sureness, 0.9))
    for value in ("refuse", "unsure"):
        if value in values:
            place = next(at for found_value, at, _length in found if found_value == value)
            if place <= 2 or len(tokens) <= _MEDIUM:
                return Answer(value=value, confidence=min(sureness, 0.9))
    if values[0] == "no":
        return _after_no(values, tokens, found, sureness)
    if "no" in values:
        at = next(at for value, at, _length in found if value == "no")
        if at == found[0][1] + found[0][2]:
            return Answer(value="no", confidence=min(sureness, 0.85))  # "ya enggak", "masih belum", "sudah tidak"
        return Answer(value="yes", confidence=min(sureness, _WEAK + 0.1))
    if found[0][1] > 3:
        return Answer(value="yes", confidence=_WEAK)
    return Answer(value="yes", confidence=sureness)


def _is_count(tokens: list[str]) -> bool:
    """`3 kali`, `2x`: how often."""
    counts = any(len(token) > 1 and token.endswith("x") and token[:-1].isdecimal() for token in tokens)
    return counts or (bool({"kali", "x", "ping", "times"} & set(tokens)) and any(token.isdecimal() for token in tokens))


def read_consent(tokens: list[str]) -> Answer:
    """yes or no, only where nothing else is said: a question, a condition or a story agrees to nothing and refuses nothing."""
    said = [token for token in _bare(tokens) if token not in _ASIDE]
    found = _phrases("yes_no").find(said)
    values = [value for value, _at, _length in found]
    covered = {at + step for _value, at, length in found for step in range(length)}
    if not values or len(said) > _SHORT or any(at not in covered and word not in _WILLING for at, word in enumerate(said)):
        return _NOTHING
    if values[0] == "yes" and set(values) <= {"yes", "fine"} and not set(said) & _NO_AGREEMENT:
        return Answer(value="yes", confidence=_SURE)
    if values[0] == "no" and all(value == "no" or said[at] in _WILLING for value, at, _length in found):
        return Answer(value="no", confidence=_SURE)
    return _NOTHING


def _is_option(tokens: list[str]) -> bool:
    """Only figures, with or without a word that leads to an option (`2`, `no 2`, `yang ke 2`)."""
    return any(token.isdecimal() for token in tokens) and all(token.isdecimal() or token in _OPTION_WORDS for token in tokens)


def _declines(tokens: list[str]) -> bool:
    """`gak mau cerita`, `belum bisa jawab kak`: a negation, a wish or ability, and a word of telling."""
    no = _phrases("yes_no")
    for at, token in enumerate(tokens[:-2]):
        if (
            no.whole([token]) == "no"
            and tokens[at + 1] in _WISHES
            and any(word in _TELLING for word in tokens[at + 2 : at + 4])
        ):
            return True
    return False


def _after_no(values: list[str], tokens: list[str], found: list[tuple[str, int, int]], sureness: float) -> Answer:
    if len(values) > 1 and values[1] == "no" and found[1][1] == found[0][1] + 1 and tokens[found[0][1]] != tokens[found[1][1]]:
        if tokens[found[1][1]] in {"ada", "mau", "bisa", "boleh"}:
            return Answer(value="no", confidence=sureness)
        return Answer(value="no", confidence=min(sureness, 0.6))
    if found[0][1] > 3:
        return Answer(value="no", confidence=_WEAK)
    return Answer(value="no", confidence=sureness)


def read_relation(tokens: list[str]) -> Answer:
    """For whom help is sought. "anak saya" is the child; "anak tetangga" the neighbour; "saya dan anak" the writer, less surely.

    A sentence names people who are not the one ("aku dipukul suami"): in it only who stands after "untuk" counts, or before "yang".
    """
    tokens = _named_for(tokens)
    found = _phrases("relation").find(_bare(tokens))
    if not found:
        return _NOTHING
    values = [value for value, _at, _length in found]
    others = [value for value in values if value != "self"]
    if not others:
        return Answer(value="self", confidence=_SURE)
    if "neighbour" in others:
        return Answer(value="neighbour", confidence=_LIKELY if len(set(others)) > 1 else _SURE)
    if values[0] == "self" and len(values) > 1 and (len(values) > 2 or set(tokens) & {"dan", "sama", "serta", "&"}):
        return Answer(value="self", confidence=_WEAK)
    if len(set(others)) > 1:
        if others[0] == "child" and others[1] in {"other", "parent", "spouse"}:
            return Answer(value="other", confidence=_WEAK)  # "anak kakak saya"
        return Answer(value=others[0], confidence=_WEAK)
    if values[0] == "self":
        return Answer(value=others[0], confidence=_WEAK)
    return Answer(value=others[0], confidence=_SURE if len(tokens) <= _MEDIUM else _LIKELY)


def _named_for(tokens: list[str]) -> list[str]:
    """The tokens that say for whom: all of a bare answer, of a sentence those after a word like "untuk", or before its "yang".

    None when a sentence says neither.
    """
    found = _phrases("relation").find(tokens)
    covered = {at + step for _value, at, length in found for step in range(length)}
    beside, before = _words("relation_beside"), _words("relation_after")
    for value, at, length in found:
        end = at + length
        if tokens[at] in before or (at and tokens[at - 1] in before) or (at == 0 and tokens[end : end + 1] in _WHO):
            # "buat aku, anakku masih kecil" is for the writer; "untuk anak saya" goes on to whose child it is.
            while value != "self" and end < len(tokens) and (end in covered or tokens[end] in beside):
                end += 1
            return tokens[at:end] if value != "self" or tokens[end : end + 1] not in _AND else tokens
    if all(at in covered or token in beside or token in _polite() or token.isdecimal() for at, token in enumerate(tokens)):
        return tokens
    return []


def read_frequency(tokens: list[str]) -> Answer:
    """never, once, sometimes, often or daily; of several, the one said first that is no bare negation."""
    bare = _bare(tokens)
    found = _phrases("frequency").find(bare) or _phrases("frequency").find(tokens)
    if _counted_daily(bare):
        return Answer(value="daily", confidence=_LIKELY)
    counts = [int(token.rstrip("x")) for token in bare if token.rstrip("x").isdecimal() and len(token) < 4]
    if not found:
        counts = counts or [UNITS[token] for token in bare if token in UNITS]
        if counts and ({"kali", "x", "ping"} & set(bare) or any(token.endswith("x") for token in bare)):
            return Answer(value="once" if counts[0] == 1 else "sometimes" if counts[0] <= 5 else "often", confidence=_LIKELY)
        return _NOTHING
    values = list(dict.fromkeys(value for value, _at, _length in found))
    if len(values) == 1:
        is_vague = values[0] == "daily" and "hampir" in bare
        return Answer(value=values[0], confidence=_WEAK + 0.1 if is_vague else _SURE if len(bare) <= _SHORT else _LIKELY)
    if values[0] == "never" and found[0][2] == 1:
        # "gak sering", "gak tiap hari": less than what follows
        return Answer(value="sometimes" if values[1] in {"often", "daily"} else values[1], confidence=_WEAK)
    return Answer(value=values[0], confidence=_WEAK)


def _counted_daily(tokens: list[str]) -> bool:
    """`3x sehari`: a count a day."""
    return "sehari" in tokens and any(token.rstrip("x").isdecimal() or token in UNITS for token in tokens)


def read_gender(tokens: list[str]) -> Answer:
    """male, female, other or refuse; None when two are named."""
    found = _phrases("gender").find(_bare(tokens))
    values = {value for value, _at, length in found if length > 1 or len(tokens) <= _SHORT or value != "refuse"}
    if "refuse" in values:
        return Answer(value="refuse", confidence=0.9)
    if len(values) != 1:
        return _NOTHING
    singles = {"l", "p", "mas", "mbak", "istri", "lain"}
    is_thin = all(token in singles for token in tokens[:1]) and len(tokens) > 1
    return Answer(value=values.pop(), confidence=_WEAK if is_thin else _SURE if len(tokens) <= _SHORT else _LIKELY)


def read_command(tokens: list[str]) -> Answer:
    """A word that works anywhere (stop, back, a person …): only when it is all that is said, forms of address left out."""
    commands = _phrases("command")
    named = [token for token in tokens if token not in _polite() or commands.whole([token])]
    for attempt in (tokens, _bare(tokens), named):
        if len(attempt) <= _COMMAND_WORDS and (value := commands.whole(attempt)):
            return Answer(value=value, confidence=_SURE)
    return _NOTHING


def time_words(tokens: list[str]) -> list[str]:
    """The parts of the day and the like that are named, in order."""
    return [value for value, _at, _length in _phrases("time").find(tokens)]
