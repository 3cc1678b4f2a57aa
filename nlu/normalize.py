"""Turns what was typed into words the rules know, and keeps for each the place in the raw text.

Elongation, leet, reduplication, clitics, abbreviations, joined and split words, one typing error towards words of danger.
"""

import re
from dataclasses import dataclass, field

from nlu.characters import fold
from nlu.dialects import readings
from nlu.edits import is_slip
from nlu.lexicon import Lexicon

# A person's trouble stands at the beginning of a long text or at its end; what lies between is mostly pasted matter. Reading two
# thousand characters from each end keeps the longest real messages whole (a Telegram message is at most 4,096) and bounds the time.
HEAD_CHARS = 2000
TAIL_CHARS = 2000
_LONGEST_TOKEN = 200
_CACHE_LIMIT = 40_000
_FEW_WORDS = 40

_TOKEN = re.compile(r"[a-z0-9]+(?:[-'*@$_][a-z0-9]+)*['*]*|[.!?;\n]+|,|[^\x00-\x7f]")
_DOTTED = re.compile(r"(?<=[a-z])\.(?=[a-z])")
_SAME_AGAIN = re.compile(r" +([a-z]{4,})(?![a-z0-9-])")
_STRETCH = re.compile(r"(.)\1{2,}")
_DOUBLE = re.compile(r"(.)\1+")
_AMOUNT = re.compile(r"^(\d+(?:[.,]\d+)?)([a-z]{1,9})$")
_LABELLED = re.compile(r"^([a-z]{2,8})(\d+)$")
_LEET = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s"}
)
_MY = ("ku",)
_OTHERS = ("ipun", "nyo", "nye", "nya", "ny", "ne", "na", "e", "no")
_PARTICLES = ("lah", "kah", "pun", "mu", "ki", "ka", "ma")
# Makassar endings, which end many words by chance: they need a word that means something before them.
_CLITICS = frozenset(["ki", "ka", "ma"])
_SUFFIXES = tuple(sorted((*_MY, *_OTHERS, *_PARTICLES), key=len, reverse=True))

_SHORTEST_JOINED = 9
_SURELY_JOINED = 18
# A verb written apart from its `di` is mended only when long enough: "di gubuk" is a place.
_SHORTEST_MENDED_APART = 7
_SHORTEST_UNKNOWN_APART = 5
# The only words of two or three letters that a joined token may be cut into.
_SHORT_JOINED = frozenset(
    [
        "sy",
        "gw",
        "gue",
        "aku",
        "di",
        "ke",
        "gak",
        "ga",
        "yg",
        "dia",
        "mau",
        "ibu",
        "om",
        "jam",
        "bos",
        "ini",
        "aja",
        "dan",
        "itu",
        "gk",
        "udh",
        "tdk",
        "org",
        "nya",
        "pas",
        "aq",
        "lg",
    ]
)

Pieces = tuple[tuple[str, int], ...]


@dataclass(kw_only=True, slots=True)
class Reading:
    """The words of a text. `masks`, `starts` and `ends` run alongside `words`; a sentence number for each word in `sentences`,
    and one that a comma raises too in `clauses`.

    `total` is the union of all masks, `fillers` of the words left out because they carry no meaning for rules, `phrase` the bit
    of joined phrases.
    """

    raw: str
    words: list[str]
    masks: list[int]
    starts: list[int]
    ends: list[int]
    sentences: list[int]
    clauses: list[int]
    total: int
    fillers: int
    phrase: int
    _where: dict[int, list[int]] = field(default_factory=dict)
    _places: dict[int, list[int]] = field(default_factory=dict)

    def where(self, mask: int) -> list[int]:
        """The positions of the words that have any of these bits; remembered, since many rules begin alike."""
        positions = self._where.get(mask)
        if positions is None:
            if len(self.masks) <= _FEW_WORDS:
                positions = [at for at, own in enumerate(self.masks) if own & mask]
            else:
                positions = sorted(at for own, places in self._alike().items() if own & mask for at in places)
            self._where[mask] = positions
        return positions

    def _alike(self) -> dict[int, list[int]]:
        """The positions of words that stand for the same; a long text repeats itself, so there are fewer of these than words."""
        alike = self._places
        if not alike:
            for at, own in enumerate(self.masks):
                if own:
                    alike.setdefault(own, []).append(at)
        return alike

    def quote(self, first: int, last: int) -> str:
        """The writer's own words from one word to another, at most 120 characters."""
        return self.raw[self.starts[first] : self.ends[last]][:120]


