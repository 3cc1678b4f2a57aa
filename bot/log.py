"""Structured log lines, and the list of fields they may carry. Text, names, numbers and addresses are not on it."""

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "error",
        "reason",
        "channel",
        "count",
        "attempts",
        "seconds",
        "bytes",
        "status",
        "route",
        "method",
        "state",
        "version",
        "pending",
        "code",
        "port",
        "trace",
    }
)
"""What a line may carry: events, enums, classes and counts."""


def keep_allowed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The line without what is not on the list, exceptions' words and tracebacks included."""
    return {key: value for key, value in event.items() if key in ALLOWED and isinstance(value, str | int | float | bool)}


def configure(stream: TextIO | None = None) -> None:
    """Write JSON lines to `stream` (standard error), ours through the list above and libraries' warnings by name only."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            keep_allowed,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_NamesOnly(stream or sys.stderr)]
    root.setLevel(logging.WARNING)


class _NamesOnly(logging.Handler):
    """Libraries put addresses, texts and tokens into their lines: of these only the logger's name and level are kept."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._log = structlog.wrap_logger(structlog.WriteLogger(stream))

    def emit(self, record: logging.LogRecord) -> None:
        """Say that a library logged something."""
        self._log.warning("library_logged", reason=record.name, state=record.levelname.lower())
