"""Others may read along: from then on only neutral words stand on the phone, and danger still reaches a person."""

import re
from collections.abc import Callable

import pytest

from bot.dialogue.turn import CaseNoted, Circumstances, HandoffAsked, SignSeen
from bot.domain.cases import Control
from bot.domain.messages import InboundMessage, Kind
from nlu.understanding import Level
from tests.dialogue.test_engine import CONTENT, ENGINE, INTERPRETER, Person, agreed

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


@pytest.mark.parametrize("words", ["gak", "gak aman", "tidak", "takut", "ga bisa ngomong", "tolong", "sakit"])
def test_whoever_is_watched_and_not_safe_gets_a_place_in_the_queue_with_nothing_told(words: str):
    person = Person().says("dia ada di depanku", words)

    assert [(handoff.reason, handoff.level, handoff.contact_first) for handoff in person.events(HandoffAsked)] == [
        ("immediate_danger", Level.P2, False)
    ]
    assert person.heard == CONTENT.book.words("system_watched")


def test_a_voice_instead_of_an_answer_brings_somebody_too():
    person = Person().says("dia lagi di sini").does(Kind.VOICE)

    assert [(handoff.level, handoff.contact_first) for handoff in person.events(HandoffAsked)] == [(Level.P2, False)]


def test_whether_it_is_safe_is_asked_twice_at_most_and_noted_once():
    person = Person()
    talk = ("dia ada di depanku", "gak", "gak aman", "tidak", "halo", "takut", "apa ini", "tes", "oke")
    heard = [person.says(words).heard for words in talk]

    assert heard.count(CONTENT.book.words("system_safe_again")) == 2
    assert heard.count(CONTENT.book.words("system_watched")) == 1


@pytest.mark.parametrize(
    "words",
    [
        "hp dicek terus sama pacar, aku gak boleh ketemu temen",
        "jangan dibales dulu ya dia lagi tidur di sebelahku. leherku dicekik tadi",
        "dia udah nungguin di bawah, katanya kalau turun aku dihabisi",
    ],
)
def test_any_harm_by_a_person_beside_a_watcher_is_a_quiet_case(words: str):
    person = Person().says(words)

    assert [(handoff.level, handoff.contact_first) for handoff in person.events(HandoffAsked)] == [(Level.P2, False)]
    assert person.heard == CONTENT.book.words("system_watched")


@pytest.mark.parametrize(
    "words",
    [
        "ibu saya di sebelah saya gak sadar, gak napas",
        "suami saya kejang kejang di samping saya",
        "mertua di sebelahku stroke",
        "kakak saya overdosis obat dia lagi di sebelahku",
        "bayiku kejang, ibu mertua di sini",
        "istri saya mau bunuh diri, dia di depan saya pegang pisau",
        "aku mau bunuh diri malam ini, hp ku suka dibaca ibu",
        "ini hp tetangga, rumah kami kebakaran anak saya masih di dalam",
        "pinjem hp satpam, adik saya tenggelam di kali",
        "pake hp tetangga. istri saya perdarahan",
    ],
)
def test_beside_a_patient_a_fire_or_the_wish_to_die_numbers_show_and_somebody_writes_first(words: str):
    person = Person().says(words)

    assert [service for reply in person.turn.replies for service in reply.services]
    assert [(handoff.level, handoff.contact_first) for handoff in person.events(HandoffAsked)] == [(Level.P1, True)]


@pytest.mark.parametrize("phone", ["ini hp tetangga", "pinjem hp satpam", "pinjam hp orang", "pake hp bu guru"])
def test_a_phone_from_outside_the_home_hides_no_number_even_from_violence(phone: str):
    person = Person().says(f"{phone}, aku dipukul suami tiap malam")

    assert "129" in person.heard
    assert not person.events(HandoffAsked)


def test_hunger_on_a_borrowed_phone_is_told_whom_to_call():
    assert [
        service for reply in Person().says("pinjam hp orang, dua hari gak makan").turn.replies for service in reply.services
    ]


def test_who_swallowed_poison_gets_a_number_also_while_an_abuser_reads_along():
    person = Person().says("suami mukul aku, dia lagi di samping saya").says("aku barusan minum racun")

    assert "119" in person.heard
    assert "129" not in person.heard
    assert not NAMES_TROUBLE.search(person.heard.replace("119", "").replace("112", ""))


