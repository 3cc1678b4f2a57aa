"""Which part answers a path."""

from bot.web.asgi import App, Receive, Scope, Send

_CONSOLE = ("/api", "/console")
_HEALTH = ("/healthz", "/readyz", "/metrics")


class Site:
    """The console's API and pages, webhooks, health, and for all else the web chat."""

    def __init__(self, *, console: App, chat: App, health: App, hooks: App) -> None:
        self._hooks = hooks
        self._console = console
        self._chat = chat
        self._health = health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on."""
        if scope["type"] == "lifespan":
            await _no_lifespan(receive, send)
            return
        path: str = scope["path"]
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif path in _HEALTH:
            await self._health(scope, receive, send)
        elif path.startswith("/webhooks/"):
            await self._hooks(scope, receive, send)
        elif any(path == root or path.startswith(root + "/") for root in _CONSOLE):
            await self._console(scope, receive, send)
        else:
            await self._chat(scope, receive, send)


async def _no_lifespan(receive: Receive, send: Send) -> None:
    """What lives as long as the process is built and closed in `bot.app`, not by the server."""
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
