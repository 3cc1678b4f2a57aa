"""The calls of the Bot API that the channel makes. Importing this loads aiogram: seconds of CPU, once."""

import structlog

from bot.channels.telegram_bubbles import Bubble
from bot.channels.telegram_errors import failure_of, is_already_so
from bot.channels.telegram_session import KeepAliveBot, SendText, TakePress

log = structlog.get_logger()


class Calls:
    """A bot's calls, each failure in our own terms: aiogram's errors hold the text and the chat, so none of them leaves here."""

    def __init__(self, token: str, api_url: str) -> None:
        self.bot = KeepAliveBot(token, api_url)

    async def send_text(self, chat: int, bubble: Bubble) -> int:
        """Send one bubble. Gives the message's number, 0 when Telegram says that nothing had to be done.

        Raises:
            DeliveryDelayed, DeliveryRefused, DeliveryUncertain, ChannelDown.
        """
        try:
            return await self.bot.call(SendText(chat_id=chat, text=bubble.text, keyboard=bubble.keyboard))
        except Exception as exc:  # noqa: BLE001 - whatever it is, its words are not ours to pass on
            if is_already_so(exc):
                return 0
            failure = failure_of(exc)
        # Raised out here, it keeps no reference to the one above.
        raise failure

    async def take_press(self, token: str) -> None:
        """Let a pressed button stop turning. Failing is no fault: nobody waits for it."""
        try:
            await self.bot.call(TakePress(callback_query_id=token))
        except Exception as exc:  # noqa: BLE001 - as above
            if not is_already_so(exc):
                log.info("telegram_press_not_answered", error=type(exc).__name__)

    async def close(self) -> None:
        """Close all connections."""
        await self.bot.session.close()
