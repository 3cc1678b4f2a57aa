"""Words and what they stand for: concepts (`hit`, `spouse`, `now`) as bits, loaded from nlu/data/lexicon.

A word's mask has one bit for each concept it belongs to, so "does this word strike somebody or threaten him" is one `&`.
A concept with stems has three bits: `hit.act` (somebody does it), `hit.pas` (it is done to somebody) and `hit` for the rest.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from nlu.datafile import Block, read
from nlu.edits import is_one_edit, is_slip
from nlu.errors import LexiconError
from nlu.forms import forms

_KEYS = frozenset(
    [
        "about",
        "words",
        "stems",
        "more_stems",
        "active",
        "passive",
        "except",
        "includes",
        "replaces",
        "negatable",
        "common",
        "repair",
        "slips",
    ]
)
_REPAIR_LENGTH = 5
_SLIP_LENGTHS = range(4, 8)
_SHORTEST_REGIONAL = 7
_SHORTEST_BONES = 4


class Lexicon:
    """All words, phrases, concepts and abbreviations."""

    def __init__(self) -> None:
        self.concepts: dict[str, int] = {}
        self.words: dict[str, int] = {}
        self.phrases: dict[tuple[str, ...], int] = {}
        self.slang: dict[str, tuple[str, ...]] = {}
        # Words known only because a rule names them: their endings still carry meaning (`anaknya` is also a child).
        self.literals: set[str] = set()
        # What a word is read as right after another: `tau` is "ever" after Javanese `ora`, elsewhere "know".
        self.after: dict[tuple[str, str], tuple[str, ...]] = {}
        self.negatable = 0
        self.common = 0
        # Phrases of these concepts hide the words they are made of ("bunuh diri" is no killing, "mati lampu" no death).
        self.replacing = 0
        self.passives = 0
        self._repairs: dict[str, str] = {}
        self._repairable: list[str] = []
        self._skeletons: dict[str, str] = {}
        # Short words of danger and need, towards which only a slip of the finger is mended; under each of them with a letter left out.
        self._slips: dict[str, tuple[str, ...]] = {}
        self._slippable: list[str] = []
        self._meagre: dict[str, tuple[str, ...]] = {}
        self._grave = 0
        self._next_bit = 1

    @classmethod
    def load(cls, folder: Path) -> "Lexicon":
        """The lexicon of a folder of YAML files.

        Raises:
            LexiconError: something in them can't be used; all faults at once, each with file and line.
        """
        lexicon = cls()
        faults: list[str] = []
        blocks: list[tuple[str, Block]] = []
        for path in sorted(folder.glob("*.yml")):
            try:
                lexicon._collect(read(path), blocks)
            except LexiconError as exc:
                faults.extend(exc.faults)
        for name, block in blocks:
            lexicon._declare(name, block, faults)
        for name, block in blocks:
            lexicon._include(name, block, faults)
        for name, block in blocks:
            lexicon._check_written_out(block, faults)
            lexicon._fill(name, block)
        if faults:
            raise LexiconError(tuple(faults))
        for name, block in blocks:
            lexicon._note_repairs(name, block)
        return lexicon

    def mask(self, name: str) -> int:
        """The bits of a concept; 0 when there is none of this name."""
        return self.concepts.get(name, 0)

    def literal(self, word: str) -> int:
        """The bits of a single word, which becomes a concept of its own."""
        name = "=" + word
        if name not in self.concepts:
            self.concepts[name] = self._bit()
            if "_" not in word and word not in self.words:
                self.literals.add(word)
            self._add(word, self.concepts[name])
        return self.concepts[name]

    def leave_alone(self, name: str) -> None:
        """Makes the words of a name known, so that none is taken for a misspelt word of danger (Bekasi is no `bekap`)."""
        for word in name.lower().split():
            self.words.setdefault(word, 0)

    def repaired(self, token: str) -> str | None:
        """The known form one typing error away (a letter too many, too few, wrong, or two swapped), or None."""
        repairs = self._repairs
        if found := repairs.get(token):
            return found
        for index in range(len(token)):
            shorter = token[:index] + token[index + 1 :]
            found = repairs.get(shorter)
            if found and found[0] == token[0] and abs(len(found) - len(token)) <= 1 and is_one_edit(token, found):
                return found
        return None

    def slipped(self, token: str) -> str | None:
        """The short word that a slip of the finger has made the token of, or None."""
        slips = self._slips
        for key in (token, *(token[:index] + token[index + 1 :] for index in range(1, len(token)))):
            for form in slips.get(key, ()):
                if is_slip(token, form):
                    return form
        return None

    def unvowelled(self, token: str) -> str | None:
        """The known form whose consonants the token is (`dpkl`), half of its vowels left out or more (`kbkran`), or None."""
        if form := self._skeletons.get(token):
            return form
        bones = _bones(token)
        if len(bones) < _SHORTEST_BONES or len(token) == len(bones):
            return None
        for form in self._meagre.get(bones, ()):
            if _leaves_vowels_out(token, form):
                return form
        return None

    def _bit(self) -> int:
        bit = self._next_bit
        self._next_bit <<= 1
        return bit

    def _collect(self, root: Block, blocks: list[tuple[str, Block]]) -> None:
        for key in root:
            if key not in {"concepts", "slang", "plain", "plain_stems", "about"}:
                raise LexiconError((f"{root.where(key)}: `{key}` is none of concepts, slang, plain, plain_stems, about",))
        for number, line in enumerate(root.text("slang").splitlines()):
            if not line.strip():
                continue
            short, colon, full = line.partition(":")
            if not colon or not full.split():
                raise LexiconError((f"{root.file}:{root.lines['slang'] + number + 1}: `forms: full words` is wanted",))
            for form in short.split():
                first, _, second = form.partition("_")
                if second:
                    self.after[first, second] = tuple(full.split())
                else:
                    self.slang[form] = tuple(full.split())
        for word in root.words("plain"):
            self.words.setdefault(word, 0)
        for stem in root.words("plain_stems"):
            made = forms(stem)
            for word in made.active | {form for form in made.passive if form.startswith(("di", "ke"))}:
                # Minangkabau forms are left to their sound: `maminum` is also how the language says "minum".
                if not word.startswith("ma") or stem.startswith("ma"):
                    self.words.setdefault(word, 0)
        concepts = root.get("concepts", Block(root.file, 1))
        if not isinstance(concepts, Block):
            raise LexiconError((f"{root.where('concepts')}: `concepts` must be a mapping",))
        for name, block in concepts.items():
            if not isinstance(block, Block):
                raise LexiconError((f"{concepts.where(name)}: `{name}` must be a mapping",))
            blocks.append((name, block))

    def _declare(self, name: str, block: Block, faults: list[str]) -> None:
        faults.extend(f"{block.where(key)}: `{key}` is no key of a concept" for key in block if key not in _KEYS)
        if name in self.concepts:
            faults.append(f"{block.where()}: the concept `{name}` stands twice")
        own = self._bit()
        if "stems" in block or "more_stems" in block or "active" in block or "passive" in block:
            active, passive = self._bit(), self._bit()
            self.passives |= passive
            self.concepts[name + ".act"], self.concepts[name + ".pas"] = active, passive
            self.concepts[name + ".word"] = own
            own |= active | passive
        self.concepts[name] = own

    def _include(self, name: str, block: Block, faults: list[str]) -> None:
        for other in block.words("includes"):
            if other not in self.concepts:
                faults.append(f"{block.where('includes')}: there is no concept `{other}`")
            self.concepts[name] |= self.concepts.get(other, 0)

    def _fill(self, name: str, block: Block) -> None:
        excepted = set(block.words("except"))
        for word in excepted:
            self.words.setdefault(word, 0)
        has_voice = name + ".act" in self.concepts
        own = self.concepts[name + ".word"] if has_voice else self.concepts[name] & ~self._included(block)
        active, passive = self.concepts.get(name + ".act", 0), self.concepts.get(name + ".pas", 0)
        if block.text("replaces") == "yes":
            self.replacing |= own
        if block.text("common") == "yes":
            self.common |= self.concepts[name]
        negatable = block.text("negatable") or ("yes" if has_voice else "no")
        if negatable == "yes":
            self.negatable |= own | active | passive
        for word in block.words("words"):
            self._add(word, own)
        for word in block.words("active"):
            self._add(word, active)
        for word in block.words("passive"):
            self._add(word, passive)
        for stem in block.words("stems") + block.words("more_stems"):
            made = forms(stem)
            self._add_all(made.active - excepted, active)
            self._add_all(made.passive - excepted, passive)
            for helper in ("kena", "dapa", "dapat", "kenak"):
                self.phrases[helper, stem] = self.phrases.get((helper, stem), 0) | passive

    def _check_written_out(self, block: Block, faults: list[str]) -> None:
        """A word that the normaliser writes out as another would give that other its meaning (`uda`, brother, is also `sudah`)."""
        for key in ("words", "active", "passive"):
            for word in block.words(key):
                full = self.slang.get(word, (word,))
                if full != (word,) and "_" not in word:
                    faults.append(f"{block.where(key)}: `{word}` is read as `{' '.join(full)}`; list that instead")

    def _included(self, block: Block) -> int:
        mask = 0
        for other in block.words("includes"):
            mask |= self.concepts.get(other, 0)
        return mask

    def _add_all(self, words: Iterable[str], mask: int) -> None:
        known = self.words
        for word in words:
            known[word] = known.get(word, 0) | mask

    def _add(self, word: str, mask: int) -> None:
        parts = tuple(self._canonical(word))
        if len(parts) == 1:
            self.words[parts[0]] = self.words.get(parts[0], 0) | mask
            if word != parts[0] and word not in self.slang:
                self.words[word] = self.words.get(word, 0) | mask
        else:
            self.phrases[parts] = self.phrases.get(parts, 0) | mask
            for part in parts:
                self.words.setdefault(part, 0)

    def _canonical(self, word: str) -> Iterator[str]:
        """A phrase's words as the normaliser will hand them on: abbreviations written out."""
        for part in word.split("_"):
            yield from self.slang.get(part, (part,))

    def index_repairs(self) -> None:
        """Remembers what each form worth a repair looks like with one letter missing. Called once the rules have named their words."""
        for form in self._repairable:
            self._index(form, _REPAIR_LENGTH)
        for form in sorted(self.literals):
            self._index(form, _REPAIR_LENGTH + 2)
        for phrase in self.phrases:
            for form in phrase:
                self._index(form, _REPAIR_LENGTH + 2)
        meant = [form for form in self.slang if any(self.words.get(word, 0) & self._grave for word in self.slang[form])]
        for form in meant:
            self._index(form, _REPAIR_LENGTH + 3)
        for form in dict.fromkeys((*self._slippable, *self._repairable)):
            if form.isalpha() and len(bones := _bones(form)) >= _SHORTEST_BONES:
                self._meagre[bones] = (*self._meagre.get(bones, ()), form)
        for form in dict.fromkeys((*self._slippable, *meant)):
            if len(form) in _SLIP_LENGTHS and form.isalpha():
                for key in {form, *(form[:index] + form[index + 1 :] for index in range(1, len(form)))}:
                    self._slips[key] = (*self._slips.get(key, ()), form)

    def _index(self, form: str, shortest: int) -> None:
        if len(form) < shortest or not form.isalpha():
            return
        repairs = self._repairs
        repairs.setdefault(form, form)
        for index in range(1 if len(form) < 7 else 0, len(form)):
            repairs.setdefault(form[:index] + form[index + 1 :], form)
        bones = _bones(form)
        if len(bones) >= 4 and bones not in self.words:
            self._skeletons.setdefault(bones, form)

    def _note_repairs(self, name: str, block: Block) -> None:
        """The forms of a concept that a typing error may have hidden: of its main stems, and its single words."""
        stems = block.words("stems") + block.words("more_stems")
        excepted = set(block.words("except"))
        listed = block.words("words") + block.words("active") + block.words("passive")
        if block.text("slips") == "yes" or "stems" in block:
            self._grave |= self.concepts[name]
            self._slippable += [form for form in (*stems, *listed) if form not in excepted and "_" not in form]
            self._slippable += [
                form for stem in block.words("stems") for form in sorted(forms(stem).common) if form not in excepted
            ]
        if block.text("repair") == "no":
            return
        self._repairable += [
            form for stem in block.words("stems") for form in sorted(forms(stem).common) if form not in excepted
        ]
        # A regional stem is rarely typed, so a mistake in it is mended only where it is long and plainly suffered.
        self._repairable += [
            form
            for stem in block.words("more_stems")
            for form in ("di" + stem, "di" + stem + "in", "e" + stem)
            if len(form) > _SHORTEST_REGIONAL and form not in excepted
        ]
        shortest = _REPAIR_LENGTH if block.text("repair") == "yes" else _REPAIR_LENGTH + 1
        self._repairable += [word for word in listed if "_" not in word and len(word) >= shortest]


def _bones(word: str) -> str:
    """The first letter and the consonants after it."""
    return word[0] + "".join(letter for letter in word[1:] if letter not in "aeiou")


def _leaves_vowels_out(token: str, form: str) -> bool:
    """Whether the token is the form without at least half of its vowels; both have the same consonants."""
    left, letters = len(form) - len(token), iter(form)
    return left * 2 >= len(form) - len(_bones(form)) and all(letter in letters for letter in token)
