"""Whatever is posted to a webhook: never a fault of ours, never an effect of what is not signed, and nobody set aside by it.

A short form runs with the tests; `make fuzz` posts 10,000 to each channel (TEDUH_FUZZ_PAYLOADS).
"""

import copy
import hashlib
import hmac
import json
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.app import Core, build_core
from bot.channels.telegram import TelegramChannel
from bot.channels.whatsapp import WhatsAppChannel
from bot.config import Data, Settings
from bot.content import load_content, load_interpreter
from bot.storage import inbox, tables
from bot.storage.migrate import migrate
from bot.web.hooks import Hooks, TelegramHook, WhatsAppHook
from tests.builders import NOW
from tests.fakes.bot_api import TOKEN
from tests.fakes.graph_api import APP_SECRET, NUMBER

PAYLOADS = int(os.environ.get("TEDUH_FUZZ_PAYLOADS", "150"))
CONTENT, INTERPRETER = load_content(), load_interpreter()
SECRET, PLACE = "header-secret-of-nobody-at-all", "path-secret-of-nobody-at-all"
CHAT = {"id": 5550001, "type": "private", "first_name": "S"}
HEAD = {"message_id": 4412, "date": 1790000123, "from": {"id": 5550001, "is_bot": False}, "chat": CHAT}
KEYBOARD = {"inline_keyboard": [[{"text": "Ya", "callback_data": "v1:1:a"}]]}

TELEGRAM: list[dict[str, Any]] = [
    {"message": {**HEAD, "text": "suami saya mukul saya"}},
    {"message": {**HEAD, "text": "/start puskesmas-3"}},
    {"message": {**HEAD, "voice": {"file_id": "V", "duration": 7}, "caption": "ini"}},
    {"message": {**HEAD, "photo": [{"file_id": "P", "width": 90, "height": 67}], "media_group_id": "1"}},
    {"message": {**HEAD, "location": {"latitude": -6.9, "longitude": 107.6}}},
    {"message": {**HEAD, "contact": {"phone_number": "62812", "user_id": 5550001}}},
    {"message": {**HEAD, "sticker": {"file_id": "S"}}},
    {"edited_message": {**HEAD, "edit_date": 1790000200, "text": "bukan"}},
    {"callback_query": {"id": "238471", "from": HEAD["from"], "message": {**HEAD, "reply_markup": KEYBOARD}, "data": "v1:1:a"}},
    {"my_chat_member": {"chat": CHAT, "date": 1790000400, "new_chat_member": {"status": "kicked"}}},
]
WHATSAPP: list[dict[str, Any]] = [
    {"type": "text", "text": {"body": "suami saya mukul saya"}},
    {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": {"id": "v1:1:a", "title": "Ya"}}},
    {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "v1:1:d", "title": "Pekerjaan"}}},
    {"type": "audio", "audio": {"id": "M1", "mime_type": "audio/ogg", "voice": True}},
    {"type": "image", "image": {"id": "M2", "caption": "ini"}},
    {"type": "location", "location": {"latitude": -6.9, "longitude": 107.6, "name": "Warung"}},
    {"type": "reaction", "reaction": {"message_id": "wamid.O", "emoji": "🆘"}},
    {"type": "edit", "edit": {"original_message_id": "wamid.A1", "message": {"type": "text", "text": {"body": "lain"}}}},
    {"type": "revoke", "revoke": {"original_message_id": "wamid.A1"}},
    {"type": "system", "system": {"type": "user_changed_number", "customer": "6281", "wa_id": "6282"}},
    {"type": "unsupported", "errors": [{"code": 131051}]},
]
STATUS = {"id": "wamid.O", "status": "failed", "timestamp": "1790000300", "biz_opaque_callback_data": "o:7"}
STATUS |= {"recipient_id": "6281", "errors": [{"code": 131026}]}

STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["", "\ud800", "\x00", "\u202e", "x" * 5000, "-1", "9" * 30, "halo 😢", "a\nb", "../..", "' or 1=1 --"]),
    st.sampled_from([[], {}, [None], [[[[]]]], {"": None}, [{}] * 3, {"id": {"id": {}}}]),
)


def places_of(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path] * bool(path) + [found for key, value in inner for found in places_of(value, (*path, key))]


