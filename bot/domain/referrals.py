"""The service directory, the topics and the groups: what fits whom, and what may be shown.

Only contacts that a dated, published page names are shown (`verified`), never more than two at once.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import yaml

from bot.errors import BotError

SHOWN_AT_ONCE = 2
CHILD_GROUP = "anak-rentan"
CHILD_BELOW = 18
_TYPES = ("phone", "whatsapp", "web", "email")
_WORKDAYS = range(5)


class DirectoryFaulty(BotError):
    """The directory can't be used. `faults` says each in one sentence."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceContact:
    """A way to reach a service: what to dial or open. `is_abroad`: the number for who is outside Indonesia."""

    type: str
    value: str
    is_verified: bool
    is_abroad: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """An office or a line. `hours` as words; `opens` and `closes` in minutes of the day in western time where known."""

    id: str
    name: str
    kind: str
    contacts: tuple[ServiceContact, ...]
    hours: Mapping[str, str]
    note: Mapping[str, str]
    source: tuple[str, ...]
    is_always_open: bool = False
    opens: int | None = None
    closes: int | None = None

    def contact(self, *, is_abroad: bool = False) -> ServiceContact | None:
        """The first verified contact, for this side of the border where there are two."""
        verified = [contact for contact in self.contacts if contact.is_verified]
        fitting = [contact for contact in verified if contact.is_abroad is is_abroad]
        return next(iter(fitting or verified), None)

    def is_open(self, now: datetime) -> bool:
        """Whether somebody should answer now; unknown hours count as not."""
        if self.is_always_open:
            return True
        if self.opens is None or self.closes is None:
            return False
        local = now + timedelta(hours=7)
        minute = local.hour * 60 + local.minute
        return local.weekday() in _WORKDAYS and self.opens <= minute < self.closes


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """What may be wrong: its words for staff, its groups, and services in the order they are offered."""

    slug: str
    label: Mapping[str, str]
    is_acute: bool
    groups: tuple[str, ...]
    services: tuple[str, ...]
    services_abroad: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Directory:
    """Services, topics and groups by their ids."""

    services: Mapping[str, Service]
    topics: Mapping[str, Topic]
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])

    @cached_property
    def verified(self) -> frozenset[str]:
        """The services that have something to show."""
        return frozenset(service.id for service in self.services.values() if service.contact() is not None)

    def pick(
        self, topic: str, *, age: int | None, place: Any, now: datetime, limit: int = SHOWN_AT_ONCE
    ) -> tuple[Service, ...]:
        """At most two services for a topic that have a verified contact, those open now first, else in the directory's order."""
        known = self.topics.get(topic)
        if known is None:
            return ()
        is_abroad = _is_abroad(place)
        names = known.services_abroad if is_abroad and known.services_abroad else known.services
        if age is not None and age < CHILD_BELOW and "sapa129" in names:
            names = ("sapa129", *(name for name in names if name != "sapa129"))
        fitting = [self.services[name] for name in names if self.services[name].contact() is not None]
        fitting.sort(key=lambda service: not service.is_open(now))
        return tuple(fitting[: min(limit, SHOWN_AT_ONCE)])

    def groups_for(self, topics: Sequence[str], age: int | None) -> tuple[str, ...]:
        """The 12-PAS groups of these topics: under 18 the children's first, then the topics' own, two at most.

        Source: docs/levels.md 12.
        """
        groups = [CHILD_GROUP] if age is not None and age < CHILD_BELOW else []
        for topic in topics:
            known = self.topics.get(topic)
            groups += list(known.groups[:1]) if known else []
        return tuple(dict.fromkeys(groups))[:2]

    def label(self, topic: str, language: str) -> str:
        """The topic's words for staff."""
        known = self.topics.get(topic)
        return _in(known.label, language) if known else topic


def _is_abroad(place: Any) -> bool:
    return isinstance(place, Mapping) and place.get("province") == "luar_negeri"


def _in(words: Mapping[str, str], language: str) -> str:
    return words.get(language) or words.get("id", "")


def in_language(words: Mapping[str, str], language: str) -> str:
    """Words in a language, else in Indonesian."""
    return _in(words, language)


def parse_directory(services_yaml: str, pas_yaml: str) -> Directory:
    """The directory that these two files hold.

    Raises:
        DirectoryFaulty: with all faults.
    """
    faults: list[str] = []
    services = {each.id: each for each in _services(_load(services_yaml, "services.yml", faults), faults)}
    pas = _load(pas_yaml, "pas.yml", faults)
    groups = {str(name): {k: str(v) for k, v in words.items()} for name, words in (pas.get("groups") or {}).items()}
    topics = {each.slug: each for each in _topics(pas, services, groups, faults)}
    if faults:
        raise DirectoryFaulty(faults)
    return Directory(services=services, topics=topics, groups=groups)


def _load(text: str, name: str, faults: list[str]) -> dict[str, Any]:
    try:
        loaded = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        faults.append(f"{name}:{mark.line + 1 if mark else 1}: this is no YAML.")
        return {}
    if not isinstance(loaded, dict):
        faults.append(f"{name}:1: the file has keys such as `services:`.")
        return {}
    return loaded


def _services(loaded: Mapping[str, Any], faults: list[str]) -> Iterable[Service]:
    for name, entry in (loaded.get("services") or {}).items():
        if not isinstance(entry, dict) or not entry.get("name") or not entry.get("source"):
            faults.append(f"services.yml: {name} needs `name` and `source`.")
            continue
        hours = entry.get("open") or ""
        found = re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)", str(hours))
        minutes = [int(part) for part in found.groups()] if found else []
        yield Service(
            id=str(name),
            name=str(entry["name"]),
            kind=str(entry.get("kind", "")),
            contacts=tuple(_contacts(str(name), entry, faults)),
            hours=_words(entry.get("hours")),
            note=_words(entry.get("note")),
            source=tuple(str(each) for each in entry["source"]),
            is_always_open=hours == "always",
            opens=minutes[0] * 60 + minutes[1] if minutes else None,
            closes=minutes[2] * 60 + minutes[3] if minutes else None,
        )


def _contacts(name: str, entry: Mapping[str, Any], faults: list[str]) -> Iterable[ServiceContact]:
    for contact in entry.get("contacts") or []:
        kind, value = contact.get("type"), contact.get("value")
        if kind not in _TYPES or not value:
            faults.append(f"services.yml: a contact of {name} has `type` ({', '.join(_TYPES)}) and `value`.")
            continue
        yield ServiceContact(
            type=kind,
            value=str(value),
            is_verified=contact.get("verified") is True,
            is_abroad=contact.get("abroad") is True,
        )


def _topics(
    pas: Mapping[str, Any], services: Mapping[str, Service], groups: Mapping[str, Any], faults: list[str]
) -> Iterable[Topic]:
    for slug, entry in (pas.get("topics") or {}).items():
        for key, known in (("services", services), ("abroad", services), ("groups", groups)):
            unknown = [name for name in entry.get(key) or [] if name not in known]
            faults += [f"pas.yml: {slug} names `{name}` under `{key}`, which is not there." for name in unknown]
        yield Topic(
            slug=str(slug),
            label=_words(entry.get("label")),
            is_acute=entry.get("acute") is True,
            groups=tuple(entry.get("groups") or ()),
            services=tuple(name for name in entry.get("services") or () if name in services),
            services_abroad=tuple(name for name in entry.get("abroad") or () if name in services),
        )


def _words(given: Any) -> dict[str, str]:
    if isinstance(given, dict):
        return {str(language): str(words) for language, words in given.items()}
    return {"id": str(given)} if given else {}
