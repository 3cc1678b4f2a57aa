"""One typed answer, in many registers: the right value, or none, never a sure wrong one."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.answers import KINDS, read_answer, read_choice
from nlu.places import gazetteer

TODAY = date(2026, 11, 24)
DATA = Path(__file__).parent / "data" / "answers.tsv"
ROWS = list(csv.DictReader(DATA.read_text(encoding="utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
OPTIONS = [("home", ["Kekerasan di rumah", "KDRT"]), ("work", ["Masalah kerja"]), ("other", ["Lainnya", "lain"])]


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row['kind']}: {row['text']}") for row in ROWS])
def test_an_answer_is_read_as_it_was_meant(row: dict[str, str]) -> None:
    answer = read_answer(row["kind"], row["text"], today=TODAY)

    assert answer.value == json.loads(row["value"])


def test_a_birth_year_says_no_age_without_todays_date() -> None:
    assert read_answer("age", "lahir 2009").value is None


def test_a_school_class_is_no_sure_age() -> None:
    assert read_answer("age", "kls 2 smp").confidence < 0.5


@pytest.mark.parametrize("text", ["gpp", "gak apa apa", "tidak apa-apa kak"])
def test_an_answer_that_may_mean_anything_is_never_sure(text: str) -> None:
    answer = read_answer("yes_no", text)

    assert answer.value == "unsure"
    assert answer.confidence < 0.5


def test_a_name_shared_by_a_city_and_a_regency_is_less_sure() -> None:
    assert read_answer("place", "Bandung").confidence < read_answer("place", "kota bandung").confidence


def test_all_provinces_and_regencies_are_known_and_find_themselves() -> None:
    places = gazetteer()

    missed = [
        name
        for name, province in places.regencies.items()
        if read_answer("place", name).value != {"province": province, "regency": name}
    ]

    assert (len(places.provinces), len(places.regencies), missed) == (38, 514, [])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("2", "work", id="number"),
        pytest.param("nomor dua", "work", id="number in words"),
        pytest.param("yang kedua", "work", id="ordinal"),
        pytest.param("kekerasan di rumah kak", "home", id="label"),
        pytest.param("kekrasan di rumah", "home", id="typing error"),
        pytest.param("kdrt", "home", id="other word"),
        pytest.param("lain", "other", id="also word"),
        pytest.param("4", None, id="no such number"),
        pytest.param("apa ya", None, id="nothing said"),
    ],
)
def test_a_choice_is_found_by_number_label_or_other_words(text: str, value: str | None) -> None:
    assert read_choice(text, OPTIONS).value == value


@given(kind=st.sampled_from(KINDS), text=st.text(max_size=60))
def test_no_text_makes_reading_an_answer_fail(kind: str, text: str) -> None:
    answer = read_answer(kind, text, today=TODAY)

    assert 0 <= answer.confidence <= 1


def test_an_unknown_kind_of_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="no kind"):
        read_answer("shoe_size", "42")
