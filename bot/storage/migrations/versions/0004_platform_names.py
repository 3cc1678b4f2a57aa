"""Other names of a contact on a platform, and when the contact last wrote by its clock"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "contact_aliases",
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("address_digest", sa.LargeBinary(16), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("contact_aliases_contact_id_fk")),
        sa.PrimaryKeyConstraint("channel", "account", "address_digest", name=op.f("contact_aliases_pk")),
    )
    op.create_index(op.f("contact_aliases_contact_id"), "contact_aliases", ["contact_id"])
    op.add_column("conversations", sa.Column("wrote_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Undo it."""
    op.drop_column("conversations", "wrote_at")
    op.drop_index(op.f("contact_aliases_contact_id"), "contact_aliases")
    op.drop_table("contact_aliases")
