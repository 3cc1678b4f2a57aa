"""Codes by which a talk goes on elsewhere, kept as keyed digests; wrong tries; and the move of a talk to another address."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.contacts import Contact
from bot.domain.linking import LASTS, MOST_WRONG, MOST_WRONG_OF_ALL, WRONG_COUNT_FOR, hide_codes
from bot.domain.messages import ContactId, MessageId
from bot.storage import messages
from bot.storage.inbox import address_digest
from bot.storage.tables import (
    cases,
    consents,
    contact_aliases,
    contacts,
    conversations,
    link_codes,
    link_tries,
    outbox,
    removals,
)
from bot.storage.tables import messages as thread
from bot.storage.vault import Vault


def give(db: sa.Connection, vault: Vault, contact_id: ContactId, code: str, *, bubble: MessageId, now: datetime) -> None:
    """Let this code, which stands in that bubble, be good for this contact's talk; one given before is good for nothing more."""
    drop(db, vault, contact_id)
    row = {
        "contact_id": contact_id,
        "code_digest": _digest(vault, code),
        "message_id": bubble,
        "expires_at": now + LASTS,
    }
    db.execute(sa.insert(link_codes), row)


def find(db: sa.Connection, vault: Vault, code: str, *, now: datetime) -> ContactId | None:
    """Whose talk this code opens, if it is good now."""
    query = sa.select(link_codes.c.contact_id).where(
        link_codes.c.code_digest == _digest(vault, code), link_codes.c.expires_at > now
    )
    found = db.scalar(query)
    return None if found is None else ContactId(found)


def use(db: sa.Connection, vault: Vault, contact_id: ContactId, code: str) -> bool:
    """Use up the code. Whether it was still there: of two who use it at once, one does."""
    return _drop(db, vault, sa.and_(link_codes.c.contact_id == contact_id, link_codes.c.code_digest == _digest(vault, code)))


def drop(db: sa.Connection, vault: Vault, contact_id: ContactId) -> None:
    """Let no code be good for this talk any more."""
    _drop(db, vault, link_codes.c.contact_id == contact_id)


def _drop(db: sa.Connection, vault: Vault, which: sa.ColumnElement[bool]) -> bool:
    rows = db.execute(sa.select(link_codes.c.contact_id, link_codes.c.message_id).where(which)).all()
    if not rows or not db.execute(sa.delete(link_codes).where(which)).rowcount:
        return False
    # It had to be sent, so it stood in the bubble; from now on it stands nowhere.
    messages.rewrite(db, vault, [row.message_id for row in rows], hide_codes)
    return True


def may_try(db: sa.Connection, vault: Vault, digest: bytes, *, now: datetime) -> bool:
    """Whether this address (by digest) may try a code: not after too many wrong ones, of its own or of all."""
    most = {digest: MOST_WRONG, _everybody(vault): MOST_WRONG_OF_ALL}
    query = sa.select(link_tries.c.address_digest, link_tries.c.count).where(
        link_tries.c.address_digest.in_(list(most)), link_tries.c.since > now - WRONG_COUNT_FOR
    )
    return all(count < most[subject] for subject, count in db.execute(query))


def note_wrong(db: sa.Connection, vault: Vault, digest: bytes, *, now: datetime) -> None:
    """Count a wrong code of this address. The hour begins with the first."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    # The common row last: whoever waits for it holds nothing that others wait for.
    for subject in (digest, _everybody(vault)):
        is_over = link_tries.c.since <= now - WRONG_COUNT_FOR
        statement = insert(link_tries).values(address_digest=subject, count=1, since=now)
        statement = statement.on_conflict_do_update(
            index_elements=[link_tries.c.address_digest],
            set_={
                "count": sa.case((is_over, 1), else_=link_tries.c.count + 1),
                "since": sa.case((is_over, statement.excluded.since), else_=link_tries.c.since),
            },
        )
        db.execute(statement)


def forget(db: sa.Connection, vault: Vault, *, now: datetime) -> None:
    """Erase what is good for nothing any more."""
    _drop(db, vault, link_codes.c.expires_at <= now)
    db.execute(sa.delete(link_tries).where(link_tries.c.since <= now - WRONG_COUNT_FOR))


def merge(db: sa.Connection, source: ContactId, target: ContactId, *, after: int) -> None:
    """Put what was said and agreed at one contact into the thread of another, numbered above `after`; the first is no more."""
    its = {"its": source}
    of_source: sa.BindParameter[int] = sa.bindparam("its")
    for table, number in ((thread, "seq"), (consents, "message_seq")):
        moved = sa.update(table).where(table.c.contact_id == of_source)
        db.execute(moved.values({"contact_id": target, number: table.c[number] + after}), its)
    for table in (outbox, cases, contact_aliases, removals):
        db.execute(sa.update(table).where(table.c.contact_id == of_source).values(contact_id=target), its)
    for table in (link_codes, conversations):
        db.execute(sa.delete(table).where(table.c.contact_id == of_source), its)
    db.execute(sa.delete(contacts).where(contacts.c.id == of_source), its)


def readdress(db: sa.Connection, vault: Vault, contact: Contact, *, shown_after: int) -> None:
    """Let this contact, with all that belongs to it, be at this address from now on; what was said before is not shown there."""
    db.execute(
        sa.update(contacts)
        .where(contacts.c.id == contact.id)
        .values(
            channel=contact.channel,
            account=contact.account,
            address_digest=address_digest(vault, channel=contact.channel, account=contact.account, address=contact.address),
            address_sealed=vault.seal(f"contacts:{contact.id}", contact.address.encode()),
            is_reachable=True,
        )
    )
    db.execute(sa.update(conversations).where(conversations.c.contact_id == contact.id).values(shown_after=shown_after))


def take_aliases(db: sa.Connection, contact_id: ContactId) -> set[bytes]:
    """The other names of this contact's address, taken from it: they must not open a talk that left the address."""
    its = contact_aliases.c.contact_id == contact_id
    found = set(db.scalars(sa.select(contact_aliases.c.address_digest).where(its)))
    if found:
        db.execute(sa.delete(contact_aliases).where(its))
    return found


def list_removals(db: sa.Connection, contact_id: ContactId) -> list[int]:
    """What is still to be removed from the phone at this contact's address."""
    return list(db.scalars(sa.select(removals.c.id).where(removals.c.contact_id == contact_id)))


def leave_removals(db: sa.Connection, ids: Sequence[int], contact_id: ContactId | None) -> None:
    """Let these removals stay with who is at that address now; with nobody there, they are given up."""
    if ids and contact_id is None:
        db.execute(sa.delete(removals).where(removals.c.id.in_(ids)))
    elif ids:
        db.execute(sa.update(removals).where(removals.c.id.in_(ids)).values(contact_id=contact_id))


def _digest(vault: Vault, code: str) -> bytes:
    return vault.digest("link code", code)


def _everybody(vault: Vault) -> bytes:
    return vault.digest("link tries", "")
