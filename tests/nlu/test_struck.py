"""Blows told by a bare verb stem, whoever deals them: "majikan pukul saya" is no hour of the day."""

import pytest

from nlu.interpreter import Interpreter
from nlu.understanding import Level

WHO = [
    "majikan", "bos", "mandor", "agen", "kapten", "pacar", "mertua", "kakak", "tetangga", "suami", "dia", "guru", "teman", "orang itu",
    "ustadz", "senior",
]  # fmt: skip
BLOWS = ["pukul", "gebuk", "tendang", "tampar", "cekik", "injek", "tonjok", "jambak"]


@pytest.mark.parametrize("blow", BLOWS)
def test_a_bare_stem_before_the_writer_is_a_blow_by_anybody(interpreter: Interpreter, blow: str) -> None:
    levels = {who: interpreter.understand(f"{who} {blow} saya").level for who in WHO}

    assert {who: level for who, level in levels.items() if level not in (Level.P1, Level.P2)} == {}


@pytest.mark.parametrize(
    "text", ["rapat mulai pukul tujuh", "pukul berapa kak", "besok pukul 9 saya ke kantor", "majikan tidak pukul saya"]
)
def test_an_hour_or_a_blow_denied_is_no_blow(interpreter: Interpreter, text: str) -> None:
    assert interpreter.understand(text).level is None
