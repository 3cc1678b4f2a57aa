"""A turn while it is worked: the session's parts, changed in place, and what is said and noted on the way."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from bot.dialogue.book import HARMED, NEUTRAL, PRIVATE, Book
from bot.dialogue.conditions import local_day
from bot.dialogue.flow import Text
from bot.dialogue.session import AnswerState, Given, Place, Session, Value
from bot.dialogue.turn import Choice, Circumstances, Event, Reply, Say, ServiceShown, SignSeen, Turn
from bot.domain.cases import Control
from bot.domain.referrals import is_abroad
from nlu.understanding import Level, most_urgent

PRIVATE_LASTS = timedelta(minutes=10)
"""How long "only I read this" holds without a word. Source: TS-03 of docs/privacy.md (ten minutes of silence close the topic)."""

_WIB = timedelta(hours=7)
"""Local time where nothing better is known: western Indonesia, where most people live."""


class Bubble(msgspec.Struct):
    """A reply in the making. `is_neutral`: it may stand on the phone while others read along."""

    parts: list[Say]
    choices: tuple[Choice, ...] = ()
    services: tuple[str, ...] = ()
    is_safety: bool = False
    is_neutral: bool = False


class Run:
    """One turn. Also the facts that conditions ask."""

    def __init__(self, book: Book, session: Session, circumstances: Circumstances) -> None:
        self.book = book
        self.session = session
        self.circumstances = circumstances
        self.language = session.language
        self.stack = list(session.stack)
        self.question = session.question
        self.answers: dict[str, Given] = dict(session.answers)
        self.levels: dict[str, Level] = dict(session.levels)
        self.scores: dict[str, float] = dict(session.scores)
        self.guards = dict(session.guards)
        self.groups = session.groups
        self.shown = session.shown_services
        self.answered = list(session.answered)
        self.announced = session.announced
        self.last_step = session.last_step
        self.is_language_chosen = session.is_language_chosen
        self.agreed_version = session.agreed_version
        self.control = circumstances.control
        self.bubbles: list[Bubble] = []
        self.events: list[Event] = []
        self.is_holding = False
        self.is_asking = self.is_missed = False
        self.answer: Value | None = None
        last = circumstances.last_inbound_at
        if PRIVATE in self.guards and last is not None and circumstances.now - last > PRIVATE_LASTS:
            del self.guards[PRIVATE]

    # What conditions ask

    def value(self, name: str) -> Any:
        """The value under a name of a condition; None when it is not known."""
        scope, _, rest = name.partition(".")
        if scope == "slots":
            return self._slot_value(rest)
        if scope == "answer":
            return self.answer
        if scope == "level":
            level = self.level if rest == "any" else self.levels.get(rest)
            return level.value if level else "none"
        if scope == "score":
            return self.scores.get(rest, 0.0)
        return self._world(scope, rest)

    def _slot_value(self, rest: str) -> Any:
        slot, _, part = rest.partition(".")
        given = self.answers.get(slot)
        if given is None or given.state is not AnswerState.KNOWN:
            return None
        if part:
            return given.value.get(part) if isinstance(given.value, Mapping) else None
        if isinstance(given.value, Mapping):
            return given.value.get("regency") or given.value.get("province")
        return given.value

    def _world(self, scope: str, rest: str) -> Any:
        around = self.circumstances
        if scope == "guard":
            return "true" if rest in self.guards else "false"
        if scope == "now":
            hour, weekday, day = local_day(around.now + _WIB)
            return {"hour": hour, "weekday": weekday, "date": day}[rest]
        if scope == "channel":
            return {"name": around.channel, "buttons": "true", "deletes": _word(around.channel == "telegram")}[rest]
        if scope == "contact":
            is_returning = around.last_inbound_at is not None
            return {"language": self.language, "returning": _word(is_returning), "reachable": "true"}[rest]
        return _word(around.has_open_case)

    def state(self, name: str) -> str:
        """How an answer stands."""
        given = self.answers.get(name.removeprefix("slots.").partition(".")[0])
        return given.state.value if given else AnswerState.UNKNOWN.value

    @property
    def level(self) -> Level | None:
        """The most urgent level so far."""
        return most_urgent(*self.levels.values())

    @property
    def age(self) -> int | None:
        """The age told, in years."""
        given = self.answers.get("umur")
        return int(given.value) if given is not None and isinstance(given.value, int | float) else None

    @property
    def is_abroad(self) -> bool:
        """Whether the contact told a place outside Indonesia."""
        given = self.answers.get(self.book.fact_slots.get("place", ""))
        return given is not None and is_abroad(given.value)

    # What a turn does

    @property
    def place(self) -> Place:
        """Where the flow that runs is."""
        return self.stack[-1]

    def go(self, step: str, item: str = "", tries: int = 0) -> None:
        """Move the flow that runs to another of its steps."""
        self.stack[-1] = Place(flow=self.stack[-1].flow, step=step, item=item, tries=tries)

    @property
    def home(self) -> Any:
        """Where the contact is, as far as told: a mapping of province and regency."""
        given = self.answers.get("kabupaten")
        return given.value if given is not None else None

    def knows(self, slot: str) -> bool:
        """Whether an answer, or its refusal, is there."""
        given = self.answers.get(slot)
        return given is not None and given.state is not AnswerState.UNKNOWN

    def give(
        self, slot: str, value: Value | None, *, state: AnswerState = AnswerState.KNOWN, is_inferred: bool = False
    ) -> None:
        """Keep an answer."""
        around = self.circumstances
        self.answers[slot] = Given(state=state, value=value, is_inferred=is_inferred, seq=around.message_seq, at=around.now)

    def words(self, text: Text) -> tuple[str, str]:
        """The id and the source words of the first variant that holds."""
        for variant in text.variants:
            if variant.condition is None or variant.condition(self) is True:
                return variant.text_id, variant.words
        last = text.variants[-1]
        return last.text_id, last.words

    def part(self, text: Text, service: str = "") -> Say:
        """A text to be said, with what its placeholders stand for."""
        text_id, words = self.words(text)
        return Say(text_id=text_id, words=words, values=self._values(words, service) if "{" in words else {})

    def _values(self, words: str, service: str) -> dict[str, str]:
        values: dict[str, str] = {}
        for piece in words.split("{")[1:]:
            name = piece.partition("}")[0].partition("|")[0]
            if name.startswith("service.") and service:
                values[name] = f"@services.{service}.{name.removeprefix('service.')}"
                continue
            slot, given = self.book.slots.get(name), self.answers.get(name)
            if slot is not None and slot.is_shown and given is not None and given.state is AnswerState.KNOWN:
                values[name] = shown_value(given.value)
        return values

    def say(self, text: Text | None, *, service: str = "", is_safety: bool = False, is_neutral: bool = False) -> None:
        """Add a bubble; nothing when there is no such text."""
        if text is not None:
            services = (service,) if service else ()
            is_neutral = is_neutral or self.is_neutral_here
            self.bubbles.append(
                Bubble([self.part(text, service)], services=services, is_safety=is_safety, is_neutral=is_neutral)
            )

    def say_named(self, name: str) -> None:
        """Add a bubble of a text of the frame."""
        self.say(self.book.find_text(name), is_neutral=name in NEUTRAL)

    @property
    def is_neutral_here(self) -> bool:
        """Whether the flow that runs says only what may stand on a phone that others read."""
        return bool(self.stack) and self.place.flow in NEUTRAL

    def show(self, services: Sequence[str]) -> None:
        """Note that these services are shown."""
        for service in services:
            self.events.append(ServiceShown(service=service))
            if service not in self.shown:
                self.shown = (*self.shown, service)

    def say_availability(self) -> None:
        """Say honestly that nobody is on duty, when that is so."""
        if self.circumstances.responders_on_duty == 0:
            self.say_named("system_nobody_on_duty")

    def see(self, topic: str, level: Level, words: str = "", *, is_new: bool = False, is_accident: bool = False) -> None:
        """Note a reason for a person to look, when it is new or more urgent than before. The level known of it only rises.

        Harm that somebody does is remembered: whoever reads along may be the one. `is_accident`: here it is nobody's doing.
        """
        if topic in self.book.by_person and not is_accident:
            self.guards[HARMED] = self.circumstances.now
        before = self.levels.get(topic)
        if is_new or before is None or level.rank < before.rank:
            self.levels[topic] = most_urgent(before, level) or level
            self.events.append(SignSeen(topic=topic, level=level, words=words))

    def turn(self) -> Turn:
        """What the message led to."""
        session = replace(
            self.session,
            version=self.book.version,
            language=self.language,
            stack=tuple(self.stack),
            question=self.question,
            answers=self.answers,
            levels=self.levels,
            scores=self.scores,
            guards=self.guards,
            groups=self.groups,
            shown_services=self.shown,
            answered=tuple(self.answered[-20:]),
            announced=self.announced,
            last_step=self.last_step,
            is_language_chosen=self.is_language_chosen,
            agreed_version=self.agreed_version,
        )
        replies = tuple(
            Reply(
                parts=tuple(each.parts),
                choices=each.choices,
                services=each.services[:2],
                is_safety=each.is_safety,
                is_abroad=self.is_abroad,
            )
            for each in self.bubbles
        )
        return Turn(
            session=session,
            replies=replies,
            events=tuple(self.events),
            control=self.control,
            is_holding=self.is_holding or (self.control is Control.PENDING and bool(replies)),
        )


def shown_value(value: Value | None) -> str:
    """An answer as words."""
    if isinstance(value, Mapping):
        return ", ".join(part for part in (value.get("regency"), value.get("province")) if part)
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _word(is_so: bool) -> str:
    return "true" if is_so else "false"
