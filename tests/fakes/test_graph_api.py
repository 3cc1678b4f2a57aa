"""The fake against a client that others wrote: what pywa sends it must judge as Meta does, what it posts pywa must understand."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pywa.types import Button, Section, SectionList, SectionRow
from pywa.types.templates import TemplateLanguage
from pywa.utils import webhook_updates_validator
from pywa_async import WhatsApp
from pywa_async.errors import (
    ExpiredAccessToken,
    InvalidParameter,
    MessageUndeliverable,
    ReEngagementMessage,
    TemplateNotExists,
    TooManyMessages,
    WhatsAppError,
)
from pywa_async.types import (
    CallbackButton,
    CallbackSelection,
    DeletedMessage,
    EditedMessage,
    Message,
    MessageStatus,
    PhoneNumberChange,
)

from bot.channels import whatsapp_updates
from bot.domain.messages import InboundMessage, Kind
from tests.builders import NOW
from tests.fakes.graph_api import APP_SECRET, NUMBER, TOKEN, FakeGraphApi

PHONE, USER = "6281200000001", "ID.4471"


class Here(httpx.AsyncHTTPTransport):
    """Calls to Meta arrive at the fake."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = httpx.URL(url)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.host == "graph.facebook.com"
        request.url = request.url.copy_with(scheme="http", host=self._url.host, port=self._url.port)
        return await super().handle_async_request(request)


@pytest.fixture
async def graph() -> AsyncIterator[FakeGraphApi]:
    async with FakeGraphApi(clock=NOW.timestamp) as fake:
        fake.person(USER, wrote_at=NOW.timestamp())
        # pywa can't read a contact without an id of the platform's; we can (see test_whatsapp_updates).
        fake.person(PHONE, wrote_at=NOW.timestamp(), user_id="ID.9")
        yield fake


@pytest.fixture
async def pywa(graph: FakeGraphApi) -> AsyncIterator[WhatsApp]:
    async with httpx.AsyncClient(transport=Here(graph.url)) as session:
        yield WhatsApp(phone_id=NUMBER, token=TOKEN, session=session, api_version="26.0", server=None)


def buttons(*titles: str) -> list[Button]:
    return [Button(title=title, callback_data=f"d{number}") for number, title in enumerate(titles)]


def rows(*titles: str, label: str = "Pilihan") -> SectionList:
    section = Section(title="Topik", rows=[SectionRow(title=each, callback_data=f"d{n}") for n, each in enumerate(titles)])
    return SectionList(button_title=label, sections=[section])


async def test_every_kind_that_we_send_is_taken_from_another_client_too(graph: FakeGraphApi, pywa: WhatsApp):
    sent = await pywa.send_message(PHONE, "Halo", tracker="o:1")
    await pywa.send_message(USER, "Aman?", buttons=buttons("Ya", "Tidak"))
    await pywa.send_message(PHONE, "Pilih", buttons=rows("Keluarga", "Pekerjaan"))
    await pywa.request_location(PHONE, "Kamu di mana?")
    await pywa.send_template(PHONE, name="kabar_netral", language=TemplateLanguage.INDONESIAN, params=[])
    await pywa.mark_message_as_read("wamid.A1")

    assert [(each.to, each.kind) for each in graph.sent] == [
        (PHONE, "text"),
        (USER, "button"),
        (PHONE, "list"),
        (PHONE, "location_request"),
        (PHONE, "template"),
    ]
    assert (sent.id, graph.sent[0].key) == (graph.sent[0].id, "o:1")
    assert graph.sent[1].choices == [("d0", "Ya"), ("d1", "Tidak")]
    assert graph.read == ["wamid.A1"]


