"""Alembic's steps from one release's tables to the next. A step keeps the previous release working."""
