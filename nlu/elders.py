"""Old people who call themselves by the word their family uses: "nak, mbah belum makan" is the writer's own hunger."""

from nlu.datafile import Block
from nlu.lexicon import Lexicon
from nlu.normalize import Reading

_DENIALS = ("tidak", "belum")


class ElderReader:
    """Makes the kin word of somebody who speaks to the reader as to a child a word for the writer.

    The sign is a form of address to the young ("nak", "cu", "le", "nduk") beside a kin word without "saya", -ku or -nya. To be made
    when the rules have named their words.
    """

    def __init__(self, lexicon: Lexicon, words: Block) -> None:
        self._young = 0
        for word in words.words("young"):
            self._young |= lexicon.literal(word)
        # "Nak" is also Malay for "want": before any other word it stands for that.
        self._after_young, self._telling = frozenset(words.words("after_young")), frozenset(words.words("telling"))
        self._old = lexicon.mask("grandparent")
        self._kin = self._old | lexicon.mask("father") | lexicon.mask("mother")
        self._self, self._owned = lexicon.mask("self"), lexicon.mask("my") | lexicon.mask("his")
        self._no_subject = lexicon.mask("by") | lexicon.passives
        self._person = self._kin | self._self | lexicon.mask("he") | lexicon.mask("child") | lexicon.mask("household")
        self._want = lexicon.mask("want")
        writer = lexicon.words["aku"] | lexicon.mask("kin_self")
        self._as_kin, self._as_old = writer, writer | lexicon.mask("old_self")

    def settle(self, reading: Reading) -> Reading:
        """The reading, in it the writer's own kin word as a word for the writer."""
        total = reading.total
        if not (total & self._young and total & self._kin) or not self._speaks_to_young(reading):
            return reading
        own = self._own_word(reading)
        if own is None:
            return reading
        masks, total = reading.masks, 0
        for at, word in enumerate(reading.words):
            if word == own and self._is_own(reading, at):
                masks[at] = self._as_old if masks[at] & self._old else self._as_kin
            total |= masks[at]
        reading.total = total
        return reading

    def _speaks_to_young(self, reading: Reading) -> bool:
        masks, words, clauses = reading.masks, reading.words, reading.clauses
        for at, mask in enumerate(masks):
            if not mask & self._young:
                continue
            is_first = not at or clauses[at - 1] != clauses[at]
            is_last = at + 1 == len(masks) or clauses[at + 1] != clauses[at]
            if at and words[at - 1] in self._telling:
                continue  # "ibu bilang nak …"
            if is_last:
                return True
            is_want = masks[at] & self._want and not is_first and masks[at - 1] & self._person  # "mbah nak makan"
            is_denial = words[at + 1].startswith(_DENIALS)
            if not is_want and (words[at + 1] in self._after_young or is_denial or (is_first and masks[at + 1] & self._kin)):
                return True
        return False

    def _own_word(self, reading: Reading) -> str | None:
        """The kin word that the writer is called by: a grandparent's first, then the first that is a subject."""
        found = [at for at, mask in enumerate(reading.masks) if mask & self._kin and self._is_own(reading, at)]
        old = next((at for at in found if reading.masks[at] & self._old), None)
        if old is not None:
            return reading.words[old]
        if reading.total & self._self:
            return None  # "nak, ibu saya": somebody else's mother
        subject = next((at for at in found if not (at and reading.masks[at - 1] & self._no_subject)), None)
        return None if subject is None else reading.words[subject]

    def _is_own(self, reading: Reading, at: int) -> bool:
        after = at + 1
        is_owned = after < len(reading.masks) and reading.clauses[after] == reading.clauses[at]
        return not reading.masks[at] & self._owned and not (is_owned and reading.masks[after] & self._self)
