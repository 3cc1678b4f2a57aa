"""The console's page and its files, as `console/` was built. They are few and small: kept in memory, compressed once."""

import gzip
import mimetypes
import secrets
from dataclasses import dataclass
from pathlib import Path

from bot.web.asgi import Receive, Scope, Send
from bot.web.security import headers, page_policy

NONCE = b"__CSP_NONCE__"
"""What the built page holds in place of a nonce; see `html.cspNonce` in console/vite.config.ts."""

_FOREVER = b"public, max-age=31536000, immutable"
_NEVER = b"no-store"
_COMPRESSED = ("text/", "application/json", "application/manifest+json", "image/svg+xml")
_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
}
_NOT_BUILT = b"""<!doctype html><html lang="id"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Konsol</title><h1>Konsol belum dibangun</h1><p>Jalankan <code>make console</code>, lalu muat ulang halaman ini.</p>
<p lang="en">The console is not built yet: run <code>make console</code>, then reload.</p></html>"""


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """A file to serve. `packed` is empty where compressing gains nothing."""

    body: bytes
    packed: bytes
    content_type: bytes


class Pages:
    """Answers /console and all below it. A path that is no file gives the page, which finds its way by the fragment or path."""

    def __init__(self, folder: Path, *, is_https: bool) -> None:
        self._folder = folder
        self._is_https = is_https
        self._built_at = 0
        self._files: dict[str, File] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Serve one request."""
        if scope["method"] not in ("GET", "HEAD"):
            await self._send(scope, send, 405, File(body=b"", packed=b"", content_type=b"text/plain"), _NEVER, "")
            return
        self._load()
        name = scope["path"].removeprefix("/console").lstrip("/")
        file = self._files.get(name) if name != "index.html" else None
        if file is not None:
            await self._send(scope, send, 200, file, _FOREVER if name.startswith("assets/") else _NEVER, "")
        elif name.startswith("assets/"):
            await self._send(scope, send, 404, File(body=b"", packed=b"", content_type=b"text/plain"), _NEVER, "")
        else:
            await self._page(scope, send)

    async def _page(self, scope: Scope, send: Send) -> None:
        index = self._files.get("index.html")
        nonce = secrets.token_urlsafe(16)
        body = index.body.replace(NONCE, nonce.encode()) if index else _NOT_BUILT
        page = File(body=body, packed=b"", content_type=b"text/html; charset=utf-8")
        await self._send(scope, send, 200 if index else 503, page, _NEVER, nonce)

    async def _send(self, scope: Scope, send: Send, status: int, file: File, cache: bytes, nonce: str) -> None:
        is_packed = bool(file.packed) and b"gzip" in dict(scope["headers"]).get(b"accept-encoding", b"")
        body = file.packed if is_packed else file.body
        own = [
            (b"content-type", file.content_type),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", cache),
            (b"vary", b"accept-encoding"),
            *([(b"content-encoding", b"gzip")] if is_packed else []),
            *headers(
                is_https=self._is_https, policy=page_policy(nonce) if nonce else "default-src 'none'; frame-ancestors 'none'"
            ),
        ]
        await send({"type": "http.response.start", "status": status, "headers": own})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _load(self) -> None:
        """Read what was built since the last look."""
        try:
            built_at = (self._folder / "index.html").stat().st_mtime_ns
        except OSError:
            return
        if built_at == self._built_at:
            return
        paths = {path.relative_to(self._folder).as_posix(): path for path in self._folder.rglob("*") if path.is_file()}
        # The builder's own notes lie in folders that begin with a dot.
        self._files = {name: _read(path) for name, path in paths.items() if not name.startswith(".")}
        self._built_at = built_at


def _read(path: Path) -> File:
    body = path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    packed = gzip.compress(body, 9, mtime=0) if kind.startswith(_COMPRESSED) else b""
    content_type = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
    return File(body=body, packed=packed if len(packed) < len(body) else b"", content_type=content_type.encode())
