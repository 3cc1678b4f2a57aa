"""While others may read along: whether that is so, whether it is over, and that nothing which names a trouble leaves the engine.

Two things make a phone one that only neutral words may stand on: somebody may read it (`aman_menulis` is "no"), and harm was told,
or must be supposed, that a person does (the guard HARMED). Beside fire, illness, birth, hunger or the wish to die whoever stands
there is a patient or a helper: numbers show, and a person writes first. Source: TS-02, TS-18 of docs/privacy.md.
"""

from datetime import timedelta

from msgspec.structs import replace

from bot.dialogue import asking
from bot.dialogue.asking import ReadAnswer
from bot.dialogue.book import ASKED_ONCE, ASKED_SAFE, ASKED_TWICE, HARMED, PRIVATE, SHARED, URGENT, Book
from bot.dialogue.run import Run
from bot.dialogue.session import Session
from bot.dialogue.turn import CaseNoted, HandoffAsked, ServiceShown
from bot.domain.cases import Control
from bot.domain.messages import InboundMessage, Kind
from nlu.understanding import Level, Risk, Understanding, Watch

SAFE_SLOT = "aman_menulis"
QUESTION_LASTS = timedelta(minutes=10)
"""How long a bare "ya" is the answer to "is it safe?": later somebody else may hold the phone. Source: TS-03 of docs/privacy.md."""

FORGOTTEN_AFTER = timedelta(days=1)
"""After so long it may be asked again whether it is safe: else nobody who was watched once could ever talk again without the word."""

_KEPT_GUARDS = (HARMED, SHARED, ASKED_ONCE, ASKED_TWICE)
_SMALL_TALK = ("cry", "greeting", "thanks", "goodbye", "stop", "laughter", "insult", "wants_help")
_TELLING_MEDIA = (Kind.VOICE, Kind.PHOTO, Kind.VIDEO, Kind.DOCUMENT, Kind.LOCATION)


def is_unsafe(run: Run) -> bool:
    """Whether the contact said that others can read this phone."""
    given = run.answers.get(SAFE_SLOT)
    return given is not None and given.value == "no"


def is_quiet(run: Run) -> bool:
    """Whether only neutral words may stand on this phone."""
    return HARMED in run.guards and is_unsafe(run)


def is_by_person(run: Run, risk: Risk) -> bool:
    """Whether a risk is harm that somebody does, who may be the one that reads along."""
    return risk.name in run.book.by_person and not risk.is_accident


def accident(run: Run, understanding: Understanding) -> Risk | None:
    """The most urgent danger of a message that is nobody's doing: help for it can be named before anybody's eyes."""
    found = [risk for risk in understanding.risks if risk.level in URGENT and not is_by_person(run, risk)]
    if any(is_by_person(run, risk) for risk in understanding.risks):
        # "Danger now" beside harm by a person is that harm.
        found = [risk for risk in found if not _is_bare(risk.name)]
    return min(found, key=lambda risk: risk.level.rank, default=None)


def means_something(understanding: Understanding) -> bool:
    """Whether a message that tells of a watcher asks for something everyday as well: "mau tanya bansos, ibu di depan saya"."""
    intent = understanding.intent
    return understanding.level is not None or (intent is not None and intent.name not in _SMALL_TALK)


def carry_over(session: Session | None, fresh: Session) -> Session:
    """A new session of somebody on whose phone others read: that is all it knows."""
    given = session.answers.get(SAFE_SLOT) if session is not None else None
    if session is None or given is None or given.value != "no":
        return fresh
    guards = {name: since for name, since in session.guards.items() if name in _KEPT_GUARDS}
    return replace(fresh, answers={SAFE_SLOT: given}, guards=guards)


