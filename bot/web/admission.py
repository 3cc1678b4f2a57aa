"""How many talks may begin on the web chat, and how fast each goes: enough for people, too little to fill queue and disk.

Whoever is refused keeps their words, sees numbers to call and is let in by trying again, which the page does by itself. To leave is
never refused. One address may stand for a village: mobile providers put thousands behind one. So an address may begin many talks at
once, and when all of them together are too many, addresses that began nothing lately are let in from a reserve of their own: a flood
from some addresses does not shut the door to the others.

Kept in memory, by a keyed hash that ends with the process: no address is stored, and none can be read from here.
"""

import hashlib
import ipaddress
import math
from collections import Counter, OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.errors import BotError

_MOST_KEYS = 20_000
_ALL = b""
_NEW_AGAIN_AFTER = timedelta(minutes=10)
_SOONEST_SECONDS, _LATEST_SECONDS = 5, 60


class Reason(StrEnum):
    """What there was too much of."""

    TALKS = "talks"
    TALKS_OF_ADDRESS = "talks_of_address"
    MESSAGES_OF_TALK = "messages_of_talk"
    MESSAGES_OF_ADDRESS = "messages_of_address"


class TooMany(BotError):
    """Not now: again in `wait_seconds`."""

    def __init__(self, reason: Reason, wait_seconds: float) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.wait_seconds = min(max(math.ceil(wait_seconds), _SOONEST_SECONDS), _LATEST_SECONDS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """So many at once, then so many a minute."""

    burst: int
    per_minute: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Paces:
    """All that is bounded. `reserve` is for addresses that began nothing lately, when `talks` is used up."""

    talks: Pace
    reserve: Pace
    talks_of_address: Pace
    messages_of_talk: Pace
    messages_of_address: Pace


class Buckets:
    """What is left of a pace, by key. The key that was used longest ago is forgotten first, and then has all of it again."""

    def __init__(self, pace: Pace, *, most: int = _MOST_KEYS) -> None:
        self._pace = pace
        self._most = most
        self._left: OrderedDict[bytes, tuple[float, datetime]] = OrderedDict()

    def __contains__(self, key: bytes) -> bool:
        return key in self._left

    def __len__(self) -> int:
        return len(self._left)

    def used_at(self, key: bytes) -> datetime | None:
        """When the last one was taken, as far as it is remembered."""
        known = self._left.get(key)
        return known[1] if known else None

    def wait_seconds(self, key: bytes, *, now: datetime) -> float:
        """How long until one can be taken; 0: now."""
        return max(0.0, (1 - self._now_left(key, now)) * 60 / self._pace.per_minute)

    def take(self, key: bytes, *, now: datetime) -> None:
        """Take one that is there."""
        self._left[key] = (self._now_left(key, now) - 1, now)
        self._left.move_to_end(key)
        while len(self._left) > self._most:
            self._left.popitem(last=False)

    def _now_left(self, key: bytes, now: datetime) -> float:
        left, at = self._left.get(key, (float(self._pace.burst), now))
        # A clock that was set back gives nothing, and takes nothing away.
        return min(self._pace.burst, left + max(0.0, (now - at).total_seconds()) * self._pace.per_minute / 60)


class Admission:
    """Counts talks and messages. `refused` is how often each reason was given, for the operator."""

    def __init__(self, paces: Paces, *, key: bytes) -> None:
        self.refused: Counter[str] = Counter()
        self._key = key
        self._talks = Buckets(paces.talks)
        self._reserve = Buckets(paces.reserve)
        self._talks_of = Buckets(paces.talks_of_address)
        self._messages = Buckets(paces.messages_of_talk)
        self._messages_of = Buckets(paces.messages_of_address)

    def knows(self, talk: str) -> bool:
        """Whether this talk said something lately."""
        return self._hash(talk) in self._messages

    def admit(self, talk: str, address: str, *, is_new: bool, now: datetime) -> None:
        """Count a message of this talk from this address; with `is_new`, the talk as well.

        Raises:
            TooMany: it must wait, and nothing is counted.
        """
        mine, place = self._hash(talk), self._place(address)
        pool = self._pool_for(place, now) if is_new else None
        if wait := self._messages.wait_seconds(mine, now=now):
            raise self._refusal(Reason.MESSAGES_OF_TALK, wait)
        if place is not None and (wait := self._messages_of.wait_seconds(place, now=now)):
            raise self._refusal(Reason.MESSAGES_OF_ADDRESS, wait)
        self._messages.take(mine, now=now)
        if pool is not None:
            pool.take(_ALL, now=now)
        if place is not None:
            self._messages_of.take(place, now=now)
            if is_new:
                self._talks_of.take(place, now=now)

    def _pool_for(self, place: bytes | None, now: datetime) -> Buckets:
        """What a new talk from this place is taken from."""
        if place is not None and (wait := self._talks_of.wait_seconds(place, now=now)):
            raise self._refusal(Reason.TALKS_OF_ADDRESS, wait)
        wait = self._talks.wait_seconds(_ALL, now=now)
        if not wait:
            return self._talks
        if place is None or not self._is_new(place, now) or self._reserve.wait_seconds(_ALL, now=now):
            raise self._refusal(Reason.TALKS, wait)
        return self._reserve

    def _refusal(self, reason: Reason, wait_seconds: float) -> TooMany:
        self.refused[reason] += 1
        return TooMany(reason, wait_seconds)

    def _is_new(self, place: bytes, now: datetime) -> bool:
        used_at = self._talks_of.used_at(place)
        return used_at is None or now - used_at > _NEW_AGAIN_AFTER

    def _place(self, address: str) -> bytes | None:
        place = place_of(address)
        return self._hash(place) if place else None

    def _hash(self, value: str) -> bytes:
        return hashlib.blake2b(value.encode("utf-8", "surrogatepass"), key=self._key, digest_size=16).digest()


def place_of(address: str) -> str:
    """What is counted as one place: an IPv4 address, or the 48 bits that an IPv6 provider gives to one customer at most.

    Empty for what is no public address: it is this machine or a proxy that the settings don't name, and tells nobody apart.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    if not parsed.is_global:
        return ""
    return str(ipaddress.ip_network((parsed, 48), strict=False)) if parsed.version == 6 else str(parsed)
