"""What the page sends, as the rest of the program sees it."""

import json

import pytest

from bot.channels.webchat import Posted, WebChat, body_of, read_posted
from bot.domain.messages import InboundMessage, Kind, OutboundMessage

KEY = "670e1d92-0761-4c87-9b03-af781f510cb7"


def parse(body: bytes) -> InboundMessage:
    message = WebChat(lambda _address: None).parse(body)
    assert isinstance(message, InboundMessage)
    return message


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param(
            {"key": KEY, "text": "halo kak"}, InboundMessage(kind=Kind.TEXT, text="halo kak", platform_id=KEY), id="words"
        ),
        pytest.param(
            {"key": KEY, "button": "v1:0:1", "text": "Tidak"},
            InboundMessage(kind=Kind.BUTTON, button="v1:0:1", text="Tidak", platform_id=KEY),
            id="a button with its label",
        ),
        pytest.param({"key": KEY, "kind": "leave"}, InboundMessage(kind=Kind.LEFT), id="quick exit"),
        pytest.param(
            {"key": KEY, "text": "tolong \ud83d kak\0"},
            InboundMessage(kind=Kind.TEXT, text="tolong � kak�", platform_id=KEY),
            id="half a character and NUL are replaced, the words stay",
        ),
        pytest.param(
            {"key": KEY, "text": "a" * 5000},
            InboundMessage(kind=Kind.TEXT, text="a" * 4096, platform_id=KEY),
            id="what is kept has 4,096 characters",
        ),
        pytest.param(
            {"key": KEY, "button": "b" * 200, "text": "l" * 200},
            InboundMessage(kind=Kind.BUTTON, button="b" * 48, text="l" * 60, platform_id=KEY),
            id="a forged button is cut",
        ),
        pytest.param({"key": KEY, "text": "  \n"}, InboundMessage(kind=Kind.UNSUPPORTED, platform_id=KEY), id="no words"),
        pytest.param(
            {"key": 7, "text": "halo", "button": ["x"], "more": {}},
            InboundMessage(kind=Kind.TEXT, text="halo"),
            id="wrong types",
        ),
    ],
)
def test_a_stored_body_is_read_as_a_message(sent: object, expected: InboundMessage) -> None:
    assert parse(json.dumps(sent).encode()) == expected


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b"7", b"\xff\xfe", b'{"text": 1}', b"[" * 100_000])
def test_what_is_no_message_is_unsupported_and_never_raises(body: bytes) -> None:
    assert parse(body) == InboundMessage(kind=Kind.UNSUPPORTED)


def test_words_beyond_the_limit_are_still_there_for_whoever_refuses_them() -> None:
    posted = read_posted(json.dumps({"key": KEY, "text": "å\ud800" * 4000}).encode())

    assert posted.text == "å�" * 4000


def test_what_is_stored_reads_back_the_same() -> None:
    posted = Posted(key=KEY, text="halo �", button="v1:0:0")

    assert read_posted(body_of(posted)) == posted


async def test_sending_tells_the_page_of_this_address_to_look() -> None:
    told: list[str] = []

    sent = await WebChat(told.append).send("a-token", OutboundMessage(text="Halo"), key="o:1", wrote_at=None)

    assert told == ["a-token"]
    assert sent.platform_id == ""
