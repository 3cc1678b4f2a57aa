"""Asking a question and reading what comes back."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from bot.dialogue.book import CRY, PERSON_WISH, PRIVATE
from bot.dialogue.flow import FIXED_VALUES, Consent, Option, Question, ScreenFlow, Step, Text, Type, Variant
from bot.dialogue.run import Bubble, Run
from bot.dialogue.session import AnswerState
from bot.dialogue.turn import Choice, Say
from bot.domain.messages import InboundMessage, Kind
from nlu.understanding import Answer, Understanding

SURE = 0.5
"""Below this a reading is no answer. Source: docs/understanding.md, calibration of `nlu.answers`."""

ReadAnswer = Callable[[str, str], Answer]
ReadChoice = Callable[[str, Sequence[tuple[str, Sequence[str]]]], Answer]

TELL_MORE = "more"
SKIP_BUTTON = "s"
_BUTTON = re.compile(r"v1:(\d{1,9}):(\w{1,20})")
_CORRECTION = re.compile(r"\b(salah|keliru|maksud(nya|ku| saya| aku)?|ralat|bukan|wrong|i mean)\b", re.IGNORECASE)
_WHY = re.compile(
    r"(kenapa|knp|ngapain|buat apa|untuk apa|why)\b.{0,25}\??$|(maksudnya|gimana maksudnya|apa maksudnya)\s*\??$", re.IGNORECASE
)


_EXACT = 0.95
# A wish in a few words; in a longer text it may be told in passing.
_PLAIN = 0.9
_MOST_SAFE_WORDS = 40
_UNSAFE = re.compile(
    r"\b(?:gak?|gk|g|tidak|tdk|tak|ng+a?k?|en?gga?k?|belum|blm|kurang|ora|teu|not)\s+(?:\w+\s+)?(?:aman|safe)\b"
)
_DENIED = re.compile(r"\b(?:gak?|gk|g|tidak|tdk|tak|ng+a?k?|en?gga?k?|belum|blm|bukan|ora|teu|indak|not|no)\b")
_SAFE = re.compile(
    r"(?:(?:iya|ya|kak|udah|sudah|sdh|udh|dah|dh|wis|skrg|skg|sekarang|masih|alhamdulillah|lumayan|cukup|yes|i am|i'm) )*(?:aman|safe)"
    r"(?: (?:kok|kak|aja|saja|sih|ya|min|bu|pak|sekarang|skrg|skg|banget|now|alhamdulillah))*"
)
_BY_NOW = r"(?:(?:udah|udh|dah|sudah|sdh|lagi|lg|baru|skrg|skg|sekarang|already|is|now|wis|geus) )+"
_ALONE = re.compile(
    r"(?:(?:ya|iya|kak) )*(?:(?:(?:aku|saya|gue|gw|i am|i'm) )?" + _BY_NOW + r"(?:sendiri|sendirian|alone|dewean)"
    r"|(?:dia|orangnya|suami|suamiku|istri|pacar|pacarku|bapak|ayah|ibu|mama|majikan|bos|he|she)(?: saya| aku)? "
    + _BY_NOW
    + r"(?:pergi|tidur|tdr|berangkat|keluar|gone|left|asleep|turu|lunga|sare))(?: (?:kok|kak|kerja|sekarang|skrg|now))*"
)
_NOTHING_WRONG = re.compile(r"\b\w+ ?(?:apa-?apa|apa2|papa|pa-?pa|masalah)\b")
_FEW = 5
_BARE_YES = re.compile(r"(?:y|ya+h?|iya+h?|yes|iyo+|inggih|nggih|muhun|enya)")
_PUZZLED = re.compile(r"\b(ng+erti|paham|mengerti|bingung|understand)\b|^(apa|siapa) (ini|nih)", re.IGNORECASE)
_CONSENT_WORDS = (
    ("yes", ("lanjut", "lanjutkan", "setuju", "oke lanjut", "continue", "go on", "agree")),
    (TELL_MORE, ("tanya dulu", "ask first", "mau tanya dulu")),
    ("no", ("tidak setuju", "gak mau", "tidak mau", "no thanks", "keluar aja")),
)


class _Mark:
    """An answer that is no value."""


REFUSED_ANSWER: Final = _Mark()
UNSURE_ANSWER: Final = _Mark()
WHY: Final = _Mark()


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The open question: `screen` when it is an item of one."""

    question: Question
    step: Step
    screen: ScreenFlow | None = None


