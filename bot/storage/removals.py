"""What is to be removed from a contact's phone: names of messages on the platform, kept only until that is done."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from bot.domain.messages import ContactId
from bot.storage.messages import platform_id_of
from bot.storage.tables import contacts, messages, outbox, removals
from bot.storage.vault import Vault

REMOVABLE = timedelta(hours=48)
"""How old a message may be to be removed, of either side. Source: Bot API, deleteMessage."""

CHANNELS = frozenset({"telegram"})
"""Channels that can remove messages at all. The Cloud API of WhatsApp has no call for it."""


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """Messages of one chat to be removed, by their names on the platform, newest first. `until`: later it is no use any more."""

    id: int
    contact_id: ContactId
    channel: str
    address: str
    platform_ids: tuple[str, ...]
    attempts: int
    until: datetime


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[str, ...]).decode


def list_removable(db: sa.Connection, vault: Vault, contact_id: ContactId, *, now: datetime) -> list[str]:
    """The platform's names of both sides' messages that are young enough, newest first."""
    since = now - REMOVABLE
    query = (
        sa.select(messages.c.id, messages.c.sealed, outbox.c.platform_sealed)
        .join_from(messages, outbox, outbox.c.id == messages.c.id, isouter=True)
        .where(messages.c.contact_id == contact_id, sa.or_(messages.c.at > since, outbox.c.updated_at > since))
        .order_by(messages.c.seq.desc())
    )
    found: list[str] = []
    for number, sealed, sent_as in db.execute(query):
        if sent_as is not None:
            # A long text went out in several parts, each with a name of its own.
            found += reversed(vault.open(f"outbox:{number}", sent_as).decode().split(","))
        else:
            found.append(platform_id_of(vault, number, sealed))
    return [name for name in dict.fromkeys(found) if name]


def add(
    db: sa.Connection, vault: Vault, removal_id: int, contact_id: ContactId, platform_ids: Sequence[str], *, now: datetime
) -> None:
    """Let these be removed as soon as can be."""
    sealed = vault.seal(f"removals:{removal_id}", _encode(platform_ids))
    row = {"id": removal_id, "contact_id": contact_id, "sealed": sealed, "attempts": 0, "due_at": now, "until": now + REMOVABLE}
    db.execute(sa.insert(removals).values(**row))


def take_due(db: sa.Connection, vault: Vault, *, now: datetime, lease: timedelta, most: int) -> list[Removal]:
    """What is to be removed now; whoever took it has until the lease runs out, then it is due again. What is too old is forgotten."""
    db.execute(sa.delete(removals).where(removals.c.until <= now))
    query = (
        sa.select(removals, contacts.c.channel, contacts.c.address_sealed)
        .join_from(removals, contacts)
        .where(removals.c.due_at <= now)
        .order_by(removals.c.id)
        .limit(most)
        .with_for_update(of=removals, skip_locked=True)
    )
    due = [
        Removal(
            id=row.id,
            contact_id=row.contact_id,
            channel=row.channel,
            address=vault.open(f"contacts:{row.contact_id}", row.address_sealed).decode(),
            platform_ids=_decode(vault.open(f"removals:{row.id}", row.sealed)),
            attempts=row.attempts + 1,
            until=row.until,
        )
        for row in db.execute(query)
    ]
    if due:
        which = removals.c.id.in_([each.id for each in due])
        db.execute(sa.update(removals).where(which).values(due_at=now + lease, attempts=removals.c.attempts + 1))
    return due


def has_any(db: sa.Connection) -> bool:
    """Whether anything waits to be removed."""
    return db.execute(sa.select(removals.c.id).limit(1)).first() is not None


def done(db: sa.Connection, removal_id: int) -> None:
    """Forget it: it is removed, or never will be."""
    db.execute(sa.delete(removals).where(removals.c.id == removal_id))


def postpone(db: sa.Connection, removal_id: int, *, until: datetime) -> None:
    """Try it again at this time."""
    db.execute(sa.update(removals).where(removals.c.id == removal_id).values(due_at=until))
