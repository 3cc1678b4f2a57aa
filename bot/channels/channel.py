"""What the rest of the bot knows of a channel, and what can go wrong when sending."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from bot.domain.messages import InboundMessage, OutboundMessage, Receipt, Sent
from bot.errors import BotError


class DeliveryError(BotError):
    """A message did not go out."""


class DeliveryDelayed(DeliveryError):
    """Not sent, for certain; try again after `wait_seconds`.

    `whole_channel`: nobody can be reached until then. `was_tried` False: it only waits for its turn.
    """

    def __init__(
        self, *, reason: str, wait_seconds: float | None = None, whole_channel: bool = False, was_tried: bool = True
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait_seconds = wait_seconds
        self.whole_channel = whole_channel
        self.was_tried = was_tried


class DeliveryRefused(DeliveryError):
    """Not sent, for certain, and trying again is no use. `unreachable`: this contact can't be written to any more."""

    def __init__(self, *, reason: str, unreachable: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.unreachable = unreachable


class DeliveryUncertain(DeliveryError):
    """The request was written and no answer came: it may have been sent or not."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ChannelDown(DeliveryError):
    """The channel refuses us altogether (token revoked, account locked): stop sending, keep everything."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Channel(Protocol):
    """A way to a contact and back.

    `parse` is pure and quick; `send` is the only call that waits.
    """

    @property
    def name(self) -> str:
        """The channel: telegram, web …"""
        ...

    @property
    def account(self) -> str:
        """The bot's or number's own name on the channel."""
        ...

    @property
    def resends_prompts(self) -> bool:
        """Whether a bot's question of unknown fate may go out once more."""
        ...

    @property
    def sends_receipts(self) -> bool:
        """Whether the platform tells later what became of a message, by its own name for it."""
        ...

    def parse(self, body: bytes) -> InboundMessage | Receipt:
        """What an update says. Never raises: what it can't read is `Kind.UNSUPPORTED`."""
        ...

    async def send(self, address: str, message: OutboundMessage, *, key: str, wrote_at: datetime | None) -> Sent:
        """Send one bubble. `key` is the outbox row's, the same for every try; `wrote_at` is when the contact last wrote.

        Raises:
            DeliveryDelayed, DeliveryRefused, DeliveryUncertain, ChannelDown.
        """
        ...

    def figures(self) -> Mapping[str, float]:
        """What an operator should see of it, by name: counts, ages in seconds, 1 and 0."""
        ...

    async def acknowledge(self, tokens: Sequence[str]) -> None:
        """Tell the platform that button presses were taken (Telegram's callback queries). Failing is no fault."""
        ...


@runtime_checkable
class Remover(Protocol):
    """A channel that can take messages back from a contact's phone."""

    async def remove(self, address: str, platform_ids: Sequence[str]) -> None:
        """Remove these, newest first. One that is gone already, or too old, is no fault.

        Raises:
            DeliveryDelayed, DeliveryRefused, DeliveryUncertain, ChannelDown: trying again does no harm.
        """
        ...
