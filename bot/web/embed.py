"""The web chat inside a partner's page: one script of ours puts a button there, and on press a frame with our page.

Each partner has a page of its own, which names that partner's origin as the only one that may frame it: the browser then shows it
nowhere else, not even inside a frame of another partner. The page asks below a path of its own, by a cookie of its own that belongs
to this partner's site (docs/decisions/web-chat.md).
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bot.web.chat_pages import PAGE_TYPE, SCRIPT_TYPE, ChatPages, File, file_of, shorten
from bot.web.security import Headers, headers

PATH = "/embed"
SCRIPT_PATH = "/embed.js"

_SCRIPT = Path(__file__).parent / "static" / "embed" / "embed.js"
_A_WHILE = (b"cache-control", b"public, max-age=600")
_ANYWHERE = (b"cross-origin-resource-policy", b"cross-origin")


@dataclass(frozen=True, kw_only=True, slots=True)
class Framed:
    """What a partner's site is given: its page, with the headers that let this site alone frame it."""

    page: File
    headers: Headers


class Embed:
    """The script and the pages for these partners; without partners there is none of it."""

    def __init__(self, partners: Sequence[str], pages: ChatPages, *, is_https: bool, policy: str) -> None:
        self._framed = {
            origin: Framed(
                page=file_of(pages.chat(attributes=f' data-partner="{html.escape(origin, quote=True)}"').encode(), PAGE_TYPE),
                headers=headers(
                    is_https=is_https,
                    policy=policy.replace("frame-ancestors 'none'", f"frame-ancestors {origin}"),
                    # It knows only nobody and ourselves, and wins where a browser does not know frame-ancestors.
                    leave_out=("x-frame-options",),
                ),
            )
            for origin in partners
        }
        self.script = file_of(_script(partners, pages.emergency_numbers), SCRIPT_TYPE) if partners else None
        self.script_headers: Headers = [
            *headers(is_https=is_https, policy=policy, leave_out=("cross-origin-resource-policy",)),
            _ANYWHERE,
            _A_WHILE,
        ]

    def find(self, origin: str, *, destination: str) -> Framed | None:
        """What is for this origin, when the browser asks (Fetch metadata; older ones say nothing) in order to fill a frame."""
        return self._framed.get(origin) if destination in ("iframe", "") else None


def _script(partners: Sequence[str], numbers: Sequence[str]) -> bytes:
    short, words = shorten(_SCRIPT.read_text(encoding="utf-8")), {"partners": partners, "numbers": numbers}
    return re.sub(r"\{\{(\w+)\}\}", lambda found: msgspec.json.encode(words[found[1]]).decode(), short).encode()
