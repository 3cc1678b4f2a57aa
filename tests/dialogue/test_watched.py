"""Others may read along: from then on only neutral words stand on the phone, and danger still reaches a person."""

import re
from collections.abc import Callable

import pytest

from bot.dialogue.turn import CaseNoted, Circumstances, HandoffAsked, SignSeen
from bot.domain.cases import Control
from nlu.understanding import Level
from tests.dialogue.test_engine import CONTENT, ENGINE, Person, agreed

AT_HOME = "suami saya mukul saya"
NAMES_TROUBLE = re.compile(r"kekerasan|pukul|seksual|bunuh|polisi|bahaya|nyawa|cerita|takut|\b1\d\d\b", re.IGNORECASE)

STATES: dict[str, Callable[[], Person]] = {
    "first message": Person,
    "consent": lambda: Person().says("halo"),
    "consent after danger": lambda: Person().says(AT_HOME),
    "story": agreed,
    "age": lambda: agreed().says("mau cerita soal keluarga saja", "aku sendiri"),
    "is it safe": lambda: Person().says(AT_HOME, "lanjut"),
    "screen": lambda: Person().says(AT_HOME, "lanjut", "aman"),
    "help menu": lambda: agreed().says("menu"),
    "waiting": lambda: Person().says("petugas"),
    "waiting in danger": lambda: Person().says("dia gedor pintu bawa pisau, tolong"),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("words", ["dia lagi di samping saya", "hp saya dibaca suami", "wa ku dicek terus sama pacar"])
def test_in_any_state_a_watcher_leaves_neutral_words_only(state: str, words: str):
    person = STATES[state]().says(words)

    assert not [service for reply in person.turn.replies for service in reply.services]
    assert person.heard
    assert not NAMES_TROUBLE.search(person.heard.replace("sudah dicatat", ""))
    assert person.answer("aman_menulis") == "no"
    assert person.session is not None
    assert "private" not in person.session.guards


@pytest.mark.parametrize("state", STATES)
def test_danger_told_beside_a_watcher_reaches_a_person_who_waits(state: str):
    person = STATES[state]().says("suami mukul aku, dia lagi di samping saya")

    assert person.control is Control.PENDING
    assert [handoff.contact_first for handoff in person.events(HandoffAsked)] == [False]
    assert not [service for reply in person.turn.replies for service in reply.services]


def test_danger_now_stays_danger_now_without_a_number_on_the_phone():
    person = Person().says("tolong dia bawa pisau mau bunuh aku, chat ini dibaca dia terus")

    (handoff,) = person.events(HandoffAsked)
    assert (handoff.level, handoff.contact_first) == (Level.P1, False)
    assert "110" not in person.heard


def test_the_responder_is_told_that_others_read_along():
    person = Person().says("suami mukul aku, hp saya dibaca dia")

    assert [event.text for event in person.events(CaseNoted)] == [CONTENT.book.words("note_watched")]


def test_a_watcher_heard_while_a_responder_writes_is_noted_and_nothing_is_said():
    person = Person().says(AT_HOME)
    person.control = Control.HUMAN

    person.says("bentar, dia ada di sini")

    assert not person.turn.replies
    assert person.events(CaseNoted)
    assert [handoff.contact_first for handoff in person.events(HandoffAsked)] == [False]


def test_numbers_come_when_the_contact_says_that_it_is_safe():
    person = Person().says("suami mukul aku, dia lagi di samping saya")

    assert "110" in person.says("sekarang udah aman").heard
    assert person.answer("aman_menulis") == "yes"


def test_an_oke_after_the_neutral_words_opens_nothing():
    person = Person().says("suami mukul aku, dia lagi di samping saya").says("oke")

    assert person.answer("aman_menulis") == "no"
    assert not [service for reply in person.turn.replies for service in reply.services]


def test_a_new_danger_while_others_read_raises_the_case_and_shows_nothing():
    person = Person().says("suami mukul aku, dia lagi di samping saya").says("dia ambil pisau, tolong")

    assert Level.P1 in [event.level for event in person.events(SignSeen)]
    assert "110" not in person.heard


def test_without_any_danger_it_is_asked_whether_writing_is_safe_and_then_goes_on():
    person = Person().says("ibu mertua lagi di sebelahku, nanti ya")
    assert person.control is Control.BOT
    assert not person.events(HandoffAsked)

    person.says("sekarang aman")

    assert person.at == ("system_start", "izin")


def test_not_safe_with_nothing_told_brings_nobody_and_keeps_asking():
    person = Person().says("dia lagi di samping saya", "gak aman")

    assert not person.events(HandoffAsked)
    assert "aman" in person.heard


def test_what_was_hinted_at_becomes_a_case_when_it_is_not_safe():
    person = Person().says("hp dicek terus sama pacar, aku gak boleh ketemu temen")
    assert person.control is Control.BOT

    person.says("gak aman")

    assert [(handoff.level, handoff.contact_first) for handoff in person.events(HandoffAsked)] == [(Level.P2, False)]


def test_a_borrowed_phone_hinders_no_question_about_aid():
    person = Person().says("ini pakai hp anak saya, mau tanya cara dapat bansos")

    assert person.at == ("system_start", "izin")
    assert person.answer("aman_menulis") is None


def test_danger_told_later_on_a_borrowed_phone_is_answered_quietly():
    person = Person().says("ini pake hp kakak").says("aku dipukul bapak terus")

    assert person.control is Control.PENDING
    assert [handoff.contact_first for handoff in person.events(HandoffAsked)] == [False]
    assert "129" not in person.heard


def test_who_said_that_it_is_safe_goes_on_with_a_borrowed_phone():
    person = agreed().says("ini pake hp kakak")
    assert person.session is not None

    person.says("suami saya suka mukul").says("sekarang aman").says("ngga")

    assert person.answer("aman_menulis") == "yes"


def test_a_responder_who_leaves_does_not_make_the_phone_safe():
    person = Person().says("suami mukul aku, dia lagi di samping saya")
    assert person.session is not None
    turn = ENGINE.resume(person.session, Circumstances(now=person.now, control=Control.HUMAN))
    assert not turn.replies
    person.session, person.control = turn.session, turn.control

    person.says("halo")

    assert person.heard == CONTENT.book.words("system_safe_again")
    assert "izin" in str(person.says("sekarang aman").at)
