"""What may stand in a log line, and what never does."""

import io
import json
import logging

import pytest
import structlog

from bot import log

MARK = "sempakbiru77"


@pytest.fixture
def stream():
    out = io.StringIO()
    log.configure(out)
    yield out
    structlog.reset_defaults()
    logging.getLogger().handlers = []


def test_a_line_keeps_only_listed_fields(stream: io.StringIO):
    structlog.get_logger().info("message_received", text=MARK, address=MARK, count=3, error=None, reason={"x": MARK})

    line = json.loads(stream.getvalue())
    assert line.pop("timestamp")
    assert line == {"event": "message_received", "level": "info", "count": 3}


def test_an_exception_s_words_and_traceback_stay_out(stream: io.StringIO):
    try:
        raise LookupError(MARK)  # noqa: TRY301 - its words are the point
    except LookupError as exc:
        structlog.get_logger().error("inbox_failed", error=type(exc).__name__, exc_info=True, exception=str(exc))

    assert MARK not in stream.getvalue()
    assert "LookupError" in stream.getvalue()


def test_of_a_library_s_line_only_its_name_is_kept(stream: io.StringIO):
    logging.getLogger("aiogram.event").warning("update %s", MARK)

    assert MARK not in stream.getvalue()
    assert "aiogram.event" in stream.getvalue()
