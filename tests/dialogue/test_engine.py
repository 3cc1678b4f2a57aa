"""The talk as a function, on the real flows: each case is what a person does and what must come of it."""

from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from bot.content import load_content, load_interpreter
from bot.dialogue.session import AnswerState, Session
from bot.dialogue.turn import Circumstances, CommandObeyed, ConsentAnswered, HandoffAsked, SignSeen, Turn
from bot.domain.cases import Control
from bot.domain.messages import InboundMessage, Kind
from bot.domain.staffing import Staffing
from nlu.understanding import Level, Understanding
from tests.builders import NOW

CONTENT, INTERPRETER = load_content(), load_interpreter()
ENGINE = CONTENT.engine()


class Person:
    """Somebody who talks with the engine."""

    def __init__(self) -> None:
        self.session: Session | None = None
        self.control = Control.BOT
        self.now = NOW
        self.last_holding_at = None
        self.last_inbound_at = None
        self.turn: Turn

    def says(self, *texts: str, understanding: Understanding | None = None) -> "Person":
        for text in texts:
            message = InboundMessage(kind=Kind.TEXT, text=text)
            self._hear(message, understanding or INTERPRETER.understand(text))
        return self

    def does(self, kind: Kind, **more: str) -> "Person":
        self._hear(InboundMessage(kind=kind, **more), Understanding.nothing())
        return self

    def presses(self, label: str) -> "Person":
        (choice,) = (choice for reply in self.turn.replies for choice in reply.choices if choice.label == label)
        return self.does(Kind.BUTTON, button=choice.id)

    def waits(self, **duration: float) -> "Person":
        self.now += timedelta(**duration)
        return self

    def _hear(self, message: InboundMessage, understanding: Understanding) -> None:
        around = Circumstances(
            now=self.now,
            control=self.control,
            message_seq=1,
            last_holding_at=self.last_holding_at,
            last_inbound_at=self.last_inbound_at,
        )
        self.turn = ENGINE.advance(self.session, message, understanding, around)
        stored = msgspec.json.encode(self.turn.session)
        self.session = msgspec.json.decode(stored, type=Session)
        assert self.session == self.turn.session, "a session that was stored is the same"
        self.control = self.turn.control
        self.last_inbound_at = self.now
        if self.turn.is_holding:
            self.last_holding_at = self.now

    @property
    def at(self) -> tuple[str | None, str | None]:
        return ENGINE.where(self.session)

    @property
    def heard(self) -> str:
        """All that was said in this turn."""
        return "\n".join(CONTENT.render(reply, "id", Staffing(on_duty=1), None).text for reply in self.turn.replies)

    def events(self, kind: type) -> list:
        return [event for event in self.turn.events if isinstance(event, kind)]

    def answer(self, slot: str) -> object:
        assert self.session is not None
        given = self.session.answers.get(slot)
        return None if given is None else given.value if given.state is AnswerState.KNOWN else given.state.value


def agreed() -> Person:
    return Person().says("halo").presses("Lanjut")


AT_HOME = "suami saya mukul saya, saya takut pulang"


def test_any_first_message_is_greeted_and_asked_for_consent():
    person = Person().says("permisi min")

    assert person.at == ("system_start", "izin")
    assert "program otomatis" in person.heard


def test_consent_is_recorded_with_version_and_scope():
    (given,) = agreed().events(ConsentAnswered)

    assert (given.is_given, given.version, given.scope) == (True, 2, ("store", "handoff", "refer"))


def test_refusing_consent_gives_numbers_and_keeps_nothing():
    person = Person().says("halo, umur saya 20 tahun").presses("Tidak")

    assert "110" in person.heard
    assert person.session is not None
    assert not person.session.answers


def test_asking_first_explains_and_asks_again():
    person = Person().says("halo").presses("Tanya dulu")

    assert "Yang disimpan" in person.heard
    assert person.at == ("system_start", "izin")


def test_a_first_cry_is_answered_with_numbers_before_anything_is_asked():
    person = Person().says(AT_HOME)

    assert person.heard.index("110") < person.heard.index("Lanjut?")
    assert "129" in person.heard
    assert person.events(SignSeen)[0].topic == "domestic_violence"
    assert "mukul" in person.events(SignSeen)[0].words


def test_what_was_told_first_is_not_asked_again():
    person = Person().says(AT_HOME).presses("Lanjut")

    assert person.at == ("kekerasan_di_rumah", "boleh_menulis")


