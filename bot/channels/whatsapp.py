"""WhatsApp, by the Cloud API of Meta. Our own calls over kept connections: docs/decisions/whatsapp-library.md says why."""

import asyncio
import contextlib
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
import structlog

from bot.channels import whatsapp_updates
from bot.channels.channel import ChannelDown, DeliveryDelayed, DeliveryError, DeliveryRefused, DeliveryUncertain
from bot.channels.keepalive import AnswerTooLarge, ExchangeFailed, KeepAlive, NotWritten
from bot.channels.pacer import Pacer
from bot.channels.parts import PartsSent
from bot.channels.standing import Side, Standing
from bot.channels.tolerant import read
from bot.channels.whatsapp_bubbles import Content, contents_of
from bot.channels.whatsapp_errors import FAULTS_OF_OURS, PAIR_RATE, TOKEN_REFUSED, failure_of, trace_of
from bot.domain.messages import Form, InboundMessage, OutboundMessage, Receipt, Sent
from bot.domain.windows import is_open

log = structlog.get_logger()

WINDOW_CLOSED = "window_closed"
"""Reason of a `DeliveryRefused`: the person has not written for a day, and only a template may go out."""

_USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_WATCH_SECONDS = 300.0
"""Source: Graph API, 200 calls an hour for an app."""

_MOST_TICKS = 1000
_MOST_STRIKES = 10_000

PAIR_SECONDS, PAIR_BURST = 6.0, 20
"""One message in six seconds from one number to one person, and how many at once. Source: Meta, pair rate limit: bursts of up to
45 are lent and paid back; with 20 there is room for what another program sends from this number."""


class _Message(msgspec.Struct):
    id: str = ""


class _Answer(msgspec.Struct):
    messages: list[_Message] = []


_answer = msgspec.json.Decoder(_Answer)
_encode = msgspec.json.Encoder().encode


