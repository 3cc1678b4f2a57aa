"""The fake against clients that others wrote: if they can't tell it from the real server, neither can our code."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import telegram
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.types import BotCommand, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, Conflict, Forbidden, RetryAfter

from bot.channels.keepalive import KeepAlive
from tests.fakes.bot_api import TOKEN, FakeBotApi

CHAT = 5550001


@pytest.fixture(autouse=True)
def coming_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """python-telegram-bot warns about its old types for durations."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture
async def api() -> AsyncIterator[FakeBotApi]:
    async with FakeBotApi() as api:
        yield api


@pytest.fixture
async def aio(api: FakeBotApi) -> AsyncIterator[Bot]:
    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(api.url)))
    yield bot
    await bot.session.close()


@pytest.fixture
async def ptb(api: FakeBotApi) -> AsyncIterator[telegram.Bot]:
    async with telegram.Bot(TOKEN, base_url=f"{api.url}/bot") as bot:
        yield bot


async def test_both_clients_read_every_kind_of_update(api: FakeBotApi, aio: Bot, ptb: telegram.Bot) -> None:
    api.say(CHAT, "halo 😢")
    api.message(CHAT, voice={"file_id": "V", "file_unique_id": "v", "duration": 7})
    api.message(CHAT, photo=[{"file_id": "P", "file_unique_id": "p", "width": 9, "height": 9}], caption="ini")
    api.message(CHAT, location={"latitude": -7.2, "longitude": 112.7})
    await aio.send_message(CHAT, "?", reply_markup=InlineKeyboardMarkup(inline_keyboard=[[button("Ya", "a")]]))
    api.press(CHAT, "a")
    api.block(CHAT)

    first = await aio.get_updates()
    second = await ptb.get_updates()

    assert [each.update_id for each in first] == [each.update_id for each in second] == api.pending
    assert first[0].message.text == second[0].message.text == "halo 😢"
    assert first[1].message.voice.duration == second[1].message.voice.duration.total_seconds() == 7
    assert first[4].callback_query.data == second[4].callback_query.data == "a"
    assert first[4].callback_query.message.reply_markup.inline_keyboard[0][0].text == "Ya"
    assert first[5].my_chat_member.new_chat_member.status == second[5].my_chat_member.new_chat_member.status == "kicked"


def button(label: str, data: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=label, callback_data=data)


async def test_an_update_comes_again_until_a_later_offset_confirms_it(api: FakeBotApi, ptb: telegram.Bot) -> None:
    first, second = api.say(CHAT, "satu"), api.say(CHAT, "dua")

    assert [each.update_id for each in await ptb.get_updates()] == [first, second]
    assert [each.update_id for each in await ptb.get_updates(offset=first, limit=1)] == [first]
    assert [each.update_id for each in await ptb.get_updates(offset=first + 1)] == [second]
    assert api.pending == [second]


async def test_a_negative_offset_forgets_what_is_older(api: FakeBotApi, ptb: telegram.Bot) -> None:
    ids = [api.say(CHAT, str(number)) for number in range(5)]

    await ptb.get_updates(offset=-2)

    assert api.pending == ids[-2:]


async def test_a_long_poll_ends_when_somebody_writes(api: FakeBotApi, aio: Bot) -> None:
    poll = asyncio.create_task(aio.get_updates(timeout=50))
    await api.called("getUpdates")
    api.say(CHAT, "halo")

    assert [each.message.text for each in await poll] == ["halo"]


async def test_a_second_poll_ends_the_first_with_a_conflict(api: FakeBotApi, aio: Bot, ptb: telegram.Bot) -> None:
    first = asyncio.create_task(aio.get_updates(timeout=50))
    await api.called("getUpdates")
    second = asyncio.create_task(ptb.get_updates(timeout=50))

    with pytest.raises(TelegramConflictError):
        await first
    api.say(CHAT, "halo")
    assert len(await second) == 1


async def test_a_webhook_and_polling_exclude_each_other(api: FakeBotApi, aio: Bot, ptb: telegram.Bot) -> None:
    api.say(CHAT, "menunggu")
    await ptb.set_webhook("https://here.test/hook")

    with pytest.raises(Conflict):
        await ptb.get_updates()
    info = await aio.get_webhook_info()
    assert (info.url, info.pending_update_count) == ("https://here.test/hook", 1)
    await aio.delete_webhook(drop_pending_updates=False)
    assert len(await ptb.get_updates()) == 1


