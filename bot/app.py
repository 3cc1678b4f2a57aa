"""The composition root: builds all that lives as long as the process, starts it and stops it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
import uvicorn

from bot.actions.receive import Receiver
from bot.actions.respond import Parts
from bot.actions.speaking import Desk
from bot.channels.channel import Channel
from bot.channels.standing import Standing
from bot.config import Settings
from bot.content import Content
from bot.delivery import Delivery
from bot.errors import BotError
from bot.removal import Removals
from bot.storage import canary, people
from bot.storage.database import Database, open_database
from bot.storage.ids import Ids
from bot.storage.live import Live
from bot.storage.migrate import migrate
from bot.storage.vault import KeyMissing, Vault, load_or_make_key, read_key
from bot.worker import Bell, Interpreter, Worker

if TYPE_CHECKING:
    from bot.channels.telegram import TelegramChannel
    from bot.channels.whatsapp import WhatsAppChannel
    from bot.web.asgi import App

STOP_WITHIN_SECONDS = 12.0


class PortInUse(BotError):
    """Another program answers on the port. The message says what to do."""


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


@dataclass(kw_only=True, slots=True)
class Core:
    """What is built whatever the shape: the path of a message from the inbox to the outbox, and the desk of the responders."""

    settings: Settings
    content: Content
    database: Database
    vault: Vault
    live: Live
    standing: Standing
    new_id: Ids
    parts: Parts
    desk: Desk
    channels: dict[str, Channel]
    receiver: Receiver
    worker: Worker
    delivery: Delivery
    removals: Removals
    wake_outbox: Callable[[], None]
    now: Callable[[], datetime]


class _OnDuty:
    """How many answer people, asked of the database once in two seconds at most: every group of messages wants to know."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._counted_at: datetime | None = None
        self._count = 0

    def __call__(self, db: sa.Connection) -> int:
        """The count."""
        now = self._now()
        if self._counted_at is None or abs(now - self._counted_at) > timedelta(seconds=2):
            self._count, self._counted_at = people.count_on_duty(db, now), now
        return self._count


def open_vault(settings: Settings) -> Vault:
    """The vault with the key of the environment, or of the data folder (made at the first start).

    Raises:
        KeyMissing.
    """
    if settings.vault.key:
        return Vault(read_key(settings.vault.key))
    try:
        return Vault(load_or_make_key(_key_file(settings)))
    except OSError as exc:
        raise KeyMissing(
            f"The key in {_key_file(settings)} can't be read or made ({exc.strerror}); check the rights there."
        ) from None


def _key_file(settings: Settings) -> Path:
    return settings.folder / "keys" / "vault.key"


async def require_key(settings: Settings) -> None:
    """See, before `open_vault` makes a key, that the database does not wait for one that is lost.

    Raises:
        KeyMissing, DatabaseUnusable.
    """
    if settings.vault.key or _key_file(settings).exists():
        return
    database = open_database(settings.database_url)
    try:
        if await database.read(canary.has_canary):
            raise KeyMissing(
                f"The key of this database is not there: put it back as {_key_file(settings)}, or set TEDUH_VAULT__KEY."
            )
    finally:
        await database.close()


async def prepare(core: Core) -> None:
    """Bring the database to this release, and see that our key opens it.

    Raises:
        KeyMissing, DatabaseUnusable.
    """
    await migrate(core.database)
    await core.database.write(lambda db: canary.check_key(db, core.vault))


