"""The two files that authors write the directory in (flows/services.yml, flows/pas.yml) → a Directory, or all their faults."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import yaml

from bot.domain.referrals import Directory, Sentra, Service, ServiceContact, Topic
from bot.errors import BotError

_VALUES = {
    "phone": r"\+?\d[\d-]*( ext \d+)?",
    "whatsapp": r"\+?\d{9,15}",
    "web": r"https://[\w.-]+(/[\w./-]*)?",
    "email": r"[\w.-]+@[\w.-]+",
}
_SERVICE_KEYS = ("name", "kind", "open", "hours", "note", "contacts", "source", "checked", "provinces")
_CONTACT_KEYS = ("type", "value", "verified", "abroad")
_SENTRA_KEYS = ("name", "city", "province", "at", "verified")
_TOPIC_KEYS = ("acute", "by_person", "label", "groups", "services", "abroad")


class DirectoryFaulty(BotError):
    """The directory can't be used. `faults` says each in one sentence, with file and line."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


def parse_directory(services_yaml: str, pas_yaml: str) -> Directory:
    """The directory that these two files hold.

    Raises:
        DirectoryFaulty: with all faults, each with its file and line.
    """
    faults: list[str] = []
    services_file, pas_file = _File("services.yml", services_yaml, faults), _File("pas.yml", pas_yaml, faults)
    if not services_file.top or not pas_file.top:
        # Every name of the other file would be reported as missing.
        raise DirectoryFaulty(faults)
    services = {each.id: each for each in _services(services_file)}
    groups = {name: {key: str(words) for key, words in entry.items()} for name, entry in pas_file.entries("groups")}
    topics = {each.slug: each for each in _topics(pas_file, services, groups)}
    sentra = tuple(_sentra(services_file))
    days = services_file.top.get("recheck_days", 90)
    if not isinstance(days, int) or days < 1:
        services_file.fault(("recheck_days",), "`recheck_days` is a number of days.")
        days = 90
    if faults:
        raise DirectoryFaulty(faults)
    return Directory(services=services, topics=topics, groups=groups, sentra=sentra, recheck_after=timedelta(days=days))


_Path = tuple[str | int, ...]


class _File:
    """One file: what it holds, and the line in which each part stands."""

    def __init__(self, name: str, text: str, faults: list[str]) -> None:
        self.name, self.faults = name, faults
        self.top: Mapping[str, Any] = {}
        self._lines: dict[_Path, int] = {}
        try:
            node = yaml.compose(text, Loader=yaml.CSafeLoader)
            if isinstance(node, yaml.MappingNode):
                self._note(node, ())
                self.top = yaml.load(text, Loader=yaml.CSafeLoader)
            else:
                self.fault((), "the file has keys such as `services:`.")
        except (yaml.YAMLError, ValueError) as exc:
            mark = getattr(exc, "problem_mark", None)
            self.faults.append(f"{name}:{mark.line + 1 if mark else 1}: this is no YAML.")

    def _note(self, node: yaml.Node, path: _Path) -> None:
        self._lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.SequenceNode):
            for number, item in enumerate(node.value):
                self._note(item, (*path, number))
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                inner = (*path, str(key.value))
                if inner in self._lines:
                    self.faults.append(f"{self.name}:{key.start_mark.line + 1}: `{key.value}` stands twice here.")
                self._lines[inner] = key.start_mark.line + 1
                self._note(value, inner)

    def fault(self, path: _Path, message: str) -> None:
        """Note what is wrong with a part; the nearest part around it where it isn't there."""
        while path and path not in self._lines:
            path = path[:-1]
        self.faults.append(f"{self.name}:{self._lines.get(path, 1)}: {message}")

    def entries(self, key: str, known: Sequence[str] = ()) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """The named entries under a key, each a table; every key of theirs that is not `known` is a fault."""
        entries = self.top.get(key) or {}
        if not isinstance(entries, dict):
            self.fault((key,), f"`{key}` holds names with keys and values.")
            return
        for name, entry in entries.items():
            if not isinstance(entry, dict):
                self.fault((key, str(name)), f"{name} wants keys with values.")
                continue
            if known:
                self.only((key, str(name)), entry, known)
            yield str(name), entry

    def only(self, path: _Path, entry: Mapping[str, Any], known: Sequence[str]) -> None:
        """Every key that is not known is a fault."""
        for key in entry:
            if key not in known:
                near = difflib.get_close_matches(str(key), known, n=1)
                hint = f" Did you mean `{near[0]}`?" if near else ""
                self.fault((*path, str(key)), f"unknown key `{key}`.{hint}")