async def test_dropping_what_waits_is_really_dropping(api: FakeBotApi, aio: Bot) -> None:
    api.say(CHAT, "hilang")

    await aio.delete_webhook(drop_pending_updates=True)

    assert api.pending == []


async def test_only_allowed_kinds_are_queued_from_then_on(api: FakeBotApi, ptb: telegram.Bot) -> None:
    await ptb.get_updates(allowed_updates=["message"])
    api.block(CHAT)
    api.say(CHAT, "halo")

    assert [each.message.text for each in await ptb.get_updates()] == ["halo"]


@pytest.mark.parametrize(
    ("state", "said"),
    [("kicked", "blocked by the user"), ("deactivated", "deactivated"), ("stranger", "can't initiate conversation")],
)
async def test_who_can_t_be_reached_is_forbidden(api: FakeBotApi, aio: Bot, ptb: telegram.Bot, state: str, said: str) -> None:
    api.chat(CHAT, state=state)

    with pytest.raises(TelegramForbiddenError, match=said):
        await aio.send_message(CHAT, "halo")
    with pytest.raises(Forbidden, match=said):
        await ptb.send_message(CHAT, "halo")


async def test_limits_are_those_of_the_server(api: FakeBotApi, aio: Bot, ptb: telegram.Bot) -> None:
    api.chat(CHAT)
    await aio.send_message(CHAT, "😢" * 2048)

    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await aio.send_message(CHAT + 1, "halo")
    with pytest.raises(TelegramBadRequest, match="too long"):
        await aio.send_message(CHAT, "😢" * 2048 + "a")
    with pytest.raises(BadRequest, match=r"(?i)text is empty"):
        await ptb.send_message(CHAT, " ")
    with pytest.raises(TelegramBadRequest, match="BUTTON_DATA_INVALID"):
        await aio.send_message(CHAT, "?", reply_markup=InlineKeyboardMarkup(inline_keyboard=[[button("Ya", "x" * 65)]]))
    rows = [[button("Ya", "x")] * 8] * 13
    with pytest.raises(TelegramBadRequest, match="markup is too long"):
        await aio.send_message(CHAT, "?", reply_markup=InlineKeyboardMarkup(inline_keyboard=rows))
    assert len(api.sent) == 1


async def test_too_fast_is_429_with_a_time() -> None:
    now = 1000.0
    async with (
        FakeBotApi(per_chat=1, per_bot=30, clock=lambda: now) as api,
        telegram.Bot(TOKEN, base_url=api.url + "/bot") as ptb,
    ):
        for number in range(40):
            api.chat(number)
        for _ in range(4):
            await ptb.send_message(0, "halo")

        with pytest.raises(RetryAfter):
            await ptb.send_message(0, "halo")
        for number in range(1, 27):
            await ptb.send_message(number, "halo")
        with pytest.raises(RetryAfter):
            await ptb.send_message(39, "halo")
        now += 5
        await ptb.send_message(0, "halo")


async def test_a_429_is_read_by_aiogram_too(aio: Bot, api: FakeBotApi) -> None:
    api.refuse("sendMessage", 429, "Too Many Requests: retry after 7", retry_after=7)

    with pytest.raises(TelegramRetryAfter) as caught:
        await aio.send_message(CHAT, "halo")

    assert caught.value.retry_after == 7


async def test_a_press_can_be_answered_once(api: FakeBotApi, aio: Bot, ptb: telegram.Bot) -> None:
    query = api.press(CHAT, "a")

    assert await aio.answer_callback_query(query)
    with pytest.raises(BadRequest, match=r"(?i)query is too old"):
        await ptb.answer_callback_query(query)
    assert api.answered_presses == [query]


async def test_messages_can_be_deleted_for_48_hours(aio: Bot, ptb: telegram.Bot, api: FakeBotApi) -> None:
    api.chat(CHAT)
    first, second = [(await aio.send_message(CHAT, "halo")).message_id for _ in range(2)]
    api.sent[1].at -= 49 * 3600

    assert await ptb.delete_message(CHAT, first)
    with pytest.raises(BadRequest, match=r"(?i)can't be deleted"):
        await ptb.delete_message(CHAT, second)
    with pytest.raises(TelegramBadRequest, match="not found"):
        await aio.delete_message(CHAT, first)
    with pytest.raises(TelegramBadRequest):
        await aio.delete_messages(CHAT, list(range(1, 102)))


