"""Send outbox messages: commit that a try starts, call the channel, record its fate with the next group."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from msgspec.structs import replace

from bot.actions import reach
from bot.channels.channel import Channel, ChannelDown, DeliveryDelayed, DeliveryError, DeliveryRefused, DeliveryUncertain
from bot.channels.standing import Side, Standing
from bot.domain.messages import DeliveryState, MessageId
from bot.storage import outbox
from bot.storage.database import Database
from bot.storage.live import Live
from bot.storage.outbox import Due, Fate, key_of
from bot.storage.vault import Vault
from bot.worker import Bell

log = structlog.get_logger()

IN_HAND = 96
"""Most messages taken and not settled: no more than the senders work off within the lease, however slow the calls are."""

LEASE = timedelta(seconds=90)
"""A sender that has not told the fate of a message after this is gone; a call takes 13 s at most, and three wait for each sender."""

_DELAYS = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
"""Seconds before the next try after certain, temporary failures, with full jitter. Source: docs/architecture.md, Delivery."""

_GIVE_UP_AFTER = 80
"""Tries, about six hours; a responder's words are tried for a day."""

_SAFETY_TRIES = 3
"""Numbers to call go out so often, whatever is known of each try: three times the same number harms nobody, none may."""

_SAFETY_RECEIPT_WAIT = timedelta(seconds=5)

_LOOK_EVERY = timedelta(seconds=5)
_SENDERS = 32
_FEW = 2
_CALM_WITHIN_SECONDS = 0.02


