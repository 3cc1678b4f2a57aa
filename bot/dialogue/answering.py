"""What becomes of a message while a question is open: an answer, a refusal, an aside, a correction, another story, one try less."""

from typing import Any

from msgspec.structs import replace

from bot.dialogue import asking
from bot.dialogue.asking import Asked, ReadAnswer, ReadChoice
from bot.dialogue.book import CONSENT, GENTLE, GREETING, WITH_PERSON, Book
from bot.dialogue.flow import PERSON, SKIP, Consent, Question, Step, Type
from bot.dialogue.run import Run
from bot.dialogue.safety import SafetyNet
from bot.dialogue.session import AnswerState, Place
from bot.dialogue.steps import DEEPEST, Steps
from bot.dialogue.turn import CommandObeyed, ConsentAnswered
from bot.domain.cases import Control
from bot.domain.messages import InboundMessage, Kind
from nlu.understanding import Understanding

MEDIA = (Kind.VOICE, Kind.PHOTO, Kind.VIDEO, Kind.DOCUMENT, Kind.LOCATION, Kind.CONTACT, Kind.STICKER, Kind.UNSUPPORTED)
_PLACE_WORDS = 3
_ASIDES = ("identity_question", "privacy_question", "cost_question", "thanks", "goodbye")


class Answers:
    """Takes what is said to the open question."""

    def __init__(self, book: Book, steps: Steps, safety: SafetyNet, read_answer: ReadAnswer, read_choice: ReadChoice) -> None:
        self._book = book
        self._steps = steps
        self._safety = safety
        self._read_answer = read_answer
        self._read_choice = read_choice

    def answer_framed(self, run: Run, message: InboundMessage, understanding: Understanding, asked: Asked) -> None:
        """Take the answer to a question of the frame while a person is awaited."""
        speaker, run.control = run.control, Control.BOT
        floor = len(run.stack) - 1
        beneath, run.stack = run.stack[:floor], run.stack[floor:]
        self.take_answer(run, message, understanding, asked)
        run.stack = [*beneath, *run.stack] if run.control is not Control.PAUSED else []
        is_over = any(isinstance(event, CommandObeyed) and event.command != "link" for event in run.events)
        if run.control is Control.BOT and not is_over:
            run.control = speaker

    def triggered(self, run: Run, understanding: Understanding, topic: str | None) -> str | None:
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

    def is_answer(self, run: Run, message: InboundMessage, understanding: Understanding) -> bool:
        """Whether a text names a value of the open question, other than by any words whatever."""
        asked = self._steps.asked(run)
        if asked is None or message.kind is not Kind.TEXT or isinstance(asked.step.kind, Consent):
            return False
        if asked.question.type is Type.TEXT:
            return False
        return asking.read(run, message, asked, self._read_answer, self._read_choice, understanding) is not None

    def take_media(self, run: Run, message: InboundMessage, asked: Asked) -> None:
        """Voice, photo, sticker: kept for a person, acknowledged, no try spent."""
        if asked.question.type is Type.TEXT and message.kind in (Kind.VOICE, Kind.PHOTO, Kind.DOCUMENT):
            run.say_named("system_media_kept")
            self._accept(run, asked, message.kind.value)
            return
        known = message.kind is not Kind.UNSUPPORTED and message.kind is not Kind.STICKER
        run.say_named("system_media_kept" if known else "system_unsupported")
        self._steps.run(run)

    def take_answer(
        self,
        run: Run,
        message: InboundMessage,
        understanding: Understanding,
        asked: Asked,
        *,
        topic: str | None = None,
        again: str | None = None,
        kept: tuple[str, ...] = (),
    ) -> None:
        """Take what is said, or pressed, to the open question.

        `topic` is a danger that was just seen and spoken of, `again` one that was spoken of before and is told again; `kept` are
        the slots that other words of the message filled.
        """
        if message.kind is Kind.BUTTON and not asking.is_current(run, message.button):
            run.say_named("system_stale_button")
            self._steps.run(run)
            return
        if message.kind is Kind.TEXT and not asking.has_words(message.text):
            self._steps.run(run)
            return
        if message.kind is Kind.TEXT and asking.wants_person(understanding):
            self._steps.bring_up(run, WITH_PERSON)
            self._steps.run(run)
            return
        answer = asking.read(run, message, asked, self._read_answer, self._read_choice, understanding)
        is_consent = isinstance(asked.step.kind, Consent)
        if answer is None and is_consent and not understanding.risks and asking.wants_to_know(message.text, understanding):
            answer = asking.TELL_MORE
        if self._is_aside(message, understanding, asked, answer) and self._digress(run, understanding, topic):
            self._steps.run(run)
        elif answer is asking.REFUSED_ANSWER:
            self.skip(run)
        elif answer is asking.WHY:
            run.say(asked.question.why or asked.question.help or self._book.find_text("system_why"))
            self._steps.run(run)
        elif answer is not None and asked.question.type is Type.TEXT and (wanted := self.triggered(run, understanding, topic)):
            self._tell_in_story(run, asked, answer if isinstance(answer, str) else message.text, wanted)
        elif answer is not None:
            self._accept(run, asked, answer, state=asking.state_of(answer))
        elif asking.is_cry(understanding) and (asked.screen is not None or asked.question.guard):
            # Asked of danger already: the same question again, gently, and no other.
            self._spend_try(run, asked, is_cry=True)
        elif self._digress(run, understanding, topic) or self._correct(run, message, understanding):
            self._steps.run(run)
        elif again is not None or topic is not None:
            # A cry for help is no answer, and is understood all the same.
            if again is not None and not is_consent:
                self._safety.say_again(run, again)
            self._ask_again(run, asked)
        elif [slot for slot in (*kept, *self._place_told(run, message)) if asking.confirm(run, slot)]:
            # No answer, but understood all the same: it is said so, and the question asked again.
            self._steps.run(run)
        else:
            is_understood = asking.is_cry(understanding) or understanding.level is not None or understanding.watch is not None
            self._spend_try(run, asked, is_cry=is_understood)

    def _place_told(self, run: Run, message: InboundMessage) -> tuple[str, ...]:
        """The slot of the place, when a place is all that a text says ("Surabaya") and none is known yet."""
        slot = self._book.fact_slots.get("place")
        if slot is None or run.knows(slot) or message.kind is not Kind.TEXT or len(message.text.split()) > _PLACE_WORDS:
            return ()
        answer = self._read_answer("place", message.text)
        if answer.value is None or answer.confidence < asking.SURE:
            return ()
        run.give(slot, answer.value, is_inferred=True)  # type: ignore[arg-type]  # values of `nlu.answers` are ours
        return (slot,)

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
        self._steps.follow(run, self._book.flows[run.place.flow], asked.step)
        self._steps.push(run, wanted)
        self._steps.run(run)

    def _digress(self, run: Run, understanding: Understanding, topic: str | None) -> bool:
        """Start a flow that the words mean; what was open continues afterwards."""
        wanted = self.triggered(run, understanding, topic)
        if wanted is None or not self._book.flows[wanted].may_interrupt or len(run.stack) >= DEEPEST:
            return False
        if CONSENT not in run.guards and wanted != GENTLE and any(place.flow == GREETING for place in run.stack):
            # Consent first; what was told waits beneath it.
            run.stack.insert(len(run.stack) - 1, Place(flow=wanted, step=self._book.flows[wanted].steps[0].id))
            return True
        if wanted == GENTLE and run.place.flow == GREETING:
            run.go(run.place.step, tries=max(run.place.tries, 1))  # asked again, it is one line
        self._steps.push(run, wanted)
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

    def _ask_again(self, run: Run, asked: Asked) -> None:
        """Ask the open question once more; what was long the first time is short now, and no answer was missed."""
        if isinstance(asked.step.kind, Consent):
            run.go(run.place.step, run.place.item, max(run.place.tries, 1))
        self._steps.run(run)

    def _spend_try(self, run: Run, asked: Asked, *, is_cry: bool = False) -> None:
        """Ask once more, then go on without an answer. Whoever cries is not told that they were not understood."""
        question, tries = asked.question, run.place.tries + 1
        if is_cry:
            run.say_named("system_here")
        else:
            run.is_missed = True
        if tries < question.tries:
            run.go(run.place.step, run.place.item, tries)
            self._steps.ask(run, asked)
        elif question.then == PERSON or isinstance(asked.step.kind, Consent):
            # Not understanding is no refusal: somebody explains.
            run.go(run.place.step, run.place.item)
            self._steps.push(run, WITH_PERSON)
            self._steps.run(run)
        elif question.then == SKIP:
            run.say_named("system_moving_on")
            self._accept(run, asked, None, state=AnswerState.UNSURE, is_asked=False)
        else:
            run.question += 1
            run.go(question.then)
            self._steps.run(run)

    def skip(self, run: Run) -> bool:
        """Pass over the open question. Whether there was one."""
        asked = self._steps.asked(run)
        if asked is None:
            return False
        if isinstance(asked.step.kind, Consent):
            self._accept(run, asked, "no")
        else:
            self._accept(run, asked, None, state=AnswerState.REFUSED)
        return True

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
        run.question += 1  # its buttons are old from now on
        if asked.screen is None:
            self._after_question(run, asked, value, state)
        else:
            self._steps.measure(run, asked.screen.topic, is_complete=False)
            run.go(run.place.step)
        self._steps.run(run)

    def _rejected(self, run: Run, question: Question, value: Any) -> bool:
        run.answer = value
        for rejection in question.rejections:
            if rejection.condition(run) is True:
                run.say(rejection.say)
                return True
        return asking.is_out_of_bounds(question, value)

    def _after_question(self, run: Run, asked: Asked, value: Any, state: AnswerState) -> None:
        question, flow = asked.question, self._book.flows[run.place.flow]
        if question.guard:
            if value == "yes" and state is AnswerState.KNOWN:
                run.guards[question.guard] = run.circumstances.now
            else:
                run.guards.pop(question.guard, None)
                self._steps.jump(run, flow, question.otherwise)
                return
        if state is AnswerState.REFUSED and question.skip:
            self._steps.jump(run, flow, question.skip)
        else:
            self._steps.follow(run, flow, asked.step)

    def _take_consent(self, run: Run, step: Step, consent: Consent, value: Any) -> None:
        flow = self._book.flows[run.place.flow]
        if value == asking.TELL_MORE:
            run.say(consent.more)
            self._ask_again(run, asking.consent_asked(step))
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
            run.agreed_version = consent.version
            self._steps.follow(run, flow, step)
        else:
            # Without consent nothing told so far is kept, and no flow that needs it runs.
            run.answers.clear()
            run.groups = ()
            run.stack = [run.place]
            self._steps.jump(run, flow, consent.refused)
        self._steps.run(run)
