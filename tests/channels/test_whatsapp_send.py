"""What becomes of a message to WhatsApp, within its limits and for every answer that it is known to give."""

import asyncio
import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.channels.channel import ChannelDown, DeliveryDelayed, DeliveryError, DeliveryRefused, DeliveryUncertain
from bot.channels.standing import Side, Standing
from bot.channels.whatsapp import WINDOW_CLOSED, WhatsAppChannel
from bot.domain.messages import Button, Form, OutboundMessage, Sent
from bot.domain.windows import WINDOWS
from tests.channels.conftest import Clock
from tests.fakes.bot_api import Fault
from tests.fakes.graph_api import NUMBER, TOKEN, FakeGraphApi

PHONE, USER = "6281200000001", "ID.4471"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TEXT = "Aman menulis di sini? MARKED-WORDS"
WINDOW = WINDOWS["whatsapp"]
DELAYED, REFUSED, UNCERTAIN, DOWN = DeliveryDelayed, DeliveryRefused, DeliveryUncertain, ChannelDown


@pytest.fixture
async def graph() -> AsyncIterator[FakeGraphApi]:
    async with FakeGraphApi(clock=NOW.timestamp) as graph:
        for name in (PHONE, USER):
            graph.person(name, wrote_at=NOW.timestamp())
        yield graph


@pytest.fixture
async def whatsapp(graph: FakeGraphApi, clock: Clock, standing: Standing) -> AsyncIterator[WhatsAppChannel]:
    channel = WhatsAppChannel(
        token=TOKEN,
        number=NUMBER,
        api_url=graph.url,
        version="v26.0",
        ticks=True,
        now=lambda: NOW,
        clock=clock,
        sleep=clock.sleep,
        standing=standing,
    )
    yield channel
    await channel.close()


def asking(*labels: str, text: str = TEXT) -> OutboundMessage:
    return OutboundMessage(text=text, buttons=tuple(Button(id=f"v1:1:{n}", label=label) for n, label in enumerate(labels)))


async def send(
    whatsapp: WhatsAppChannel, message: OutboundMessage, *, to: str = PHONE, wrote_at: datetime | None = NOW, key: str = "o:1"
) -> Sent:
    return await whatsapp.send(to, message, key=key, wrote_at=wrote_at)


async def failing(whatsapp: WhatsAppChannel, **arguments: object) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await send(whatsapp, asking("Ya"), **arguments)  # type: ignore[arg-type]
    assert "MARKED" not in "".join(traceback.format_exception(caught.value))
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    return caught.value


@pytest.mark.parametrize(("to", "field"), [(PHONE, "to"), (USER, "recipient"), ("ID.ENT.4471", "recipient")])
async def test_a_number_and_an_id_are_written_to_each_in_its_way(whatsapp, graph: FakeGraphApi, to: str, field: str):
    graph.person(to, wrote_at=NOW.timestamp())

    sent = await send(whatsapp, OutboundMessage(text="Halo", author="Ratna"), to=to)

    (message,) = graph.sent
    assert (message.to, message.text, message.key, sent.platform_id) == (to, "Ratna:\nHalo", "o:1", message.id)
    assert message.params[field] == to
    assert message.params["text"]["preview_url"] is False


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (("Ya", "Tidak", "Lewati"), "button"),
        (("x" * 20, "Tidak"), "button"),
        (("x" * 21, "Tidak"), "list"),
        (("a", "b", "c", "d"), "list"),
        (tuple("abcdefghij"), "list"),
        (tuple("abcdefghijk"), "text"),
        (("x" * 24, "Tidak"), "list"),
        (("x" * 25, "Tidak"), "text"),
        (("Ya", "Ya"), "text"),
        (("🙂" * 10, "Tidak"), "button"),
        (("🙂" * 11, "Tidak"), "list"),
    ],
)
async def test_choices_are_buttons_a_list_or_numbers_whichever_fits(whatsapp, graph: FakeGraphApi, labels, kind: str):
    await send(whatsapp, asking(*labels))

    (message,) = graph.sent
    assert message.kind == kind
    if kind == "text":
        assert all(f"{number}. {label}" in message.text for number, label in enumerate(labels, 1))
    else:
        assert [title for _id, title in message.choices] == list(labels)


