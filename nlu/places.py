"""Where somebody is: the 38 provinces, 514 regencies and cities, their short and slang names, and the countries people go to."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nlu.datafile import Block, read
from nlu.edits import is_one_edit
from nlu.tokens import Phrases
from nlu.understanding import Answer

ABROAD = "luar_negeri"
_FILE = Path(__file__).parent / "data" / "places.yml"
_NOTHING = Answer(value=None, confidence=0.0)
_SURE = 0.95
_LIKELY = 0.75
_EITHER = 0.6  # a city and a regency share the name
_SHORT = 5
_MENDED_LENGTH = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Gazetteer:
    """Names of places. `regencies` gives for each official name its province; `plain` for each bare name the official ones."""

    provinces: tuple[str, ...]
    regencies: dict[str, str]
    plain: dict[str, tuple[str, ...]]
    phrases: Phrases
    lead: frozenset[str]
    mendable: dict[str, str]


@cache
def gazetteer() -> Gazetteer:
    """The places of nlu/data/places.yml."""
    root = read(_FILE)
    phrases = Phrases()
    provinces: list[str] = []
    regencies: dict[str, str] = {}
    plain: dict[str, list[str]] = {}
    for block in root.blocks("provinces"):
        province = block.text("name")
        provinces.append(province)
        for kind, word in (("kota", "Kota"), ("kabupaten", "Kabupaten")):
            for name in block.words(kind):
                bare = name.replace("_", " ")
                official = f"{word} {bare}"
                regencies[official] = province
                plain.setdefault(bare, []).append(official)
                for title in ("kota", "kot") if kind == "kota" else ("kabupaten", "kab", "kabupten"):
                    phrases.add(f"{title} {bare}", "r:" + official)
    for block in root.blocks("provinces"):
        for name in (block.text("name"), *block.words("also")):
            if name.replace("_", " ") not in plain or name in {"Jambi", "Bengkulu", "Gorontalo", "yogyakarta"}:
                phrases.add(name, "p:" + block.text("name"))
    _add_listed(root, "slang", "r:", phrases)
    _add_listed(root, "islands", "p:", phrases)
    for bare, officials in plain.items():
        phrases.add(bare, "r:" + officials[0] if len(officials) == 1 else "n:" + bare)
    for name in root.words("abroad"):
        phrases.add(name, "a:" + ABROAD)
    mendable = {bare.lower().replace(" ", ""): bare for bare in plain if len(bare) >= _MENDED_LENGTH}
    return Gazetteer(
        provinces=tuple(provinces),
        regencies=regencies,
        plain={bare: tuple(officials) for bare, officials in plain.items()},
        phrases=phrases,
        lead=frozenset(root.words("lead")),
        mendable=mendable,
    )


def _add_listed(root: Block, key: str, mark: str, phrases: Phrases) -> None:
    for line in root.text(key).splitlines():
        names, _colon, official = line.partition(":")
        for name in names.split():
            phrases.add(name, mark + official.strip())


def read_province(tokens: list[str]) -> Answer:
    """The full name of a province, or `luar_negeri`; a regency or town tells its province."""
    answer = read_place(tokens)
    if not isinstance(answer.value, dict):
        return _NOTHING
    confidence = _LIKELY if answer.confidence == _EITHER else answer.confidence
    return Answer(value=answer.value["province"], confidence=max(confidence, _LIKELY))


def read_place(tokens: list[str]) -> Answer:
    """`{"province": …, "regency": …}`, each None when untold. Of a city and a regency of one name the city, less surely."""
    places = gazetteer()
    found = [value for value, _at, _length in places.phrases.find(tokens)]
    confidence = _SURE if len(tokens) <= _SHORT else _LIKELY
    if not found:
        mended = _mended(tokens, places)
        if mended is None:
            return _NOTHING
        found, confidence = [mended], _EITHER
    regencies = list(dict.fromkeys(value for value in found if value[0] in "rn"))
    provinces = list(dict.fromkeys(value[2:] for value in found if value[0] == "p"))
    if any(value[0] == "a" for value in found):
        if regencies or provinces:
            return _NOTHING
        return _place(ABROAD, None, confidence)
    if regencies:
        return _of_regencies(regencies, provinces, places, confidence)
    if len(provinces) > 1:
        return _NOTHING
    return _place(provinces[0], None, confidence)


def _of_regencies(marked: list[str], provinces: list[str], places: Gazetteer, confidence: float) -> Answer:
    if len(marked) > 1 and len(provinces) != 1:
        fitting = {places.regencies[_official(value, places)] for value in marked}
        if len(fitting) != 1:
            return _NOTHING
        return _place(fitting.pop(), _official(marked[0], places), 0.5)
    for value in marked:
        officials = places.plain[value[2:]] if value[0] == "n" else (value[2:],)
        fitting_names = [name for name in officials if not provinces or places.regencies[name] in provinces]
        if fitting_names:
            is_split = len({places.regencies[name] for name in officials}) > 1 and not provinces
            sureness = _EITHER if len(fitting_names) > 1 else confidence
            return _place(places.regencies[fitting_names[0]], fitting_names[0], 0.4 if is_split else sureness)
    return _NOTHING


def _official(value: str, places: Gazetteer) -> str:
    return places.plain[value[2:]][0] if value[0] == "n" else value[2:]


def _place(province: str, regency: str | None, confidence: float) -> Answer:
    return Answer(value={"province": province, "regency": regency}, confidence=confidence)


def _mended(tokens: list[str], places: Gazetteer) -> str | None:
    """The one regency name that lies a typing error away from what is said, forms of introduction left out."""
    said = "".join(token for token in tokens if token not in places.lead)
    if len(said) < _MENDED_LENGTH or len(tokens) > _SHORT:
        return None
    near = [
        bare
        for key, bare in places.mendable.items()
        if key[0] == said[0] and abs(len(key) - len(said)) <= 1 and is_one_edit(key, said)
    ]
    if len(near) != 1:
        return None
    officials = places.plain[near[0]]
    return "r:" + officials[0] if len(officials) == 1 else "n:" + near[0]
