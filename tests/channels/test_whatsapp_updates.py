"""What the Cloud API posts: every event is found, whatever surrounds it, and nothing makes reading fail."""

import copy
import hashlib
import hmac
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import whatsapp_updates
from bot.domain.messages import DeliveryState, Failing, InboundMessage, Kind, Receipt
from tests.builders import NOW
from tests.fakes.graph_api import APP_SECRET, NUMBER, FakeGraphApi

PHONE, USER = "6281200000001", "ID.4471"


def post(*messages: dict[str, Any], **value: Any) -> bytes:
    contacts = value.pop("contacts", [{"profile": {"name": "MARKED"}, "wa_id": PHONE, "user_id": USER}])
    inner = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": NUMBER},
        "contacts": contacts,
        "messages": list(messages),
        **value,
    }
    return FakeGraphApi.envelope(inner)


def said(content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"from": PHONE, "id": "wamid.A1", "timestamp": "1790000200", **content, **more}


def parsed(raw: bytes) -> InboundMessage | Receipt:
    (update,) = whatsapp_updates.unpack(raw, now=NOW).updates
    return whatsapp_updates.parse(update.body, number=NUMBER)


@pytest.mark.parametrize(
    ("content", "kind", "text", "button"),
    [
        ({"type": "text", "text": {"body": "tolong"}}, Kind.TEXT, "tolong", ""),
        (
            {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": {"id": "v1:1:0", "title": "Ya"}}},
            Kind.BUTTON,
            "Ya",
            "v1:1:0",
        ),
        (
            {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "v1:2:3", "title": "Kerja"}}},
            Kind.BUTTON,
            "Kerja",
            "v1:2:3",
        ),
        ({"type": "button", "button": {"text": "Balas", "payload": "x"}}, Kind.TEXT, "Balas", ""),
        ({"type": "audio", "audio": {"id": "M1", "mime_type": "audio/ogg", "voice": True}}, Kind.VOICE, "", ""),
        ({"type": "image", "image": {"id": "M2", "caption": "ini"}}, Kind.PHOTO, "ini", ""),
        ({"type": "document", "document": {"id": "M3", "filename": "MARKED.pdf"}}, Kind.DOCUMENT, "", ""),
        ({"type": "video", "video": {"id": "M4"}}, Kind.VIDEO, "", ""),
        ({"type": "sticker", "sticker": {"id": "M5"}}, Kind.STICKER, "", ""),
        ({"type": "location", "location": {"latitude": -6.9, "longitude": 107.6}}, Kind.LOCATION, "", ""),
        ({"type": "location", "location": {"latitude": 500, "longitude": 107.6}}, Kind.UNSUPPORTED, "", ""),
        ({"type": "contacts", "contacts": [{"name": {}}]}, Kind.CONTACT, "", ""),
        ({"type": "reaction", "reaction": {"message_id": "wamid.O", "emoji": "🆘"}}, Kind.REACTION, "🆘", ""),
        ({"type": "reaction", "reaction": {"message_id": "wamid.O"}}, Kind.IGNORED, "", ""),
        ({"type": "reaction", "reaction": {"message_id": "wamid.O", "emoji": ""}}, Kind.IGNORED, "", ""),
        ({"type": "edit", "edit": {"message": {"text": {"body": "lain"}}}}, Kind.EDIT, "lain", ""),
        ({"type": "edit", "edit": {"message": {"type": "image", "image": {"caption": "lain"}}}}, Kind.EDIT, "lain", ""),
        ({"type": "revoke", "revoke": {"original_message_id": "wamid.X"}}, Kind.REVOKED, "", ""),
        ({"type": "system", "system": {"type": "user_changed_number", "wa_id": "628"}}, Kind.MOVED, "", ""),
        ({"type": "system", "system": {"type": "something_new"}}, Kind.IGNORED, "", ""),
        ({"type": "unsupported", "errors": [{"code": 131051}]}, Kind.UNSUPPORTED, "", ""),
        ({"type": "order", "order": {}}, Kind.UNSUPPORTED, "", ""),
        ({"type": "of_next_year"}, Kind.UNSUPPORTED, "", ""),
        ({"type": "text", "text": {"body": ""}}, Kind.UNSUPPORTED, "", ""),
        ({"type": "text", "text": None}, Kind.UNSUPPORTED, "", ""),
        ({}, Kind.UNSUPPORTED, "", ""),
    ],
)
def test_every_kind_is_read(content: dict[str, Any], kind: Kind, text: str, button: str):
    message = parsed(post(said(content)))

    assert isinstance(message, InboundMessage)
    assert (message.kind, message.text, message.button) == (kind, text, button)


