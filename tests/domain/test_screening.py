"""What answers stand for: flags before sums, and a missing answer is not a no."""

import pytest

from bot.domain.screening import REFUSED, UNSURE, Item, Reading, Red, Screen, find_level
from nlu.understanding import Level

KNOWN = "known"


def answer_is(value: str):
    return lambda facts: facts.get("answer") == value if "answer" in facts else None


SCREEN = Screen(
    topic="kdrt",
    items=(
        Item(id="takut", reds=(Red(holds=answer_is("yes"), level=Level.P2),), unsure=Level.P3, refused=Level.P2),
        Item(id="senjata", reds=(Red(holds=answer_is("yes"), level=Level.P1),), unsure=Level.P2, refused=Level.P2),
        Item(id="dihina", weights=1.0, unsure=Level.P3, refused=Level.P3),
        Item(id="uang", weights={"habis": 2.0, "kurang": 1.0}, unsure=Level.P3, refused=Level.P3),
    ),
    bands=((0, Level.P4), (1, Level.P3)),
)


def level(*, is_complete: bool = True, **answers: str | tuple[str, ...]) -> Level | None:
    readings = {
        item: Reading(state=str(value)) if value in (UNSURE, REFUSED) else Reading(state=KNOWN, value=value)
        for item, value in answers.items()
    }
    found = find_level(SCREEN, readings, lambda item: {"answer": answers[item]}, is_complete=is_complete)
    return found.level


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param({"takut": "no", "senjata": "no"}, Level.P4, id="nothing found is information"),
        pytest.param({"takut": "yes", "senjata": "no"}, Level.P2, id="one red answer is enough"),
        pytest.param({"takut": "yes", "senjata": "yes"}, Level.P1, id="the most urgent counts"),
        pytest.param({"takut": REFUSED}, Level.P2, id="refusing is not a no"),
        pytest.param({"senjata": UNSURE}, Level.P2, id="not knowing is not a no"),
        pytest.param({"dihina": "yes"}, Level.P3, id="a sum reaches its band"),
        pytest.param({"uang": "kurang", "takut": "yes"}, Level.P2, id="a sum never lowers"),
        pytest.param({"uang": "cukup"}, Level.P4, id="a value without weight adds nothing"),
        pytest.param({"uang": ("habis", "kurang")}, Level.P3, id="several values add up"),
    ],
)
def test_the_level_that_answers_stand_for(answers: dict[str, str], expected: Level):
    assert level(**answers) is expected


def test_a_sum_counts_only_when_the_screen_is_complete():
    assert level(is_complete=False, dihina="yes") is None


def test_a_red_answer_counts_at_once():
    assert level(is_complete=False, takut="yes") is Level.P2


def test_a_rule_that_can_not_be_told_counts_as_true():
    red = Red(holds=lambda _facts: None, level=Level.P2)
    screen = Screen(topic="x", items=(Item(id="a", reds=(red,)),))

    assert find_level(screen, {"a": Reading(state=KNOWN, value="no")}, lambda _item: {}, is_complete=True).level is Level.P2
