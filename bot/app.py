"""The composition root: builds all that lives as long as the process, starts it and stops it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
import uvicorn

from bot.actions import team
from bot.actions.receive import Receiver
from bot.actions.respond import Parts
from bot.actions.speaking import Desk
from bot.channels.channel import Channel
from bot.channels.standing import Standing
from bot.config import Settings
from bot.content import Content
from bot.delivery import Delivery
from bot.domain.credentials import tidy_login
from bot.domain.staffing import Staffing
from bot.errors import BotError
from bot.removal import Removals
from bot.storage import canary, people, waits
from bot.storage.cluster import Cluster, OneProcess, PostgresCluster, Single
from bot.storage.database import Database, DatabaseUnusable, open_database
from bot.storage.ids import Ids
from bot.storage.live import REFRESH, Live
from bot.storage.migrate import migrate
from bot.storage.move import Moved, move
from bot.storage.relay import RedisRelay
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
    cluster: Cluster
    bells: Mapping[str, Bell]
    now: Callable[[], datetime]


class _Staffing:
    """Who answers people: every group of messages wants to know, so it is asked of the database once in two seconds at most, and
    how long people wait once in a minute."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._asked_at: datetime | None = None
        self._measured_at: datetime | None = None
        self._staffing = Staffing()

    def __call__(self, db: sa.Connection) -> Staffing:
        """As it is."""
        now, known = self._now(), self._staffing
        if self._asked_at is None or abs(now - self._asked_at) > timedelta(seconds=2):
            is_old = self._measured_at is None or abs(now - self._measured_at) > timedelta(minutes=1)
            measured = waits.typical_waits(db, now=now) if is_old else known.waits
            self._staffing = Staffing(on_duty=people.count_on_duty(db, now), waits=measured)
            self._asked_at, self._measured_at = now, now if is_old else self._measured_at
        return self._staffing


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
    if _has_key(settings):
        return
    database = open_database(settings.database_url)
    try:
        if await database.read(canary.has_canary):
            raise _key_is_lost(settings)
    finally:
        await database.close()


def _has_key(settings: Settings) -> bool:
    return bool(settings.vault.key) or _key_file(settings).exists()


def _key_is_lost(settings: Settings) -> KeyMissing:
    return KeyMissing(f"The key of this database is not there: put it back as {_key_file(settings)}, or set TEDUH_VAULT__KEY.")


async def move_database(settings: Settings, file: Path) -> list[Moved]:
    """Move this SQLite file into the PostgreSQL database of the settings. The counts of each table.

    Raises:
        MoveRefused, KeyMissing, DatabaseUnusable.
    """
    if not _has_key(settings):
        raise _key_is_lost(settings)
    database = open_database(settings.database_url)
    try:
        return await move(file, database, open_vault(settings))
    finally:
        await database.close()


async def prepare(core: Core) -> None:
    """Bring the database to this release, and see that our key opens it.

    Raises:
        KeyMissing, DatabaseUnusable.
    """
    core.database.own()
    await migrate(core.database)
    await core.database.write(lambda db: canary.check_key(db, core.vault))


def build_core(
    settings: Settings,
    content: Content,
    interpreter: Interpreter,
    *,
    channels: Sequence[Channel],
    cluster: Cluster | None = None,
    live: Live | None = None,
    now: Callable[[], datetime] = utc_now,
) -> Core:
    """Everything but HTTP and Telegram's poller. Without a `cluster` there are no other processes.

    Raises:
        KeyMissing, DatabaseUnusable.
    """
    vault = open_vault(settings)
    database = open_database(settings.database_url)
    live, new_id = live or Live(), Ids()
    cluster = cluster or OneProcess()
    live.tell_others = cluster.tell
    standing = Standing(now, lambda: live.publish("console", {"kind": "queue"}))
    engine = content.engine()
    parts = Parts(
        engine=engine,
        vault=vault,
        new_id=new_id,
        render=content.render,
        groups_of=content.groups_of,
        staffing=_Staffing(now),
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
        lease=cluster.lease,
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
        lease=cluster.lease,
        find_gone=cluster.find_gone,
        removal_bell=removal_bell,
        now=now,
    )
    bells = {"inbox": inbox_bell, "outbox": outbox_bell}

    def wake(which: str) -> Callable[[], None]:
        def ring() -> None:
            bells[which].ring()
            cluster.tell(_BELLS, {"kind": which})

        return ring

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
        receiver=Receiver(database=database, vault=vault, wake=wake("inbox"), work_at_once=worker.work_at_once),
        worker=worker,
        delivery=delivery,
        removals=Removals(database=database, vault=vault, channels=by_name, bell=removal_bell, now=now),
        wake_outbox=wake("outbox"),
        cluster=cluster,
        bells=bells,
        now=now,
    )


_BELLS = "bells"
"""The topic on which processes wake each other's loops."""


def _join(settings: Settings, live: Live) -> Cluster:
    """The other processes, if there may be some."""
    if not settings.database_url.startswith("postgresql"):
        return OneProcess()
    relay = RedisRelay(settings.redis.url, live) if settings.redis.url else None
    return PostgresCluster(sa.make_url(settings.database_url), live, relay=relay)


async def _listen_for_bells(core: Core) -> None:
    """Let the loops look when another process says so."""
    async with core.live.subscribe(_BELLS) as heard:
        while True:
            event = await heard.get()
            for name, bell in core.bells.items():
                if event["kind"] in (name, REFRESH["kind"]):
                    bell.ring()


