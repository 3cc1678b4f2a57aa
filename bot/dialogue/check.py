"""Faults in a book before a contact meets them. What concerns paths is proved by walking every path there is."""

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.dialogue.book import Book
from bot.dialogue.document import nearest
from bot.dialogue.extract import texts_of, texts_of_question
from bot.dialogue.faults import Fault, Spot
from bot.dialogue.flow import (
    END,
    PERSON,
    SKIP,
    Branch,
    Call,
    Collect,
    Consent,
    Flag,
    Flow,
    Handoff,
    Link,
    Question,
    Refer,
    RunScreen,
    Step,
    Text,
)
from bot.dialogue.wording import NUMBER, PATTERNS
from bot.domain.screening import Screen
from bot.domain.staffing import WAIT_TEXTS
from nlu.understanding import Level

_FRAME_TEXTS = (
    *("system_return", "system_unsupported", "system_media_kept", "system_not_understood", "system_moving_on", "system_why"),
    *("system_corrected", "system_going_on", "system_stale_button", "system_cancel", "system_completed", "system_services"),
    *("system_watched", "system_safe_again", "system_help_watched", "system_traces", "system_here", "note_watched"),
    *("system_holding", "system_nobody_on_duty", "system_human_joined", "system_human_left", "system_fault", "service_line"),
    *("system_link_done", "system_link_left", "system_link_wrong", "system_link_here", "system_link_busy", "system_link_note"),
    *("word_person", "safety_default", "label_continue", "label_ask_first", "label_no", "label_yes", "label_skip"),
    *WAIT_TEXTS,
    "calling_now",
)
_COMMANDS = ("stop", "quick_exit", "help", "person", "language", "erase", "link")
_WORDS_ONLY = ("repeat", "back", "cancel", "restart", "skip")
_LABEL = 20
_LONGEST = 1024
_FILLED = ("wait_time", "calling", "name", "link_code", "organisation.name", "organisation.contact")
_SCOPES = ("service", "services", "word")


def check(book: Book, *, services: Collection[str], topics: Collection[str], files: Mapping[str, str]) -> tuple[Fault, ...]:
    """All findings in a book, in order of file and line. `services` are those with a verified contact, `topics` the slugs there are."""
    checker = _Checker(book, services, topics, files)
    found = [*checker.frame(), *checker.texts()]
    for flow in book.flows.values():
        found += checker.flow(flow)
    for screen in book.screens.values():
        found += checker.screen_items(screen.screen, screen.spot)
    return tuple(sorted(dict.fromkeys(found), key=lambda fault: (fault.spot, fault.code)))


@dataclass(frozen=True, slots=True)
class _Here:
    """Where a walk is: what is true whatever the answers were. `level` the most urgent that is possible here."""

    flow: str
    step: str
    level: Level | None = None
    topics: tuple[tuple[str, Level], ...] = ()
    is_told: bool = False
    has_number: bool = False
    has_consent: bool = False
    is_unsafe: bool = False


class _LevelsOnly:
    """Facts of which only levels are known: everything else can't be told, so every branch on it is possible."""

    def __init__(self, here: _Here) -> None:
        self._levels = dict(here.topics)

    def value(self, name: str) -> Any:
        """The level of a topic; None for all else."""
        scope, _, topic = name.partition(".")
        if scope != "level" or topic == "any":
            return None
        level = self._levels.get(topic)
        return level.value if level else "none"

    def state(self, name: str) -> str:  # noqa: ARG002 - any state is possible
        """Any."""
        return "?"


