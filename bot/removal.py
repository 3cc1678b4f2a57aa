"""Take messages back from contacts' phones: at once, again while the platform can't, and no longer than it could help."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from bot.channels.channel import Channel, DeliveryDelayed, DeliveryError, DeliveryRefused, Remover
from bot.storage import removals
from bot.storage.database import Database
from bot.storage.removals import Removal
from bot.storage.vault import Vault
from bot.worker import Bell

log = structlog.get_logger()

_LEASE = timedelta(seconds=120)
_AT_ONCE = 16
_LOOK_EVERY = 30.0
_DELAYS = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
"""Seconds before another try, with jitter."""


class Removals:
    """Removes what is due. `bell` rings when something was added."""

    def __init__(
        self, *, database: Database, vault: Vault, channels: Mapping[str, Channel], bell: Bell, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._vault = vault
        self._channels = channels
        self._bell = bell
        self._now = now

    async def run(self) -> None:
        """Remove until cancelled. What is cut short is due again later."""
        while True:
            try:
                more = await self.run_once()
            except Exception as exc:  # noqa: BLE001 - the loop must outlive a database that is gone for a while
                log.error("removals_failed", error=type(exc).__name__)
                more = True
            await self._bell.wait(1.0 if more else _LOOK_EVERY)

    async def run_once(self) -> bool:
        """Try what is due. Whether anything waits for another try."""
        if not await self._database.read(removals.has_any):
            return False
        now = self._now()
        due = await self._database.write(lambda db: removals.take_due(db, self._vault, now=now, lease=_LEASE, most=_AT_ONCE))
        outcomes = await asyncio.gather(*(self._remove(each) for each in due))
        if due:
            await self._database.write(lambda db: _settle(db, outcomes))
        return await self._database.read(removals.has_any)

    async def _remove(self, due: Removal) -> tuple[int, datetime | None]:
        """Its number, and when to try again; None when it is over."""
        channel = self._channels.get(due.channel)
        if channel is None:
            return due.id, self._later(due, 60.0)
        if not isinstance(channel, Remover):
            return due.id, None
        try:
            await channel.remove(due.address, due.platform_ids)
        except DeliveryRefused as exc:
            log.warning("removal_refused", channel=due.channel, reason=exc.reason)
            return due.id, None
        except DeliveryError as exc:
            return due.id, self._later(due, exc.wait_seconds if isinstance(exc, DeliveryDelayed) else None)
        except Exception as exc:  # noqa: BLE001 - a fault of ours must not leave the others where they are
            log.error("removal_failed", channel=due.channel, error=type(exc).__name__)
            return due.id, self._later(due, None)
        return due.id, None

    def _later(self, due: Removal, wait_seconds: float | None) -> datetime:
        longest = _DELAYS[min(due.attempts, len(_DELAYS)) - 1]
        delay = (wait_seconds or 0.0) + random.uniform(longest / 4, longest)  # noqa: S311 - no secret
        return self._now() + timedelta(seconds=delay)


def _settle(db: sa.Connection, outcomes: Sequence[tuple[int, datetime | None]]) -> None:
    for removal_id, again_at in outcomes:
        if again_at is None:
            removals.done(db, removal_id)
        else:
            removals.postpone(db, removal_id, until=again_at)
