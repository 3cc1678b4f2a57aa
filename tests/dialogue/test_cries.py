"""A frightened word or two, from a child above all, is met gently in any state: never with "I did not understand"."""

from collections.abc import Callable

import pytest

from bot.dialogue.turn import HandoffAsked, SignSeen
from bot.domain.cases import Control
from tests.dialogue.test_engine import AT_HOME, CONTENT, Person, agreed

STATES: dict[str, Callable[[], Person]] = {
    "first message": Person,
    "consent": lambda: Person().says("halo"),
    "story": agreed,
    "for whom": lambda: agreed().says("mau cerita soal keluarga saja"),
    "age": lambda: agreed().says("mau cerita soal keluarga saja", "aku sendiri"),
    "place": lambda: agreed().says("mau cerita soal keluarga saja", "aku sendiri", "30"),
    "is it safe": lambda: Person().says(AT_HOME, "lanjut"),
    "danger now": lambda: Person().says(AT_HOME, "lanjut", "aman"),
    "screen": lambda: Person().says(AT_HOME, "lanjut", "aman", "ngga"),
    "gentle question": lambda: Person().says("takut"),
    "waiting": lambda: Person().says("petugas"),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    "words",
    [
        "takut",
        "tolong",
        "sakit",
        "dipukul",
        "laper",
        "sendirian",
        "nangis terus",
        "wedi",
        "takuik",
        "bapak mabuk",
        "gak kuat",
        "scared",
    ],
)
def test_a_cry_is_never_told_that_it_was_not_understood(words: str, state: str):
    person = STATES[state]().says(words)

    assert person.heard
    assert CONTENT.book.words("system_not_understood") not in person.heard


@pytest.mark.parametrize("words", ["takut", "aku takut kak", "laper", "sakit badan", "mama marah", "sieun"])
def test_a_cry_alone_is_asked_about_before_anything_else_and_no_alarm(words: str):
    person = Person().says(words)

    assert person.at == ("system_gentle", "tanya")
    assert person.control is Control.BOT
    assert not person.turn.events


@pytest.mark.parametrize(
    ("answer", "flow"),
    [
        ("ada yang jahat", "bahaya_sekarang"),
        ("lapar", "keadaan_mendesak"),
        ("sakit", "keadaan_mendesak"),
        ("sedih", "kebutuhan_sehari_hari"),
    ],
)
def test_the_answer_leads_to_its_flow_after_consent(answer: str, flow: str):
    person = Person().says("takut", answer)
    assert person.at == ("system_start", "izin")

    assert person.says("lanjut").at[0] == flow


def test_a_cry_that_names_the_sign_asked_for_answers_the_question():
    person = Person().says(AT_HOME, "lanjut", "aman", "ngga")
    assert person.at == ("kekerasan_di_rumah", "lebih_jauh.takut_pulang")

    assert person.says("takut").answer("takut_pulang") == "yes"


@pytest.mark.parametrize(
    "words", ["gak takut", "tidak pernah dipukul", "takut ketinggalan konser", "sakit gigi bisa pakai bpjs gak"]
)
def test_what_is_denied_or_says_more_is_no_cry(words: str):
    assert Person().says(words).at[0] != "system_gentle"


def test_somebody_unsure_what_to_tell_is_asked_and_their_word_is_kept():
    person = agreed().says("bingung")

    assert person.at == ("system_gentle", "tanya")
    assert person.answer("cerita") == "bingung"


@pytest.mark.parametrize(
    "words", ["aku umur 9 tahun sendirian di rumah 3 hari mama gak pulang", "aku umur 10, ditinggal ayah ibu 4 hari"]
)
def test_a_child_left_alone_is_spoken_to_as_the_child_it_is(words: str):
    person = Person().says(words)

    assert "Kakak petugas" in person.heard
    assert "anaknya" not in person.heard
    assert [event.topic for event in person.events(SignSeen)] == ["child_without_care"]


def test_a_letter_to_mother_alone_sounds_no_siren():
    person = Person().says("aku udah nulis surat buat mama")

    assert person.control is Control.BOT
    assert not person.events(HandoffAsked)
