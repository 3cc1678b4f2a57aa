"""The talk as a function: a session and a message in, a turn out. Same inputs, same turn; it never raises on what a person sends.

Order of a message, first that fits: what is no talk (blocked, edited) · global words · the safety net · who speaks now · the open
question · a flow that the words start · one try less. Source: docs/flows.md.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from bot.dialogue import asking
from bot.dialogue.asking import Asked
from bot.dialogue.book import URGENT, Book
from bot.dialogue.flow import (
    END,
    PERSON,
    SKIP,
    Act,
    Call,
    CaseNote,
    Collect,
    Consent,
    Flag,
    Flow,
    Handoff,
    Link,
    Question,
    Refer,
    RunScreen,
    Say,
    SetSlots,
    Step,
    Type,
)
from bot.dialogue.run import Run, shown_value
from bot.dialogue.session import AnswerState, Place, Session
from bot.dialogue.turn import (
    CaseNoted,
    Circumstances,
    CommandObeyed,
    ConsentAnswered,
    HandoffAsked,
    ServiceShown,
    SignSeen,
    Turn,
)
from bot.domain import triage
from bot.domain.cases import Control
from bot.domain.messages import InboundMessage, Kind
from bot.domain.screening import Reading, find_level
from nlu.understanding import Answer, Level, Understanding

START, GREETING, WELCOME_BACK = "intake", "system_start", "system_return"
PERSON_ASKED = "person_asked"
CONSENT, PRIVATE = "consent", "private"
MOST_STEPS = 100
"""Steps without input. More is a fault of the flow: the message is set aside and a person looks."""

STORY, STORY_WORDS = "cerita", 4
SAFE_SLOT = "aman_menulis"
HOLDING_EVERY = timedelta(minutes=5)
_DEEPEST = 8
_OBEYED_WITH_A_PERSON = ("stop", "quick_exit", "erase")
_ASIDES = ("identity_question", "privacy_question", "cost_question", "thanks", "goodbye")
_MEDIA = (Kind.VOICE, Kind.PHOTO, Kind.VIDEO, Kind.DOCUMENT, Kind.LOCATION, Kind.CONTACT, Kind.STICKER, Kind.UNSUPPORTED)

PickServices = Callable[[str, int | None, Any, datetime, int], Sequence[str]]
ReadAnswer = Callable[[str, str], Answer]
ReadChoice = Callable[[str, Sequence[tuple[str, Sequence[str]]]], Answer]


class FlowRunsOn(Exception):
    """A flow went through too many steps without asking anything."""


class Engine:
    """Runs one book. `pick_services` gives ids of services for a need; `read_answer` and `read_choice` are those of `nlu.answers`."""

    def __init__(self, book: Book, *, pick_services: PickServices, read_answer: ReadAnswer, read_choice: ReadChoice) -> None:
        self._book = book
        self._pick_services = pick_services
        self._read_answer = read_answer
        self._read_choice = read_choice

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
        is_fresh = session is None or circumstances.control is Control.PAUSED
        run = Run(self._book, self._session(session, understanding, is_fresh=is_fresh), circumstances)
        if is_fresh and run.control is Control.PAUSED:
            run.control = Control.BOT
        if message.kind in (Kind.BLOCKED, Kind.UNBLOCKED, Kind.IGNORED):
            return run.turn()
        self._note_danger(run, understanding)
        if message.kind is Kind.EDIT:
            return run.turn()
        command = self._command(message)
        if run.control is Control.HUMAN:
            if command in _OBEYED_WITH_A_PERSON:
                self._obey(run, command)
            return run.turn()
        if command is not None and not (is_fresh and command == "restart"):
            self._obey(run, command)
        elif run.control is Control.PENDING and not self._is_framed(run):
            self._hold(run, message, understanding)
        else:
            self._talk(run, message, understanding, is_fresh=is_fresh)
        self._secure(run)
        return run.turn()

    def resume(self, session: Session, circumstances: Circumstances) -> Turn:
        """The talk in the program's hands again: where it rested, or an offer of more."""
        # What a person looked at is looked at: the same danger seen again is a new one, with numbers and a case of its own.
        session = replace(session, levels={}, scores={}, announced=(), groups=(), shown_services=())
        run = Run(self._book, session, replace(circumstances, control=Control.BOT))
        run.say_named("system_human_left")
        if run.stack:
            self._run(run)
        else:
            run.say_named("system_completed")
        return run.turn()

    # Before the talk

    def _session(self, session: Session | None, understanding: Understanding, *, is_fresh: bool) -> Session:
        if session is not None and not is_fresh:
            if session.version != self._book.version:
                session = self._carry_over(session)
            if session.is_language_chosen or session.stack:
                return session
        language = self._guess(understanding, session.language if session else "id")
        if session is None or is_fresh:
            return Session(version=self._book.version, language=language)
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

    def _note_danger(self, run: Run, understanding: Understanding) -> None:
        # Where nobody looks (no case is open), a danger told again is new: it must open one.
        known = run.levels if run.circumstances.has_open_case else {}
        for reason in triage.assess(understanding, known=known, age=run.age).reasons:
            is_new = reason.level in URGENT and not run.circumstances.has_open_case
            if is_new:
                run.announced = tuple(topic for topic in run.announced if topic != reason.topic)
            run.see(reason.topic, reason.level, reason.words, is_new=is_new)
        for group in understanding.groups:
            if group.name not in run.groups:
                run.groups = (*run.groups, group.name)

    def _command(self, message: InboundMessage) -> str | None:
        if message.kind is Kind.LEFT:
            return "quick_exit"
        if message.kind is Kind.START:
            return "restart"
        if message.kind is not Kind.TEXT or len(message.text) > 60:
            return None
        said = " ".join(message.text.casefold().split()).strip(" .!?,/")
        return self._book.commands.get(said)

    # Global words

    def _obey(self, run: Run, command: str) -> None:
        run.events.append(CommandObeyed(command=command)) if command not in ("erase", "stop", "quick_exit") else None
        match command:
            case "restart":
                run.stack = []
                self._begin(run, None)
                self._run(run)
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
                self._skip(run) if run.stack else self._go_on(run)
            case _:
                flow_id = f"system_{command}"
                if command == "help":
                    # Asked again, it is said whole again: its numbers may be what is needed.
                    run.stack = [place for place in run.stack if place.flow != flow_id]
                self._push(run, flow_id)
                self._run_framed(run)

    def _go_on(self, run: Run) -> None:
        """Ask the open question again, or offer more."""
        if run.control is Control.PENDING:
            self._say_holding(run)
            run.is_holding = True
        elif run.stack:
            self._run(run)
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

    # The safety net

    def _secure(self, run: Run) -> None:
        """See that a danger now (P1) ends in a person and a number, whatever the flow's own turn was."""
        urgent = [event.topic for event in run.events if isinstance(event, SignSeen) and event.level is Level.P1]
        if not urgent or run.control in (Control.HUMAN, Control.PAUSED):
            return
        if not any(isinstance(event, HandoffAsked) for event in run.events) and run.control is not Control.PENDING:
            topic = urgent[0]
            if not any(bubble.services for bubble in run.bubbles):
                run.bubbles.clear()
                self._say_safety(run, topic)
            run.events.append(HandoffAsked(reason=topic, level=Level.P1))
            run.control = Control.PENDING
            self._say_availability(run)

    def _say_safety(self, run: Run, topic: str) -> None:
        """The topic's safety text with at most two numbers that fit."""
        text = self._book.safety_text(topic)
        if text is None:
            return
        services = tuple(self._pick_services(topic, run.age, self._place(run), run.circumstances.now, 2))
        run.say(text, is_safety=True)
        bubble = run.bubbles[-1]
        bubble.services = services
        bubble.parts += [asking.service_line(run, service) for service in services]
        run.announced = (*run.announced, topic)
        self._show(run, services)

    def _show(self, run: Run, services: Sequence[str]) -> None:
        for service in services:
            run.events.append(ServiceShown(service=service))
            if service not in run.shown:
                run.shown = (*run.shown, service)

    def _place(self, run: Run) -> Any:
        given = run.answers.get("kabupaten")
        return given.value if given is not None else None

    def _newly_urgent(self, run: Run) -> str | None:
        """The most urgent topic of this message whose safety text was not said yet."""
        found = [event for event in run.events if isinstance(event, SignSeen) and event.level in URGENT]
        # The kind of harm before the bare flag: a flood is not answered like an attacker at the door.
        found.sort(key=lambda event: (event.level.rank, event.topic == "immediate_danger"))
        fresh = [event.topic for event in found if event.topic not in run.announced]
        return fresh[0] if fresh else None

    def _hold(self, run: Run, message: InboundMessage, understanding: Understanding) -> None:
        """A person was asked for and has not come yet: messages join the case."""
        self._fill(run, understanding, None)
        if self._is_unsafe(run) and not self._is_safe_again(run, message):
            run.say_named("system_safe_again")
            run.is_holding = True
            return
        topic = self._newly_urgent(run)
        last = run.circumstances.last_holding_at
        if topic is not None:
            self._say_safety(run, topic)
            run.is_holding = True
        elif last is None or run.circumstances.now - last >= HOLDING_EVERY:
            self._say_holding(run)
            run.is_holding = True

    def _is_unsafe(self, run: Run) -> bool:
        """Whether the contact said that others can read this phone: then only neutral words stand on it."""
        given = run.answers.get(SAFE_SLOT)
        return given is not None and given.value == "no"

    def _is_safe_again(self, run: Run, message: InboundMessage) -> bool:
        """Take "sekarang aman": the numbers that could not be shown before are shown now."""
        said = self._read_answer("yes_no", message.text) if message.kind is Kind.TEXT and message.text else None
        if said is None or said.value != "yes" or said.confidence <= asking.SURE:
            return False
        run.give(SAFE_SLOT, "yes")
        run.guards[PRIVATE] = run.circumstances.now
        worst = sorted(run.levels.items(), key=lambda pair: pair[1].rank)
        if worst and not self._newly_urgent(run):
            self._say_safety(run, worst[0][0])
        return True

    def _say_holding(self, run: Run) -> None:
        is_anybody = run.circumstances.responders_on_duty > 0
        run.say_named("system_holding" if is_anybody else "system_nobody_on_duty")

    def _say_availability(self, run: Run) -> None:
        if run.circumstances.responders_on_duty == 0:
            run.say_named("system_nobody_on_duty")

    # The talk

    def _talk(self, run: Run, message: InboundMessage, understanding: Understanding, *, is_fresh: bool) -> None:
        topic = self._newly_urgent(run)
        asked = None if is_fresh else self._asked(run)
        # What the same sentence says of age and place decides which words and numbers fit.
        self._fill(run, understanding, asked)
        if topic is not None:
            self._say_safety(run, topic)
            if run.levels[topic] is Level.P1:
                run.events.append(HandoffAsked(reason=topic, level=Level.P1))
                run.control = Control.PENDING
                self._say_availability(run)
                return
        if asked is None:
            self._keep_story(run, message, understanding)
            self._begin(run, self._triggered(run, understanding, topic))
            self._run(run)
        elif run.control is Control.PENDING:
            self._answer_framed(run, message, understanding, asked)
        elif message.kind in _MEDIA:
            self._take_media(run, message, asked)
        else:
            self._take_answer(run, message, understanding, asked, topic)

    def _answer_framed(self, run: Run, message: InboundMessage, understanding: Understanding, asked: Asked) -> None:
        """Take the answer to a question of the frame while a person is awaited."""
        speaker, run.control = run.control, Control.BOT
        floor = len(run.stack) - 1
        beneath, run.stack = run.stack[:floor], run.stack[floor:]
        self._take_answer(run, message, understanding, asked, None)
        run.stack = [*beneath, *run.stack] if run.control is not Control.PAUSED else []
        if run.control is Control.BOT and not any(isinstance(event, CommandObeyed) for event in run.events):
            run.control = speaker

    def _keep_story(self, run: Run, message: InboundMessage, understanding: Understanding) -> None:
        """A first message that tells something is the story: it is not asked for again."""
        is_talk = understanding.intent is not None and understanding.intent.name in ("greeting", "thanks")
        if STORY in self._book.slots and message.kind is Kind.TEXT and not is_talk and len(message.text.split()) >= STORY_WORDS:
            run.give(STORY, message.text, is_inferred=True)

    def _begin(self, run: Run, wanted: str | None) -> None:
        """Start a talk, or another round of it: a greeting and consent first where they are lacking."""
        if wanted is None and CONSENT in run.guards and START in self._book.flows:
            run.say_named(WELCOME_BACK)
        if wanted is not None or START in self._book.flows:
            self._push(run, wanted or START)
        if CONSENT not in run.guards and GREETING in self._book.flows:
            self._push(run, GREETING)

    def _triggered(self, run: Run, understanding: Understanding, topic: str | None) -> str | None:
        """The flow that the words start, which isn't running yet."""
        names = [(topic, 1.0)] if topic else []
        names += [(risk.name, risk.score) for risk in understanding.risks]
        if understanding.intent is not None:
            names.append((understanding.intent.name, understanding.intent.confidence))
        names += [(group.name, group.score) for group in understanding.groups]
        running = {place.flow for place in run.stack}
        for name, confidence in names:
            for flow_id, wanted in self._book.triggers.get(name, ()):
                flow = self._book.flows[flow_id]
                if flow_id not in running and confidence >= wanted and (flow.condition is None or flow.condition(run) is True):
                    return flow_id
        return None

    def _fill(self, run: Run, understanding: Understanding, asked: Asked | None) -> None:
        """Keep what the sentence says in passing and for sure, where it is not known yet; of two ages the first."""
        filled: set[str] = set()
        for fact in understanding.facts:
            slot = self._book.fact_slots.get(fact.kind)
            if slot is None or slot in filled or fact.confidence < asking.SURE:
                continue
            if asked is not None and asked.question.slot == slot:
                continue
            filled.add(slot)
            given = run.answers.get(slot)
            if given is None or given.is_inferred or given.state is not AnswerState.KNOWN:
                run.give(slot, fact.value, is_inferred=True)  # type: ignore[arg-type]  # values of `nlu.answers` are ours

    def _asked(self, run: Run) -> Asked | None:
        """The open question; None when nothing is asked."""
        if not run.stack:
            return None
        place = run.place
        flow = self._book.flows.get(place.flow)
        if flow is None or place.step not in flow.places:
            return None
        step = flow.step(place.step)
        match step.kind:
            case Collect(question=question):
                return Asked(question=question, step=step)
            case Consent():
                return asking.consent_asked(step)
            case RunScreen(topic=topic):
                screen = self._book.screens[topic]
                open_item = next((each for each in screen.questions if each.slot == place.item), None)
                return Asked(question=open_item, step=step, screen=screen) if open_item else None
        return None

    def _take_media(self, run: Run, message: InboundMessage, asked: Asked) -> None:
        """Voice, photo, sticker: kept for a person, acknowledged, no try spent."""
        if asked.question.type is Type.TEXT and message.kind in (Kind.VOICE, Kind.PHOTO, Kind.DOCUMENT):
            run.say_named("system_media_kept")
            self._accept(run, asked, message.kind.value)
            return
        known = message.kind is not Kind.UNSUPPORTED and message.kind is not Kind.STICKER
        run.say_named("system_media_kept" if known else "system_unsupported")
        self._run(run)

    def _take_answer(
        self, run: Run, message: InboundMessage, understanding: Understanding, asked: Asked, topic: str | None
    ) -> None:
        if message.kind is Kind.BUTTON and not asking.is_current(run, message.button):
            run.say_named("system_stale_button")
            self._run(run)
            return
        if message.kind is Kind.TEXT and not asking.has_words(message.text):
            self._run(run)
            return
        answer = asking.read(run, message, asked.question, self._read_answer, self._read_choice)
        if answer is None and isinstance(asked.step.kind, Consent) and asking.wants_to_know(message.text, understanding):
            answer = asking.TELL_MORE
        if self._is_aside(message, understanding, asked, answer) and self._digress(run, understanding, topic):
            self._run(run)
        elif answer is asking.REFUSED_ANSWER:
            self._skip(run)
        elif answer is asking.WHY:
            run.say(asked.question.why or asked.question.help or self._book.find_text("system_why"))
            self._run(run)
        elif answer is not None and asked.question.type is Type.TEXT and (wanted := self._triggered(run, understanding, topic)):
            self._tell_in_story(run, asked, answer, wanted)
        elif answer is not None:
            self._accept(run, asked, answer, state=asking.state_of(answer))
        elif self._digress(run, understanding, topic) or self._correct(run, message, understanding):
            self._run(run)
        else:
            self._spend_try(run, asked)

    def _is_aside(self, message: InboundMessage, understanding: Understanding, asked: Asked, answer: Any) -> bool:
        """Whether somebody asks about us, or thanks, where free words were wanted: answered, and the question stays open.

        "Ini rahasia gak?" is no story, nor a refusal to tell one.
        """
        if message.kind is not Kind.TEXT or isinstance(asked.step.kind, Consent) or understanding.risks:
            return False
        is_free = asked.question.type is Type.TEXT or answer is asking.REFUSED_ANSWER or answer is asking.UNSURE_ANSWER
        return is_free and understanding.intent is not None and understanding.intent.name in _ASIDES

    def _tell_in_story(self, run: Run, asked: Asked, answer: Any, wanted: str) -> None:
        """Free words that answer the question and start a flow: both."""
        run.give(asked.question.slot, answer)
        run.question += 1
        self._follow(run, self._book.flows[run.place.flow], asked.step)
        self._push(run, wanted)
        self._run(run)

    def _digress(self, run: Run, understanding: Understanding, topic: str | None) -> bool:
        """Start a flow that the words mean; what was open continues afterwards."""
        wanted = self._triggered(run, understanding, topic)
        if wanted is None or not self._book.flows[wanted].may_interrupt or len(run.stack) >= _DEEPEST:
            return False
        if CONSENT not in run.guards and any(place.flow == GREETING for place in run.stack):
            # Consent first; what was told waits beneath it.
            run.stack.insert(len(run.stack) - 1, Place(flow=wanted, step=self._book.flows[wanted].steps[0].id))
            return True
        self._push(run, wanted)
        return True

    def _correct(self, run: Run, message: InboundMessage, understanding: Understanding) -> bool:
        """ "Eh salah, 17 tahun": change an answer given before."""
        if not asking.is_correction(message.text):
            return False
        for fact in understanding.facts:
            slot = self._book.fact_slots.get(fact.kind)
            if slot is not None and slot in run.answers and fact.confidence >= asking.SURE:
                run.give(slot, fact.value)  # type: ignore[arg-type]  # values of `nlu.answers` are ours
                run.say_named("system_corrected")
                return True
        # "17 tahun" alone is no fact (whose?), but after an age was asked for it can only mean that one.
        for _, name in reversed(run.answered):
            slot_asked = self._book.slots.get(name)
            if slot_asked is not None and slot_asked.type is Type.AGE:
                answer = self._read_answer(Type.AGE.value, message.text)
                if isinstance(answer.value, int) and answer.confidence >= asking.SURE:
                    run.give(name, answer.value)
                    run.say_named("system_corrected")
                    return True
        return False

    def _spend_try(self, run: Run, asked: Asked) -> None:
        question, tries = asked.question, run.place.tries + 1
        if tries < question.tries:
            run.go(run.place.step, run.place.item, tries)
            self._ask(run, asked)
        elif question.then == PERSON or isinstance(asked.step.kind, Consent):
            # Not understanding is no refusal: somebody explains.
            run.go(run.place.step, run.place.item)
            self._push(run, "system_person")
            self._run(run)
        elif question.then == SKIP:
            run.say_named("system_moving_on")
            self._accept(run, asked, None, state=AnswerState.UNSURE, is_asked=False)
        else:
            self._leave(run, asked)
            run.go(question.then)
            self._run(run)

    def _skip(self, run: Run) -> None:
        asked = self._asked(run)
        if asked is None:
            self._go_on(run)
        elif isinstance(asked.step.kind, Consent):
            self._accept(run, asked, "no")
        else:
            self._accept(run, asked, None, state=AnswerState.REFUSED)

    def _accept(
        self,
        run: Run,
        asked: Asked,
        value: Any,
        *,
        state: AnswerState = AnswerState.KNOWN,
        is_asked: bool = True,
    ) -> None:
        """Take an answer to the open question and go on."""
        question = asked.question
        if isinstance(asked.step.kind, Consent):
            self._take_consent(run, asked.step, asked.step.kind, value)
            return
        if state is AnswerState.KNOWN:
            rejected = self._rejected(run, question, value)
            if rejected:
                self._spend_try(run, asked)
                return
        run.give(question.slot, value if state is AnswerState.KNOWN else None, state=state)
        if is_asked:
            run.answered.append((replace(run.place, tries=0), question.slot))
        self._leave(run, asked)
        if asked.screen is None:
            self._after_question(run, asked, value, state)
        else:
            self._measure(run, asked.screen.topic, is_complete=False)
            run.go(run.place.step)
        self._run(run)

    def _rejected(self, run: Run, question: Question, value: Any) -> bool:
        run.answer = value
        for rejection in question.rejections:
            if rejection.condition(run) is True:
                run.say(rejection.say)
                return True
        return asking.is_out_of_bounds(question, value)

    def _leave(self, run: Run, asked: Asked) -> None:
        """The question is answered: its buttons are old from now on."""
        run.question += 1
        _ = asked

    def _after_question(self, run: Run, asked: Asked, value: Any, state: AnswerState) -> None:
        question, flow = asked.question, self._book.flows[run.place.flow]
        if question.guard:
            if value == "yes" and state is AnswerState.KNOWN:
                run.guards[question.guard] = run.circumstances.now
            else:
                run.guards.pop(question.guard, None)
                self._jump(run, flow, question.otherwise)
                return
        if state is AnswerState.REFUSED and question.skip:
            self._jump(run, flow, question.skip)
        else:
            self._follow(run, flow, asked.step)

    def _take_consent(self, run: Run, step: Step, consent: Consent, value: Any) -> None:
        flow = self._book.flows[run.place.flow]
        if value == asking.TELL_MORE:
            run.say(consent.more)
            self._run(run)
            return
        is_given = value == "yes"
        run.question += 1
        run.events.append(
            ConsentAnswered(
                text_id=consent.text.id,
                version=consent.version,
                scope=consent.scope,
                is_given=is_given,
                language=run.language,
            )
        )
        if is_given:
            run.guards[CONSENT] = run.circumstances.now
            self._follow(run, flow, step)
        else:
            # Without consent nothing told so far is kept, and no flow that needs it runs.
            run.answers.clear()
            run.groups = ()
            run.stack = [run.place]
            self._jump(run, flow, consent.refused)
        self._run(run)

    # Running steps

    def _push(self, run: Run, flow_id: str) -> None:
        flow = self._book.flows.get(flow_id)
        if flow is None or any(place.flow == flow_id for place in run.stack):
            return
        run.stack.append(Place(flow=flow_id, step=flow.steps[0].id))
        # Another question will be open: buttons of the one beneath are old from now on.
        run.question += 1

    def _bring_up(self, run: Run, flow_id: str) -> None:
        """Put a flow on top, from where it lies in the stack or from its beginning."""
        waiting = next((place for place in run.stack if place.flow == flow_id), None)
        if waiting is None:
            self._push(run, flow_id)
        else:
            run.stack.remove(waiting)
            run.stack.append(waiting)
            run.question += 1

    def _jump(self, run: Run, flow: Flow, target: str) -> None:
        if target == END:
            self._end(run)
        elif target == PERSON:
            self._end(run)
            self._push(run, "system_person")
        else:
            run.go(target if target in flow.places else flow.steps[0].id)

    def _follow(self, run: Run, flow: Flow, step: Step) -> None:
        """Go where a step leads."""
        for branch in step.branches:
            if branch.condition is None or branch.condition(run) is True:
                self._jump(run, flow, branch.target)
                return
        target = flow.after(step.id)
        self._end(run) if target == END else run.go(target)

    def _end(self, run: Run) -> None:
        """The flow is at its end; what lay beneath it goes on."""
        ended = run.stack.pop()
        run.last_step = (ended.flow, ended.step)

    def _is_framed(self, run: Run) -> bool:
        """Whether a question of the frame is open: it is asked and answered also while a person is awaited."""
        return bool(run.stack) and run.place.flow.startswith("system_") and run.place.flow != GREETING

    def _run_framed(self, run: Run) -> None:
        """Run a flow of the frame, whoever speaks; what lies beneath it goes on only in the program's own talk."""
        if run.control is Control.BOT or not self._is_framed(run):
            self._run(run)
            return
        speaker, run.control = run.control, Control.BOT
        self._run(run, floor=len(run.stack) - 1)
        if run.control is Control.BOT:
            run.control = speaker

    def _run(self, run: Run, *, floor: int = 0) -> None:
        """Run steps until one asks, or no more than `floor` flows are left, or a person was asked for."""
        depth_before = len(run.stack)
        for _ in range(MOST_STEPS):
            if len(run.stack) <= floor or run.control in (Control.PENDING, Control.PAUSED, Control.HUMAN):
                break
            flow = self._book.flows.get(run.place.flow)
            if flow is None or run.place.step not in flow.places:
                run.stack.pop()
                continue
            if self._lacks_consent(run, flow):
                self._bring_up(run, GREETING)
                continue
            if len(run.stack) < depth_before and self._is_question_open(run) and not run.is_asking:
                run.say_named("system_going_on")
                depth_before = len(run.stack)
            if self._step(run, flow, flow.step(run.place.step)):
                run.is_asking = True
                return
        else:
            raise FlowRunsOn
        is_frame = run.last_step is not None and run.last_step[0].startswith("system_")
        if not run.stack and run.control is Control.BOT and not run.is_asking and not (is_frame and run.bubbles):
            run.say_named("system_completed")

    def _lacks_consent(self, run: Run, flow: Flow) -> bool:
        return CONSENT in flow.requires and CONSENT not in run.guards and GREETING in self._book.flows and flow.id != GREETING

    def _is_question_open(self, run: Run) -> bool:
        asked = self._asked(run)
        return asked is not None and run.place.tries > 0

    def _step(self, run: Run, flow: Flow, step: Step) -> bool:
        """Run one step. Whether it asks, so that the turn ends."""
        run.last_step = (flow.id, step.id)
        match step.kind:
            case Collect(question=question):
                return self._collect(run, flow, step, question)
            case Consent() if CONSENT not in run.guards:
                self._ask(run, asking.consent_asked(step))
                return True
            case RunScreen(topic=topic):
                return self._screen(run, flow, step, topic)
            case Handoff() as handoff:
                self._hand_off(run, flow, step, handoff)
                return False
            case Call(flow=called):
                self._follow(run, flow, step)
                if len(run.stack) < _DEEPEST:
                    self._push(run, called)
                return False
            case Link(flow=linked):
                self._end(run)
                self._push(run, linked)
                return False
            case Act(name=name):
                return self._act(run, flow, step, name)
            case _:
                self._tell(run, step)
                self._follow(run, flow, step)
                return False

    def _tell(self, run: Run, step: Step) -> None:
        """Steps that say or note something and go on."""
        match step.kind:
            case Say(texts=texts):
                run.say(texts[0])
                run.bubbles[-1].parts += [run.part(text) for text in texts[1:]]
            case Refer() as refer:
                self._refer(run, refer)
            case Flag(topic=topic, level=level, because=because, groups=groups):
                run.see(topic, level)
                run.groups = tuple(dict.fromkeys((*run.groups, *groups)))
                if because:
                    run.events.append(CaseNoted(text=because))
            case SetSlots(values=values):
                for name, value in values:
                    run.give(name, value)
            case CaseNote(text=text):
                _, words = run.words(text)
                run.events.append(CaseNoted(text=self._filled(run, words)))
            case _:
                pass

    def _filled(self, run: Run, words: str) -> str:
        """A note for staff, in which any answer may stand."""
        for piece in words.split("{")[1:]:
            inner = piece.partition("}")[0]
            name, _, otherwise = inner.partition("|")
            given = run.answers.get(name)
            known = given is not None and given.state is AnswerState.KNOWN
            shown = shown_value(given.value) if known and given is not None else otherwise or "-"
            words = words.replace("{" + inner + "}", shown)
        return words

    def _refer(self, run: Run, refer: Refer) -> None:
        if refer.service:
            services: Sequence[str] = (refer.service,)
        else:
            services = self._pick_services(refer.need, run.age, self._place(run), run.circumstances.now, refer.show)
        if refer.say is not None:
            run.say(refer.say, service=refer.service)
        elif services:
            run.say(self._book.find_text("system_services"))
        if not run.bubbles:
            return
        bubble = run.bubbles[-1]
        bubble.services = tuple(dict.fromkeys((*bubble.services, *services)))
        if not refer.service:
            bubble.parts += [asking.service_line(run, service) for service in services]
        self._show(run, services)

    def _collect(self, run: Run, flow: Flow, step: Step, question: Question) -> bool:
        lapsed = question.guard and question.guard not in run.guards
        if run.knows(question.slot) and not question.ask_before_filling and not lapsed:
            self._confirm(run, question)
            self._follow(run, flow, step)
            return False
        self._ask(run, Asked(question=question, step=step))
        return True

    def _confirm(self, run: Run, question: Question) -> None:
        """Say in passing what was read out of other words, so that it can be corrected."""
        given = run.answers[question.slot]
        text = self._book.find_text(f"confirm_{question.slot}")
        if given.is_inferred and given.state is AnswerState.KNOWN and question.confirm != "never" and text is not None:
            run.say(text)
        if given.is_inferred:
            run.answers[question.slot] = replace(given, is_inferred=False)

    def _ask(self, run: Run, asked: Asked) -> None:
        if isinstance(asked.step.kind, RunScreen):
            run.go(asked.step.id, asked.question.slot, run.place.tries if run.place.item == asked.question.slot else 0)
        asking.ask(run, asked)

    def _screen(self, run: Run, flow: Flow, step: Step, topic: str) -> bool:
        screen = self._book.screens[topic]
        if PRIVATE in screen.requires and PRIVATE not in run.guards:
            asks = (each for each in flow.steps if isinstance(each.kind, Collect) and each.kind.question.guard == PRIVATE)
            guard = next(asks, None)
            if guard is not None:
                # "Only I read this" has lapsed: it is asked again before anything else is.
                run.go(guard.id)
                return False
        if not self._is_decided(run, topic):
            for question in screen.questions:
                condition = screen.conditions.get(question.slot)
                # Unknown counts as true: rather one question too many than one sign missed.
                if not run.knows(question.slot) and (condition is None or condition(run) is not False):
                    self._ask(run, Asked(question=question, step=step, screen=screen))
                    return True
        self._measure(run, topic, is_complete=True)
        run.go(step.id)
        self._follow(run, flow, step)
        return False

    def _is_decided(self, run: Run, topic: str) -> bool:
        """Whether the level is reached at which the questions stop, or too many were refused in a row."""
        screen = self._book.screens[topic].screen
        level = run.levels.get(topic)
        if screen.stop_at is not None and level is not None and level.rank <= screen.stop_at.rank:
            return True
        if screen.skip_after is None:
            return False
        states = [run.answers[item.id].state for item in screen.items if item.id in run.answers]
        last = states[-screen.skip_after :]
        return len(last) == screen.skip_after and all(state is AnswerState.REFUSED for state in last)

    def _measure(self, run: Run, topic: str, *, is_complete: bool) -> None:
        screen = self._book.screens[topic].screen
        readings = {
            item.id: Reading(state=given.state.value, value=given.value)
            for item in screen.items
            if (given := run.answers.get(item.id)) is not None and given.state is not AnswerState.UNKNOWN
        }

        def facts_with(item_id: str) -> Run:
            run.answer = run.answers[item_id].value
            return run

        finding = find_level(screen, readings, facts_with, is_complete=is_complete)
        run.scores[topic] = finding.score
        if finding.level is not None:
            run.see(topic, finding.level)

    def _hand_off(self, run: Run, flow: Flow, step: Step, handoff: Handoff) -> None:
        level = min((handoff.level, run.level or Level.P4), key=lambda each: each.rank)
        reason = handoff.reason
        run.events.append(HandoffAsked(reason=reason, level=level, contact_first=handoff.contact_first))
        if level in URGENT and reason not in run.levels:
            run.levels[reason] = level
        run.say(handoff.say)
        if handoff.contact_first:
            self._say_availability(run)
        run.control = Control.PENDING
        if handoff.return_to:
            run.go(handoff.return_to)
        else:
            self._follow(run, flow, step)
        run.last_step = (flow.id, step.id)

    def _act(self, run: Run, flow: Flow, step: Step, name: str) -> bool:
        self._follow(run, flow, step)
        if name == "set_language":
            given = run.answers.pop("bahasa", None)
            if given is not None and given.value in self._book.languages:
                run.language, run.is_language_chosen = str(given.value), True
            return False
        run.events.append(CommandObeyed(command=name))
        if name == "erase":
            run.answers.clear()
            run.levels.clear()
            run.scores.clear()
            run.guards.clear()
            run.stack = run.stack[-1:]
            run.groups, run.shown, run.announced, run.answered = (), (), (), []
        else:
            run.stack = []
            run.control = Control.PAUSED
        return False
