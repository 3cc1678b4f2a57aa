"""The talk as a function: a session and a message in, a turn out. Same inputs, same turn; it never raises on what a person sends.

Order of a message, first that fits: what is no talk (blocked, edited) · global words · the safety net · who speaks now · the open
question · a flow that the words start · one try less. Source: docs/flows.md.

The rooms: `safety` (danger and waiting), `answering` (the open question), `steps` (running flows), `asking` (one question's words).
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from bot.dialogue import asking, watched
from bot.dialogue.answering import MEDIA, Answers
from bot.dialogue.asking import ReadAnswer, ReadChoice
from bot.dialogue.book import ASKED_SAFE, CONSENT, GENTLE, GREETING, NEUTRAL, PRIVATE, START, Book
from bot.dialogue.flow import Consent
from bot.dialogue.run import Run
from bot.dialogue.safety import SafetyNet
from bot.dialogue.session import Session
from bot.dialogue.steps import Steps
from bot.dialogue.turn import Circumstances, CommandObeyed, HandoffAsked, Turn
from bot.dialogue.watched import SAFE_SLOT
from bot.domain.cases import Control
from bot.domain.messages import InboundMessage, Kind
from nlu.understanding import Level, Understanding

WELCOME_BACK = "system_return"
STORY, STORY_WORDS = "cerita", 4
_STRETCH = re.compile(r"([a-z])\1{2,}")
_OF_A_QUESTION = ("back", "skip", "cancel")
"""Words that mean nothing while a person is awaited and nothing is asked: they are messages like others."""

_OBEYED_WITH_A_PERSON = ("stop", "quick_exit", "erase", "link")
_ANSWERED_WITH_A_PERSON = ("system_erase", "system_link")
"""What these ask is for the program to hear, though a responder speaks."""

PickServices = Callable[[str, int | None, Any, datetime, int], Sequence[str]]


class Engine:
    """Runs one book. `pick_services` gives ids of services for a need; `read_answer` and `read_choice` are those of `nlu.answers`."""

    def __init__(self, book: Book, *, pick_services: PickServices, read_answer: ReadAnswer, read_choice: ReadChoice) -> None:
        def pick(need: str, run: Run, limit: int) -> Sequence[str]:
            return pick_services(need, run.age, run.home, run.circumstances.now, limit)

        self._book = book
        self._safety = SafetyNet(book, pick, read_answer)
        self._steps = Steps(book, pick)
        self._answers = Answers(book, self._steps, self._safety, read_answer, read_choice)

    def where(self, session: Session | None) -> tuple[str | None, str | None]:
        """The flow and step of the open question, else of the last step run; an open item is `step.item`."""
        if session is None:
            return None, None
        if session.stack:
            place = session.stack[-1]
            return place.flow, f"{place.step}.{place.item}" if place.item else place.step
        return session.last_step or (None, None)

    def advance(
        self,
        session: Session | None,
        message: InboundMessage,
        understanding: Understanding,
        circumstances: Circumstances,
    ) -> Turn:
        """What a message leads to.

        Raises:
            FlowRunsOn: the flow loops without asking; the checker refuses such flows.
        """
        # A sign under a message is no answer, and wakes no talk that rests: whoever reads the talk sees it.
        is_only_a_sign = message.kind is Kind.REACTION and self._command(message) is None
        is_fresh = session is None or (circumstances.control is Control.PAUSED and not is_only_a_sign)
        run = Run(self._book, self._session(session, understanding, is_fresh=is_fresh), circumstances)
        if message.kind in (Kind.BLOCKED, Kind.UNBLOCKED, Kind.IGNORED) or is_only_a_sign:
            return run.turn()
        if is_fresh and run.control is Control.PAUSED:
            run.control = Control.BOT
        self._safety.note(run, understanding)
        is_heard = self._safety.watched.hear(run, understanding)
        if message.kind is Kind.EDIT:
            return run.turn()
        command = self._command(message) or self._meant(understanding)
        if run.control is Control.HUMAN:
            if not is_heard:
                self._safety.hear_safe(run, message, understanding)
            if command in _OBEYED_WITH_A_PERSON:
                self._obey(run, command)
            elif run.stack and run.place.flow in _ANSWERED_WITH_A_PERSON and (asked := self._steps.asked(run)) is not None:
                self._answers.answer_framed(run, message, understanding, asked)
            return run.turn()
        is_waiting = run.control is Control.PENDING and not self._steps.is_framed(run)
        if command is not None and watched.is_unsafe(run) and self._obey_unseen(run, command, understanding):
            run.events.append(CommandObeyed(command=command))
        elif command is not None and not (is_fresh and command == "restart") and not (is_waiting and command in _OF_A_QUESTION):
            self._obey(run, command)
        elif is_waiting:
            self._safety.hold(run, message, understanding, is_command=command is not None, is_heard=is_heard)
        elif not (watched.is_unsafe(run) and self._talk_unseen(run, message, understanding, is_heard=is_heard)):
            self._talk(run, message, understanding, is_fresh=is_fresh)
        self._safety.secure(run)
        self._safety.watched.leave_unseen(run)
        return run.turn()

    def resume(self, session: Session, circumstances: Circumstances) -> Turn:
        """The talk in the program's hands again: where it rested, or an offer of more; silence on a phone that others read."""
        # What a person looked at is looked at: the same danger seen again is a new one, with numbers and a case of its own.
        session = replace(session, levels={}, scores={}, announced=(), groups=(), shown_services=())
        run = Run(self._book, session, replace(circumstances, control=Control.BOT))
        if watched.is_unsafe(run):
            return run.turn()
        run.say_named("system_human_left")
        if run.stack:
            self._steps.run(run)
        else:
            run.say_named("system_completed")
        return run.turn()

    def arrive(self, session: Session, circumstances: Circumstances) -> Turn:
        """The talk at another place: it goes on where it was, and whether it is safe to write there is not known.

        Nothing that was told is said again. Where a flow asked whether only the contact reads this, it asks that first.
        """
        session = self.distrust(session)
        run = Run(self._book, session if session.version == self._book.version else self._carry_over(session), circumstances)
        run.say_named("system_link_done")
        if run.control is Control.PENDING:
            # Without the numbers that go with a danger: who reads here is not known.
            run.say_named("system_holding" if circumstances.responders_on_duty else "system_nobody_on_duty")
            run.is_holding = True
        elif run.control is Control.BOT and run.stack:
            self._steps.ask_private_again(run)
            self._steps.run(run)
        return run.turn()

    def distrust(self, session: Session) -> Session:
        """The session of somebody whose phone may be in other hands: whether it is safe to write there is not known any more."""
        guards = {name: since for name, since in session.guards.items() if name != PRIVATE}
        answers = {slot: given for slot, given in session.answers.items() if slot != SAFE_SLOT}
        return replace(session, guards=guards, answers=answers)

    def _session(self, session: Session | None, understanding: Understanding, *, is_fresh: bool) -> Session:
        if session is not None and not is_fresh:
            if session.version != self._book.version:
                session = self._carry_over(session)
            if CONSENT in session.guards and session.agreed_version < self._book.consent_version:
                # What was agreed to says something else by now. Source: UU 27/2022 art. 21(2), PDP-05.
                session = replace(session, guards={name: at for name, at in session.guards.items() if name != CONSENT})
            if session.is_language_chosen or (session.stack and not understanding.risks):
                return session
        language = self._guess(understanding, session.language if session else "id")
        if session is None or is_fresh:
            return watched.carry_over(session, Session(version=self._book.version, language=language))
        return replace(session, language=language)

    def _guess(self, understanding: Understanding, language: str) -> str:
        return understanding.language if understanding.language in self._book.languages else language

    def _carry_over(self, session: Session) -> Session:
        """A session of another version: it stays where it is, as far as that place is still there."""
        stack = tuple(
            place
            for place in session.stack
            if place.flow in self._book.flows and place.step in self._book.flows[place.flow].places
        )
        return replace(session, stack=stack, version=self._book.version)

    def _command(self, message: InboundMessage) -> str | None:
        if message.kind is Kind.LEFT:
            return "quick_exit"
        if message.kind is Kind.START:
            return "restart"
        if message.kind not in (Kind.TEXT, Kind.REACTION) or len(message.text) > 60:
            return None
        said = " ".join(message.text.casefold().split()).strip(" .!?,/")
        return self._book.commands.get(said) or self._book.commands.get(_STRETCH.sub(r"\1", said))

    def _meant(self, understanding: Understanding) -> str | None:
        """Who asks for a number to call gets numbers, whatever is open: agreeing to nothing, before anything else."""
        is_wanted = understanding.intent is not None and understanding.intent.name == "number_request"
        return "help" if is_wanted and not understanding.risks else None

    def _obey(self, run: Run, command: str) -> None:
        if command not in ("erase", "stop", "quick_exit", "link"):
            run.events.append(CommandObeyed(command=command))
        match command:
            case "restart":
                run.stack = []
                self._begin(run, None)
                self._steps.run(run)
            case "cancel":
                run.stack = run.stack[:-1]
                run.say_named("system_cancel")
                self._go_on(run)
            case "repeat":
                if run.stack:
                    run.go(run.place.step, run.place.item)
                self._go_on(run)
            case "back":
                self._go_back(run)
            case "skip":
                if not self._answers.skip(run):
                    self._go_on(run)
            case _:
                flow_id = f"system_{command}"
                if command == "help":
                    # Asked again, it is said whole again: its numbers may be what is needed.
                    run.stack = [place for place in run.stack if place.flow != flow_id]
                self._steps.push(run, flow_id)
                self._steps.run_framed(run)

    def _go_on(self, run: Run) -> None:
        """Ask the open question again, or offer more."""
        if run.control is Control.PENDING:
            self._safety.say_holding(run)
            run.is_holding = True
        elif run.stack:
            self._steps.run(run)
        else:
            run.say_named("system_completed")

    def _go_back(self, run: Run) -> None:
        """Reopen the last answered question. What was said, flagged or handed off stays."""
        while run.answered:
            place, slot = run.answered.pop()
            if place.flow in self._book.flows and any(each.flow == place.flow for each in run.stack):
                run.answers.pop(slot, None)
                while run.stack[-1].flow != place.flow:
                    run.stack.pop()
                run.go(place.step, place.item)
                break
        self._go_on(run)

    def _talk(self, run: Run, message: InboundMessage, understanding: Understanding, *, is_fresh: bool) -> None:
        topic = self._safety.newly_urgent(run)
        asked = None if is_fresh else self._steps.asked(run)
        # What the same sentence says of age and place decides which words and numbers fit.
        kept = asking.keep_facts(run, understanding, asked)
        again = self._safety.urgent_again(run, understanding) if topic is None else None
        if again is not None and (asked is None or isinstance(asked.step.kind, Consent)):
            # Who tells of danger again gets the numbers again, not only a greeting or the same question.
            self._safety.say_again(run, again)
        if topic is not None:
            self._safety.say(run, topic)
            if run.levels[topic] is Level.P1:
                run.events.append(HandoffAsked(reason=topic, level=Level.P1))
                run.control = Control.PENDING
                run.say_availability()
                return
        if asked is None:
            if message.kind in MEDIA:
                # Whoever begins with a voice or a picture is told that words are needed, and then greeted.
                run.say_named("system_unsupported")
            self._keep_story(run, message, understanding)
            self._begin(run, self._answers.triggered(run, understanding, topic))
            self._steps.run(run)
        elif run.control is Control.PENDING:
            self._answers.answer_framed(run, message, understanding, asked)
        elif message.kind in MEDIA:
            self._answers.take_media(run, message, asked)
        else:
            self._answers.take_answer(run, message, understanding, asked, topic=topic, again=again, kept=kept)

    def _talk_unseen(self, run: Run, message: InboundMessage, understanding: Understanding, *, is_heard: bool) -> bool:
        """Others may read along: neutral words only, where somebody near may do harm, until it is safe. Whether that was all."""
        is_framed = self._steps.is_framed(run)
        if not understanding.risks and asking.wants_person(understanding):
            return self._obey_unseen(run, "person", understanding)
        if is_framed and not is_heard and not understanding.risks and run.place.flow in NEUTRAL:
            return False
        if is_framed and (is_heard or watched.is_quiet(run)):
            run.stack.pop()
        asking.keep_facts(run, understanding, None)
        if not run.stack and run.session.last_step is None:
            self._keep_story(run, message, understanding)
        is_answer = self._answers.is_answer(run, message, understanding)
        is_done = self._safety.keep_quiet(run, message, understanding, is_heard=is_heard, is_answer=is_answer)
        if is_done is None:
            return False
        if not is_done:
            if not run.stack:
                worst = min(run.levels, key=lambda topic: run.levels[topic].rank, default=None)
                self._begin(run, self._answers.triggered(run, understanding, worst))
            self._steps.run(run)
        return True

    def _obey_unseen(self, run: Run, command: str, understanding: Understanding) -> bool:
        """Obey a word whose usual answer others may not read. False: its usual answer may be read by anybody."""
        is_quiet = watched.is_quiet(run)
        intent = understanding.intent.name if understanding.intent is not None else ""
        # Another thing is said now than "is it safe?": a "ya" to it means nothing here.
        run.guards.pop(ASKED_SAFE, None)
        match command:
            case "help" if intent == "number_request":
                # Of the numbers that anybody may call.
                self._safety.say_again(run, "medical_emergency")
            case "person":
                self._safety.watched.leave_quietly(run, reason="" if run.levels else "person_asked", level=Level.P3)
            case "help" if intent in ("wants_help", "cry"):
                # "Tolong" is no wish for a menu here.
                self._safety.watched.leave_quietly(run)
            case "help":
                run.say_named("system_help_watched")
            case "restart" if not is_quiet:
                run.stack = []
                run.say_named("system_help_watched")
            case "restart" | "repeat" | "back" | "skip" | "cancel" if is_quiet:
                if not self._safety.watched.ask(run):
                    run.say_named("system_watched")
            case _:
                return False
        return True

    def _keep_story(self, run: Run, message: InboundMessage, understanding: Understanding) -> None:
        """A first message that tells something is the story: it is not asked for again."""
        is_talk = understanding.intent is not None and understanding.intent.name in ("greeting", "thanks")
        if STORY in self._book.slots and message.kind is Kind.TEXT and not is_talk and len(message.text.split()) >= STORY_WORDS:
            run.give(STORY, message.text, is_inferred=True)

    def _begin(self, run: Run, wanted: str | None) -> None:
        """Start a talk, or another round of it: a greeting and consent first where they are lacking."""
        if wanted is None and CONSENT in run.guards and START in self._book.flows:
            run.say_named(WELCOME_BACK)
        if wanted == GENTLE:
            self._steps.push(run, wanted)
            return
        if wanted is not None or START in self._book.flows:
            self._steps.push(run, wanted or START)
        if CONSENT not in run.guards and GREETING in self._book.flows:
            self._steps.push(run, GREETING)
