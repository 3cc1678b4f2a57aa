"""Taking updates: what was not stored is not confirmed, and nothing stops the intake."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Self

import pytest

from bot.actions.receive import Receiver
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_updates import KINDS, parse
from bot.domain.messages import Update
from bot.storage import inbox
from bot.storage.database import Database
from bot.storage.vault import Vault
from tests.builders import NOW, later
from tests.channels.conftest import Clock
from tests.fakes.bot_api import FakeBotApi, Fault

CHAT = 5550001


class Store:
    """Keeps what it is given; fails when told to."""

    def __init__(self) -> None:
        self.kept: list[Update] = []
        self.failures = 0
        self._changed = asyncio.Event()

    async def receive(self, updates: Sequence[Update]) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("disk")
        self.kept += updates
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def has(self, count: int) -> list[str]:
        """The texts, once there are so many updates."""
        while len(self.kept) < count:
            await self._changed.wait()
        return [getattr(parse(update.body), "text", "") for update in self.kept]


@pytest.fixture
def store() -> Store:
    return Store()


class Polling:
    """A poll that runs while the test looks."""

    def __init__(self, telegram: TelegramChannel, store: Store) -> None:
        self._task = asyncio.create_task(telegram.poll(store.receive))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def test_what_people_write_is_stored_and_then_confirmed(telegram: TelegramChannel, api: FakeBotApi, store: Store) -> None:
    api.say(CHAT, "halo")
    async with Polling(telegram, store):
        await store.has(1)
        api.say(CHAT, "saya takut")

        texts = await store.has(2)
        await api.confirmed()

    assert texts == ["halo", "saya takut"]
    assert [(each.channel, each.account, each.address) for each in store.kept] == [("telegram", "42", str(CHAT))] * 2


async def test_a_poll_asks_for_what_we_take_and_nothing_else(telegram: TelegramChannel, api: FakeBotApi, store: Store) -> None:
    api.say(CHAT, "halo")
    async with Polling(telegram, store):
        await store.has(1)
        await api.called("getUpdates", times=2)

    polls = [params for name, params in api.calls if name == "getupdates"]
    assert polls[0] == {"limit": 100, "timeout": 50, "allowed_updates": list(KINDS)}
    assert polls[1]["offset"] == store_number(store) + 1


def store_number(store: Store) -> int:
    return int(json.loads(store.kept[-1].body)["update_id"])


async def test_a_store_that_fails_confirms_nothing(
    telegram: TelegramChannel, api: FakeBotApi, store: Store, clock: Clock, logged: list[dict[str, Any]]
) -> None:
    store.failures = 3
    api.say(CHAT, "jangan hilang")
    async with Polling(telegram, store):
        texts = await store.has(1)

    offsets = [params.get("offset") for name, params in api.calls if name == "getupdates"]
    assert texts == ["jangan hilang"]
    assert offsets[:4] == [None] * 4
    assert [line["event"] for line in logged] == ["telegram_intake_failed"] * 3
    assert clock.slept == sorted(clock.slept)


async def test_dying_between_store_and_confirmation_redelivers_and_stores_once(
    api: FakeBotApi, telegram: TelegramChannel, sqlite: Database, vault: Vault
) -> None:
    stored = asyncio.Event()
    receiver = Receiver(database=sqlite, vault=vault, wake=lambda: None)

    async def store_and_hang(updates: Sequence[Update]) -> None:
        await receiver.receive(updates)
        stored.set()
        await asyncio.get_running_loop().create_future()

    api.say(CHAT, "halo")
    api.say(CHAT, "tolong")
    dying = asyncio.create_task(telegram.poll(store_and_hang))
    await stored.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert len(api.pending) == 2
    async with Polling(telegram, receiver):  # type: ignore[arg-type]  # all it needs is `receive`
        await api.confirmed()

    taken = await sqlite.write(
        lambda db: inbox.take_next(db, vault, by=1, now=later(seconds=1), lease=later(seconds=9) - NOW, most=10)
    )
    assert [getattr(parse(each.update.body), "text", "") for each in taken] == ["halo", "tolong"]


async def test_one_update_delivered_a_hundred_times_at_once_is_stored_once(
    telegram: TelegramChannel, sqlite: Database, vault: Vault
) -> None:
    receiver = Receiver(database=sqlite, vault=vault, wake=lambda: None)
    raw = b'{"update_id":7,"message":{"message_id":1,"date":1,"chat":{"id":5550001,"type":"private"},"text":"halo"}}'
    spaced = json.dumps(json.loads(raw), indent=2, sort_keys=True).encode()
    copies = [update for body in (raw, spaced) for update in [telegram.unpack(body).update] * 50 if update is not None]

    await asyncio.gather(*(receiver.receive([update]) for update in copies))

    taken = await sqlite.write(
        lambda db: inbox.take_next(db, vault, by=1, now=later(seconds=1), lease=later(seconds=9) - NOW, most=200)
    )
    assert len(copies) == 100
    assert len(taken) == 1


async def test_after_everything_is_confirmed_no_offset_is_kept(
    telegram: TelegramChannel, store: Store, api: FakeBotApi
) -> None:
    api.say(CHAT, "halo")
    async with Polling(telegram, store):
        await store.has(1)
        await api.confirmed()
        # The open poll has an offset; an answer without updates lets it go.
        api._wake("quiet")
        await api.called("getUpdates", times=3)
        api.inject({"update_id": 17, "message": api._message(CHAT, text="setelah sepekan")})

        texts = await store.has(2)

    assert texts == ["halo", "setelah sepekan"]


async def test_a_thousand_waiting_messages_come_in_order(telegram: TelegramChannel, api: FakeBotApi, store: Store) -> None:
    for number in range(1000):
        api.say(CHAT + number % 7, str(number))
    async with Polling(telegram, store):
        texts = await store.has(1000)

    assert texts == [str(number) for number in range(1000)]


@pytest.mark.parametrize(
    ("fault", "event"),
    [
        pytest.param(Fault(502, b"<html>", "text/html"), "telegram_poll_failed", id="502"),
        pytest.param(Fault(is_cut=True), "telegram_poll_failed", id="reset"),
        pytest.param(Fault(200, b"junk"), "telegram_poll_failed", id="junk"),
        pytest.param(
            Fault(429, b'{"ok":false,"error_code":429,"parameters":{"retry_after":9}}'), "telegram_poll_delayed", id="429"
        ),
        pytest.param(Fault(401, b'{"ok":false,"error_code":401}'), "telegram_token_refused", id="401"),
        pytest.param(Fault(404, b'{"ok":false,"error_code":404}'), "telegram_token_refused", id="404"),
        pytest.param(Fault(200, b'{"ok":true,"result":[7,"x"]}'), "telegram_batch_unreadable", id="a batch of no updates"),
    ],
)
async def test_trouble_is_said_waited_for_and_survived(
    telegram: TelegramChannel,
    api: FakeBotApi,
    store: Store,
    clock: Clock,
    logged: list[dict[str, Any]],
    fault: Fault,
    event: str,
) -> None:
    api.fail("getUpdates", fault, times=2)
    api.say(CHAT, "halo")

    async with Polling(telegram, store):
        texts = await store.has(1)

    assert texts == ["halo"]
    assert [line["event"] for line in logged if line["event"] != "telegram_update_ignored"] == [event] * 2
    assert len(clock.slept) == 2
    assert "halo" not in repr(logged)


async def test_a_second_poller_is_an_alarm(
    telegram: TelegramChannel, api: FakeBotApi, store: Store, logged: list[dict[str, Any]], told: list[list[str]]
) -> None:
    api.refuse("getUpdates", 409, "Conflict: terminated by other getUpdates request; make sure that only one bot runs")
    api.say(CHAT, "halo")
    async with Polling(telegram, store):
        await store.has(1)
        await api.confirmed()

    assert {"event": "telegram_intake_conflict", "reason": "other_poller", "log_level": "error"} in logged
    assert told == [["telegram taking intake_conflict"], []]


@pytest.mark.parametrize("status", [401, 404])
async def test_a_token_that_is_refused_is_told_until_it_works(
    telegram: TelegramChannel, api: FakeBotApi, store: Store, told: list[list[str]], status: int
) -> None:
    api.refuse("getUpdates", status, "MARKED", times=2)
    api.say(CHAT, "halo")
    async with Polling(telegram, store):
        await store.has(1)
        await api.confirmed()

    assert told == [["telegram taking token_refused"], []]


async def test_a_webhook_is_removed_at_the_start_and_nothing_is_dropped(
    telegram: TelegramChannel, api: FakeBotApi, store: Store
) -> None:
    api.webhook_url = "https://old.test/hook"
    api.say(CHAT, "waktu webhook masih ada")
    async with Polling(telegram, store):
        texts = await store.has(1)

    assert texts == ["waktu webhook masih ada"]
    assert ("deletewebhook", {"drop_pending_updates": False}) in api.calls


async def test_without_a_webhook_none_is_removed(telegram: TelegramChannel, api: FakeBotApi, store: Store) -> None:
    api.say(CHAT, "halo")
    async with Polling(telegram, store):
        await store.has(1)

    assert "deletewebhook" not in [name for name, _params in api.calls]


async def test_the_menu_says_nothing_of_what_we_are_for(telegram: TelegramChannel, api: FakeBotApi, store: Store) -> None:
    api.say(CHAT, "halo")
    async with Polling(telegram, store):
        await store.has(1)

    words = json.dumps(api.commands).lower()
    assert set(api.commands) == {"", "en"}
    assert not [each for each in ("keras", "violence", "lapor", "korban", "sosial", "teduh", "aman", "safe") if each in words]


async def test_a_menu_that_is_refused_does_not_stop_the_intake(
    telegram: TelegramChannel, api: FakeBotApi, store: Store
) -> None:
    api.refuse("setMyCommands", 400, "Bad Request: BOT_COMMAND_INVALID")
    api.say(CHAT, "halo")

    async with Polling(telegram, store):
        assert await store.has(1) == ["halo"]


async def test_a_group_is_left_once_and_nothing_of_it_is_kept(telegram: TelegramChannel, api: FakeBotApi, store: Store) -> None:
    api.chat(-100, kind="supergroup")
    api.message(-100, text="rahasia orang")
    api.message(-100, text="lagi")
    api.say(CHAT, "halo")
    async with Polling(telegram, store):
        await store.has(1)
        await api.confirmed()
        await api.called("leaveChat")

    assert api.left == [-100]
    assert [update.address for update in store.kept] == [str(CHAT)]


async def test_an_answer_that_is_too_large_is_asked_for_in_smaller_pieces(
    telegram: TelegramChannel, api: FakeBotApi, store: Store, logged: list[dict[str, Any]]
) -> None:
    api.fail("getUpdates", Fault(200, b" " * (9 << 20)))
    api.say(CHAT, "halo")
    async with Polling(telegram, store):
        await store.has(1)

    limits = [params["limit"] for name, params in api.calls if name == "getupdates"]
    assert limits[:2] == [100, 25]
    assert [line["event"] for line in logged] == ["telegram_batch_too_large"]
