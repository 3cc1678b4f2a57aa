"""The web chat: our own page at the other end. What is said stands in the thread already; sending is telling the page to look."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from bot.channels.tolerant import clean, read
from bot.domain.messages import InboundMessage, Kind, OutboundMessage, Receipt, Sent

NAME = "web"
_BUTTON_CHARACTERS = 48
_LABEL_CHARACTERS = 60
_KEY_CHARACTERS = 64


class Posted(msgspec.Struct):
    """What the page sends: words, or a pressed button with its label as `text`; `leave` is the quick exit.

    `key` is the page's own name of the message, by which a repeated one is known.
    """

    key: str = ""
    text: str = ""
    button: str = ""
    kind: Literal["message", "leave"] = "message"


_decoder = msgspec.json.Decoder(Posted)
_encode = msgspec.json.Encoder().encode


def read_posted(body: bytes) -> Posted:
    """What a page sent, as much of it as has the right shape; lone surrogates and NUL are replaced. Never raises.

    Words are not cut here: whoever takes them says that they are too long, so that nothing is lost without a word.
    """
    posted = read(_decoder, body)
    text = "".join(clean(posted.text[start : start + 4096]) for start in range(0, len(posted.text), 4096))
    return Posted(key=clean(posted.key), text=text, button=clean(posted.button), kind=posted.kind)


def body_of(posted: Posted) -> bytes:
    """The update's body, as `WebChat.parse` reads it."""
    return _encode(posted)


class WebChat:
    """The channel. `tell` is given the contact's address when something new is there for its page."""

    name = NAME
    account = NAME
    resends_prompts = True
    sends_receipts = False

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    def parse(self, body: bytes) -> InboundMessage | Receipt:
        """See `Channel`."""
        posted = read_posted(body)
        key = posted.key[:_KEY_CHARACTERS]
        if posted.kind == "leave":
            return InboundMessage(kind=Kind.LEFT)
        if posted.button:
            button, label = posted.button[:_BUTTON_CHARACTERS], posted.text[:_LABEL_CHARACTERS]
            return InboundMessage(kind=Kind.BUTTON, button=button, text=label, platform_id=key)
        if not posted.text.strip():
            return InboundMessage(kind=Kind.UNSUPPORTED, platform_id=key)
        return InboundMessage(kind=Kind.TEXT, text=clean(posted.text), platform_id=key)

    async def send(self, address: str, message: OutboundMessage, *, key: str, wrote_at: datetime | None) -> Sent:  # noqa: ARG002 - the thread holds it
        """See `Channel`. Never fails: a page that isn't open reads the thread when it is."""
        self._tell(address)
        return Sent()

    def figures(self) -> dict[str, float]:
        """See `Channel`: nothing to see."""
        return {}

    async def acknowledge(self, tokens: Sequence[str]) -> None:
        """Nothing waits for it."""
