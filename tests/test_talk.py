"""Lines of `teduh talk --json`: one answer for each, whatever the line is."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.app import build_core, prepare
from bot.config import Data, Settings
from bot.content import load_content, load_interpreter
from bot.talk import MovableClock, Talk, TerminalChannel, answer_line
from tests.process import ROOT


@pytest.fixture(scope="module")
def content():
    return load_content()


@pytest.fixture
async def talk(tmp_path: Path, content) -> AsyncIterator[Talk]:
    channel = TerminalChannel("web")
    settings = Settings(data=Data(folder=str(tmp_path)))
    core = build_core(settings, content, load_interpreter(), channels=[channel], now=MovableClock())
    await prepare(core)
    yield Talk(core, channel)
    await core.database.close()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "a line is a JSON object such as"),
        ("[" * 100_000, "nested"),
        ("[]", "a line is a JSON object"),
        ("{}", "a line is"),
        ('{"event": ["x"]}', "a line is"),
        ('{"event": {}}', "a line is"),
        ('{"text": null}', '"text" must be a text'),
        ('{"text": ["halo"]}', '"text" must be a text'),
        ('{"button": null}', "a button is"),
        ('{"button": {"id": [1]}}', "a button is"),
        ('{"wait": 3}', '"wait" must be a text'),
        ('{"wait": "²d"}', "a wait is a number"),
        ('{"wait": "%sd"}' % ("9" * 5000), "a wait is a number"),
        ('{"event": "location", "latitude": "utara"}', '"latitude" must be a number'),
        ('{"event": "location", "longitude": NaN}', '"longitude" must be a number'),
    ],
)
async def test_a_line_of_no_known_form_is_an_error_and_the_talk_goes_on(talk: Talk, line: str, said: str):
    refused = await answer_line(talk, line)
    greeted = await answer_line(talk, '{"text": "halo"}')

    assert refused.keys() == {"error"}
    assert said in refused["error"]
    assert greeted["replies"]


@pytest.mark.parametrize("line", ['{"text": "halo \\ud83d"}', '{"text": "halo \udcff"}', '{"button": "\\udfff"}'])
async def test_lone_surrogates_are_heard_as_replaced_characters(talk: Talk, line: str):
    answer = await answer_line(talk, line)

    assert answer["replies"]
    json.dumps(answer, ensure_ascii=False).encode()


async def test_the_clock_stops_before_there_are_no_dates_left(talk: Talk):
    first, second = [await answer_line(talk, '{"wait": "5000w"}') for _ in range(2)]

    assert "replies" in first
    assert second == {"error": "the clock goes on by a hundred years at most"}


def talk_in_a_process(folder: Path, *words: str, lines: bytes) -> list[dict[str, Any]]:
    ended = subprocess.run(
        [sys.executable, "-m", "bot.cli", "talk", "--json", *words],
        cwd=ROOT,
        env={"TEDUH_DATA__FOLDER": str(folder)},
        input=lines,
        capture_output=True,
        check=True,
    )
    return [json.loads(line) for line in ended.stdout.decode().splitlines()]


def test_every_line_gets_one_answer_even_where_bytes_are_no_utf_8(tmp_path):
    lines = b'{"text": "halo \xff"}\n\n\xff\n{"text": "halo\xe2\x80\xa8lagi"}\n'

    first, refused, last = talk_in_a_process(tmp_path, lines=lines)

    assert first["replies"]
    assert refused.keys() == {"error"}
    assert last["replies"]
    assert not list(tmp_path.iterdir())


def test_a_talk_that_is_kept_can_be_gone_on_with(tmp_path):
    kept = f"sqlite:///{tmp_path / 'kept.db'}"

    for _ in range(2):
        (answer,) = talk_in_a_process(tmp_path / "data", "--db", kept, lines=b'{"text": "halo"}\n')
        assert answer["replies"]


@pytest.mark.parametrize("line", ["halo", "[]", '"halo"', "{"])
async def test_a_plain_line_is_told_the_form_that_a_line_has(talk: Talk, line: str):
    assert '{"text": "halo"}' in (await answer_line(talk, line))["error"]