class Delivery:
    """Takes due messages, urgent first, and keeps each contact's in order."""

    def __init__(
        self,
        *,
        database: Database,
        vault: Vault,
        channels: dict[str, Channel],
        live: Live,
        bell: Bell,
        lease: Callable[[], int],
        new_id: Callable[[], int],
        standing: Standing,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._vault = vault
        self._channels = channels
        self._live = live
        self._bell = bell
        self._lease = lease
        self._leases: set[int] = set()
        self._new_id = new_id
        self._standing = standing
        self._now = now
        self._fates: list[Fate] = []
        self._chains: asyncio.Queue[list[Due]] = asyncio.Queue()
        self._in_hand = self._reserved = 0
        self._held: set[MessageId] = set()
        self._is_calm = asyncio.Event()
        self._looked_at: datetime | None = None
        self._is_running = False
        self._down: dict[str, datetime] = {}
        self._stopping = False

    def stop(self) -> None:
        """Take nothing new; `run` ends when what is being sent is settled."""
        self._stopping = True
        self._bell.ring()

    async def run(self) -> None:
        """Send until stopped."""
        async with self._sending():
            self._is_running = True
            while not self._stopping or self._in_hand or self._reserved or self._fates:
                try:
                    await self._cycle()
                except Exception as exc:  # noqa: BLE001 - the loop must outlive a database that is gone for a while
                    log.error("outbox_failed", error=type(exc).__name__)
                    await asyncio.sleep(0.5)
                    continue
                if not self._fates:
                    await self._bell.wait(0.5 if self._in_hand or self._stopping else 1.0)

    def reserve(self, most: int) -> outbox.Room | None:
        """Room for so many messages at most, to be given back by `take`; None when nothing is taken just now."""
        room = min(most, IN_HAND - self._in_hand - self._reserved)
        if not self._is_running or self._stopping or room <= 0:
            return None
        self._reserved += room
        return outbox.Room(lease=self._lease_now(), until=self._now() + LEASE, most=room)

    async def make_room(self) -> None:
        """Return when almost nothing is in hand, or soon in any case: replies made quicker than they go out only wait in the queue."""
        while self._in_hand > _FEW:
            self._is_calm.clear()
            try:
                await asyncio.wait_for(self._is_calm.wait(), _CALM_WITHIN_SECONDS)
            except TimeoutError:
                return

    def _lease_now(self) -> int:
        lease = self._lease()
        self._leases.add(lease)
        return lease

    def take(self, room: outbox.Room, due: Sequence[Due]) -> None:
        """Send these, whose sending has been committed; give back the room."""
        self._reserved -= room.most
        self._hand_out(due)

    async def run_until_idle(self) -> None:
        """Send what is due, and what becomes due by that, then return."""
        async with self._sending():
            while True:
                await self._cycle()
                if not self._in_hand and not self._fates:
                    return
                while not self._fates:
                    await self._bell.wait(0.2)

    @contextlib.asynccontextmanager
    async def _sending(self) -> AsyncIterator[None]:
        senders = [asyncio.create_task(self._send_chains()) for _ in range(_SENDERS)]
        try:
            yield
        finally:
            for sender in senders:
                sender.cancel()
            await asyncio.gather(*senders, return_exceptions=True)

    async def _cycle(self) -> None:
        """One transaction: what became of the last tries, and the next ones."""
        fates, self._fates = self._fates, []
        now = self._now()
        most = 0 if self._stopping else IN_HAND - self._in_hand - self._reserved
        held = None
        if self._looked_at is None or now - self._looked_at >= _LOOK_EVERY:
            # Not while room is promised: what takes it is being written, and not held yet.
            self._looked_at, held = now, None if self._reserved else frozenset(self._held)
        try:
            due, who = await self._database.write(lambda db: self._exchange(db, fates, most, held, now))
        except Exception:
            self._fates = fates + self._fates
            raise
        self._held -= {fate.id for fate in fates}
        for contact_id in who:
            self._live.publish(f"contact:{contact_id}", {"kind": "delivery"})
            self._live.publish("console", {"kind": "delivery", "contact": str(contact_id)})
        self._hand_out(due)

    def _hand_out(self, due: Sequence[Due]) -> None:
        """Give these to the senders, those of a contact as one chain."""
        self._in_hand += len(due)
        self._held |= {each.id for each in due}
        by_contact: dict[int, list[Due]] = {}
        for each in due:
            by_contact.setdefault(each.contact_id, []).append(each)
        for chain in by_contact.values():
            self._chains.put_nowait(sorted(chain, key=lambda one: one.id))

    def _exchange(
        self, db: sa.Connection, fates: Sequence[Fate], most: int, held: frozenset[MessageId] | None, now: datetime
    ) -> tuple[list[Due], list[int]]:
        gone = [fate.unreachable for fate in fates if fate.unreachable is not None]
        if gone:
            reach.lose(db, self._vault, self._new_id, gone, now=now)
        outbox.record(db, self._vault, fates, now=now)
        if held is not None:
            outbox.give_back_unheld(db, leases=self._leases, held=held, now=now)
        due = outbox.take_due(db, self._vault, by=self._lease_now(), now=now, lease=LEASE, most=most) if most > 0 else []
        troubled = [fate.id for fate in fates if fate.state in (DeliveryState.FAILED, DeliveryState.UNKNOWN)]
        return due, outbox.contacts_of(db, troubled) if troubled else []

    async def _send_chains(self) -> None:
        while True:
            chain = await self._chains.get()
            last: Fate | None = None
            for due in chain:
                fate = _follow(last, due) or await self._send(due)
                last = fate
                self._fates.append(replace(fate, lease=due.lease))
                self._in_hand -= 1
            if self._in_hand <= _FEW:
                self._is_calm.set()
            self._bell.ring()

    async def _send(self, due: Due) -> Fate:
        channel = self._channels.get(due.channel)
        if channel is None:
            return self._later(due, "no_channel", 60.0)
        down_until = self._down.get(due.channel)
        if down_until is not None and down_until > self._now():
            return Fate(id=due.id, state=DeliveryState.QUEUED, due_at=down_until, error="channel_down", was_tried=False)
        try:
            sent = await channel.send(due.address, due.message, key=key_of(due.id), wrote_at=due.wrote_at)
        except DeliveryError as exc:
            return self._fate_of(due, exc)
        except Exception as exc:  # noqa: BLE001 - a fault of ours after the call began: it may have been sent
            log.error("send_failed", channel=due.channel, error=type(exc).__name__)
            return self._uncertain(due, channel, type(exc).__name__)
        self._standing.clear(due.channel, Side.SENDING)
        state = DeliveryState.DELIVERED if sent.is_delivered else DeliveryState.SENT
        return Fate(id=due.id, state=state, platform_id=sent.platform_id, is_followed=channel.sends_receipts)

    def _fate_of(self, due: Due, exc: DeliveryError) -> Fate:
        match exc:
            case DeliveryDelayed():
                if exc.whole_channel and exc.wait_seconds:
                    self._down[due.channel] = self._now() + timedelta(seconds=exc.wait_seconds)
                return self._later(due, exc.reason, exc.wait_seconds, was_tried=exc.was_tried and not exc.whole_channel)
            case DeliveryRefused():
                log.warning("delivery_refused", channel=due.channel, reason=exc.reason)
                gone = due.contact_id if exc.unreachable else None
                return Fate(id=due.id, state=DeliveryState.FAILED, error=exc.reason, unreachable=gone)
            case ChannelDown():
                log.error("channel_down", channel=due.channel, reason=exc.reason)
                self._standing.note(due.channel, Side.SENDING, exc.reason)
                self._down[due.channel] = self._now() + timedelta(seconds=60)
                # However long that lasts, it is no reason to give anybody's message up.
                return self._later(due, exc.reason, 60.0, was_tried=False)
            case DeliveryUncertain():
                return self._uncertain(due, self._channels[due.channel], exc.reason)
            case _:
                return self._later(due, type(exc).__name__, None)

    def _later(self, due: Due, reason: str, wait_seconds: float | None, *, was_tried: bool = True) -> Fate:
        if due.attempts >= _GIVE_UP_AFTER * (4 if due.is_human else 1):
            return Fate(id=due.id, state=DeliveryState.FAILED, error=reason)
        longest = _DELAYS[min(due.attempts, len(_DELAYS)) - 1]
        # A server's own delay is the least; jitter keeps many from coming back at once.
        delay = (wait_seconds or 0.0) + random.uniform(longest / 4, longest)  # noqa: S311 - no secret
        due_at = self._now() + timedelta(seconds=delay)
        return Fate(id=due.id, state=DeliveryState.QUEUED, due_at=due_at, error=reason, was_tried=was_tried)

    def _uncertain(self, due: Due, channel: Channel, reason: str) -> Fate:
        log.warning("delivery_uncertain", channel=due.channel, reason=reason)
        may_resend = not due.was_unknown or (due.is_safety and due.attempts < _SAFETY_TRIES)
        if due.is_human or not channel.resends_prompts or not may_resend:
            return Fate(id=due.id, state=DeliveryState.UNKNOWN, error=reason)
        wait = timedelta(seconds=_DELAYS[0])
        if channel.sends_receipts:
            # Its receipt settles it; numbers to call are not held up for long.
            wait = _SAFETY_RECEIPT_WAIT if due.is_safety else outbox.RECEIPT_WAIT
        due_at = self._now() + wait
        return Fate(id=due.id, state=DeliveryState.QUEUED, due_at=due_at, error="resend")


def _follow(before: Fate | None, due: Due) -> Fate | None:
    """The fate that the message before leaves to this one of the same talk; None when it may be tried."""
    if before is not None and before.unreachable is not None:
        return replace(before, id=due.id, was_tried=False)
    if before is not None and before.due_at is not None:
        # Nothing overtakes a message that waits for another try.
        return Fate(id=due.id, state=DeliveryState.QUEUED, due_at=before.due_at, was_tried=False)
    return None
