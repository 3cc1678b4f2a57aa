"""Where a request came from is believed of the proxies that the settings name, and of nobody else."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.process import AppProcess

pytestmark = pytest.mark.journey


@contextmanager
def app_with(folder: Path, **settings: str) -> Iterator[AppProcess]:
    app = AppProcess(folder, TEDUH_LIMITS__NEW_TALKS_PER_ADDRESS="1", **settings).start()
    yield app
    app.stop()


def begin(app: AppProcess, forwarded_for: str) -> int:
    message = {"key": uuid4().hex, "text": "halo"}
    headers = {"x-teduh": "1", "x-forwarded-for": forwarded_for}
    return httpx.post(f"{app.url}/chat/messages", json=message, headers=headers).status_code


def test_behind_a_named_proxy_each_address_is_counted_by_itself(tmp_path: Path):
    with app_with(tmp_path, TEDUH_WEB__PROXIES="10.0.0.0/8, 127.0.0.1") as app:
        # What stands before the last address was written by who sent it, and counts for nothing.
        statuses = [begin(app, f"1.2.3.{number}, 8.8.8.8, 10.0.0.1") for number in range(4)]
        other = begin(app, "9.9.9.9")

    assert (statuses, other) == ([202, 202, 202, 429], 202)
    assert "8.8.8.8" not in app.output()


def test_without_a_named_proxy_nobody_chooses_their_address_and_nobody_is_locked_out_for_another(tmp_path: Path):
    with app_with(tmp_path) as app:
        statuses = [begin(app, "8.8.8.8") for _ in range(5)]

    assert statuses == [202] * 5
