"""Slows who guesses from one address, whatever the login. Kept in memory: it bounds work, the tries by login are what protects."""

import ipaddress
from collections import OrderedDict
from datetime import datetime, timedelta

from bot.actions.people import TooManyTries
from bot.domain.tries import wait_until

_MOST_ADDRESSES = 10_000
_FREE_MORE = 25
"""An office shares one address: so many more tries are free than for one login."""
_FORGET_AFTER = timedelta(hours=1)


class Throttle:
    """Counts tries by address since the last success there."""

    def __init__(self) -> None:
        self._tries: OrderedDict[str, tuple[int, datetime]] = OrderedDict()

    def count(self, address: str, *, now: datetime) -> None:
        """Note a try.

        Raises:
            TooManyTries: it comes too soon, and is not counted.
        """
        address = neighbourhood(address)
        count, last_at = self._tries.get(address, (0, now))
        if now - last_at > _FORGET_AFTER:
            count = 0
        until = wait_until(count - _FREE_MORE, last_at)
        if count and until > now:
            raise TooManyTries(max(1, round((until - now).total_seconds())))
        self._tries[address] = (count + 1, now)
        self._tries.move_to_end(address)
        while len(self._tries) > _MOST_ADDRESSES:
            self._tries.popitem(last=False)

    def forget(self, address: str) -> None:
        """Somebody signed in from there."""
        self._tries.pop(neighbourhood(address), None)


def neighbourhood(address: str) -> str:
    """What one person can send from: an IPv4 address, or the 64 bits of an IPv6 address that a provider gives to a home."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
