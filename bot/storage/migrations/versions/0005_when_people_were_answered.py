"""When people were answered: found without reading the whole audit log"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add it."""
    replies = sa.text("action = 'reply_sent'")
    op.create_index("audit_replies", "audit", ["at"], sqlite_where=replies, postgresql_where=replies)


def downgrade() -> None:
    """Undo it."""
    op.drop_index("audit_replies", "audit")