def consent_asked(step: Step) -> Asked:
    """The question that a consent step is."""
    consent = step.kind
    assert isinstance(consent, Consent)  # noqa: S101 - the callers matched it
    question = Question(slot="", type=Type.YES_NO, ask=consent.text, tries=4, then="skip")
    return Asked(question=question, step=step)


def ask(run: Run, asked: Asked) -> None:
    """Say the question with its choices: again, other words after a first miss."""
    question, tries = asked.question, run.place.tries
    if run.is_missed and not isinstance(asked.step.kind, Consent):
        run.say_named("system_not_understood")
    text = question.rephrase if tries and question.rephrase is not None else question.ask
    if tries and isinstance(asked.step.kind, Consent):
        # The whole text was read already: again it is one line.
        text = run.book.find_text("system_consent_again") or text
    part = run.part(text)
    choices = _choices(run, asked)
    if run.bubbles and not run.bubbles[-1].choices and not run.bubbles[-1].is_safety and not run.bubbles[-1].services:
        run.bubbles[-1].parts.append(part)
        run.bubbles[-1].is_neutral = run.bubbles[-1].is_neutral and run.is_neutral_here
        run.bubbles[-1].choices = choices
    else:
        run.bubbles.append(Bubble([part], choices=choices, is_neutral=run.is_neutral_here))


def _choices(run: Run, asked: Asked) -> tuple[Choice, ...]:
    question = asked.question
    if isinstance(asked.step.kind, Consent):
        offered = [("0", "label_continue"), (TELL_MORE, "label_ask_first"), ("1", "label_no")]
        return tuple(_framed(run, key, name) for key, name in offered)
    if question.options:
        choices = [_choice(run, str(number), option.label) for number, option in enumerate(question.options)]
    elif question.type in (Type.YES_NO, Type.RELATION, Type.GENDER, Type.FREQUENCY):
        names = fixed_labels(question.type)
        choices = [_framed(run, str(number), f"label_{name}") for number, name in enumerate(names)]
    else:
        choices = []
    return (*choices, _framed(run, SKIP_BUTTON, "label_skip"))


def fixed_labels(kind: Type) -> tuple[str, ...]:
    """The values of a type with fixed options, in the order offered."""
    return FIXED_VALUES[kind]


def _framed(run: Run, key: str, name: str) -> Choice:
    text = run.book.find_text(name)
    return _choice(
        run, key, text or Text(id=name, variants=(Variant(text_id=name, words=key),), spot=run.book.flows[run.place.flow].spot)
    )


def _choice(run: Run, key: str, label: Text) -> Choice:
    text_id, words = run.words(label)
    return Choice(id=f"v1:{run.question}:{key}", label=words, text_id=text_id)


def is_current(run: Run, button: str) -> bool:
    """Whether this is a button of the open question."""
    found = _BUTTON.fullmatch(button)
    return found is not None and int(found.group(1)) == run.question


def read(
    run: Run,
    message: InboundMessage,
    asked: Asked,
    read_answer: Callable[[str, str], Answer],
    read_choice: Callable[[str, Sequence[tuple[str, Sequence[str]]]], Answer],
    understanding: Understanding,
) -> Any:
    """The value a message gives to the open question; REFUSED_ANSWER, UNSURE_ANSWER, WHY; None when it is no answer."""
    question = asked.question
    if message.kind is Kind.BUTTON:
        return _pressed(message.button.rsplit(":", 1)[1], question)
    text = message.text.strip()
    if not text:
        return None
    if _WHY.fullmatch(text):
        return WHY
    if text.isdecimal() and len(text) <= 2 and (shown := _shown(question)):
        # A bare digit is the choice of that number, never a yes by itself.
        return shown[int(text) - 1] if 0 < int(text) <= len(shown) else None
    if not question.slot:
        return _consent(text, read_answer, read_choice)
    if question.type is Type.YES_NO and (is_safe := says_safe(text)) is not None:
        if question.guard == PRIVATE:
            return "yes" if is_safe else "no"
        if _asks_of_danger(run, asked):
            # Asked whether something bad happens, "aman kok" says that it does not.
            return "no" if is_safe else "yes"
    if question.type is Type.YES_NO and is_cry(understanding) and _asks_of_danger(run, asked) and _echoes(text, question):
        return "yes"
    if question.options:
        found = _chosen(run, text, question, read_choice)
        if found is not None:
            return found
    elif question.type is Type.TEXT:
        return _refusal(text, read_answer) or text
    else:
        answer = read_answer(question.type.value, text)
        if answer.value is not None and answer.confidence >= SURE:
            return {"refuse": REFUSED_ANSWER, "unsure": UNSURE_ANSWER}.get(str(answer.value), _converted(answer.value))
        if question.type is Type.RELATION and (told := _concerned(understanding)):
            return told
    return _refusal(text, read_answer)


