"""Bring a database to the tables of this release."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from bot.storage import tables_people  # noqa: F401 - its tables belong to the same metadata
from bot.storage.database import Database, DatabaseUnusable, Turn, alone
from bot.storage.tables import metadata

METADATA = metadata
_FOLDER = Path(__file__).parent / "migrations"


def config(connection: sa.Connection) -> Config:
    """Alembic's configuration for this connection."""
    made = Config()
    made.set_main_option("script_location", str(_FOLDER))
    made.attributes["connection"] = connection
    return made


def upgrade(connection: sa.Connection) -> None:
    """Run what this database lacks, inside the caller's transaction.

    Raises:
        DatabaseUnusable: it was written by a newer release.
    """
    alone(connection, Turn.MIGRATE)
    try:
        command.upgrade(config(connection), "head")
    except CommandError as exc:
        if "Can't locate revision" in str(exc):
            raise DatabaseUnusable("The database was written by a newer release of Teduh; start that one.") from None
        raise


async def migrate(database: Database) -> None:
    """Bring the database to this release.

    Raises:
        DatabaseUnusable: it was written by a newer release, or can't be written.
    """
    await database.write(upgrade)
