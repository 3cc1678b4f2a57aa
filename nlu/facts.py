"""Facts that a sentence tells in passing: how old, for whom, where, whether a woman or a man writes."""

import re

from msgspec.structs import replace

from nlu.concerned import ConcernedReader
from nlu.datafile import Block
from nlu.lexicon import Lexicon
from nlu.normalize import Reading
from nlu.numerals import number_of
from nlu.places import ABROAD, gazetteer, read_place
from nlu.risk import Finding
from nlu.tokens import tokens_of
from nlu.understanding import Fact

_OLDEST = 115
_AGE_SURE = 0.9
_AGE_LIKELY = 0.7
_AGE_OF_ANOTHER = 0.4
_GENDER_LIKELY = 0.7
_PLACE_LIKELY = 0.7
_ABROAD_SURE = 0.85
# Somebody else is there, or the writer has left: too little to send help for another country.
_ABROAD_DOUBTFUL = 0.4
_READ_CHARS = 400
_PLACE_WORDS = 3
_AT_PLACE = re.compile(r"\b(di|dari|daerah|kota|kab|kabupaten|prov|provinsi|ndek|nang|neng|d)\.?\s+((?:[a-z]+[ -]?){1,4})")
# After these a country needs no `di` ("aku tki malaysia"); `di` may also be written as one word with it.
_AT_COUNTRY = re.compile(
    r"\b(?:(?:kerja|krj|kerjo|gawe|tki|tkw|pmi|bmi|abk|prt|art|posisi|lokasi|sekarang|skrg|skg|skrng|saiki|lagi|lg|masih|msh|jadi|jd)"
    r"\.?\s+|di)([a-z]{2,16}(?: [a-z]{2,16})?)"
)
# What asks about work there or a life there, and is said by nobody who is held there.
_ASKS = re.compile(r"\?|\b(?:berapa|brp|syarat|lowongan|loker|daftar|minat|visa|umr|cuaca|dingin|enak|wisata|liburan|timnas)\b")
# Before `di`: what says that the writer is there, and what says that somebody else is, or that it is over or only a wish.
_WRITER_THERE = re.compile(
    r"\b(?:aku|aq|ak|saya|sy|gue|gw|gua|kami|kita|abdi|kula|kulo|awak|ambo|inyong|tki|tkw|pmi)(?: \w+){0,4} *$"
    r"|^(?: *(?:halo|kak|tolong|min|ini|lagi|lg|sekarang|skrg|skg|posisi|kerja|di|masih|msh|terjebak|ketahan|tertahan))* *$"
)
_OTHER_THERE = re.compile(
    r"\b(?:suami|istri|bapak|ibu|ayah|mama|papa|anak|adik|kakak|abang|mas|teman|temen|tante|om|paman|pacar|mantan|bojo|saudara|"
    r"keluarga|sepupu|ponakan|keponakan|tetangga|orang|orangtua|ortu|dia|mereka|nenek|kakek)(?:ku|nya|q)?(?: \w+){0,4} *$"
)
# Whoever answers is spoken to before the writer speaks of themselves, or right after. "Om saya" may also be an uncle: what helps
# abroad is asked for from there and from home. "Kakak saya", "ibu saya" are mostly of the family, "kakak, tolong saya" is not.
_SHORT_ADDRESS = "mas|mba|mbak|mbk|kak|om|tante|bang|bng|bu|pak|gan|sis|bro|min|admin|dek|dik"
_LEAD = "(?:halo|hallo|hai|hi|permisi|assalamualaikum|ass|tolong|tlg|tlong|bantu|mohon|maaf|mf|ini|mau tanya|izin|ijin)"
_OF_WRITER = "(?:aku|aq|ak|saya|sy|gue|gw|gua|kami|abdi|kula|kulo|tki|tkw|pmi|bmi|abk)"
_ADDRESSED = re.compile(
    rf"^ *(?:{_LEAD} +)*(?:(?:{_SHORT_ADDRESS}) +)+(?={_OF_WRITER}\b)"
    rf"|^ *(?:{_LEAD} +)*(?:{_SHORT_ADDRESS}|kakak|abang|ibu|bapak|cak|uda|uni|bli|koh|cik) +(?=(?:{_LEAD} +)+{_OF_WRITER}\b)"
    rf"|(?P<own>\b{_OF_WRITER} )(?:{_SHORT_ADDRESS}) *(?=(?:kerja|krj|lagi|lg|sekarang|skrg|skg|posisi)\b|$)"
)
_WITH = re.compile(r"\b(?:aku|saya|sy|gue|gw|gua|kami) (?:dan|sama|bareng|bersama|dgn|dengan)\b")
_NOT_THERE = re.compile(
    r"\b(?:dulu|dl|pernah|prnh|mantan|eks|bekas|calon|film|drakor|produk|barang|liburan|wisata|perang|berita|viral|bahasa)\b"
    r"|\b(?:mau|pengen|pengin|ingin|rencana|bukan|gak|ga|gk|nggak|tidak|tdk|belum|blm)"
    r"(?: (?:lagi|ada|tinggal|cari|kerja|pergi|daftar|jadi|jd|bisa|ke))* *$"
)
# Names that are everyday words too: "di serang" is mostly somebody attacked.
_NO_PLACES = frozenset(
    ["serang", "buru", "batu", "puncak", "batang", "pati", "landak", "metro", "banjar", "muna", "agam", "puncak bogor"]
)
# A number of years after one of these is a span of time, not an age.
_SPAN_WORDS = frozenset(
    [
        "sudah",
        "selama",
        "sejak",
        "dari",
        "hampir",
        "lebih",
        "setiap",
        "setelah",
        "kurang",
        "dalam",
        "sekitar",
        "kontrak",
        "penjara",
        "hukuman",
        "nikah",
        "menikah",
    ]
)
_AFTER_SPAN = frozenset(["lalu", "ago", "kemudian", "lagi", "silam", "terakhir", "menikah", "kerja", "nikah", "penjara"])


