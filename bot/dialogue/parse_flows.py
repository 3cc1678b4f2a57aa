"""Flows of flow files: their steps and where these lead."""

import re
from collections.abc import Iterable, Sequence

from bot.dialogue.declared import Declared
from bot.dialogue.document import Listing, Reader, Scalar, Table, nearest
from bot.dialogue.flow import (
    ACTIONS,
    END,
    Act,
    Branch,
    Call,
    CaseNote,
    Collect,
    Consent,
    Flag,
    Flow,
    Handoff,
    Link,
    Noop,
    Refer,
    RunScreen,
    Say,
    SetSlots,
    Step,
    StepKind,
    Text,
    Type,
)
from nlu.understanding import Level

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_LEVELS = tuple(level.value for level in Level)
_SCOPES = ("store", "handoff", "refer", "remind", "follow_up")
_FLOW = ("name", "description", "menu", "nlu_trigger", "if", "requires", "persisted_slots", "digression", "critical", "steps")
_SHARED = ("id", "next", "note")
_KINDS = (
    *("say", "collect", "consent", "screen", "flag", "handoff", "refer", "set_slots"),
    *("call", "link", "case_note", "action", "noop"),
)
_QUESTION = (
    *("type", "ask", "why", "help", "options", "min", "max", "pattern", "rejections", "tries", "skip", "note", "shown"),
    *("ask_before_filling", "confirm", "guard", "otherwise", "before_consent"),
)