@pytest.mark.parametrize(
    ("length", "kinds"),
    [(1024, ["button"]), (1025, ["text"]), (4000, ["text"]), (4096, ["text", "text"]), (9000, ["text"] * 3)],
)
async def test_what_is_too_long_is_written_out_or_parted(whatsapp, graph: FakeGraphApi, length: int, kinds: list[str]):
    await send(whatsapp, asking("Ya", "Tidak", text=("kata " * 2000)[: length - 1] + "x"))

    assert [message.kind for message in graph.sent] == kinds


async def test_a_message_of_several_parts_goes_on_where_it_stopped(whatsapp, graph: FakeGraphApi):
    long = OutboundMessage(text="kata " * 1700)
    await send(whatsapp, long, key="o:2")
    parts = [message.text for message in graph.sent]
    graph.sent.clear()
    graph.fail(Fault(200, b'{"messages":[{"id":"wamid.X"}]}', takes_effect=True))
    graph.fail(Fault(503, b"{}"))

    with pytest.raises(DeliveryDelayed):
        await send(whatsapp, long, key="o:3")
    await send(whatsapp, long, key="o:3")

    assert len(parts) > 2
    assert [message.text for message in graph.sent] == parts


@pytest.mark.parametrize(
    ("code", "status", "kind", "unreachable"),
    [
        (0, 401, DOWN, None),
        (190, 401, DOWN, None),
        (10, 403, DOWN, None),
        (200, 403, DOWN, None),
        (131005, 403, DOWN, None),
        (131031, 403, DOWN, None),
        (131042, 400, DOWN, None),
        (368, 400, DOWN, None),
        (4, 400, DELAYED, None),
        (80007, 400, DELAYED, None),
        (130429, 429, DELAYED, None),
        (131048, 400, DELAYED, None),
        (131056, 400, DELAYED, None),
        (131057, 500, DELAYED, None),
        (1, 400, DELAYED, None),
        (2, 503, DELAYED, None),
        (131000, 500, DELAYED, None),
        (131016, 500, DELAYED, None),
        (100, 400, REFUSED, False),
        (131008, 400, REFUSED, False),
        (131009, 400, REFUSED, False),
        (132001, 404, REFUSED, False),
        (131021, 400, REFUSED, False),
        (131026, 400, REFUSED, True),
        (131047, 400, REFUSED, False),
        (131049, 400, REFUSED, False),
        (131062, 400, REFUSED, True),
        (999999, 400, REFUSED, False),
        (999999, 500, DELAYED, None),
    ],
)
async def test_each_code_leads_to_its_own_next_step(whatsapp, graph, code: int, status: int, kind: type, unreachable):
    body = f'{{"error":{{"code":{code},"message":"MARKED","error_data":{{"details":"MARKED"}}}}}}'.encode()
    graph.fail(Fault(status, body))

    failure = await failing(whatsapp)

    assert type(failure) is kind
    assert getattr(failure, "unreachable", None) == unreachable
    assert graph.sent == []


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        pytest.param(Fault(502, b"<html>MARKED</html>", "text/html"), DELAYED, id="HTML of a proxy"),
        pytest.param(Fault(429, b""), DELAYED, id="429 without words"),
        pytest.param(Fault(401, b""), DOWN, id="401 without words"),
        pytest.param(Fault(400, b'{"error":{}}'), REFUSED, id="an error without a code"),
        pytest.param(Fault(400, b'{"error":{"code":"x"}}'), REFUSED, id="a code that is none"),
        pytest.param(Fault(500, b'{"error":"MARKED"}'), DELAYED, id="an error that is words"),
        pytest.param(Fault(is_cut=True), UNCERTAIN, id="cut"),
        pytest.param(Fault(is_cut=True, takes_effect=True), UNCERTAIN, id="cut after it was taken"),
        pytest.param(Fault(raw=b"MARKED no HTTP"), UNCERTAIN, id="no HTTP"),
    ],
)
async def test_strange_answers_lose_nothing_and_tell_nothing(whatsapp, graph: FakeGraphApi, fault: Fault, kind: type):
    graph.fail(fault)

    assert type(await failing(whatsapp)) is kind


async def test_a_server_that_is_not_there_took_nothing(clock: Clock):
    channel = WhatsAppChannel(
        token=TOKEN, number=NUMBER, api_url="http://127.0.0.1:9", version="v26.0", now=lambda: NOW, clock=clock
    )

    with pytest.raises(DeliveryDelayed):
        await send(channel, asking("Ya"))


