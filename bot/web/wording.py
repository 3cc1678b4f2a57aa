"""What a responder reads of the flows' answers, of consent, and of the service directory: in the responder's language."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TypeGuard

from bot.dialogue.book import Book
from bot.dialogue.flow import Collect, Consent, Question, RunScreen, Slot, Text, Type
from bot.dialogue.session import AnswerState, Given, Session, Value
from bot.domain.cases import Case
from bot.domain.referrals import Directory, in_language
from bot.translations import Translations
from bot.web.schemas import BriefLine, BriefState, Language, Service

NAME_SLOT, HOURS_SLOT = "nama_panggilan", "jam_aman"
_ELSEWHERE = ("bahasa",)
"""Answers that the console shows in another place."""

_MOST_SERVICES = 8
_TIMES = {
    "pagi": ("pagi", "morning"),
    "siang": ("siang", "midday"),
    "sore": ("sore", "late afternoon"),
    "malam": ("malam", "evening"),
    "kapan_saja": ("kapan saja", "any time"),
    "jangan_hubungi": ("jangan hubungi dulu", "do not make contact first"),
}
_ABROAD = {"id": "luar negeri", "en": "abroad"}
_YEARS = {"id": "tahun", "en": "years"}
_STATES: Mapping[AnswerState, BriefState] = {
    AnswerState.KNOWN: "known",
    AnswerState.UNSURE: "unsure",
    AnswerState.REFUSED: "refused",
    AnswerState.UNKNOWN: "not_asked",
}


class FlowWording:
    """Words from the flows that run, their translations, and the directory."""

    def __init__(self, *, book: Book, translations: Translations, directory: Directory) -> None:
        self._book = book
        self._translations = translations
        self._directory = directory

    def list_brief(self, session: Session, language: Language) -> list[BriefLine]:
        """The answers so far and what was not asked yet: shared slots first, then those of the flows the person is or was in."""
        return [
            self._line(self._book.slots[name], session.answers.get(name), language)
            for name in self._slots_that_matter(session)
            if name in self._book.slots
        ]

    def list_services(self, case: Case, session: Session | None, language: Language) -> list[Service]:
        """Services with a verified contact for the case's reasons, in the directory's order for each, those already shown first."""
        is_abroad = session is not None and self._is_abroad(session)
        names = [*case.referrals, *(name for topic in case.reasons for name in self._services_of(topic, is_abroad=is_abroad))]
        found = []
        for name in dict.fromkeys(names):
            service = self._directory.services.get(name)
            contact = service.contact(is_abroad=is_abroad) if service else None
            if service is None or contact is None:
                continue
            hours, note = in_language(service.hours, language), in_language(service.note, language)
            found.append(Service(id=service.id, name=service.name, contact=contact.value, hours=hours, note=note))
        return found[:_MOST_SERVICES]

    def consent_words(self, text_id: str, version: int, language: str) -> str:
        """The words that the person answered to; empty where they were of a version that is no longer here."""
        consent = self._consents.get(text_id)
        if consent is None or consent.version != version:
            return ""
        return self._words(consent.text, language)

    def find_name(self, session: Session) -> str:
        """The name the person gave; empty for none."""
        given = session.answers.get(NAME_SLOT)
        return given.value.strip() if _is_known(given) and isinstance(given.value, str) else ""

    def find_place(self, session: Session, language: Language) -> str:
        """Where the person is, as far as told; empty for unknown."""
        name = self._book.fact_slots.get("place", "")
        return self._value_of(session, name, language)

    def find_safe_hours(self, session: Session, language: Language) -> str:
        """When it is safe to write; empty for unknown."""
        return self._value_of(session, HOURS_SLOT, language)

    def _slots_that_matter(self, session: Session) -> Iterable[str]:
        shared = [slot.name for slot in self._book.slots.values() if slot.note and slot.name not in _ELSEWHERE]
        in_stack = {place.flow for place in session.stack}
        own = [
            name
            for flow_id, names in self._slots_by_flow.items()
            if flow_id in in_stack or any(name in session.answers and name not in shared for name in names)
            for name in names
        ]
        answered = [name for name in session.answers if name not in _ELSEWHERE]
        return dict.fromkeys((*shared, *own, *answered))

    @cached_property
    def _slots_by_flow(self) -> Mapping[str, tuple[str, ...]]:
        return {
            flow.id: tuple(dict.fromkeys(question.slot for step in flow.steps for question in self._questions(step.kind)))
            for flow in self._book.flows.values()
        }

    def _questions(self, kind: object) -> Iterable[Question]:
        if isinstance(kind, Collect):
            return (kind.question,)
        if isinstance(kind, RunScreen) and kind.topic in self._book.screens:
            return self._book.screens[kind.topic].questions
        return ()

    @cached_property
    def _question_by_slot(self) -> Mapping[str, Question]:
        found: dict[str, Question] = {}
        for flow in self._book.flows.values():
            for step in flow.steps:
                for question in self._questions(step.kind):
                    found.setdefault(question.slot, question)
        return found

    @cached_property
    def _consents(self) -> Mapping[str, Consent]:
        steps = (step.kind for flow in self._book.flows.values() for step in flow.steps)
        return {kind.text.id: kind for kind in steps if isinstance(kind, Consent)}

    def _line(self, slot: Slot, given: Given | None, language: Language) -> BriefLine:
        state = _STATES[given.state] if given else "not_asked"
        return BriefLine(
            slot=slot.name,
            label=self._label(slot, language),
            value=self._value(slot, given.value, language) if given is not None and state == "known" else "",
            state=state,
            is_inferred=given.is_inferred if given else False,
            seq=given.seq if given else None,
        )

    def _label(self, slot: Slot, language: Language) -> str:
        """What the slot is, in words for staff; else the question that asks for it."""
        if slot.note:
            return self._translations.words(f"slots.{slot.name}.note", slot.note, language)
        question = self._question_by_slot.get(slot.name)
        return self._words(question.ask, language) if question else slot.name.replace("_", " ")

    def _value_of(self, session: Session, name: str, language: Language) -> str:
        given, slot = session.answers.get(name), self._book.slots.get(name)
        return self._value(slot, given.value, language) if slot is not None and _is_known(given) else ""

    def _value(self, slot: Slot, value: Value | None, language: Language) -> str:
        """An answer as a responder reads it."""
        if isinstance(value, Mapping):
            parts = [
                _ABROAD[language] if part == "luar_negeri" else part
                for part in (value.get("regency"), value.get("province"))
                if part
            ]
            return ", ".join(parts)
        if isinstance(value, tuple):
            return ", ".join(self._one(slot, each, language) for each in value)
        if isinstance(value, int | float):
            return f"{value:g} {_YEARS[language]}" if slot.type is Type.AGE else f"{value:g}"
        return self._one(slot, value or "", language)

    def _one(self, slot: Slot, value: str, language: Language) -> str:
        options = slot.options or (self._question_by_slot[slot.name].options if slot.name in self._question_by_slot else ())
        for option in options:
            if option.value == value:
                return self._words(option.label, language)
        label = self._book.find_text(f"label_{value}") if value in slot.values else None
        if label is not None:
            return self._words(label, language)
        if value in _TIMES and slot.type is Type.TIME:
            return _TIMES[value][0 if language == "id" else 1]
        return value

    def _words(self, text: Text, language: str) -> str:
        last = text.variants[-1]
        return self._translations.words(last.text_id, last.words, language)

    def _services_of(self, topic: str, *, is_abroad: bool) -> tuple[str, ...]:
        known = self._directory.topics.get(topic)
        if known is None:
            return ()
        return known.services_abroad if is_abroad and known.services_abroad else known.services

    def _is_abroad(self, session: Session) -> bool:
        given = session.answers.get(self._book.fact_slots.get("place", ""))
        return _is_known(given) and isinstance(given.value, Mapping) and given.value.get("province") == "luar_negeri"


def _is_known(given: Given | None) -> TypeGuard[Given]:
    return given is not None and given.state is AnswerState.KNOWN