@pytest.mark.parametrize("kind", ["edit", "revoke"])
def test_an_edit_or_a_withdrawal_names_its_message(kind: str):
    message = parsed(post(said({"type": kind, kind: {"original_message_id": "wamid.X"}})))

    assert isinstance(message, InboundMessage)
    assert message.about == "wamid.X"


def test_what_a_map_calls_a_place_is_no_word_of_the_person():
    place = {"latitude": -6.9, "longitude": 107.6, "name": "Warung Bu Tini", "address": "Jl. Mawar 1"}

    message = parsed(post(said({"type": "location", "location": place})))

    assert isinstance(message, InboundMessage)
    assert (message.text, message.place_name) == ("", "Warung Bu Tini, Jl. Mawar 1")


def test_the_advertisement_that_led_here_is_not_kept():
    referral = {"source_url": "https://MARKED.test", "headline": "MARKED"}

    (update,) = whatsapp_updates.unpack(
        post(said({"type": "text", "text": {"body": "halo"}}, referral=referral)), now=NOW
    ).updates

    assert b"MARKED" not in update.body


def test_a_person_is_known_by_the_platform_s_id_and_the_number_beside_it():
    (update,) = whatsapp_updates.unpack(post(said({"type": "text", "text": {"body": "halo"}})), now=NOW).updates
    message = whatsapp_updates.parse(update.body, number=NUMBER)

    assert (update.address, update.account, update.key) == (USER, NUMBER, "m:wamid.A1")
    assert isinstance(message, InboundMessage)
    assert message.also_address == PHONE
    assert message.sent_at is not None
    assert b"MARKED" not in update.body


@pytest.mark.parametrize(
    ("message", "contacts", "address"),
    [
        ({"from_user_id": USER, "id": "w", "type": "text", "text": {"body": "tanpa nomor"}}, [], USER),
        ({"from": PHONE, "id": "w", "type": "text", "text": {"body": "lama"}}, [], PHONE),
        ({"from": PHONE, "id": "w", "type": "text", "text": {"body": "x"}}, [{"wa_id": "62999", "user_id": "ID.1"}], PHONE),
        ({"id": "w", "type": "system", "system": {"type": "user_changed_user_id", "user_id": USER}}, [], USER),
        ({"id": "w", "type": "system", "system": {"type": "user_changed_number", "customer": PHONE}}, [], PHONE),
        (
            {"id": "w", "type": "system", "system": {"type": "user_changed_number", "customer": PHONE, "user_id": USER}},
            [],
            PHONE,
        ),
    ],
    ids=["no number", "no id", "another's contact", "a change of id", "a change of number", "a change of both"],
)
def test_who_wrote_is_found_whatever_is_missing(message: dict[str, Any], contacts: list[Any], address: str):
    (update,) = whatsapp_updates.unpack(post(message, contacts=contacts), now=NOW).updates

    assert update.address == address


def test_a_talk_does_not_follow_to_the_new_name_that_a_change_tells():
    system = {"type": "user_changed_number", "wa_id": "6281200000002", "user_id": "ID.NEW", "customer": PHONE}

    message = parsed(post({"from": PHONE, "id": "w", "type": "system", "system": system}, contacts=[]))

    assert isinstance(message, InboundMessage)
    assert (message.kind, message.also_address) == (Kind.MOVED, "")