class WhatsAppChannel:
    """One business number. A `Channel`.

    `template` is the name of the one template that may go out later than a day after a person's message. `ticks`: whether a person is
    shown that a message was read; whoever holds the phone sees it too. `per_second` paces the number,
    `paces_pairs` what goes to one person.
    """

    name = whatsapp_updates.CHANNEL
    resends_prompts = True
    sends_receipts = True

    def __init__(
        self,
        *,
        token: str,
        number: str,
        api_url: str,
        version: str,
        template: str = "",
        ticks: bool = False,
        per_second: float | None = 60.0,
        paces_pairs: bool = True,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        standing: Standing | None = None,
    ) -> None:
        self._sleep = sleep
        self._standing = standing or Standing(now)
        self._number = number
        self._path = f"/{version}/{number}/messages"
        self._own_path = f"/{version}/{number}?fields=id"
        self._template = template
        self._ticks = ticks
        self._now = now
        self._server = KeepAlive(api_url, fields={"Authorization": f"Bearer {token}"})
        pair = 1 / PAIR_SECONDS if paces_pairs else None
        burst = (PAIR_BURST - 1) * PAIR_SECONDS
        self._pacer = Pacer(per_chat_per_second=pair, per_second=per_second, burst_seconds=burst, now=clock, sleep=sleep)
        self._strikes: dict[str, int] = {}
        self._parts = PartsSent()
        self._read: asyncio.Queue[str] = asyncio.Queue(_MOST_TICKS)
        self._ticking: asyncio.Task[None] | None = None
        self._figures = {"refused": 0.0, "window_closed": 0.0, "billable": 0.0}

    @property
    def account(self) -> str:
        """The number's id at Meta."""
        return self._number

    async def close(self) -> None:
        """Close all connections."""
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        self._server.close()

    async def watch(self) -> None:
        """Look now and then whether Meta still takes our token, until cancelled: before somebody in danger finds out.

        Only that can be seen so: a number may be sent from without the right to read what is said of it.
        """
        while True:
            with contextlib.suppress(ExchangeFailed):
                status, body = await self._server.get(self._own_path)
                failure = failure_of(status, body) if status != 200 else None
                if failure is None:
                    self._standing.clear(self.name, Side.SENDING, reasons=TOKEN_REFUSED)
                elif isinstance(failure, ChannelDown) and failure.reason in TOKEN_REFUSED:
                    log.error("whatsapp_token_refused", reason=failure.reason, trace=trace_of(body))
                    self._standing.note(self.name, Side.SENDING, failure.reason)
            await self._sleep(_WATCH_SECONDS)

    def unpack(self, raw: bytes) -> whatsapp_updates.Unpacked:
        """The events of a post."""
        unpacked = whatsapp_updates.unpack(raw, now=self._now())
        self._figures["billable"] += unpacked.billable
        strangers = sum(update.account != self._number for update in unpacked.updates)
        if strangers:
            # Kept, as all is that is signed; whoever wrote there gets no answer from here, so somebody must look.
            log.error("whatsapp_other_number", count=strangers)
        return unpacked

    def parse(self, body: bytes) -> InboundMessage | Receipt:
        """See `Channel`."""
        return whatsapp_updates.parse(body, number=self._number)

    async def send(self, address: str, message: OutboundMessage, *, key: str, wrote_at: datetime | None) -> Sent:
        """See `Channel`. A long text goes out in several messages; the last one's id is given."""
        if message.form is not Form.TEMPLATE and not is_open(self.name, wrote_at, now=self._now()):
            self._figures["window_closed"] += 1
            raise DeliveryRefused(reason=WINDOW_CLOSED)
        contents = contents_of(message, template=self._template)
        if not contents:
            raise DeliveryRefused(reason="empty")
        whom = {"recipient": address} if _USER_ID.fullmatch(address) else {"to": address}
        sent = ""
        for index in range(self._parts.next_of(key, len(contents)), len(contents)):
            sent = await self._send(whom, contents[index], address=address, key=key)
            self._parts.note(key, sent, len(contents))
        return Sent(platform_id=sent)

    async def _send(self, whom: dict[str, str], content: Content, *, address: str, key: str) -> str:
        # Before the platform says it: a pair that is refused has to wait the longer, and no sender waits for one person.
        wait = max(self._pacer.held_for(address), self._pacer.wait_of(address))
        if wait > 0:
            raise DeliveryDelayed(reason="held", wait_seconds=wait, was_tried=False)
        await self._pacer.turn(address)
        call = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **whom,
            **content,
            "biz_opaque_callback_data": key,
        }
        status, body = await self._post(call)
        if status == 200:
            # Taken; an id that can't be read comes again with its status, which names our key.
            self._strikes.pop(address, None)
            found = read(_answer, body).messages
            return found[0].id if found else ""
        failure = failure_of(status, body)
        if isinstance(failure, DeliveryDelayed) and failure.reason == PAIR_RATE:
            failure.wait_seconds = self._strike(address)
        if isinstance(failure, DeliveryDelayed) and failure.wait_seconds:
            self._pacer.hold(failure.wait_seconds, None if failure.whole_channel else address)
        if isinstance(failure, DeliveryRefused | ChannelDown):
            self._figures["refused"] += 1
            # What is wrong with our request, or with a template, no contact can mend.
            note = log.error if failure.reason in FAULTS_OF_OURS else log.warning
            note("whatsapp_refused", reason=failure.reason, trace=trace_of(body))
        raise failure

    def _strike(self, address: str) -> float:
        """Seconds to wait after the pair rate was met once more. Source: pair rate: 4 to the power of n."""
        strikes = self._strikes.get(address, 0)
        if len(self._strikes) >= _MOST_STRIKES:
            self._strikes.clear()
        self._strikes[address] = strikes + 1
        return float(4 ** min(strikes, 4))

    async def _post(self, call: Mapping[str, object]) -> tuple[int, bytes]:
        failure: DeliveryError
        try:
            return await self._server.post(self._path, _encode(call))
        except NotWritten as exc:
            failure = DeliveryDelayed(reason=exc.reason)
        except AnswerTooLarge as exc:
            failure = DeliveryUncertain(reason=exc.reason)
        except ExchangeFailed as exc:
            failure = DeliveryUncertain(reason=exc.reason)
        # Raised out here, it keeps no reference to the one above.
        raise failure

    def figures(self) -> Mapping[str, float]:
        """See `Channel`: counts since the start."""
        return self._figures

    async def acknowledge(self, tokens: Sequence[str]) -> None:
        """See `Channel`: show that these were read, if the operator wants that. Returns at once."""
        if not self._ticks:
            return
        if self._ticking is None:
            self._ticking = asyncio.create_task(self._tick())
        for token in tokens:
            with contextlib.suppress(asyncio.QueueFull):
                self._read.put_nowait(token)

    async def _tick(self) -> None:
        while True:
            read_ = {"messaging_product": "whatsapp", "status": "read", "message_id": await self._read.get()}
            with contextlib.suppress(DeliveryError):
                await self._post(read_)