CURIOUS = (
    *("mau tanya ktp", "ada apa ya", "apa maksudnya aman ya", "boleh tanya?", "ok apa ini", "betul ini dinsos?", "oke", "mau"),
    *("ya ampun apa ini", "siap", "lanjut", "aman?", "ya?", "aman apanya", "benar ini info layanan", "sip", "ini siapa ya"),
)


@pytest.mark.parametrize("words", CURIOUS)
def test_curious_words_after_the_question_open_nothing(words: str):
    person = Person().says("suami mukul aku, dia lagi di samping saya").says("halo")
    assert person.heard == CONTENT.book.words("system_safe_again")

    person.says(words)

    assert person.answer("aman_menulis") == "no"
    assert not [service for reply in person.turn.replies for service in reply.services]
    assert not NAMES_TROUBLE.search(person.heard)


@pytest.mark.parametrize(
    "words", ["aman", "sudah aman", "dah aman", "iya kak aman", "udah sendiri", "dia udah pergi", "dia udah tidur", "ya", "iya"]
)
def test_only_words_that_say_safe_open_the_talk_and_they_name_no_trouble(words: str):
    person = Person().says("suami mukul aku, dia lagi di samping saya").says("halo").says(words)

    assert person.answer("aman_menulis") == "yes"
    assert "110" in person.heard
    assert not re.search("kekerasan|pukul|bukan salahmu", person.heard, re.IGNORECASE)


def test_a_bare_yes_long_after_the_question_opens_nothing():
    person = Person().says("suami mukul aku, dia lagi di samping saya").says("halo").waits(minutes=11).says("ya")

    assert person.answer("aman_menulis") == "no"


def test_no_text_teaches_a_watcher_the_word_that_opens_the_talk():
    assert "aman" not in CONTENT.book.words("system_watched")


@pytest.mark.parametrize(
    "word", ["menu", "hapus", "mulai", "petugas", "berhenti", "bahasa", "ulang", "lewati", "batal", "keluar"]
)
@pytest.mark.parametrize("first", ["hp saya dibaca suami", "suami mukul aku, dia lagi di samping saya"])
def test_no_global_word_lifts_the_quiet(first: str, word: str):
    person = Person().says(first, word)
    assert not NAMES_TROUBLE.search(person.heard)

    person.says("dia mukul aku bawa golok")

    assert not [service for reply in person.turn.replies for service in reply.services]
    assert not NAMES_TROUBLE.search(person.heard)
    assert not any(handoff.contact_first for handoff in person.events(HandoffAsked))
    assert person.control is Control.PENDING


def test_a_person_asked_for_on_a_phone_that_others_read_does_not_write_first():
    person = Person().says("hp saya dibaca suami", "petugas")

    assert [(handoff.reason, handoff.contact_first) for handoff in person.events(HandoffAsked)] == [("person_asked", False)]
    assert person.heard == CONTENT.book.words("system_watched")


@pytest.mark.parametrize(
    "talk",
    [
        ("mau tanya bansos, ibu lagi di depan saya", "syaratnya apa", "KTP gimana"),
        ("mau daftar pkh, hp saya dipakai bareng istri", "syaratnya apa"),
        ("nomor ini dipakai ibu saya juga. cara urus bpjs?", "syaratnya apa"),
        ("wkwk pacarku suka liat hp ku, mati aku kalo ketauan nonton drakor terus", "mau tanya bansos"),
    ],
)
def test_everyday_questions_beside_somebody_are_asked_once_at_most_and_go_on(talk: tuple[str, ...]):
    person, asked = Person(), 0
    for words in talk:
        asked += CONTENT.book.words("system_safe_again") in person.says(words).heard
        assert not person.events(HandoffAsked)

    assert asked <= 1
    assert person.at == ("system_start", "izin")


def test_danger_told_later_by_an_everyday_asker_is_quiet_all_the_same():
    person = Person().says("mau tanya bansos, ibu lagi di depan saya", "syaratnya apa").says("ibu suka mukul aku")

    assert [handoff.contact_first for handoff in person.events(HandoffAsked)] == [False]
    assert person.heard == CONTENT.book.words("system_watched")


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