@st.composite
def broken(draw: st.DrawFn, sound: list[dict[str, Any]]) -> bytes:
    """Mostly a right body in which a few places are strange, missing or there twice; sometimes cut, sometimes any bytes."""
    how = draw(st.integers(0, 9))
    if how == 0:
        return draw(st.binary(max_size=300))
    body = copy.deepcopy(draw(st.sampled_from(sound)))
    for _ in range(draw(st.integers(0, 4))):
        places = places_of(body)
        if not places:
            break
        *way, last = draw(st.sampled_from(places))
        node: Any = body
        for key in way:
            node = node[key]
        if draw(st.booleans()):
            node[last] = copy.deepcopy(draw(STRANGE))
        elif isinstance(node, list):
            node.append(copy.deepcopy(node[last]))
        else:
            del node[last]
    raw = json.dumps(body, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    return raw[: draw(st.integers(0, len(raw)))] if how == 1 else raw


@dataclass
class Rig:
    """The hooks of an app with both channels. `headers_of` proves a body to be the platform's."""

    core: Core
    client: httpx.AsyncClient

    async def post(self, place: str, body: bytes, headers: dict[str, str]) -> int:
        return (await self.client.post(f"/webhooks/{place}/{PLACE}", content=body, headers=headers)).status_code

    async def work(self) -> None:
        while await self.core.worker.work_once():
            pass

    async def counted(self) -> dict[str, int]:
        def count(db: sa.Connection) -> dict[str, int]:
            looked_at = (tables.inbox, tables.contacts, tables.messages, tables.outbox, tables.cases)
            return {table.name: db.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in looked_at}

        return await self.core.database.read(count)

    async def set_aside(self) -> int:
        query = sa.select(sa.func.count()).select_from(tables.inbox).where(tables.inbox.c.state == inbox.SET_ASIDE)
        return await self.core.database.read(lambda db: db.scalar(query) or 0)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    telegram = TelegramChannel(token=TOKEN, api_url="http://127.0.0.1:9")
    whatsapp = WhatsAppChannel(token="t", number=NUMBER, api_url="http://127.0.0.1:9", version="v26.0")
    core = build_core(
        Settings(data=Data(folder=str(tmp_path))), CONTENT, INTERPRETER, channels=[telegram, whatsapp], now=lambda: NOW
    )
    await migrate(core.database)
    hooks = Hooks(
        {
            f"telegram/{PLACE}": TelegramHook(
                secret=SECRET, unpack=telegram.unpack, store=core.receiver.receive, leave=lambda _group: None
            ),
            f"whatsapp/{PLACE}": WhatsAppHook(
                secrets=(APP_SECRET,),
                verify_token="v" * 24,
                unpack=whatsapp.unpack,
                store=core.receiver.receive,
                standing=core.standing,
            ),
        }
    )
    transport = httpx.ASGITransport(hooks)  # type: ignore[arg-type]  # narrower types
    async with httpx.AsyncClient(transport=transport, base_url="https://teduh.test") as client:
        yield Rig(core, client)
    await core.database.close()


def by_telegram(_body: bytes) -> dict[str, str]:
    return {"x-telegram-bot-api-secret-token": SECRET}


def by_whatsapp(body: bytes) -> dict[str, str]:
    return {"x-hub-signature-256": "sha256=" + hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()}


def telegram_bodies() -> list[dict[str, Any]]:
    bodies = copy.deepcopy([{"update_id": number, **each} for number, each in enumerate(TELEGRAM, 734120551)])
    for number, body in enumerate(bodies, 4412):
        # Two messages of one number in one chat would be one.
        body.get("message", {}).update({"message_id": number} if "message" in body else {})
    return bodies


def whatsapp_bodies() -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = []
    for number, content in enumerate(WHATSAPP):
        message = {"from": "6281", "from_user_id": "ID.1", "id": f"wamid.A{number}", "timestamp": "1790000200", **content}
        people = [{"profile": {"name": "S"}, "wa_id": "6281", "user_id": "ID.1"}]
        values.append({"contacts": people, "messages": [message, {**message, "id": f"wamid.B{number}"}]})
    values += [{"statuses": [STATUS, {**STATUS, "status": "read"}]}, {"errors": [{"code": 131042}]}]
    metadata = {"metadata": {"display_phone_number": "62", "phone_number_id": NUMBER}}
    changes = [[{"field": "messages", "value": {**metadata, **value}}] for value in values]
    return [{"object": "whatsapp_business_account", "entry": [{"id": "WABA", "changes": each}]} for each in changes]


CHANNELS = [
    pytest.param("telegram", telegram_bodies(), by_telegram, id="telegram"),
    pytest.param("whatsapp", whatsapp_bodies(), by_whatsapp, id="whatsapp"),
]
FUZZ = settings(
    max_examples=PAYLOADS,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.parametrize(("place", "sound", "proof"), CHANNELS)
async def test_what_is_broken_below_has_an_effect_while_it_is_whole(
    rig: Rig, place: str, sound: list[dict[str, Any]], proof: Callable[[bytes], dict[str, str]]
):
    for body in sound:
        raw = json.dumps(body).encode()
        assert await rig.post(place, raw, proof(raw)) == 200
    await rig.work()

    counted = await rig.counted()
    assert counted["messages"] > len(sound)
    assert (counted["contacts"], counted["cases"], await rig.set_aside()) == (1, 1, 0)


@pytest.mark.parametrize(("place", "sound", "proof"), CHANNELS)
@FUZZ
@given(data=st.data())
async def test_nothing_that_is_signed_makes_us_fail_and_nobody_is_set_aside_by_it(
    rig: Rig, place: str, sound: list[dict[str, Any]], proof: Callable[[bytes], dict[str, str]], data: st.DataObject
):
    body = data.draw(broken(sound))

    assert await rig.post(place, body, proof(body)) == 200, "anything else would come again for a day"
    await rig.work()

    assert await rig.set_aside() == 0


@pytest.mark.parametrize(("place", "sound", "proof"), CHANNELS)
@FUZZ
@given(data=st.data())
async def test_nothing_that_is_not_signed_has_an_effect(
    rig: Rig, place: str, sound: list[dict[str, Any]], proof: Callable[[bytes], dict[str, str]], data: st.DataObject
):
    body = data.draw(broken(sound))
    (name, right), *_ = proof(body).items()
    visible = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=80)
    forged = data.draw(visible | st.sampled_from([right[:-1], right + "0", right.swapcase(), "sha256=" + "0" * 64]))
    headers = {name: forged} if forged != right and data.draw(st.booleans()) else {}
    before = await rig.counted()

    assert await rig.post(place, body, headers) == 401
    await rig.work()

    assert await rig.counted() == before