class _Checker:
    def __init__(self, book: Book, services: Collection[str], topics: Collection[str], files: Mapping[str, str]) -> None:
        self._book = book
        self._services = services
        self._topics = topics
        self._lines = {name: text.split("\n") for name, text in files.items()}

    def _fault(self, spot: Spot, code: str, message: str, way: str = "") -> Fault:
        lines = self._lines.get(spot.file, [])
        source = lines[spot.line - 1].rstrip() if 0 < spot.line <= len(lines) else ""
        return Fault(spot=spot, code=code, message=message, source=source if len(source) <= 160 else "", way=way)

    # The frame

    def frame(self) -> Iterator[Fault]:
        """Texts and flows that must be there, and words that a flow must not take."""
        first = min((flow.spot for flow in self._book.flows.values()), default=Spot(file="flows", line=1, column=1))
        for name in _FRAME_TEXTS:
            if name not in self._book.texts:
                yield self._fault(first, "E317", f"the text `{name}` of the frame is missing.")
        for command in (*_COMMANDS, *_WORDS_ONLY):
            if command not in self._book.commands.values():
                yield self._fault(first, "E317", f"no word is listed for `{command}`: add the text `words_{command}`.")
            if command in _COMMANDS and f"system_{command}" not in self._book.flows:
                yield self._fault(first, "E317", f"the flow `system_{command}` of the frame is missing.")

    # Texts

    def texts(self) -> Iterator[Fault]:
        """Wording, typed numbers and lengths, in every text that is said."""
        for text in self._all_texts():
            for variant in text.variants:
                if text.id.startswith("texts.words_"):
                    continue
                for rule, pattern in PATTERNS:
                    if pattern.search(variant.words):
                        yield self._fault(text.spot, "E331", f"{rule}: this wording is not for people in distress.")
                if NUMBER.search(variant.words) and "http" not in variant.words:
                    yield self._fault(
                        text.spot, "E323", "a number is typed here; write {services.ID.contact}, so that it stays right."
                    )
                if len(variant.words.encode("utf-16-le")) // 2 > _LONGEST:
                    yield self._fault(text.spot, "E411", f"this text is longer than {_LONGEST} characters with buttons allow.")
                yield from self._placeholders(text, variant.words)

    def _placeholders(self, text: Text, words: str) -> Iterator[Fault]:
        for piece in words.split("{")[1:]:
            name = piece.partition("}")[0].partition("|")[0]
            scope, _, rest = name.partition(".")
            if scope == "services" and rest.partition(".")[0] not in self._services:
                yield self._fault(text.spot, "E321", f"there is no verified service `{rest.partition('.')[0]}` to show.")
            slot = self._book.slots.get(name)
            if slot is not None and not slot.is_shown and ".case_note" not in text.id:
                yield self._fault(
                    text.spot, "E318", f"{{{name}}} would repeat what a person told on the screen; it is not `shown`."
                )
            if slot is None and name not in _FILLED and not (rest and scope in _SCOPES):
                yield self._fault(text.spot, "E101", f"nothing fills {{{name}}}.")

    def _all_texts(self) -> Iterator[Text]:
        yield from self._book.texts.values()
        for flow in self._book.flows.values():
            for step in flow.steps:
                yield from texts_of(step)
        for screen in self._book.screens.values():
            for question in screen.questions:
                yield from texts_of_question(question)

    # One flow

    def flow(self, flow: Flow) -> Iterator[Fault]:
        """Names, reachability, loops, labels, and what every path through it does."""
        for step in flow.steps:
            yield from self._names(flow, step)
        reached = _reachable(flow)
        for step in flow.steps:
            if step.id not in reached:
                yield self._fault(step.spot, "E201", f"nothing leads to `{step.id}`.")
        yield from self._loops(flow)
        yield from self._paths(flow)

    def _names(self, flow: Flow, step: Step) -> Iterator[Fault]:
        for target, spot in _targets(step):
            if target not in (END, SKIP, PERSON) and target not in flow.places:
                message = f"no step `{target}` in {flow.id}.{nearest(target, flow.places)}"
                yield self._fault(spot, "E101", message)
        match step.kind:
            case Call(flow=name) | Link(flow=name) if name not in self._book.flows:
                yield self._fault(step.spot, "E101", f"no flow `{name}`.{nearest(name, self._book.flows)}")
            case RunScreen(topic=topic) if topic not in self._book.screens:
                yield self._fault(step.spot, "E101", f"no screen `{topic}`.{nearest(topic, self._book.screens)}")
            case Flag(topic=topic) if topic not in self._topics:
                yield self._fault(step.spot, "E101", f"no topic `{topic}`.{nearest(topic, self._topics)}")
            case Refer(service=service) if service and service not in self._services:
                yield self._fault(step.spot, "E321", f"no verified service `{service}`.{nearest(service, self._services)}")
            case Refer(need=need) if need and need not in self._topics:
                yield self._fault(step.spot, "E101", f"no topic `{need}`.{nearest(need, self._topics)}")
            case Collect(question=question):
                yield from self._labels(question, step.spot)
            case _:
                pass

    def _labels(self, question: Question, spot: Spot) -> Iterator[Fault]:
        for option in question.options:
            for variant in option.label.variants:
                size = len(variant.words.encode("utf-16-le")) // 2
                if size > _LABEL:
                    yield self._fault(
                        spot, "W411", f"the label of `{option.value}` has {size} characters; {_LABEL} fit a button."
                    )
                if variant.words.casefold() in self._book.commands:
                    yield self._fault(spot, "E103", f"the label of `{option.value}` is a global word.")

    def screen_items(self, screen: Screen, spot: Spot) -> Iterator[Fault]:
        """An item of a screen says what a missing answer stands for."""
        for item in screen.items:
            if item.unsure is None or item.refused is None:
                yield self._fault(spot, "E313", f"`{item.id}` needs `unsure` and `refused`: a missing answer is not a no.")

    def _loops(self, flow: Flow) -> Iterator[Fault]:
        """Steps that lead back to themselves without asking anything."""
        silent = {
            step.id: [target for target in _next_of(flow, step) if target != END]
            for step in flow.steps
            if not isinstance(step.kind, Collect | Consent | RunScreen | Handoff | Call | Link)
        }
        for start in silent:
            seen, waiting = set[str](), list(silent[start])
            while waiting:
                step_id = waiting.pop()
                if step_id == start:
                    yield self._fault(flow.step(start).spot, "E203", f"`{start}` leads back to itself and asks nothing.")
                    break
                if step_id in silent and step_id not in seen:
                    seen.add(step_id)
                    waiting += silent[step_id]

    # Paths

    def _paths(self, flow: Flow) -> Iterator[Fault]:
        start = _Here(flow.id, flow.steps[0].id, has_consent="consent" in flow.requires)
        came: dict[_Here, tuple[_Here | None, str]] = {start: (None, "start")}
        waiting = deque([start])
        told: set[tuple[str, str]] = set()
        while waiting:
            here = waiting.popleft()
            if here.step == END or here.step not in self._book.flows[here.flow].places:
                for fault in self._at_end(flow, here, came):
                    if (fault.code, str(fault.spot)) not in told:
                        told.add((fault.code, str(fault.spot)))
                        yield fault
                continue
            step = self._book.flows[here.flow].step(here.step)
            for fault in self._at_step(here, step, came):
                if (fault.code, step.id) not in told:
                    told.add((fault.code, step.id))
                    yield fault
            for there, label in self._onward(here, step):
                if there not in came:
                    came[there] = (here, label)
                    waiting.append(there)

    def _at_step(self, here: _Here, step: Step, came: Mapping[_Here, tuple[_Here | None, str]]) -> Iterator[Fault]:
        asks = isinstance(step.kind, RunScreen) or (isinstance(step.kind, Collect) and not step.kind.question.before_consent)
        if asks and not here.has_consent:
            yield self._fault(step.spot, "E301", f"`{step.id}` is asked before consent.", _way(here, came))
        is_last_chance = isinstance(step.kind, Handoff)
        if is_last_chance and here.level is Level.P1 and not here.has_number and not here.is_unsafe:
            message = f"P1 is possible at `{step.id}` and no number was shown before it."
            yield self._fault(step.spot, "E312", message, _way(here, came))

    def _at_end(self, flow: Flow, here: _Here, came: Mapping[_Here, tuple[_Here | None, str]]) -> Iterator[Fault]:
        if here.level not in (Level.P1, Level.P2):
            return
        before, _ = came[here]
        spot = self._book.flows[here.flow].step(before.step).spot if before and before.flow == here.flow else flow.spot
        if not here.is_told:
            message = f"{here.level} is possible here and nobody is told. Add a `handoff`."
            yield self._fault(spot, "E311", message, _way(here, came))
        if not here.has_number and not here.is_unsafe:
            message = f"{here.level} is possible here and no number was shown. Add a `refer`."
            yield self._fault(spot, "E312", message, _way(here, came))

    def _onward(self, here: _Here, step: Step) -> Iterator[tuple[_Here, str]]:
        flow = self._book.flows[here.flow]
        match step.kind:
            case RunScreen(topic=topic):
                for level in _levels_of(self._book.screens[topic].screen) if topic in self._book.screens else [None]:
                    yield from self._follow(_with_level(here, topic, level), flow, step, f" ({level})" if level else "")
            case Flag(topic=topic, level=level):
                yield from self._follow(_with_level(here, topic, level), flow, step)
            case Handoff(level=level):
                # The level said here is a floor for the queue; people and numbers were the point of the way so far.
                yield from self._follow(replace(here, is_told=True), flow, step)
            case Refer(need=need, service=service):
                shows = service in self._services or need in self._topics
                yield from self._follow(replace(here, has_number=here.has_number or shows), flow, step)
            case Consent(refused=refused):
                yield from self._follow(replace(here, has_consent=True), flow, step, ' "lanjut"')
                yield replace(here, step=refused, has_consent=False), f'{step.id} "tidak"'
            case Link(flow=linked) if linked in self._book.flows:
                other = self._book.flows[linked]
                consent = here.has_consent or "consent" in other.requires
                yield replace(here, flow=linked, step=other.steps[0].id, has_consent=consent), step.id
            case Collect(question=question):
                yield from self._follow(here, flow, step)
                if question.otherwise:
                    yield replace(here, step=question.otherwise, is_unsafe=True), f'{step.id} "tidak"'
                for target in (question.then, question.skip or ""):
                    if target and target not in (SKIP, PERSON):
                        is_unsafe = here.is_unsafe or bool(question.guard)
                        yield replace(here, step=target, is_unsafe=is_unsafe), f"{step.id} (lewati)"
            case _:
                yield from self._follow(here, flow, step)

    def _follow(self, here: _Here, flow: Flow, step: Step, said: str = "") -> Iterator[tuple[_Here, str]]:
        facts = _LevelsOnly(here)
        for branch in step.branches:
            holds = True if branch.condition is None else branch.condition(facts)
            if holds is not False:
                yield replace(here, step=branch.target), f"{step.id}{said}"
            if holds is True:
                return
        if not step.branches:
            yield replace(here, step=flow.after(step.id)), f"{step.id}{said}"


