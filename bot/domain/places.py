"""Where somebody says they are, on a map: kept to about ten metres, and shown as exactly as it is needed."""

_EXACT, _COARSE = 4, 2
"""Decimals of a degree: about 11 m, to find a person; about 1 km, to know the part of town."""


def write_place(latitude: float, longitude: float, name: str = "") -> str:
    """The words that stand for a place in a thread: latitude, longitude, and in a second line what the person called it."""
    words = f"{latitude:.{_EXACT}f}, {longitude:.{_EXACT}f}"
    return f"{words}\n{name}" if name else words


def show_place(words: str, *, is_exact: bool) -> str:
    """The same for a reader; without the name, and coarser, where it need not be exact. What is no place stays as it is."""
    first, _, _name = words.partition("\n")
    if is_exact:
        return words
    try:
        latitude, longitude = (float(part) for part in first.split(","))
    except ValueError:
        return words
    return f"{latitude:.{_COARSE}f}, {longitude:.{_COARSE}f}"