async def test_taken_without_a_readable_id_is_taken(whatsapp, graph: FakeGraphApi):
    graph.fail(Fault(200, b'{"messages":[{}]}'))
    assert await send(whatsapp, asking("Ya")) == Sent(platform_id="")
    graph.fail(Fault(200, b"MARKED"))
    assert await send(whatsapp, asking("Ya")) == Sent(platform_id="")


@pytest.mark.parametrize(
    ("ago", "is_open"),
    [(timedelta(0), True), (WINDOW - timedelta(seconds=1), True), (WINDOW, False), (timedelta(days=3), False)],
)
async def test_after_a_day_of_silence_nothing_is_sent(whatsapp, graph: FakeGraphApi, ago: timedelta, is_open: bool):
    graph.person(PHONE, wrote_at=(NOW - ago).timestamp())
    if is_open:
        await send(whatsapp, asking("Ya"), wrote_at=NOW - ago)
        return

    failure = await failing(whatsapp, wrote_at=NOW - ago)

    assert isinstance(failure, DeliveryRefused)
    assert (failure.reason, failure.unreachable) == (WINDOW_CLOSED, False)
    assert graph.calls == []
    assert whatsapp.figures()["window_closed"] == 1


@pytest.mark.parametrize("language", ["id", "en"])
async def test_the_approved_text_goes_out_at_any_time(graph: FakeGraphApi, clock: Clock, language: str):
    channel = WhatsAppChannel(
        token=TOKEN, number=NUMBER, api_url=graph.url, version="v26.0", template="kabar_netral", now=lambda: NOW, clock=clock
    )
    graph.person(PHONE, wrote_at=(NOW - timedelta(days=9)).timestamp())

    knock = OutboundMessage(text="Halo, ada info baru.", form=Form.TEMPLATE, language=language)
    await send(channel, knock, wrote_at=NOW - timedelta(days=9))
    await send(channel, knock, wrote_at=None)

    assert [(message.kind, message.text) for message in graph.sent] == [("template", f"kabar_netral {language}")] * 2
    assert "info" not in str(graph.sent[0].params), "its words stand at Meta"
    await channel.close()


@pytest.mark.parametrize(
    ("template", "language", "reason"),
    [("", "id", "empty"), ("never_approved", "id", "whatsapp_132001"), ("kabar_netral", "jv", "whatsapp_132001")],
)
async def test_a_text_that_is_not_approved_is_refused_for_good(
    graph: FakeGraphApi, clock: Clock, logged, template: str, language: str, reason: str
):
    channel = WhatsAppChannel(
        token=TOKEN, number=NUMBER, api_url=graph.url, version="v26.0", template=template, now=lambda: NOW, clock=clock
    )

    with pytest.raises(DeliveryRefused) as caught:
        await send(channel, OutboundMessage(text="Halo", form=Form.TEMPLATE, language=language), wrote_at=None)

    assert (caught.value.reason, caught.value.unreachable) == (reason, False)
    assert [(line["log_level"], line["trace"]) for line in logged] == [("error", "A1")] * (reason != "empty"), "an alarm"
    await channel.close()


async def test_a_place_is_asked_for_with_a_button(whatsapp, graph: FakeGraphApi):
    await send(whatsapp, OutboundMessage(text="Kamu di mana?", author="Ratna", form=Form.ASKS_PLACE))
    await send(whatsapp, OutboundMessage(text="kata " * 300 + "di mana?", form=Form.ASKS_PLACE))

    assert [message.kind for message in graph.sent] == ["location_request", "text", "location_request"]
    assert graph.sent[0].text == "Ratna:\nKamu di mana?"


async def test_one_person_is_written_to_no_faster_than_the_platform_bears(graph: FakeGraphApi, clock: Clock):
    graph.clock = clock
    graph.per_pair = True
    channel = WhatsAppChannel(
        token=TOKEN, number=NUMBER, api_url=graph.url, version="v26.0", now=lambda: NOW, clock=clock, sleep=clock.sleep
    )
    for name in (PHONE, USER):
        graph.person(name, wrote_at=clock.now)
    text = OutboundMessage(text="halo")

    for _ in range(20):
        await send(channel, text)
    with pytest.raises(DeliveryDelayed) as caught:
        await send(channel, text)
    await send(channel, text, to=USER)
    calls = len(graph.calls)
    clock.now += caught.value.wait_seconds or 0
    await send(channel, text)

    assert (caught.value.was_tried, caught.value.whole_channel) == (False, False)
    assert 0 < (caught.value.wait_seconds or 0) <= 6
    assert calls == 21, "who has to wait is not asked for at the platform"
    assert [message.to for message in graph.sent] == [PHONE] * 20 + [USER, PHONE]
    await channel.close()


