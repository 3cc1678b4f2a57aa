"""Reading what others send: as much of it as has the right shape, and never an exception.

A typed msgspec decoder reads an update in about a microsecond. What it refuses (a null or a text where an object should be,
lone surrogates, bytes that are no UTF-8) is read again the slow way, each field alone, so that one bad field hides no other.
"""

import json
from collections.abc import Iterable
from types import UnionType
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

S = TypeVar("S", bound=msgspec.Struct)

MOST_CHARACTERS = 4096


def clean(text: str) -> str:
    """The text without what no database and no terminal takes: lone surrogates and NUL become U+FFFD. At most 4,096 characters."""
    text = text[:MOST_CHARACTERS]
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")


def read(decoder: msgspec.json.Decoder[S], raw: bytes) -> S:
    """What `raw` says in the decoder's type; what has no right shape is as if it had not been there. Every field needs a default."""
    try:
        return decoder.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return _salvage(decoder.type, loose(raw))


def loose(raw: bytes) -> Any:
    """JSON as the standard library reads it, lone surrogates included; None when it is none."""
    try:
        return json.loads(raw.decode(errors="replace"))
    except (ValueError, RecursionError):
        return None


def _salvage(kind: type[S], value: Any) -> S:
    """As much of an object as has the right types; the rest is as if it had not been there."""
    result = kind()
    if not isinstance(value, dict):
        return result
    hints = get_type_hints(kind)
    for field in msgspec.structs.fields(kind):
        given = value.get(field.encode_name)
        if given is None:
            continue
        hint = hints[field.name]
        struct = _struct_in(hint)
        if struct is not None and isinstance(given, dict):
            setattr(result, field.name, _salvage(struct, given))
            continue
        try:
            setattr(result, field.name, msgspec.convert(given, hint))
        except (msgspec.ValidationError, RecursionError, UnicodeError):
            continue
    return result


def _struct_in(hint: Any) -> type[msgspec.Struct] | None:
    kinds: Iterable[Any] = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    return next((each for each in kinds if isinstance(each, type) and issubclass(each, msgspec.Struct)), None)
