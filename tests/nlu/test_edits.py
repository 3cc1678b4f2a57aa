import pytest

from nlu.edits import is_one_edit, is_slip


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


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        pytest.param("mait", "mati", id="swapped"),
        pytest.param("hmail", "hamil", id="swapped at the start"),
        pytest.param("lpar", "lapar", id="left out"),
        pytest.param("racjn", "racun", id="key beside"),
        pytest.param("buinuh", "bunuh", id="key hit too"),
        pytest.param("mati", "mati", id="equal"),
    ],
)
def test_a_slip_of_the_finger_is_known(typed: str, meant: str) -> None:
    assert is_slip(typed, meant)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        pytest.param("mayi", "mati", id="four letters, key beside"),
        pytest.param("mti", "mati", id="four letters, left out"),
        pytest.param("padi", "mati", id="other first letter"),
        pytest.param("raqun", "racun", id="key far away"),
        pytest.param("bunpuh", "bunuh", id="far key hit too"),
        pytest.param("racuunn", "racun", id="two too many"),
    ],
)
def test_what_no_finger_slips_into_is_no_slip(typed: str, meant: str) -> None:
    assert not is_slip(typed, meant)