def test_a_yes_after_another_text_is_no_answer_to_whether_it_is_safe():
    person = Person().says("hp saya dibaca suami", "mulai", "ya")

    assert person.answer("aman_menulis") == "no"


@pytest.mark.parametrize("words", ["nomor polisi berapa", "lapor kemana ya"])
def test_who_asks_for_a_number_beside_a_watcher_gets_those_that_anybody_may_call(words: str):
    person = Person().says("suami mukul aku, dia lagi di samping saya").says(words)

    assert [service for reply in person.turn.replies for service in reply.services] == ["ambulans_119", "darurat_112"]
    assert "kekerasan" not in person.heard


def test_an_answer_that_sounds_like_a_cry_locks_no_everyday_asker_out():
    person = Person().says("mau tanya bansos, ibu lagi di depan saya", "lanjut").says("saya sendiri")

    assert person.control is Control.BOT
    assert not person.events(HandoffAsked)


@pytest.mark.parametrize("words", ["bahaya", "gawat", "takut", "tolong kak"])
def test_a_word_of_alarm_at_any_time_while_watched_brings_somebody(words: str):
    person = Person().says("mau tanya bansos, ibu lagi di depan saya", "lanjut").says(words)

    assert [(handoff.level, handoff.contact_first) for handoff in person.events(HandoffAsked)] == [(Level.P2, False)]
    assert person.heard == CONTENT.book.words("system_watched")


@pytest.mark.parametrize(
    "words",
    [
        "nenek lagi di sebelahku lapar gak makan 3 hari",
        "gempa rumah roboh anak ketimbun, bapak lagi di sini",
        "perahu karam, ayah di sini tolong",
        "ini hp mertua. mertua jatuh di kamar mandi kepalanya berdarah",
        "ini hp ibu, ibu gak bangun bangun",
        "suami lagi di sini, aku mau lahiran ketuban pecah, bidan jauh",
    ],
)
def test_hunger_a_quake_and_a_birth_are_nobodys_doing(words: str):
    person = Person().says(words)

    assert [service for reply in person.turn.replies for service in reply.services]
    assert [handoff.contact_first for handoff in person.events(HandoffAsked)] == [True]


def test_stopping_forgets_what_was_told_and_not_that_others_read_along():
    person = Person().says("suami mukul aku, dia lagi di samping saya", "berhenti").waits(days=3).says("halo")

    assert person.answer("aman_menulis") == "no"
    assert person.heard == CONTENT.book.words("system_safe_again")


def test_an_open_case_is_told_that_others_read_along_also_by_a_corrected_message():
    person = Person().says("suami mukul aku")
    understanding = INTERPRETER.understand("suami mukul aku, dia lagi di samping saya")
    around = Circumstances(now=person.now, has_open_case=True, last_inbound_at=person.now)
    message = InboundMessage(kind=Kind.EDIT, text="suami mukul aku, dia lagi di samping saya")

    turn = ENGINE.advance(person.session, message, understanding, around)

    assert [event.contact_first for event in turn.events if isinstance(event, HandoffAsked)] == [False]


def test_a_person_asked_for_in_ones_own_words_does_not_write_first_either():
    person = Person().says("hp saya dibaca suami", "mau ngomong sama orang beneran")

    assert [(handoff.reason, handoff.contact_first) for handoff in person.events(HandoffAsked)] == [("person_asked", False)]
    assert person.heard == CONTENT.book.words("system_watched")


def test_who_was_watched_once_is_asked_again_another_day():
    person = Person().says("suami mukul aku, dia lagi di samping saya", "halo", "halo", "halo")
    assert CONTENT.book.words("system_safe_again") not in person.heard

    assert person.waits(days=2).says("halo").heard == CONTENT.book.words("system_safe_again")


def test_poison_and_blows_told_at_once_while_waiting_name_the_ambulance():
    person = Person().says("petugas").says("dia mukul aku, dia lagi di sini, aku barusan minum racun")

    assert "119" in person.heard
    assert not [service for reply in person.turn.replies for service in reply.services if service in ("polri_110", "sapa129")]
