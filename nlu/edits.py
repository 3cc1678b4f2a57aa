"""How far two words are apart, for typing errors."""


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