def _way(here: _Here, came: Mapping[_Here, tuple[_Here | None, str]]) -> str:
    labels = [here.step]
    before: _Here | None = here
    while before is not None:
        before, label = came[before]
        labels.append(label)
    return " → ".join(reversed(labels))


def _with_level(here: _Here, topic: str, level: Level | None) -> _Here:
    if level is None:
        return here
    highest = level if here.level is None or level.rank < here.level.rank else here.level
    topics = {**dict(here.topics), topic: level}
    return replace(here, level=highest, topics=tuple(sorted(topics.items())))


def _levels_of(screen: Screen) -> list[Level | None]:
    """The levels that a screen can come to."""
    found = {red.level for item in screen.items for red in item.reds}
    found |= {level for item in screen.items for level in (item.unsure, item.refused) if level is not None}
    found |= {level for _, level in screen.bands}
    return [None, *sorted(found, key=lambda level: level.rank)]


def _targets(step: Step) -> Iterator[tuple[str, Spot]]:
    for branch in step.branches:
        yield branch.target, branch.spot
    match step.kind:
        case Collect(question=question):
            for target in (question.then, question.skip, question.otherwise):
                if target:
                    yield target, step.spot
        case Consent(refused=refused):
            yield refused, step.spot
        case Handoff(return_to=target) if target:
            yield target, step.spot
        case _:
            pass


def _next_of(flow: Flow, step: Step) -> list[str]:
    own = [branch.target for branch in step.branches]
    if not step.branches or not _is_closed(step.branches):
        own.append(flow.after(step.id))
    return own


def _is_closed(branches: tuple[Branch, ...]) -> bool:
    return branches[-1].condition is None


def _reachable(flow: Flow) -> set[str]:
    seen, waiting = set[str](), [flow.steps[0].id]
    while waiting:
        step_id = waiting.pop()
        if step_id in seen or step_id not in flow.places:
            continue
        seen.add(step_id)
        step = flow.step(step_id)
        waiting += [*_next_of(flow, step), *(target for target, _ in _targets(step))]
    return seen
