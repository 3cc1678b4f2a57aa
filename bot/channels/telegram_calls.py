"""The calls of the Bot API that the channel makes. Importing this loads aiogram: seconds of CPU, once."""

from datetime import datetime

import msgspec
import structlog
from aiogram.exceptions import AiogramError
from aiogram.methods import DeleteWebhook, GetWebhookInfo, LeaveChat, SetMyCommands, SetWebhook
from aiogram.types import BotCommand

from bot.channels.telegram_bubbles import Bubble
from bot.channels.telegram_errors import failure_of, is_already_so
from bot.channels.telegram_session import KeepAliveBot, RemoveTexts, SendText, TakePress
from bot.channels.telegram_updates import KINDS

log = structlog.get_logger()


_GROUPS_REMEMBERED = 1000

MENU = {
    "": {
        "mulai": "Mulai lagi",
        "bantuan": "Bantuan",
        "orang": "Bicara dengan orang",
        "bahasa": "Ganti bahasa",
        "keluar": "Keluar",
        "berhenti": "Berhenti",
        "hapus": "Hapus percakapan",
    },
    "en": {
        "mulai": "Start again",
        "help": "Help",
        "person": "Talk to a person",
        "language": "Change language",
        "exit": "Leave",
        "stop": "Stop",
        "erase": "Delete this chat",
    },
}
"""Commands by language, "" for all others. Anybody who holds the phone can read them: they say nothing of what we are for."""


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """What Telegram says of its deliveries. `failed_at`: the last time that one failed."""

    url: str
    pending: int
    failed_at: datetime | None


class Calls:
    """A bot's calls, each failure in our own terms: aiogram's errors hold the text and the chat, so none of them leaves here."""

    def __init__(self, token: str, api_url: str) -> None:
        self.bot = KeepAliveBot(token, api_url)
        self._left: set[int] = set()

    async def send_text(self, chat: int, bubble: Bubble) -> int:
        """Send one bubble. Gives the message's number, 0 when Telegram says that nothing had to be done.

        Raises:
            DeliveryDelayed, DeliveryRefused, DeliveryUncertain, ChannelDown.
        """
        try:
            return await self.bot.call(SendText(chat_id=chat, text=bubble.text, markup=bubble.markup))
        except Exception as exc:  # noqa: BLE001 - whatever it is, its words are not ours to pass on
            if is_already_so(exc):
                return 0
            failure = failure_of(exc)
        # Raised out here, it keeps no reference to the one above.
        raise failure

    async def remove(self, chat: int, numbers: list[int]) -> None:
        """Remove messages of a chat, at most 100. Those that are gone, or too old, are passed over.

        Raises:
            DeliveryDelayed, DeliveryRefused, DeliveryUncertain, ChannelDown.
        """
        try:
            await self.bot.call(RemoveTexts(chat_id=chat, message_ids=numbers))
        except Exception as exc:  # noqa: BLE001 - as above
            if is_already_so(exc):
                return
            failure = failure_of(exc)
        else:
            return
        raise failure

    async def take_press(self, token: str) -> None:
        """Let a pressed button stop turning. Failing is no fault: nobody waits for it."""
        try:
            await self.bot.call(TakePress(callback_query_id=token))
        except Exception as exc:  # noqa: BLE001 - as above
            if not is_already_so(exc):
                log.info("telegram_press_not_answered", error=type(exc).__name__)

    async def leave(self, group: int) -> None:
        """Leave a group or channel, once: nobody there agreed to be read by us."""
        if group in self._left:
            return
        if len(self._left) >= _GROUPS_REMEMBERED:
            self._left.clear()
        self._left.add(group)
        try:
            await self.bot(LeaveChat(chat_id=group))
        except AiogramError as exc:
            log.warning("telegram_group_not_left", error=type(exc).__name__)
        else:
            log.info("telegram_group_left")

    async def offer_menu(self) -> None:
        """Offer the commands. The menu is a convenience: every command can be typed, so failing is no fault."""
        try:
            for language, commands in MENU.items():
                offered = [BotCommand(command=name, description=said) for name, said in commands.items()]
                await self.bot(SetMyCommands(commands=offered, language_code=language or None))
        except AiogramError as exc:
            log.warning("telegram_menu_not_set", error=type(exc).__name__)

    async def webhook(self) -> Webhook:
        """Where Telegram delivers, and how that goes.

        Raises:
            AiogramError.
        """
        info = await self.bot(GetWebhookInfo())
        failed_at = info.last_error_date or info.last_synchronization_error_date
        return Webhook(url=info.url, pending=info.pending_update_count, failed_at=failed_at)

    async def set_webhook(self, url: str, secret: str) -> None:
        """Let Telegram deliver there. What waits is delivered too.

        Raises:
            AiogramError.
        """
        await self.bot(
            SetWebhook(
                url=url, secret_token=secret, max_connections=40, allowed_updates=list(KINDS), drop_pending_updates=False
            )
        )

    async def remove_webhook(self) -> None:
        """Let Telegram keep updates until they are polled. What waits is kept.

        Raises:
            AiogramError.
        """
        await self.bot(DeleteWebhook(drop_pending_updates=False))

    async def close(self) -> None:
        """Close all connections."""
        await self.bot.session.close()
