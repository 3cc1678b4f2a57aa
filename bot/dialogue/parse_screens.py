"""Screens of flow files: items, weights, bands."""

import re
from collections.abc import Iterable, Mapping, Sequence

from bot.dialogue.conditions import (
    Condition,
)
from bot.dialogue.declared import Declared
from bot.dialogue.document import Listing, Node, Reader, Scalar, Table, nearest
from bot.dialogue.flow import (
    Question,
    ScreenFlow,
)
from bot.domain.screening import Item, Red, Screen
from nlu.understanding import Level

_LEVELS = tuple(level.value for level in Level)
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


class Screens:
    """Reads screens."""

    def __init__(self, declared: Declared, reader: Reader) -> None:
        self._declared = declared
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
            questions.append(self._declared.question(reader, where, item_node, item_id))
            items.append(self._item(item_id, item_node))
            condition = self._declared.condition(reader, item_node, "ask_if")
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
            condition = self._declared.condition(self._reader, each, "when", answer=self._declared.kind_of(item_id))
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
            values = self._declared.slot(item_id).values
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
