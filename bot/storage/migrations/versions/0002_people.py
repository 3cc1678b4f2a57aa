"""Those who answer: people, sign-ins, invitations"""

import sqlalchemy as sa
from alembic import op

import bot.storage.tables

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "invitations",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("roles", sa.String(length=80), nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("invited_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", bot.storage.tables.Moment(), nullable=False),
        sa.Column("expires_at", bot.storage.tables.Moment(), nullable=False),
        sa.Column("used_at", bot.storage.tables.Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("invitations_pk")),
        sa.UniqueConstraint("token_digest", name=op.f("invitations_token_digest_once")),
    )
    op.create_table(
        "responders",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("login_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("password_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("roles", sa.String(length=80), nullable=False),
        sa.Column("slots", sa.SmallInteger(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_on_duty", sa.Boolean(), nullable=False),
        sa.Column("present_at", bot.storage.tables.Moment(), nullable=False),
        sa.Column("created_at", bot.storage.tables.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("responders_pk")),
        sa.UniqueConstraint("login_digest", name=op.f("responders_login_digest_once")),
    )
    op.create_table(
        "sign_in_tries",
        sa.Column("subject_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", bot.storage.tables.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("subject_digest", name=op.f("sign_in_tries_pk")),
    )
    op.create_table(
        "devices",
        sa.Column("token_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("responder_id", sa.BigInteger(), nullable=False),
        sa.Column("used_at", bot.storage.tables.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["responder_id"], ["responders.id"], name=op.f("devices_responder_id_fk")),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("devices_pk")),
    )
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("devices_responder_id"), ["responder_id"], unique=False)

    op.create_table(
        "sign_ins",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("responder_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", bot.storage.tables.Moment(), nullable=False),
        sa.Column("active_at", bot.storage.tables.Moment(), nullable=False),
        sa.Column("expires_at", bot.storage.tables.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["responder_id"], ["responders.id"], name=op.f("sign_ins_responder_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("sign_ins_pk")),
        sa.UniqueConstraint("token_digest", name=op.f("sign_ins_token_digest_once")),
    )
    with op.batch_alter_table("sign_ins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("sign_ins_responder_id"), ["responder_id"], unique=False)


def downgrade() -> None:
    """Undo it."""
    with op.batch_alter_table("sign_ins", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("sign_ins_responder_id"))

    op.drop_table("sign_ins")
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("devices_responder_id"))

    op.drop_table("devices")
    op.drop_table("sign_in_tries")
    op.drop_table("responders")
    op.drop_table("invitations")
