"""Telegram. aiogram makes the calls; it is loaded by `start`, in a thread, because that takes seconds of CPU."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from bot.channels import telegram_updates
from bot.channels.channel import ChannelDown, DeliveryDelayed, DeliveryRefused
from bot.channels.pacer import Pacer
from bot.channels.parts import PartsSent
from bot.channels.standing import Side, Standing
from bot.channels.telegram_bubbles import Bubble, bubbles_of, plain_bubbles_of
from bot.channels.telegram_updates import Unpacked
from bot.domain.messages import InboundMessage, OutboundMessage, Receipt, Sent, Update

if TYPE_CHECKING:
    from bot.channels.telegram_calls import Calls, Webhook

log = structlog.get_logger()

TOO_MANY = "too_many_requests"
"""Reason of a `DeliveryDelayed` for an error 429."""

_FAULTS_OF_FORM = frozenset({"entities", "button_data", "markup_too_long", "keyboard"})
"""Refusals that the same words without buttons don't meet."""

_WATCH_SECONDS = 60.0
_UNSAID_WAIT = 5.0
_LONGEST_WAIT = 300.0
_ACKNOWLEDGERS = 16
_MOST_TOKENS = 10_000
_MOST_REMOVED = 100
"""Messages that one call removes. Source: Bot API, deleteMessages."""

_HELD_CHATS_MEAN_ALL = 3
"""Telegram does not say whether a 429 is about one chat or the whole bot. So many chats at once mean the bot."""


