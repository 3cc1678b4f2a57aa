"""The thread: everything said in a talk, in both directions, with notes and events, numbered in order."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa

from bot.domain.messages import (
    Button,
    Contactable,
    ContactId,
    DeliveryState,
    Form,
    MessageId,
    OutboundMessage,
)
from bot.domain.responders import ResponderId
from bot.storage.prepared import Prepared
from bot.storage.tables import messages, microseconds, outbox
from bot.storage.vault import Vault


class By(StrEnum):
    """Who said it. SYSTEM says what happened, in `Entry.text`, to the team only."""

    CONTACT = "contact"
    PROGRAM = "program"
    RESPONDER = "responder"
    SYSTEM = "system"


TEXT, NOTE, EVENT = "text", "note", "event"
WITHDRAWN = "withdrawn"
"""Kind of a message that its writer took back: that it was there, and nothing else."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of a thread. `kind`: text, a `domain.messages.Kind` for what else came, note, or event.

    `key` is the responder's console's own name of a reply or note; the same key is entered once. `error` says why it was not
    delivered, as a class. A struct, and not a dataclass:
    two or three are made for each message, and a struct of 17 fields is made ten times quicker.
    """

    id: MessageId
    contact_id: ContactId
    seq: int
    by: By
    kind: str
    at: datetime
    text: str = ""
    author: str = ""
    buttons: tuple[Button, ...] = ()
    services: tuple[Contactable, ...] = ()
    platform_id: str = ""
    responder_id: ResponderId | None = None
    key: str = ""
    delivery: DeliveryState | None = None
    error: str = ""
    form: Form = Form.PLAIN
    language: str = ""


class _Content(msgspec.Struct, array_like=True):
    text: str = ""
    author: str = ""
    buttons: tuple[Button, ...] = ()
    services: tuple[Contactable, ...] = ()
    platform_id: str = ""
    form: Form = Form.PLAIN
    language: str = ""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Content).decode


def _content_of(entry: Entry) -> _Content:
    return _Content(entry.text, entry.author, entry.buttons, entry.services, entry.platform_id, entry.form, entry.language)


_insert = Prepared(sa.insert(messages), "id", "contact_id", "seq", "by", "kind", "responder_id", "key_digest", "sealed", "at")


def add(db: sa.Connection, vault: Vault, entries: Iterable[Entry]) -> None:
    """Enter these in their threads."""
    rows = [
        (
            entry.id,
            entry.contact_id,
            entry.seq,
            entry.by.value,
            entry.kind,
            entry.responder_id,
            _key_digest(vault, entry.key),
            vault.seal(
                f"messages:{entry.id}",
                _encode(_content_of(entry)),
            ),
            microseconds(entry.at),
        )
        for entry in entries
    ]
    if rows:
        _insert.many(db, rows)


_thread = (
    sa.select(
        messages.c.id,
        messages.c.contact_id,
        messages.c.seq,
        messages.c.by,
        messages.c.kind,
        messages.c.responder_id,
        messages.c.sealed,
        messages.c.at,
        outbox.c.state,
        outbox.c.error,
    )
    .join_from(messages, outbox, outbox.c.id == messages.c.id, isouter=True)
    .order_by(messages.c.contact_id, messages.c.seq)
)


def list_thread(db: sa.Connection, vault: Vault, contact_id: ContactId, *, after: int = 0, limit: int = 500) -> list[Entry]:
    """The thread's entries numbered above `after`, in order: the latest `limit` of them."""
    newest = (
        sa.select(messages.c.seq)
        .where(messages.c.contact_id == contact_id, messages.c.seq > after)
        .order_by(messages.c.seq.desc())
        .limit(limit)
        .subquery()
    )
    first = sa.select(sa.func.min(newest.c.seq)).scalar_subquery()
    rows = db.execute(_thread.where(messages.c.contact_id == contact_id, messages.c.seq >= first))
    return [entry_of(vault, row) for row in rows]


def list_for_contact(
    db: sa.Connection, vault: Vault, contact_id: ContactId, *, after: int = 0, limit: int = 500
) -> list[Entry]:
    """What the contact may see of the thread: both sides' words, no notes, no events, nothing that was never sent."""
    return [
        entry
        for entry in list_thread(db, vault, contact_id, after=after, limit=limit)
        if entry.by is not By.SYSTEM and entry.kind != NOTE and entry.delivery is not DeliveryState.FAILED
    ]


