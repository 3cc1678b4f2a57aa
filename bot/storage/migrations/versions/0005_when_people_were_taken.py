"""When people were taken: found without reading the whole audit log"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add it."""
    claims = sa.text("action = 'case_claimed'")
    op.create_index("audit_claims", "audit", ["at"], sqlite_where=claims, postgresql_where=claims)


def downgrade() -> None:
    """Undo it."""
    op.drop_index("audit_claims", "audit")
