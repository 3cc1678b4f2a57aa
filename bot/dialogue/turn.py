"""What a turn of the talk takes and gives: its circumstances, the replies, and what happened that others must act on."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from bot.dialogue.session import Session
from bot.domain.cases import Control
from nlu.understanding import Level


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine may know of the world besides the message.

    `message_seq` numbers the message in its conversation, so that a sign can point at it. `responders_on_duty` is what can
    honestly be said about waiting. `last_holding_at` is when the contact was last told to wait.
    """

    now: datetime
    channel: str = "web"
    control: Control = Control.BOT
    message_seq: int | None = None
    responders_on_duty: int = 0
    has_open_case: bool = False
    last_holding_at: datetime | None = None
    last_inbound_at: datetime | None = None


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A button of a reply: `id` as `Button.id`, `label` source words, `text_id` where their translation is looked up."""

    id: str
    label: str
    text_id: str


class Say(msgspec.Struct, frozen=True, kw_only=True):
    """One text to say: `words` in the source language with named placeholders, `text_id` its gettext context.

    `values` fill the placeholders; each is plain words, or names another text (`word.person`) or a directory entry
    (`services.sapa129.contact`), which the renderer resolves in the contact's language.
    """

    text_id: str
    words: str
    values: Mapping[str, str] = msgspec.field(default_factory=dict)


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One bubble: texts said together, the choices offered under it, and the services drawn with it (ids of the directory).

    `is_abroad`: the contact is outside Indonesia, where short numbers can't be dialled.
    """

    parts: tuple[Say, ...]
    choices: tuple[Choice, ...] = ()
    services: tuple[str, ...] = ()
    is_safety: bool = False
    is_abroad: bool = False


class SignSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A reason for a person to look: the topic, its level, the words (the contact's own, may be empty)."""

    topic: str
    level: Level
    words: str = ""


class HandoffAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A person should take over. `level` is a floor; `contact_first` False: nobody writes before the contact does."""

    reason: str
    level: Level
    contact_first: bool = True


class ServiceShown(msgspec.Struct, frozen=True, kw_only=True):
    """A service of the directory was shown."""

    service: str


class CaseNoted(msgspec.Struct, frozen=True, kw_only=True):
    """A machine-made line for the responder's brief."""

    text: str


class ConsentAnswered(msgspec.Struct, frozen=True, kw_only=True):
    """The contact agreed to a version of a consent text, or did not."""

    text_id: str
    version: int
    scope: tuple[str, ...]
    is_given: bool
    language: str


class CommandObeyed(msgspec.Struct, frozen=True, kw_only=True):
    """A global word was obeyed: stop, quick_exit, erase, help, person, language, repeat, back, restart, cancel; link: give a code."""

    command: str


Event = SignSeen | HandoffAsked | ServiceShown | CaseNoted | ConsentAnswered | CommandObeyed


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What a message led to.

    `control` is who speaks from now on. `level` is the highest so far in this session, None while nothing was seen. `is_holding`
    says that the replies tell the contact to wait.
    """

    session: Session
    replies: tuple[Reply, ...]
    events: tuple[Event, ...]
    control: Control
    is_holding: bool = False
