"""What the WhatsApp Cloud API posts to us: proven, taken apart into single events, and read tolerantly.

One post may hold many entries, changes, messages and statuses, in any order and more than once. Each becomes an update of its own,
with only what we need of it: no name, no advertisement that led here.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from bot.channels.tolerant import clean, loose
from bot.channels.whatsapp_errors import failing_of
from bot.domain.messages import DeliveryState, Failing, InboundMessage, Kind, Receipt, Update

CHANNEL = "whatsapp"

_SIGNATURE = re.compile(rb"sha256=[0-9a-f]{64}")
_PREFIX = b"sha256="
_CHALLENGE = re.compile(r"[0-9]{1,40}")
_FIELD = re.compile(r"[a-z_]{1,40}")
_MOST_LABEL = 256
_MOST_NAME, _MOST_PLACE, _MOST_EMOJI = 512, 200, 32
_STATES = {
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.READ,
    "played": DeliveryState.READ,
    "failed": DeliveryState.FAILED,
}
_FILES = {
    "audio": Kind.VOICE,
    "voice": Kind.VOICE,
    "image": Kind.PHOTO,
    "video": Kind.VIDEO,
    "document": Kind.DOCUMENT,
    "sticker": Kind.STICKER,
}
_CHANGES = ("user_changed_number", "user_changed_user_id", "customer_changed_number", "customer_identity_changed")


def is_signed(body: bytes, signature: bytes | None, secrets: Sequence[bytes]) -> bool:
    """Whether one of the app's secrets signed these very bytes. Source: Meta, webhooks, "Validating payloads"."""
    if signature is None or not _SIGNATURE.fullmatch(signature):
        return False
    # All are compared: which of two secrets fits during a rotation is nobody's business.
    found = [hmac.compare_digest(signature, _PREFIX + hmac.new(each, body, "sha256").hexdigest().encode()) for each in secrets]
    return any(found)


def answer_challenge(query: dict[str, str], token: str) -> str | None:
    """What to answer when the address is being verified; None when whoever asks does not know our token."""
    is_ours = hmac.compare_digest(query.get("hub.verify_token", "").encode(), token.encode())
    challenge = query.get("hub.challenge", "")
    if query.get("hub.mode") != "subscribe" or not is_ours or not _CHALLENGE.fullmatch(challenge):
        return None
    return challenge


class Unpacked(NamedTuple):
    """What a post holds: what to store, names of what is none of ours, codes of troubles it reports, and how much it costs.

    `billable` counts messages of ours that were delivered and are charged; a post that comes again counts again.
    """

    updates: list[Update]
    ignored: list[str]
    troubles: list[int]
    billable: int = 0


class _Who(NamedTuple):
    """A person as the platform names them: by a number, by an id of its own, or both."""

    phone: str
    user_id: str

    @property
    def address(self) -> str:
        """The id where there is one: a number may change hands, and some have none to show."""
        return self.user_id or self.phone


def unpack(raw: bytes, *, now: datetime) -> Unpacked:
    """The events of a post, each to be stored. Never raises."""
    found, billable = Unpacked([], [], []), 0
    for field, value in _changes_of(loose(raw)):
        if field != "messages":
            found.ignored.append(field if _FIELD.fullmatch(field) else "unreadable")
            continue
        number = _text(_dict(value.get("metadata")).get("phone_number_id"))
        people = [_dict(each) for each in _list(value.get("contacts"))]
        for message in map(_dict, _list(value.get("messages"))):
            who = _sender(message, people)
            if message.get("group_id") or not who.address:
                found.ignored.append("group" if message.get("group_id") else "nobody")
                continue
            kept = {name: message[name] for name in message if name not in ("referral", "context")}
            found.updates.append(_update(number, who, _key_of(message), {"m": kept}, now))
        for status in map(_dict, _list(value.get("statuses"))):
            who = _Who(_text(status.get("recipient_id")), _text(status.get("recipient_user_id")))
            kept = {name: status[name] for name in _KEPT_OF_STATUS if name in status}
            billable += status.get("status") == "delivered" and _dict(status.get("pricing")).get("billable") is True
            key = f"s:{_text(status.get('id'))}:{_text(status.get('status'))}:{_text(status.get('timestamp'))}"
            found.updates.append(_update(number, who, key, {"s": kept}, now))
        found.troubles.extend(_codes(value))
    if not found.updates and not found.ignored and not found.troubles:
        found.ignored.append("unreadable")
    return found._replace(billable=billable)


_KEPT_OF_STATUS = ("id", "status", "timestamp", "biz_opaque_callback_data", "errors")