def _services(file: _File) -> Iterable[Service]:
    default = _day(file, ("checked",), file.top.get("checked"))
    for name, entry in file.entries("services", _SERVICE_KEYS):
        path: _Path = ("services", name)
        if not entry.get("name") or not isinstance(entry.get("source"), list) or not entry["source"]:
            file.fault(path, f"{name} needs `name` and a list of `source`.")
            continue
        opens, closes = _hours(file, (*path, "open"), entry.get("open"))
        yield Service(
            id=name,
            name=str(entry["name"]),
            kind=str(entry.get("kind", "")),
            contacts=tuple(_contacts(file, path, entry)),
            hours=_words(entry.get("hours")),
            note=_words(entry.get("note")),
            source=tuple(str(each) for each in entry["source"]),
            is_always_open=entry.get("open") == "always",
            opens=opens,
            closes=closes,
            provinces=tuple(str(each) for each in entry.get("provinces") or ()),
            checked_on=_day(file, (*path, "checked"), entry["checked"]) if "checked" in entry else default,
        )


def _hours(file: _File, path: _Path, written: Any) -> tuple[int | None, int | None]:
    if written is None or written == "always":
        return None, None
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", str(written))
    if found is None:
        file.fault(path, "`open` wants `always`, or hours such as 08:00-16:00.")
        return None, None
    opens, closes = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if opens >= closes:
        file.fault(path, "`open` begins before it ends; what is open over midnight is `always` or left out.")
    return opens, closes


def _day(file: _File, path: _Path, written: Any) -> date | None:
    if written is None or isinstance(written, date):
        return written
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", str(written))
    if found is None:
        file.fault(path, "`checked` wants a month or a day, such as 2026-11 or 2026-11-24.")
        return None
    return date(int(found[1]), int(found[2]), 1)


def _contacts(file: _File, path: _Path, entry: Mapping[str, Any]) -> Iterable[ServiceContact]:
    for number, contact in enumerate(entry.get("contacts") or []):
        where: _Path = (*path, "contacts", number)
        if not isinstance(contact, dict) or contact.get("type") not in _VALUES:
            file.fault(where, f"a contact of {path[-1]} has `type` ({', '.join(_VALUES)}) and `value`.")
            continue
        file.only(where, contact, _CONTACT_KEYS)
        kind, value = contact["type"], contact.get("value")
        if not isinstance(value, str) or not re.fullmatch(_VALUES[kind], value):
            # A number without quotes would lose its leading nought.
            file.fault(where, f"`value` is no {kind} of {path[-1]}; write it in quotes, as it is dialled or opened.")
            continue
        yield ServiceContact(
            type=kind, value=value, is_verified=contact.get("verified") is True, is_abroad=contact.get("abroad") is True
        )


def _topics(file: _File, services: Mapping[str, Service], groups: Mapping[str, Any]) -> Iterable[Topic]:
    everywhere = [str(name) for name in file.top.get("abroad") or []]
    for name in everywhere:
        if name not in services:
            file.fault(("abroad",), f"`abroad` names `{name}`, which is not there.")
    for slug, entry in file.entries("topics", _TOPIC_KEYS):
        for key, known in (("services", services), ("abroad", services), ("groups", groups)):
            for name in entry.get(key) or []:
                if name not in known:
                    file.fault(("topics", slug, key), f"{slug} names `{name}` under `{key}`, which is not there.")
        yield Topic(
            slug=slug,
            label=_words(entry.get("label")),
            is_acute=entry.get("acute") is True,
            is_by_person=entry.get("by_person") is True,
            groups=tuple(entry.get("groups") or ()),
            services=tuple(name for name in entry.get("services") or () if name in services),
            services_abroad=tuple(name for name in entry.get("abroad") or everywhere if name in services),
        )


def _sentra(file: _File) -> Iterable[Sentra]:
    for name, entry in file.entries("sentra", _SENTRA_KEYS):
        at = entry.get("at")
        is_place = isinstance(at, list) and len(at) == 2 and all(isinstance(each, int | float) for each in at)
        if not isinstance(at, list) or not is_place or not all(entry.get(key) for key in ("name", "city", "province")):
            file.fault(("sentra", name), f"{name} needs `name`, `city`, `province` and `at`, latitude and longitude.")
            continue
        yield Sentra(
            id=name,
            name=str(entry["name"]),
            city=str(entry["city"]),
            province=str(entry["province"]),
            at=(float(at[0]), float(at[1])),
            is_verified=entry.get("verified") is True,
        )


def _words(given: Any) -> dict[str, str]:
    if isinstance(given, dict):
        return {str(language): str(words) for language, words in given.items()}
    return {"id": str(given)} if given else {}