async def test_many_messages_are_deleted_at_once_and_what_is_gone_is_passed_over(ptb: telegram.Bot, api: FakeBotApi) -> None:
    api.chat(CHAT)
    numbers = [(await ptb.send_message(CHAT, "halo")).message_id for _ in range(3)]

    assert await ptb.delete_messages(CHAT, [*numbers, 999])

    assert [each.is_deleted for each in api.sent] == [True] * 3
    with pytest.raises(BadRequest):
        await ptb.delete_messages(CHAT, list(range(1, 102)))


async def test_a_keyboard_that_asks_for_a_place_lies_there_until_it_is_removed(ptb: telegram.Bot, api: FakeBotApi) -> None:
    api.chat(CHAT)
    place = telegram.KeyboardButton("Kirim lokasi", request_location=True)
    await ptb.send_message(CHAT, "?", reply_markup=telegram.ReplyKeyboardMarkup([[place, "Lewati"]], one_time_keyboard=True))
    assert api.chats[CHAT].keyboard == ["Kirim lokasi", "Lewati"]

    await ptb.send_message(CHAT, ".", reply_markup=telegram.ReplyKeyboardRemove())
    assert api.chats[CHAT].keyboard == []

    with pytest.raises(BadRequest, match="keyboard button"):
        await ptb.send_message(CHAT, "?", reply_markup=telegram.ReplyKeyboardMarkup([[telegram.KeyboardButton("")]]))
    api.chat(CHAT + 1, kind="group")
    with pytest.raises(BadRequest, match="private chats only"):
        await ptb.send_message(CHAT + 1, "?", reply_markup=telegram.ReplyKeyboardMarkup([[place]]))


async def test_a_day_later_an_update_is_gone() -> None:
    now = 1000.0
    async with FakeBotApi(clock=lambda: now) as api, telegram.Bot(TOKEN, base_url=api.url + "/bot") as ptb:
        api.say(CHAT, "kemarin")
        now += 24 * 3600 + 1
        fresh = api.say(CHAT, "hari ini")

        assert [each.update_id for each in await ptb.get_updates()] == [fresh]


async def test_a_menu_must_be_well_formed(api: FakeBotApi, aio: Bot) -> None:
    await aio.set_my_commands([BotCommand(command="bantuan", description="Bantuan")])

    with pytest.raises(TelegramBadRequest, match="BOT_COMMAND_INVALID"):
        await aio.set_my_commands([BotCommand(command="Bantuan!", description="Bantuan")])
    assert api.commands[""] == [{"command": "bantuan", "description": "Bantuan"}]


async def test_another_token_is_unauthorized(api: FakeBotApi) -> None:
    session = AiohttpSession(api=TelegramAPIServer.from_base(api.url))
    async with Bot("43:another-token-of-somebody-else-altogether", session=session) as bot:
        with pytest.raises(TelegramUnauthorizedError):
            await bot.get_me()


async def test_another_process_can_play_the_people_and_see_what_was_sent(api: FakeBotApi, aio: Bot) -> None:
    control = KeepAlive(f"{api.url}/control")
    await control.post("/say", json.dumps({"chat": CHAT, "text": "halo"}).encode())
    await aio.send_message(CHAT, "?", reply_markup=InlineKeyboardMarkup(inline_keyboard=[[button("Ya", "a")]]))
    await control.post("/press", json.dumps({"chat": CHAT, "data": "a"}).encode())
    await control.post("/refuse", json.dumps({"method": "sendMessage", "status": 403, "description": "Forbidden: x"}).encode())

    sent = json.loads((await control.post("/sent", b"")).body)
    updates = await aio.get_updates()

    assert [(each["chat"], each["text"], each["buttons"]) for each in sent] == [(CHAT, "?", [[["Ya", "a"]]])]
    assert [each.event_type for each in updates] == ["message", "callback_query"]
    with pytest.raises(TelegramForbiddenError):
        await aio.send_message(CHAT, "halo")
    assert (await control.post("/nonsense", b"")).status == 404
    control.close()
