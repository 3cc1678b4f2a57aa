"""The tables of those who answer: who they are, where they are signed in, who was invited."""

import sqlalchemy as sa

from bot.storage.tables import Moment, metadata

responders = sa.Table(
    "responders",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("login_digest", sa.LargeBinary(16), nullable=False, unique=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("password_sealed", sa.LargeBinary),
    sa.Column("roles", sa.String(80), nullable=False),
    sa.Column("slots", sa.SmallInteger, nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("is_on_duty", sa.Boolean, nullable=False),
    sa.Column("present_at", Moment, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
)

sign_ins = sa.Table(
    "sign_ins",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("token_digest", sa.LargeBinary(16), nullable=False, unique=True),
    sa.Column("responder_id", sa.ForeignKey("responders.id"), nullable=False, index=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("active_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
)

devices = sa.Table(
    "devices",
    metadata,
    sa.Column("token_digest", sa.LargeBinary(16), primary_key=True),
    sa.Column("responder_id", sa.ForeignKey("responders.id"), nullable=False, index=True),
    sa.Column("used_at", Moment, nullable=False),
)

sign_in_tries = sa.Table(
    "sign_in_tries",
    metadata,
    sa.Column("subject_digest", sa.LargeBinary(16), primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("last_at", Moment, nullable=False),
)

invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("token_digest", sa.LargeBinary(16), nullable=False, unique=True),
    sa.Column("roles", sa.String(80), nullable=False),
    sa.Column("is_first", sa.Boolean, nullable=False),
    sa.Column("invited_by", sa.BigInteger),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("used_at", Moment),
)