def build_core(
    settings: Settings,
    content: Content,
    interpreter: Interpreter,
    *,
    channels: Sequence[Channel],
    now: Callable[[], datetime] = utc_now,
) -> Core:
    """Everything but HTTP and Telegram's poller.

    Raises:
        KeyMissing, DatabaseUnusable.
    """
    vault = open_vault(settings)
    database = open_database(settings.database_url)
    live, new_id = Live(), Ids()
    standing = Standing(now, lambda: live.publish("console", {"kind": "queue"}))
    engine = content.engine()
    parts = Parts(
        engine=engine,
        vault=vault,
        new_id=new_id,
        render=content.render,
        groups_of=content.groups_of,
        count_on_duty=_OnDuty(now),
        fault_text=content.fault_text,
        frame=content.frame,
    )
    desk = Desk(
        vault=vault,
        new_id=new_id,
        engine=engine,
        render=content.render,
        frame=content.frame,
        templates=settings.templates,
    )
    inbox_bell, outbox_bell, removal_bell = (Bell(asyncio.Event()) for _ in range(3))
    by_name = {channel.name: channel for channel in channels}
    delivery = Delivery(
        database=database,
        vault=vault,
        channels=by_name,
        live=live,
        bell=outbox_bell,
        lease=new_id(),
        new_id=new_id,
        standing=standing,
        now=now,
    )
    worker = Worker(
        database=database,
        parts=parts,
        desk=desk,
        interpreter=interpreter,
        channels=by_name,
        live=live,
        standing=standing,
        sender=delivery,
        inbox_bell=inbox_bell,
        outbox_bell=outbox_bell,
        removal_bell=removal_bell,
        now=now,
    )
    return Core(
        settings=settings,
        content=content,
        database=database,
        vault=vault,
        live=live,
        standing=standing,
        new_id=new_id,
        parts=parts,
        desk=desk,
        channels=by_name,
        receiver=Receiver(database=database, vault=vault, wake=inbox_bell.ring),
        worker=worker,
        delivery=delivery,
        removals=Removals(database=database, vault=vault, channels=by_name, bell=removal_bell, now=now),
        wake_outbox=outbox_bell.ring,
        now=now,
    )


async def serve(settings: Settings, *, say: Callable[[str], None]) -> None:
    """Run until SIGINT or SIGTERM: web chat, console, worker, and Telegram when it has a token.

    Raises:
        PortInUse, DatabaseUnusable, KeyMissing, FlowFaults: before anything is served.
    """
    from bot.content import load_content, load_interpreter

    with contextlib.closing(listen(settings.web.host, settings.web.port)) as listener:
        await require_key(settings)
        core = build_core(settings, load_content(named=settings.named), load_interpreter(), channels=())
        try:
            await prepare(core)
            await _run(core, listener, say)
        finally:
            await core.database.close()


async def _run(core: Core, listener: socket.socket, say: Callable[[str], None]) -> None:
    from bot.channels.webchat import WebChat
    from bot.web.build import build_site
    from bot.web.chat import topic_of

    webchat = WebChat(lambda address: core.live.publish(topic_of(core.vault, address), {"kind": "said"}))
    core.channels[webchat.name] = webchat
    if not core.database.is_shared:
        await _recover(core)
    telegram, whatsapp = _build_telegram(core), _build_whatsapp(core)
    site = build_site(core, _hooks(core, telegram, whatsapp))
    server = _Server(
        uvicorn.Config(
            site,
            loop="none",
            http="httptools",
            ws="none",
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=False,
            # Left alone, uvicorn believes any program on this machine, and the environment; here the settings alone say whom.
            proxy_headers=bool(core.settings.proxies),
            forwarded_allow_ips=core.settings.proxies,
            timeout_graceful_shutdown=3,
        )
    )
    token = await core.database.write(lambda db: people.first_invitation(db, core.vault, now=core.now()))
    # What was loaded stays for good: the collector need not look at it again, nor so often at what comes and goes.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stopping.set)
    tasks = [
        asyncio.create_task(core.worker.run_inbox(), name="inbox"),
        asyncio.create_task(core.worker.run_clock(), name="clock"),
        asyncio.create_task(core.delivery.run(), name="outbox"),
        asyncio.create_task(core.removals.run(), name="removals"),
        asyncio.create_task(server.serve(sockets=[listener]), name="web"),
    ]
    if telegram is not None:
        tasks.append(asyncio.create_task(_take_telegram(core, telegram), name="telegram"))
    if whatsapp is not None:
        tasks.append(asyncio.create_task(whatsapp.watch(), name="whatsapp"))
    _greet(core.settings, token, say)
    await stopping.wait()
    await _stop(core, server, tasks)
    for channel in (telegram, whatsapp):
        if channel is not None:
            await channel.close()


async def _recover(core: Core) -> None:
    """Take back what the process before held: in this shape there is no other that could still hold it."""
    from bot.storage import inbox, outbox

    far = datetime(9999, 1, 1, tzinfo=UTC)

    def take_back(db: sa.Connection) -> None:
        inbox.give_back(db, now=far)
        resend = [name for name, channel in core.channels.items() if channel.resends_prompts]
        outbox.settle_lost(
            db,
            now=core.now(),
            channels_that_resend=[*resend, "telegram", "whatsapp"],
            channels_with_receipts=["whatsapp"],
            is_everybody_gone=True,
        )

    await core.database.write(take_back)


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the whole process stops in one place."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


