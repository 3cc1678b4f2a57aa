"""The small language of `if:`: three values, kinds, and errors with a column."""

from typing import Any

import pytest

from bot.dialogue.conditions import LEVEL, NUMBER, TEXT, YES_NO, ConditionFaulty, Kind, compile_condition, world_kinds

KINDS = {
    **world_kinds(),
    "slots.umur": NUMBER,
    "slots.aman": Kind(name="option", values=YES_NO),
    "slots.terjadi": Kind(name="set", values=("dipukul", "dicekik")),
    "slots.cerita": TEXT,
    "level.kdrt": LEVEL,
}


class Facts:
    def __init__(self, **values: Any) -> None:
        self._values = {name.replace("_", ".", 1): value for name, value in values.items()}

    def value(self, name: str) -> Any:
        return self._values.get(name)

    def state(self, name: str) -> str:
        return "known" if name in self._values else "unknown"


@pytest.mark.parametrize(
    ("words", "facts", "result"),
    [
        pytest.param("slots.umur < 18", Facts(slots_umur=17), True, id="compares numbers"),
        pytest.param("slots.umur < 18", Facts(slots_umur=18), False, id="and their border"),
        pytest.param("slots.umur < 18", Facts(), None, id="unknown compares to unknown"),
        pytest.param("not slots.umur < 18", Facts(), None, id="not of unknown is unknown"),
        pytest.param("slots.umur < 18 or slots.aman == no", Facts(slots_aman="no"), True, id="or needs one that is true"),
        pytest.param("slots.umur < 18 and slots.aman == no", Facts(slots_aman="yes"), False, id="and needs one false"),
        pytest.param("slots.umur < 18 and slots.aman == no", Facts(slots_aman="no"), None, id="else it is unknown"),
        pytest.param("slots.aman", Facts(slots_aman="yes"), True, id="a yes_no alone is a test"),
        pytest.param("slots.umur is not known", Facts(), True, id="is-tests are never unknown"),
        pytest.param("slots.terjadi contains dicekik", Facts(slots_terjadi=("dicekik",)), True, id="a set contains"),
        pytest.param("count(slots.terjadi) >= 2", Facts(slots_terjadi=("dicekik",)), False, id="a set is counted"),
        pytest.param("count(slots.umur < 18, slots.aman == no) == 1", Facts(slots_aman="no"), True, id="true ones count"),
        pytest.param("level.kdrt >= P2", Facts(level_kdrt="P1"), True, id="P1 is more than P2"),
        pytest.param("level.kdrt == P1", Facts(level_kdrt="none"), False, id="none is a level"),
        pytest.param("slots.umur / 0 > 1", Facts(slots_umur=17), None, id="division by nought is unknown"),
        pytest.param("slots.umur + 1 > 17 * 1", Facts(slots_umur=17), True, id="arithmetic"),
        pytest.param("slots.cerita contains 'Pisau'", Facts(slots_cerita="bawa pisau"), True, id="letters are folded"),
        pytest.param("slots.cerita matches '^bawa'", Facts(slots_cerita="bawa pisau"), True, id="patterns"),
        pytest.param("slots.aman in [yes, no]", Facts(slots_aman="no"), True, id="in a list"),
        pytest.param("slots.aman not in [yes]", Facts(), None, id="not in, of unknown"),
    ],
)
def test_a_condition_holds_fails_or_is_unknown(words: str, facts: Facts, result: bool | None):
    assert compile_condition(words, KINDS)(facts) is result


@pytest.mark.parametrize(
    ("words", "column", "says"),
    [
        pytest.param("slots.aman == iya", 15, "yes, no", id="a mistyped value is a fault, not quietly false"),
        pytest.param("slots.umurr < 3", 1, "slots.umur", id="a mistyped name, with the nearest"),
        pytest.param("slots.umur <", 12, "can't be read", id="syntax"),
        pytest.param("slots.umur == yes", 15, "no `yes`", id="a word beside a number"),
        pytest.param("slots.terjadi == dipukul", 1, "contains", id="a set compared"),
        pytest.param("slots.cerita < slots.cerita", 1, "numbers", id="a text ordered"),
        pytest.param("slots.umur", 1, "true or false", id="a number alone"),
        pytest.param("slots.cerita matches '('", 22, "pattern", id="a broken pattern"),
        pytest.param("contact.name == 'x'", 1, "no `contact.name`", id="what may not be asked"),
        pytest.param(" and ".join(["slots.aman"] * 400), 1, "at most", id="too long"),
    ],
)
def test_a_faulty_condition_is_told_with_its_column(words: str, column: int, says: str):
    with pytest.raises(ConditionFaulty) as raised:
        compile_condition(words, KINDS)

    assert says in raised.value.message
    assert raised.value.column == column
