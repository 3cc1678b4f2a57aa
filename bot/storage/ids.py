"""Numbers for new rows."""

import secrets
import threading
import time
from collections.abc import Callable

import sqlalchemy as sa

_NODE_BITS, _COUNTER_BITS = 10, 12

NODES = 1 << _NODE_BITS
"""How many processes can give ids at once."""

_node = [secrets.randbelow(NODES)]


def use_node(node: int) -> None:
    """Give ids as the process of this number, from 0 to NODES - 1. Without it the number is a random one."""
    _node[0] = node


def node_of(number: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """The process that gave the number in this column."""
    # Written out: PostgreSQL shifts a bigint by an int only, and drivers bind a bigint.
    counter, nodes = sa.literal_column(str(_COUNTER_BITS), sa.Integer), sa.literal_column(str(NODES - 1), sa.Integer)
    return number.op(">>", return_type=sa.BigInteger())(counter).op("&", return_type=sa.BigInteger())(nodes)


def lease_of(number: int, node: int) -> int:
    """This number, as if the process `node` had given it."""
    counter = number & ((1 << _COUNTER_BITS) - 1)
    return number >> (_COUNTER_BITS + _NODE_BITS) << (_COUNTER_BITS + _NODE_BITS) | node << _COUNTER_BITS | counter


class Ids:
    """Gives 63-bit numbers that rise with time and don't repeat between processes: milliseconds, the process, a counter."""

    def __init__(self, milliseconds: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        self._milliseconds = milliseconds
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self) -> int:
        """The next number."""
        with self._lock:
            first_of_now = (self._milliseconds() << _NODE_BITS | _node[0]) << _COUNTER_BITS
            self._last = max(first_of_now, self._last + 1)
            return self._last
