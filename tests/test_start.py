"""What stops a start, and in which words. The app is the real one; nothing is served."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot import app
from bot.config import Data, DatabaseSettings, Settings, VaultSettings, Web
from bot.content import load_content, load_interpreter
from bot.storage.database import Database, DatabaseUnusable
from bot.storage.vault import KeyMissing, make_key
from tests.process import ROOT, free_port


def settings_for(folder: Path, *, url: str = "", key: str = "") -> Settings:
    web = Web(host="127.0.0.1", port=free_port())
    return Settings(data=Data(folder=str(folder)), database=DatabaseSettings(url=url), vault=VaultSettings(key=key), web=web)


async def start_once(settings: Settings) -> None:
    """As far as a start goes before it serves."""
    await app.require_key(settings)
    core = app.build_core(settings, load_content(), load_interpreter(), channels=())
    try:
        await app.prepare(core)
    finally:
        await core.database.close()


def refuse_to_speak(line: str) -> None:
    pytest.fail(f"it served: {line}")


async def test_the_key_that_made_the_database_opens_it_at_every_start(tmp_path):
    await start_once(settings_for(tmp_path))
    await start_once(settings_for(tmp_path))


async def test_another_key_stops_the_start_in_one_sentence(tmp_path):
    await start_once(settings_for(tmp_path, key=make_key()))

    with pytest.raises(KeyMissing, match=r"^The key does not open this database: put back the key it was made with\.$"):
        await app.serve(settings_for(tmp_path, key=make_key()), say=refuse_to_speak)


async def test_a_lost_key_file_is_not_replaced_by_a_new_one(tmp_path):
    await start_once(settings_for(tmp_path))
    file = tmp_path / "keys" / "vault.key"
    kept = file.read_text()
    file.unlink()

    with pytest.raises(KeyMissing, match="put it back"):
        await app.serve(settings_for(tmp_path), say=refuse_to_speak)
    assert not file.exists()

    file.touch(mode=0o600)
    file.write_text(kept)
    await start_once(settings_for(tmp_path))


@pytest.mark.postgres
async def test_a_second_process_needs_the_first_one_s_key_too(tmp_path, postgres_url: str, postgres: Database):
    del postgres  # it has emptied the tables
    await start_once(settings_for(tmp_path / "one", url=postgres_url))

    with pytest.raises(KeyMissing, match="not there"):
        await start_once(settings_for(tmp_path / "two", url=postgres_url))
    with pytest.raises(KeyMissing, match="does not open"):
        await start_once(settings_for(tmp_path / "three", url=postgres_url, key=make_key()))


async def test_a_second_program_on_the_same_file_is_refused_until_the_first_is_gone(tmp_path):
    settings = settings_for(tmp_path)
    core = app.build_core(settings, load_content(), load_interpreter(), channels=())
    await app.prepare(core)
    try:
        with pytest.raises(DatabaseUnusable, match=r"^Another Teduh works with this database; stop it"):
            await app.serve(settings_for(tmp_path), say=refuse_to_speak)
    finally:
        await core.database.close()

    await start_once(settings)


@pytest.mark.parametrize("words", [("work",), ("serve", "--no-work")])
def test_parts_of_the_work_need_postgresql(tmp_path, words: tuple[str, ...]):
    ended = run_teduh(*words, folder=tmp_path)

    assert ended.returncode == 1
    assert "needs PostgreSQL: set database.url" in ended.stderr
    assert ended.stderr.count("\n") == 1


def run_teduh(*words: str, folder: Path, url: str = "") -> subprocess.CompletedProcess[str]:
    settings = {"TEDUH_DATA__FOLDER": str(folder), "TEDUH_DATABASE__URL": url, "TEDUH_WEB__PORT": str(free_port())}
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *words], cwd=ROOT, env=settings, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("command", ["serve", "migrate"])
@pytest.mark.parametrize(
    ("url", "said"),
    [("::::", "database.url is no URL"), ("postgresql://teduh:x@127.0.0.1:1/teduh", "PostgreSQL does not answer")],
)
def test_a_database_that_can_not_be_used_is_told_in_one_line(tmp_path, command: str, url: str, said: str):
    ended = run_teduh(command, folder=tmp_path, url=url)

    assert ended.returncode == 1
    assert ended.stderr.startswith(said)
    assert ended.stderr.count("\n") == 1


def test_a_data_folder_that_is_a_file_is_told_in_one_line(tmp_path):
    (tmp_path / "data").write_text("")

    ended = run_teduh("serve", folder=tmp_path / "data" / "deep")

    assert ended.returncode == 1
    assert "choose another data.folder" in ended.stderr
    assert ended.stderr.count("\n") == 1


def check_flows(folder: Path) -> list[str]:
    ended = run_teduh("flows", "check", str(folder), folder=folder)
    assert ended.returncode == 1
    return ended.stderr.splitlines()


def test_a_folder_of_flows_that_is_not_there_is_told_in_one_line(tmp_path):
    assert check_flows(tmp_path / "nowhere") == [f"{tmp_path / 'nowhere'} is no folder; name the one that holds the flows."]


def test_a_folder_without_a_directory_of_services_is_told_which_file_it_lacks(tmp_path):
    assert check_flows(tmp_path) == [f"{tmp_path / 'services.yml'} is not there; every folder of flows needs it."]


def test_a_flow_that_is_not_utf_8_is_told_with_its_line(tmp_path):
    for file in (ROOT / "flows").glob("*.yml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "umum.yml").write_bytes("# satu\n# dua é\n".encode("latin-1"))

    assert check_flows(tmp_path) == [f"{tmp_path / 'umum.yml'}:2 is not UTF-8; save the file as UTF-8."]


def test_a_reset_link_for_nobody_is_told_in_one_line(tmp_path):
    ended = run_teduh("people", "reset-link", "ratna", folder=tmp_path)

    assert ended.returncode == 1
    assert ended.stderr == "This database holds nobody yet: start Teduh first, it prints a link.\n"
    assert not (tmp_path / "keys").exists()
