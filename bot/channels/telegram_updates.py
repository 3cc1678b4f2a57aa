"""Telegram's updates, read tolerantly: what we know is taken, what we don't is no error."""

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from bot.channels.tolerant import clean, loose, read
from bot.domain.messages import InboundMessage, Kind, Update

CHANNEL = "telegram"
KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
"""The updates we ask for."""

_BUTTON_CHARACTERS = 64

COMMAND_WORDS = {
    "mulai": "ulang dari awal",
    "bantuan": "bantuan",
    "orang": "bicara dengan orang",
    "bahasa": "ganti bahasa",
    "berhenti": "berhenti",
    "hapus": "hapus data",
    "keluar": "keluar",
    "help": "help",
    "person": "talk to a person",
    "language": "change language",
    "stop": "stop",
    "erase": "delete my data",
    "exit": "exit",
}
"""What tapping a command of the menu says: the words that work anywhere."""

_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")

_SERVICE = frozenset(
    {
        "boost_added",
        "chat_background_set",
        "chat_shared",
        "connected_website",
        "gift",
        "message_auto_delete_timer_changed",
        "migrate_from_chat_id",
        "migrate_to_chat_id",
        "pinned_message",
        "proximity_alert_triggered",
        "refunded_payment",
        "unique_gift",
        "users_shared",
        "write_access_allowed",
    }
)
"""Notices that Telegram writes into a talk; nobody said anything. Source: Bot API, Message, "Service message"."""


class _Chat(msgspec.Struct):
    id: int = 0
    type: str = ""


class _From(msgspec.Struct):
    id: int = 0
    is_bot: bool = False


class _File(msgspec.Struct):
    file_id: str = ""


class _Location(msgspec.Struct):
    latitude: float | None = None
    longitude: float | None = None
    live_period: int | None = None


class _Anything(msgspec.Struct):
    """Whatever an object holds, we only look whether it is there."""


class _Key(msgspec.Struct):
    text: str = ""
    callback_data: str | None = None


class _Keyboard(msgspec.Struct):
    inline_keyboard: list[list[_Key]] = []


class _Message(msgspec.Struct):
    message_id: int = 0
    date: int = 0
    edit_date: int = 0
    chat: _Chat = msgspec.field(default_factory=_Chat)
    from_: _From | None = msgspec.field(default=None, name="from")
    text: str | None = None
    caption: str | None = None
    voice: _File | None = None
    audio: _File | None = None
    photo: list[_File] | None = None
    video: _File | None = None
    video_note: _File | None = None
    animation: _File | None = None
    document: _File | None = None
    location: _Location | None = None
    contact: _Anything | None = None
    sticker: _File | None = None
    reply_markup: _Keyboard | None = None


class _Press(msgspec.Struct):
    id: str = ""
    from_: _From | None = msgspec.field(default=None, name="from")
    message: _Message | None = None
    data: str | None = None


class _Member(msgspec.Struct):
    status: str = ""


class _MemberChange(msgspec.Struct):
    date: int = 0
    chat: _Chat = msgspec.field(default_factory=_Chat)
    new_chat_member: _Member | None = None


class _Update(msgspec.Struct):
    update_id: int = -1
    message: _Message | None = None
    edited_message: _Message | None = None
    callback_query: _Press | None = None
    my_chat_member: _MemberChange | None = None


class Unpacked(msgspec.Struct, frozen=True, kw_only=True):
    """One element of a batch. `update` is what to store, None when it is none of ours; then `kind` says what it was.

    `update_id` is None when it can't be told, `group` the chat to leave when the bot was put in one.
    """

    update_id: int | None
    kind: str
    update: Update | None = None
    group: int | None = None


_updates = msgspec.json.Decoder(_Update)
_decode_batch = msgspec.json.Decoder(list[msgspec.Raw]).decode