def test_danger_now_ends_the_questions_with_a_person():
    person = Person().says(AT_HOME).presses("Lanjut").says("dia gedor pintu bawa pisau")

    assert person.control is Control.PENDING
    assert "110" in person.heard
    assert person.events(HandoffAsked)[0].level is Level.P1


def test_a_red_answer_alone_is_enough():
    person = Person().says(AT_HOME).presses("Lanjut").says("aman").presses("Ya")

    assert person.control is Control.PENDING
    assert person.session is not None
    assert person.session.levels["immediate_danger"] is Level.P1
    assert "110" in person.heard


def test_skipping_everything_never_lowers_and_still_ends_with_a_person():
    person = Person().says(AT_HOME).presses("Lanjut").says("aman")
    for _ in range(12):
        if person.control is not Control.BOT:
            break
        person.says("lewati")

    assert person.control is Control.PENDING
    assert person.session is not None
    assert person.session.levels["domestic_violence"] is Level.P2
    assert person.answer("bahaya_sekarang") == "refused"


def test_a_phone_that_others_read_ends_neutrally_and_nobody_writes_first():
    person = Person().says(AT_HOME).presses("Lanjut").says("gak aman, hpku sering dibuka mertua")

    assert person.control is Control.PENDING
    assert person.events(HandoffAsked)[0].contact_first is False
    assert "110" not in person.heard


def test_an_unclear_answer_is_asked_once_more_and_then_goes_on():
    person = agreed().says("tolong dibantu soal rumah kontrakan saya")
    assert person.at == ("intake", "untuk_siapa")

    person.says("hmm zzz")
    assert person.at == ("intake", "untuk_siapa")
    assert "belum paham" in person.heard
    person.says("qwerty")

    assert person.at == ("intake", "umur")


def test_several_answers_in_one_sentence_are_all_kept():
    person = agreed().says("saya 27 tahun di garut, bingung mau cari bantuan ke mana")

    assert person.answer("umur") == 27
    assert person.answer("kabupaten")


@pytest.mark.parametrize(
    ("told", "umur"),
    [
        pytest.param("suami saya 40 th suka mukul, saya 35 tahun", 35, id="the writer's age, not her husband's"),
        pytest.param("suami saya 40 tahun suka mukul saya", None, id="an aggressor's age alone is nobody's answer"),
    ],
)
def test_only_what_is_sure_fills_a_question(told: str, umur: int | None):
    person = agreed().says(told)

    assert person.answer("umur") == umur


def test_a_slip_can_be_corrected_at_any_question():
    person = agreed().says("umur saya 71, butuh bantuan mengurus rumah").says("eh salah, umur saya 17 tahun")

    assert person.answer("umur") == 17


def test_back_reopens_the_last_answer():
    person = agreed().says("mau minta tolong urusan kontrakan").says("diri sendiri")
    assert person.at == ("intake", "umur")

    person.says("kembali")

    assert person.at == ("intake", "untuk_siapa")


def test_an_old_button_changes_nothing():
    person = agreed().says("mau minta tolong urusan kontrakan")
    old = person.turn.replies[-1].choices[0].id
    person.says("anak")
    before = person.answer("untuk_siapa")

    person.does(Kind.BUTTON, button=old)

    assert person.at == ("intake", "umur")
    assert person.answer("untuk_siapa") == before
    assert "pertanyaan yang lama" in person.heard


@pytest.mark.parametrize("button", ["", "v1:1", "v1:x:0", "v1:999:0", "kekerasan", "v1:0:99999999999999999999", "\ud800"])
def test_a_forged_button_changes_nothing(button: str):
    person = agreed().does(Kind.BUTTON, button=button)

    assert person.at == ("intake", "cerita")
    assert person.turn.replies


@pytest.mark.parametrize("words", ["petugas", "Petugas", "mau bicara dengan orang", "sama orang", "human"])
def test_a_person_is_called_whenever_asked_for(words: str):
    assert Person().says(words).control is Control.PENDING
    assert agreed().says(words).control is Control.PENDING


def test_a_global_word_inside_a_sentence_is_none():
    person = agreed().says("tiap malam mukul, susah sekali disuruh stop")

    assert person.control is not Control.PAUSED


def test_leaving_says_something_bland_and_shows_no_history_afterwards():
    person = Person().says(AT_HOME).says("keluar")
    assert person.control is Control.PAUSED
    assert "salahmu" not in person.heard

    person.says("halo")

    assert person.at == ("system_start", "izin")
    assert person.session is not None
    assert not person.session.levels


