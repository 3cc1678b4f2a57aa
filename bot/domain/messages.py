"""What comes in and goes out, in our own words whatever the channel."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NewType

import msgspec

ContactId = NewType("ContactId", int)
MessageId = NewType("MessageId", int)


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a platform told us, as received: not yet read, kept until it was worked.

    `key` names it once and for all within (channel, account), so that a redelivery is recognised. `address` is the platform's
    name of the conversation: personal data, sealed and found by HMAC, never logged.
    """

    channel: str
    account: str
    key: str
    address: str
    body: bytes
    received_at: datetime


class Kind(StrEnum):
    """What an inbound message is. Anything we don't know is UNSUPPORTED: kept, answered kindly, never an error."""

    TEXT = "text"
    BUTTON = "button"
    START = "start"
    VOICE = "voice"
    PHOTO = "photo"
    VIDEO = "video"
    DOCUMENT = "document"
    LOCATION = "location"
    CONTACT = "contact"
    STICKER = "sticker"
    REACTION = "reaction"
    EDIT = "edit"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    LEFT = "left"
    MOVED = "moved"
    REVOKED = "revoked"
    UNSUPPORTED = "unsupported"
    IGNORED = "ignored"


class InboundMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a contact.

    `text` the words typed, a caption, or the label of a pressed button where the channel tells it; lone surrogates and NUL are
    replaced, at most 4,096 characters are kept. `button` the id of a pressed button, of an `OutboundMessage` of ours, or
    whatever somebody sent in its place: never trusted. `platform_id` names the message on its platform, for deletion and
    quoting; `about` is that name of the message that was edited or taken back, or stands above a reaction. `place_name` what a
    map calls the place, no words of theirs. `reply_token` what the platform wants back at once, such as a Telegram callback
    query's id. LEFT is a contact's quick exit from the web chat. MOVED: the platform says that this person has another number now,
    so that the old one may be in other hands; REVOKED: a message was taken back. `also_address` is another name of the same person
    on the channel, if any.
    """

    kind: Kind
    text: str = ""
    button: str = ""
    platform_id: str = ""
    reply_token: str = ""
    sent_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    place_name: str = ""
    file_id: str = ""
    also_address: str = ""
    about: str = ""


class Button(msgspec.Struct, frozen=True, kw_only=True):
    """A choice. `id` at most 48 bytes of ASCII without words of the talk; `label` at most 24 characters where it can be helped."""

    id: str
    label: str


class Contactable(msgspec.Struct, frozen=True, kw_only=True):
    """A service shown as something to call: `name`, what to dial or open, and one short honest line about it."""

    name: str
    value: str
    kind: str
    note: str = ""


class Form(StrEnum):
    """What an outbound message is beside its words.

    TEMPLATE: the one text that a platform lets us begin with, approved there. ASKS_PLACE: with a button that sends where one is,
    where the channel has one. CLEARS_KEYBOARD: takes such a button away again.
    """

    PLAIN = ""
    TEMPLATE = "template"
    ASKS_PLACE = "asks_place"
    CLEARS_KEYBOARD = "clears_keyboard"


class OutboundMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One bubble to a contact, in the contact's language, ready to be sent as plain text.

    `buttons` can also be answered by typing. `services` are numbers of the directory that stand in `text` too; a channel that
    can draw them (the web chat) does. `author` is the responder's shown name, empty for the program. `language` is
    a template's, by its code.
    """

    text: str
    buttons: tuple[Button, ...] = ()
    services: tuple[Contactable, ...] = ()
    author: str = ""
    form: Form = Form.PLAIN
    language: str = ""


def join_bubbles(bubbles: Sequence[OutboundMessage]) -> OutboundMessage:
    """One bubble that says what these say, for channels where each costs time or money. The last one's choices stay."""
    services = dict.fromkeys(service for bubble in bubbles for service in bubble.services)
    return OutboundMessage(
        text="\n\n".join(bubble.text for bubble in bubbles if bubble.text),
        buttons=bubbles[-1].buttons,
        services=tuple(services),
        author=bubbles[-1].author,
    )


class DeliveryState(StrEnum):
    """Where an outbound message is. UNKNOWN: it was being sent when we lost sight of it, so it may or may not have arrived."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Failing(StrEnum):
    """What a failure that a platform reports afterwards means.

    PASSING: it was not delivered, and may be tried again. UNREACHABLE: this contact can't be written to any more. CHANNEL: nobody
    can be, until somebody looks. FINAL: this message will not arrive.
    """

    FINAL = "final"
    PASSING = "passing"
    UNREACHABLE = "unreachable"
    CHANNEL = "channel"


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a platform says became of a message of ours.

    `key` is what `Channel.send` was given with it, where the platform hands that back; `error` a class of failure, with a code,
    and `failing` what it means.
    """

    platform_id: str
    state: DeliveryState
    at: datetime
    key: str = ""
    error: str = ""
    failing: Failing = Failing.FINAL


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A message the platform took. `platform_id` as it names it, empty where it names none."""

    platform_id: str = ""
    is_delivered: bool = False
