"""What is a code, and what only looks like one."""

import random
import re

import pytest

from bot.domain.linking import ALPHABET, HIDDEN, hide_codes, make_code, read_code


def test_codes_have_eight_clear_characters_and_always_letter_and_digit():
    chance = random.Random(5)
    codes = [make_code(chance.randrange) for _ in range(5_000)]

    assert not set("".join(codes)) & set("AEIOU01L5S8BZ")
    for code in codes:
        assert re.fullmatch(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", code)
        assert re.search(r"\d", code)
        assert re.search(r"[A-Z]", code)
        assert read_code(code) == code
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("typed", ["7K4M-QX2D", "7k4mqx2d", "7K4M QX2D", " 7k4m-qx2d. ", "*7K4M-QX2D*"])
def test_a_code_is_read_however_it_is_typed(typed: str):
    assert read_code(typed) == "7K4M-QX2D"


@pytest.mark.parametrize(
    "said",
    [
        *("wkwkwkwk", "WKWKWKWK", "WKWK-WKWK", "22334477", "2233 4477", "24112026", "kmrn 23 jm", "halo kak", "dikunciin"),
        *("", "7K4M", "7K4M-QX2D lalu", "7K4M-QX2DD", "7K4M--QX2D", "7K4MQX2O", "7 K4MQX2D", "tolong7k4mqx2d", "rt2 rw3 gg7"),
    ],
)
def test_what_people_write_is_no_code(said: str):
    assert read_code(said) is None


def test_a_text_is_shown_without_its_code():
    assert hide_codes("Tulis kode ini: 7K4M-QX2D. Berlaku 10 menit.") == f"Tulis kode ini: {HIDDEN}. Berlaku 10 menit."
    assert hide_codes("Polisi: 110. KTP-nya di Dukcapil.") == "Polisi: 110. KTP-nya di Dukcapil."
