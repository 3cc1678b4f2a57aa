"""How far two words are apart, for typing errors."""

_SHORT = 4


def is_one_edit(left: str, right: str) -> bool:
    """Whether one insertion, removal, replacement or swap of neighbours makes one word into the other; so are equal words."""
    if len(left) > len(right):
        left, right = right, left
    start = 0
    while start < len(left) and left[start] == right[start]:
        start += 1
    if len(left) < len(right):
        return left[start:] == right[start + 1 :]
    rest_l, rest_r = left[start:], right[start:]
    return rest_l[1:] == rest_r[1:] or (rest_l[:2] == rest_r[1::-1] and rest_l[2:] == rest_r[2:])


_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BESIDE = frozenset(
    pair
    for upper, lower in zip(_ROWS, (*_ROWS[1:], ""), strict=True)
    for at, key in enumerate(upper)
    for other in (*upper[at + 1 : at + 2], *lower[max(0, at - 1) : at + 1])
    for pair in ((key, other), (other, key))
)


def is_slip(typed: str, meant: str) -> bool:
    """Whether a finger's slip makes a word into the other: two letters swapped, one left out, a neighbouring key hit or hit too.

    The first letter is right. In words of four letters only swapped letters count, for too many of them are one letter apart.
    """
    if typed[:1] != meant[:1] or abs(len(typed) - len(meant)) > 1:
        return False
    at = 0
    while at < min(len(typed), len(meant)) and typed[at] == meant[at]:
        at += 1
    if len(typed) == len(meant):
        if typed[at : at + 2] == meant[at : at + 2][::-1] and typed[at + 2 :] == meant[at + 2 :]:
            return True
        return (
            len(meant) > _SHORT and typed[at + 1 :] == meant[at + 1 :] and (typed[at : at + 1], meant[at : at + 1]) in _BESIDE
        )
    if len(meant) <= _SHORT:
        return False
    if len(typed) < len(meant):
        return typed[at:] == meant[at + 1 :]
    extra, around = typed[at], (typed[at - 1], typed[at + 1 : at + 2])
    return typed[at + 1 :] == meant[at:] and any((extra, key) in _BESIDE or extra == key for key in around)
