"""What shows whether a key is the one this database was made with"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add it."""
    op.create_table(
        "vault_canary",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("vault_canary_pk")),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("vault_canary")
