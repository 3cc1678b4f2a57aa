"""The loops: inbox → respond, clock → overdue. What is taken is worked in groups; the loops never stop for one message's sake."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
import structlog

from bot.actions import overdue, respond
from bot.actions.respond import Heard, Outcome, Parts
from bot.actions.speaking import Desk
from bot.channels.channel import Channel
from bot.channels.standing import Side, Standing
from bot.domain.messages import Failing, InboundMessage, Kind, Receipt, Update
from bot.storage import inbox, outbox
from bot.storage.database import Database, DatabaseUnusable
from bot.storage.live import Live
from nlu.understanding import Understanding

log = structlog.get_logger()

GROUP = 256
"""Most updates worked in one transaction. Source: docs/performance.md: the gain levels off between 64 and 256."""

LEASE = timedelta(seconds=60)
_CLOCK_EVERY = timedelta(seconds=5)
_FORGET_EVERY = timedelta(hours=1)
_PAUSE_AFTER_FAULT = 0.5


class Interpreter(Protocol):
    """Who reads a text."""

    def understand(self, text: str) -> Understanding:
        """What was understood; it never raises on purpose."""
        ...


class Sender(Protocol):
    """Who sends what is due."""

    def reserve(self, most: int) -> outbox.Room | None:
        """Room for so many messages at most, to be given back by `take`; None when it takes nothing."""
        ...

    async def make_room(self) -> None:
        """Return when it has time for more, or soon in any case."""
        ...

    def take(self, room: outbox.Room, due: Sequence[outbox.Due]) -> None:
        """Send these, whose sending has been committed; give back the room."""
        ...


@dataclass(slots=True)
class Bell:
    """Wakes a loop. A ring while it works is not missed."""

    event: asyncio.Event

    def ring(self) -> None:
        """Something waits."""
        self.event.set()

    async def wait(self, seconds: float) -> None:
        """Return when it rang, or after so many seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.event.wait(), seconds)
        self.event.clear()


