"""The tables. Personal text stands only in columns named *sealed (storage/vault); what is looked up, in columns named *digest."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_once",
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
    }
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@lru_cache(maxsize=64)
def microseconds(moment: datetime) -> int:
    """A time as the tables keep it. What one group of messages writes mostly has one time, so it is remembered."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(stored: int) -> datetime:
    """The time that the tables keep as this."""
    return _EPOCH + timedelta(microseconds=stored)


class Moment(sa.types.TypeDecorator[datetime]):
    """A time, kept as microseconds since 1970 in UTC: the same on both databases, quick to compare."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002, D102
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002, D102
        return None if value is None else moment_of(value)


_AUTO = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("id", _AUTO, primary_key=True, autoincrement=True),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("account", sa.String(64), nullable=False),
    sa.Column("key_digest", sa.LargeBinary(16), nullable=False),
    sa.Column("address_digest", sa.LargeBinary(16), nullable=False),
    sa.Column("sealed", sa.LargeBinary),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("lease", sa.BigInteger),
    sa.Column("lease_until", Moment),
    sa.Column("attempts", sa.SmallInteger, nullable=False, default=0),
    sa.Column("error", sa.String(60)),
    sa.UniqueConstraint("channel", "account", "key_digest"),
    sa.Index("inbox_waiting", "id", sqlite_where=sa.text("state < 2"), postgresql_where=sa.text("state < 2")),
)

contacts = sa.Table(
    "contacts",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("account", sa.String(64), nullable=False),
    sa.Column("address_digest", sa.LargeBinary(16), nullable=False),
    sa.Column("address_sealed", sa.LargeBinary, nullable=False),
    sa.Column("is_reachable", sa.Boolean, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.UniqueConstraint("channel", "account", "address_digest"),
)

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("contact_id", sa.ForeignKey("contacts.id"), primary_key=True, autoincrement=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("inbound_seq", sa.BigInteger, nullable=False),
    sa.Column("control", sa.String(10), nullable=False),
    sa.Column("control_epoch", sa.BigInteger, nullable=False),
    sa.Column("language", sa.String(20), nullable=False),
    sa.Column("memory_sealed", sa.LargeBinary),
    sa.Column("last_inbound_at", Moment),
    sa.Column("last_holding_at", Moment),
    sa.Column("wrote_at", Moment),
)

contact_aliases = sa.Table(
    "contact_aliases",
    metadata,
    sa.Column("channel", sa.String(20), primary_key=True),
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("address_digest", sa.LargeBinary(16), primary_key=True),
    sa.Column("contact_id", sa.ForeignKey("contacts.id"), nullable=False),
    sa.Index(None, "contact_id"),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("contact_id", sa.ForeignKey("contacts.id"), nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("by", sa.String(10), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("responder_id", sa.BigInteger),
    sa.Column("key_digest", sa.LargeBinary(16)),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.UniqueConstraint("contact_id", "seq"),
    sa.Index(
        "messages_key_once",
        "contact_id",
        "key_digest",
        unique=True,
        sqlite_where=sa.text("key_digest is not null"),
        postgresql_where=sa.text("key_digest is not null"),
    ),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.ForeignKey("messages.id"), primary_key=True, autoincrement=False),
    sa.Column("contact_id", sa.ForeignKey("contacts.id"), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("rank", sa.SmallInteger, nullable=False),
    sa.Column("is_human", sa.Boolean, nullable=False),
    sa.Column("is_safety", sa.Boolean, nullable=False),
    sa.Column("control_epoch", sa.BigInteger, nullable=False),
    sa.Column("attempts", sa.SmallInteger, nullable=False, default=0),
    sa.Column("was_unknown", sa.Boolean, nullable=False, default=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("lease", sa.BigInteger),
    sa.Column("lease_until", Moment),
    sa.Column("updated_at", Moment, nullable=False),
    sa.Column("platform_digest", sa.LargeBinary(16)),
    sa.Column("platform_sealed", sa.LargeBinary),
    sa.Column("error", sa.String(60)),
    sa.Index(
        "outbox_waiting",
        "rank",
        "id",
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    ),
    sa.Index(
        "outbox_open",
        "contact_id",
        "id",
        sqlite_where=sa.text("state in ('queued', 'sending')"),
        postgresql_where=sa.text("state in ('queued', 'sending')"),
    ),
    sa.Index(
        "outbox_platform",
        "platform_digest",
        sqlite_where=sa.text("platform_digest is not null"),
        postgresql_where=sa.text("platform_digest is not null"),
    ),
)

removals = sa.Table(
    "removals",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("contact_id", sa.ForeignKey("contacts.id"), nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("attempts", sa.SmallInteger, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("until", Moment, nullable=False),
)

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("contact_id", sa.ForeignKey("contacts.id"), nullable=False),
    sa.Column("rank", sa.SmallInteger, nullable=False),
    sa.Column("status", sa.String(12), nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("waiting_since", Moment, nullable=False),
    sa.Column("respond_by", Moment, nullable=False),
    sa.Column("holder_id", sa.BigInteger),
    sa.Column("lease_until", Moment),
    sa.Column("read_seq", sa.BigInteger, nullable=False, default=0),
    sa.Column("outcome", sa.String(20)),
    sa.Column("closed_at", Moment),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Index(
        "cases_one_open",
        "contact_id",
        unique=True,
        sqlite_where=sa.text("status <> 'closed'"),
        postgresql_where=sa.text("status <> 'closed'"),
    ),
    sa.Index(
        "cases_queue",
        "rank",
        "waiting_since",
        sqlite_where=sa.text("status = 'queued'"),
        postgresql_where=sa.text("status = 'queued'"),
    ),
    sa.Index(
        "cases_held",
        "holder_id",
        sqlite_where=sa.text("status = 'active'"),
        postgresql_where=sa.text("status = 'active'"),
    ),
)

consents = sa.Table(
    "consents",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("contact_id", sa.ForeignKey("contacts.id"), nullable=False),
    sa.Column("text_id", sa.String(120), nullable=False),
    sa.Column("text_version", sa.Integer, nullable=False),
    sa.Column("scope", sa.String(40), nullable=False),
    sa.Column("language", sa.String(20), nullable=False),
    sa.Column("is_given", sa.Boolean, nullable=False),
    sa.Column("message_seq", sa.BigInteger, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index(None, "contact_id"),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", sa.BigInteger),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("case_id", sa.BigInteger),
    sa.Column("detail", sa.String(60)),
    sa.Index(
        "audit_replies",
        "at",
        sqlite_where=sa.text("action = 'reply_sent'"),
        postgresql_where=sa.text("action = 'reply_sent'"),
    ),
)

vault_canary = sa.Table(
    "vault_canary",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)
