"""News of changes, told after commit to whoever listens. It carries no content and may be missed: a listener
that falls behind is told to look at everything again."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

Event = Mapping[str, str | int]
_BACKLOG = 256
REFRESH: Event = {"kind": "refresh"}
CLOSING: Event = {"kind": "closing"}


class Live:
    """Tells listeners of a topic what happened; `tell_others` lets other processes know. Used from the event loop's thread only."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[asyncio.Queue[Event]]] = {}
        self.tell_others: Callable[[str, Event], None] = lambda _topic, _event: None

    def publish(self, topic: str, event: Event) -> None:
        """Tell all who listen to this topic now, in this process and in the others."""
        self.deliver(topic, event)
        self.tell_others(topic, event)

    def deliver(self, topic: str, event: Event) -> None:
        """Tell all who listen to this topic now in this process."""
        for listener in self._listeners.get(topic, ()):
            if listener.full():
                while not listener.empty():
                    listener.get_nowait()
                listener.put_nowait(REFRESH)
            listener.put_nowait(event)

    def refresh(self) -> None:
        """Tell all listeners of this process that they may have missed something."""
        for topic in list(self._listeners):
            self.deliver(topic, REFRESH)

    def close(self) -> None:
        """Tell all listeners that the process stops, so that they end by themselves."""
        for listeners in list(self._listeners.values()):
            for listener in listeners:
                if not listener.full():
                    listener.put_nowait(CLOSING)

    @asynccontextmanager
    async def subscribe(self, *topics: str, to: asyncio.Queue[Event] | None = None) -> AsyncIterator[asyncio.Queue[Event]]:
        """A queue of what is published on these topics while the context lasts; `to`: one that hears of others already."""
        listener: asyncio.Queue[Event] = asyncio.Queue(_BACKLOG) if to is None else to
        for topic in topics:
            self._listeners.setdefault(topic, set()).add(listener)
        try:
            yield listener
        finally:
            for topic in topics:
                self._listeners[topic].discard(listener)
                if not self._listeners[topic]:
                    del self._listeners[topic]
