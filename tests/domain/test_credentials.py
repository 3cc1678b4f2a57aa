"""Which passwords and names will do, and how guessing is slowed."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.credentials import (
    COMMON,
    SHORTEST_PASSWORD,
    LoginUnusable,
    NameUnusable,
    PasswordWeak,
    Weakness,
    check_login,
    check_name,
    check_password,
    tidy_login,
    tidy_password,
)
from bot.domain.tries import FREE_TRIES, wait_until
from tests.builders import NOW


@pytest.mark.parametrize(
    ("password", "weakness"),
    [
        pytest.param("a1b2c3d4e5f", Weakness.TOO_SHORT, id="eleven characters"),
        pytest.param("x1" * 65, Weakness.TOO_LONG, id="more than 128"),
        pytest.param("Indonesia1234", Weakness.TOO_COMMON, id="on the list, whatever the case"),
        pytest.param("abababababababab", Weakness.TOO_COMMON, id="two characters"),
        pytest.param("efghijklmnopqr", Weakness.TOO_COMMON, id="along the alphabet"),
        pytest.param("onmlkjihgfedcb", Weakness.TOO_COMMON, id="down the alphabet"),
        pytest.param("ratna.wulan12", Weakness.HOLDS_LOGIN, id="the login and two digits"),
        pytest.param("RatnaWulandari1", Weakness.HOLDS_LOGIN, id="the name and a digit"),
        pytest.param("１２３４５６７８９０１２", Weakness.TOO_COMMON, id="full-width digits"),
    ],
)
def test_a_password_that_protects_nobody_is_refused(password: str, weakness: Weakness):
    with pytest.raises(PasswordWeak) as caught:
        check_password(password, login="ratna.wulan", name="Ratna Wulandari")

    assert caught.value.weakness is weakness


@pytest.mark.parametrize(
    "password", ["kopi susu gula aren", "ratna suka hujan sore", "🌧️ hujan sore hari", "x7#kQp!2vLm9", "a b c d e f g h i j"]
)
def test_a_phrase_or_a_random_word_will_do(password: str):
    assert check_password(password, login="ratna", name="Ratna") == tidy_password(password)


def test_the_list_holds_only_what_the_length_would_let_through():
    assert len(COMMON) > 80
    assert all(len(password) >= SHORTEST_PASSWORD and password == password.casefold() for password in COMMON)


@given(st.text())
def test_tidying_twice_changes_nothing_more(text: str):
    assert tidy_login(tidy_login(text)) == tidy_login(text)
    assert tidy_password(tidy_password(text)) == tidy_password(text)


@pytest.mark.parametrize(
    "login", ["", "ab", "a" * 41, ".ratna", "ratna wulan", "rat\nna", "раtna", "ratna\u200b", "'; drop table"]
)
def test_a_login_is_plain_letters_and_digits(login: str):
    with pytest.raises(LoginUnusable):
        check_login(login)


def test_a_login_is_the_same_however_it_is_typed():
    assert check_login(" Ratna.W@Dinsos.go.id ") == "ratna.w@dinsos.go.id"


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "Ratna\u202eantaR", "Rat\x00na", "\ue000"])
def test_a_name_shows_what_it_is(name: str):
    with pytest.raises(NameUnusable):
        check_name(name)


def test_a_name_keeps_its_accents_and_loses_double_spaces():
    assert check_name("  Bu   Rène  ") == "Bu Rène"


def test_few_tries_are_free_then_each_costs_more_up_to_a_quarter_of_an_hour():
    waits = [wait_until(count, NOW) - NOW for count in range(FREE_TRIES + 8)]

    assert waits[:FREE_TRIES] == [timedelta(0)] * FREE_TRIES
    assert waits[FREE_TRIES : FREE_TRIES + 3] == [timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=120)]
    assert waits == sorted(waits)
    assert waits[-1] == wait_until(10**9, NOW) - NOW == timedelta(minutes=15)
