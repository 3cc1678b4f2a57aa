"""Reads the YAML files of word lists and rules: every value a string, every mapping knows its line.

Strings only, because YAML would read the words `no`, `y`, `on` and `null` (all of them Indonesian or slang) as something else.
"""

from pathlib import Path

import yaml

from nlu.errors import LexiconError

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # PyYAML built without libyaml: the same result, slower
    from yaml import SafeLoader as Loader  # type: ignore[assignment]  # both offer the calls used here


class Block(dict[str, object]):
    """A mapping of a data file that remembers where it stands."""

    __slots__ = ("file", "line", "lines")

    def __init__(self, file: str, line: int) -> None:
        super().__init__()
        self.file = file
        self.line = line
        self.lines: dict[str, int] = {}

    def where(self, key: str | None = None) -> str:
        """`file:line` of the mapping, or of one of its keys."""
        return f"{self.file}:{self.lines.get(key, self.line) if key else self.line}"

    def text(self, key: str) -> str:
        """The value of a key as text; empty when it is not there."""
        value = self.get(key, "")
        if not isinstance(value, str):
            raise LexiconError((f"{self.where(key)}: `{key}` must be text",))
        return value

    def words(self, key: str) -> list[str]:
        """The value of a key as a list of words: a text is split at blanks, a list is taken as it is."""
        value = self.get(key, "")
        if isinstance(value, str):
            return value.split()
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return [str(item) for item in value]
        raise LexiconError((f"{self.where(key)}: `{key}` must be words",))

    def texts(self, key: str) -> list[str]:
        """The value of a key as a list of texts: a single text is a list of one."""
        value = self.get(key, [])
        if isinstance(value, str):
            return [value] if value.strip() else []
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return [str(item) for item in value]
        raise LexiconError((f"{self.where(key)}: `{key}` must be a text or a list of texts",))

    def blocks(self, key: str) -> list["Block"]:
        """The value of a key as a list of mappings."""
        value = self.get(key, [])
        if isinstance(value, list) and all(isinstance(item, Block) for item in value):
            return [item for item in value if isinstance(item, Block)]
        raise LexiconError((f"{self.where(key)}: `{key}` must be a list of mappings",))


def read(path: Path) -> Block:
    """The mapping that a data file holds.

    Raises:
        LexiconError: the file is no YAML, uses aliases, or holds something else than a mapping.
    """
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=Loader)
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise LexiconError((f"{path.name}:{line}: no YAML: {getattr(exc, 'problem', exc)}",)) from exc
    value = _plain(root, path.name)
    if not isinstance(value, Block):
        raise LexiconError((f"{path.name}:1: a mapping is wanted at the top",))
    return value


def _plain(node: yaml.Node | None, file: str) -> object:
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, file) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        block = Block(file, node.start_mark.line + 1)
        for key, item in node.value:
            if key.value in block:
                raise LexiconError((f"{file}:{key.start_mark.line + 1}: `{key.value}` stands twice",))
            block[key.value] = _plain(item, file)
            block.lines[key.value] = key.start_mark.line + 1
        return block
    return None
