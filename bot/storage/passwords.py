"""Passwords at rest: argon2id. Slow on purpose, so it runs in two threads of its own and never on the event loop.

Source: OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, 2 passes, 1 lane. The hash is sealed as well (storage/people).
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.errors import BotError

P = ParamSpec("P")
T = TypeVar("T")

MOST_WAITING = 40
"""Passwords worked or waiting at once: about a second of work. More come only from who floods us."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_threads = ThreadPoolExecutor(2, thread_name_prefix="password")


class TooBusy(BotError):
    """So many passwords are being checked that this one would wait too long."""


async def hash_password(password: str) -> str:
    """What is kept instead of the password.

    Raises:
        TooBusy.
    """
    return await _work(_hasher.hash, password)


async def matches(password_hash: str | None, password: str) -> bool:
    """Whether this is the password. Without a hash (nobody of that login) it takes as long and is False.

    Raises:
        TooBusy.
    """
    return await _work(_matches, password_hash, password)


async def _work(slow: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    if _threads._work_queue.qsize() >= MOST_WAITING:  # noqa: SLF001 - the only place that knows how many wait
        raise TooBusy
    return await asyncio.get_running_loop().run_in_executor(_threads, partial(slow, *args, **kwargs))


def _matches(password_hash: str | None, password: str) -> bool:
    nobodys = _nobodys()
    try:
        is_same = _hasher.verify(password_hash or nobodys, password)
    except (VerificationError, InvalidHashError):
        return False
    return is_same and password_hash is not None


@cache
def _nobodys() -> str:
    return _hasher.hash("the password of nobody")