async def test_each_further_refusal_of_a_pair_waits_four_times_as_long(whatsapp, graph: FakeGraphApi, clock: Clock):
    waits = []
    for _ in range(4):
        graph.fail(Fault(400, b'{"error":{"code":131056}}'))
        failure = await failing(whatsapp)
        assert isinstance(failure, DeliveryDelayed)
        waits.append(failure.wait_seconds)
        clock.now += 300
    await send(whatsapp, asking("Ya"))
    graph.fail(Fault(400, b'{"error":{"code":131056}}'))
    again = await failing(whatsapp)

    assert waits == [1, 4, 16, 64]
    assert isinstance(again, DeliveryDelayed)
    assert again.wait_seconds == 1


async def test_too_much_to_one_person_holds_that_person_only(whatsapp, graph: FakeGraphApi, clock: Clock):
    graph.fail(Fault(400, b'{"error":{"code":131056}}'))
    assert isinstance(await failing(whatsapp), DeliveryDelayed)

    held = await failing(whatsapp)
    await send(whatsapp, asking("Ya"), to=USER)
    assert isinstance(held, DeliveryDelayed)
    assert held.reason == "held"
    clock.now += 7
    await send(whatsapp, asking("Ya"))

    assert [message.to for message in graph.sent] == [USER, PHONE]


async def test_that_it_was_read_is_shown_only_when_wanted(whatsapp, graph: FakeGraphApi, clock: Clock):
    quiet = WhatsAppChannel(token=TOKEN, number=NUMBER, api_url=graph.url, version="v26.0", clock=clock)
    await quiet.acknowledge(["wamid.A"])
    await whatsapp.acknowledge(["wamid.B"])
    async with asyncio.timeout(5):
        await graph.was_read.wait()

    assert graph.read == ["wamid.B"]
    await quiet.close()


async def test_what_came_for_another_number_is_an_alarm(whatsapp: WhatsAppChannel, graph: FakeGraphApi, logged):
    message = graph.message(PHONE, {"type": "text", "text": {"body": "MARKED"}})
    value = graph.value(message) | {"metadata": {"phone_number_id": "1"}}

    assert len(whatsapp.unpack(graph.envelope(value, graph.value(message))).updates) == 2
    assert logged == [{"event": "whatsapp_other_number", "count": 1, "log_level": "error"}]


async def test_what_is_charged_is_counted(whatsapp: WhatsAppChannel, graph: FakeGraphApi):
    def told(status: str, *, billable: object) -> dict[str, object]:
        return {"id": "wamid.O", "status": status, "timestamp": "1790000300", "pricing": {"billable": billable}}

    statuses = [told("sent", billable=True), told("delivered", billable=True), told("delivered", billable=False)]
    statuses += [told("delivered", billable="yes"), {"id": "wamid.P", "status": "delivered", "pricing": None}]
    whatsapp.unpack(graph.envelope(graph.value(statuses=statuses)))

    assert whatsapp.figures()["billable"] == 1


async def test_a_token_that_is_revoked_is_seen_before_anybody_is_answered(
    whatsapp: WhatsAppChannel, graph: FakeGraphApi, standing: Standing, told: list[list[str]]
):
    refused = b'{"error":{"code":190,"message":"MARKED","fbtrace_id":"A1"}}'
    graph.fail(Fault(401, refused))
    graph.fail(Fault(500, b"{}"))
    graph.fail(Fault(403, b'{"error":{"code":200}}'))
    graph.fail(Fault(is_cut=True))

    watching = asyncio.create_task(whatsapp.watch())
    async with asyncio.timeout(10):
        await graph.was_looked_at(2)
    watching.cancel()

    assert told == [["whatsapp sending whatsapp_190"], []], "what else fails says nothing of sending"
    assert graph.sent == []


async def test_that_the_token_is_taken_says_nothing_of_the_bill(
    whatsapp: WhatsAppChannel, graph: FakeGraphApi, standing: Standing
):
    standing.note("whatsapp", Side.SENDING, "whatsapp_131042")

    watching = asyncio.create_task(whatsapp.watch())
    async with asyncio.timeout(10):
        await graph.was_looked_at(2)
    watching.cancel()

    assert [each.reason for each in standing.list()] == ["whatsapp_131042"]
