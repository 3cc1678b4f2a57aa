import pytest

from nlu.edits import is_one_edit


@pytest.mark.parametrize(
    ("left", "right", "wanted"),
    [
        pytest.param("pukul", "pukl", True, id="one letter is missing"),
        pytest.param("pukul", "pukuul", True, id="one is too many"),
        pytest.param("pukul", "pukil", True, id="one is another"),
        pytest.param("pukul", "puklu", True, id="two neighbours changed places"),
        pytest.param("pukul", "pukul", True, id="the same word"),
        pytest.param("pukul", "puk", False, id="two are missing"),
        pytest.param("pukul", "lukup", False, id="two far ones changed places"),
    ],
)
def test_a_typing_error_is_one_edit(left: str, right: str, wanted: bool):
    assert is_one_edit(left, right) is wanted
    assert is_one_edit(right, left) is wanted
