"""A channel whose other end is the test."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from bot.channels.channel import DeliveryError
from bot.domain.messages import InboundMessage, OutboundMessage, Receipt, Sent


class RecordingChannel:
    """Keeps what is sent. `fault(address, count)` may give an error to raise instead, by how often was tried before."""

    account = "test"
    sends_receipts = True

    def __init__(self, name: str = "web", *, resends_prompts: bool = True) -> None:
        self.name = name
        self.resends_prompts = resends_prompts
        self.sent: list[tuple[str, OutboundMessage]] = []
        self.acknowledged: list[str] = []
        self.receipts: list[Receipt] = []
        self.tries = 0
        self.removed: list[tuple[str, str]] = []
        self.removal_faults: list[DeliveryError | None] = []
        self.fault: Callable[[str, int], DeliveryError | None] = lambda _address, _count: None

    def parse(self, body: bytes) -> InboundMessage | Receipt:
        return self.receipts.pop(0) if body == b"receipt" else msgspec.json.decode(body, type=InboundMessage)

    async def send(self, address: str, message: OutboundMessage, *, key: str, wrote_at: datetime | None = None) -> Sent:
        self.tries += 1
        error = self.fault(address, self.tries)
        if error is not None:
            raise error
        self.sent.append((address, message))
        return Sent(platform_id=f"m{len(self.sent)}")

    async def remove(self, address: str, platform_ids: Sequence[str]) -> None:
        error = self.removal_faults.pop(0) if self.removal_faults else None
        if error is not None:
            raise error
        self.removed += [(address, each) for each in platform_ids]

    def figures(self) -> dict[str, float]:
        return {}

    async def acknowledge(self, tokens: Sequence[str]) -> None:
        self.acknowledged += tokens

    def texts(self, address: str | None = None) -> list[str]:
        return [message.text for to, message in self.sent if address in (None, to)]
