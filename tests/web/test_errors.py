"""What goes wrong is told as a code and a sentence, and never quotes anybody."""

import io
import json

import pytest

from bot import log
from bot.domain.credentials import Weakness
from bot.web.errors import _PASSWORDS, _TABLE, WORDS, language_of
from tests.web.conftest import Rig

MARKED = "kalimat-rahasia-7391"


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        pytest.param(b"{", "invalid", "", id="no JSON"),
        pytest.param(b'{"key": "k", "text": ', "invalid", "", id="cut off"),
        pytest.param(b"[]", "invalid", "", id="wrong shape"),
        pytest.param(b"\xff\xfe", "invalid", "", id="no UTF-8"),
        pytest.param(b'{"key":"k","text":"","control_epoch":1,"seen_seq":1}', "invalid", "text", id="empty"),
        pytest.param(b'{"key":"k","text":" \\n","control_epoch":1,"seen_seq":1}', "invalid", "text", id="blank"),
        pytest.param(
            b'{"key":"k","text":"a","control_epoch":2,"seen_seq":9223372036854775808}',
            "invalid",
            "seen_seq",
            id="no row's number",
        ),
        pytest.param(b'{"key":"k","text":5,"control_epoch":1,"seen_seq":1}', "invalid", "text", id="wrong type"),
        pytest.param(
            b'{"key":"k","text":"a","control_epoch":"' + MARKED.encode() + b'","seen_seq":1}',
            "invalid",
            "control_epoch",
            id="quoted",
        ),
    ],
)
async def test_a_body_that_does_not_fit_is_400_and_names_the_field(rig: Rig, body: bytes, code: str, field: str):
    await rig.open_case(1)
    console = await rig.console()
    await console.post("/api/cases/1/claim")

    answer = await console.post("/api/cases/1/replies", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, code, field)
    assert MARKED not in answer.text


async def test_a_body_above_64_kib_is_refused_and_not_read_on(rig: Rig):
    console = await rig.console()

    for content in (b'"' + b"a" * 70_000 + b'"', _in_pieces()):
        answer = await console.post("/api/cases/1/notes", content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def _in_pieces():
    for _ in range(70):
        yield b"a" * 1000


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"]
)
async def test_forms_are_no_way_in(rig: Rig, content_type: str):
    console = await rig.console()

    answer = await console.put("/api/duty", content=b"is_on_duty=1", headers={"Content-Type": content_type})

    assert answer.status_code == 400


async def test_what_nobody_expected_is_told_without_detail_and_logged_by_class_only(rig: Rig):
    class Breaks(RuntimeError):
        """Quotes what it met."""

    def fails(*_args: object) -> list[object]:
        raise Breaks(MARKED)

    stream = io.StringIO()
    log.configure(stream)
    rig.wording.list_services = fails  # type: ignore[assignment,method-assign]
    await rig.open_case(1)
    console = await rig.console()

    answer = await console.post("/api/cases/1/claim")

    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    line = json.loads(stream.getvalue().splitlines()[-1])
    assert (line["event"], line["error"]) == ("request_failed", "Breaks")
    assert MARKED not in answer.text + stream.getvalue()


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "id"),
        ("", "id"),
        ("en", "en"),
        ("en-GB,en;q=0.9,id;q=0.8", "en"),
        ("id-ID,id;q=0.9,en;q=0.8", "id"),
        ("fr, en;q=0.3, id;q=0.4", "id"),
        ("fr", "id"),
        ("en;q=much", "id"),
        ("," * 10_000, "id"),
    ],
)
def test_faults_speak_the_readers_language(header: str | None, language: str):
    assert language_of(header) == language


async def test_a_fault_comes_in_the_language_asked_for(rig: Rig):
    browser = await rig.browser()

    indonesian, english = await browser.get("/api/me"), await browser.get("/api/me", headers={"Accept-Language": "en"})

    assert indonesian.json()["message"] == WORDS["signed_out"][0]
    assert english.json()["message"] == WORDS["signed_out"][1]


def test_every_code_has_words_that_do_not_shout():
    codes = {answer.code for answer in _TABLE.values()} | set(_PASSWORDS.values())

    assert codes <= set(WORDS)
    assert set(_PASSWORDS) == set(Weakness)
    assert not any("!" in words for pair in WORDS.values() for words in pair)
