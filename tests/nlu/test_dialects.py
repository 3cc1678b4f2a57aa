"""Words of danger are known by the sound that a regional language gives them; other words are left alone."""

import pytest

from nlu.dialects import readings
from nlu.interpreter import Interpreter


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("maminum", "meminum", id="Minangkabau, prefix"),
        pytest.param("takuik", "takut", id="Minangkabau, ending"),
        pytest.param("diusia", "diusir", id="Minangkabau, r"),
        pytest.param("kepale", "kepala", id="Betawi"),
        pytest.param("minong", "minum", id="Ambon"),
        pytest.param("tidor", "tidur", id="Malay of the east"),
        pytest.param("padhang", "padang", id="Javanese spelling"),
        pytest.param("etampar", "ditampar", id="Madurese passive"),
    ],
)
def test_a_word_is_read_by_its_sound(written: str, meant: str) -> None:
    assert meant in readings(written)


@pytest.mark.parametrize("word", ["mau", "ia", "12345", "ab-cd"])
def test_short_words_and_what_is_no_word_have_no_other_sound(word: str) -> None:
    assert list(readings(word)) == []


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        pytest.param("kawan ambo nio bunuah diri keceknyo", "suicide_self_harm", id="Minangkabau"),
        pytest.param("beta pung ade su minong racun", "medical_emergency", id="Ambon"),
        pytest.param("engko' etampeleng lake sampe' adara", "domestic_violence", id="Madurese"),
        pytest.param("so dua hari nda makang", "food_shelter_destitution", id="Manado"),
    ],
)
def test_danger_in_a_regional_sound_is_seen(interpreter: Interpreter, text: str, topic: str) -> None:
    assert topic in [risk.name for risk in interpreter.understand(text).risks]


@pytest.mark.parametrize(
    "text", ["super banget masakannya", "pisang goreng sekeping", "date night di resto", "engine motornya"]
)
def test_everyday_words_of_a_like_sound_mean_nothing(interpreter: Interpreter, text: str) -> None:
    assert not interpreter.understand(text).risks