def _concerned(understanding: Understanding) -> str | None:
    """Whom a sentence is about: an answer to "for whom?" that need not be as sure as what passes the question over."""
    return next((str(fact.value) for fact in understanding.facts if fact.kind == "relation"), None)


def _consent(
    text: str,
    read_answer: ReadAnswer,
    read_choice: ReadChoice,
) -> Any:
    """What a text says to a request for consent. Nobody agrees, or refuses, by asking or by telling something."""
    if _PUZZLED.search(text) or text.rstrip().endswith("?"):
        return TELL_MORE
    said = read_choice(text, _CONSENT_WORDS)
    if said.value is not None and said.confidence >= _EXACT and not any(character.isdigit() for character in text):
        return said.value
    return read_answer("consent", text).value


def _asks_of_danger(run: Run, asked: Asked) -> bool:
    """Whether a yes to this item of a screen is the alarming answer: "is anybody with you" is not such a question."""
    items = asked.screen.screen.items if asked.screen is not None else ()
    reds = next((item.reds for item in items if item.id == asked.question.slot), ())
    run.answer = "yes"
    return any(red.holds(run) is True for red in reds)


def _echoes(text: str, question: Question) -> bool:
    """Whether a cry says a word of the question: "takut", asked "kamu merasa takut di rumah?"."""
    said = re.findall(r"[a-z]{5,}", text.casefold())
    return not _DENIED.search(text.casefold()) and any(
        word in variant.words.casefold() for variant in question.ask.variants for word in said
    )


def says_safe(text: str) -> bool | None:
    """Whether a short text says that it is safe, or that it is not; None when it says neither."""
    words = " ".join(text.casefold().strip(" .!,?").split())
    if len(words) > _MOST_SAFE_WORDS:
        return None
    if _UNSAFE.search(words):
        return False
    return True if _SAFE.fullmatch(words) else None


def says_safe_again(text: str, *, was_asked: bool) -> bool | None:
    """Whether words from a phone that others read say that it is safe now, or that it is not; None when they say neither.

    Nobody is believed who asks. A bare "ya" says it only when it was just asked.
    """
    if "?" in text:
        return None
    is_safe = says_safe(text)
    if is_safe is None:
        words = " ".join(text.casefold().strip(" .!,").split())
        is_alone = len(words) <= _MOST_SAFE_WORDS and _ALONE.fullmatch(words) and not _DENIED.search(words)
        is_safe = True if is_alone or (was_asked and _BARE_YES.fullmatch(words)) else None
    return is_safe


def is_short_denial(text: str) -> bool:
    """Whether a few words say no to what was asked: "gak bisa ngomong"; "gak apa-apa" does not."""
    words = text.casefold()
    return "?" not in text and len(words.split()) <= _FEW and _DENIED.search(_NOTHING_WRONG.sub("", words)) is not None


def _pressed(key: str, question: Question) -> Any:
    if key == SKIP_BUTTON:
        return REFUSED_ANSWER
    if key == TELL_MORE:
        return TELL_MORE
    values = tuple(option.value for option in question.options) or FIXED_VALUES.get(question.type, ())
    if not key.isdecimal() or len(key) > 3 or int(key) >= len(values):
        return None
    return (values[int(key)],) if question.type is Type.MULTI_CHOICE else values[int(key)]


def _shown(question: Question) -> tuple[str, ...]:
    """The values of the choices as they stand under a question whose choices are fixed."""
    if not question.slot:
        return ("yes", TELL_MORE, "no")
    return FIXED_VALUES.get(question.type, ())


def keep_facts(run: Run, understanding: Understanding, asked: Asked | None) -> tuple[str, ...]:
    """Keep what a sentence says in passing and for sure, where it is not known yet; of two ages the first. The slots filled."""
    filled: set[str] = set()
    for fact in understanding.facts:
        slot = run.book.fact_slots.get(fact.kind)
        if slot is None or slot in filled or fact.confidence < SURE:
            continue
        if asked is not None and asked.question.slot == slot:
            continue
        filled.add(slot)
        given = run.answers.get(slot)
        if given is None or given.is_inferred or given.state is not AnswerState.KNOWN:
            run.give(slot, fact.value, is_inferred=True)  # type: ignore[arg-type]  # values of `nlu.answers` are ours
    return tuple(filled)


