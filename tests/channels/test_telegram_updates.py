"""What updates say. Shapes as in the Bot API's documentation; names and numbers are nobody's."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.channels import telegram_updates
from bot.channels.telegram_updates import parse, split_batch, unpack
from bot.domain.messages import InboundMessage, Kind
from tests.builders import NOW

PERSON = {"id": 5550001, "is_bot": False, "first_name": "S", "language_code": "id"}
PRIVATE = {"id": 5550001, "type": "private", "first_name": "S"}
SENT_AT = datetime(2026, 9, 21, 14, 15, 23, tzinfo=UTC)


def update(**content: Any) -> bytes:
    return json.dumps({"update_id": 734120551, **content}).encode()


def message(**content: Any) -> bytes:
    return update(message={"message_id": 4412, "date": 1790000123, "from": PERSON, "chat": PRIVATE, **content})


def press(**changes: Any) -> bytes:
    keyboard = {
        "inline_keyboard": [[{"text": "Ya", "callback_data": "v1:s8f3:q07:a"}], [{"text": "Web", "url": "https://x.test"}]]
    }
    bubble = {"message_id": 4413, "date": 1790000124, "chat": PRIVATE, "text": "...", "reply_markup": keyboard}
    query = {"id": "238471", "chat_instance": "-77", "from": PERSON, "message": bubble, "data": "v1:s8f3:q07:a"}
    return update(callback_query=query | changes)


def said(kind: Kind, **more: Any) -> InboundMessage:
    return InboundMessage(kind=kind, **{"platform_id": "4412", "sent_at": SENT_AT, **more})


FILE = {"file_id": "AwAC1", "file_unique_id": "AgAD1", "file_size": 31000}
PHOTO = [{"file_id": "P1s", "width": 90, "height": 67}, {"file_id": "P1l", "width": 1280, "height": 960}]
GOLDENS = [
    pytest.param(message(text="saya takut pulang"), said(Kind.TEXT, text="saya takut pulang"), id="text"),
    pytest.param(message(text="/start"), said(Kind.START), id="start"),
    pytest.param(message(text="/start poster-7_B"), said(Kind.START), id="start by a link"),
    pytest.param(
        message(text="/start tolong saya dipukul"), said(Kind.TEXT, text="tolong saya dipukul"), id="words after start"
    ),
    pytest.param(message(text="/hapus"), said(Kind.TEXT, text="hapus data"), id="command of the menu"),
    pytest.param(message(text="/hapus jangan"), said(Kind.TEXT, text="/hapus jangan"), id="words after a command"),
    pytest.param(message(text="/tidakada"), said(Kind.TEXT, text="/tidakada"), id="unknown command"),
    pytest.param(message(voice=FILE | {"duration": 7}), said(Kind.VOICE, file_id="AwAC1"), id="voice"),
    pytest.param(message(audio=FILE), said(Kind.VOICE, file_id="AwAC1"), id="audio"),
    pytest.param(message(photo=PHOTO, caption="ini"), said(Kind.PHOTO, file_id="P1l", text="ini"), id="photo, last size"),
    pytest.param(message(photo=PHOTO, media_group_id="9"), said(Kind.PHOTO, file_id="P1l"), id="one of an album"),
    pytest.param(message(video=FILE), said(Kind.VIDEO, file_id="AwAC1"), id="video"),
    pytest.param(message(video_note=FILE), said(Kind.VIDEO, file_id="AwAC1"), id="round video"),
    pytest.param(message(animation=FILE, document=FILE), said(Kind.VIDEO, file_id="AwAC1"), id="animation"),
    pytest.param(message(document=FILE, caption="surat"), said(Kind.DOCUMENT, file_id="AwAC1", text="surat"), id="document"),
    pytest.param(message(sticker=FILE | {"emoji": "😢"}), said(Kind.STICKER, file_id="AwAC1"), id="sticker"),
    pytest.param(
        message(location={"latitude": -7.25, "longitude": 112.75}),
        said(Kind.LOCATION, latitude=-7.25, longitude=112.75),
        id="location",
    ),
    pytest.param(
        message(location={"latitude": -7.25, "longitude": 112.75, "live_period": 900}),
        said(Kind.UNSUPPORTED),
        id="live location is refused",
    ),
    pytest.param(message(location={"latitude": 91, "longitude": 0}), said(Kind.UNSUPPORTED), id="a place that is none"),
    pytest.param(message(contact={"phone_number": "6281200000001", "first_name": "S"}), said(Kind.CONTACT), id="contact"),
    pytest.param(message(poll={"id": "1", "question": "?"}), said(Kind.UNSUPPORTED), id="poll"),
    pytest.param(message(dice={"emoji": "🎲", "value": 3}), said(Kind.UNSUPPORTED), id="dice"),
    pytest.param(message(of_next_year={"a": 1}), said(Kind.UNSUPPORTED), id="a kind of next year"),
    pytest.param(message(text="halo", forward_origin={"type": "user"}), said(Kind.TEXT, text="halo"), id="forwarded"),
    pytest.param(message(message_auto_delete_timer_changed={"t": 1}), InboundMessage(kind=Kind.IGNORED), id="service notice"),
    pytest.param(
        update(message={"message_id": 1, "date": 1, "from": PERSON | {"is_bot": True}, "chat": PRIVATE, "text": "x"}),
        InboundMessage(kind=Kind.IGNORED),
        id="another bot",
    ),
    pytest.param(
        press(),
        InboundMessage(kind=Kind.BUTTON, button="v1:s8f3:q07:a", text="Ya", platform_id="4413", reply_token="238471"),
        id="button",
    ),
    pytest.param(
        press(message=None),
        InboundMessage(kind=Kind.BUTTON, button="v1:s8f3:q07:a", reply_token="238471"),
        id="button of a message that is gone",
    ),
    pytest.param(
        press(message={"message_id": 4413, "date": 0, "chat": PRIVATE}, data="forged"),
        InboundMessage(kind=Kind.BUTTON, button="forged", platform_id="4413", reply_token="238471"),
        id="button of an inaccessible message",
    ),
    pytest.param(
        update(edited_message={"message_id": 4412, "date": 1790000123, "edit_date": 1, "chat": PRIVATE, "text": "bukan"}),
        said(Kind.EDIT, text="bukan", about="4412"),
        id="edit",
    ),
    pytest.param(
        update(edited_message={"message_id": 4412, "date": 1790000123, "chat": PRIVATE, "location": {"latitude": 1}}),
        InboundMessage(kind=Kind.IGNORED),
        id="a live location moved",
    ),
    pytest.param(
        update(my_chat_member={"chat": PRIVATE, "date": 1790000123, "new_chat_member": {"status": "kicked"}}),
        InboundMessage(kind=Kind.BLOCKED, sent_at=SENT_AT),
        id="blocked",
    ),
    pytest.param(
        update(my_chat_member={"chat": PRIVATE, "date": 1790000123, "new_chat_member": {"status": "member"}}),
        InboundMessage(kind=Kind.UNBLOCKED, sent_at=SENT_AT),
        id="unblocked",
    ),
    pytest.param(
        update(my_chat_member={"chat": PRIVATE, "date": 1790000123, "new_chat_member": {"status": "of_next_year"}}),
        InboundMessage(kind=Kind.IGNORED, sent_at=SENT_AT),
        id="an unknown state of membership",
    ),
    pytest.param(
        update(message={"message_id": 1, "date": 1, "chat": {"id": -100, "type": "supergroup"}, "text": "rahasia"}),
        InboundMessage(kind=Kind.IGNORED),
        id="group",
    ),
    pytest.param(update(inline_query={"id": "1", "query": "x"}), InboundMessage(kind=Kind.UNSUPPORTED), id="unknown update"),
]


@pytest.mark.parametrize(("body", "expected"), GOLDENS)
def test_an_update_says(body: bytes, expected: InboundMessage) -> None:
    assert parse(body) == expected


@pytest.mark.parametrize("body", [case.values[0] for case in GOLDENS])
def test_what_telegram_adds_or_empties_changes_nothing_else(body: bytes) -> None:
    content = json.loads(body)
    for part in content.values():
        if isinstance(part, dict):
            part |= {"field_of_next_year": {"deep": [1]}, "caption_entities": None, "reply_to_message": None}

    assert parse(json.dumps(content, indent=3, ensure_ascii=True).encode()) == parse(body)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"voice": "x"}, id="text for an object"),
        pytest.param({"date": "yesterday"}, id="text for a number"),
        pytest.param({"photo": {"a": 1}}, id="object for a list"),
        pytest.param({"reply_markup": 7, "sticker": None, "contact": []}, id="several at once"),
        pytest.param({"caption": "\ud800"}, id="half a character elsewhere"),
    ],
)
def test_a_field_of_the_wrong_kind_hides_no_other(broken: dict[str, Any]) -> None:
    heard = parse(message(text="tolong saya", **broken))

    assert (heard.kind, heard.text, heard.platform_id) == (Kind.TEXT, "tolong saya", "4412")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("a\ud800b\udfffc", "a\ufffdb\ufffdc", id="lone surrogates"),
        pytest.param("a\0b", "a\ufffdb", id="NUL"),
        pytest.param("takut 😢", "takut 😢", id="a whole pair"),
        pytest.param("x" * 1_000_000, "x" * 4096, id="a megabyte"),
        pytest.param("😢" * 5000, "😢" * 4096, id="cut between characters"),
    ],
)
def test_a_text_is_made_sound_and_bounded(text: str, kept: str) -> None:
    assert parse(message(text=text)).text == kept


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (message(text="halo"), {"update_id": 5, "message": {"text": "halo"}}, True),
        (message(text="halo"), {"message": {"message_id": 4413, "text": "lagi"}}, False),
        (message(text="halo"), {"message": {"chat": {"id": 5550002, "type": "private"}, "text": "halo"}}, False),
    ],
    ids=["the same message under another number", "the same number with another message", "the same in another chat"],
)
def test_an_update_is_known_by_what_it_is_about(one: bytes, other: dict[str, Any], is_same: bool) -> None:
    body = json.loads(one)
    body |= {name: value for name, value in other.items() if name != "message"}
    body["message"] |= other["message"]

    keys = [unpack(raw, account="42", now=NOW).update for raw in (one, json.dumps(body).encode())]

    assert (keys[0].key == keys[1].key) is is_same  # type: ignore[union-attr]  # both are kept


def test_each_edit_and_each_press_is_one() -> None:
    def edit(words: str, at: int) -> bytes:
        said = {"message_id": 4412, "date": 1, "edit_date": at, "chat": PRIVATE, "text": words}
        return update(edited_message=said)

    bodies = [edit("a", 1), edit("b", 1), edit("b", 2), edit("b", 2), press(message=None), press(message=None)]
    keys = [unpacked.update.key for raw in bodies if (unpacked := unpack(raw, account="42", now=NOW)).update]

    assert len(keys) == 6
    assert len(set(keys)) == 4


def test_an_update_is_named_by_its_message_and_belongs_to_its_chat() -> None:
    body = message(text="halo")

    unpacked = unpack(body, account="42", now=NOW)

    update = unpacked.update
    assert update is not None
    assert (update.channel, update.account, update.key, update.address) == ("telegram", "42", "m:5550001:4412", "5550001")
    assert (update.body, update.received_at, unpacked.update_id) == (body, NOW, 734120551)


def test_a_press_belongs_to_the_presser_when_its_message_is_gone() -> None:
    unpacked = unpack(press(message=None), account="42", now=NOW)

    assert unpacked.update is not None
    assert unpacked.update.address == "5550001"


@pytest.mark.parametrize("chat", [{"id": -100, "type": "supergroup"}, {"id": -5, "type": "channel"}, {"id": -7}])
def test_nothing_of_a_group_is_kept(chat: dict[str, Any]) -> None:
    unpacked = unpack(update(message={"message_id": 1, "date": 1, "chat": chat, "text": "x"}), account="42", now=NOW)

    assert (unpacked.update, unpacked.group, unpacked.update_id) == (None, chat["id"], 734120551)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param(update(inline_query={"id": "1"}), "inline_query", id="a kind we don't take"),
        pytest.param(update(**{"Siti, 081200000001": 1}), "unreadable", id="no name of a kind"),
        pytest.param(b"[]", "unreadable", id="a list"),
        pytest.param(b"", "unreadable", id="nothing"),
        pytest.param(b'{"update_id":7}', "unreadable", id="empty"),
        pytest.param(b'{"update_id":7,"message":{"text":"x"}}', "message", id="no chat"),
    ],
)
def test_what_is_none_of_ours_is_named_by_its_kind_only(body: bytes, kind: str) -> None:
    unpacked = unpack(body, account="42", now=NOW)

    assert (unpacked.update, unpacked.group, unpacked.kind) == (None, None, kind)


def test_a_batch_is_split_without_touching_its_updates() -> None:
    first, second = message(text="satu"), b'{ "update_id" : 8 , "message" : {"chat":{"id":5},"text":"\\u0064ua"} }'

    assert split_batch(b"[" + first + b", " + second + b"]") == [first, second]


def test_one_update_that_is_no_sound_json_does_not_hide_its_neighbours() -> None:
    batch = split_batch(b"[" + message(text="satu") + b"," + message(text="\ud800") + b"]")

    assert [parse(each).text for each in batch] == ["satu", "\ufffd"]


@pytest.mark.parametrize("result", [b"", b"{}", b"null", b"[", b"[" * 100_000, b"\xff"])
def test_a_batch_that_is_none_is_empty(result: bytes) -> None:
    assert split_batch(result) == []


# Any bytes, and any JSON that looks a little like an update

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["private", "group", "kicked", "\ud800"])
)
names = st.sampled_from(
    [
        "id",
        "type",
        "chat",
        "from",
        "text",
        "caption",
        "data",
        "message",
        "message_id",
        "date",
        "voice",
        "photo",
        "file_id",
        "location",
        "latitude",
        "longitude",
        "live_period",
        "reply_markup",
        "inline_keyboard",
        "new_chat_member",
        "status",
    ]
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5), max_leaves=20
)
updates = st.fixed_dictionaries({}, optional={"update_id": scalars, **dict.fromkeys(telegram_updates.KINDS, values)})


def take_in(body: bytes) -> InboundMessage:
    unpacked = unpack(body, account="42", now=NOW)
    heard = parse(body)
    heard.text.encode()
    heard.button.encode()
    assert len(heard.text) <= 4096
    assert "\0" not in heard.text
    assert unpacked.update is None or int(unpacked.update.address) > 0
    return heard


@settings(max_examples=1500, deadline=None)
@given(updates)
@example({"update_id": 1, "message": {"chat": {"id": 10**400}, "date": 10**400}})
@example({"update_id": 1, "message": {"chat": {"id": 1}, "location": {"latitude": float("nan"), "longitude": float("inf")}}})
def test_no_json_whatever_is_an_error(content: dict[str, Any]) -> None:
    take_in(json.dumps(content).encode())


@settings(max_examples=1000, deadline=None)
@given(st.binary() | st.binary().map(lambda junk: message(text="halo")[: len(junk) * 3] + junk))
@example(b"[" * 200_000)
@example(b'{"update_id":' + b"9" * 10_000 + b"}")
@example(b'{"message":' * 50_000)
def test_no_bytes_whatever_are_an_error(body: bytes) -> None:
    take_in(body)
