"""The root of every error that we raise on purpose."""


class BotError(Exception):
    """Something a caller may act on. Its class says what happened; it carries fields, never a person's words."""
