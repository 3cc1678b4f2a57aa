"""What becomes of a message, for every answer that the Bot API is known to give."""

import traceback
from typing import Any

import pytest

from bot.channels.channel import ChannelDown, DeliveryDelayed, DeliveryError, DeliveryRefused, DeliveryUncertain
from bot.channels.telegram import TelegramChannel
from bot.domain.messages import Button, Form, OutboundMessage, Sent
from tests.channels.conftest import Clock
from tests.fakes.bot_api import TOKEN, FakeBotApi, Fault

CHAT = 5550001
TEXT = "Kamu aman menulis di sini? MARKED-WORDS"
PROMPT = OutboundMessage(text=TEXT, buttons=(Button(id="v1:s:q:a", label="Ya"), Button(id="v1:s:q:b", label="Tidak")))


async def send(telegram: TelegramChannel, message: OutboundMessage = PROMPT, *, chat: int = CHAT, key: str = "o:1") -> Sent:
    return await telegram.send(str(chat), message, key=key)


async def failing(telegram: TelegramChannel, **arguments: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await send(telegram, **arguments)
    return caught.value


async def test_a_message_arrives_as_plain_text_with_its_buttons(telegram: TelegramChannel, api: FakeBotApi) -> None:
    api.chat(CHAT)

    sent = await send(telegram)

    (bubble,) = api.sent
    assert sent == Sent(platform_id=str(bubble.message_id))
    assert (bubble.chat, bubble.text, bubble.buttons) == (CHAT, TEXT, [[("Ya", "v1:s:q:a"), ("Tidak", "v1:s:q:b")]])
    assert bubble.params["link_preview_options"] == {"is_disabled": True}
    assert not {"parse_mode", "allow_paid_broadcast"} & bubble.params.keys()


DELAYED, REFUSED, UNCERTAIN, DOWN = DeliveryDelayed, DeliveryRefused, DeliveryUncertain, ChannelDown
ANSWERS = [
    (400, "Bad Request: chat not found", REFUSED, "chat_not_found", True),
    (400, "Bad Request: PEER_ID_INVALID", REFUSED, "chat_not_found", True),
    (400, "Bad Request: message is too long", REFUSED, "too_long", False),
    (400, "Bad Request: message text is empty", REFUSED, "empty", False),
    (400, "Bad Request: something of next year", REFUSED, "bad_request", False),
    (400, None, REFUSED, "bad_request", False),
    (401, "Unauthorized", DOWN, "token_refused", None),
    (403, "Forbidden: bot was blocked by the user", REFUSED, "blocked", True),
    (403, "Forbidden: user is deactivated", REFUSED, "deactivated", True),
    (403, "Forbidden: bot can't initiate conversation with a user", REFUSED, "never_started", True),
    (403, None, REFUSED, "forbidden", True),
    (404, "Not Found", DOWN, "token_refused", None),
    (409, "Conflict: terminated by other getUpdates request", DELAYED, "conflict", None),
    (413, "Request Entity Too Large", REFUSED, "too_large", False),
    (418, "I'm a teapot", REFUSED, "refused", False),
    (500, "Internal Server Error", DELAYED, "server_error", None),
    (500, None, DELAYED, "server_error", None),
    (502, "Bad Gateway", DELAYED, "server_error", None),
    (504, "Gateway Timeout: restart", DELAYED, "server_error", None),
]


@pytest.mark.parametrize(("status", "said", "kind", "reason", "unreachable"), ANSWERS)
async def test_an_error_means(
    telegram: TelegramChannel,
    api: FakeBotApi,
    status: int,
    said: str | None,
    kind: type[DeliveryError],
    reason: str,
    unreachable: bool | None,
) -> None:
    api.chat(CHAT)
    api.refuse("sendMessage", status, said)

    failure = await failing(telegram)

    assert (type(failure), failure.args[0]) == (kind, reason)
    assert getattr(failure, "unreachable", None) is unreachable


FAULTS = [
    pytest.param(Fault(502, b"<html>Bad Gateway</html>", "text/html"), DELAYED, "server_error", id="502 of a proxy"),
    pytest.param(Fault(503, b""), DELAYED, "server_error", id="503 without a body"),
    pytest.param(Fault(200, b"<html>captive</html>", "text/html"), UNCERTAIN, "unreadable_answer", id="200 that is no JSON"),
    pytest.param(Fault(200, b'{"ok":true'), UNCERTAIN, "unreadable_answer", id="200 cut short"),
    pytest.param(Fault(200, b'{"ok":true,"result":{}}'), UNCERTAIN, "unreadable_answer", id="200 without a number"),
    pytest.param(Fault(200, b"[" * 50_000), UNCERTAIN, "unreadable_answer", id="200 of deep nesting"),
    pytest.param(Fault(200, b'{"ok":false,"error_code":403}'), REFUSED, "forbidden", id="an error under 200"),
    pytest.param(Fault(200, b'{"ok":false}'), UNCERTAIN, "unreadable_answer", id="200 that says no and not why"),
    pytest.param(Fault(is_cut=True), UNCERTAIN, "no_answer", id="broken before it took effect"),
    pytest.param(Fault(is_cut=True, takes_effect=True), UNCERTAIN, "no_answer", id="broken after it took effect"),
    pytest.param(Fault(raw=b"junk\r\n\r\n"), UNCERTAIN, "no_answer", id="no HTTP"),
    pytest.param(
        Fault(400, b'{"ok":false,"parameters":{"migrate_to_chat_id":-100}}'), REFUSED, "group_moved", id="group moved"
    ),
]


@pytest.mark.parametrize(("fault", "kind", "reason"), FAULTS)
async def test_a_broken_answer_means(
    telegram: TelegramChannel, api: FakeBotApi, fault: Fault, kind: type[DeliveryError], reason: str
) -> None:
    api.chat(CHAT)
    api.fail("sendMessage", fault)

    failure = await failing(telegram)

    assert (type(failure), failure.args[0]) == (kind, reason)


async def test_a_server_that_is_away_took_nothing(api: FakeBotApi, telegram: TelegramChannel) -> None:
    await api.stop()

    failure = await failing(telegram)

    assert (type(failure), failure.args[0]) == (DELAYED, "no_connection")


async def test_what_is_so_already_is_no_failure(telegram: TelegramChannel, api: FakeBotApi) -> None:
    api.refuse("sendMessage", 400, "Bad Request: message is not modified")

    assert await send(telegram) == Sent()


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        pytest.param(7, 7.0, id="as told"),
        pytest.param(10**9, 3600.0, id="at most an hour"),
        pytest.param(0.4, 1.0, id="rounded up"),
    ],
)
async def test_a_429_is_obeyed(telegram: TelegramChannel, api: FakeBotApi, wait: float, expected: float) -> None:
    api.chat(CHAT)
    api.refuse("sendMessage", 429, "Too Many Requests: retry after", retry_after=wait)  # type: ignore[arg-type]  # servers err

    failure = await failing(telegram)

    assert isinstance(failure, DeliveryDelayed)
    assert (failure.reason, failure.wait_seconds, failure.whole_channel) == ("too_many_requests", expected, False)


