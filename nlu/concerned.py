"""Who is in danger or need when it is not the writer: "anak saya bilang pengen mati" is about a child."""

from nlu.datafile import Block
from nlu.lexicon import Lexicon
from nlu.normalize import Reading
from nlu.risk import Finding
from nlu.understanding import Fact

_LIKELY = 0.7
# Enough to answer "for whom?" with, too little to pass the question over.
_UNSURE = 0.45
# How many words may stand between a person and what befalls them, and after a `dia` to the person it stands for.
_REACH = 6
_WRITER = -1
_REACH_OF_HE = 9
_HARM_BY_OTHERS = frozenset(
    [
        *("domestic_violence", "physical_violence", "psychological_violence", "sexual_violence", "tech_facilitated_abuse"),
        *("trafficking_tppo", "witness_threat", "child_abuse_neglect", "child_marriage", "family_conflict", "immediate_danger"),
        *("food_shelter_destitution", "migrant_worker_trouble"),
    ]
)
# What one wants, takes or does to oneself: without a subject it is mostly the writer's own ("suami selingkuh, pengen mati").
_OWN_WILL = frozenset(["suicide_self_harm", "substance_use_overdose"])
_BEFALLS = frozenset(["medical_emergency", "disability_function", "daily_care_dependency"])
_BEFALLS_RULES = frozenset(["missing_person"])