def test_erasing_is_asked_once_and_obeyed():
    person = agreed().says("hapus")
    assert not person.events(CommandObeyed)

    person.says("ya")

    assert person.events(CommandObeyed)[0].command == "erase"
    assert "Sudah dihapus" in person.heard


def test_help_is_answered_and_the_talk_goes_on():
    person = agreed().says("mau minta tolong urusan kontrakan").says("bantuan").says("lewati")

    assert person.at == ("intake", "untuk_siapa")


def test_help_asked_again_says_its_numbers_again():
    person = Person().says("tolong").says("tolong")

    assert "110" in person.heard
    assert person.at == ("system_help", "topik")


def test_who_waits_is_told_so_at_most_every_five_minutes():
    person = Person().says("petugas")
    assert person.says("halo?").turn.replies == ()
    assert person.waits(minutes=4).says("halo?").turn.replies == ()

    assert person.waits(minutes=2).says("halo?").turn.replies


@pytest.mark.parametrize("word", ["lewati", "kembali", "batal"])
def test_a_word_about_questions_is_a_message_like_others_while_nothing_is_asked(word: str):
    person = Person().says("petugas").says(word)

    assert person.turn.replies == ()
    assert person.control is Control.PENDING


def test_who_asks_what_was_said_while_waiting_hears_it_again():
    assert Person().says("petugas").says("ulang").heard


def test_a_second_cry_for_help_before_anything_was_agreed_gets_the_numbers_again():
    person = Person().says("suami saya sering mukul saya").says("suami saya mukul saya lagi barusan, gak kuat")

    assert "110" in person.heard
    assert person.at == ("system_start", "izin")
    assert not person.events(ConsentAnswered)


def test_a_place_told_at_another_question_is_said_to_be_understood_and_spends_no_try():
    person = agreed().says("mau minta tolong urusan kontrakan").says("di surabaya kak")

    assert person.answer("kabupaten") == {"province": "Jawa Timur", "regency": "Kota Surabaya"}
    assert "Surabaya" in person.heard
    assert person.at == ("intake", "untuk_siapa")
    assert person.session is not None
    assert person.session.stack[-1].tries == 0


@pytest.mark.parametrize("words", ["Surabaya", "kab. Malang"])
def test_a_place_alone_at_another_question_is_understood(words: str):
    person = agreed().says("mau minta tolong urusan kontrakan").says(words)

    assert person.answer("kabupaten")
    assert "belum paham" not in person.heard
    assert person.at == ("intake", "untuk_siapa")


def test_a_danger_told_in_another_language_is_answered_in_it():
    person = agreed().says("mau minta tolong urusan kontrakan").says("my husband is beating me, please help me now")

    assert person.session is not None
    assert person.session.language == "en"
    assert person.says("suami saya mukul saya pakai kayu").session.language == "id"


@pytest.mark.parametrize(
    "question",
    [
        "suamiku bisa baca ga?",
        "bisa dibaca polisi ga kak",
        "boleh tau ini siapa",
        "kalau saya lapor apa suami saya bisa dipenjara?",
        "-1",
        "gak aman",
        "gak bisa lama2",
        "belum bisa cerita banyak",
        "jangan hubungi aku ya",
    ],
)
def test_asking_or_telling_something_neither_agrees_nor_refuses(question: str):
    person = Person().says("halo").says(question)

    assert not person.events(ConsentAnswered)
    assert person.at == ("system_start", "izin")


def test_who_agreed_to_an_older_text_is_asked_again_and_loses_nothing():
    person = agreed().says("mau minta tolong urusan kontrakan").says("di surabaya kak")
    assert person.session is not None
    person.session = replace(person.session, agreed_version=1)

    person.says("untuk ibu saya")
    assert person.at == ("system_start", "izin")
    person.presses("Lanjut")

    assert person.answer("kabupaten") == {"province": "Jawa Timur", "regency": "Kota Surabaya"}
    assert person.at[0] == "intake"


def test_the_long_text_of_consent_is_read_once():
    person = Person().says("halo")
    first = person.heard

    again = person.says("p").heard

    assert "tiga hari" in first
    assert "tiga hari" not in again
    assert person.turn.replies[-1].choices


