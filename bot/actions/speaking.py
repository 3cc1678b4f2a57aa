"""What goes into a thread and on its way from the team's side, and what the actions of responders need for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from msgspec.structs import replace

from bot.dialogue.engine import Engine
from bot.dialogue.turn import Reply
from bot.domain.cases import Case
from bot.domain.messages import Form, MessageId, OutboundMessage
from bot.domain.responders import Responder
from bot.domain.staffing import Staffing
from bot.domain.windows import is_open
from bot.storage import messages, outbox
from bot.storage.contacts import Keyboard, Known
from bot.storage.messages import By, Entry
from bot.storage.vault import Vault
from nlu.understanding import Level


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """What the actions of a responder need, built once.

    `frame` gives a fixed text in a language, filled with values. `templates` are the languages of the text that may begin a talk, by
    channel.
    """

    vault: Vault
    new_id: Callable[[], int]
    engine: Engine
    render: Callable[[Reply, str, Staffing, Level | None], OutboundMessage]
    frame: Callable[[str, str, dict[str, str]], OutboundMessage]
    templates: Mapping[str, Sequence[str]] = field(default_factory=dict)


def language_of(known: Known) -> str:
    """The language of the talk."""
    return known.memory.session.language if known.memory.session else "id"


def make_entry(
    desk: Desk,
    known: Known,
    by_whom: By,
    kind: str,
    text: str,
    *,
    by: Responder | None = None,
    key: str = "",
    message: OutboundMessage | None = None,
    now: datetime,
) -> tuple[Known, Entry]:
    """The next entry of the thread, and the talk with it. Neither is written."""
    conversation = replace(known.conversation, seq=known.conversation.seq + 1)
    entry = Entry(
        id=MessageId(desk.new_id()),
        contact_id=conversation.contact.id,
        seq=conversation.seq,
        by=by_whom,
        kind=kind,
        at=now,
        text=text,
        author=by.name if by else "",
        buttons=message.buttons if message else (),
        services=message.services if message else (),
        responder_id=by.id if by else None,
        key=key,
        form=message.form if message else Form.PLAIN,
        language=message.language if message else "",
    )
    return replace(known, conversation=conversation), entry


def enter_event(db: sa.Connection, desk: Desk, known: Known, event: str, *, by: Responder | None, now: datetime) -> Known:
    """Enter in the thread that something happened, for the team."""
    known, entry = make_entry(desk, known, By.SYSTEM, messages.EVENT, event, by=by, now=now)
    messages.add(db, desk.vault, [entry])
    return known


def say(
    db: sa.Connection,
    desk: Desk,
    known: Known,
    message: OutboundMessage,
    by_whom: By,
    *,
    case: Case,
    by: Responder | None = None,
    key: str = "",
    now: datetime,
) -> Known:
    """Enter these words in the thread, and let them go out; nothing where the platform lets nobody write just now."""
    talk = known.conversation
    if message.form is not Form.TEMPLATE and not is_open(talk.contact.channel, talk.wrote_at, now=now):
        return known
    message, keyboard = with_keyboard(message, known.memory.keyboard)
    known = replace(known, memory=replace(known.memory, keyboard=keyboard))
    known, entry = make_entry(desk, known, by_whom, messages.TEXT, message.text, by=by, key=key, message=message, now=now)
    messages.add(db, desk.vault, [entry])
    outgoing = outbox.Outgoing(
        id=entry.id,
        contact_id=entry.contact_id,
        rank=case.level.rank,
        control_epoch=known.conversation.control_epoch,
        due_at=now,
        is_human=by_whom is By.RESPONDER,
    )
    outbox.add(db, [outgoing])
    return known


def with_keyboard(message: OutboundMessage, keyboard: Keyboard) -> tuple[OutboundMessage, Keyboard]:
    """The message as it leaves the contact's keyboard, and how that stands then: a button that was used is taken away."""
    if message.form is Form.ASKS_PLACE:
        return message, Keyboard.ASKS_PLACE
    if keyboard is Keyboard.USED and not message.buttons and message.form is Form.PLAIN:
        return replace(message, form=Form.CLEARS_KEYBOARD), Keyboard.NONE
    return message, keyboard
