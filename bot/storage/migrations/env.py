"""What Alembic runs for each command; the connection is handed over by `bot.storage.migrate`."""

from alembic import context

from bot.storage.migrate import METADATA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True, transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