async def test_a_429_without_a_time_waits_five_seconds_and_then_doubles(
    telegram: TelegramChannel, api: FakeBotApi, clock: Clock
) -> None:
    api.chat(CHAT)
    api.refuse("sendMessage", 429, "Too Many Requests", times=3)
    waits = []

    for _ in range(3):
        failure = await failing(telegram)
        assert isinstance(failure, DeliveryDelayed)
        waits.append(failure.wait_seconds)
        clock.now += failure.wait_seconds or 0
    await send(telegram)
    api.refuse("sendMessage", 429, "Too Many Requests")
    again = await failing(telegram)

    assert waits == [5, 10, 20]
    assert isinstance(again, DeliveryDelayed)
    assert again.wait_seconds == 5


async def test_a_chat_told_to_wait_is_not_called_meanwhile(telegram: TelegramChannel, api: FakeBotApi, clock: Clock) -> None:
    api.chat(CHAT)
    api.chat(CHAT + 1)
    api.refuse("sendMessage", 429, "Too Many Requests: retry after 9", retry_after=9)
    await failing(telegram)
    calls = len(api.calls)
    clock.now += 4

    failure = await failing(telegram, key="o:2")
    await send(telegram, chat=CHAT + 1)

    assert isinstance(failure, DeliveryDelayed)
    assert (failure.reason, failure.wait_seconds) == ("held", 5)
    assert len(api.calls) == calls + 1
    clock.now += 5
    await send(telegram)