def split_batch(result: bytes) -> list[bytes]:
    """The updates of a getUpdates answer, each as it came. Empty when it is no list at all."""
    try:
        return [bytes(each) for each in _decode_batch(result)]
    except (msgspec.MsgspecError, RecursionError):
        elements = loose(result)
    # One update that the strict reader refuses must not stop the others.
    return [json.dumps(each).encode() for each in elements] if isinstance(elements, list) else []


def unpack(raw: bytes, *, account: str, now: datetime) -> Unpacked:
    """What an update is about: whom, and whether we keep it. Never raises."""
    update = read(_updates, raw)
    update_id = update.update_id if update.update_id >= 0 else None
    place, kind = _place(update)
    if place is None or update_id is None:
        return Unpacked(update_id=update_id, kind=kind or _foreign_kind(raw))
    if _is_shared(place):
        return Unpacked(update_id=update_id, kind="group", group=place.id)
    kept = Update(channel=CHANNEL, account=account, key=_key_of(update), address=str(place.id), body=raw, received_at=now)
    return Unpacked(update_id=update_id, kind=kind, update=kept)


def _key_of(update: _Update) -> str:
    """What names an update once and for all: what it is about, where that has a name of its own.

    After a week of silence Telegram counts on from any number: the same number may come again with something new, and what came
    before may come again under another.
    """
    said = update.message or update.edited_message
    if said is not None and said.message_id > 0:
        place = f"{said.chat.id}:{said.message_id}"
        if update.message is not None:
            return f"m:{place}"
        words = said.text if said.text is not None else said.caption or ""
        return f"e:{place}:{said.edit_date}:{hashlib.sha256(clean(words).encode()).hexdigest()[:16]}"
    if update.callback_query is not None and update.callback_query.id:
        return f"c:{_label(update.callback_query.id, 64)}"
    return f"u:{update.update_id}"


def parse(body: bytes) -> InboundMessage:
    """What an update says. Never raises."""
    update = read(_updates, body)
    place, _kind = _place(update)
    if place is None:
        return InboundMessage(kind=Kind.UNSUPPORTED)
    if _is_shared(place):
        return InboundMessage(kind=Kind.IGNORED)
    if update.message is not None:
        return _message(update.message, body)
    if update.edited_message is not None:
        return _edit(update.edited_message)
    if update.callback_query is not None:
        return _press(update.callback_query)
    return _member_change(update.my_chat_member or _MemberChange())


def _place(update: _Update) -> tuple[_Chat | None, str]:
    if update.message is not None:
        return _known(update.message.chat), "message"
    if update.edited_message is not None:
        return _known(update.edited_message.chat), "edited_message"
    if update.callback_query is not None:
        press = update.callback_query
        if press.message is not None and press.message.chat.id:
            return press.message.chat, "callback_query"
        # The message may be gone. In a private chat, the chat has the number of the person.
        return _known(_Chat(press.from_.id, "private")) if press.from_ is not None else None, "callback_query"
    if update.my_chat_member is not None:
        return _known(update.my_chat_member.chat), "my_chat_member"
    return None, ""


def _known(chat: _Chat) -> _Chat | None:
    return chat if chat.id else None


def _is_shared(chat: _Chat) -> bool:
    """Whether others read along: a group or a channel. Their numbers are negative."""
    return chat.id < 0 or chat.type not in ("", "private")


def _message(message: _Message, body: bytes) -> InboundMessage:
    if message.from_ is not None and message.from_.is_bot:
        return InboundMessage(kind=Kind.IGNORED)
    if message.text is not None:
        kind, text = _words(clean(message.text))
        return _inbound(kind, message, text=text)
    caption = clean(message.caption or "")
    for kind, file in (
        (Kind.VOICE, message.voice or message.audio),
        (Kind.PHOTO, message.photo[-1] if message.photo else None),
        (Kind.VIDEO, message.video or message.video_note or message.animation),
        (Kind.DOCUMENT, message.document),
        (Kind.STICKER, message.sticker),
    ):
        if file is not None:
            return _inbound(kind, message, text=caption, file_id=_label(file.file_id, 256))
    if message.location is not None:
        return _located(message, message.location)
    if message.contact is not None:
        return _inbound(Kind.CONTACT, message)
    if _SERVICE.intersection(_names_in(body, "message")):
        return InboundMessage(kind=Kind.IGNORED)
    return _inbound(Kind.UNSUPPORTED, message, text=caption)