@pytest.mark.parametrize(
    "content",
    [
        {"text": "x" * 4097},
        {"text": "x" * 1025, "buttons": buttons("Ya")},
        {"text": "?", "buttons": buttons("a", "b", "c", "d")},
        {"text": "?", "buttons": buttons("x" * 21)},
        {"text": "?", "buttons": buttons("Ya", "Ya")},
        {"text": "?", "buttons": rows(*"abcdefghijk")},
        {"text": "?", "buttons": rows("x" * 25)},
        {"text": "?", "buttons": rows("a", label="x" * 21)},
    ],
    ids=["4097", "1025 with buttons", "4 buttons", "21 letters", "twice", "11 rows", "25 letters", "a long label"],
)
async def test_what_is_over_a_limit_is_refused(graph: FakeGraphApi, pywa: WhatsApp, content: dict[str, Any]):
    with pytest.raises(InvalidParameter):
        await pywa.send_message(PHONE, **content)

    assert graph.sent == []


@pytest.mark.parametrize(
    "content", [{"text": "x" * 4096}, {"text": "😢" * 2048}, {"text": "x" * 1024, "buttons": buttons("x" * 20)}]
)
async def test_what_is_just_within_a_limit_is_taken(graph: FakeGraphApi, pywa: WhatsApp, content: dict[str, Any]):
    await pywa.send_message(PHONE, **content)

    assert len(graph.sent) == 1


async def test_after_a_day_only_an_approved_template_is_taken(graph: FakeGraphApi, pywa: WhatsApp):
    graph.person(PHONE, wrote_at=NOW.timestamp() - 24 * 3600)

    with pytest.raises(ReEngagementMessage):
        await pywa.send_message(PHONE, "Halo")
    await pywa.send_template(PHONE, name="kabar_netral", language=TemplateLanguage.ENGLISH, params=[])
    with pytest.raises(TemplateNotExists):
        await pywa.send_template(PHONE, name="kabar_netral", language=TemplateLanguage.ARABIC, params=[])


async def test_its_refusals_are_the_ones_that_are_known(graph: FakeGraphApi, pywa: WhatsApp):
    graph.person("62999", is_gone=True)
    with pytest.raises(MessageUndeliverable):
        await pywa.send_message("62999", "Halo")

    graph.per_pair = True
    for _ in range(45):
        await pywa.send_message(PHONE, "Halo")
    with pytest.raises(TooManyMessages):
        await pywa.send_message(PHONE, "Halo")

    async with httpx.AsyncClient(transport=Here(graph.url)) as session:
        stranger = WhatsApp(phone_id=NUMBER, token="EAAG-other", session=session, api_version="26.0", server=None)
        with pytest.raises(ExpiredAccessToken):
            await stranger.send_message(PHONE, "Halo")
        elsewhere = WhatsApp(
            phone_id="1", token=TOKEN, session=httpx.AsyncClient(transport=Here(graph.url)), api_version="26.0"
        )
        with pytest.raises(WhatsAppError):
            await elsewhere.send_message(PHONE, "Halo")
        await elsewhere.api._session.aclose()


