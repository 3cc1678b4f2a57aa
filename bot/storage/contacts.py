"""Contacts and how the talk with each stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from bot.dialogue.session import Session
from bot.domain.cases import Control, Sign
from bot.domain.contacts import Contact, Conversation
from bot.domain.messages import ContactId
from bot.storage.inbox import address_digest
from bot.storage.tables import contacts, conversations
from bot.storage.vault import Vault


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """What the program keeps of a talk between messages: the session, and signs and notes made before there is a case."""

    session: Session | None = None
    signs: tuple[Sign, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """A contact with the talk's state. `is_new`: not in the database yet."""

    conversation: Conversation
    memory: Memory
    is_new: bool = False

    @property
    def contact(self) -> Contact:
        """The contact."""
        return self.conversation.contact


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Memory).decode

_columns = (
    sa.select(
        contacts.c.id,
        contacts.c.channel,
        contacts.c.account,
        contacts.c.address_digest,
        contacts.c.address_sealed,
        contacts.c.is_reachable,
        conversations.c.version,
        conversations.c.seq,
        conversations.c.inbound_seq,
        conversations.c.control,
        conversations.c.control_epoch,
        conversations.c.memory_sealed,
        conversations.c.last_inbound_at,
        conversations.c.last_holding_at,
    )
    .join_from(contacts, conversations)
    .order_by(contacts.c.id)
)
_by_digest = _columns.where(contacts.c.address_digest.in_(sa.bindparam("digests", expanding=True))).with_for_update(
    of=conversations
)
_by_id = _columns.where(contacts.c.id == sa.bindparam("contact_id"))
_by_id_locked = _by_id.with_for_update(of=conversations)


def list_by_digest(
    db: sa.Connection, vault: Vault, addresses: Mapping[bytes, str], *, without_memory: bool = False
) -> dict[bytes, Known]:
    """The contacts of these addresses (by their digests) that are known, locked until the transaction ends.

    `without_memory` leaves the session out, for when it can't be read.
    """
    rows = db.execute(_by_digest, {"digests": list(addresses)})
    return {
        row.address_digest: _known(row, vault, addresses[row.address_digest], without_memory=without_memory) for row in rows
    }


def get(db: sa.Connection, vault: Vault, contact_id: ContactId, *, lock: bool = False) -> Known:
    """The contact of this number, which a row refers to."""
    return _known(db.execute(_by_id_locked if lock else _by_id, {"contact_id": contact_id}).one(), vault)


def find(db: sa.Connection, vault: Vault, *, channel: str, account: str, address: str) -> Known | None:
    """The contact of this address, if anybody ever wrote from it."""
    digest = address_digest(vault, channel=channel, account=account, address=address)
    row = db.execute(_columns.where(contacts.c.address_digest == digest)).one_or_none()
    return None if row is None else _known(row, vault)


def _known(row: sa.Row[*tuple[Any, ...]], vault: Vault, address: str | None = None, *, without_memory: bool = False) -> Known:
    (number, channel, account, _digest, sealed_address, is_reachable, version, seq, inbound_seq, control, epoch) = row[:11]
    sealed_memory, last_inbound_at, last_holding_at = row[11:]
    contact = Contact(
        id=number,
        channel=channel,
        account=account,
        address=vault.open(f"contacts:{number}", sealed_address).decode() if address is None else address,
        is_reachable=is_reachable,
    )
    conversation = Conversation(
        contact=contact,
        seq=seq,
        inbound_seq=inbound_seq,
        control=Control(control),
        control_epoch=epoch,
        version=version,
        last_inbound_at=last_inbound_at,
        last_holding_at=last_holding_at,
    )
    if sealed_memory is None or without_memory:
        return Known(conversation=conversation, memory=Memory())
    return Known(conversation=conversation, memory=_decode(vault.open(f"conversations:{number}", sealed_memory)))


def new(vault: Vault, contact: Contact, *, now: datetime) -> dict[str, object]:
    """The row of a contact who writes for the first time."""
    return {
        "id": contact.id,
        "channel": contact.channel,
        "account": contact.account,
        "address_digest": address_digest(vault, channel=contact.channel, account=contact.account, address=contact.address),
        "address_sealed": vault.seal(f"contacts:{contact.id}", contact.address.encode()),
        "is_reachable": contact.is_reachable,
        "created_at": now,
    }


_insert_conversation = sa.insert(conversations)
_update_conversation = (
    sa.update(conversations)
    .where(conversations.c.contact_id == sa.bindparam("who"))
    .values(
        version=sa.bindparam("version"),
        seq=sa.bindparam("seq"),
        inbound_seq=sa.bindparam("inbound_seq"),
        control=sa.bindparam("control"),
        control_epoch=sa.bindparam("control_epoch"),
        language=sa.bindparam("language"),
        memory_sealed=sa.bindparam("memory_sealed"),
        last_inbound_at=sa.bindparam("last_inbound_at"),
        last_holding_at=sa.bindparam("last_holding_at"),
    )
)
_update_reach = sa.update(contacts).where(contacts.c.id == sa.bindparam("who")).values(is_reachable=sa.bindparam("reachable"))


def save(db: sa.Connection, vault: Vault, changed: Iterable[Known], *, now: datetime) -> None:
    """Write how these talks stand now. The rows were locked when they were read, so nobody changed them meanwhile."""
    fresh, insert, update = [], [], []
    for known in changed:
        row = _conversation_row(vault, known)
        if known.is_new:
            fresh.append(new(vault, known.contact, now=now))
            insert.append({"contact_id": row.pop("who"), **row})
        else:
            update.append(row)
    if fresh:
        db.execute(sa.insert(contacts), fresh)
        db.execute(_insert_conversation, insert)
    if update:
        db.execute(_update_conversation, update)


def save_reach(db: sa.Connection, reach: Sequence[tuple[ContactId, bool]]) -> None:
    """Note who can be written to, and who blocked us."""
    if reach:
        db.execute(_update_reach, [{"who": contact_id, "reachable": is_reachable} for contact_id, is_reachable in reach])


def _conversation_row(vault: Vault, known: Known) -> dict[str, object]:
    talk, session = known.conversation, known.memory.session
    return {
        "who": talk.contact.id,
        "version": talk.version + 1,
        "seq": talk.seq,
        "inbound_seq": talk.inbound_seq,
        "control": talk.control.value,
        "control_epoch": talk.control_epoch,
        "language": session.language if session else "id",
        "memory_sealed": vault.seal(f"conversations:{talk.contact.id}", _encode(known.memory)),
        "last_inbound_at": talk.last_inbound_at,
        "last_holding_at": talk.last_holding_at,
    }
