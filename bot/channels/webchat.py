"""The web chat: our own page at the other end. What is said stands in the thread already; sending is telling the page to look."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from bot.channels.tolerant import clean
from bot.domain.messages import InboundMessage, Kind, OutboundMessage, Receipt, Sent

NAME = "web"


class Posted(msgspec.Struct):
    """What the page sends: words, or a pressed button with its label; `leave` for the quick exit."""

    key: str
    text: str = ""
    button: str = ""
    kind: Literal["message", "leave"] = "message"


_decode = msgspec.json.Decoder(Posted).decode


class WebChat:
    """The channel. `tell` is given the contact's address when something new is there for its page."""

    name = NAME
    account = NAME
    resends_prompts = True

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    def parse(self, body: bytes) -> InboundMessage | Receipt:
        """See `Channel`."""
        try:
            posted = _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return InboundMessage(kind=Kind.UNSUPPORTED)
        if posted.kind == "leave":
            return InboundMessage(kind=Kind.LEFT)
        if posted.button:
            return InboundMessage(
                kind=Kind.BUTTON, button=clean(posted.button)[:48], text=clean(posted.text)[:60], platform_id=posted.key[:64]
            )
        return InboundMessage(kind=Kind.TEXT, text=clean(posted.text), platform_id=posted.key[:64])

    async def send(self, address: str, message: OutboundMessage, *, key: str) -> Sent:  # noqa: ARG002 - the thread holds it
        """See `Channel`. Never fails: a page that isn't open reads the thread when it is."""
        self._tell(address)
        return Sent()

    async def acknowledge(self, tokens: Sequence[str]) -> None:
        """Nothing waits for it."""