async def test_several_chats_told_to_wait_at_once_mean_the_whole_bot(telegram: TelegramChannel, api: FakeBotApi) -> None:
    for number in range(4):
        api.chat(number + 1)
    api.refuse("sendMessage", 429, "Too Many Requests: retry after 60", times=3, retry_after=60)

    failures = [await failing(telegram, chat=number + 1) for number in range(3)]
    other = await failing(telegram, chat=4)

    assert [getattr(each, "whole_channel", None) for each in failures] == [False, False, True]
    assert isinstance(other, DeliveryDelayed)
    assert (other.reason, other.wait_seconds) == ("held", 60)


@pytest.mark.parametrize(
    "said",
    ["Bad Request: BUTTON_DATA_INVALID", "Bad Request: reply markup is too long", "Bad Request: can't parse entities: x"],
)
async def test_a_fault_of_form_costs_the_buttons_and_not_the_words(
    telegram: TelegramChannel, api: FakeBotApi, said: str, logged: list[dict[str, Any]]
) -> None:
    api.chat(CHAT)
    api.refuse("sendMessage", 400, said)

    await send(telegram)

    assert [(each.text, each.buttons) for each in api.sent] == [(TEXT + "\n\n1. Ya\n2. Tidak", [])]
    assert [line["event"] for line in logged] == ["telegram_form_refused"]


async def test_a_fault_of_form_twice_is_final(telegram: TelegramChannel, api: FakeBotApi) -> None:
    api.chat(CHAT)
    api.refuse("sendMessage", 400, "Bad Request: BUTTON_DATA_INVALID", times=2)

    failure = await failing(telegram)

    assert (type(failure), failure.args[0]) == (REFUSED, "button_data")


async def test_a_long_text_goes_on_where_it_stopped(telegram: TelegramChannel, api: FakeBotApi) -> None:
    api.chat(CHAT)
    parts = ["a" * 4000, "b" * 4000, "c" * 4000]
    long = OutboundMessage(text="\n\n".join(parts), buttons=PROMPT.buttons)
    api.refuse("sendMessage", 500, "Internal Server Error")
    await failing(telegram, message=long)
    api.fail("sendMessage", Fault(200, b'{"ok":true,"result":{"message_id":9}}', takes_effect=True))
    api.fail("sendMessage", Fault(503))
    await failing(telegram, message=long)

    sent = await send(telegram, long)

    assert [each.text for each in api.sent] == parts
    assert [bool(each.buttons) for each in api.sent] == [False, False, True]
    # The first went out under the number that the faulty answer gave: all are needed to take the message back one day.
    assert sent.platform_id == ",".join(["9", *(str(each.message_id) for each in api.sent[1:])])


async def test_a_place_is_asked_for_with_a_button_that_is_taken_away_again(telegram: TelegramChannel, api: FakeBotApi) -> None:
    api.chat(CHAT)
    await send(telegram, OutboundMessage(text="Kamu di mana?", author="Ratna", form=Form.ASKS_PLACE))
    asked = api.sent[-1].params["reply_markup"]
    laid = list(api.chats[CHAT].keyboard)
    await send(telegram, OutboundMessage(text="Terima kasih.", form=Form.CLEARS_KEYBOARD))

    assert asked["keyboard"][0][0]["request_location"] is True
    assert asked["one_time_keyboard"] is True
    assert len(laid) == 1
    assert api.chats[CHAT].keyboard == []


