"""Limits of the Bot API, kept before the call."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram_bubbles import Bubble, bubbles_of, split, units
from bot.domain.messages import Button, OutboundMessage


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("x" * 4096, 1, id="4096"),
        pytest.param("x" * 4097, 2, id="4097"),
        pytest.param("😢" * 2048, 1, id="2048 emoji are 4096 units"),
        pytest.param("x" + "😢" * 2048, 2, id="an emoji across the border"),
        pytest.param("  \n ", 0, id="nothing but space"),
    ],
)
def test_a_text_is_cut_at_4096_utf16_units(text: str, parts: int) -> None:
    assert len(split(text)) == parts


@given(st.text(alphabet=st.sampled_from("ab 😢\n.!")), st.integers(min_value=2, max_value=40))
def test_parts_fit_and_lose_nothing_but_space(text: str, most: int) -> None:
    parts = split(text, most)

    assert all(0 < units(part) <= most for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "first"),
    [
        pytest.param("satu satu\n\ndua dua. tiga", "satu satu", id="between paragraphs"),
        pytest.param("satu. dua. tiga empat lima", "satu. dua.", id="between sentences"),
        pytest.param("satu dua tiga empat", "satu dua tiga", id="between words"),
        pytest.param("satuduatigaempatlima", "satuduatigaemp", id="within a word where there is no other way"),
    ],
)
def test_a_text_is_cut_where_a_reader_would_pause(text: str, first: str) -> None:
    assert split(text, 14)[0] == first


def choice(label: str, id: str = "v1:a:b:c") -> Button:  # noqa: A002 - the field's name
    return Button(id=id, label=label)


def test_short_labels_share_a_row() -> None:
    labels = ["Ya", "Tidak", "Saya belum yakin", "Lewati", "Ulang", "Selesai"]

    (bubble,) = bubbles_of(OutboundMessage(text="?", buttons=tuple(choice(label) for label in labels)))

    rows = [[button["text"] for button in row] for row in bubble.keyboard or []]
    assert rows == [["Ya", "Tidak"], ["Saya belum yakin"], ["Lewati", "Ulang"], ["Selesai"]]


def test_the_last_bubble_bears_the_buttons() -> None:
    bubbles = bubbles_of(OutboundMessage(text="x" * 9000, buttons=(choice("Ya", "v1:a"),)))

    assert [bubble.keyboard for bubble in bubbles] == [None, None, [[{"text": "Ya", "callback_data": "v1:a"}]]]


def test_the_data_of_a_button_may_have_64_bytes() -> None:
    (bubble,) = bubbles_of(OutboundMessage(text="?", buttons=(choice("Ya", "é" * 32),)))

    assert bubble.keyboard is not None


@pytest.mark.parametrize(
    "button",
    [
        pytest.param(choice("Ya", "é" * 32 + "a"), id="65 bytes"),
        pytest.param(choice("Ya", ""), id="no data"),
        pytest.param(choice("Ya", "\ud800"), id="data that is no text"),
    ],
)
def test_choices_that_telegram_would_refuse_are_written_out(button: Button) -> None:
    bubbles = bubbles_of(OutboundMessage(text="Aman?", buttons=(choice("Tidak"), button)))

    assert bubbles == [Bubble("Aman?\n\n1. Tidak\n2. Ya")]


def test_a_hundred_buttons_pass_and_one_more_does_not() -> None:
    assert bubbles_of(OutboundMessage(text="?", buttons=(choice("a"),) * 100))[0].keyboard is not None
    assert bubbles_of(OutboundMessage(text="?", buttons=(choice("a"),) * 101))[0].keyboard is None


def test_a_responder_speaks_under_her_name() -> None:
    (bubble,) = bubbles_of(OutboundMessage(text="Halo", author="Ratna"))

    assert bubble.text == "Ratna:\nHalo"


def test_half_a_character_is_never_sent() -> None:
    (bubble,) = bubbles_of(OutboundMessage(text="a\ud800b"))

    assert bubble.text == "a\ufffdb"
