"""Bare aiogram echoes, as its documentation writes them: nothing stored, nothing understood.

`reply`: the answer rides in the webhook's response. `call`: the answer is a call of the Bot API, made before the response.
"""

import argparse
import asyncio

import uvloop
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.methods import SendMessage
from aiogram.types import Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

WEBHOOK = "/webhook"


async def serve(kind: str, port: int, token: str, api_url: str) -> None:
    bot = Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(api_url), limit=200))
    dispatcher = Dispatcher()

    async def reply(message: Message) -> SendMessage:
        return message.answer(message.text or "?")

    async def call(message: Message) -> None:
        await message.answer(message.text or "?")

    dispatcher.message.register(reply if kind == "reply" else call)
    application = web.Application()
    # In the background, its default, it would say "done" before anything is done, and its calls would pile up.
    SimpleRequestHandler(dispatcher, bot, handle_in_background=False).register(application, path=WEBHOOK)
    setup_application(application, dispatcher, bot=bot)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=("reply", "call"))
    parser.add_argument("port", type=int)
    parser.add_argument("token")
    parser.add_argument("api_url")
    chosen = parser.parse_args()
    uvloop.run(serve(chosen.kind, chosen.port, chosen.token, chosen.api_url))