def _changes_of(envelope: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(envelope, dict) or envelope.get("object") != "whatsapp_business_account":
        return
    for entry in map(_dict, _list(envelope.get("entry"))):
        for change in map(_dict, _list(entry.get("changes"))):
            yield _text(change.get("field")), _dict(change.get("value"))


def _sender(message: dict[str, Any], people: list[dict[str, Any]]) -> _Who:
    phone, user_id = _text(message.get("from")), _text(message.get("from_user_id"))
    system = _dict(message.get("system"))
    if not phone and not user_id:
        # A notice of a change may name the person only inside; the id there is the new one, which the talk must not follow to.
        phone = _text(system.get("customer"))
        user_id = "" if phone else _text(system.get("user_id"))
    if not user_id:
        same = (each for each in people if phone and _text(each.get("wa_id")) == phone)
        user_id = _text(next(same, {}).get("user_id"))
    return _Who(phone, user_id)


def _key_of(message: dict[str, Any]) -> str:
    number = _text(message.get("id"))
    # Without a name of its own, the same content is the same message.
    return f"m:{number}" if number else "x:" + hashlib.sha256(json.dumps(message, sort_keys=True).encode()).hexdigest()


def _update(number: str, who: _Who, key: str, content: dict[str, Any], now: datetime) -> Update:
    body = json.dumps({"n": number, "p": who.phone, "u": who.user_id, **content}).encode()
    return Update(channel=CHANNEL, account=number, key=key, address=who.address, body=body, received_at=now)


def _codes(value: dict[str, Any]) -> Iterator[int]:
    for error in map(_dict, _list(value.get("errors"))):
        code = error.get("code")
        yield code if isinstance(code, int) else 0


# One stored event


def parse(body: bytes, *, number: str) -> InboundMessage | Receipt:
    """What a stored event says. Never raises. What came for another number than `number` is not ours to answer."""
    content = _dict(loose(body))
    if content.get("n") != number:
        return InboundMessage(kind=Kind.IGNORED)
    if "s" in content:
        return _receipt(_dict(content["s"]))
    return _message(_dict(content.get("m")), also=_text(content.get("p")) if content.get("u") else "")


def _receipt(status: dict[str, Any]) -> InboundMessage | Receipt:
    state = _STATES.get(_text(status.get("status")))
    if state is None:
        return InboundMessage(kind=Kind.IGNORED)
    code = next(_codes(status), None)
    return Receipt(
        platform_id=_text(status.get("id")),
        state=state,
        at=_time(status.get("timestamp")) or datetime.fromtimestamp(0, UTC),
        key=_text(status.get("biz_opaque_callback_data"))[:64],
        error="" if code is None else f"whatsapp_{code}",
        failing=Failing.FINAL if code is None else failing_of(code),
    )


def _message(message: dict[str, Any], *, also: str) -> InboundMessage:
    kind = _text(message.get("type"))
    part = _dict(message.get(kind))
    read = msgspec.structs.replace(
        _content(kind, part),
        platform_id=_text(message.get("id")),
        reply_token=_text(message.get("id")),
        sent_at=_time(message.get("timestamp")),
        also_address=also,
    )
    if read.kind is Kind.TEXT and not read.text:
        return msgspec.structs.replace(read, kind=Kind.UNSUPPORTED)
    return read


def _content(kind: str, part: dict[str, Any]) -> InboundMessage:
    match kind:
        case "text":
            return InboundMessage(kind=Kind.TEXT, text=_words(part.get("body")))
        case "interactive":
            chosen = _dict(part.get("button_reply")) or _dict(part.get("list_reply"))
            return InboundMessage(
                kind=Kind.BUTTON, text=_words(chosen.get("title")), button=_words(chosen.get("id"))[:_MOST_LABEL]
            )
        case "button":
            return InboundMessage(kind=Kind.TEXT, text=_words(part.get("text")))
        case "location":
            return _located(part)
        case "contacts":
            return InboundMessage(kind=Kind.CONTACT)
        case "edit":
            inner = _dict(part.get("message")) or part
            said = _dict(inner.get(_text(inner.get("type")) or "text"))
            words = _words(said.get("body") or said.get("caption") or inner.get("body"))
            return InboundMessage(kind=Kind.EDIT, text=words, about=_original(part))
        case "revoke":
            return InboundMessage(kind=Kind.REVOKED, about=_original(part))
        case "system":
            is_change = _text(part.get("type")) in _CHANGES
            return InboundMessage(kind=Kind.MOVED if is_change else Kind.IGNORED)
        case "reaction":
            # One that is taken away has no emoji.
            emoji = _words(part.get("emoji"))[:_MOST_EMOJI]
            about = _words(part.get("message_id"))[:_MOST_NAME]
            return InboundMessage(kind=Kind.REACTION if emoji.strip() else Kind.IGNORED, text=emoji, about=about)
        case _ if kind in _FILES:
            return InboundMessage(
                kind=_FILES[kind], text=_words(part.get("caption")), file_id=_words(part.get("id"))[:_MOST_LABEL]
            )
        case _:
            return InboundMessage(kind=Kind.UNSUPPORTED)


def _located(place: dict[str, Any]) -> InboundMessage:
    latitude, longitude = place.get("latitude"), place.get("longitude")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return InboundMessage(kind=Kind.UNSUPPORTED)
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return InboundMessage(kind=Kind.UNSUPPORTED)
    name = ", ".join(part for part in (_words(place.get("name")), _words(place.get("address"))) if part)
    return InboundMessage(
        kind=Kind.LOCATION, latitude=float(latitude), longitude=float(longitude), place_name=name[:_MOST_PLACE]
    )


def _original(part: dict[str, Any]) -> str:
    """The name of the message that was edited or taken back."""
    return _words(part.get("original_message_id"))[:_MOST_NAME]


def _time(seconds: object) -> datetime | None:
    text = _text(seconds)
    return (
        datetime.fromtimestamp(int(text), UTC) if re.fullmatch(r"[0-9]{1,10}", text) and 0 < int(text) < 4_102_444_800 else None
    )


def _words(value: object) -> str:
    return clean(value) if isinstance(value, str) else ""


def _text(value: object) -> str:
    """A name or number as text, made safe; "" for anything else."""
    if isinstance(value, bool):
        return ""
    return clean(str(value))[:512] if isinstance(value, str | int) else ""


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