def listen(host: str, port: int) -> socket.socket:
    """A socket on this address.

    Raises:
        PortInUse.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as exc:
        listener.close()
        raise PortInUse(
            f"Port {port} on {host} can't be used ({exc.strerror}). Stop the other program, or choose: TEDUH_WEB__PORT={port + 1}"
        ) from None
    listener.listen(1024)
    return listener


def _build_telegram(core: Core) -> TelegramChannel | None:
    """Telegram, if it has a token."""
    from bot.channels.telegram import TelegramChannel

    chosen = core.settings.telegram
    if not chosen.token:
        return None
    channel = TelegramChannel(
        token=chosen.token,
        api_url=chosen.api_url,
        per_chat_per_second=chosen.per_chat_per_second or None,
        per_second=chosen.per_second or None,
        standing=core.standing,
    )
    core.channels[channel.name] = channel
    return channel


async def _take_telegram(core: Core, channel: TelegramChannel) -> None:
    """Take its updates until cancelled. Its library takes seconds to load, in the background: the web chat must not wait for it."""
    await channel.start()
    if core.settings.telegram.intake == "webhook":
        await channel.watch_webhook(core.settings.telegram_webhook)
    else:
        await channel.poll(core.receiver.receive)


def _build_whatsapp(core: Core) -> WhatsAppChannel | None:
    """WhatsApp, if it has a token."""
    from bot.channels.whatsapp import WhatsAppChannel

    chosen = core.settings.whatsapp
    if not chosen.token:
        return None
    channel = WhatsAppChannel(
        token=chosen.token,
        number=chosen.number,
        api_url=chosen.api_url,
        version=chosen.version,
        template=chosen.template,
        ticks=chosen.ticks,
        per_second=chosen.per_second or None,
        now=core.now,
        standing=core.standing,
    )
    core.channels[channel.name] = channel
    return channel


def _hooks(core: Core, telegram: TelegramChannel | None, whatsapp: WhatsAppChannel | None) -> dict[str, App]:
    """Who takes webhooks, by their place."""
    from bot.web.hooks import TelegramHook, WhatsAppHook

    hooks: dict[str, App] = {}
    bot = core.settings.telegram
    if telegram is not None and bot.intake == "webhook":
        hooks[f"telegram/{bot.webhook_path}"] = TelegramHook(
            secret=bot.webhook_secret, unpack=telegram.unpack, store=core.receiver.receive, leave=telegram.leave
        )
    number = core.settings.whatsapp
    if whatsapp is not None:
        hooks[f"whatsapp/{number.webhook_path}"] = WhatsAppHook(
            secrets=(number.app_secret, number.next_app_secret),
            verify_token=number.verify_token,
            unpack=whatsapp.unpack,
            store=core.receiver.receive,
            standing=core.standing,
        )
    return hooks


def _greet(settings: Settings, token: str | None, say: Callable[[str], None]) -> None:
    base = settings.web.public_url.rstrip("/") or f"http://{_shown(settings.web.host)}:{settings.web.port}"
    say("")
    say(f"  Web chat   {base}/")
    say(f"  Console    {base}/console")
    ways = {"polling": "on, by long polling", "webhook": "on, by webhook (teduh telegram webhook says where it stands)"}
    off = "off (set TEDUH_TELEGRAM__TOKEN to turn it on)"
    say(f"  Telegram   {ways[settings.telegram.intake] if settings.telegram.token else off}")
    say(f"  WhatsApp   {'on, by webhook' if settings.whatsapp.token else 'off'}")
    if not settings.organisation.name:
        say("  Consent    names no organisation yet (set TEDUH_ORGANISATION__NAME, and __CONTACT for questions about data)")
    if token is not None:
        say("")
        say("  First administrator, once, within 24 hours:")
        say(f"  {base}/console#/undangan/{token}")
    say("")
    say("  Ctrl-C stops.")


def _shown(host: str) -> str:
    return "localhost" if host in ("0.0.0.0", "::", "127.0.0.1", "::1") else host  # noqa: S104 - compared, not bound


async def _stop(core: Core, server: uvicorn.Server, tasks: list[asyncio.Task[None]]) -> None:
    """Stop taking, finish what is in hand, hand the rest back (it stays in the tables)."""
    server.should_exit = True
    core.live.close()
    for task in tasks:
        if task.get_name() in ("telegram", "whatsapp", "clock", "removals"):
            task.cancel()
    core.worker.stop()
    core.delivery.stop()
    _done, late = await asyncio.wait(tasks, timeout=STOP_WITHIN_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
