"""Contacts and how the talk with each stands."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.dialogue.session import Session
from bot.domain.cases import Control, Sign
from bot.domain.contacts import Contact, Conversation
from bot.domain.messages import ContactId
from bot.storage.inbox import address_digest
from bot.storage.prepared import Prepared, PreparedIn, Row
from bot.storage.tables import contact_aliases, contacts, conversations, microseconds, moment_of
from bot.storage.vault import Vault


class Keyboard(StrEnum):
    """What lies in the place of the contact's keyboard: nothing of ours, the button for a place, or that button after its use."""

    NONE = ""
    ASKS_PLACE = "asks_place"
    USED = "used"


class Memory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the program keeps of a talk between messages: the session, and signs and notes made before there is a case.

    `files_at` is when a picture, voice or other file came last.
    """

    session: Session | None = None
    signs: tuple[Sign, ...] = ()
    notes: tuple[str, ...] = ()
    keyboard: Keyboard = Keyboard.NONE
    files_at: datetime | None = None


class Known(msgspec.Struct, frozen=True, kw_only=True):
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
        conversations.c.wrote_at,
        conversations.c.shown_after,
    )
    .join_from(contacts, conversations)
    .order_by(contacts.c.id)
)
_by_digest = Prepared(_columns.where(contacts.c.address_digest == sa.bindparam("digest")), "digest")
_by_digest_locked = PreparedIn(
    lambda digests: _columns.where(contacts.c.address_digest.in_(digests)).with_for_update(of=conversations)
)
_id_by_digest = Prepared(sa.select(contacts.c.id).where(contacts.c.address_digest == sa.bindparam("digest")), "digest")
_of_id = _columns.where(contacts.c.id == sa.bindparam("contact_id"))
_by_id = Prepared(_of_id, "contact_id")
_by_id_locked = Prepared(_of_id.with_for_update(of=conversations), "contact_id")


def list_by_digest(
    db: sa.Connection, vault: Vault, addresses: Mapping[bytes, str | None], *, without_memory: bool = False
) -> dict[bytes, Known]:
    """The contacts of these addresses (digest to address, where at hand) that are known, locked until the transaction ends.

    `without_memory` leaves the session out, for when it can't be read.
    """
    rows = _by_digest_locked.rows(db, list(addresses))
    return {row[3]: _known(row, vault, addresses[row[3]], without_memory=without_memory) for row in rows}


_by_alias_locked = PreparedIn(
    lambda digests: (
        _columns.add_columns(contact_aliases.c.address_digest.label("alias"))
        .join(contact_aliases, contact_aliases.c.contact_id == contacts.c.id)
        .where(contact_aliases.c.address_digest.in_(digests))
        .with_for_update(of=conversations)
    )
)
_alias = ("channel", "account", "address_digest", "contact_id")
_insert_alias_postgres = Prepared(postgresql.insert(contact_aliases).on_conflict_do_nothing(), *_alias)
_insert_alias_sqlite = Prepared(sqlite.insert(contact_aliases).on_conflict_do_nothing(), *_alias)


def list_by_alias(
    db: sa.Connection, vault: Vault, digests: Sequence[bytes], *, without_memory: bool = False
) -> dict[bytes, Known]:
    """The contacts who have one of these addresses (by digest) as another name, locked until the transaction ends."""
    rows = _by_alias_locked.rows(db, digests) if digests else []
    return {row[16]: _known(row, vault, without_memory=without_memory) for row in rows}


def add_aliases(db: sa.Connection, aliases: Sequence[tuple[Contact, bytes]]) -> None:
    """Note that these contacts are found by these addresses (digests) too."""
    rows = [(contact.channel, contact.account, digest, contact.id) for contact, digest in aliases]
    if rows:
        (_insert_alias_postgres if db.dialect.name == "postgresql" else _insert_alias_sqlite).many(db, rows)


def get(db: sa.Connection, vault: Vault, contact_id: ContactId, *, lock: bool = False) -> Known:
    """The contact of this number, which a row refers to."""
    (row,) = (_by_id_locked if lock else _by_id).rows(db, (contact_id,))
    return _known(row, vault)


def find(db: sa.Connection, vault: Vault, *, channel: str, account: str, address: str) -> Known | None:
    """The contact of this address, if anybody ever wrote from it."""
    digest = address_digest(vault, channel=channel, account=account, address=address)
    rows = _by_digest.rows(db, (digest,))
    return _known(rows[0], vault) if rows else None


def is_known(db: sa.Connection, vault: Vault, *, channel: str, account: str, address: str) -> bool:
    """Whether anybody ever wrote from this address; nothing is opened for it."""
    digest = address_digest(vault, channel=channel, account=account, address=address)
    return bool(_id_by_digest.rows(db, (digest,)))


def _known(row: Row, vault: Vault, address: str | None = None, *, without_memory: bool = False) -> Known:
    (number, channel, account, _digest, sealed_address, is_reachable, version, seq, inbound_seq, control, epoch) = row[:11]
    sealed_memory, last_inbound, last_holding, wrote_at, shown_after = row[11:16]
    contact = Contact(
        id=number,
        channel=channel,
        account=account,
        address=vault.open(f"contacts:{number}", sealed_address).decode() if address is None else address,
        is_reachable=bool(is_reachable),
    )
    conversation = Conversation(
        contact=contact,
        seq=seq,
        inbound_seq=inbound_seq,
        control=Control(control),
        control_epoch=epoch,
        version=version,
        last_inbound_at=None if last_inbound is None else moment_of(last_inbound),
        last_holding_at=None if last_holding is None else moment_of(last_holding),
        wrote_at=None if wrote_at is None else moment_of(wrote_at),
        shown_after=shown_after or 0,
    )
    if sealed_memory is None or without_memory:
        return Known(conversation=conversation, memory=Memory())
    return Known(conversation=conversation, memory=_decode(vault.open(f"conversations:{number}", sealed_memory)))


_insert_contact = Prepared(
    sa.insert(contacts), "id", "channel", "account", "address_digest", "address_sealed", "is_reachable", "created_at"
)


def _contact_row(vault: Vault, contact: Contact, now: datetime) -> Row:
    return (
        contact.id,
        contact.channel,
        contact.account,
        address_digest(vault, channel=contact.channel, account=contact.account, address=contact.address),
        vault.seal(f"contacts:{contact.id}", contact.address.encode()),
        contact.is_reachable,
        microseconds(now),
    )


_changing = (
    "version",
    "seq",
    "inbound_seq",
    "control",
    "control_epoch",
    "language",
    "memory_sealed",
    "last_inbound_at",
    "last_holding_at",
    "wrote_at",
)
_insert_conversation = Prepared(sa.insert(conversations), *_changing, "contact_id")
_update_conversation = Prepared(
    sa.update(conversations)
    .where(conversations.c.contact_id == sa.bindparam("who"))
    .values({name: sa.bindparam(name) for name in _changing}),
    *_changing,
    "who",
)
_update_reach = sa.update(contacts).where(contacts.c.id == sa.bindparam("who")).values(is_reachable=sa.bindparam("reachable"))


def save(db: sa.Connection, vault: Vault, changed: Iterable[Known], *, now: datetime) -> None:
    """Write how these talks stand now. The rows were locked when they were read, so nobody changed them meanwhile."""
    fresh, insert, update = [], [], []
    for known in changed:
        row = _conversation_row(vault, known)
        if known.is_new:
            fresh.append(_contact_row(vault, known.contact, now))
            insert.append(row)
        else:
            update.append(row)
    if fresh:
        _insert_contact.many(db, fresh)
        _insert_conversation.many(db, insert)
    if update:
        _update_conversation.many(db, update)


def save_reach(db: sa.Connection, reach: Sequence[tuple[ContactId, bool]]) -> None:
    """Note who can be written to, and who blocked us."""
    if reach:
        db.execute(_update_reach, [{"who": contact_id, "reachable": is_reachable} for contact_id, is_reachable in reach])


def count_unreachable(db: sa.Connection) -> dict[str, int]:
    """How many contacts can't be written to, by channel."""
    query = sa.select(contacts.c.channel, sa.func.count()).where(~contacts.c.is_reachable).group_by(contacts.c.channel)
    return {str(row[0]): int(row[1]) for row in db.execute(query)}


def _conversation_row(vault: Vault, known: Known) -> Row:
    talk, session = known.conversation, known.memory.session
    contact_id = talk.contact.id
    return (
        talk.version + 1,
        talk.seq,
        talk.inbound_seq,
        talk.control.value,
        talk.control_epoch,
        session.language if session else "id",
        vault.seal(f"conversations:{contact_id}", _encode(known.memory)),
        None if talk.last_inbound_at is None else microseconds(talk.last_inbound_at),
        None if talk.last_holding_at is None else microseconds(talk.last_holding_at),
        None if talk.wrote_at is None else microseconds(talk.wrote_at),
        contact_id,
    )