@pytest.mark.parametrize(
    "steps",
    [
        ("dia mukul saya", "tidak", "dia mukul saya lagi"),
        ("dia mukul saya", "lanjut", "dia mukul saya lagi"),
        ("suami saya mukul saya", "petugas", "suami mukul saya lagi barusan"),
        ("suami saya mukul saya", "halo?", "suami saya mukul saya terus"),
    ],
    ids=["after refusing", "at a question", "while waiting", "before agreeing"],
)
def test_danger_told_again_is_answered_with_numbers_in_every_state(steps: tuple[str, ...]):
    person = Person().says(*steps)

    assert "110" in person.heard
    assert "belum paham" not in person.heard


@pytest.mark.parametrize("words", ["nomor polisi berapa", "kalau darurat nelpon kemana?", "TOLONGGGG"])
@pytest.mark.parametrize(
    "before", [(), ("halo",), ("halo", "tidak"), ("halo", "lanjut")], ids=["first", "asked", "refused", "agreed"]
)
def test_who_asks_for_a_number_gets_numbers(before: tuple[str, ...], words: str):
    person = Person().says(*before, words)

    assert "110" in person.heard
    assert not person.events(ConsentAnswered)


def test_somebody_who_wants_to_die_and_agrees_to_nothing_gets_the_number_for_that():
    person = Person().says("aku pengen mati aja").says("tidak")

    assert "119" in person.heard


def test_thanks_at_a_question_that_was_missed_once_are_not_called_unclear():
    person = agreed().says("mau minta tolong urusan kontrakan").says("asdf qwer").says("makasih")

    assert "belum paham" not in person.heard


def test_who_waits_in_danger_is_reminded_of_numbers():
    person = Person().says("dia gedor pintu bawa pisau").waits(minutes=10).says("mas?")

    assert "110" in person.heard


@pytest.mark.parametrize("words", ["aman", "aman kok", "udah aman kak"])
def test_safe_is_no_yes_to_a_question_about_danger(words: str):
    person = Person().says("anak tetangga sering dipukul bapaknya", "lanjut")
    assert person.at == ("anak", "keadaan.anak_dalam_bahaya")

    person.says(words)

    assert person.answer("anak_dalam_bahaya") == "no"
    assert not person.events(HandoffAsked)


def test_not_safe_is_no_yes_to_whether_somebody_is_there():
    person = Person().says("aku pengen mati aja", "lanjut", "ga", "ga", "ga")
    assert person.at == ("pikiran_berat", "keadaan.ada_teman")

    assert person.says("gak aman").answer("ada_teman") != "yes"


def test_a_story_that_mentions_where_to_turn_stays_a_story():
    story = "ibu saya sakit sudah setahun kami tidak tau harus lapor kemana lagi minta tolong biaya obat"
    person = agreed().says(story)

    assert person.answer("cerita") == story
    assert person.at[0] != "system_help"


@pytest.mark.parametrize(
    ("words", "relation"),
    [
        ("aku dipukul suami", "self"),
        ("mama mukul aku", "self"),
        ("untuk saya sendiri, suami saya suka marah", "self"),
        ("tetangga saya dipukuli suaminya", "neighbour"),
        ("buat anak saya, bapaknya kerja jauh", "child"),
        ("suami saya sakit", "spouse"),
        ("kemarin ketemu tetangga di pasar", None),
    ],
)
def test_who_is_named_in_a_sentence_is_not_by_that_the_one_it_is_for(words: str, relation: str | None):
    person = agreed().says("mau cerita soal keluarga saja")
    assert person.at == ("intake", "untuk_siapa")

    person.says(words)

    assert person.answer("untuk_siapa") == relation


@pytest.mark.parametrize(("words", "is_private"), [("aman", True), ("aman kok", True), ("gak aman", False), ("kelas 5", None)])
def test_only_saying_so_makes_writing_safe(words: str, is_private: bool | None):
    person = Person().says("suami saya suka mukul saya", "lanjut")
    assert person.at == ("kekerasan_di_rumah", "boleh_menulis")

    person.says(words)

    assert person.session is not None
    assert ("private" in person.session.guards) is bool(is_private)
    if is_private is None:
        assert person.at == ("kekerasan_di_rumah", "boleh_menulis")


def test_a_new_danger_while_waiting_is_answered_at_once():
    person = Person().says("petugas").says("dia gedor pintu bawa pisau")

    assert "110" in person.heard
    assert person.events(SignSeen)


def test_while_a_person_speaks_the_program_is_silent_and_sees():
    person = agreed()
    person.control = Control.HUMAN

    person.says("dia gedor pintu bawa pisau")

    assert person.turn.replies == ()
    assert person.events(SignSeen)
    assert person.control is Control.HUMAN


