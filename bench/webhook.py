"""Load for programs that are written to by webhook: so many senders, each with a connection of its own."""

import asyncio
import time
from random import Random

import msgspec

from bench.peers import WEBHOOK
from bench.people import Load
from bench.texts import next_answer
from bot.channels.keepalive import KeepAlive

_encode = msgspec.json.Encoder().encode


async def send(port: int, *, people: int, messages: int, seed: int = 7) -> Load:
    """Let so many people at once write so many messages in all; each waits for the response."""
    chance, load = Random(seed), Load()
    numbers = iter(range(1, messages + 1))
    server = KeepAlive(f"http://127.0.0.1:{port}", most_connections=people)

    async def person(chat: int) -> None:
        for number in numbers:
            body = _update(number, chat, next_answer(chance, [])[1])
            since = time.perf_counter()
            answer = await server.post(WEBHOOK, body, answer_seconds=30)
            if answer.status == 200:
                load.waits.append(time.perf_counter() - since)
            else:
                load.unanswered += 1

    began = time.perf_counter()
    await asyncio.gather(*(person(5_550_000 + chat) for chat in range(people)))
    load.seconds = time.perf_counter() - began
    server.close()
    return load


def _update(number: int, chat: int, text: str) -> bytes:
    who = {"id": chat, "is_bot": False, "first_name": "Siti", "language_code": "id"}
    place = {"id": chat, "first_name": "Siti", "type": "private"}
    message = {"message_id": number, "from": who, "chat": place, "date": 1_790_000_000, "text": text}
    return _encode({"update_id": number, "message": message})
