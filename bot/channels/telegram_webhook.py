"""Where Telegram delivers: told, set, removed by an operator's command. The program itself never touches it."""

import contextlib
from collections.abc import AsyncIterator

from aiogram.exceptions import AiogramError

from bot.channels.telegram_calls import Calls
from bot.config import Settings
from bot.errors import BotError


class WebhookNotChanged(BotError):
    """Telegram did not do it, or has nothing to do it with. The message says what to do."""


async def tell(settings: Settings) -> str:
    """Where Telegram delivers, in a sentence or two. An address that is not ours is not shown: it may hold a secret."""
    async with _calls(settings) as calls:
        webhook = await calls.webhook()
    if not webhook.url:
        return f"No webhook is set; {webhook.pending} updates wait to be polled."
    place = "here" if webhook.url == settings.telegram_webhook else "somewhere else: set-webhook brings it here"
    failed = f" The last failure was at {webhook.failed_at:%Y-%m-%d %H:%M} UTC." if webhook.failed_at else ""
    return f"Telegram delivers {place}; {webhook.pending} updates wait.{failed}"


async def bring_here(settings: Settings) -> str:
    """Let Telegram deliver to this program."""
    if settings.telegram.intake != "webhook":
        raise WebhookNotChanged("Set telegram.intake to webhook first: a program that polls would remove it again.")
    async with _calls(settings) as calls:
        await calls.set_webhook(settings.telegram_webhook, settings.telegram.webhook_secret)
    return "Telegram delivers here from now on, what waited included."


async def remove(settings: Settings) -> str:
    """Let Telegram keep updates until they are polled."""
    async with _calls(settings) as calls:
        await calls.remove_webhook()
    return "No webhook is set any more. Updates wait at Telegram, for a day at most, until they are polled."


@contextlib.asynccontextmanager
async def _calls(settings: Settings) -> AsyncIterator[Calls]:
    """The bot's calls while the context lasts; aiogram's errors end here, without their words."""
    if not settings.telegram.token:
        raise WebhookNotChanged("There is no bot: set TEDUH_TELEGRAM__TOKEN.")
    calls = Calls(settings.telegram.token, settings.telegram.api_url)
    failure = ""
    try:
        yield calls
    except AiogramError as exc:
        failure = type(exc).__name__
    finally:
        await calls.close()
    if failure:
        raise WebhookNotChanged(f"Telegram did not do it ({failure}).")
