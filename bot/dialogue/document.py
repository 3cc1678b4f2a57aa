"""YAML as authors write it here: strings only, no surprises. Text → nodes that know their place, with every fault of the file.

Refused: tabs in indentation, duplicate keys, anchors, aliases, tags, merge keys, a second document, empty values, text that is too
long or too deep, control characters and bidirectional overrides. Source of the bounds: docs/flows.md.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import yaml

from bot.dialogue.faults import Fault, Spot

MOST_BYTES = 300_000
DEEPEST = 24
LONGEST_TEXT = 4_096
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u0085\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A word or sentence. `is_plain`: written without quotes."""

    text: str
    spot: Spot
    is_plain: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """A list."""

    items: tuple["Node", ...]
    spot: Spot


@dataclass(frozen=True, slots=True)
class Table:
    """Keys with their values, in order. `spots` are where the keys stand."""

    entries: Mapping[str, "Node"]
    spots: Mapping[str, Spot]
    spot: Spot


Node = Scalar | Listing | Table


@dataclass(slots=True)
class Reader:
    """Reads one file and collects what is wrong with it."""

    file: str
    content: str
    faults: list[Fault] = field(default_factory=list)
    _lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lines = self.content.split("\n")

    def fault(self, spot: Spot, code: str, message: str, way: str = "") -> None:
        """Note a fault at a place of this file."""
        line = self._lines[spot.line - 1] if 0 < spot.line <= len(self._lines) else ""
        source = line.rstrip() if len(line) <= 160 else ""
        self.faults.append(Fault(spot=spot, code=code, message=message, source=source, way=way))

    def read(self) -> Table | None:
        """The file's top-level table; None when it can't be used at all."""
        top = Spot(file=self.file, line=1, column=1)
        if len(self.content.encode("utf-8", "surrogatepass")) > MOST_BYTES:
            self.fault(top, "E005", f"This file has more than {MOST_BYTES:,} bytes; split it by subject.")
            return None
        if not self._characters_are_fine():
            return None
        try:
            nodes = list(yaml.compose_all(self.content, Loader=yaml.CSafeLoader))
        except yaml.YAMLError as exc:
            self._say_syntax(exc, top)
            return None
        if len(nodes) > 1:
            self.fault(self._spot(nodes[1]), "E004", "A second document begins here; one file is one document.")
        if not nodes or not isinstance(nodes[0], yaml.MappingNode):
            self.fault(top, "E007", "A file begins with keys such as `format: 1` and `flows:`.")
            return None
        if self._uses_anchors():
            return None
        node = self._node(nodes[0], 1)
        return node if isinstance(node, Table) else None

    def _characters_are_fine(self) -> bool:
        is_fine = True
        for number, line in enumerate(self._lines, 1):
            indent = line[: len(line) - len(line.lstrip())]
            if "\t" in indent:
                spot = Spot(file=self.file, line=number, column=indent.index("\t") + 1)
                self.fault(spot, "E002", "A tab stands here; use spaces.")
                is_fine = False
            found = _FORBIDDEN.search(line.rstrip("\r"))
            if found:
                spot = Spot(file=self.file, line=number, column=found.start() + 1)
                self.fault(spot, "E005", "An invisible control character stands here; delete it.")
                is_fine = False
        return is_fine

    def _uses_anchors(self) -> bool:
        """Anchors, aliases and tags are seen in the tokens: in nodes they are resolved already."""
        found = False
        for token in yaml.scan(self.content, Loader=yaml.CSafeLoader):
            if isinstance(token, yaml.AnchorToken | yaml.AliasToken | yaml.TagToken):
                mark = token.start_mark
                spot = Spot(file=self.file, line=mark.line + 1, column=mark.column + 1)
                self.fault(spot, "E004", "Anchors, aliases and tags are not used here; write it out.")
                found = True
        return found

    def _say_syntax(self, exc: yaml.YAMLError, top: Spot) -> None:
        mark = getattr(exc, "problem_mark", None)
        spot = Spot(file=self.file, line=mark.line + 1, column=mark.column + 1) if mark else top
        problem = getattr(exc, "problem", None) or "it can't be read"
        self.fault(spot, "E001", f"This is no YAML: {problem}. Quote a text that holds `: ` or begins with a sign.")

    def _spot(self, node: yaml.Node) -> Spot:
        mark = node.start_mark
        return Spot(file=self.file, line=mark.line + 1, column=mark.column + 1)

    def _node(self, node: yaml.Node, depth: int) -> Node | None:
        spot = self._spot(node)
        if depth > DEEPEST:
            self.fault(spot, "E005", f"This is nested more than {DEEPEST} levels deep; make a flow of its own.")
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, spot)
        if isinstance(node, yaml.SequenceNode):
            items = (self._node(item, depth + 1) for item in node.value)
            return Listing(tuple(item for item in items if item is not None), spot)
        assert isinstance(node, yaml.MappingNode)  # noqa: S101 - YAML has three kinds of nodes
        return self._table(node, spot, depth)

    def _scalar(self, node: yaml.ScalarNode, spot: Spot) -> Scalar | None:
        if not node.value.strip():
            self.fault(spot, "E007", "A value is missing here.")
            return None
        if len(node.value) > LONGEST_TEXT:
            self.fault(spot, "E005", f"This text has {len(node.value):,} characters; {LONGEST_TEXT:,} is the most.")
            return None
        return Scalar(node.value.rstrip("\n"), spot, not node.style)

    def _table(self, node: yaml.MappingNode, spot: Spot, depth: int) -> Table:
        entries: dict[str, Node] = {}
        spots: dict[str, Spot] = {}
        for key_node, value_node in node.value:
            key_spot = self._spot(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                self.fault(key_spot, "E007", "A key is a word.")
                continue
            key = key_node.value
            if key == "<<":
                self.fault(key_spot, "E004", "Merge keys are not used here; write it out.")
                continue
            if key in spots:
                self.fault(key_spot, "E003", f"`{key}` stands twice here, first in line {spots[key].line}.")
                continue
            spots[key] = key_spot
            value = self._node(value_node, depth + 1)
            if value is not None:
                entries[key] = value
        return Table(entries, spots, spot)

    # What the parser of a construct asks for

    def only(self, table: Table, known: Iterable[str], what: str) -> None:
        """Every key that is not known here is a fault with the nearest valid word."""
        valid = list(known)
        for key, spot in table.spots.items():
            if key not in valid:
                self.fault(spot, "E006", f"unknown key `{key}` in {what}.{nearest(key, valid)}")

    def text(self, table: Table, key: str, *, what: str, default: str = "", is_needed: bool = False) -> str:
        """The words under a key."""
        node = table.entries.get(key)
        if node is None:
            if is_needed and key not in table.spots:
                self.fault(table.spot, "E008", f"{what} needs `{key}`.")
            return default
        if not isinstance(node, Scalar):
            self.fault(node.spot, "E007", f"`{key}` wants one word or sentence.")
            return default
        return node.text

    def word(self, table: Table, key: str, valid: Sequence[str], *, what: str, default: str) -> str:
        """One of some words."""
        found = self.text(table, key, what=what, default=default)
        if found not in valid:
            node = table.entries[key]
            self.fault(node.spot, "E007", f"`{key}` wants {', '.join(valid)}, not `{found}`.{nearest(found, valid)}")
            return default
        return found

    def whole(self, table: Table, key: str, *, low: int, high: int, what: str, default: int) -> int:
        """A whole number within bounds."""
        found = self.text(table, key, what=what, default=str(default))
        if not re.fullmatch(r"\d{1,9}", found) or not low <= int(found) <= high:
            self.fault(table.entries[key].spot, "E007", f'`{key}` wants a whole number from {low} to {high}, not "{found}".')
            return default
        return int(found)

    def switch(self, table: Table, key: str, *, what: str, default: bool) -> bool:
        """true or false."""
        return self.word(table, key, ("true", "false"), what=what, default=str(default).lower()) == "true"

    def words(self, table: Table, key: str) -> tuple[Scalar, ...]:
        """A list of words; a single word counts as a list of one."""
        node = table.entries.get(key)
        if node is None:
            return ()
        if isinstance(node, Scalar):
            return (node,)
        if isinstance(node, Listing):
            wrong = [item for item in node.items if not isinstance(item, Scalar)]
            for item in wrong:
                self.fault(item.spot, "E007", f"`{key}` is a list of words.")
            return tuple(item for item in node.items if isinstance(item, Scalar))
        self.fault(node.spot, "E007", f"`{key}` wants a list of words.")
        return ()

    def table(self, table: Table, key: str) -> Table | None:
        """The table under a key."""
        node = table.entries.get(key)
        if node is None or isinstance(node, Table):
            return node
        self.fault(node.spot, "E007", f"`{key}` wants keys with values.")
        return None

    def tables(self, table: Table, key: str) -> Iterator[Table]:
        """The tables of the list under a key."""
        node = table.entries.get(key)
        if node is None:
            return
        if not isinstance(node, Listing):
            self.fault(node.spot, "E007", f"`{key}` wants a list.")
            return
        for item in node.items:
            if isinstance(item, Table):
                yield item
            else:
                self.fault(item.spot, "E007", f"each entry of `{key}` has keys with values.")


def nearest(word: str, valid: Iterable[str]) -> str:
    """ " Did you mean `x`?" when a valid word is near, else nothing."""
    close = difflib.get_close_matches(word, list(valid), n=1, cutoff=0.6)
    return f" Did you mean `{close[0]}`?" if close else ""
