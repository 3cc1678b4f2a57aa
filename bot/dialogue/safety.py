"""The net under every talk: danger is seen whatever is asked, named numbers come first, and whoever waits is told honestly."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from bot.dialogue import asking, watched
from bot.dialogue.asking import ReadAnswer
from bot.dialogue.book import ASKED_ONCE, HARMED, URGENT, Book
from bot.dialogue.run import Run
from bot.dialogue.turn import HandoffAsked, SignSeen
from bot.dialogue.watched import Watched
from bot.domain import triage
from bot.domain.cases import Control
from bot.domain.messages import InboundMessage
from nlu.understanding import Level, Understanding

HOLDING_EVERY = timedelta(minutes=5)
FEW_WORDS = 4
COMMAND_EVERY = timedelta(minutes=1)

Pick = Callable[[str, Run, int], Sequence[str]]
"""Ids of services for a need that fit the contact, as many as wanted at most."""


class SafetyNet:
    """What is done about danger and about waiting, in any state of a talk."""

    def __init__(self, book: Book, pick: Pick, read_answer: ReadAnswer) -> None:
        self._book = book
        self._pick = pick
        self.watched = Watched(book, read_answer)

    def note(self, run: Run, understanding: Understanding) -> None:
        """Note the dangers and the groups that a message speaks of."""
        # Where nobody looks (no case is open), a danger told again is new: it must open one.
        known = run.levels if run.circumstances.has_open_case else {}
        for reason in triage.assess(understanding, known=known, age=run.age).reasons:
            is_new = reason.level in URGENT and not run.circumstances.has_open_case
            if is_new:
                run.announced = tuple(topic for topic in run.announced if topic != reason.topic)
            is_accident = any(risk.is_accident for risk in understanding.risks if risk.name == reason.topic)
            run.see(reason.topic, reason.level, reason.words, is_new=is_new, is_accident=is_accident)
        if any(watched.is_by_person(run, risk) for risk in understanding.risks):
            run.guards[HARMED] = run.circumstances.now
        for group in understanding.groups:
            if group.name not in run.groups:
                run.groups = (*run.groups, group.name)

    def keep_quiet(
        self, run: Run, message: InboundMessage, understanding: Understanding, *, is_heard: bool, is_answer: bool
    ) -> bool | None:
        """Answer in neutral words while others may read along. False: it is safe again; None: nothing forbids the usual talk.

        Danger still brings a person. Who only says that somebody is near, and nothing of harm, is asked once whether it is safe.
        """
        told = None if is_heard else self.watched.read(run, message, understanding, is_answer=is_answer)
        if told:
            self.trust_again(run)
            return False
        if not watched.is_quiet(run):
            if (
                is_heard
                and not understanding.risks
                and ASKED_ONCE not in run.guards
                and not watched.means_something(understanding)
            ):
                return self.watched.ask(run)
            return None
        if told is False or any(topic in self._book.by_person for topic in run.levels):
            self.watched.leave_quietly(run)
        elif not self.watched.ask(run):
            run.say_named("system_watched")
        self._name_help(run, understanding)
        return True

    def hear_safe(self, run: Run, message: InboundMessage, understanding: Understanding) -> None:
        """Note that it is safe again where a person speaks; the program says nothing to it."""
        if watched.is_unsafe(run) and self.watched.read(run, message, understanding):
            self.watched.trust_again(run)

    def trust_again(self, run: Run) -> None:
        """It is safe again: the numbers that could not be shown before are shown now, without what they are for."""
        self.watched.trust_again(run)
        worst = min(run.levels, key=lambda topic: run.levels[topic].rank, default=None)
        if worst and not self.newly_urgent(run):
            self.say_again(run, worst)
        run.say_named("system_traces")

    def _name_help(self, run: Run, understanding: Understanding) -> bool:
        """Name help for a danger that is nobody's doing also where others read: no life waits for a safe moment."""
        danger = watched.accident(run, understanding)
        if danger is None:
            return False
        run.bubbles.clear()
        # Of what anybody may call, nothing that belongs to harm by a person.
        self.say_again(run, "medical_emergency" if danger.name in self._book.by_person else danger.name)
        if run.control is not Control.PENDING:
            run.events.append(HandoffAsked(reason=danger.name, level=danger.level, contact_first=False))
            run.control = Control.PENDING
        return True

    def secure(self, run: Run) -> None:
        """See that a danger now (P1) ends in a person and a number, whatever the flow's own turn was."""
        urgent = [event.topic for event in run.events if isinstance(event, SignSeen) and event.level is Level.P1]
        if not urgent or run.control in (Control.HUMAN, Control.PAUSED):
            return
        if not any(isinstance(event, HandoffAsked) for event in run.events) and run.control is not Control.PENDING:
            topic = urgent[0]
            if watched.is_quiet(run):
                run.bubbles.clear()
                self.watched.leave_quietly(run)
                return
            if not any(bubble.services for bubble in run.bubbles):
                run.bubbles.clear()
                self.say(run, topic)
            run.events.append(HandoffAsked(reason=topic, level=Level.P1))
            run.control = Control.PENDING
            run.say_availability()

    def say(self, run: Run, topic: str) -> None:
        """The topic's safety text with at most two numbers that fit."""
        text = self._book.safety_text(topic)
        if text is None:
            return
        run.say(text, is_safety=True)
        self._add_numbers(run, topic)
        if topic not in run.announced:
            run.announced = (*run.announced, topic)

    def newly_urgent(self, run: Run) -> str | None:
        """The most urgent topic of this message whose safety text was not said yet."""
        found = [event for event in run.events if isinstance(event, SignSeen) and event.level in URGENT]
        # The kind of harm before the bare flag: a flood is not answered like an attacker at the door.
        found.sort(key=lambda event: (event.level.rank, event.topic == "immediate_danger"))
        fresh = [event.topic for event in found if event.topic not in run.announced]
        return fresh[0] if fresh else None

    def urgent_again(self, run: Run, understanding: Understanding) -> str | None:
        """The most urgent danger of a message whose safety text was said before."""
        risks = [risk for risk in understanding.risks if risk.level in URGENT and risk.name in run.announced]
        return min(risks, key=lambda risk: (risk.level.rank, risk.name == "immediate_danger")).name if risks else None

    def say_again(self, run: Run, topic: str) -> None:
        """The numbers of a danger once more, in few words: its safety text was said before."""
        run.say_named("system_numbers_again")
        if run.bubbles:
            run.bubbles[-1].is_safety = True
            self._add_numbers(run, topic)

    def _add_numbers(self, run: Run, topic: str) -> None:
        """At most two services that fit, with the last bubble."""
        services = tuple(self._pick(topic, run, 2))
        bubble = run.bubbles[-1]
        bubble.services = services
        bubble.parts += [asking.service_line(run, service) for service in services]
        run.show(services)

    def hold(
        self,
        run: Run,
        message: InboundMessage,
        understanding: Understanding,
        *,
        is_command: bool = False,
        is_heard: bool = False,
    ) -> None:
        """A person was asked for and has not come yet: messages join the case. Who types a command is answered sooner.

        `is_heard`: the message says that others read along.
        """
        asking.keep_facts(run, understanding, None)
        if is_heard:
            if not self._name_help(run, understanding):
                run.say_named("system_watched")
            run.is_holding = True
            return
        if watched.is_unsafe(run):
            was_quiet = watched.is_quiet(run)
            told = self.watched.read(run, message, understanding)
            if told:
                self.trust_again(run)
            elif told is False and not was_quiet:
                self.watched.leave_quietly(run)
                self._name_help(run, understanding)
                return
            elif watched.is_quiet(run):
                self._hold_quietly(run, understanding, may_ask=told is None)
                return
        topic, again = self.newly_urgent(run), self.urgent_again(run, understanding)
        last = run.circumstances.last_holding_at
        if topic is not None or again is not None:
            # Whoever tells of danger while waiting is never met with silence.
            self.say(run, topic) if topic is not None else self.say_again(run, again or "")
            run.is_holding = True
        elif last is None or run.circumstances.now - last >= (COMMAND_EVERY if is_command else HOLDING_EVERY):
            self.say_holding(run)
            run.is_holding = True
        elif asking.is_cry(understanding) or (understanding.level is not None and len(message.text.split()) <= FEW_WORDS):
            run.say_named("system_here")

    def _hold_quietly(self, run: Run, understanding: Understanding, *, may_ask: bool) -> None:
        """A person was asked for, and others read along: a danger is noted, and it is asked now and then whether it is safe."""
        last = run.circumstances.last_holding_at
        run.is_holding = True
        if self._name_help(run, understanding):
            return
        is_danger = understanding.level in URGENT
        if is_danger or not (may_ask and self.watched.ask(run)):
            if is_danger or last is None or run.circumstances.now - last >= HOLDING_EVERY:
                run.say_named("system_watched")
            else:
                run.is_holding = False

    def say_holding(self, run: Run) -> None:
        """Say honestly whether somebody will come."""
        is_anybody = run.circumstances.responders_on_duty > 0
        run.say_named("system_holding" if is_anybody else "system_nobody_on_duty")
        worst = self._worst(run)
        if worst is not None and run.bubbles and not watched.is_quiet(run):
            # Who waits in danger can call meanwhile.
            run.bubbles[-1].is_safety = True
            self._add_numbers(run, worst)

    def _worst(self, run: Run) -> str | None:
        """The most urgent danger known, when it is one; the kind of harm before the bare flag."""
        urgent = [(level.rank, topic == "immediate_danger", topic) for topic, level in run.levels.items() if level in URGENT]
        return min(urgent)[2] if urgent else None