class FactReader:
    """Reads facts off a reading with the bits of its words."""

    def __init__(self, lexicon: Lexicon, concerned: Block) -> None:
        self._number = lexicon.mask("number")
        self._age_word = (
            lexicon.literal("umur") | lexicon.literal("usia") | lexicon.literal("berumur") | lexicon.literal("berusia")
        )
        self._year, self._month = lexicon.literal("tahun"), lexicon.literal("bulan")
        self._week = lexicon.literal("minggu")
        self._child = lexicon.mask("child")
        self._person = (
            lexicon.mask("self") | self._child | lexicon.mask("elder") | lexicon.mask("other") | lexicon.mask("parent")
        )
        self._self = lexicon.mask("self")
        self._others = (
            self._child
            | lexicon.mask("household")
            | lexicon.mask("other")
            | lexicon.mask("he")
            | lexicon.mask("boss")
            | lexicon.mask("trusted")
        ) & ~lexicon.mask("old_self")
        self._cared_for = self._child | lexicon.mask("elder")
        self._abroad = lexicon.mask("abroad")
        self._done = 0
        for name in ("hit.act", "molest.act", "rape.act", "choke.act", "wound.act", "threaten.act"):
            self._done |= lexicon.mask(name)
        self._concerned = ConcernedReader(lexicon, concerned)
        self._writer = lexicon.mask("self") | lexicon.mask("my")
        self._husband, self._wife = lexicon.mask("husband"), lexicon.mask("wife")
        self._woman = (
            lexicon.literal("perempuan")
            | lexicon.literal("wanita")
            | lexicon.literal("ibu_rumah_tangga")
            | lexicon.literal("janda")
        )
        self._man = lexicon.literal("pria") | lexicon.literal("cowok") | lexicon.literal("duda")
        self._genders = self._husband | self._wife | self._woman | self._man

    def read(self, reading: Reading, findings: tuple[Finding, ...] = ()) -> tuple[Fact, ...]:
        """The facts of a reading in which the rules found this.

        Of several ages the first is that of the person helped; kinds are in no promised order.
        """
        facts = []
        concerned = self._concerned.read(reading, findings)
        is_writer = concerned is None or concerned.value == "self"
        if reading.total & self._number:
            facts.extend(self._of_the_helped(reading, self._ages(reading), is_writer=is_writer))
        if gender := self._gender(reading):
            facts.append(gender)
        if place := _place(reading.raw, names_country=bool(reading.total & self._abroad)):
            facts.append(place)
        if concerned:
            facts.append(concerned)
        return tuple(facts)

    def _of_the_helped(self, reading: Reading, ages: list[tuple[int, Fact]], *, is_writer: bool) -> list[Fact]:
        """The ages, that of the person helped first; those of others, and the writer's when somebody else suffers, are unsure."""
        subjects = [self._subject(reading, at) for at, _fact in ages]
        own = [fact for (_at, fact), who in zip(ages, subjects, strict=True) if (not who) == is_writer]
        rest = [(fact, who) for (_at, fact), who in zip(ages, subjects, strict=True) if (not who) != is_writer]
        if is_writer and not own and len(rest) == 1:
            fact, who = rest[0]
            if who & self._cared_for or not reading.total & self._done:
                return [fact]  # nobody is said to harm or to suffer: the one who is spoken of
        if not is_writer:
            own = own[:1] + [replace(fact, confidence=_AGE_OF_ANOTHER) for fact in own[1:]]
        return own + [replace(fact, confidence=_AGE_OF_ANOTHER) for fact, _who in rest]

    def _subject(self, reading: Reading, at: int) -> int:
        """The bits of the nearest person before a number in its clause; 0 for the writer. "anak saya" is a child."""
        for index in range(at - 1, max(-1, at - 5), -1):
            if reading.clauses[index] != reading.clauses[at]:
                break
            if other := reading.masks[index] & self._others:
                return other
            if reading.masks[index] & self._self:
                is_theirs = index and reading.clauses[index - 1] == reading.clauses[index]
                return reading.masks[index - 1] & self._others if is_theirs else 0
        return 0

    def _ages(self, reading: Reading) -> list[tuple[int, Fact]]:
        """Numbers beside `umur`, and numbers of years right after a person; each with its place."""
        masks, words = reading.masks, reading.words
        found = []
        for at, mask in enumerate(masks):
            if not mask & self._number:
                continue
            value = number_of(words[at])
            if value is None or not 0 <= value <= _OLDEST:
                continue
            before = masks[at - 1] if at else 0
            unit = masks[at + 1] if at + 1 < len(masks) else 0
            is_young = bool(unit & (self._month | self._week))
            if not before & self._age_word and at > 1 and before & self._writer:
                before = masks[at - 2]  # "umur saya 17"
            if before & self._age_word:
                found.append((at, self._age(0 if is_young else value, _AGE_SURE, reading, at - 1, at)))
            elif unit & (self._year | self._month) and self._is_about_person(reading, at, is_young=is_young):
                found.append((at, self._age(0 if is_young else value, _AGE_LIKELY, reading, at, at + 1)))
        return found

    def _is_about_person(self, reading: Reading, at: int, *, is_young: bool) -> bool:
        words, masks = reading.words, reading.masks
        if at + 2 < len(words) and words[at + 2] in _AFTER_SPAN:
            return False
        previous = range(max(0, at - 2), at)
        if any(words[index] in _SPAN_WORDS for index in previous):
            return False
        wanted = self._child if is_young else self._person
        return any(masks[index] & wanted for index in previous)

    def _age(self, value: int, confidence: float, reading: Reading, first: int, last: int) -> Fact:
        return Fact(kind="age", value=value, confidence=confidence, evidence=reading.quote(first, last))

    def _gender(self, reading: Reading) -> Fact | None:
        """`suami saya` is mostly a woman's word, `istri saya` a man's; `saya perempuan` says it."""
        if not reading.total & self._genders:
            return None
        masks = reading.masks
        for at, mask in enumerate(masks):
            if not mask & self._genders:
                continue
            follows = masks[at + 1] if at + 1 < len(masks) else 0
            before = masks[at - 1] if at else 0
            is_own = bool((mask | follows) & self._writer)
            if mask & (self._husband | self._wife) and is_own:
                value = "female" if mask & self._husband else "male"
            elif mask & (self._woman | self._man) and before & self._writer:
                value = "female" if mask & self._woman else "male"
            else:
                continue
            return Fact(kind="gender", value=value, confidence=_GENDER_LIKELY, evidence=reading.quote(at, at))
        return None


