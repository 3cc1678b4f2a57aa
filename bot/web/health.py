"""Whether the process lives, whether it can serve, and figures for an operator: counts and ages, never content."""

from collections.abc import Callable, Mapping
from datetime import datetime

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from bot.channels.channel import Channel
from bot.channels.standing import Side, Standing
from bot.storage import cases, contacts, inbox, outbox
from bot.storage.database import Database
from bot.web.asgi import Receive, Scope, Send, answer


class Health:
    """Answers /healthz, /readyz and /metrics."""

    def __init__(
        self,
        *,
        database: Database,
        channels: Mapping[str, Channel],
        standing: Standing,
        refused: Mapping[str, int],
        now: Callable[[], datetime],
    ) -> None:
        self._channels = channels
        self._standing = standing
        self._database = database
        self._refused = refused
        self._now = now
        self._registry = CollectorRegistry()
        self._inbox_age = Gauge(
            "teduh_inbox_oldest_seconds", "Age of the oldest update not worked yet.", registry=self._registry
        )
        self._outbox = Gauge("teduh_outbox_messages", "Outbound messages by state.", ["state"], registry=self._registry)
        self._resent = Gauge(
            "teduh_outbox_were_unknown",
            "Outbound messages whose fate was unknown once: the only ones that may have arrived twice.",
            registry=self._registry,
        )
        self._refusals = Gauge(
            "teduh_web_told_to_wait",
            "Messages of the web chat that were told to wait since the start, by reason.",
            ["reason"],
            registry=self._registry,
        )
        self._waiting = Gauge("teduh_queue_waiting", "People waiting for a responder.", ["level"], registry=self._registry)
        self._longest = Gauge("teduh_queue_oldest_seconds", "Longest wait for a responder.", ["level"], registry=self._registry)
        self._channel = Gauge("teduh_channel", "What a channel says of itself.", ["channel", "figure"], registry=self._registry)
        self._down = Gauge(
            "teduh_channel_down_seconds",
            "How long a side of a channel (sending, taking) can't be used; 0 when it can.",
            ["channel", "side"],
            registry=self._registry,
        )
        self._unreachable = Gauge(
            "teduh_contacts_unreachable", "Contacts that a platform does not deliver to.", ["channel"], registry=self._registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Serve one request."""
        if scope["path"] == "/healthz":
            await answer(send, 200, b"ok\n")
        elif scope["path"] == "/readyz":
            await self._ready(send)
        else:
            await self._database.read(self._measure)
            await answer(send, 200, generate_latest(self._registry), content_type=b"text/plain; version=0.0.4")

    async def _ready(self, send: Send) -> None:
        try:
            await self._database.read(lambda db: db.execute(sa.select(1)).scalar())
        except Exception:  # noqa: BLE001 - whatever it is, we are not ready
            await answer(send, 503, b"the database does not answer\n")
        else:
            await answer(send, 200, b"ready\n")

    def _measure(self, db: sa.Connection) -> None:
        now = self._now()
        oldest = inbox.oldest_waiting_at(db)
        self._inbox_age.set((now - oldest).total_seconds() if oldest else 0)
        self._outbox.clear()
        for state, count in outbox.count_by_state(db).items():
            self._outbox.labels(state).set(count)
        self._resent.set(outbox.count_resent(db))
        for reason, count in self._refused.items():
            self._refusals.labels(reason).set(count)
        for queue in cases.count_queue(db):
            self._waiting.labels(queue.level.value).set(queue.waiting)
            age = (now - queue.oldest_at).total_seconds() if queue.oldest_at else 0
            self._longest.labels(queue.level.value).set(age)
        self._channel.clear()
        for name, channel in self._channels.items():
            for figure, value in channel.figures().items():
                self._channel.labels(name, figure).set(value)
            for side in Side:
                self._down.labels(name, side.value).set(0)
        for trouble in self._standing.list():
            self._down.labels(trouble.channel, trouble.side.value).set(max((now - trouble.since).total_seconds(), 1))
        self._unreachable.clear()
        for name, count in contacts.count_unreachable(db).items():
            self._unreachable.labels(name).set(count)
