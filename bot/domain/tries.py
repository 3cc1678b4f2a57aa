"""How long one who guesses must wait: a few tries are free, then each costs twice as much. Nobody is ever shut out for good."""

from datetime import datetime, timedelta

FREE_TRIES = 5
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(minutes=15)


def wait_until(count: int, last_at: datetime) -> datetime:
    """When the next try is listened to, after `count` in a row without success, the last at `last_at`."""
    if count < FREE_TRIES:
        return last_at
    doublings = min(count - FREE_TRIES, 10)
    return last_at + min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT)
