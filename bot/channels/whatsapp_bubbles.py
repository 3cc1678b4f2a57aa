"""An outbound message as the WhatsApp Cloud API takes it, within its limits; what does not fit is written out with numbers.

Source of the limits: Meta, Cloud API reference, messages (text 4,096; interactive body 1,024; 3 buttons of 20; 10 rows of 24).
"""

from collections.abc import Sequence
from typing import Any

from bot.channels.telegram_bubbles import split, units
from bot.domain.messages import Button, Form, OutboundMessage

MOST_TEXT, MOST_BODY = 4096, 1024
MOST_BUTTONS, MOST_TITLE = 3, 20
MOST_ROWS, MOST_ROW_TITLE = 10, 24
MOST_ID = 200
LIST_LABEL = "Pilihan · Options"
"""On the button that opens a list; whichever language the talk has."""

Content = dict[str, Any]


def contents_of(message: OutboundMessage, *, template: str = "") -> list[Content]:
    """`type` and content of each call, in order: nearly always one. Empty when there is no text, or no template to send it by."""
    if message.form is Form.TEMPLATE:
        # What it says stands at Meta, approved; ours is the same text, for the thread.
        named = {"name": template, "language": {"code": message.language}}
        return [{"type": "template", "template": named}] if template else []
    words = message.text.strip()
    if words and message.author:
        words = f"{message.author}:\n{words}"
    if message.form is Form.ASKS_PLACE and words:
        *before, last = split(words, MOST_BODY)
        return [*(_text(part) for part in before), _ask_place(last)]
    if message.buttons and units(words) <= MOST_BODY and words:
        if _fit(message.buttons, most=MOST_BUTTONS, title=MOST_TITLE):
            return [_buttons(words, message.buttons)]
        if _fit(message.buttons, most=MOST_ROWS, title=MOST_ROW_TITLE):
            return [_list(words, message.buttons)]
    choices = "\n".join(f"{number}. {button.label}" for number, button in enumerate(message.buttons, 1))
    whole = "\n\n".join(part for part in (words, choices) if part)
    return [_text(part) for part in split(whole, MOST_TEXT)]


def _text(words: str) -> Content:
    return {"type": "text", "text": {"body": words, "preview_url": False}}


def _ask_place(words: str) -> Content:
    action = {"name": "send_location"}
    return {
        "type": "interactive",
        "interactive": {"type": "location_request_message", "body": {"text": words}, "action": action},
    }


def _fit(buttons: Sequence[Button], *, most: int, title: int) -> bool:
    labels = [button.label.strip() for button in buttons]
    is_short = all(0 < units(label) <= title for label in labels) and all(0 < len(button.id) <= MOST_ID for button in buttons)
    # Titles and ids that are there twice are refused.
    return len(buttons) <= most and is_short and len(set(labels)) == len({button.id for button in buttons}) == len(buttons)


def _buttons(words: str, buttons: Sequence[Button]) -> Content:
    replies = [{"type": "reply", "reply": {"id": button.id, "title": button.label.strip()}} for button in buttons]
    return {"type": "interactive", "interactive": {"type": "button", "body": {"text": words}, "action": {"buttons": replies}}}


def _list(words: str, buttons: Sequence[Button]) -> Content:
    rows = [{"id": button.id, "title": button.label.strip()} for button in buttons]
    action = {"button": LIST_LABEL, "sections": [{"rows": rows}]}
    return {"type": "interactive", "interactive": {"type": "list", "body": {"text": words}, "action": action}}
