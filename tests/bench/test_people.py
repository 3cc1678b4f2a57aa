"""The bench itself: people wait for their answer, and what is counted is what happened."""

import asyncio
from collections.abc import Sequence
from random import Random

import pytest

from bench.__main__ import CALL, OURS, REPLY, Figures, compare, median
from bench.people import Crowd
from bench.texts import SENTENCES, next_answer
from bot.channels.telegram import TelegramChannel
from bot.domain.messages import Button, OutboundMessage, Update
from tests.fakes.bot_api import TOKEN


async def test_every_message_of_the_crowd_is_answered_and_counted_once() -> None:
    async with Crowd() as crowd:
        telegram = TelegramChannel(token=TOKEN, api_url=crowd.url, per_chat_per_second=None, per_second=None)
        seen: list[str] = []

        async def echo(updates: Sequence[Update]) -> None:
            for update in updates:
                seen.append(update.key)
                await telegram.send(
                    update.address, OutboundMessage(text="?", buttons=(Button(id="v1:a", label="Ya"),)), key="o:1"
                )

        poll = asyncio.create_task(telegram.poll(echo))
        load = await crowd.talk(people=9, messages=200)
        poll.cancel()
        await asyncio.gather(poll, return_exceptions=True)
        await telegram.close()

    assert (load.messages, len(load.waits), load.unanswered) == (200, 200, 0)
    assert len(set(seen)) == len(seen) == 200
    assert load.calls >= 200


def test_four_of_ten_messages_are_sentences_and_the_rest_buttons_and_short_answers() -> None:
    chance = Random(1)

    drawn = [next_answer(chance, [("Ya", "v1:a"), ("Berhenti", "v1:x")]) for _ in range(10_000)]

    sentences = sum(what in SENTENCES for _how, what in drawn)
    assert 3800 < sentences < 4200
    assert ("press", "v1:x") not in drawn
    assert sum(how == "press" for how, _what in drawn) > 4000


def figures(per_second: float, cpu_us: float) -> Figures:
    return Figures(per_second=per_second, cpu_us=cpu_us, p50_ms=1, p99_ms=1, memory_mib=1, calls=1, unanswered=0, messages=1)


@pytest.mark.parametrize(
    ("ours", "verdicts"),
    [
        pytest.param(figures(2600, 190), ["ok", "ok"], id="above both"),
        pytest.param(figures(2600, 390), ["BELOW", "BELOW"], id="a rate alone is not enough"),
        pytest.param(figures(1400, 100), ["BELOW", "BELOW"], id="nor is cheapness alone"),
        pytest.param(figures(1600, 190), ["ok", "BELOW"], id="above one"),
    ],
)
def test_falling_below_a_floor_is_said(ours: Figures, verdicts: list[str]) -> None:
    lines = compare({OURS: ours, REPLY: figures(1000, 500), CALL: figures(1000, 500)})

    assert [line.split()[-1] for line in lines] == verdicts


def test_a_median_is_taken_of_each_figure() -> None:
    middle = median([figures(1, 30), figures(5, 10), figures(3, 20)])

    assert (middle.per_second, middle.cpu_us) == (3, 20)
