"""Whether a word of danger is denied: "gak dipukul" is, "gak kuat dipukul terus" is not."""

from nlu.lexicon import Lexicon
from nlu.normalize import Reading

# A negator reaches the next verb; three words leave room for "gak pernah sampai dipukul".
_REACH = 4
_NONE_REACH = 2


class Negation:
    """Knows the negators of one reading."""

    __slots__ = (
        "_absorber",
        "_any",
        "_as_far_as",
        "_clause",
        "_heads",
        "_if",
        "_none",
        "_not",
        "_passives",
        "_reading",
        "_subject",
        "_want",
    )

    def __init__(self, reading: Reading, lexicon: Lexicon) -> None:
        self._reading = reading
        self._not = lexicon.mask("not")
        self._want, self._passives = lexicon.mask("want"), lexicon.passives
        self._none = lexicon.literal("tidak_ada")
        self._absorber = lexicon.mask("absorber")
        self._clause = lexicon.mask("clause")
        self._heads = lexicon.negatable
        self._as_far_as = lexicon.literal("sampai")
        self._if, self._subject = lexicon.mask("if"), lexicon.mask("subject")
        self._any = bool(reading.total & self._not)

    def __call__(self, position: int, used: tuple[int, ...]) -> bool:
        """Whether the word is negated; a negator that is part of the match (`used`) is the sign itself and does not count."""
        if not self._any:
            return False
        masks, clauses = self._reading.masks, self._reading.clauses
        # "gak mau mati" denies the wish; "gak mau dipukul lagi" does not deny the blows
        heads = self._heads if masks[position] & self._passives else self._heads & ~self._want
        count = 0
        for at in range(position - 1, max(-1, position - 1 - _REACH), -1):
            if clauses[at] != clauses[position]:
                break
            mask = masks[at]
            if mask & self._not:
                follows = masks[at + 1]
                if (mask & self._none and position - at > _NONE_REACH) or self._is_otherwise(at, position):
                    continue
                if at not in used and not (follows & self._absorber and at + 1 != position):
                    count += 1
            elif mask & self._clause:
                # "gak sampai kepikiran" denies what follows; "nangis sampai dipukul" does not.
                if not (mask & self._as_far_as and at and masks[at - 1] & self._not):
                    break
            elif mask & heads and at not in used:
                break
        return count % 2 == 1 or (count == 0 and self._denied_after(position, used))

    def _is_otherwise(self, at: int, position: int) -> bool:
        """`kalau enggak fotoku disebar`: the negator stands for a whole clause, for what it denies never has its subject after it."""
        masks = self._reading.masks
        return bool(at and masks[at - 1] & self._if) and any(
            masks[between] & self._subject for between in range(at + 1, position)
        )

    def _denied_after(self, position: int, used: tuple[int, ...]) -> bool:
        """`dipukul sih enggak`: the negator ends the clause."""
        masks, clauses = self._reading.masks, self._reading.clauses
        for at in range(position + 1, min(position + 3, len(masks))):
            if clauses[at] != clauses[position] or at in used or masks[at] & self._clause:
                return False
            if masks[at] & self._not:
                return at + 1 == len(masks) or clauses[at + 1] != clauses[at] or bool(masks[at + 1] & self._clause)
        return False
