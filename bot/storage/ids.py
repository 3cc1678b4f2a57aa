"""Numbers for new rows."""

import secrets
import threading
import time
from collections.abc import Callable

_NODE_BITS, _COUNTER_BITS = 10, 12


class Ids:
    """Gives 63-bit numbers that rise with time and don't repeat between processes: milliseconds, a random node, a counter."""

    def __init__(self, milliseconds: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        self._milliseconds = milliseconds
        self._node = secrets.randbelow(1 << _NODE_BITS) << _COUNTER_BITS
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self) -> int:
        """The next number."""
        with self._lock:
            first_of_now = self._milliseconds() << (_NODE_BITS + _COUNTER_BITS) | self._node
            self._last = max(first_of_now, self._last + 1)
            return self._last