def _words(text: str) -> tuple[Kind, str]:
    """A typed text, /start, or a command of the menu.

    What follows /start in a link is whatever a poster or a stranger put there, so it is no word of the person's; whole
    sentences after it were typed.
    """
    if not text.startswith("/"):
        return Kind.TEXT, text
    command, _, rest = text[1:].partition(" ")
    name = command.partition("@")[0].lower()
    if name == "start":
        rest = rest.strip()
        return (Kind.START, "") if not rest or _PAYLOAD.fullmatch(rest) else (Kind.TEXT, rest)
    if rest.strip() or name not in COMMAND_WORDS:
        return Kind.TEXT, text
    return Kind.TEXT, COMMAND_WORDS[name]


def _located(message: _Message, place: _Location) -> InboundMessage:
    # A live location would let us follow a person: it is not taken.
    if place.live_period or place.latitude is None or place.longitude is None:
        return _inbound(Kind.UNSUPPORTED, message)
    if not (-90 <= place.latitude <= 90 and -180 <= place.longitude <= 180):
        return _inbound(Kind.UNSUPPORTED, message)
    return _inbound(Kind.LOCATION, message, latitude=place.latitude, longitude=place.longitude)


def _edit(message: _Message) -> InboundMessage:
    words = message.text if message.text is not None else message.caption
    if words is None or (message.from_ is not None and message.from_.is_bot):
        # A live location that moved, a keyboard taken away: no words changed.
        return InboundMessage(kind=Kind.IGNORED)
    return _inbound(Kind.EDIT, message, text=clean(words), about=_number(message.message_id))


def _press(press: _Press) -> InboundMessage:
    data = _label(press.data or "", _BUTTON_CHARACTERS)
    message = press.message or _Message()
    label = ""
    if message.reply_markup is not None and data:
        keys = (key for row in message.reply_markup.inline_keyboard for key in row)
        label = next((clean(key.text) for key in keys if key.callback_data == data), "")
    return InboundMessage(
        kind=Kind.BUTTON,
        text=label,
        button=data,
        platform_id=_number(message.message_id),
        reply_token=_label(press.id, 64),
    )


def _member_change(change: _MemberChange) -> InboundMessage:
    status = change.new_chat_member.status if change.new_chat_member is not None else ""
    kind = {"kicked": Kind.BLOCKED, "member": Kind.UNBLOCKED}.get(status, Kind.IGNORED)
    return InboundMessage(kind=kind, sent_at=_time(change.date))


def _inbound(kind: Kind, message: _Message, **more: Any) -> InboundMessage:
    return InboundMessage(kind=kind, platform_id=_number(message.message_id), sent_at=_time(message.date), **more)


def _number(number: int) -> str:
    return str(number) if 0 < number < 1 << 63 else ""


def _time(seconds: int) -> datetime | None:
    # An inaccessible message has the date 0; what lies after the year 2100 is no date of a message.
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 4_102_444_800 else None


def _label(text: str, most: int) -> str:
    return clean(text[:most])


def _names_in(raw: bytes, part: str) -> set[str]:
    content = loose(raw)
    inner = content.get(part) if isinstance(content, dict) else None
    return set(inner) if isinstance(inner, dict) else set()


def _foreign_kind(raw: bytes) -> str:
    """The name of a kind of update that we don't take, as far as it is a name and nothing else."""
    content = loose(raw)
    names = [name for name in content if name != "update_id"] if isinstance(content, dict) else []
    return names[0] if len(names) == 1 and re.fullmatch(r"[a-z_]{1,40}", names[0]) else "unreadable"