def posted(graph: FakeGraphApi, content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return json.loads(graph.envelope(graph.value(graph.message(PHONE, content, **more))))


PLACE = {"latitude": -6.9, "longitude": 107.6, "name": "Warung", "address": "Jl. Mawar"}


async def test_what_it_posts_is_read_alike_by_another_client(graph: FakeGraphApi, pywa: WhatsApp):
    text = posted(graph, {"type": "text", "text": {"body": "tolong"}})
    place = posted(graph, {"type": "location", "location": PLACE})
    voice = posted(graph, {"type": "audio", "audio": {"id": "M1", "mime_type": "audio/ogg", "sha256": "x", "voice": True}})
    photo = posted(graph, {"type": "image", "image": {"id": "M2", "mime_type": "image/jpeg", "sha256": "x", "caption": "ini"}})
    reaction = posted(graph, {"type": "reaction", "reaction": {"message_id": "wamid.O", "emoji": "🆘"}})

    assert Message.from_update(pywa, text).text == ours(text).text == "tolong"
    theirs = Message.from_update(pywa, place).location
    assert (theirs.latitude, theirs.longitude) == (ours(place).latitude, ours(place).longitude) == (-6.9, 107.6)
    assert Message.from_update(pywa, voice).audio.id == ours(voice).file_id == "M1"
    assert Message.from_update(pywa, photo).caption == ours(photo).text == "ini"
    assert Message.from_update(pywa, reaction).reaction.emoji == ours(reaction).text == "🆘"


async def test_choices_edits_and_take_backs_are_read_alike(graph: FakeGraphApi, pywa: WhatsApp):
    context = {"context": {"from": "62210000000", "id": "wamid.OUT7"}}
    button = {"type": "button_reply", "button_reply": {"id": "v1:1:a", "title": "Ya"}}
    row = {"type": "list_reply", "list_reply": {"id": "v1:1:d", "title": "Pekerjaan", "description": ""}}
    pressed = posted(graph, {"type": "interactive", "interactive": button}, **context)
    chosen = posted(graph, {"type": "interactive", "interactive": row}, **context)
    inner = {"type": "text", "text": {"body": "lain"}}
    edited = posted(graph, {"type": "edit", "edit": {"original_message_id": "wamid.X", "message": inner}})
    revoked = posted(graph, {"type": "revoke", "revoke": {"original_message_id": "wamid.X"}})

    assert CallbackButton.from_update(pywa, pressed).data == ours(pressed).button == "v1:1:a"
    assert CallbackSelection.from_update(pywa, chosen).data == ours(chosen).button == "v1:1:d"
    edit, back = EditedMessage.from_update(pywa, edited), DeletedMessage.from_update(pywa, revoked)
    assert (edit.original_message_id, edit.message.text) == (ours(edited).about, ours(edited).text) == ("wamid.X", "lain")
    assert back.original_message_id == ours(revoked).about == "wamid.X"


async def test_a_change_of_number_is_one_for_both(graph: FakeGraphApi, pywa: WhatsApp):
    system = {"body": "x", "type": "user_changed_number", "wa_id": "6281200000002", "customer": PHONE, "identity": "x"}
    moved = posted(graph, {"type": "system", "system": system})

    assert PhoneNumberChange.from_update(pywa, moved).new_wa_id == "6281200000002"
    assert ours(moved).kind is Kind.MOVED


async def test_a_status_brings_back_what_was_sent_with_the_message(graph: FakeGraphApi, pywa: WhatsApp):
    await pywa.send_message(PHONE, "Halo", tracker="o:7")
    told = {"id": graph.sent[0].id, "status": "failed", "timestamp": "1790000300", "recipient_id": PHONE}
    told |= {"biz_opaque_callback_data": graph.sent[0].key, "errors": [{"code": 131026, "title": "x", "message": "x"}]}
    contact = {"contacts": [{"profile": {"name": "S"}, "wa_id": PHONE, "user_id": USER}]}
    value = graph.value(statuses=[told]) | contact

    status = MessageStatus.from_update(pywa, json.loads(graph.envelope(value)))

    assert (status.id, status.tracker) == (graph.sent[0].id, "o:7")
    assert isinstance(status.error, MessageUndeliverable)


def test_both_accept_the_same_signature_over_the_same_bytes():
    body = FakeGraphApi.envelope({"messages": []})
    signature = "sha256=" + hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()

    for given, secret, is_right in [
        (signature, APP_SECRET, True),
        (signature, "f" * 32, False),
        (signature[:-1] + "x", APP_SECRET, False),
    ]:
        assert webhook_updates_validator(secret, body, given) is is_right
        assert whatsapp_updates.is_signed(body, given.encode(), [secret.encode()]) is is_right


def ours(envelope: dict[str, Any]) -> InboundMessage:
    (update,) = whatsapp_updates.unpack(json.dumps(envelope).encode(), now=NOW).updates
    message = whatsapp_updates.parse(update.body, number=NUMBER)
    assert isinstance(message, InboundMessage)
    return message