class Flows:
    """Reads flows and their steps."""

    def __init__(self, declared: Declared, reader: Reader) -> None:
        self._declared = declared
        self._reader = reader
        self._flow = ""
        self._extra: list[Step] = []

    def flow(self, name: str, node: Table) -> Flow | None:
        """The flow of this name."""
        reader = self._reader
        self._flow, self._extra = name, []
        reader.only(node, _FLOW, "a flow")
        steps_node = node.entries.get("steps")
        if not isinstance(steps_node, Listing) or not steps_node.items:
            reader.fault(node.spot, "E008", f"the flow `{name}` needs `steps`.")
            return None
        steps = [*self._steps(steps_node, "", is_top=True), *self._extra]
        places: dict[str, int] = {}
        for number, step in enumerate(steps):
            if step.id in places:
                reader.fault(step.spot, "E102", f"the step `{step.id}` stands twice in `{name}`.")
            places[step.id] = number
        menu = node.entries.get("menu")
        return Flow(
            id=name,
            name=reader.text(node, "name", what="a flow", is_needed=True),
            steps=tuple(steps),
            places=places,
            spot=node.spot,
            menu=self._declared.text(reader, f"{name}.menu", menu) if menu else None,
            triggers=tuple(self._triggers(node)),
            condition=self._declared.condition(reader, node, "if"),
            requires=tuple(word.text for word in reader.words(node, "requires")),
            persisted=tuple(word.text for word in reader.words(node, "persisted_slots")),
            may_interrupt=reader.word(node, "digression", ("allow", "never"), what="a flow", default="allow") == "allow",
        )

    def _triggers(self, node: Table) -> Iterable[tuple[str, float]]:
        found = node.entries.get("nlu_trigger")
        for item in found.items if isinstance(found, Listing) else [found] if found is not None else []:
            if isinstance(item, Scalar):
                yield item.text, 0.0
            elif isinstance(item, Table):
                self._reader.only(item, ("intent", "confidence_threshold"), "a trigger")
                intent = self._reader.text(item, "intent", what="a trigger", is_needed=True)
                wanted = self._reader.text(item, "confidence_threshold", what="a trigger", default="0")
                yield intent, float(wanted) if re.fullmatch(r"[01](\.\d+)?", wanted) else 0.0

    def _steps(self, node: Listing, prefix: str, *, is_top: bool = False) -> list[Step]:
        steps: list[Step] = []
        tables = [item for item in node.items if isinstance(item, Table)]
        for number, item in enumerate(tables, 1):
            step_id = self._reader.text(item, "id", what="a step") or f"{prefix or 'step'}_{number}"
            if not _NAME.fullmatch(step_id) or step_id == END:
                self._reader.fault(item.spot, "E103", f"`{step_id}` is no name for a step.")
            step = self._step(step_id, item, is_last=number == len(tables))
            steps.append(step)
            if not is_top and number == len(tables) and not step.branches and not isinstance(step.kind, Handoff | Link):
                self._reader.fault(item.spot, "E202", "the last step of this list must say where it leads: `next`.")
        return steps

    def _step(self, step_id: str, node: Table, *, is_last: bool) -> Step:
        kinds = [key for key in _KINDS if key in node.spots]
        if len(kinds) != 1:
            told = " and ".join(f"`{kind}`" for kind in kinds)
            message = f"{told} in one step: make two steps." if kinds else f"a step has one of {', '.join(_KINDS)}."
            self._reader.fault(node.spot, "E010", message)
            return Step(id=step_id, kind=Noop(), branches=(), spot=node.spot, is_last=is_last)
        name = kinds[0]
        extra = _QUESTION if name == "collect" else ()
        self._reader.only(node, (*_SHARED, name, *extra), f"a `{name}` step")
        kind: StepKind = getattr(self, f"_{name}")(f"{self._flow}.{step_id}", node)
        return Step(id=step_id, kind=kind, branches=self._branches(step_id, node, "next"), spot=node.spot, is_last=is_last)

    def _branches(self, step_id: str, node: Table, key: str) -> tuple[Branch, ...]:
        found = node.entries.get(key)
        if found is None:
            return ()
        if isinstance(found, Scalar):
            return (Branch(condition=None, target=found.text, spot=found.spot),)
        if not isinstance(found, Listing):
            self._reader.fault(found.spot, "E007", "`next` is a step, END, or a list of `if`/`then` closed by `else`.")
            return ()
        branches: list[Branch] = []
        for number, item in enumerate(found.items, 1):
            if not isinstance(item, Table):
                self._reader.fault(item.spot, "E007", "a branch has `if` and `then`, or `else`.")
                continue
            self._reader.only(item, ("if", "then", "else"), "a branch")
            word = "else" if "else" in item.entries else "then"
            target = self._target(step_id, item, word, number)
            condition = self._declared.condition(self._reader, item, "if")
            if word == "then" and "if" not in item.spots:
                self._reader.fault(item.spot, "E008", "`then` needs `if`.")
            if word == "else" or condition is not None:
                branches.append(Branch(condition=condition if word == "then" else None, target=target, spot=item.spot))
        if not branches or branches[-1].condition is not None:
            self._reader.fault(found.spot, "E202", "a list of branches ends with `else`, so that it always leads on.")
        return tuple(branches)

    def _target(self, step_id: str, item: Table, word: str, number: int) -> str:
        node = item.entries.get(word)
        if isinstance(node, Scalar):
            return node.text
        if isinstance(node, Listing):
            nested = self._steps(node, f"{step_id}_{word}{'' if number == 1 else number}")
            self._extra += nested
            return nested[0].id if nested else END
        self._reader.fault(item.spot, "E008", f"`{word}` wants a step, END, or a list of steps.")
        return END

    # Kinds of steps

    def _words(self, where: str, node: Table, key: str) -> Text:
        found = node.entries.get(key)
        if found is None:
            self._reader.fault(node.spot, "E008", f"`{key}` is missing.")
            found = Scalar("…", node.spot)
        return self._declared.text(self._reader, f"{where}.{key}", found)

    def _say(self, where: str, node: Table) -> StepKind:
        found = node.entries.get("say")
        if isinstance(found, Listing):
            texts = []
            for number, item in enumerate(found.items, 1):
                inner = item.entries.get("text") if isinstance(item, Table) else item
                if inner is None:
                    self._reader.fault(item.spot, "E008", "a part of `say` needs `text`.")
                    continue
                texts.append(self._declared.text(self._reader, f"{where}.say.{number}", inner))
            return Say(texts=tuple(texts))
        return Say(texts=(self._words(where, node, "say"),))

    def _collect(self, where: str, node: Table) -> StepKind:
        slot = self._reader.text(node, "collect", what="a question", is_needed=True)
        question = self._declared.question(self._reader, where, node, slot)
        if question.guard and (question.type is not Type.YES_NO or not question.otherwise):
            self._reader.fault(node.spot, "E008", "`guard` stands on a yes_no question and needs `otherwise`.")
        return Collect(question=question)

    def _consent(self, where: str, node: Table) -> StepKind:
        inner = self._inner(node, "consent", ("text", "version", "scope", "refused", "more"))
        scope = tuple(word.text for word in self._reader.words(inner, "scope"))
        for word in self._reader.words(inner, "scope"):
            if word.text not in _SCOPES:
                self._reader.fault(word.spot, "E007", f"`scope` has {', '.join(_SCOPES)}.{nearest(word.text, _SCOPES)}")
        more = inner.entries.get("more")
        return Consent(
            text=self._words(where, inner, "text"),
            version=self._reader.whole(inner, "version", low=1, high=9999, what="consent", default=1),
            scope=scope or ("store",),
            refused=self._reader.text(inner, "refused", what="consent", is_needed=True),
            more=self._declared.text(self._reader, f"{where}.more", more) if more else None,
        )

    def _screen(self, _where: str, node: Table) -> StepKind:
        return RunScreen(topic=self._reader.text(node, "screen", what="a screen step", is_needed=True))

    def _flag(self, _where: str, node: Table) -> StepKind:
        inner = self._inner(node, "flag", ("topic", "level", "because", "groups"))
        return Flag(
            topic=self._reader.text(inner, "topic", what="a flag", is_needed=True),
            level=Level(self._reader.word(inner, "level", _LEVELS, what="a flag", default="P3")),
            because=self._reader.text(inner, "because", what="a flag"),
            groups=tuple(word.text for word in self._reader.words(inner, "groups")),
        )

    def _handoff(self, where: str, node: Table) -> StepKind:
        inner = self._inner(node, "handoff", ("reason", "level", "say", "return", "contact_first"))
        return Handoff(
            reason=self._reader.text(inner, "reason", what="a handoff", is_needed=True),
            level=Level(self._reader.word(inner, "level", _LEVELS, what="a handoff", default="P4")),
            say=self._words(where, inner, "say"),
            return_to=self._reader.text(inner, "return", what="a handoff"),
            contact_first=self._reader.switch(inner, "contact_first", what="a handoff", default=True),
        )

    def _refer(self, where: str, node: Table) -> StepKind:
        inner = self._inner(node, "refer", ("need", "service", "show", "say"))
        need = self._reader.text(inner, "need", what="refer")
        service = self._reader.text(inner, "service", what="refer")
        if bool(need) == bool(service):
            self._reader.fault(inner.spot, "E010", "`refer` names either a `need` or a `service`.")
        say = inner.entries.get("say")
        return Refer(
            need=need,
            service=service,
            show=self._reader.whole(inner, "show", low=1, high=2, what="refer", default=2),
            say=self._declared.text(self._reader, f"{where}.say", say) if say else None,
        )

    def _set_slots(self, _where: str, node: Table) -> StepKind:
        values: list[tuple[str, str]] = []
        for item in self._reader.tables(node, "set_slots"):
            for name, value in item.entries.items():
                slot = self._declared.slot(name)
                if isinstance(value, Scalar):
                    values.append((name, value.text))
                    if slot.values and value.text not in slot.values:
                        hint = nearest(value.text, slot.values)
                        self._reader.fault(value.spot, "E112", f"`{name}` has no value `{value.text}`.{hint}")
        return SetSlots(values=tuple(values))

    def _call(self, _where: str, node: Table) -> StepKind:
        return Call(flow=self._reader.text(node, "call", what="a call"))

    def _link(self, _where: str, node: Table) -> StepKind:
        return Link(flow=self._reader.text(node, "link", what="a link"))

    def _case_note(self, where: str, node: Table) -> StepKind:
        return CaseNote(text=self._words(where, node, "case_note"))

    def _action(self, _where: str, node: Table) -> StepKind:
        return Act(name=self._reader.word(node, "action", ACTIONS, what="an action", default=ACTIONS[0]))

    def _noop(self, _where: str, _node: Table) -> StepKind:
        return Noop()

    def _inner(self, node: Table, key: str, known: Sequence[str]) -> Table:
        inner = self._reader.table(node, key)
        if inner is None:
            return Table({}, {}, node.spot)
        self._reader.only(inner, known, f"`{key}`")
        return inner
