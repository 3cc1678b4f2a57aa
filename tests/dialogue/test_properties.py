"""Whatever is sent, in whatever order: the engine answers, and answers the same again."""

import string
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.content import load_content, load_interpreter
from bot.dialogue.turn import Circumstances, HandoffAsked
from bot.domain.cases import Control
from bot.domain.messages import InboundMessage, Kind
from bot.domain.staffing import Staffing
from nlu.understanding import Understanding
from tests.builders import NOW

CONTENT, INTERPRETER = load_content(), load_interpreter()
ENGINE = CONTENT.engine()
WORDS = (
    *("halo", "lanjut", "tidak", "ya", "aman", "gak aman", "lewati", "27 tahun", "garut", "saya sendiri", "1", "2 3"),
    *("petugas", "keluar", "berhenti", "hapus", "ulang", "kembali", "bahasa", "english", "batal", "menu", "mulai"),
    *("suami saya mukul saya", "dia bawa pisau di depan pintu", "pengen mati aja", "mau tanya bansos", "keliru, umurku 34"),
    *("dia lagi di samping saya", "ini pake hp kakak", "hp saya dibaca suami", "takut", "laper", "aku dipukul suami"),
    *(
        "pinjem hp satpam",
        "bapak pingsan di depan saya",
        "udah nelen 20 butir obat",
        "dia lagi di sini, aku mau bunuh diri",
        "tolong",
    ),
    *("kenapa tanya?", "gatau", "rahasia", "dari kemarin belum makan", "paspor diambil bos di kamboja"),
)
texts = st.sampled_from(WORDS) | st.text(max_size=40) | st.text(string.printable, max_size=200)
messages = st.one_of(
    texts.map(lambda text: InboundMessage(kind=Kind.TEXT, text=text)),
    st.builds(
        lambda n, k: InboundMessage(kind=Kind.BUTTON, button=f"v1:{n}:{k}"), st.integers(0, 20), st.sampled_from("0123s")
    ),
    st.text(max_size=30).map(lambda data: InboundMessage(kind=Kind.BUTTON, button=data)),
    st.sampled_from([kind for kind in Kind if kind not in (Kind.TEXT, Kind.BUTTON)]).map(
        lambda kind: InboundMessage(kind=kind)
    ),
)


def written(words: str) -> InboundMessage:
    """A message of these words."""
    return InboundMessage(kind=Kind.TEXT, text=words)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(messages, st.integers(0, 900)), max_size=14))
def test_any_talk_is_answered_and_the_same_talk_the_same_way(talk: list[tuple[InboundMessage, int]]):
    session, control, now, holding, before = None, Control.BOT, NOW, None, None
    for message, seconds in talk:
        now += timedelta(seconds=seconds)
        if message.button.startswith("now:") and session is not None:
            message = replace(message, button=f"v1:{session.question}:{message.button[4:]}")
        understanding = INTERPRETER.understand(message.text) if message.kind is Kind.TEXT else Understanding.nothing()
        around = Circumstances(
            now=now, control=control, message_seq=1, last_holding_at=holding, last_inbound_at=before, responders_on_duty=1
        )

        turn = ENGINE.advance(session, message, understanding, around)
        again = ENGINE.advance(session, message, understanding, around)

        assert turn == again
        is_silent = message.kind in (Kind.BLOCKED, Kind.UNBLOCKED, Kind.IGNORED, Kind.EDIT, Kind.REACTION)
        if turn.control is Control.BOT and control is Control.BOT and not is_silent:
            assert turn.replies
        for reply in turn.replies:
            assert CONTENT.render(reply, turn.session.language, Staffing(on_duty=1), None).text.strip()
            assert len(reply.services) <= 2
            assert all(len(choice.id) <= 48 for choice in reply.choices)
        if session is not None and not turn.events and control is Control.BOT and turn.control is Control.BOT:
            assert all(turn.session.levels[topic].rank <= level.rank for topic, level in session.levels.items())
        session, control, before = turn.session, turn.control, now
        holding = now if turn.is_holding else holding


def services_of(*, is_by_person: bool) -> set[str]:
    """The services of all topics of harm that somebody does, or of all others."""
    topics = [topic for topic in CONTENT.directory.topics.values() if topic.is_by_person is is_by_person]
    return {service for topic in topics for service in (*topic.services, *topic.services_abroad)}


NEVER_BESIDE_A_WATCHER = {"polri_110", "sapa129", *(services_of(is_by_person=True) - services_of(is_by_person=False))}
ASKS = CONTENT.book.words("system_safe_again")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(WORDS).map(written) | messages, st.integers(0, 900)), max_size=14))
def test_while_others_read_along_nothing_of_harm_is_shown_and_nobody_writes_first(talk: list[tuple[InboundMessage, int]]):
    session, control, now, before, asked = None, Control.BOT, NOW, None, 0
    for message, seconds in talk:
        now += timedelta(seconds=seconds)
        around = Circumstances(now=now, control=control, message_seq=1, last_inbound_at=before, responders_on_duty=1)
        understanding = INTERPRETER.understand(message.text) if message.kind is Kind.TEXT else Understanding.nothing()

        turn = ENGINE.advance(session, message, understanding, around)

        safe = turn.session.answers.get("aman_menulis")
        is_unsafe = safe is not None and safe.value == "no"
        asked = asked + sum(part.words == ASKS for reply in turn.replies for part in reply.parts) if is_unsafe else 0
        assert asked <= 2
        if is_unsafe and "harmed" in turn.session.guards:
            assert not [service for reply in turn.replies for service in reply.services if service in NEVER_BESIDE_A_WATCHER]
            assert not [event for event in turn.events if isinstance(event, HandoffAsked) and event.contact_first]
        session, control, before = turn.session, turn.control, now