class Worker:
    """Works the inbox and watches the clock. `on_heard` is shown each message as it was understood (for `teduh talk`).

    `may_wait`: whether updates may wait in the inbox; when it is False, none does that could be worked.
    """

    def __init__(
        self,
        *,
        database: Database,
        parts: Parts,
        desk: Desk,
        interpreter: Interpreter,
        channels: dict[str, Channel],
        live: Live,
        standing: Standing,
        sender: Sender,
        inbox_bell: Bell,
        outbox_bell: Bell,
        removal_bell: Bell,
        lease: Callable[[], int],
        find_gone: Callable[[sa.Connection, datetime], Sequence[int]] = lambda _db, _now: (),
        now: Callable[[], datetime],
    ) -> None:
        self._find_gone = find_gone
        self._database = database
        self._parts = parts
        self._desk = desk
        self._interpreter = interpreter
        self._channels = channels
        self._live = live
        self._standing = standing
        self._sender = sender
        self._inbox_bell = inbox_bell
        self._outbox_bell = outbox_bell
        self._removal_bell = removal_bell
        self._now = now
        self._lease = lease if database.is_shared else (lambda: inbox.ALONE)
        self._group: list[Heard] = []
        self._turn = asyncio.Lock()
        self._is_running = False
        self.may_wait = True
        self.on_heard: Callable[[Heard], None] = lambda _heard: None
        self._stopping = False

    def stop(self) -> None:
        """Take nothing new; `run_inbox` and `run_clock` end when what they hold is done."""
        self._stopping = True
        self._inbox_bell.ring()

    async def run_inbox(self) -> None:
        """Work what waits, then wait for more."""
        self._is_running = True
        while not self._stopping:
            try:
                worked = await self.work_once()
            except Exception as exc:  # noqa: BLE001 - the loop must outlive a database that is gone for a while
                log.error("inbox_failed", error=type(exc).__name__)
                await asyncio.sleep(_PAUSE_AFTER_FAULT)
                continue
            if not worked:
                await self._inbox_bell.wait(1.0)

    async def work_once(self) -> int:
        """Take a group, work it, tell others. How many updates it was."""
        async with self._turn:
            return await self._work_next()

    async def work_at_once(self, updates: Sequence[Update]) -> bool:
        """Work these, which are not stored yet, in one transaction. Whether they were worked; if not, store them with the next write.

        Only where nothing that waits could come before them, and nobody else works: so each contact's order holds. Many at once
        are stored first, so that whoever delivers them is answered soon.

        Raises:
            DatabaseUnusable.
        """
        is_worked = not self._database.is_shared and len(updates) <= GROUP and await self._try_at_once(updates)
        # What is stored now comes before whatever is asked of the inbox from here on: writes keep their order.
        self.may_wait |= not is_worked
        return is_worked

    async def _try_at_once(self, updates: Sequence[Update]) -> bool:
        await self._sender.make_room()
        async with self._turn:
            if self.may_wait or self._group or not self._is_running or self._stopping:
                return False
            group = [self._hear(inbox.fresh(self._parts.vault, update)) for update in updates]
            try:
                outcome = await self._write(respond.respond_at_once, group)
            except DatabaseUnusable:
                raise
            except Exception as exc:  # noqa: BLE001 - it is stored, and worked from there: what fails alone is then set aside
                log.info("group_stored_first", error=type(exc).__name__, count=len(group))
                return False
            await self._finish(group, outcome)
        return True

    async def _work_next(self) -> int:
        if not self._group:
            now = self._now()
            self.may_wait = False
            # Asked of whoever writes even where nothing is marked: it comes after what is being stored, and shares its commit.
            lease = self._lease()
            try:
                taken = await self._database.write(
                    lambda db: inbox.take_next(db, self._parts.vault, by=lease, now=now, lease=LEASE, most=GROUP)
                )
            except Exception:
                self.may_wait = True
                raise
            # Half, not all: what can't be opened is passed over, and counts as taken there.
            self.may_wait |= len(taken) > GROUP // 2
            self._group = [self._hear(each) for each in taken]
        if not self._group:
            return 0
        # Kept until it is worked: when the database is gone for a while, these are still in our hands.
        group = self._group
        outcome = await self._respond(group)
        self._group = []
        await self._finish(group, outcome)
        return len(group)

    async def _finish(self, group: Sequence[Heard], outcome: Outcome) -> None:
        """Tell others what was committed."""
        for heard in group:
            self.on_heard(heard)
        self._tell(outcome)
        await self._acknowledge(group)
        if outcome.is_erased:
            await self._database.wipe()

    def _hear(self, taken: inbox.Taken) -> Heard:
        channel = self._channels.get(taken.update.channel)
        message = channel.parse(taken.update.body) if channel else InboundMessage(kind=Kind.UNSUPPORTED)
        understanding = Understanding.nothing()
        if isinstance(message, Receipt):
            if message.failing is Failing.CHANNEL:
                self._standing.note(taken.update.channel, Side.SENDING, message.error)
        elif message.text and message.kind is not Kind.BUTTON:
            try:
                understanding = self._interpreter.understand(message.text)
            except Exception as exc:  # noqa: BLE001 - not understood means that a person should look
                log.error("understanding_failed", error=type(exc).__name__)
                understanding = Understanding.unknown()
        return Heard(taken=taken, message=message, understanding=understanding)

    async def _write(self, work: Callable[..., Outcome], group: Sequence[Heard]) -> Outcome:
        """Let `work` answer the group, with what room the sender has; what it may send goes to it after the commit."""
        now, room = self._now(), self._sender.reserve(2 * len(group))
        outcome: Outcome | None = None
        try:
            outcome = await self._database.write(lambda db: work(db, self._parts, group, now=now, room=room))
        finally:
            if room is not None:
                self._sender.take(room, outcome.due if outcome is not None else ())
        return outcome

    async def _respond(self, group: Sequence[Heard]) -> Outcome:
        try:
            return await self._write(respond.respond, group)
        except DatabaseUnusable:
            raise
        except Exception as exc:  # noqa: BLE001 - it is worked one by one, and what fails alone is set aside
            log.error("group_failed", error=type(exc).__name__, count=len(group))
            if len(group) == 1:
                return await self._set_aside(group[0], exc)
        # Something in the group can't be written: each alone, so that only that one is set aside.
        together = Outcome()
        for heard in group:
            together.add(await self._respond([heard]))
        return together

    async def _set_aside(self, heard: Heard, exc: Exception) -> Outcome:
        now = self._now()
        return await self._database.write(
            lambda db: respond.set_aside(db, self._parts, heard, error=type(exc).__name__, now=now)
        )

    def _tell(self, outcome: Outcome) -> None:
        for error in outcome.failed:
            log.error("message_set_aside", error=error)
        if outcome.has_outgoing:
            self._outbox_bell.ring()
        if outcome.has_removals:
            self._removal_bell.ring()
        for contact_id in outcome.contacts:
            self._live.publish(f"contact:{contact_id}", {"kind": "said"})
        for case_id, seq in outcome.cases.items():
            self._live.publish("console", {"kind": "case", "case": str(case_id), "seq": seq})
        if outcome.is_queue_changed:
            self._live.publish("console", {"kind": "queue"})

    async def _acknowledge(self, group: Sequence[Heard]) -> None:
        tokens: dict[str, list[str]] = {}
        for heard in group:
            if isinstance(heard.message, InboundMessage) and heard.message.reply_token:
                tokens.setdefault(heard.taken.update.channel, []).append(heard.message.reply_token)
        for name, its in tokens.items():
            await self._channels[name].acknowledge(its)

    async def run_clock(self) -> None:
        """Let time do its part."""
        last_forget = self._now() - _FORGET_EVERY
        while not self._stopping:
            try:
                await self.tick()
                if self._now() - last_forget >= _FORGET_EVERY:
                    last_forget = self._now()
                    await self._database.write(lambda db: overdue.forget(db, now=self._now()))
                    await self._database.wipe()
            except Exception as exc:  # noqa: BLE001 - as above
                log.error("clock_failed", error=type(exc).__name__)
            await asyncio.sleep(_CLOCK_EVERY.total_seconds())

    async def tick(self) -> None:
        """Look once at everything that runs out."""
        now = self._now()
        resend = [name for name, channel in self._channels.items() if channel.resends_prompts]
        told = [name for name, channel in self._channels.items() if channel.sends_receipts]
        passed = await self._database.write(
            lambda db: overdue.pass_time(
                db,
                self._desk,
                channels_that_resend=resend,
                channels_with_receipts=told,
                gone=self._find_gone(db, now),
                now=now,
            )
        )
        for case_id, responder in passed.lapsed:
            self._live.publish("console", {"kind": "lease_lost", "case": str(case_id), "responder": str(responder)})
        if passed.lapsed:
            self._live.publish("console", {"kind": "queue"})
        if passed.given_back:
            self._inbox_bell.ring()
        if passed.unsettled:
            log.warning("deliveries_unsettled", count=len(passed.unsettled))
            self._outbox_bell.ring()