def first_seq(db: sa.Connection, contact_id: ContactId) -> int:
    """The number of the first entry that is still there; what was before is erased. 0 when there is none."""
    query = sa.select(sa.func.min(messages.c.seq)).where(messages.c.contact_id == contact_id)
    return int(db.scalar(query) or 0)


def find_by_key(db: sa.Connection, vault: Vault, contact_id: ContactId, key: str) -> Entry | None:
    """The entry that a console already made under this key."""
    query = _thread.where(messages.c.contact_id == contact_id, messages.c.key_digest == _key_digest(vault, key))
    row = db.execute(query).one_or_none()
    return None if row is None else entry_of(vault, row)


def list_last(db: sa.Connection, vault: Vault, contact_ids: Sequence[ContactId]) -> dict[ContactId, Entry]:
    """The last words of each of these threads, events and notes left out."""
    last = (
        sa.select(messages.c.contact_id, sa.func.max(messages.c.seq).label("seq"))
        .where(messages.c.contact_id.in_(contact_ids), messages.c.kind.not_in((NOTE, EVENT)))
        .group_by(messages.c.contact_id)
        .subquery()
    )
    query = _thread.join(last, sa.and_(last.c.contact_id == messages.c.contact_id, last.c.seq == messages.c.seq), isouter=False)
    return {ContactId(row.contact_id): entry_of(vault, row) for row in db.execute(query)}


def entry_of(vault: Vault, row: sa.Row[*tuple[Any, ...]]) -> Entry:
    """The entry that a row beginning with the thread's columns holds."""
    number, contact_id, seq, by, kind, responder_id, sealed, at, state, error = row[:10]
    content = _decode(vault.open(f"messages:{number}", sealed))
    return Entry(
        id=number,
        contact_id=contact_id,
        seq=seq,
        by=By(by),
        kind=kind,
        at=at,
        text=content.text,
        author=content.author,
        buttons=content.buttons,
        services=content.services,
        platform_id=content.platform_id,
        responder_id=responder_id,
        delivery=DeliveryState(state) if state else None,
        error=error or "",
        form=content.form,
        language=content.language,
    )


def rewrite(db: sa.Connection, vault: Vault, message_ids: Sequence[MessageId], change: Callable[[str], str]) -> None:
    """Change the texts of these entries, where they are still there."""
    query = sa.select(messages.c.id, messages.c.sealed).where(messages.c.id.in_(message_ids))
    for number, sealed in db.execute(query).all():
        content = _decode(vault.open(f"messages:{number}", sealed))
        content.text = change(content.text)
        changed = vault.seal(f"messages:{number}", _encode(content))
        db.execute(sa.update(messages).where(messages.c.id == number).values(sealed=changed))


def open_bubble(vault: Vault, message_id: MessageId, sealed: bytes) -> OutboundMessage:
    """The bubble that this entry, as it is sealed, is to its contact."""
    content = _decode(vault.open(f"messages:{message_id}", sealed))
    return OutboundMessage(
        text=content.text,
        buttons=content.buttons,
        services=content.services,
        author=content.author,
        form=content.form,
        language=content.language,
    )


def withdraw(db: sa.Connection, vault: Vault, contact_id: ContactId, platform_id: str, *, above: int) -> tuple[int, bool]:
    """Forget the words of the contact's message that its platform calls this, when its number is above `above`.

    Gives its number, 0 when there is none such, and whether the words were forgotten.
    """
    query = _thread.where(messages.c.contact_id == contact_id, messages.c.by == By.CONTACT.value)
    for row in db.execute(query):
        entry = entry_of(vault, row)
        if entry.platform_id != platform_id:
            continue
        if entry.seq > above:
            sealed = vault.seal(f"messages:{entry.id}", _encode(_Content()))
            db.execute(sa.update(messages).where(messages.c.id == entry.id).values(kind=WITHDRAWN, sealed=sealed))
        return entry.seq, entry.seq > above
    return 0, False


def platform_id_of(vault: Vault, message_id: MessageId, sealed: bytes) -> str:
    """The platform's name of this entry, as it is sealed; empty where it has none."""
    return _decode(vault.open(f"messages:{message_id}", sealed)).platform_id


def _key_digest(vault: Vault, key: str) -> bytes | None:
    return vault.digest("console key", key) if key else None
