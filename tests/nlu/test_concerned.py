"""Whose danger it is: somebody near, or the writer, also when both are named."""

import pytest

from nlu.interpreter import Interpreter
from nlu.understanding import Fact


def _relation(interpreter: Interpreter, text: str) -> Fact | None:
    facts = [fact for fact in interpreter.understand(text).facts if fact.kind == "relation"]
    return facts[0] if facts else None


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        pytest.param("temen saya mau bunuh diri", "other", id="friend's wish"),
        pytest.param("kakakku udah nyiapin tali", "other", id="sibling's means"),
        pytest.param("anak saya bilang pengen mati", "child", id="child tells"),
        pytest.param("suamiku naik ke menara mau loncat", "spouse", id="husband on a tower"),
        pytest.param("istri saya setelah melahirkan terus bicara ingin mati", "spouse", id="told after other words"),
        pytest.param("temenku mau bundir, dia bilang gak ada gunanya hidup", "other", id="he in the next clause"),
        pytest.param("sa pu kaka bilang de mo bunuh diri", "other", id="owner before, Papuan"),
        pytest.param("teman kos saya mengunci diri dan bilang ini chat terakhir", "other", id="kind of friend"),
        pytest.param("temen sekelas gw ngechat mau bundir", "other", id="of the same class"),
        pytest.param("saya punya murid suka nyilet tangan", "other", id="has a pupil"),
        pytest.param("suami saya kecanduan sabu, mau saya bawa rehab", "spouse", id="drugs"),
        pytest.param("bapak saya kejang-kejang", "parent", id="illness"),
        pytest.param("tetangga saya jatuh dari atap, tidak bergerak", "neighbour", id="accident"),
        pytest.param("adikku ga sadar abis minum tramadol banyak", "other", id="overdose"),
        pytest.param("anak saya disekap di kamboja", "child", id="held"),
        pytest.param("tetangga saya dipukuli suaminya", "neighbour", id="beaten next door"),
        pytest.param("suami saya mukul anak saya", "child", id="child beaten"),
        pytest.param("kakak saya hilang dari kemarin", "other", id="missing"),
    ],
)
def test_somebody_elses_danger_is_told_with_their_relation(interpreter: Interpreter, text: str, relation: str) -> None:
    fact = _relation(interpreter, text)

    assert fact is not None
    assert fact.value == relation
    assert fact.evidence in text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("suami selingkuh pengen mati rasanya", id="wish without a subject"),
        pytest.param("suamiku bikin aku pengen mati", id="cause"),
        pytest.param("temenku bunuh diri bulan lalu, aku juga pengen nyusul", id="friend's death, own wish"),
        pytest.param("orang tua cerai pengen mati", id="others' quarrel"),
        pytest.param("ditinggal istri pengen gantung diri", id="left by the wife"),
        pytest.param("bapak suka mukul, aku nyilet tangan", id="cuts because of father"),
        pytest.param("ibu saya sudah meninggal, saya ingin mati", id="mother dead"),
        pytest.param("ibu bilang mending aku mati", id="told by the mother"),
        pytest.param("suami kerja jauh, aku sesak napas tolong", id="own illness"),
        pytest.param("saya dipukuli suami di depan anak saya", id="child looks on"),
        pytest.param("om suka pegang2 aku", id="touched"),
        pytest.param("temen ngajak pake sabu sekarang aku kecanduan", id="own drugs"),
    ],
)
def test_the_writers_own_danger_is_not_taken_for_another_s(interpreter: Interpreter, text: str) -> None:
    fact = _relation(interpreter, text)

    assert fact is None or (fact.value == "self" and fact.confidence < 0.5)


def test_a_wish_that_may_be_told_to_the_reader_is_unsure(interpreter: Interpreter) -> None:
    """Somebody may address the service as elder sister: "kakak, saya …" without the comma."""
    fact = _relation(interpreter, "kakak saya mau bunuh diri")

    assert fact is not None
    assert fact.confidence < 0.5


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        pytest.param("aku dipukul suami", "self", id="suffers"),
        pytest.param("suamiku mukul aku", "self", id="done to the writer"),
        pytest.param("saya takut sama suami", "self", id="afraid"),
        pytest.param("pacarku nyebarin fotoku", "self", id="only the one who does it is named"),
        pytest.param("suami saya tidak memberi nafkah", "self", id="owner of the one who does it"),
        pytest.param("keponakan saya dipukul bapaknya", "other", id="somebody near suffers"),
        pytest.param("anak saya dipukul suami", "child", id="child suffers"),
    ],
)
def test_a_sentence_about_harm_answers_for_whom_it_is(interpreter: Interpreter, text: str, relation: str) -> None:
    fact = _relation(interpreter, text)

    assert fact is not None
    assert fact.value == relation


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("om saya di malaysia dipukul majikan", id="uncle"),
        pytest.param("tante saya dipukul majikan", id="aunt"),
    ],
)
def test_an_uncle_who_may_be_spoken_to_is_the_person_concerned_without_being_sure(interpreter: Interpreter, text: str) -> None:
    fact = _relation(interpreter, text)

    assert fact is not None
    assert (fact.value, fact.confidence < 0.5) == ("other", True)