def test_all_entries_changes_messages_and_statuses_of_a_post_are_found():
    def change(first: int) -> dict[str, Any]:
        messages = [said({"type": "text", "text": {"body": str(n)}}, id=f"wamid.{n}") for n in range(first, first + 5)]
        value = {"metadata": {"phone_number_id": NUMBER}, "messages": messages}
        return {"field": "messages", "value": value}

    statuses = [{"id": f"wamid.O{n}", "status": "sent", "timestamp": "1790000300"} for n in range(1000)]
    more = {"field": "messages", "value": {"metadata": {"phone_number_id": NUMBER}, "statuses": statuses}}
    entries = [{"changes": [change(entry * 10), change(entry * 10 + 5)]} for entry in range(3)] + [{"changes": [more]}]

    found = whatsapp_updates.unpack(
        json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode(), now=NOW
    ).updates

    assert len(found) == 30 + 1000
    assert len({update.key for update in found}) == 1030


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("sent", DeliveryState.SENT),
        ("delivered", DeliveryState.DELIVERED),
        ("read", DeliveryState.READ),
        ("played", DeliveryState.READ),
        ("failed", DeliveryState.FAILED),
    ],
)
def test_a_status_is_a_receipt_with_our_key(status: str, state: DeliveryState):
    told = {"id": "wamid.OUT7", "status": status, "timestamp": "1790000300", "recipient_id": PHONE}
    told |= {"biz_opaque_callback_data": "o:7", "errors": [{"code": 131047, "title": "MARKED"}]}

    receipt = parsed(post(messages=[], statuses=[told]))

    assert isinstance(receipt, Receipt)
    assert (receipt.state, receipt.key, receipt.error, receipt.platform_id) == (state, "o:7", "whatsapp_131047", "wamid.OUT7")


@pytest.mark.parametrize(
    ("code", "failing"),
    [
        (131026, Failing.UNREACHABLE),
        (131062, Failing.UNREACHABLE),
        (131047, Failing.FINAL),
        (131049, Failing.FINAL),
        (131050, Failing.FINAL),
        (131053, Failing.FINAL),
        (132001, Failing.FINAL),
        (132015, Failing.FINAL),
        (130429, Failing.PASSING),
        (131056, Failing.PASSING),
        (131000, Failing.PASSING),
        (131048, Failing.PASSING),
        (131042, Failing.CHANNEL),
        (131031, Failing.CHANNEL),
        (190, Failing.CHANNEL),
        (None, Failing.FINAL),
    ],
)
def test_what_fails_after_it_was_taken_means_what_its_code_says(code: int | None, failing: Failing):
    told = {"id": "wamid.OUT7", "status": "failed", "timestamp": "1790000300", "errors": [{"code": code}] if code else []}

    receipt = parsed(post(messages=[], statuses=[told]))

    assert isinstance(receipt, Receipt)
    assert receipt.failing is failing


def test_the_same_message_has_the_same_key_however_it_is_written():
    body = post(said({"type": "text", "text": {"body": "halo é"}}))
    spaced = json.dumps(json.loads(body), indent=3, ensure_ascii=False, sort_keys=True).encode()

    (one,), (two,) = (whatsapp_updates.unpack(each, now=NOW).updates for each in (body, spaced))

    assert one.key == two.key


