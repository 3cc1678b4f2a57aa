"""YAML text → a Book, or all faults of all files in one list."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import TypeVar

from bot.dialogue.book import Book
from bot.dialogue.declared import Declared, named
from bot.dialogue.document import Reader
from bot.dialogue.faults import Fault, FlowFaults, Severity, Spot
from bot.dialogue.flow import (
    Flow,
    ScreenFlow,
)
from bot.dialogue.parse_flows import Flows
from bot.dialogue.parse_screens import Screens

__all__ = ["Fault", "FlowFaults", "parse_files"]

_WORDS = "words_"
V = TypeVar("V")


def parse_files(files: Mapping[str, str], *, topics: Iterable[str] = (), by_person: Iterable[str] = ()) -> Book:
    """The book that these files (name → text) are; `by_person` are the topics of harm that somebody does.

    Raises:
        FlowFaults: with everything that stops a start (severity E).
    """
    parser = _Parser(files, topics, frozenset(by_person))
    book = parser.parse()
    stopping = [fault for fault in parser.faults if fault.severity is Severity.ERROR]
    if stopping or book is None:
        raise FlowFaults(stopping)
    return book


class _Parser:
    """Reads all files twice: first what there is (slots, names), then what it means."""

    def __init__(self, files: Mapping[str, str], topics: Iterable[str], by_person: frozenset[str]) -> None:
        self._files = files
        self._readers = {name: Reader(name, text) for name, text in sorted(files.items())}
        self._declared = Declared(topics)
        self._by_person = by_person

    @property
    def faults(self) -> list[Fault]:
        """All faults of all files so far."""
        return [fault for reader in self._readers.values() for fault in reader.faults]

    def parse(self) -> Book | None:
        """The book, as far as it can be made."""
        tables = {name: table for name, reader in self._readers.items() if (table := reader.read()) is not None}
        for name, table in tables.items():
            self._declared.look_around(self._readers[name], table)
        self._declared.make_texts()
        screens: dict[str, ScreenFlow] = {}
        flows: dict[str, Flow] = {}
        for name, table in tables.items():
            reader = self._readers[name]
            for topic, node in named(reader, table, "screens"):
                self._put(reader, screens, topic, Screens(self._declared, reader).screen(topic, node), node.spot)
            for flow_name, node in named(reader, table, "flows"):
                flow = Flows(self._declared, reader).flow(flow_name, node)
                if flow is not None:
                    self._put(reader, flows, flow_name, flow, node.spot)
        digest = hashlib.sha256()
        for name in sorted(self._files):
            digest.update(f"{name}\0{self._files[name]}\0".encode("utf-8", "surrogatepass"))
        return Book(
            version=digest.hexdigest()[:16],
            flows=flows,
            screens=screens,
            texts=self._declared.texts,
            slots=self._declared.slots,
            commands=self._commands(),
            languages=tuple(self._declared.languages) or ("id",),
            by_person=self._by_person,
        )

    def _put(self, reader: Reader, into: dict[str, V], name: str, value: V, spot: Spot) -> None:
        if name in into:
            reader.fault(spot, "E102", f"`{name}` is defined twice.")
        into[name] = value

    def _commands(self) -> dict[str, str]:
        """Global words of all languages: a word to its command. Words stand in texts `words_<command>`, separated by commas."""
        found: dict[str, str] = {}
        for name, text in self._declared.texts.items():
            if name.startswith(_WORDS):
                command = name.removeprefix(_WORDS).partition("__")[0]
                for variant in text.variants:
                    found.update({word.strip().casefold(): command for word in variant.words.split(",") if word.strip()})
        return found
