"""An old person who calls themselves "mbah" or "nenek" writes of themselves; a grandchild who writes of theirs does not."""

import pytest

from nlu.interpreter import Interpreter
from nlu.understanding import Level, Understanding


def _concerned(understood: Understanding) -> tuple[object, bool]:
    return next((fact.value, fact.confidence > 0.5) for fact in understood.facts if fact.kind == "relation")


@pytest.mark.parametrize(
    "text",
    [
        "nak, mbah blm mkn 2 hari, beras habis",
        "nak nenek belum makan 2 hari",
        "kakek lapar nak",
        "simbah durung mangan le",
        "nduk simbah luwe",
        "cu, nenek belum makan dari kemarin",
        "mbah putri lapar nak",
        "nak ibu belum makan dari kemarin",
    ],
)
def test_an_elders_own_hunger_is_hunger_and_their_own(interpreter: Interpreter, text: str) -> None:
    understood = interpreter.understand(text)

    assert [risk.name for risk in understood.risks] == ["food_shelter_destitution"]
    assert (understood.level, _concerned(understood)) == (Level.P2, ("self", True))


@pytest.mark.parametrize(
    ("text", "level"),
    [
        pytest.param("mbah sakit nak ga ada yang urus", Level.P2, id="ill and alone"),
        pytest.param("ibu sudah tua nak, ibu sendirian", Level.P3, id="lonely"),
        pytest.param("nak, mbah dipukul anak mbah", Level.P2, id="struck"),
    ],
)
def test_an_elder_who_is_alone_or_hurt_writes_of_themselves_without_an_alarm(
    interpreter: Interpreter, text: str, level: Level
) -> None:
    understood = interpreter.understand(text)

    assert [risk.name for risk in understood.risks] == ["elder_neglect_abuse"]
    assert (understood.level, _concerned(understood)) == (level, ("self", True))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("nenek belum makan 2 hari", id="no form of address"),
        pytest.param("nak, nenek saya belum makan 2 hari", id="saya"),
        pytest.param("neneknya belum makan 2 hari nak", id="-nya"),
        pytest.param("nenekku belum makan 2 hari nak", id="-ku"),
        pytest.param("mbah nak makan dak ado beras", id="nak is want"),
        pytest.param("nak, cucu mbah belum makan", id="an elder's grandchild"),
    ],
)
def test_somebody_elses_hunger_is_not_the_writers(interpreter: Interpreter, text: str) -> None:
    assert _concerned(interpreter.understand(text))[0] == "other"


@pytest.mark.parametrize("text", ["aku nak mati", "nak mati rasanya bu"])
def test_nak_still_means_want(interpreter: Interpreter, text: str) -> None:
    assert interpreter.understand(text).level is Level.P2


def test_an_elders_own_need_hints_at_old_people(interpreter: Interpreter) -> None:
    groups = [group.name for group in interpreter.understand("nak, mbah blm mkn 2 hari, beras habis").groups]

    assert groups[0] == "lansia-telantar"