@pytest.mark.parametrize("word", ["berhenti", "keluar"])
def test_stopping_is_obeyed_also_while_a_person_speaks(word: str):
    person = agreed()
    person.control = Control.HUMAN

    assert person.says(word).control is Control.PAUSED


def test_what_could_not_be_understood_is_for_a_person_to_look_at():
    person = agreed().says("tolong", understanding=Understanding.unknown())

    assert [(event.topic, event.level) for event in person.events(SignSeen)] == [("unreadable", Level.P3)]


@pytest.mark.parametrize("kind", [Kind.VOICE, Kind.STICKER, Kind.PHOTO, Kind.LOCATION, Kind.UNSUPPORTED])
def test_media_spend_no_try(kind: Kind):
    person = agreed().says("mau minta tolong urusan kontrakan").does(kind).does(kind).does(kind)

    assert person.at == ("intake", "untuk_siapa")
    assert person.turn.replies


def test_the_talk_goes_on_where_it_rested_when_a_person_gives_it_back():
    person = agreed().says("mau minta tolong urusan kontrakan").says("petugas")
    assert person.session is not None

    turn = ENGINE.resume(person.session, Circumstances(now=NOW, control=Control.BOT))

    assert turn.control is Control.BOT
    assert ENGINE.where(turn.session) == ("intake", "untuk_siapa")


def test_a_child_is_spoken_to_as_one_and_its_harm_is_never_below_p2():
    person = agreed().says("umurku 12, om suka pegang2 badanku")

    assert person.session is not None
    assert person.session.levels["sexual_violence"].rank <= 2


def test_english_is_answered_in_english():
    person = agreed().says("bahasa").says("english")

    assert person.session is not None
    assert person.session.language == "en"


def test_a_session_of_another_version_stays_where_it_is():
    person = agreed()
    assert person.session is not None
    person.session = replace(person.session, version="old")

    person.says("mau minta tolong urusan kontrakan")

    assert person.at == ("intake", "untuk_siapa")


def test_the_same_danger_told_again_after_a_case_was_closed_is_new():
    danger = "suamiku bawa golok di depan pintu sekarang mau bunuh aku"
    person = Person().says(danger)
    assert person.session is not None
    turn = ENGINE.resume(person.session, Circumstances(now=NOW, control=Control.BOT))
    person.session, person.control = turn.session, turn.control

    person.waits(days=30).says(danger)

    assert "110" in person.heard
    assert person.events(SignSeen)
    assert person.control is Control.PENDING


@pytest.mark.parametrize(
    ("typed", "at"), [("1", "intake"), ("2", "system_start"), ("5", "system_start"), ("99", "system_start")]
)
def test_a_typed_digit_is_the_choice_of_that_number(typed: str, at: str):
    assert Person().says("halo").says(typed).at[0] == at


def test_a_typed_digit_is_never_a_yes_to_danger():
    person = Person().says(AT_HOME).presses("Lanjut").says("aman").says("2")

    assert person.answer("bahaya_sekarang") == "no"
    assert person.control is Control.BOT


@pytest.mark.parametrize("words", ["", "\u200b", "?", "apa ini?", "gak ngerti"])
def test_not_understanding_is_never_recorded_as_refusing(words: str):
    person = Person().says("halo")

    for _ in range(4):
        person.says(words)
        assert not [given for given in person.events(ConsentAnswered) if not given.is_given]


def test_who_could_not_write_safely_is_asked_again_and_then_helped():
    person = Person().says(AT_HOME).presses("Lanjut").says("gak aman, hpku sering dibuka mertua")

    person.says("halo")
    assert "aman kalau kamu menulis" in person.heard
    assert "110" not in person.heard
    person.says("iya sekarang aman")

    assert "110" in person.heard


def test_a_private_talk_is_asked_about_again_after_a_silence():
    person = Person().says(AT_HOME).presses("Lanjut").says("aman").says("tidak").says("tidak")
    assert person.at[1] == "lebih_jauh.yang_terjadi"

    person.waits(minutes=30).says("dipukul")

    assert person.at == ("kekerasan_di_rumah", "boleh_menulis")


def test_a_place_that_sounds_like_a_command_is_a_place():
    person = agreed().says("umur saya 34 tahun, mau minta tolong urusan kontrakan").says("diri sendiri").says("bali")

    assert person.answer("umur") == 34
    assert person.at != ("intake", "umur")
