"""An outbound message as Telegram takes it: texts of at most 4,096 UTF-16 units, the last with the buttons."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from bot.domain.messages import Button, Form, OutboundMessage

MOST_UNITS = 4096
MOST_DATA_BYTES = 64
MOST_BUTTONS = 100
_SHORT_LABEL = 14
"""Characters that fit when two buttons share a row on a narrow phone."""

PLACE_LABEL = "Kirim lokasi · Send location"
"""On the button that sends where one is; whichever language the talk has."""

Row = list[dict[str, str]]

_BREAKS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?…])\s"), re.compile(r"\s"))
"""Where a text may be cut, best first: between paragraphs, lines, sentences, words."""


class Bubble(msgspec.Struct, frozen=True):
    """One sendMessage. `keyboard` rows of inline buttons, None for none; `form` what becomes of the keyboard under the talk."""

    text: str
    keyboard: list[Row] | None = None
    form: Form = Form.PLAIN

    @property
    def markup(self) -> dict[str, Any] | None:
        """Its reply_markup. Source: Bot API, InlineKeyboardMarkup, ReplyKeyboardMarkup, ReplyKeyboardRemove."""
        if self.keyboard is not None:
            return {"inline_keyboard": self.keyboard}
        if self.form is Form.ASKS_PLACE:
            button = {"text": PLACE_LABEL, "request_location": True}
            return {"keyboard": [[button]], "one_time_keyboard": True, "resize_keyboard": True}
        return {"remove_keyboard": True} if self.form is Form.CLEARS_KEYBOARD else None


def bubbles_of(message: OutboundMessage) -> list[Bubble]:
    """The bubbles that carry a message, in order. Empty when it has no text.

    Buttons that Telegram would refuse are written under the text instead, with numbers, so that they can be typed.
    """
    if not all(_is_sendable(button) for button in message.buttons) or len(message.buttons) > MOST_BUTTONS:
        return plain_bubbles_of(message)
    bubbles = [Bubble(text) for text in split(_words_of(message))]
    if bubbles and (message.buttons or message.form is not Form.PLAIN):
        bubbles[-1] = Bubble(bubbles[-1].text, rows_of(message.buttons) if message.buttons else None, message.form)
    return bubbles


def plain_bubbles_of(message: OutboundMessage) -> list[Bubble]:
    """The same message with its choices in the text."""
    choices = [f"{number}. {_sound(button.label)}" for number, button in enumerate(message.buttons, 1) if button.label.strip()]
    return [Bubble(text) for text in split("\n\n".join(part for part in (_words_of(message), "\n".join(choices)) if part))]


def _words_of(message: OutboundMessage) -> str:
    """The text; a responder's under her name, so that one sees who talks."""
    text = message.text.strip()
    if text and message.author:
        text = f"{message.author}:\n{text}"
    return _sound(text)


def _sound(text: str) -> str:
    """The text without halves of surrogate pairs, which JSON can't carry."""
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def rows_of(buttons: tuple[Button, ...]) -> list[Row]:
    """Rows of one button, or of two when both labels are short."""
    rows: list[list[Button]] = []
    for button in buttons:
        if rows and len(rows[-1]) == 1 and max(len(rows[-1][0].label), len(button.label)) <= _SHORT_LABEL:
            rows[-1].append(button)
        else:
            rows.append([button])
    return [[{"text": button.label, "callback_data": button.id} for button in row] for row in rows]


def split(text: str, most: int = MOST_UNITS) -> list[str]:
    """Parts of at most `most` UTF-16 units, cut between paragraphs where it can be, else lines, sentences, words."""
    return list(_parts(text.strip(), most))


def units(text: str) -> int:
    """Length as Telegram counts it: an emoji is two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _parts(text: str, most: int) -> Iterator[str]:
    while text:
        if units(text) <= most:
            yield text
            return
        head = _head(text, most)
        cut = next((found for found in (_last_break(head, each) for each in _BREAKS) if found), len(head))
        part = text[:cut].strip()
        if part:
            yield part
        text = text[cut:].strip()


def _head(text: str, most: int) -> str:
    """As many whole characters as fit."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * most].decode("utf-16-le", "ignore")


def _last_break(head: str, where: re.Pattern[str]) -> int:
    """The last such place in the second half, so that no part is a scrap; 0 when there is none."""
    return max((found.end() for found in where.finditer(head) if found.start() >= len(head) // 2), default=0)


def _is_sendable(button: Button) -> bool:
    try:
        return bool(button.label.strip() and button.label.encode()) and 1 <= len(button.id.encode()) <= MOST_DATA_BYTES
    except UnicodeEncodeError:
        return False