class ConcernedReader:
    """Tells of a reading and what the rules found in it whom it is about."""

    def __init__(self, lexicon: Lexicon, words: Block) -> None:
        # Somebody tells what they themselves want; words that leave the subject as it is; words of doing, after which a clause
        # without a subject may be about somebody else; what stands between a person and the writer's word ("teman kos saya").
        self._telling, self._plain, self._doing, self._kinds = map(
            frozenset, map(words.words, ("telling", "plain", "turn", "kinds"))
        )
        # What may stand before the person whose wish it is: after another verb the person is only its object ("ditinggal istri").
        self._before = frozenset(words.words("before"))
        # How people address whoever answers: "kakak saya mau mati" may speak to the elder sister or of her.
        self._address = frozenset(words.words("address"))
        # Hardly anybody writes of an uncle here, and many speak to one: whoever suffers is unsure then, too.
        self._mostly_address = frozenset(words.words("mostly_address"))
        self._to, self._at = frozenset(words.words("to")), frozenset(words.words("at"))
        self._self, self._my = lexicon.mask("self"), lexicon.mask("my")
        self._his, self._he = lexicon.mask("his"), lexicon.mask("he")
        names = ("hit.act", "molest.act", "rape.act", "choke.act", "wound.act", "threaten.act", "rage", "insult.act")
        self._turn = self._union(lexicon, *names)
        self._will = self._union(
            lexicon, "want", "die", "die_self", "no_life", "not", "notyet", "threaten.act", "number", "now", "past"
        )
        self._will |= self._union(
            lexicon, "drug_use", "drug", "overdose", "prepare", "means", "unaware", "unconscious", "cut_self"
        )
        self._done = self._union(lexicon, "hit.act", "molest.act", "rape.act", "choke.act", "wound.act")
        self._suffered = self._union(
            lexicon,
            *("hit.pas", "molest.pas", "rape.pas", "choke.pas", "lock.pas", "tie.pas", "wound.pas", "sold.pas", "kidnap.pas"),
            *("pasung", "no_eat", "no_food", "old_alone", "unconscious", "child_marry"),
        )
        self._fear = lexicon.mask("fear")
        self._hurt = self._done | self._suffered | self._fear
        theirs = self._literals(
            lexicon, "adik", "keponakan", "ponakan", "cucu", "murid", "siswa", "siswi", "santri", "putu", "teman_sekelas"
        )
        neighbour = self._literals(lexicon, "tetangga", "anak_tetangga")
        child = lexicon.mask("child")
        self._kin_self = lexicon.mask("kin_self")
        elder = lexicon.mask("elder") & ~lexicon.mask("old_self")
        other = elder | self._union(lexicon, "friend", "sibling", "lover", "uncle") | theirs
        # The first that fits stands: a brother is a child by the word, and yet not the writer's child.
        self._relations = (
            ("neighbour", neighbour),
            ("other", other),
            ("child", child),
            ("spouse", lexicon.mask("husband") | lexicon.mask("wife")),
            ("parent", lexicon.mask("parent") | lexicon.mask("inlaw")),
        )
        self._cared_for = child | theirs | neighbour | elder | lexicon.mask("friend")
        self._others = 0
        for _value, bits in self._relations:
            self._others |= bits

    @staticmethod
    def _union(lexicon: Lexicon, *names: str) -> int:
        mask = 0
        for name in names:
            mask |= lexicon.mask(name)
        return mask

    @staticmethod
    def _literals(lexicon: Lexicon, *words: str) -> int:
        mask = 0
        for word in words:
            mask |= lexicon.literal(word)
        return mask

    def read(self, reading: Reading, findings: tuple[Finding, ...]) -> Fact | None:
        """The relation of the person concerned to the writer; None when it can't be told.

        "self", never surely, for the writer, unless an old person calls themselves by the kin word.
        """
        if reading.total & self._others and (found := self._other(reading, findings)):
            return found
        if reading.total & self._kin_self:
            at = reading.where(self._kin_self)[0]
            return Fact(kind="relation", value="self", confidence=_LIKELY, evidence=reading.quote(at, at))
        return self._writer(reading, findings)

    def _writer(self, reading: Reading, findings: tuple[Finding, ...]) -> Fact | None:
        """The writer, when harm is told, and nobody else who could be meant is named: "suami saya tidak kasih nafkah"."""
        if not findings and not reading.total & self._hurt:
            return None
        if not findings or reading.total & self._cared_for:
            at = self._hurt_writer(reading)
        else:
            is_harm = any(finding.rule.topic in _HARM_BY_OTHERS or finding.rule.topic in _OWN_WILL for finding in findings)
            at = next(iter(reading.where(self._self | self._my)), None) if is_harm else self._hurt_writer(reading)
        if at is None:
            return None
        return Fact(kind="relation", value="self", confidence=_UNSURE, evidence=reading.quote(at, at))

    def _hurt_writer(self, reading: Reading) -> int | None:
        """The place of the writer's word right beside what is done: "aku dipukul", "mukul aku", "aku takut"."""
        masks = reading.masks
        for at in reading.where(self._self):
            before = masks[at - 1] if at else 0
            after = masks[at + 1] if at + 1 < len(masks) else 0
            if before & self._others:
                continue  # "anak saya dipukul"
            if before & self._done or after & (self._suffered | self._fear):
                return at
        return None

    def _other(self, reading: Reading, findings: tuple[Finding, ...]) -> Fact | None:
        if findings and (own := [finding for finding in findings if finding.rule.topic in _OWN_WILL]):
            return self._of_all(reading, own, is_willed=True)
        if reading.total & self._suffered and (at := self._suffering(reading)) is not None:
            return self._fact(reading, self._subject(reading, at, at, is_willed=False))
        if findings and (befallen := [finding for finding in findings if _befalls(finding)]):
            return self._of_all(reading, befallen, is_willed=False)
        if reading.total & self._done:
            return self._fact(reading, self._object(reading))
        return None

    def _of_all(self, reading: Reading, findings: list[Finding], *, is_willed: bool) -> Fact | None:
        """Never somebody else's when one finding is the writer's own: a friend's death may be why the writer wants to die too.

        A wish without a subject is taken for the writer's, an illness or accident for that of the person named before.
        """
        found = None
        for finding in findings:
            first, last = finding.spans[0]
            at = self._subject(reading, first, last, is_willed=is_willed)
            if at == _WRITER or (at is None and is_willed):
                return None
            found = at if found is None else found
        return self._fact(reading, found, is_willed=is_willed)

    def _fact(self, reading: Reading, at: int | None, *, is_willed: bool = False) -> Fact | None:
        if at is None or at == _WRITER:
            return None
        for value, bits in self._relations:
            if reading.masks[at] & bits:
                maybe_told = self._address if is_willed else self._mostly_address
                is_address = at == 0 and reading.words[0] in maybe_told and not reading.masks[0] & self._my
                confidence = _UNSURE if is_address else _LIKELY
                return Fact(kind="relation", value=value, confidence=confidence, evidence=reading.quote(at, at))
        return None

    def _suffering(self, reading: Reading) -> int | None:
        for at, mask in enumerate(reading.masks):
            if mask & self._suffered:
                return at
        return None

    def _subject(self, reading: Reading, first: int, last: int, *, is_willed: bool) -> int | None:
        """The place of the person whom a predicate is about: the nearest before its end; `_WRITER`, or None when nobody is told."""
        masks, words, clauses = reading.masks, reading.words, reading.clauses
        if last + 1 < len(masks) and masks[last + 1] & self._self and not is_willed and clauses[last + 1] == clauses[last]:
            return _WRITER  # "om suka pegang2 aku"
        is_told = seen_he = False
        odd: list[int] = []
        index = last + 1
        while index > max(0, first - (_REACH_OF_HE if seen_he or is_told else _REACH)):
            index -= 1
            mask, word = masks[index], words[index]
            if clauses[index] < clauses[first] - (seen_he or is_told):
                return None
            is_clear = is_told or seen_he or not odd
            if mask & self._others:
                return index if is_clear and not (is_willed and self._is_object(reading, index)) else None
            if mask & self._self:
                owner = self._owned(reading, index)
                if owner is not None:
                    return owner if is_clear and not (is_willed and self._is_object(reading, owner)) else None
                if index and words[index - 1] in self._to and index < first:
                    index -= 1
                elif not seen_he and not (index + 1 < len(words) and words[index + 1] == "punya"):
                    return _WRITER
            elif mask & self._he:
                seen_he = True
            elif index < first:
                is_told = is_told or word in self._telling
                if word in self._at:
                    odd = [place for place in odd if place > index + 2]
                elif is_willed:
                    if word not in self._plain and word not in self._telling and not mask & self._will:
                        odd.append(index)
                elif word in self._doing or mask & self._turn:
                    odd.append(index)
        return None

    def _is_object(self, reading: Reading, at: int) -> bool:
        """Whether something is done by or to the person: a word stands before that leaves them no subject."""
        before = at - 1
        if before < 0 or reading.clauses[before] != reading.clauses[at]:
            return False
        word, mask = reading.words[before], reading.masks[before]
        return not (
            word in self._before
            or word in self._plain
            or word in self._telling
            or mask & (self._others | self._self | self._he)
        )

    def _owned(self, reading: Reading, at: int) -> int | None:
        """The person whom a word for the writer only makes theirs: `anak saya`, `anak gadis saya`."""
        for owner in (at - 1, at - 2):
            if owner < 0 or reading.clauses[owner] != reading.clauses[at]:
                return None
            if reading.masks[owner] & self._others and not reading.masks[owner] & self._self:
                return owner
            word = reading.words[owner]
            if word not in self._kinds and not (word.startswith("se") and len(word) > len("sekos")):
                return None  # "teman sekelas saya"
        return None

    def _object(self, reading: Reading) -> int | None:
        """The child, the old person or the neighbour to whom something is done: "suami saya mukul anak saya"."""
        masks = reading.masks
        for at, mask in enumerate(masks):
            if not mask & self._done:
                continue
            for index in range(at + 1, min(at + 3, len(masks))):
                if reading.clauses[index] != reading.clauses[at]:
                    return None
                if masks[index] & self._cared_for:
                    return index
                if masks[index] & self._self:
                    return None
            return None
        return None


def _befalls(finding: Finding) -> bool:
    return finding.rule.topic in _BEFALLS or finding.rule.id in _BEFALLS_RULES
