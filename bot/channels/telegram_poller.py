"""Long polling: take what Telegram has, store it, and only then confirm it. Importing this loads aiogram."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import structlog
from aiogram.exceptions import (
    AiogramError,
    TelegramConflictError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)

from bot.channels.standing import Side, Standing
from bot.channels.telegram_calls import Calls
from bot.channels.telegram_session import BatchTooLarge, FetchUpdates
from bot.channels.telegram_updates import CHANNEL, KINDS, Unpacked, split_batch, unpack
from bot.domain.messages import Update

log = structlog.get_logger()

Receive = Callable[[Sequence[Update]], Awaitable[None]]

POLL_SECONDS = 50
"""Longest that Telegram keeps a poll open."""

BATCH = 100
_PAUSES = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)
"""Seconds before trying again, with jitter."""

_TOKEN_PAUSE = 60.0


class Poller:
    """Fetches updates of the bot whose `calls` these are, until cancelled. `sleep` waits after a failure."""

    def __init__(
        self,
        calls: Calls,
        *,
        account: str,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        poll_seconds: int = POLL_SECONDS,
        standing: Standing | None = None,
    ) -> None:
        self._calls = calls
        self._account = account
        self._now = now
        self._sleep = sleep
        self._poll_seconds = poll_seconds
        self._standing = standing or Standing(now)
        self._offset: int | None = None
        self._limit = BATCH
        self._failures = 0
        self._is_prepared = False

    async def run(self, receive: Receive) -> None:
        """Poll for ever. What `receive` did not take is fetched again."""
        while True:
            try:
                if not self._is_prepared:
                    await self._prepare()
                await self._poll_once(receive)
            except AiogramError as exc:
                await self._pause(exc)
            except Exception as exc:  # noqa: BLE001 - a store that fails must not end the intake; nothing was confirmed
                log.error("telegram_intake_failed", error=type(exc).__name__)
                await self._rest()
            else:
                self._failures = 0
                self._standing.clear(CHANNEL, Side.TAKING)

    async def _prepare(self) -> None:
        """Make polling possible, and offer the menu. What waits at Telegram is never dropped."""
        webhook = await self._calls.webhook()
        if webhook.url:
            log.warning("telegram_webhook_removed", pending=webhook.pending)
            await self._calls.remove_webhook()
        self._is_prepared = True
        await self._calls.offer_menu()

    async def _poll_once(self, receive: Receive) -> None:
        request = FetchUpdates(offset=self._offset, limit=self._limit, timeout=self._poll_seconds, allowed_updates=list(KINDS))
        batch = split_batch(await self._calls.bot.call(request))
        now = self._now()
        unpacked = [unpack(raw, account=self._account, now=now) for raw in batch]
        updates = [each.update for each in unpacked if each.update is not None]
        if updates:
            await receive(updates)
        # Only here is it certain that nothing of the batch can be lost. Once an empty answer says that the last one is
        # confirmed, no offset is kept: after a quiet week Telegram may count on from a smaller number.
        numbers = [each.update_id for each in unpacked if each.update_id is not None]
        self._offset = max(numbers) + 1 if numbers else None
        self._limit = BATCH
        if batch and not numbers:
            log.error("telegram_batch_unreadable", count=len(batch))
            await self._rest()
        await self._tidy(unpacked)

    async def _tidy(self, unpacked: Sequence[Unpacked]) -> None:
        for each in unpacked:
            if each.group is not None:
                await self._calls.leave(each.group)
            elif each.update is None:
                log.info("telegram_update_ignored", reason=each.kind)

    async def _pause(self, exc: AiogramError) -> None:
        """Say what is wrong, without its words, and wait as long as that deserves."""
        match exc:
            case TelegramRetryAfter() if exc.retry_after:
                log.warning("telegram_poll_delayed", seconds=exc.retry_after)
                await self._sleep(float(exc.retry_after))
            case TelegramUnauthorizedError() | TelegramNotFound():
                log.error("telegram_token_refused")
                self._standing.note(CHANNEL, Side.TAKING, "token_refused")
                await self._sleep(_TOKEN_PAUSE)
            case TelegramConflictError():
                # Somebody else polls with this token, or set a webhook: messages may go to them.
                log.error("telegram_intake_conflict", reason="webhook" if "webhook" in exc.message else "other_poller")
                self._standing.note(CHANNEL, Side.TAKING, "intake_conflict")
                await self._rest()
            case BatchTooLarge():
                self._limit = max(1, self._limit // 4)
                log.warning("telegram_batch_too_large", count=self._limit)
            case _:
                log.warning("telegram_poll_failed", error=type(exc).__name__)
                await self._rest()

    async def _rest(self) -> None:
        longest = _PAUSES[min(self._failures, len(_PAUSES) - 1)]
        self._failures += 1
        await self._sleep(random.uniform(longest / 2, longest))  # noqa: S311 - no secret
