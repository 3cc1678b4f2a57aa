"""Running the steps of flows until one asks something: what each kind of step does, and where it leads."""

from collections.abc import Sequence

from bot.dialogue import asking
from bot.dialogue.asking import Asked
from bot.dialogue.book import CONSENT, GREETING, PRIVATE, URGENT, WITH_PERSON, Book
from bot.dialogue.flow import (
    END,
    PERSON,
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
)
from bot.dialogue.run import Run, shown_value
from bot.dialogue.safety import Pick
from bot.dialogue.session import AnswerState, Place
from bot.dialogue.turn import CaseNoted, CommandObeyed, HandoffAsked
from bot.domain.cases import Control
from bot.domain.screening import Reading, find_level
from nlu.understanding import Level

MOST_STEPS = 100
"""Steps without input. More is a fault of the flow: the message is set aside and a person looks."""

DEEPEST = 8
"""Most flows that wait for one another."""


class FlowRunsOn(Exception):
    """A flow went through too many steps without asking anything."""


class Steps:
    """Runs the flows on a turn's stack."""

    def __init__(self, book: Book, pick: Pick) -> None:
        self._book = book
        self._pick = pick

    def asked(self, run: Run) -> Asked | None:
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

    def push(self, run: Run, flow_id: str) -> None:
        """Put a flow on top, at its beginning; nothing when it runs already."""
        flow = self._book.flows.get(flow_id)
        if flow is None or any(place.flow == flow_id for place in run.stack):
            return
        run.stack.append(Place(flow=flow_id, step=flow.steps[0].id))
        # Another question will be open: buttons of the one beneath are old from now on.
        run.question += 1

    def bring_up(self, run: Run, flow_id: str) -> None:
        """Put a flow on top, from where it lies in the stack or from its beginning."""
        waiting = next((place for place in run.stack if place.flow == flow_id), None)
        if waiting is None:
            self.push(run, flow_id)
        else:
            run.stack.remove(waiting)
            run.stack.append(waiting)
            run.question += 1

    def jump(self, run: Run, flow: Flow, target: str) -> None:
        """Go to a step of the flow, to its end, or to a person."""
        if target == END:
            self._end(run)
        elif target == PERSON:
            self._end(run)
            self.push(run, WITH_PERSON)
        else:
            run.go(target if target in flow.places else flow.steps[0].id)

    def follow(self, run: Run, flow: Flow, step: Step) -> None:
        """Go where a step leads."""
        for branch in step.branches:
            if branch.condition is None or branch.condition(run) is True:
                self.jump(run, flow, branch.target)
                return
        target = flow.after(step.id)
        self._end(run) if target == END else run.go(target)

    def _end(self, run: Run) -> None:
        """The flow is at its end; what lay beneath it goes on."""
        ended = run.stack.pop()
        run.last_step = (ended.flow, ended.step)

    def is_framed(self, run: Run) -> bool:
        """Whether a question of the frame is open: it is asked and answered also while a person is awaited."""
        return bool(run.stack) and run.place.flow.startswith("system_") and run.place.flow != GREETING

    def run_framed(self, run: Run) -> None:
        """Run a flow of the frame, whoever speaks; what lies beneath it goes on only in the program's own talk."""
        if run.control is Control.BOT or not self.is_framed(run):
            self.run(run)
            return
        speaker, run.control = run.control, Control.BOT
        self.run(run, floor=len(run.stack) - 1)
        if run.control is Control.BOT:
            run.control = speaker

    def run(self, run: Run, *, floor: int = 0) -> None:
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
                self.bring_up(run, GREETING)
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
        asked = self.asked(run)
        return asked is not None and run.place.tries > 0

    def _step(self, run: Run, flow: Flow, step: Step) -> bool:
        """Run one step. Whether it asks, so that the turn ends."""
        run.last_step = (flow.id, step.id)
        match step.kind:
            case Collect(question=question):
                return self._collect(run, flow, step, question)
            case Consent() if CONSENT not in run.guards:
                self.ask(run, asking.consent_asked(step))
                return True
            case RunScreen(topic=topic):
                return self._screen(run, flow, step, topic)
            case Handoff() as handoff:
                self._hand_off(run, flow, step, handoff)
                return False
            case Call(flow=called):
                self.follow(run, flow, step)
                if len(run.stack) < DEEPEST:
                    self.push(run, called)
                return False
            case Link(flow=linked):
                self._end(run)
                self.push(run, linked)
                return False
            case Act(name=name):
                return self._act(run, flow, step, name)
            case _:
                self._tell(run, step)
                self.follow(run, flow, step)
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
            services = self._pick(refer.need, run, refer.show)
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
        run.show(services)

    def _collect(self, run: Run, flow: Flow, step: Step, question: Question) -> bool:
        lapsed = question.guard and question.guard not in run.guards
        if run.knows(question.slot) and not question.ask_before_filling and not lapsed:
            asking.confirm(run, question.slot, is_quiet=question.confirm == "never")
            self.follow(run, flow, step)
            return False
        self.ask(run, Asked(question=question, step=step))
        return True

    def ask(self, run: Run, asked: Asked) -> None:
        """Ask a question, and rest there."""
        if isinstance(asked.step.kind, RunScreen):
            run.go(asked.step.id, asked.question.slot, run.place.tries if run.place.item == asked.question.slot else 0)
        asking.ask(run, asked)

    def _screen(self, run: Run, flow: Flow, step: Step, topic: str) -> bool:
        screen = self._book.screens[topic]
        # "Only I read this" has lapsed: it is asked again before anything else is.
        if PRIVATE in screen.requires and PRIVATE not in run.guards and (guard := _asks_private(flow)) is not None:
            run.go(guard.id)
            return False
        if not self._is_decided(run, topic):
            for question in screen.questions:
                condition = screen.conditions.get(question.slot)
                # Unknown counts as true: rather one question too many than one sign missed.
                if not run.knows(question.slot) and (condition is None or condition(run) is not False):
                    self.ask(run, Asked(question=question, step=step, screen=screen))
                    return True
        self.measure(run, topic, is_complete=True)
        run.go(step.id)
        self.follow(run, flow, step)
        return False

    def ask_private_again(self, run: Run) -> None:
        """Go back to where the flow that runs asked whether only the contact reads this, if it did; what it knows it does not ask."""
        flow = self._book.flows.get(run.place.flow)
        guard = _asks_private(flow) if flow is not None else None
        if flow is None or guard is None or run.place.step not in flow.places:
            return
        ids = [step.id for step in flow.steps]
        if ids.index(guard.id) < ids.index(run.place.step):
            run.go(guard.id)

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

    def measure(self, run: Run, topic: str, *, is_complete: bool) -> None:
        """Find the level that the answers to a screen stand for so far."""
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
        run.say(handoff.say, is_neutral=not handoff.contact_first)
        if handoff.contact_first:
            run.say_availability()
        run.control = Control.PENDING
        if handoff.return_to:
            run.go(handoff.return_to)
        else:
            self.follow(run, flow, step)
        run.last_step = (flow.id, step.id)

    def _act(self, run: Run, flow: Flow, step: Step, name: str) -> bool:
        self.follow(run, flow, step)
        if name == "set_language":
            given = run.answers.pop("bahasa", None)
            if given is not None and given.value in self._book.languages:
                run.language, run.is_language_chosen = str(given.value), True
            return False
        run.events.append(CommandObeyed(command=name))
        if name == "link":
            return False
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


def _asks_private(flow: Flow) -> Step | None:
    """The step that asks whether only the contact reads this."""
    return next((step for step in flow.steps if isinstance(step.kind, Collect) and step.kind.question.guard == PRIVATE), None)
