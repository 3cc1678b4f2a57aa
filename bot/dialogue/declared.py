"""What flow files declare, and the parts that all their constructs share: texts, options, conditions, questions."""

import re
from collections.abc import Iterable
from dataclasses import replace

import re2

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
from bot.dialogue.faults import Spot
from bot.dialogue.flow import (
    SKIP,
    Option,
    Question,
    Rejection,
    Slot,
    Text,
    Type,
    Variant,
)

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_LONE_WORD = re.compile(r"[a-z][a-z0-9_]*")
_TOP = ("format", "language", "languages", "flows", "screens", "texts", "slots")


class Declared:
    """What the files declare (slots, texts, what conditions may ask), and how constructs that share it are read.

    `look_around` is called for every file before anything is made of any: a flow may speak of what stands in another file.
    """

    def __init__(self, topics: Iterable[str]) -> None:
        self._kinds: dict[str, Kind] = dict(world_kinds())
        for topic in topics:
            self._kinds[f"level.{topic}"], self._kinds[f"score.{topic}"] = LEVEL, NUMBER
        self.slots: dict[str, Slot] = {}
        self.texts: dict[str, Text] = {}
        self.languages: dict[str, None] = {}
        self._text_nodes: dict[str, tuple[Reader, Node]] = {}

    def make_texts(self) -> None:
        """Read the shared texts, once all files were looked at."""
        for name, (reader, node) in self._text_nodes.items():
            self.texts[name] = self._make_text(reader, f"texts.{name}", node)

    def look_around(self, reader: Reader, table: Table) -> None:
        """Note what a file declares."""
        reader.only(table, _TOP, "a flow file")
        if reader.text(table, "format", what="a flow file", is_needed=True) not in ("", "1"):
            reader.fault(table.entries["format"].spot, "E009", "This release reads `format: 1`.")
        for language in reader.words(table, "languages"):
            self.languages[language.text] = None
        for name, node in named(reader, table, "texts", allow_any=True):
            if name in self._text_nodes:
                reader.fault(node.spot, "E102", f"the text `{name}` is defined twice.")
            self._text_nodes[name] = (reader, node)
        for name, node in named(reader, table, "slots"):
            reader.only(node, ("type", "options", "shown", "note", "detail"), "a slot")
            self._declare(reader, name, node, is_shared=True)
        for topic, node in named(reader, table, "screens"):
            self._kinds[f"level.{topic}"], self._kinds[f"score.{topic}"] = LEVEL, NUMBER
            for item in reader.tables(node, "items"):
                self._declare(reader, reader.text(item, "id", what="an item", is_needed=True), item)
        for _, node in named(reader, table, "flows"):
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
        known = self.slots.get(name)
        written = reader.text(node, "type", what="a slot")
        if not written:
            if known is None and is_shared:
                reader.fault(node.spot, "E008", f"the slot `{name}` needs `type`.")
            elif known is None:
                # Its type stands elsewhere; text until that is found.
                self.slots[name] = Slot(name=name, type=Type.TEXT, spot=None)
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
            self.slots[name] = replace(slot, options=slot.options or (known.options if known else ()))
        self._kinds |= kinds_of(self.slots[name])

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
            named = self.texts.get(node.text)
            if named is None and node.text in self._text_nodes:
                other, text_node = self._text_nodes[node.text]
                named = self.texts[node.text] = self._make_text(other, f"texts.{node.text}", text_node)
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
        return self.slots.get(name) or Slot(name=name, type=Type.TEXT)

    def find_text_node(self, name: str) -> Text | None:
        """The text of this name, if there is one."""
        if name not in self._text_nodes:
            return None
        reader, node = self._text_nodes[name]
        return self.texts.get(name) or self._make_text(reader, f"texts.{name}", node)

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


def named(reader: Reader, table: Table, key: str, *, allow_any: bool = False) -> list[tuple[str, Table]]:
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
