"""The service directory, the topics and the groups: what fits whom, and what may be shown.

Only contacts that a dated, published page names are shown (`verified`), never more than two at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

SHOWN_AT_ONCE = 2
CHILD_GROUP = "anak-rentan"
CHILD_BELOW = 18
CHILD_LINE = "sapa129"
ABROAD = "luar_negeri"
_WORKDAYS = range(5)
_WIB = timedelta(hours=7)
"""Offices tell their hours in western time."""

_ANYWHERE = ("web", "email")


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceContact:
    """A way to reach a service: what to dial or open. `is_abroad`: the number for who is outside Indonesia."""

    type: str
    value: str
    is_verified: bool
    is_abroad: bool = False

    @property
    def reaches_abroad(self) -> bool:
        """Whether it can be used outside Indonesia: short numbers can't be dialled there."""
        return self.is_abroad or self.type in _ANYWHERE


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """An office or a line. `hours` as words; `opens` and `closes` in minutes of the day in western time where known.

    `provinces` is where it serves, empty for the whole country; `checked_on` when its contacts were last looked up.
    """

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
    provinces: tuple[str, ...] = ()
    checked_on: date | None = None

    def contact(self, *, is_abroad: bool = False) -> ServiceContact | None:
        """The first verified contact, for this side of the border where there are two."""
        verified = [contact for contact in self.contacts if contact.is_verified]
        if is_abroad:
            verified.sort(key=lambda contact: (not contact.is_abroad, not contact.reaches_abroad))
        else:
            verified.sort(key=lambda contact: contact.is_abroad)
        return next(iter(verified), None)

    def serves(self, place: Any) -> bool:
        """Whether somebody there can use it. An unknown place is outside of what serves a province only."""
        if not self.provinces:
            return True
        return isinstance(place, Mapping) and place.get("province") in self.provinces

    def is_open(self, now: datetime) -> bool:
        """Whether somebody should answer now; unknown hours count as not."""
        if self.is_always_open:
            return True
        if self.opens is None or self.closes is None:
            return False
        local = now + _WIB
        minute = local.hour * 60 + local.minute
        return local.weekday() in _WORKDAYS and self.opens <= minute < self.closes

    def is_closed(self, now: datetime) -> bool:
        """Whether nobody answers now, as far as its hours are known."""
        return self.opens is not None and not self.is_open(now)


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """What may be wrong: its words for staff, its groups, and services in the order they are offered.

    `is_by_person`: somebody does it, who may be the one that reads along.
    """

    slug: str
    label: Mapping[str, str]
    is_acute: bool
    is_by_person: bool
    groups: tuple[str, ...]
    services: tuple[str, ...]
    services_abroad: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentra:
    """One of the ministry's centres. `at` is about five kilometres true: good for "near" only.

    `is_verified` is about its name. None has a number that could be confirmed: people reach them by way of 171.
    """

    id: str
    name: str
    city: str
    province: str
    at: tuple[float, float]
    is_verified: bool


@dataclass(frozen=True, kw_only=True)
class Directory:
    """Services, topics and groups by their ids."""

    services: Mapping[str, Service]
    topics: Mapping[str, Topic]
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    sentra: tuple[Sentra, ...] = ()
    recheck_after: timedelta = timedelta(days=90)

    @cached_property
    def verified(self) -> frozenset[str]:
        """The services that have something to show."""
        return frozenset(service.id for service in self.services.values() if service.contact() is not None)

    def pick(
        self, topic: str, *, age: int | None, place: Any, now: datetime, limit: int = SHOWN_AT_ONCE
    ) -> tuple[Service, ...]:
        """At most two services for a topic that have a verified contact and serve this place.

        The first is one that is open now, if any is; the others follow in the directory's order, those closed now last. Abroad
        it is those that can be reached from there.
        """
        known = self.topics.get(topic)
        if known is None:
            return ()
        fitting = self._abroad(known) if is_abroad(place) else []
        if not fitting:
            names = known.services
            if age is not None and age < CHILD_BELOW and CHILD_LINE in names:
                names = (CHILD_LINE, *(name for name in names if name != CHILD_LINE))
            fitting = [self.services[name] for name in names]
        fitting = [service for service in fitting if service.contact() is not None and service.serves(place)]
        fitting.sort(key=lambda service: service.is_closed(now))
        first = next((service for service in fitting if service.is_open(now)), None)
        if first is not None:
            fitting.remove(first)
            fitting.insert(0, first)
        return tuple(fitting[: min(limit, SHOWN_AT_ONCE)])

    def _abroad(self, topic: Topic) -> list[Service]:
        services = (self.services[name] for name in topic.services_abroad)
        return [
            service
            for service in services
            if (contact := service.contact(is_abroad=True)) is not None and contact.reaches_abroad
        ]

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
        return in_language(known.label, language) if known else topic

    def list_due(self, today: date) -> tuple[Service, ...]:
        """Services shown to people whose contacts were last looked up too long ago: somebody calls them before the next person does."""
        shown = (self.services[name] for name in sorted(self.verified))
        return tuple(each for each in shown if each.checked_on is None or each.checked_on + self.recheck_after < today)

    def sentra_in(self, province: str) -> tuple[Sentra, ...]:
        """The centres of a province. Not the nearest: distance is wrong across the sea, and service areas are not published."""
        return tuple(each for each in self.sentra if each.province == province)


def is_abroad(place: Any) -> bool:
    """Whether a place that somebody told is outside Indonesia."""
    return isinstance(place, Mapping) and place.get("province") == ABROAD


def in_language(words: Mapping[str, str], language: str) -> str:
    """Words in a language, else in Indonesian."""
    return words.get(language) or words.get("id", "")