class TelegramChannel:
    """One bot, its private chats only. A `Channel`.

    `per_chat_per_second` and `per_second` are Telegram's soft limits as we pace ourselves; None sends at once. `clock` is
    monotonic, in seconds.
    """

    name = telegram_updates.CHANNEL
    resends_prompts = True
    sends_receipts = False

    def __init__(
        self,
        *,
        token: str,
        api_url: str,
        per_chat_per_second: float | None = 1.0,
        per_second: float | None = 25.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        standing: Standing | None = None,
    ) -> None:
        self._token = token
        self._standing = standing or Standing(now)
        self._api_url = api_url.rstrip("/")
        self._now = now
        self._sleep = sleep
        self._pacer = Pacer(per_chat_per_second=per_chat_per_second, per_second=per_second, now=clock, sleep=sleep)
        self._calls: Calls | None = None
        self._tokens: asyncio.Queue[str] = asyncio.Queue(_MOST_TOKENS)
        self._acknowledgers: list[asyncio.Task[None]] = []
        self._unsaid_waits = 0
        self._leaving: set[asyncio.Task[None]] = set()
        self._figures: dict[str, float] = {}
        self._parts = PartsSent()

    @property
    def account(self) -> str:
        """The bot's number, which its token begins with."""
        return self._token.partition(":")[0]

    async def start(self) -> None:
        """Load aiogram beside whatever else runs, and be ready to send."""
        if self._calls is None:
            self._calls = calls = await asyncio.to_thread(_load, self._token, self._api_url)
            self._acknowledgers = [asyncio.create_task(self._acknowledge_waiting(calls)) for _ in range(_ACKNOWLEDGERS)]

    async def close(self) -> None:
        """Close all connections. Presses not answered yet stay so: Telegram forgets them by itself."""
        for task in self._acknowledgers:
            task.cancel()
        await asyncio.gather(*self._acknowledgers, return_exceptions=True)
        if self._calls is not None:
            await self._calls.close()

    async def poll(self, receive: Callable[[Sequence[Update]], Awaitable[None]]) -> None:
        """Take updates by long polling until cancelled; each is confirmed after `receive` returned."""
        await self.start()
        from bot.channels.telegram_poller import Poller

        assert self._calls is not None  # noqa: S101 - started above
        await Poller(self._calls, account=self.account, now=self._now, sleep=self._sleep, standing=self._standing).run(receive)

    def unpack(self, raw: bytes) -> Unpacked:
        """What an update is about, for whoever delivers it."""
        return telegram_updates.unpack(raw, account=self.account, now=self._now())

    def parse(self, body: bytes) -> InboundMessage | Receipt:
        """See `Channel`."""
        return telegram_updates.parse(body)

    async def send(self, address: str, message: OutboundMessage, *, key: str, wrote_at: datetime | None = None) -> Sent:  # noqa: ARG002 - no window
        """See `Channel`. A long text goes out in several bubbles; their numbers are given, joined by commas."""
        if self._calls is None:
            raise DeliveryDelayed(reason="starting", wait_seconds=1.0, whole_channel=True)
        if not address.removeprefix("-").isdecimal():
            raise DeliveryRefused(reason="bad_address", unreachable=True)
        bubbles = bubbles_of(message)
        if not bubbles:
            raise DeliveryRefused(reason="empty")
        numbers = ""
        for index in range(self._parts.next_of(key, len(bubbles)), len(bubbles)):
            number = await self._send_bubble(self._calls, address, bubbles[index], message)
            numbers = self._parts.note(key, str(number or ""), len(bubbles))
        return Sent(platform_id=numbers)

    async def remove(self, address: str, platform_ids: Sequence[str]) -> None:
        """See `Remover`."""
        if self._calls is None:
            raise DeliveryDelayed(reason="starting", wait_seconds=1.0)
        if not address.isdecimal():
            raise DeliveryRefused(reason="bad_address", unreachable=True)
        numbers = [int(each) for each in platform_ids if each.isdecimal()]
        for start in range(0, len(numbers), _MOST_REMOVED):
            await self._calls.remove(int(address), numbers[start : start + _MOST_REMOVED])

    async def _send_bubble(self, calls: Calls, address: str, bubble: Bubble, message: OutboundMessage) -> int:
        try:
            return await self._call(calls, address, bubble)
        except DeliveryRefused as exc:
            if exc.reason not in _FAULTS_OF_FORM or bubble.markup is None:
                raise
            log.error("telegram_form_refused", reason=exc.reason)
        # Our fault, and it must not cost the contact the words: once more, the choices written out.
        return await self._call(calls, address, plain_bubbles_of(message)[-1])

    async def _call(self, calls: Calls, address: str, bubble: Bubble) -> int:
        held = self._pacer.held_for(address)
        if held > 0:
            raise DeliveryDelayed(reason="held", wait_seconds=held)
        await self._pacer.turn(address)
        try:
            number = await calls.send_text(int(address), bubble)
        except DeliveryDelayed as exc:
            if exc.reason != TOO_MANY:
                raise
            raise self._held(address, exc.wait_seconds) from None
        self._unsaid_waits = 0
        return number

    def _held(self, address: str, wait: float | None) -> DeliveryDelayed:
        """Hold what would run into the same limit, and say for how long. `wait` None: Telegram didn't say."""
        if wait is None:
            wait = min(_UNSAID_WAIT * 2**self._unsaid_waits, _LONGEST_WAIT)
            self._unsaid_waits = min(self._unsaid_waits + 1, 10)
        self._pacer.hold(wait, address)
        is_whole = self._pacer.held_chats() >= _HELD_CHATS_MEAN_ALL
        if is_whole:
            self._pacer.hold(wait)
        log.warning("telegram_flood_wait", seconds=wait, state="bot" if is_whole else "chat")
        return DeliveryDelayed(reason=TOO_MANY, wait_seconds=wait, whole_channel=is_whole)

    def leave(self, group: int) -> None:
        """Leave a group, beside whatever else is done; nothing while aiogram is still loading."""
        if self._calls is not None:
            task = asyncio.create_task(self._calls.leave(group))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def watch_webhook(self, url: str) -> None:
        """Offer the menu, then look every minute how Telegram's deliveries to `url` go, until cancelled."""
        await self.start()
        assert self._calls is not None  # noqa: S101 - started above
        await self._calls.offer_menu()
        from bot.channels.telegram_errors import failure_of

        while True:
            try:
                webhook = await self._calls.webhook()
            except Exception as exc:  # noqa: BLE001 - a look that fails is no fault; the next one tells
                log.warning("telegram_webhook_not_seen", error=type(exc).__name__)
                if isinstance(failure_of(exc), ChannelDown):
                    self._standing.note(self.name, Side.TAKING, "token_refused")
            else:
                self._see(webhook, url)
            await self._sleep(_WATCH_SECONDS)

    def _see(self, webhook: Webhook, url: str) -> None:
        is_ours = hmac.compare_digest(webhook.url.encode(), url.encode())
        if not is_ours:
            # Set by somebody else, or removed: people's messages go elsewhere, or nowhere. Its words are not for a log.
            state = "elsewhere" if webhook.url else "unset"
            log.error("telegram_webhook_not_ours", state=state, pending=webhook.pending)
            self._standing.note(self.name, Side.TAKING, f"webhook_{state}")
        else:
            self._standing.clear(self.name, Side.TAKING)
        self._figures = {"webhook_is_ours": float(is_ours), "pending_updates": float(webhook.pending)}
        if webhook.failed_at is not None:
            self._figures["last_failure_seconds"] = (self._now() - webhook.failed_at).total_seconds()

    def figures(self) -> Mapping[str, float]:
        """See `Channel`: as seen at the last look at the webhook; nothing when polling."""
        return self._figures

    async def acknowledge(self, tokens: Sequence[str]) -> None:
        """See `Channel`. Returns at once: the presses are answered beside whatever else is done."""
        for token in tokens:
            # Beyond this many, buttons turn a little longer; the answers themselves go out all the same.
            with contextlib.suppress(asyncio.QueueFull):
                self._tokens.put_nowait(token)

    async def _acknowledge_waiting(self, calls: Calls) -> None:
        while True:
            await calls.take_press(await self._tokens.get())


def _load(token: str, api_url: str) -> Calls:
    """Seconds of work the first time, for the import. All that loads aiogram is loaded here, so that no message waits for it."""
    from bot.channels import telegram_poller  # noqa: F401
    from bot.channels.telegram_calls import Calls

    return Calls(token, api_url)
