"""A bot, and the fake server that it talks to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import structlog
import uvloop

from bot.channels.standing import Standing
from bot.channels.telegram import TelegramChannel
from tests.builders import NOW
from tests.fakes.bot_api import TOKEN, FakeBotApi


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Everything that touches a network here runs on both kinds of loop: their transports differ."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


class Clock:
    """Monotonic seconds that pass when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def api() -> AsyncIterator[FakeBotApi]:
    async with FakeBotApi() as api:
        yield api


@pytest.fixture
def told() -> list[list[str]]:
    """How the channels stood after each change: channel, side and reason of each trouble."""
    return []


@pytest.fixture
def standing(told: list[list[str]]) -> Standing:
    def tell() -> None:
        told.append([f"{each.channel} {each.side} {each.reason}" for each in standing.list()])

    standing = Standing(lambda: NOW, tell)
    return standing


@pytest.fixture
async def telegram(api: FakeBotApi, clock: Clock, standing: Standing) -> AsyncIterator[TelegramChannel]:
    channel = TelegramChannel(
        token=TOKEN,
        api_url=api.url,
        per_chat_per_second=None,
        per_second=None,
        clock=clock,
        sleep=clock.sleep,
        standing=standing,
    )
    await channel.start()
    yield channel
    await channel.close()


@pytest.fixture
def logged() -> list[dict[str, object]]:
    """Every log line of the test."""
    with structlog.testing.capture_logs() as lines:
        yield lines