@pytest.mark.parametrize(
    ("raw", "ignored"),
    [
        (FakeGraphApi.envelope().replace(b'"messages"', b'"messages"'), ["unreadable"]),
        (b'{"object":"page","entry":[]}', ["unreadable"]),
        (post(said({"type": "text", "text": {"body": "x"}}, group_id="g")), ["group"]),
        (post({"id": "w", "type": "text", "text": {"body": "x"}}, contacts=[]), ["nobody"]),
        (
            json.dumps(
                {"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "smb_message_echoes", "value": {}}]}]}
            ).encode(),
            ["smb_message_echoes"],
        ),
    ],
    ids=["empty", "a page", "a group", "nobody", "our own words"],
)
def test_what_is_none_of_ours_is_named_and_left(raw: bytes, ignored: list[str]):
    found = whatsapp_updates.unpack(raw, now=NOW)

    assert (found.updates, found.ignored) == ([], ignored)


def test_what_came_for_another_number_is_not_answered():
    (update,) = whatsapp_updates.unpack(post(said({"type": "text", "text": {"body": "halo"}})), now=NOW).updates

    message = whatsapp_updates.parse(update.body, number="1")

    assert isinstance(message, InboundMessage)
    assert message.kind is Kind.IGNORED


def test_every_single_value_may_be_null_or_of_another_type():
    whole = json.loads(post(said({"type": "text", "text": {"body": "halo"}}), statuses=[{"id": "w", "status": "sent"}]))

    def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        return [path] * bool(path) + [found for key, value in inner for found in places(value, (*path, key))]

    for path in places(whole):
        for strange in (None, 7, "x", [], {}, [None], True, -1.5, "\ud800"):
            broken = copy.deepcopy(whole)
            node = broken
            for key in path[:-1]:
                node = node[key]
            node[path[-1]] = strange
            for update in whatsapp_updates.unpack(json.dumps(broken).encode(), now=NOW).updates:
                whatsapp_updates.parse(update.body, number=NUMBER)


@given(
    st.binary(max_size=300)
    | st.recursive(st.none() | st.text() | st.integers(), st.lists, max_leaves=9).map(json.dumps).map(str.encode)
)
def test_no_bytes_make_reading_fail(raw: bytes):
    for update in whatsapp_updates.unpack(raw, now=NOW).updates:
        whatsapp_updates.parse(update.body, number=NUMBER)
    whatsapp_updates.parse(raw, number=NUMBER)


def test_deep_nesting_makes_nothing_fail():
    assert whatsapp_updates.unpack(b"[" * 200_000, now=NOW).ignored == ["unreadable"]


SIGNED = b'{"object":"whatsapp_business_account"}'
RIGHT = b"sha256=" + hmac.new(APP_SECRET.encode(), SIGNED, hashlib.sha256).hexdigest().encode()


@pytest.mark.parametrize(
    ("signature", "is_right"),
    [
        (RIGHT, True),
        (None, False),
        (b"", False),
        (RIGHT[:-1], False),
        (RIGHT + b"0", False),
        (RIGHT.upper(), False),
        (b"sha256=" + RIGHT[7:].upper(), False),
        (RIGHT.replace(b"sha256", b"sha1"), False),
        (RIGHT[7:], False),
        ("sha256=é".encode(), False),
        (b"x" * 10_240, False),
        (bytes([*RIGHT[:-1], RIGHT[-1] ^ 1]), False),
    ],
)
def test_only_the_app_s_own_signature_over_these_bytes_counts(signature: bytes | None, is_right: bool):
    assert whatsapp_updates.is_signed(SIGNED, signature, [APP_SECRET.encode()]) is is_right
    assert not whatsapp_updates.is_signed(SIGNED + b" ", signature, [APP_SECRET.encode()])


def test_both_secrets_are_good_while_one_replaces_the_other():
    secrets = [b"new-one", APP_SECRET.encode()]
    random.shuffle(secrets)

    assert whatsapp_updates.is_signed(SIGNED, RIGHT, secrets)
    assert not whatsapp_updates.is_signed(SIGNED, RIGHT, [b"new-one"])
    assert not whatsapp_updates.is_signed(SIGNED, RIGHT, [])


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, "1158201444"),
        ({"hub.verify_token": "other"}, None),
        ({"hub.verify_token": "é"}, None),
        ({"hub.mode": "unsubscribe"}, None),
        ({"hub.challenge": "<script>"}, None),
        ({"hub.challenge": ""}, None),
    ],
)
def test_the_address_is_proven_to_whoever_knows_our_word(changes: dict[str, str], answer: str | None):
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "our-word"}

    assert whatsapp_updates.answer_challenge(query | changes, "our-word") == answer