def confirm(run: Run, slot: str, *, is_quiet: bool = False) -> bool:
    """Say in passing what was read out of other words, so that it can be corrected. Whether there was something to say."""
    given = run.answers[slot]
    text = run.book.find_text(f"confirm_{slot}")
    is_said = given.is_inferred and given.state is AnswerState.KNOWN and text is not None and not is_quiet
    if is_said:
        run.say(text)
    if given.is_inferred:
        run.answers[slot] = replace(given, is_inferred=False)
    return is_said


def has_words(text: str) -> bool:
    """Whether anything was written that could be an answer: not only blanks and invisible characters."""
    return any(not character.isspace() and character.isprintable() for character in text)


def is_cry(understanding: Understanding) -> bool:
    """Whether all that is said is a word or two of somebody frightened, hurt or hungry."""
    return understanding.intent is not None and understanding.intent.name == CRY


def wants_person(understanding: Understanding) -> bool:
    """Whether all that is said is that a person should answer: no answer to anything, "mau" as it begins."""
    intent = understanding.intent
    return intent is not None and intent.name == PERSON_WISH and intent.confidence >= _PLAIN and not understanding.risks


def wants_to_know(text: str, understanding: Understanding) -> bool:
    """Whether somebody asks what this is, rather than answering."""
    asks = ("identity_question", "privacy_question", "cost_question", "question")
    is_asking = understanding.intent is not None and understanding.intent.name in asks
    return is_asking or text.strip().endswith("?") or _PUZZLED.search(text) is not None


def _chosen(
    run: Run,
    text: str,
    question: Question,
    read_choice: Callable[[str, Sequence[tuple[str, Sequence[str]]]], Answer],
) -> Any:
    labels = [(option.value, (run.words(option.label)[1], *option.also)) for option in question.options]
    if question.type is Type.MULTI_CHOICE:
        pieces = [piece for piece in re.split(r"[,;/&+]|\bdan\b|\bsama\b|\s+(?=\d)", text) if piece.strip()]
        found = [read_choice(piece.strip(), labels) for piece in pieces]
        values = tuple(dict.fromkeys(str(each.value) for each in found if each.value is not None and each.confidence >= SURE))
        return _exclusive(values, question.options) or None
    answer = read_choice(text, labels)
    return answer.value if answer.value is not None and answer.confidence >= SURE else None


def _exclusive(values: tuple[str, ...], options: Sequence[Option]) -> tuple[str, ...]:
    alone = {option.value for option in options if option.is_exclusive}
    others = tuple(value for value in values if value not in alone)
    return others or values


def _refusal(text: str, read_answer: Callable[[str, str], Answer]) -> Any:
    if len(text) > 60:
        return None
    said = read_answer("yes_no", text)
    if said.value in ("refuse", "unsure") and said.confidence >= SURE:
        return REFUSED_ANSWER if said.value == "refuse" else UNSURE_ANSWER
    return None


def _converted(value: object) -> Any:
    return tuple(value) if isinstance(value, list | set) else value


def state_of(answer: Any) -> AnswerState:
    """How an answer stands."""
    return AnswerState.UNSURE if answer is UNSURE_ANSWER else AnswerState.KNOWN


def is_out_of_bounds(question: Question, value: Any) -> bool:
    """Whether a value is below `min` or above `max`."""
    size = len(value) if isinstance(value, str) and question.type is Type.TEXT else value
    if not isinstance(size, int | float):
        return False
    return (question.low is not None and size < question.low) or (question.high is not None and size > question.high)


def is_correction(text: str) -> bool:
    """Whether somebody takes something back."""
    return _CORRECTION.search(text) is not None


def service_line(run: Run, service: str) -> Say:
    """A service as a line of text: name, what to dial, one honest note."""
    text = run.book.find_text("service_line")
    words = run.words(text)[1] if text else "{service.name}: {service.contact}"
    text_id = text.id if text else "service_line"
    names = ("name", "contact", "note", "hours")
    return Say(text_id=text_id, words=words, values={f"service.{name}": f"@services.{service}.{name}" for name in names})
