"""The net under every talk: danger is seen whatever is asked, named numbers come first, and whoever waits is told honestly."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from bot.dialogue import asking
from bot.dialogue.asking import ReadAnswer
from bot.dialogue.book import ASKED_SAFE, PRIVATE, SHARED, URGENT, Book
from bot.dialogue.run import Run
from bot.dialogue.turn import CaseNoted, HandoffAsked, SignSeen
from bot.domain import triage
from bot.domain.cases import Control
from bot.domain.messages import InboundMessage, Kind
from nlu.understanding import Level, Understanding, Watch

SAFE_SLOT = "aman_menulis"
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
        self._read_answer = read_answer

    def note(self, run: Run, understanding: Understanding) -> None:
        """Note the dangers and the groups that a message speaks of."""
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

    def hear_watcher(self, run: Run, understanding: Understanding) -> bool:
        """Note that others may see what is written: from here on only neutral words stand there. Whether that was said just now.

        A phone that is shared matters only beside danger: many old people ask about aid on a child's phone.
        Source: TS-02, TS-18 of docs/privacy.md.
        """
        watch = understanding.watch
        if watch is None and SHARED not in run.guards:
            return False
        if watch is not Watch.READ and (not run.levels or (watch is None and PRIVATE in run.guards)):
            run.guards[SHARED] = run.circumstances.now
            return False
        is_new = not self.is_unsafe(run)
        run.guards.pop(PRIVATE, None)
        run.guards.pop(SHARED, None)
        run.guards.pop(ASKED_SAFE, None)
        run.give(SAFE_SLOT, "no")
        if is_new:
            run.events.append(CaseNoted(text=self._book.words("note_watched")))
        if run.control in (Control.PENDING, Control.HUMAN):
            # Somebody comes or is here already: whoever it is writes only after the contact has.
            run.events.append(HandoffAsked(reason="", level=Level.P4, contact_first=False))
        return True

    def hear_safe(self, run: Run, message: InboundMessage) -> None:
        """Note that it is safe again where a person speaks; the program says nothing to it."""
        if self.is_unsafe(run) and self._told_safe(run, message):
            self._note_safe(run)

    def keep_quiet(self, run: Run, message: InboundMessage, *, is_heard: bool) -> bool:
        """Answer in neutral words while others may read along; danger still brings a person. False: it is safe again."""
        told = None if is_heard else self._told_safe(run, message)
        if told:
            self._trust_again(run)
            return False
        if run.level in URGENT or (told is False and run.levels):
            self._leave_quietly(run)
        else:
            self._ask_whether_safe(run)
        return True

    def _leave_quietly(self, run: Run) -> None:
        """Bring a person who waits for the contact to write, and say what anybody may read."""
        reason = min(run.levels, key=lambda topic: (run.levels[topic].rank, topic == "immediate_danger"))
        level = min((Level.P2, run.levels[reason]), key=lambda each: each.rank)
        run.events.append(HandoffAsked(reason=reason, level=level, contact_first=False))
        run.control = Control.PENDING
        run.say_named("system_watched")

    def _ask_whether_safe(self, run: Run) -> None:
        run.guards[ASKED_SAFE] = run.circumstances.now
        run.say_named("system_safe_again")

    def secure(self, run: Run) -> None:
        """See that a danger now (P1) ends in a person and a number, whatever the flow's own turn was."""
        urgent = [event.topic for event in run.events if isinstance(event, SignSeen) and event.level is Level.P1]
        if not urgent or run.control in (Control.HUMAN, Control.PAUSED):
            return
        if not any(isinstance(event, HandoffAsked) for event in run.events) and run.control is not Control.PENDING:
            topic = urgent[0]
            if self.is_unsafe(run):
                run.bubbles.clear()
                self._leave_quietly(run)
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
            run.say_named("system_watched")
            run.is_holding = True
            return
        if self.is_unsafe(run):
            if not self._told_safe(run, message):
                self._ask_whether_safe(run)
                run.is_holding = True
                return
            self._trust_again(run)
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

    def is_unsafe(self, run: Run) -> bool:
        """Whether the contact said that others can read this phone: then only neutral words stand on it."""
        given = run.answers.get(SAFE_SLOT)
        return given is not None and given.value == "no"

    def _told_safe(self, run: Run, message: InboundMessage) -> bool | None:
        """Whether a text says that it is safe to write now, or that it is not; None when it says neither.

        A bare "oke" counts only as the answer to the question: whoever else holds the phone may have written it.
        """
        was_asked = run.guards.pop(ASKED_SAFE, None) is not None
        if message.kind is not Kind.TEXT or not message.text:
            return None
        is_safe = asking.says_safe(message.text)
        if is_safe is None and was_asked:
            said = self._read_answer("yes_no", message.text)
            if said.value in ("yes", "no") and said.confidence > asking.SURE:
                is_safe = said.value == "yes"
        return is_safe

    def _trust_again(self, run: Run) -> None:
        """It is safe again: the numbers that could not be shown before are shown now."""
        self._note_safe(run)
        worst = sorted(run.levels.items(), key=lambda pair: pair[1].rank)
        if worst and not self.newly_urgent(run):
            self.say(run, worst[0][0])
        run.say_named("system_traces")

    def _note_safe(self, run: Run) -> None:
        run.give(SAFE_SLOT, "yes")
        run.guards[PRIVATE] = run.circumstances.now

    def say_holding(self, run: Run) -> None:
        """Say honestly whether somebody will come."""
        is_anybody = run.circumstances.responders_on_duty > 0
        run.say_named("system_holding" if is_anybody else "system_nobody_on_duty")
        worst = self._worst(run)
        if worst is not None and run.bubbles and not self.is_unsafe(run):
            # Who waits in danger can call meanwhile.
            run.bubbles[-1].is_safety = True
            self._add_numbers(run, worst)

    def _worst(self, run: Run) -> str | None:
        """The most urgent danger known, when it is one; the kind of harm before the bare flag."""
        urgent = [(level.rank, topic == "immediate_danger", topic) for topic, level in run.levels.items() if level in URGENT]
        return min(urgent)[2] if urgent else None
