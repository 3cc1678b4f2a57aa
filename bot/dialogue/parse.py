"""YAML text → a Book, or all faults of all files in one list."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import re2

from bot.dialogue.book import Book
from bot.dialogue.conditions import (
    LEVEL,
    NUMBER,
    TEXT,
    Condition,
    ConditionFaulty,
    Kind,
    compile_condition,
    world_kinds,
)
from bot.dialogue.document import Listing, Node, Reader, Scalar, Table, nearest
from bot.dialogue.faults import Fault, FlowFaults, Severity, Spot
from bot.dialogue.flow import (
    ACTIONS,
    END,
    SKIP,
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
    Option,
    Question,
    Refer,
    Rejection,
    RunScreen,
    Say,
    ScreenFlow,
    SetSlots,
    Slot,
    Step,
    StepKind,
    Text,
    Type,
    Variant,
)
from bot.domain.screening import Item, Red, Screen
from nlu.understanding import Level

__all__ = ["Fault", "FlowFaults", "parse_files"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_LONE_WORD = re.compile(r"[a-z][a-z0-9_]*")
_LEVELS = tuple(level.value for level in Level)
_SCOPES = ("store", "handoff", "refer", "remind", "follow_up")
_TOP = ("format", "language", "languages", "flows", "screens", "texts", "slots")
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
_ITEM = (
    "id",
    "type",
    "ask",
    "why",
    "help",
    "options",
    "min",
    "max",
    "ask_if",
    "red",
    "weight",
    "refused",
    "unsure",
    "tries",
    "note",
)
_WORDS = "words_"
V = TypeVar("V")


def parse_files(files: Mapping[str, str], *, topics: Iterable[str] = ()) -> Book:
    """The book that these files (name → text) are.

    Raises:
        FlowFaults: with everything that stops a start (severity E).
    """
    parser = _Parser(files, topics)
    book = parser.parse()
    stopping = [fault for fault in parser.faults if fault.severity is Severity.ERROR]
    if stopping or book is None:
        raise FlowFaults(stopping)
    return book


class _Parser:
    """Reads all files twice: first what there is (slots, names), then what it means."""

    def __init__(self, files: Mapping[str, str], topics: Iterable[str]) -> None:
        self._files = files
        self._readers = {name: Reader(name, text) for name, text in sorted(files.items())}
        self._kinds: dict[str, Kind] = dict(world_kinds())
        for topic in topics:
            self._kinds[f"level.{topic}"], self._kinds[f"score.{topic}"] = LEVEL, NUMBER
        self._slots: dict[str, Slot] = {}
        self._texts: dict[str, Text] = {}
        self._text_nodes: dict[str, tuple[Reader, Node]] = {}
        self._languages: dict[str, None] = {}

    @property
    def faults(self) -> list[Fault]:
        """All faults of all files so far."""
        return [fault for reader in self._readers.values() for fault in reader.faults]

    def parse(self) -> Book | None:
        """The book, as far as it can be made."""
        tables = {name: table for name, reader in self._readers.items() if (table := reader.read()) is not None}
        for name, table in tables.items():
            self._look_around(self._readers[name], table)
        for text_name, (reader, node) in self._text_nodes.items():
            self._texts[text_name] = self._make_text(reader, f"texts.{text_name}", node)
        screens: dict[str, ScreenFlow] = {}
        flows: dict[str, Flow] = {}
        for name, table in tables.items():
            reader = self._readers[name]
            for topic, node in _named(reader, table, "screens"):
                self._put(reader, screens, topic, _Screens(self, reader).screen(topic, node), node.spot)
            for flow_name, node in _named(reader, table, "flows"):
                flow = _Flows(self, reader).flow(flow_name, node)
                if flow is not None:
                    self._put(reader, flows, flow_name, flow, node.spot)
        digest = hashlib.sha256()
        for name in sorted(self._files):
            digest.update(f"{name}\0{self._files[name]}\0".encode("utf-8", "surrogatepass"))
        return Book(
            version=digest.hexdigest()[:16],
            flows=flows,
            screens=screens,
            texts=self._texts,
            slots=self._slots,
            commands=self._commands(),
            languages=tuple(self._languages) or ("id",),
        )

    def _put(self, reader: Reader, into: dict[str, V], name: str, value: V, spot: Spot) -> None:
        if name in into:
            reader.fault(spot, "E102", f"`{name}` is defined twice.")
        into[name] = value

    def _commands(self) -> dict[str, str]:
        """Global words of all languages: a word to its command. Words stand in texts `words_<command>`, separated by commas."""
        found: dict[str, str] = {}
        for name, text in self._texts.items():
            if name.startswith(_WORDS):
                command = name.removeprefix(_WORDS).partition("__")[0]
                for variant in text.variants:
                    found.update({word.strip().casefold(): command for word in variant.words.split(",") if word.strip()})
        return found

    # First look: what there is

    def _look_around(self, reader: Reader, table: Table) -> None:
        reader.only(table, _TOP, "a flow file")
        if reader.text(table, "format", what="a flow file", is_needed=True) not in ("", "1"):
            reader.fault(table.entries["format"].spot, "E009", "This release reads `format: 1`.")
        for language in reader.words(table, "languages"):
            self._languages[language.text] = None
        for name, node in _named(reader, table, "texts", allow_any=True):
            if name in self._text_nodes:
                reader.fault(node.spot, "E102", f"the text `{name}` is defined twice.")
            self._text_nodes[name] = (reader, node)
        for name, node in _named(reader, table, "slots"):
            reader.only(node, ("type", "options", "shown", "note", "detail"), "a slot")
            self._declare(reader, name, node, is_shared=True)
        for topic, node in _named(reader, table, "screens"):
            self._kinds[f"level.{topic}"], self._kinds[f"score.{topic}"] = LEVEL, NUMBER
            for item in reader.tables(node, "items"):
                self._declare(reader, reader.text(item, "id", what="an item", is_needed=True), item)
        for _, node in _named(reader, table, "flows"):
            self._find_questions(reader, node)

    def _find_questions(self, reader: Reader, flow: Table) -> None:
        waiting = [flow.entries.get("steps")]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Listing):
                waiting += node.items
            elif isinstance(node, Table):
                collect = node.entries.get("collect")
                if isinstance(collect, Scalar):
                    self._declare(reader, collect.text, node)
                waiting += [node.entries[key] for key in ("next", "then", "else") if key in node.entries]

    def _declare(self, reader: Reader, name: str, node: Table, *, is_shared: bool = False) -> None:
        if not _NAME.fullmatch(name):
            if name:
                reader.fault(node.spot, "E103", f"`{name}` is no name: a small letter, then small letters, digits, _.")
            return
        known = self._slots.get(name)
        written = reader.text(node, "type", what="a slot")
        if not written:
            if known is None and is_shared:
                reader.fault(node.spot, "E008", f"the slot `{name}` needs `type`.")
            elif known is None:
                # Its type stands elsewhere; text until that is found.
                self._slots[name] = Slot(name=name, type=Type.TEXT, spot=None)
                self._kinds.setdefault(f"slots.{name}", TEXT)
            return
        type_name = reader.word(node, "type", [each.value for each in Type], what="a slot", default="text")
        options = self.options(reader, f"slots.{name}", node)
        slot = Slot(
            name=name,
            type=Type(type_name),
            options=options,
            is_shown=reader.switch(node, "shown", what="a slot", default=False),
            note=reader.text(node, "note", what="a slot"),
            spot=node.spot,
        )
        if known is not None and known.spot is not None and known.type is not slot.type:
            reader.fault(
                node.spot, "E112", f"`{name}` is {known.type} in {known.spot.file}:{known.spot.line}, {slot.type} here."
            )
        if known is None or known.spot is None or (is_shared and not known.note):
            self._slots[name] = replace(slot, options=slot.options or (known.options if known else ()))
        self._kinds |= kinds_of(self._slots[name])

    # What constructs share

    def options(self, reader: Reader, where: str, node: Table) -> tuple[Option, ...]:
        """The options that stand here."""
        found: list[Option] = []
        for item in reader.tables(node, "options"):
            reader.only(item, ("value", "label", "also", "hint", "exclusive"), "an option")
            value = reader.text(item, "value", what="an option", is_needed=True)
            label_node = item.entries.get("label")
            if value in [option.value for option in found]:
                reader.fault(item.spot, "E102", f"the option `{value}` stands twice.")
            label = self.text(reader, f"{where}.options.{value}", label_node or Scalar(value, item.spot))
            also = tuple(word.text.casefold() for word in reader.words(item, "also"))
            is_exclusive = reader.switch(item, "exclusive", what="an option", default=False)
            found.append(Option(value=value, label=label, also=also, is_exclusive=is_exclusive))
        return tuple(found)

    def text(self, reader: Reader, where: str, node: Node) -> Text:
        """Words, or the text that a lone lower-case word names."""
        if isinstance(node, Scalar) and node.is_plain and _LONE_WORD.fullmatch(node.text):
            named = self._texts.get(node.text)
            if named is None and node.text in self._text_nodes:
                other, text_node = self._text_nodes[node.text]
                named = self._texts[node.text] = self._make_text(other, f"texts.{node.text}", text_node)
            if named is not None:
                return named
            if ".options." not in where:
                hint = nearest(node.text, self._text_nodes)
                words = node.text.capitalize()
                reader.fault(node.spot, "E104", f"no text `{node.text}`. If you mean the word, write `{words}.`.{hint}")
        return self._make_text(reader, where, node)

    def _make_text(self, reader: Reader, where: str, node: Node) -> Text:
        if isinstance(node, Scalar):
            return Text(id=where, variants=(Variant(text_id=where, words=node.text),), spot=node.spot)
        if isinstance(node, Table):
            reader.only(node, ("text", "note", "plural"), "a text")
            words = reader.text(node, "text", what="a text", is_needed=True)
            return Text(id=where, variants=(Variant(text_id=where, words=words),), spot=node.spot)
        variants: list[Variant] = []
        for number, item in enumerate(node.items, 1):
            if not isinstance(item, Table):
                reader.fault(item.spot, "E007", "a text with conditions is a list of `if` and `text`.")
                continue
            reader.only(item, ("if", "text"), "a variant of a text")
            words = reader.text(item, "text", what="a variant of a text", is_needed=True)
            condition = self.condition(reader, item, "if")
            variants.append(Variant(text_id=f"{where}.{number}", words=words, condition=condition))
        if not variants or variants[-1].condition is not None:
            reader.fault(node.spot, "E202", "the last variant of a text has no `if`, so that something is always said.")
            variants.append(Variant(text_id=where, words="…"))
        return Text(id=where, variants=tuple(variants), spot=node.spot)

    def condition(self, reader: Reader, table: Table, key: str, *, answer: Kind | None = None) -> Condition | None:
        """The condition under a key; None when there is none or it is faulty."""
        node = table.entries.get(key)
        if node is None:
            return None
        if not isinstance(node, Scalar):
            reader.fault(node.spot, "E007", f"`{key}` wants a condition.")
            return None
        kinds = self._kinds if answer is None else {**self._kinds, "answer": answer}
        try:
            return compile_condition(node.text, kinds)
        except ConditionFaulty as exc:
            spot = Spot(file=node.spot.file, line=node.spot.line, column=node.spot.column + exc.column - 1)
            code = "E111" if "read as" in exc.message else "E112"
            reader.fault(spot, code, exc.message)
            return None

    def kind_of(self, slot: str) -> Kind:
        """The kind of an answer."""
        return self._kinds.get(f"slots.{slot}", TEXT)

    def slot(self, name: str) -> Slot:
        """The slot of a question."""
        return self._slots.get(name) or Slot(name=name, type=Type.TEXT)

    def find_text_node(self, name: str) -> Text | None:
        """The text of this name, if there is one."""
        if name not in self._text_nodes:
            return None
        reader, node = self._text_nodes[name]
        return self._texts.get(name) or self._make_text(reader, f"texts.{name}", node)

    def question(self, reader: Reader, where: str, node: Table, slot_name: str) -> Question:
        """The question that a collect step or an item is."""
        slot = self.slot(slot_name)
        ask_node = node.entries.get("ask")
        ask = self.text(reader, f"{where}.ask", ask_node) if ask_node else self.find_text_node(f"ask_{slot_name}")
        if ask is None:
            reader.fault(node.spot, "E008", f"the question for `{slot_name}` needs `ask`.")
            ask = Text(id=f"{where}.ask", variants=(Variant(text_id=f"{where}.ask", words="…"),), spot=node.spot)
        options = self.options(reader, where, node) or slot.options
        if slot.type in (Type.CHOICE, Type.MULTI_CHOICE) and not options:
            reader.fault(node.spot, "E008", f"a {slot.type} needs `options`.")
        if slot.type is Type.YES_NO and options:
            reader.fault(node.spot, "E010", "yes_no has its own buttons; leave `options` out.")
        low, high = self._bound(reader, node, "min"), self._bound(reader, node, "max")
        if low is not None and high is not None and low > high:
            reader.fault(node.spot, "E205", f"min {low:g} is above max {high:g}.")
        question = Question(
            slot=slot_name,
            type=slot.type,
            ask=ask,
            options=options,
            low=low,
            high=high,
            pattern=self._pattern(reader, node),
            rejections=tuple(self._rejections(reader, where, node, slot_name)),
            ask_before_filling=reader.switch(node, "ask_before_filling", what="a question", default=False),
            confirm=reader.word(
                node, "confirm", ("when_inferred", "always", "never"), what="a question", default="when_inferred"
            ),
            before_consent=reader.text(node, "before_consent", what="a question") == "allow",
            skip=reader.text(node, "skip", what="a question") or None,
            guard=reader.text(node, "guard", what="a question"),
            otherwise=reader.text(node, "otherwise", what="a question"),
            why=self._optional(reader, f"{where}.why", node, "why"),
            help=self._optional(reader, f"{where}.help", node, "help"),
        )
        return self._with_tries(reader, where, node, question)

    def _with_tries(self, reader: Reader, where: str, node: Table, question: Question) -> Question:
        tries = reader.table(node, "tries")
        if tries is None:
            return question
        reader.only(tries, ("max", "rephrase", "then"), "tries")
        return replace(
            question,
            tries=reader.whole(tries, "max", low=1, high=4, what="tries", default=2),
            rephrase=self._optional(reader, f"{where}.tries.rephrase", tries, "rephrase"),
            then=reader.text(tries, "then", what="tries", default=SKIP),
        )

    def _optional(self, reader: Reader, where: str, node: Table, key: str) -> Text | None:
        found = node.entries.get(key)
        return None if found is None else self.text(reader, where, found)

    def _bound(self, reader: Reader, node: Table, key: str) -> float | None:
        written = reader.text(node, key, what="a question")
        if not written:
            return None
        if not re.fullmatch(r"-?\d{1,9}(\.\d{1,3})?", written):
            reader.fault(node.entries[key].spot, "E007", f'`{key}` wants a number, not "{written}".')
            return None
        return float(written)

    def _pattern(self, reader: Reader, node: Table) -> str:
        written = reader.text(node, "pattern", what="a question")
        try:
            re2.compile(written)
        except re2.error:
            reader.fault(node.entries["pattern"].spot, "E111", "this is no pattern (RE2).")
            return ""
        return written

    def _rejections(self, reader: Reader, where: str, node: Table, slot_name: str) -> Iterable[Rejection]:
        for number, item in enumerate(reader.tables(node, "rejections"), 1):
            reader.only(item, ("if", "say"), "a rejection")
            condition = self.condition(reader, item, "if", answer=self.kind_of(slot_name))
            say = self._optional(reader, f"{where}.rejections.{number}", item, "say")
            if say is None:
                reader.fault(item.spot, "E008", "a rejection needs `say`.")
            elif condition is not None:
                yield Rejection(condition=condition, say=say)


def kinds_of(slot: Slot) -> dict[str, Kind]:
    """The names under which conditions may ask a slot, and what they give."""
    name = f"slots.{slot.name}"
    match slot.type:
        case Type.NUMBER | Type.AGE:
            return {name: NUMBER}
        case Type.MULTI_CHOICE:
            return {name: Kind(name="set", values=slot.values)}
        case Type.CHOICE | Type.YES_NO | Type.RELATION | Type.GENDER | Type.FREQUENCY:
            return {name: Kind(name="option", values=slot.values)}
        case Type.PLACE:
            return {name: TEXT, f"{name}.province": TEXT, f"{name}.regency": TEXT}
        case _:
            return {name: TEXT}


class _Screens:
    """Reads screens."""

    def __init__(self, parser: _Parser, reader: Reader) -> None:
        self._parser = parser
        self._reader = reader

    def screen(self, topic: str, node: Table) -> ScreenFlow:
        """The screen of a topic."""
        reader = self._reader
        reader.only(node, ("source", "requires", "stop_at", "skip_after", "items", "bands"), "a screen")
        source = reader.text(node, "source", what="a screen", is_needed=True)
        items: list[Item] = []
        questions: list[Question] = []
        conditions: dict[str, Condition] = {}
        for item_node in reader.tables(node, "items"):
            reader.only(item_node, _ITEM, "an item")
            item_id = reader.text(item_node, "id", what="an item")
            where = f"{topic}.{item_id}"
            questions.append(self._parser.question(reader, where, item_node, item_id))
            items.append(self._item(item_id, item_node))
            condition = self._parser.condition(reader, item_node, "ask_if")
            if condition is not None:
                conditions[item_id] = condition
        if not items:
            reader.fault(node.spot, "E008", "a screen needs `items`.")
        stop_at = reader.text(node, "stop_at", what="a screen")
        skip_after = reader.whole(node, "skip_after", low=1, high=20, what="a screen", default=3)
        screen = Screen(
            topic=topic,
            items=tuple(items),
            bands=tuple(self._bands(node)),
            stop_at=self._level(node, "stop_at") if stop_at else None,
            skip_after=skip_after if "skip_after" in node.entries else None,
        )
        return ScreenFlow(
            topic=topic,
            screen=screen,
            questions=tuple(questions),
            conditions=conditions,
            requires=tuple(word.text for word in reader.words(node, "requires")),
            source=source,
            spot=node.spot,
        )

    def _item(self, item_id: str, node: Table) -> Item:
        red = node.entries.get("red")
        red_nodes: Sequence[Node] = red.items if isinstance(red, Listing) else [red] if red is not None else []
        reds: list[Red] = []
        for each in red_nodes:
            if not isinstance(each, Table):
                self._reader.fault(each.spot, "E007", "`red` has `when` and `level`.")
                continue
            self._reader.only(each, ("when", "level"), "red")
            condition = self._parser.condition(self._reader, each, "when", answer=self._parser.kind_of(item_id))
            level = self._level(each, "level")
            if condition is not None and level is not None:
                reds.append(Red(holds=condition, level=level))
        return Item(
            id=item_id,
            reds=tuple(reds),
            weights=self._weights(node, item_id),
            unsure=self._level(node, "unsure") if "unsure" in node.entries else None,
            refused=self._level(node, "refused") if "refused" in node.entries else None,
        )

    def _level(self, node: Table, key: str) -> Level | None:
        found = self._reader.word(node, key, _LEVELS, what="a level", default="P4") if key in node.entries else None
        if found is None:
            self._reader.fault(node.spot, "E008", f"`{key}` is missing.")
        return Level(found) if found else None

    def _weights(self, node: Table, item_id: str) -> Mapping[str, float] | float:
        weight = node.entries.get("weight")
        if weight is None:
            return 0.0
        if isinstance(weight, Scalar):
            return self._number(weight)
        if isinstance(weight, Table):
            values = self._parser.slot(item_id).values
            for value, spot in weight.spots.items():
                if value not in values:
                    self._reader.fault(spot, "E112", f"`{item_id}` has no value `{value}`.{nearest(value, values)}")
            return {value: self._number(each) for value, each in weight.entries.items()}
        self._reader.fault(weight.spot, "E007", "`weight` wants a number, or a number for each value.")
        return 0.0

    def _number(self, node: Node) -> float:
        if isinstance(node, Scalar) and re.fullmatch(r"\d{1,4}(\.\d{1,2})?", node.text):
            return float(node.text)
        self._reader.fault(node.spot, "E007", "a weight is a number.")
        return 0.0

    def _bands(self, node: Table) -> Iterable[tuple[float, Level]]:
        before = -1.0
        for band in self._reader.tables(node, "bands"):
            self._reader.only(band, ("from", "level"), "a band")
            start = self._number(band.entries.get("from", Scalar("", band.spot)))
            level = self._level(band, "level")
            if start <= before:
                self._reader.fault(band.spot, "E205", "bands begin at rising numbers.")
            before = start
            if level is not None:
                yield start, level


class _Flows:
    """Reads flows and their steps."""

    def __init__(self, parser: _Parser, reader: Reader) -> None:
        self._parser = parser
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
            menu=self._parser.text(reader, f"{name}.menu", menu) if menu else None,
            triggers=tuple(self._triggers(node)),
            condition=self._parser.condition(reader, node, "if"),
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
            condition = self._parser.condition(self._reader, item, "if")
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
        return self._parser.text(self._reader, f"{where}.{key}", found)

    def _say(self, where: str, node: Table) -> StepKind:
        found = node.entries.get("say")
        if isinstance(found, Listing):
            texts = []
            for number, item in enumerate(found.items, 1):
                inner = item.entries.get("text") if isinstance(item, Table) else item
                if inner is None:
                    self._reader.fault(item.spot, "E008", "a part of `say` needs `text`.")
                    continue
                texts.append(self._parser.text(self._reader, f"{where}.say.{number}", inner))
            return Say(texts=tuple(texts))
        return Say(texts=(self._words(where, node, "say"),))

    def _collect(self, where: str, node: Table) -> StepKind:
        slot = self._reader.text(node, "collect", what="a question", is_needed=True)
        question = self._parser.question(self._reader, where, node, slot)
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
            more=self._parser.text(self._reader, f"{where}.more", more) if more else None,
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
            say=self._parser.text(self._reader, f"{where}.say", say) if say else None,
        )

    def _set_slots(self, _where: str, node: Table) -> StepKind:
        values: list[tuple[str, str]] = []
        for item in self._reader.tables(node, "set_slots"):
            for name, value in item.entries.items():
                slot = self._parser.slot(name)
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


def _named(reader: Reader, table: Table, key: str, *, allow_any: bool = False) -> list[tuple[str, Table]]:
    """The named tables under a top-level key."""
    found = reader.table(table, key)
    if found is None:
        return []
    named: list[tuple[str, Table]] = []
    for name, node in found.entries.items():
        if not _NAME.fullmatch(name):
            reader.fault(found.spots[name], "E103", f"`{name}` is no name: a small letter, then small letters, digits, _.")
        if isinstance(node, Table) or allow_any:
            named.append((name, node))  # type: ignore[arg-type]  # texts may be any node; callers of `allow_any` know
        else:
            reader.fault(node.spot, "E007", f"`{name}` wants keys with values.")
    return named
