"""Codes by which somebody goes on elsewhere, wrong tries, and from where on a talk is shown where it is now"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "link_codes",
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code_digest", sa.LargeBinary(16), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("link_codes_contact_id_fk")),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("link_codes_pk")),
        sa.UniqueConstraint("code_digest", name=op.f("link_codes_code_digest_once")),
    )
    op.create_table(
        "link_tries",
        sa.Column("address_digest", sa.LargeBinary(16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("address_digest", name=op.f("link_tries_pk")),
    )
    op.add_column("conversations", sa.Column("shown_after", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Undo it."""
    op.drop_column("conversations", "shown_after")
    op.drop_table("link_tries")
    op.drop_table("link_codes")
