"""What one sendMessage costs this process through each client: `python -m bench.calls`. The server has a core of its own."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import telegram
import uvloop
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from telegram.request import HTTPXRequest

from bench import processes
from bot.channels.keepalive import KeepAlive
from bot.channels.telegram_session import KeepAliveBot, SendText
from tests.fakes.bot_api import TOKEN

CHAT = 5550001
TEXT = "Terima kasih sudah menulis. Apakah kamu sedang aman sekarang?"
Call = Callable[[], Awaitable[object]]


async def measure(call: Call, *, at_once: int, calls: int) -> tuple[float, float]:
    """CPU microseconds of a call, and calls a second."""
    for _ in range(50):
        await call()
    left = iter(range(calls))

    async def caller() -> None:
        for _ in left:
            await call()

    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(caller() for _ in range(at_once)))
    return 1e6 * (time.process_time() - cpu) / calls, calls / (time.perf_counter() - began)


async def compare(url: str) -> None:
    raw = KeepAlive(url)
    await raw.post("/control/say", msgspec.json.encode({"chat": CHAT, "text": "halo"}))
    ours = KeepAliveBot(TOKEN, url)
    theirs = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(url)))
    body = msgspec.json.encode({"chat_id": CHAT, "text": TEXT})
    async with telegram.Bot(TOKEN, base_url=f"{url}/bot", request=HTTPXRequest(connection_pool_size=64)) as ptb:
        clients: list[tuple[str, Call, int]] = [
            ("keepalive, no library in front", lambda: raw.post(f"/bot{TOKEN}/sendMessage", body), 8000),
            ("aiogram's Bot, our session, our light method", lambda: ours.call(SendText(chat_id=CHAT, text=TEXT)), 8000),
            ("aiogram's Bot, our session, its own method", lambda: ours.send_message(CHAT, TEXT), 4000),
            ("aiogram's Bot, its aiohttp session", lambda: theirs.send_message(CHAT, TEXT), 3000),
            ("python-telegram-bot, httpx", lambda: ptb.send_message(CHAT, TEXT), 1000),
        ]
        print(f"{'CPU us a call':46s} one at a time   32 at once")
        for name, call, calls in clients:
            alone, _ = await measure(call, at_once=1, calls=calls // 2)
            together, _ = await measure(call, at_once=32, calls=calls)
            print(f"{name:46s} {alone:13.0f} {together:12.0f}", flush=True)
    await ours.session.close()
    await theirs.session.close()
    raw.close()


def main() -> None:
    processes.pin(processes.LOAD_CORE)
    port = processes.free_port()
    with tempfile.TemporaryDirectory(prefix="teduh-bench-") as folder:
        arguments = ["--port", str(port), "--forgetful"]
        server = processes.start("tests.fakes.bot_api", arguments, output=Path(folder) / "fake.log")
        try:
            server.wait_for_port(port)
            uvloop.run(compare(f"http://127.0.0.1:{port}"))
        except processes.NotReady as exc:
            sys.exit(str(exc))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