async def test_messages_are_taken_back_a_hundred_at_a_time(telegram: TelegramChannel, api: FakeBotApi) -> None:
    api.chat(CHAT)

    await telegram.remove(str(CHAT), [str(number) for number in range(250, 0, -1)] + ["", "wamid.X"])

    calls = [params["message_ids"] for name, params in api.calls if name == "deletemessages"]
    assert [len(each) for each in calls] == [100, 100, 50]
    assert [number for each in calls for number in each] == list(range(250, 0, -1))


@pytest.mark.parametrize(
    ("status", "description", "kind"),
    [
        (400, "Bad Request: message can't be deleted", None),
        (400, "Bad Request: message to delete not found", None),
        (403, "Forbidden: bot was blocked by the user", DeliveryRefused),
        (401, "Unauthorized", ChannelDown),
        (429, "Too Many Requests: retry after 5", DeliveryDelayed),
        (500, "Internal Server Error", DeliveryDelayed),
    ],
)
async def test_what_cannot_be_taken_back_is_no_fault_and_the_rest_is_tried_again(
    telegram: TelegramChannel, api: FakeBotApi, status: int, description: str, kind: type[DeliveryError] | None
) -> None:
    api.refuse("deleteMessages", status, description)
    if kind is None:
        await telegram.remove(str(CHAT), ["5"])
        return

    with pytest.raises(kind):
        await telegram.remove(str(CHAT), ["5"])


async def test_nothing_to_say_is_refused_before_the_call(telegram: TelegramChannel, api: FakeBotApi) -> None:
    failure = await failing(telegram, message=OutboundMessage(text=" \n "))

    assert (type(failure), failure.args[0], api.calls) == (REFUSED, "empty", [])


async def test_before_it_is_started_a_message_is_only_delayed(api: FakeBotApi) -> None:
    telegram = TelegramChannel(token=TOKEN, api_url=api.url)

    failure = await failing(telegram)

    assert isinstance(failure, DeliveryDelayed)
    assert failure.whole_channel


async def test_the_pace_is_kept_and_the_server_never_has_to_say_so(clock: Clock) -> None:
    async with FakeBotApi(per_chat=1, per_bot=30, clock=clock) as api:
        telegram = TelegramChannel(
            token=TOKEN, api_url=api.url, per_chat_per_second=1, per_second=25, clock=clock, sleep=clock.sleep
        )
        await telegram.start()
        for number in range(12):
            api.chat(number)

        for index in range(60):
            await telegram.send(str(index % 12 if index % 3 else 0), PROMPT, key=f"o:{index}")
        await telegram.close()

    assert len(api.sent) == 60


async def test_a_press_is_answered_once_and_late_ones_are_no_fault(
    telegram: TelegramChannel, api: FakeBotApi, logged: list[dict[str, Any]]
) -> None:
    api.chat(CHAT)
    await send(telegram)
    query = api.press(CHAT, "v1:s:q:a")

    await telegram.acknowledge([query, "long-ago"])
    await api.called("answerCallbackQuery", times=2)

    assert api.answered_presses == [query]
    await telegram.close()
    assert logged == []


@pytest.mark.parametrize(
    "fault", [Fault(400, b'{"ok":false,"error_code":400,"description":"MARKED-WORDS"}'), Fault(is_cut=True)]
)
async def test_no_failure_carries_words_address_or_token(
    telegram: TelegramChannel, api: FakeBotApi, fault: Fault, logged: list[dict[str, Any]]
) -> None:
    api.chat(CHAT)
    api.fail("sendMessage", fault)

    failure = await failing(telegram)

    told = "".join(traceback.format_exception(failure)) + repr(vars(failure)) + repr(logged)
    for secret in ("MARKED-WORDS", str(CHAT), TOKEN.partition(":")[2]):
        assert secret not in told
    chain: BaseException | None = failure
    while chain is not None:
        assert type(chain).__module__.startswith("bot.")
        chain = chain.__context__