async def serve(settings: Settings, *, say: Callable[[str], None], works: bool = True) -> None:
    """Run until SIGINT or SIGTERM: web chat, console, Telegram and WhatsApp when they have a token, and the worker if it `works`.

    Raises:
        PortInUse, DatabaseUnusable, KeyMissing, FlowFaults: before anything is served.
    """
    with contextlib.closing(listen(settings.web.host, settings.web.port)) as listener:
        await _run(settings, listener, say, works=works)


async def work(settings: Settings, *, say: Callable[[str], None]) -> None:
    """Run until SIGINT or SIGTERM, beside others on the same PostgreSQL: work what waits and send what is due, serve nothing.

    Raises:
        DatabaseUnusable, KeyMissing, FlowFaults: before anything is worked.
    """
    _require_postgresql(settings, "teduh work works beside other processes")
    await _run(settings, None, say, works=True)


def _require_postgresql(settings: Settings, what: str) -> None:
    if not settings.database_url.startswith("postgresql"):
        raise DatabaseUnusable(f"{what}, which needs PostgreSQL: set database.url to postgresql://…")


async def _run(settings: Settings, listener: socket.socket | None, say: Callable[[str], None], *, works: bool) -> None:
    from bot.content import load_content, load_interpreter

    if not works:
        _require_postgresql(settings, "Serving without working leaves the work to other processes")
    await require_key(settings)
    live = Live()
    cluster = _join(settings, live)
    touch = asyncio.create_task(cluster.run())
    try:
        # First of all the process's number: its leases bear it.
        await cluster.joined()
        content = load_content(named=settings.named)
        core = build_core(settings, content, load_interpreter(), channels=(), cluster=cluster, live=live)
        try:
            await prepare(core)
            await _live(core, listener, say, works=works)
        finally:
            await core.database.close()
    finally:
        touch.cancel()
        await asyncio.gather(touch, return_exceptions=True)


async def _live(core: Core, listener: socket.socket | None, say: Callable[[str], None], *, works: bool) -> None:
    """Start everything, wait for the signal to stop, stop everything."""
    from bot.channels.webchat import WebChat
    from bot.web.chat import topic_of

    webchat = WebChat(lambda address: core.live.publish(topic_of(core.vault, address), {"kind": "said"}))
    core.channels[webchat.name] = webchat
    if not core.database.is_shared:
        await _recover(core)
    telegram, whatsapp = _build_telegram(core), _build_whatsapp(core)
    server = None if listener is None else _Server(_served(core, _hooks(core, telegram, whatsapp)))
    token = (
        None
        if server is None
        else await core.database.write(lambda db: people.first_invitation(db, core.vault, now=core.now()))
    )
    # What was loaded stays for good: the collector need not look at it again, nor so often at what comes and goes.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stopping.set)
    running: dict[str, Coroutine[Any, Any, None]] = {"bells": _listen_for_bells(core)}
    if works:
        running |= {"inbox": core.worker.run_inbox(), "clock": core.worker.run_clock(), "outbox": core.delivery.run()}
        running["removals"] = core.removals.run()
    if server is not None and listener is not None:
        running["web"] = server.serve(sockets=[listener])
    if telegram is not None:
        running["telegram"] = _take_telegram(core, telegram)
    if whatsapp is not None:
        running["whatsapp"] = whatsapp.watch()
    tasks = [asyncio.create_task(each, name=name) for name, each in running.items()]
    _greet(core.settings, token, say, serves=server is not None)
    await stopping.wait()
    await _stop(core, server, tasks)
    for channel in (telegram, whatsapp):
        if channel is not None:
            await channel.close()


def _served(core: Core, hooks: dict[str, App]) -> uvicorn.Config:
    from bot.web.build import build_site

    return uvicorn.Config(
        build_site(core, hooks),
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
        # Telegram gives a bot's updates to one who asks; with two, each would be refused again and again.
        await core.cluster.lead(Single.POLL_TELEGRAM, lambda: channel.poll(core.receiver.receive))


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


async def make_reset_link(settings: Settings, login: str) -> str:
    """A one-time link by which the person of this login sets a new password.

    Raises:
        PersonNotFound, KeyMissing, DatabaseUnusable.
    """
    await require_key(settings)
    database = open_database(settings.database_url)
    try:
        if not await database.read(canary.has_canary):
            raise team.PersonNotFound("This database holds nobody yet: start Teduh first, it prints a link.")
        vault = open_vault(settings)

        def work(db: sa.Connection) -> str:
            canary.check_key(db, vault)
            account = people.find_account(db, vault, tidy_login(login))
            if account is None:
                raise team.PersonNotFound("Nobody who may sign in has this login.")
            return team.make_reset_link(db, vault, account.responder.id, by=None, now=utc_now())

        return f"{_base(settings)}/console#/sandi/{await database.write(work)}"
    finally:
        await database.close()


def _base(settings: Settings) -> str:
    return settings.web.public_url.rstrip("/") or f"http://{_shown(settings.web.host)}:{settings.web.port}"


def _greet(settings: Settings, token: str | None, say: Callable[[str], None], *, serves: bool) -> None:
    if not serves:
        say("Working. Ctrl-C stops.")
        return
    base = _base(settings)
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


async def _stop(core: Core, server: uvicorn.Server | None, tasks: list[asyncio.Task[None]]) -> None:
    """Stop taking, finish what is in hand, hand the rest back (it stays in the tables)."""
    if server is not None:
        server.should_exit = True
    core.live.close()
    for task in tasks:
        if task.get_name() in ("telegram", "whatsapp", "clock", "removals"):
            task.cancel()
    core.worker.stop()
    core.delivery.stop()
    await asyncio.wait([task for task in tasks if task.get_name() != "bells"], timeout=STOP_WITHIN_SECONDS)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