class Normalizer:
    """Reads texts with one lexicon. Safe to share between threads: the word cache only ever gains or starts afresh."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._cache: dict[str, Pieces] = {}
        self._filler = lexicon.mask("filler")
        self._my, self._his = lexicon.mask("my"), lexicon.mask("his")
        self._number = lexicon.mask("number")
        self._voice = lexicon.negatable
        self._danger = lexicon.negatable | lexicon.mask("no_life") | lexicon.mask("no_eat") | lexicon.mask("abroad")
        self._dialect = ~lexicon.mask("filler")
        self._phrase = lexicon.mask("phrase")
        self._never = lexicon.mask("never")
        self._past = lexicon.mask("past") | lexicon.literal("pernah")
        self._none = lexicon.literal("tidak_ada")
        self._modal = lexicon.mask("want")
        self._negators = lexicon.mask("not") | lexicon.mask("notyet")
        starts: dict[str, int] = {}
        for phrase in lexicon.phrases:
            starts[phrase[0]] = max(starts.get(phrase[0], 0), len(phrase))
        self._phrase_starts = starts
        self._shapes: dict[tuple[str, int], list[str]] = {}
        parts = {part for phrase in lexicon.phrases for part in phrase} | lexicon.literals
        # words of danger come first: they are what people mask
        hidden = [word for word, mask in lexicon.words.items() if mask & self._voice] + sorted(parts)
        for word in hidden:
            if word in lexicon.words:
                self._shapes.setdefault((word[0], len(word)), []).append(word)
        self._seconds = frozenset(second for _first, second in lexicon.after)

    def read(self, text: str) -> Reading:
        """The words of a text, phrases joined, fillers left out."""
        raw = text if len(text) <= HEAD_CHARS + TAIL_CHARS else text[:HEAD_CHARS] + "\n" + text[-TAIL_CHARS:]
        folded, origin = fold(raw)
        if "." in folded and len(_DOTTED.findall(folded)) > folded.count(" "):
            folded = _DOTTED.sub(" ", folded)  # "suami.saya.mukul": dots for blanks, as some type to hide from a filter
        reading = Reading(
            raw=raw, words=[], masks=[], starts=[], ends=[], sentences=[], clauses=[], total=0, fillers=0, phrase=self._phrase
        )
        words, masks, starts, ends = reading.words, reading.masks, reading.starts, reading.ends
        sentences, clauses = reading.sentences, reading.clauses
        cache, filler, phrase_starts = self._cache, self._filler, self._phrase_starts
        sentence = clause = fillers = 0
        has_phrase = False
        previous, seconds = "", self._seconds
        skipped = -1
        for match in _TOKEN.finditer(folded):
            token = match.group()
            if token[0] in ".!?;\n":
                clause += 1
                # A line end or an ellipsis is how people breathe in chat, not the end of a sentence.
                sentence += not (token[0] == "\n" or token.startswith(".."))
                continue
            if token[0] == ",":
                clause += 1
                continue
            if match.start() == skipped:
                continue
            end = match.end()
            # The second of two alike words begins like a part of the first; nearly none does, so this is asked before the call.
            if len(token) > 4 and folded[end : end + 5].strip(" ") in token and (doubled := self._doubled(folded, token, end)):
                pieces, skipped = doubled
            elif token in seconds and (previous, token) in self._lexicon.after:
                pieces = tuple(piece for word in self._lexicon.after[previous, token] for piece in self.look_up(word))
            else:
                pieces = cache.get(token) or self.look_up(token)
            previous = token
            for word, mask in pieces:
                if mask & filler:
                    fillers |= mask
                    continue
                words.append(word)
                masks.append(mask)
                starts.append(match.start())
                ends.append(end)
                sentences.append(sentence)
                clauses.append(clause)
                if word in phrase_starts or word == "di":
                    has_phrase = True
        if origin is not None:
            reading.starts = [origin[start] for start in starts]
            reading.ends = [origin[end - 1] + 1 for end in ends]
        if has_phrase:
            self._join_phrases(reading)
        total = 0
        for mask in reading.masks:
            total |= mask
        reading.total, reading.fillers = total, fillers
        return reading

    def _doubled(self, folded: str, token: str, end: int) -> tuple[Pieces, int] | None:
        """`pegang pegang` and `dipegang pegang` are `pegang2`, when that is a word of danger; with the place of the second word."""
        if not token.isalpha():
            return None
        after = _SAME_AGAIN.match(folded, end)
        if after is None or not token.endswith(after.group(1)):
            return None
        pieces = self._known(token + "2")
        if pieces is None or not pieces[0][1] & self._voice:
            return None
        return pieces, after.start(1)

    def look_up(self, token: str) -> Pieces:
        """The known words a token stands for, each with its mask; an unknown token stands for itself with mask 0."""
        pieces = self._cache.get(token)
        if pieces is None:
            pieces = self._find(token[:_LONGEST_TOKEN])
            if len(self._cache) >= _CACHE_LIMIT:
                self._cache.clear()
            if len(token) <= _LONGEST_TOKEN:
                self._cache[token] = pieces
        return pieces

    def _find(self, token: str) -> Pieces:
        if token.isdecimal():
            return ((token, self._number | self._lexicon.words.get(token, 0)),)
        if not token[0].isascii():
            return self._known(token) or ((token, self._filler),)
        return (
            self._known(token)
            or self._amount(token)
            or self._respelt(token)
            or self._hyphened(token)
            or self._without_suffix(token)
            or self._sounded(token)
            or self._mended(token)
            or self._split(token)
            or ((token, 0),)
        )

    def _known(self, token: str) -> Pieces | None:
        lexicon = self._lexicon
        full = lexicon.slang.get(token)
        if full is not None:
            return tuple(piece for word in full for piece in (self._exact(word) or ((word, 0),)))
        return self._exact(token)

    def _exact(self, word: str) -> Pieces | None:
        mask = self._lexicon.words.get(word)
        if mask is not None:
            if word in self._lexicon.literals and (base := self._without_suffix(word)):
                return ((base[0][0], mask | base[0][1]),)
            if not mask and (base := self._without_suffix(word)):
                mask = base[0][1]  # known only as part of a phrase ("tangannya nakal")
            return ((word, mask),)
        return self._without_suffix(word)

    def _without_suffix(self, token: str) -> Pieces | None:
        """Takes off -nya, -ku, -lah and the like when what is left is a word."""
        words = self._lexicon.words
        for suffix in _SUFFIXES:
            if not token.endswith(suffix) or len(token) - len(suffix) < 3:
                continue
            base = token[: -len(suffix)]
            if (suffix == "e" and base[-1] in "aeiou") or (suffix in _CLITICS and base[-1] == suffix[0]):
                continue
            if base not in words and base in self._lexicon.slang and len(base) > 2:
                base = self._lexicon.slang[base][-1]
            mask = words.get(base)
            if mask is not None and (mask or (len(suffix) > 1 and suffix not in _CLITICS)):
                extra = self._my if suffix in _MY else self._his if suffix in _OTHERS else 0
                return ((base, mask | extra),)
        return None

    def _amount(self, token: str) -> Pieces | None:
        """`17th` and `umur17` are a number and a word."""
        if match := _AMOUNT.match(token):
            unit = self._known(match.group(2))
            if unit and match.group(2) not in {"nya", "an", "in", "x"}:
                return (*self._find(match.group(1)), *unit)
        if (match := _LABELLED.match(token)) and match.group(2) != "2":
            label = self._known(match.group(1))
            if label:
                return (*label, (match.group(2), self._number))
        return None

    def _respelt(self, token: str) -> Pieces | None:
        """Undoes stretched letters, digits and signs for letters, doubled words, stars for letters."""
        tries = []
        bare = token.strip("'*")
        if bare != token:
            tries.append(bare)
        if "'" in token:
            tries.append(token.replace("'", "k"))
            tries.append(token.replace("'", ""))
        if _STRETCH.search(token):
            tries += [_STRETCH.sub(r"\1", token), _STRETCH.sub(r"\1\1", token)]
        if _DOUBLE.search(token):
            tries.append(_DOUBLE.sub(r"\1", token))
        if "2" in token[1:]:
            tries.append(token.replace("2", ""))
        if any(char in "0123456789@$" for char in token) and any(char.isalpha() for char in token):
            tries.append(token.translate(_LEET))
        for attempt in tries:
            if attempt and (found := self._known(attempt)):
                return found
        if "*" in bare:
            return self._starred(bare)
        return None

    def _starred(self, token: str) -> Pieces | None:
        """`b*nuh`: each star is one letter, the first letter is sure."""
        pattern = re.compile(re.escape(token).replace(r"\*", "[a-z]") + "$")
        for word in self._shapes.get((token[0], len(token)), ()):
            if pattern.match(word):
                return ((word, self._lexicon.words[word]),)
        return None

    def _hyphened(self, token: str) -> Pieces | None:
        if "-" not in token and "_" not in token:
            return None
        halves = [half for half in re.split(r"[-_]", token) if half]
        joined = self._known("".join(halves))
        if joined:
            return joined
        if len(halves) == 2 and (halves[0].endswith(halves[1]) or halves[1].startswith(halves[0][-4:])):
            found = [self._known(half) for half in halves]
            both = [pieces for pieces in found if pieces]
            if both:
                return max(both, key=lambda pieces: pieces[0][1].bit_count())
        pieces = [piece for half in halves for piece in self._find(half)]
        return tuple(pieces) if pieces else None

    def _sounded(self, token: str) -> Pieces | None:
        """A word of danger or need as a regional language sounds it (`bunuah`, `minong`), when Indonesian has no such word."""
        for attempt in readings(token):
            pieces = self._exact(attempt)
            if pieces and pieces[0][1] & self._dialect:
                return pieces
        return None

    def _mended(self, token: str) -> Pieces | None:
        """One typing error away from a word of danger or need, or its bare consonants."""
        token = token.removesuffix("2")
        if len(token) < 4 or not token.isalpha():
            return None
        squeezed = _DOUBLE.sub(r"\1", token)
        form = self._lexicon.unvowelled(squeezed)
        if form is None and len(squeezed) >= 5:
            form = self._lexicon.repaired(squeezed)
            if form is None:
                for suffix in ("nya", "ku", "lah"):
                    if squeezed.endswith(suffix) and len(squeezed) > 8:
                        form = self._lexicon.repaired(squeezed[: -len(suffix)])
                        break
        if form is None and (slip := self._lexicon.slipped(token)):
            form = slip
        return self._known(form) if form else None

    def _split(self, token: str) -> Pieces | None:
        """Words written without blanks (`sayadipukulsuami`): the fewest known words that fill the token.

        A token that could be one word is cut only when a part is a word of danger: ordinary unknown words must not fall apart.
        """
        is_sure = len(token) >= _SURELY_JOINED
        if len(token) < _SHORTEST_JOINED or not (token.isalpha() or is_sure):
            return None
        best = self._cheapest_cuts(token)
        parts: list[str] = []
        end = len(token)
        while end:
            step = best[end]
            if step is None:
                return None
            parts.append(token[step[1] : end])
            end = step[1]
        scraps = sum(len(part) == 1 for part in parts)
        if scraps * 4 > len(token) if is_sure else len(token) < 4 * len(parts):
            return None
        pieces = tuple(piece for part in reversed(parts) for piece in (self._known(part) or ((part, 0),)))
        return pieces if is_sure or any(mask & self._danger for _word, mask in pieces) else None

    def _cheapest_cuts(self, token: str) -> list[tuple[int, int] | None]:
        """For each end in the token the cost of the cheapest way there and where its last word starts.

        A token too long for one word may hold scraps that are no word; a shorter one must be filled by words.
        """
        words, slang = self._lexicon.words, self._lexicon.slang
        may_skip = len(token) >= _SURELY_JOINED
        best: list[tuple[int, int] | None] = [(0, 0)] + [None] * len(token)
        for end in range(1, len(token) + 1):
            for start in range(max(0, end - 16), end):
                reached = best[start]
                if reached is None:
                    continue
                length = end - start
                part = token[start:end]
                if part in _SHORT_JOINED or (length > 3 and (part in words or part in slang)):
                    cost = reached[0] + (10 if length < 4 else 6)
                elif may_skip and (length == 3 or (length == 2 and part in slang)) and (part in words or part in slang):
                    cost = reached[0] + (9 if length == 3 else 11)
                elif may_skip and length == 1:
                    cost = reached[0] + 8
                else:
                    continue
                current = best[end]
                if current is None or cost < current[0]:
                    best[end] = (cost, start)
        return best

    def _join_phrases(self, reading: Reading) -> None:
        """Makes one word of each known phrase, and of `di` and the verb written apart from it."""
        phrases, starts = self._lexicon.phrases, self._phrase_starts
        words, masks = reading.words, reading.masks
        kept: list[tuple[str, int, int, int, int, int]] = []
        index, count = 0, len(words)
        while index < count:
            word = words[index]
            last, mask = index, masks[index]
            for length in range(min(starts.get(word, 0), count - index), 1, -1):
                found = phrases.get(tuple(words[index : index + length]))
                if length == 2 and masks[index] & self._negators and masks[index + 1] & self._modal:
                    break  # "gak mau" denies what follows and stays two words
                if found is not None and reading.sentences[index] == reading.sentences[index + length - 1]:
                    last = index + length - 1
                    mask = found | self._of_parts(found, masks[index : last + 1])
                    word = " ".join(words[index : last + 1])
                    break
            else:
                if word == "di" and index + 1 < count and reading.ends[index] != reading.ends[index + 1]:
                    after = words[index + 1]
                    joined, passive = self.look_up("di" + after)[0]
                    if "di" + after != joined and not self._is_mended_apart(after, joined):
                        passive = 0
                    if passive & self._voice:
                        last, mask, word = index + 1, passive | self._clitics(masks[index + 1]), joined
            kept.append(
                (word, mask, reading.starts[index], reading.ends[last], reading.sentences[index], reading.clauses[index])
            )
            index = last + 1
        reading.words = [item[0] for item in kept]
        reading.masks = [item[1] for item in kept]
        reading.starts = [item[2] for item in kept]
        reading.ends = [item[3] for item in kept]
        reading.sentences = [item[4] for item in kept]
        reading.clauses = [item[5] for item in kept]

    def _is_mended_apart(self, verb: str, joined: str) -> bool:
        """Whether a misspelt verb apart from its `di` may be mended: a short one only after a slip, and never a word."""
        if len(verb) >= _SHORTEST_MENDED_APART or set(verb).isdisjoint("aeiou"):
            return True
        is_unknown = len(verb) >= _SHORTEST_UNKNOWN_APART and verb not in self._lexicon.words
        return is_unknown and is_slip(verb, joined.removeprefix("di"))

    def _clitics(self, mask: int) -> int:
        return mask & (self._my | self._his)

    def _of_parts(self, phrase: int, parts: list[int]) -> int:
        """What a phrase keeps of its words: all but a negator, or only the endings when it replaces them."""
        kept = self._phrase
        for mask in parts:
            kept |= mask
        if phrase & self._lexicon.replacing:
            return (kept & (self._my | self._his)) | self._phrase
        if phrase & self._never:
            kept &= ~self._past  # "gak pernah" tells nothing of the past
        if len(parts) == 2 and phrase & self._none:
            return kept  # "gak ada yang mukul"
        return kept & ~self._negators