def _place(raw: str, *, names_country: bool) -> Fact | None:
    """The first place named after `di`, `dari`, `kota` and the like; a country also after `kerja`, `tki`, `sekarang`."""
    text = raw[:_READ_CHARS].lower()
    for match in _AT_PLACE.finditer(text):
        if found := _named(match, 2):
            value, name = found
            is_there = match.group(1) in ("di", "d")
            return _place_fact(value, _sureness(value, raw, match.start(), is_there=is_there), raw, match.start(2), name)
    if names_country:
        for match in _AT_COUNTRY.finditer(text):
            if (found := _named(match, 1)) and _is_abroad(found[0]):
                value, name = found
                confidence = _ABROAD_DOUBTFUL if _ASKS.search(text) else _sureness(value, raw, match.start(), is_there=True)
                return _place_fact(value, confidence, raw, match.start(1), name)
    return None


def _named(match: re.Match[str], group: int) -> tuple[object, str] | None:
    """The place at the beginning of what a group holds, and its name."""
    tokens = tokens_of(match.group(group))
    for length in range(min(_PLACE_WORDS, len(tokens)), 0, -1):
        name = " ".join(tokens[:length])
        if name not in _NO_PLACES and gazetteer().phrases.whole(tokens[:length]):
            answer = read_place(tokens[:length])
            if answer.value is not None:
                return answer.value, name
    return None


def _place_fact(value: object, confidence: float, raw: str, start: int, name: str) -> Fact:
    return Fact(kind="place", value=value, confidence=confidence, evidence=raw[start : start + len(name)])


def _is_abroad(value: object) -> bool:
    return isinstance(value, dict) and value["province"] == ABROAD


def _sureness(value: object, raw: str, at: int, *, is_there: bool) -> float:
    """How surely the writer is at a place named in a text; another country counts only when nobody else is said to be there."""
    if not _is_abroad(value):
        return _PLACE_LIKELY
    before = _ADDRESSED.sub(r"\g<own>", re.split(r"[.,;!?\n]", raw[:at].lower())[-1])
    if _NOT_THERE.search(before) or not is_there:
        return _ABROAD_DOUBTFUL
    if _OTHER_THERE.search(before) and not _WITH.search(before):
        return _ABROAD_DOUBTFUL
    return _ABROAD_SURE if _WRITER_THERE.search(before) else _PLACE_LIKELY
