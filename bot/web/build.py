"""Puts the parts that answer HTTP together."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from bot.actions.people import Door
from bot.app import Core
from bot.config import Limits
from bot.content import ROOT
from bot.web.admission import Admission, Pace, Paces
from bot.web.asgi import App
from bot.web.chat import Chat, ChatParts
from bot.web.console import build_console
from bot.web.health import Health
from bot.web.hooks import Hooks
from bot.web.parts import ConsoleParts
from bot.web.site import Site
from bot.web.wording import FlowWording

CONSOLE = ROOT / "console" / "dist"


def build_site(core: Core, hooks: Mapping[str, App] = MappingProxyType({})) -> Site:
    """What answers every request of this process; `hooks` by their place below /webhooks/."""
    signin = core.settings.signin
    door = Door(
        database=core.database,
        vault=core.vault,
        new_id=core.new_id,
        lasts=timedelta(hours=signin.hours),
        idle=timedelta(minutes=signin.idle_minutes),
        slots=core.settings.handoff.slots,
    )
    content = core.content
    wording = FlowWording(book=content.book, translations=content.translations, directory=content.directory)
    console = build_console(
        ConsoleParts(
            database=core.database,
            live=core.live,
            standing=core.standing,
            desk=core.desk,
            door=door,
            wording=wording,
            wake_outbox=core.wake_outbox,
            now=core.now,
            public_url=core.settings.web.public_url,
            pages=CONSOLE,
        )
    )
    admission = Admission(paces_of(core.settings.limits), key=secrets.token_bytes(32))
    chat = Chat(
        ChatParts(
            database=core.database,
            vault=core.vault,
            live=core.live,
            receiver=core.receiver,
            directory=content.directory,
            admission=admission,
            public_url=core.settings.web.public_url,
            now=core.now,
            exit_words=tuple(word for word, command in content.book.commands.items() if command == "quick_exit"),
            partners=tuple(core.settings.partners),
        )
    )
    health = Health(
        database=core.database, channels=core.channels, standing=core.standing, refused=admission.refused, now=core.now
    )
    return Site(console=console, chat=chat, health=health, hooks=Hooks(hooks))


def paces_of(limits: Limits) -> Paces:
    """The paces of the settings. At once, there may be what several minutes bring: people come when something happened."""
    talks = Pace(burst=limits.new_talks * 5, per_minute=limits.new_talks)
    return Paces(
        talks=talks,
        reserve=talks,
        talks_of_address=Pace(burst=limits.new_talks_per_address * 3, per_minute=limits.new_talks_per_address),
        messages_of_talk=Pace(burst=limits.messages_per_talk, per_minute=limits.messages_per_talk),
        messages_of_address=Pace(burst=limits.messages_per_address * 2, per_minute=limits.messages_per_address),
    )