class Watched:
    """What is done while others may read along."""

    def __init__(self, book: Book, read_answer: ReadAnswer) -> None:
        self._book = book
        self._read_answer = read_answer

    def hear(self, run: Run, understanding: Understanding) -> bool:
        """Note that others may see what is written. Whether that was said just now and counts.

        Others who are near where somebody is ill or a house burns are no watchers, and many old people ask about aid on a child's
        phone: both are kept in mind, and count as soon as harm by a person is told.
        """
        watch = understanding.watch
        is_harm_told = any(is_by_person(run, risk) for risk in understanding.risks)
        if watch is None and (SHARED not in run.guards or PRIVATE in run.guards or not is_harm_told):
            return False
        is_beside_harm = is_harm_told or (HARMED in run.guards and not understanding.risks)
        is_beside_other = bool(understanding.risks or any(level in URGENT for level in run.levels.values()))
        if not is_beside_harm and (watch is Watch.SHARED or is_beside_other):
            run.guards[SHARED] = run.circumstances.now
            return False
        is_awaited = run.control in (Control.PENDING, Control.HUMAN)
        if is_awaited:
            run.guards[HARMED] = run.circumstances.now
        if is_awaited or run.circumstances.has_open_case:
            # Somebody comes or is here already: whoever it is writes only after the contact has.
            run.events.append(HandoffAsked(reason="", level=Level.P4, contact_first=False))
        is_new = not is_unsafe(run)
        run.guards.pop(PRIVATE, None)
        run.guards.pop(SHARED, None)
        run.guards.pop(ASKED_SAFE, None)
        run.give(SAFE_SLOT, "no")
        if is_new:
            run.events.append(CaseNoted(text=self._book.words("note_watched")))
        return True

    def read(self, run: Run, message: InboundMessage, understanding: Understanding, *, is_answer: bool = False) -> bool | None:
        """Whether a message says that it is safe to write now (True), or that somebody near is to be feared (False), else None.

        A bare "ya" counts only as the answer to the question, and only soon after it; "oke" or a question never do: whoever else
        holds the phone may have written them. "Tidak", a cry for help or a voice without words tell that it is not safe.
        `is_answer`: the words answer another question that is open ("sendiri", asked for whom), and are no cry.
        """
        asked = run.guards.pop(ASKED_SAFE, None)
        was_asked = asked is not None and run.circumstances.now - asked <= QUESTION_LASTS
        is_safe: bool | None = None
        if message.kind is Kind.TEXT:
            is_safe = asking.says_safe_again(message.text, was_asked=was_asked)
            # "Saya sendiri" says whom it is for as often as that nobody is there.
            is_cry = asking.is_cry(understanding) and (was_asked or not (is_answer or "sendiri" in message.text.casefold()))
            if is_safe is None and (is_cry or (was_asked and self._is_denied(message.text))):
                is_safe = False
        elif was_asked and message.kind in _TELLING_MEDIA:
            is_safe = False
        if is_safe is False:
            run.guards[HARMED] = run.circumstances.now
        return is_safe

    def _is_denied(self, text: str) -> bool:
        """Whether a text says no to the question: "tidak", "gak bisa ngomong"."""
        said = self._read_answer("yes_no", text)
        return (said.value == "no" and said.confidence > asking.SURE) or asking.is_short_denial(text)

    def trust_again(self, run: Run) -> None:
        """It is safe again."""
        run.give(SAFE_SLOT, "yes")
        run.guards[PRIVATE] = run.circumstances.now
        for name in (ASKED_ONCE, ASKED_TWICE):
            run.guards.pop(name, None)

    def leave_quietly(self, run: Run, *, reason: str = "", level: Level = Level.P2) -> None:
        """Bring a person who waits for the contact to write, and say what anybody may read."""
        told = sorted(
            run.levels, key=lambda topic: (topic not in self._book.by_person, run.levels[topic].rank, _is_bare(topic))
        )
        reason = reason or (told[0] if told else "immediate_danger")
        run.guards[HARMED] = run.circumstances.now
        levels = [level, *(each for each in run.levels.values() if each in URGENT)]
        run.events.append(HandoffAsked(reason=reason, level=min(levels, key=lambda each: each.rank), contact_first=False))
        run.control = Control.PENDING
        run.say_named("system_watched")

    def ask(self, run: Run) -> bool:
        """Ask whether it is safe to write. False: that was asked twice lately, and is asked no more for a day."""
        now = run.circumstances.now
        if ASKED_TWICE in run.guards and now - run.guards[ASKED_TWICE] > FORGOTTEN_AFTER:
            del run.guards[ASKED_ONCE], run.guards[ASKED_TWICE]
        name = next((name for name in (ASKED_ONCE, ASKED_TWICE) if name not in run.guards), None)
        if name is None:
            return False
        run.guards[name] = run.guards[ASKED_SAFE] = now
        run.say_named("system_safe_again")
        return True

    def leave_unseen(self, run: Run) -> None:
        """Where a turn leaves the engine: nothing that others may not read, and nobody who writes first to where they do."""
        if not is_quiet(run):
            return
        run.events = [replace(event, contact_first=False) if isinstance(event, HandoffAsked) else event for event in run.events]
        if not all(bubble.is_neutral for bubble in run.bubbles):
            self._hush(run)

    def _hush(self, run: Run) -> None:
        run.bubbles = [bubble for bubble in run.bubbles if bubble.is_neutral]
        if not run.bubbles:
            run.say_named("system_watched")
        kept = {service for bubble in run.bubbles for service in bubble.services}
        hidden = {event.service for event in run.events if isinstance(event, ServiceShown)} - kept
        run.events = [event for event in run.events if not isinstance(event, ServiceShown) or event.service in kept]
        run.shown = tuple(service for service in run.shown if service not in hidden or service in run.session.shown_services)


def _is_bare(topic: str) -> bool:
    return topic == "immediate_danger"
