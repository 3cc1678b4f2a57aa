"""Loads what authors write (flows, directory, translations) and checks all of it before anybody is answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bot.dialogue.book import Book
from bot.dialogue.check import check
from bot.dialogue.engine import Engine
from bot.dialogue.extract import list_texts
from bot.dialogue.faults import Fault, FlowFaults, Severity, Spot
from bot.dialogue.parse import parse_files
from bot.dialogue.turn import Reply, Say
from bot.domain.directory_file import parse_directory
from bot.domain.messages import OutboundMessage
from bot.domain.referrals import Directory, Service
from bot.domain.staffing import Staffing
from bot.errors import BotError
from bot.translations import Translations
from nlu.answers import read_answer, read_choice
from nlu.interpreter import Interpreter
from nlu.understanding import Level

ROOT = Path(__file__).parent.parent
FLOWS = ROOT / "flows"
LOCALES = ROOT / "locales"
_NOT_FLOWS = ("services.yml", "pas.yml")


@dataclass(frozen=True, kw_only=True)
class Content:
    """What the program says and knows, ready for use."""

    book: Book
    directory: Directory
    translations: Translations

    def engine(self) -> Engine:
        """The engine that runs this content."""
        return Engine(self.book, pick_services=self._pick, read_answer=read_answer, read_choice=read_choice)

    def _pick(self, topic: str, age: int | None, place: Any, now: datetime, limit: int) -> tuple[str, ...]:
        return tuple(service.id for service in self.directory.pick(topic, age=age, place=place, now=now, limit=limit))

    def render(self, reply: Reply, language: str, staffing: Staffing, level: Level | None) -> OutboundMessage:
        """A reply in the contact's language."""
        return self.translations.render(reply, language=language, directory=self.directory, staffing=staffing, level=level)

    def groups_of(self, topics: Sequence[str], age: int | None) -> tuple[str, ...]:
        """The 12-PAS groups of these topics at this age."""
        return self.directory.groups_for(topics, age)

    def frame(self, name: str, language: str, values: Mapping[str, str]) -> OutboundMessage:
        """A fixed text of the frame, filled."""
        say = Say(text_id=f"texts.{name}", words=self.book.words(name), values=values)
        return self.render(Reply(parts=(say,)), language, Staffing(), None)

    def fault_text(self, language: str) -> OutboundMessage:
        """What is said when a message could not be worked: it names a number."""
        return self.frame("system_fault", language, {})


class FlowsUnreadable(BotError):
    """A folder of flows whose files can't be read; the sentence says which and why."""


def load_content(
    flows: Path | None = None, locales: Path = LOCALES, *, named: Mapping[str, str] = MappingProxyType({})
) -> Content:
    """The content of a folder, parsed and checked. `named` is what texts may name of whoever runs this: `Settings.named`.

    Raises:
        FlowsUnreadable: when a file is missing, locked or not UTF-8.
        FlowFaults, DirectoryFaulty: with all faults in one list.
    """
    content, found = _read(flows or FLOWS, locales, named)
    stopping = [fault for fault in found if fault.severity is Severity.ERROR]
    if stopping:
        raise FlowFaults(stopping)
    return content


def check_content(flows: Path | None = None, *, today: date | None = None) -> tuple[Fault, ...]:
    """What is not wrong enough to stop a start; by `today` also the contacts that were looked up too long ago.

    Raises:
        FlowsUnreadable, FlowFaults, DirectoryFaulty: as `load_content`.
    """
    content, found = _read(flows or FLOWS, LOCALES, {})
    stopping = [fault for fault in found if fault.severity is Severity.ERROR]
    if stopping:
        raise FlowFaults(stopping)
    due = content.directory.list_due(today) if today is not None else ()
    return (*found, *(_due(service) for service in due))


def _due(service: Service) -> Fault:
    spot = Spot(file="services.yml", line=1, column=1)
    message = f"`{service.id}` was last looked up on {service.checked_on}; call it, then write the day under `checked`."
    return Fault(spot=spot, code="P322", message=message)


def _read(flows: Path, locales: Path, named: Mapping[str, str]) -> tuple[Content, tuple[Fault, ...]]:
    try:
        directory = parse_directory(*((flows / name).read_text(encoding="utf-8") for name in _NOT_FLOWS))
        files = {
            f"{flows.name}/{file.name}": file.read_text(encoding="utf-8")
            for file in sorted(flows.glob("*.yml"))
            if file.name not in _NOT_FLOWS
        }
    except (OSError, UnicodeDecodeError) as exc:
        raise FlowsUnreadable(_unreadable(flows, exc)) from exc
    by_person = (topic.slug for topic in directory.topics.values() if topic.is_by_person)
    book = parse_files(files, topics=directory.topics, by_person=by_person)
    translations = Translations.load(locales, list_texts(book), named)
    content = Content(book=book, directory=directory, translations=translations)
    return content, check(book, services=directory.verified, topics=directory.topics, files=files)


def _unreadable(folder: Path, exc: OSError | UnicodeDecodeError) -> str:
    """Why the flows of a folder can't be read, in one sentence."""
    if not folder.is_dir():
        return f"{folder} is no folder; name the one that holds the flows."
    if isinstance(exc, UnicodeDecodeError):
        faulty = next((file.name for file in sorted(folder.glob("*.yml")) if file.read_bytes() == exc.object), "a file")
        line = exc.object.count(b"\n", 0, exc.start) + 1
        return f"{folder / faulty}:{line} is not UTF-8; save the file as UTF-8."
    name = exc.filename or folder
    return (
        f"{name} is not there; every folder of flows needs it."
        if isinstance(exc, FileNotFoundError)
        else f"{name} can't be read."
    )


def load_interpreter() -> Interpreter:
    """What reads a text."""
    return Interpreter.load()
