"""The console's side of HTTP: /api (Litestar, described at /api/openapi.json) and /console (the built page)."""

from typing import Any

import msgspec
import structlog
from litestar import Litestar, Request, Response, get
from litestar.datastructures import State
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin

from bot.web.asgi import App, Receive, Scope, Send, answer
from bot.web.case_routes import Cases, Waiting
from bot.web.errors import fault_of, language_of
from bot.web.events import events
from bot.web.pages import Pages
from bot.web.parts import ConsoleParts
from bot.web.people_routes import Administration, OnDuty, SignedInPeople, WayIn
from bot.web.schemas import Fault, News
from bot.web.security import CrossSite, headers, require_same_site
from bot.web.throttle import Throttle

LARGEST_BODY = 64 * 1024

log = structlog.get_logger()


def build_console(parts: ConsoleParts) -> App:
    """What answers /api and /console."""
    return _Console(_build_api(parts), Pages(parts.pages, is_https=parts.is_https), parts)


def describe_api() -> bytes:
    """The OpenAPI document: the same as /api/openapi.json, formatted."""
    return msgspec.json.format(_document(_build_api(None)), indent=1) + b"\n"


class _Console:
    """The door before the routes: other sites' requests are turned away, and each response says what a browser may do with it."""

    def __init__(self, api: Litestar, pages: Pages, parts: ConsoleParts) -> None:
        self._api: App = api  # type: ignore[assignment]  # Litestar's own ASGI types are narrower than ours
        self._pages = pages
        self._public_url = parts.public_url
        self._headers = headers(is_https=parts.is_https)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if not (scope["path"] + "/").startswith("/api/"):
            await self._pages(scope, receive, send)
            return
        sent = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            require_same_site(scope["method"], sent, public_url=self._public_url)
        except CrossSite as exc:
            status, fault = fault_of(exc, language=language_of(sent.get("accept-language")))
            body = msgspec.json.encode(fault)
            await answer(self._with_headers(send), status, body, content_type=b"application/json")
            return
        await self._api(scope, receive, self._with_headers(send))

    def _with_headers(self, send: Send) -> Send:
        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                ours = [*self._headers, (b"cache-control", b"no-store")]
                names = {name for name, _value in ours}
                theirs = [pair for pair in message["headers"] if pair[0].lower() not in names]
                message = {**message, "headers": [*theirs, *ours]}
            await send(message)

        return with_headers


class _Api(Litestar):
    """Litestar with msgspec only. By itself it loads pydantic where that is installed (aiogram needs it): start-up time for nothing."""

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]


def _build_api(parts: ConsoleParts | None) -> Litestar:
    return _Api(
        route_handlers=[WayIn, SignedInPeople, OnDuty, Administration, Waiting, Cases, events, openapi],
        state=State({"parts": parts, "throttle": Throttle()}),
        exception_handlers={Exception: _tell_fault},
        openapi_config=OpenAPIConfig(
            title="Teduh console",
            version="1",
            use_handler_docstrings=True,
            render_plugins=[],
            operation_id_creator=lambda handler, _method, _path: handler.handler_name,
            components=Components(
                security_schemes={"signedIn": SecurityScheme(type="apiKey", name="teduh", security_scheme_in="cookie")}
            ),
        ),
        logging_config=None,
        request_max_body_size=LARGEST_BODY,
        debug=False,
        pdb_on_exception=False,
    )


@get("/api/openapi.json", include_in_schema=False, sync_to_thread=False)
def openapi(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The description of this API."""
    return Response(_document(request.app), media_type="application/json")


def _document(api: Litestar) -> bytes:
    """The description as Litestar makes it, but with our own body of errors in place of Litestar's."""
    document = api.openapi_schema.to_schema()
    _, components = msgspec.json.schema_components([Fault, News], ref_template="#/components/schemas/{name}")
    document["components"]["schemas"].update(components)
    told = {
        "description": "An error, as `Fault.code` and in words.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Fault"}}},
    }
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("400", None)
            operation["responses"]["default"] = told
    return msgspec.json.encode(document, order="sorted")


def _tell_fault(request: Request[Any, Any, Any], exc: Exception) -> Response[Fault]:
    status, fault = fault_of(exc, language=language_of(request.headers.get("accept-language")))
    if status >= 500:
        log.error("request_failed", error=type(exc).__name__, status=status, method=request.method)
    extra = {"retry-after": str(fault.wait_seconds)} if fault.wait_seconds else None
    return Response(fault, status_code=status, headers=extra)
