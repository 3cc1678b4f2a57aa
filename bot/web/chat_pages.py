"""The web chat's page, the plain page, their script and style: read once, filled from the directory, compressed once."""

import gzip
import hashlib
import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.domain.referrals import Directory, Service, in_language
from bot.web.chat_thread import link_to

_STATIC = Path(__file__).parent / "static" / "chat"
_EMERGENCY = ("polri_110", "sapa129")
_PLAIN = ("darurat_112", "ambulans_119", "damkar_113", "bnpb_117", "kemensos_171", "cek_bansos")
"""What the plain page shows. It is what somebody else may find on the phone, so nothing that tells why it was opened."""
SCRIPT_TYPE = b"text/javascript; charset=utf-8"
PAGE_TYPE = b"text/html; charset=utf-8"
_KINDS = {".js": SCRIPT_TYPE, ".css": b"text/css; charset=utf-8"}
_MARK = re.compile(r"\{\{([a-z0-9_]+)\}\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """Something to serve, also compressed. `is_named_by_content`: its name holds its hash, so it may be kept for ever."""

    body: bytes
    packed: bytes
    content_type: bytes
    is_named_by_content: bool


class ChatPages:
    """The pages, filled, with the script and style they name. `exit_words` typed alone make the page leave, as its button does."""

    def __init__(self, directory: Directory, *, exit_words: Iterable[str]) -> None:
        emergency = _shown(directory, _EMERGENCY)
        self.emergency_numbers = [contact.value for service in emergency if (contact := service.contact())]
        self._files: dict[str, File] = {}
        self._names: dict[str, str] = {}
        for file in sorted(_STATIC.iterdir()):
            if file.suffix in _KINDS:
                body = shorten(file.read_text(encoding="utf-8")).encode()
                path = f"/static/{file.stem}.{hashlib.sha256(body).hexdigest()[:10]}{file.suffix}"
                self._names[f"/static/{file.name}"] = path
                self._files[path] = file_of(body, _KINDS[file.suffix], is_named_by_content=True)
        self._words = {
            "emergency": " ".join(_sentence(service) for service in emergency),
            "dial": " atau ".join(_link(service) for service in emergency),
            "numbers": "\n".join(_card(service) for service in _shown(directory, _PLAIN)),
            "exit_words": html.escape("|".join(exit_words), quote=True),
        }
        self._words["plain"] = _fill((_STATIC / "plain.html").read_text(encoding="utf-8"), self._words)

    def files(self) -> dict[str, File]:
        """What is served by its path alone."""
        pages = {"/": self.chat(), "/info": self._page("info.html")}
        return {**self._files, **{path: file_of(page.encode(), PAGE_TYPE) for path, page in pages.items()}}

    def chat(self, *, attributes: str = "") -> str:
        """The chat's page, with these attributes of its body."""
        return self._page("index.html", attributes=attributes)

    def _page(self, name: str, **more: str) -> str:
        page = _fill((_STATIC / name).read_text(encoding="utf-8"), {**self._words, **more})
        for plain, hashed in self._names.items():
            page = page.replace(f'"{plain}"', f'"{hashed}"')
        return page


def shorten(source: str) -> str:
    """A script or style without indents, empty lines and lines of comment: a tenth less for a weak signal to carry."""
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def file_of(body: bytes, content_type: bytes, *, is_named_by_content: bool = False) -> File:
    """This body, compressed as well."""
    packed = gzip.compress(body, 9, mtime=0)
    return File(body=body, packed=packed, content_type=content_type, is_named_by_content=is_named_by_content)


def _fill(page: str, words: dict[str, str]) -> str:
    return _MARK.sub(lambda found: words[found[1]], page)


def _shown(directory: Directory, names: Iterable[str]) -> list[Service]:
    found = (directory.services.get(name) for name in names)
    return [service for service in found if service is not None and service.contact() is not None]


def _sentence(service: Service) -> str:
    """The service in one sentence that needs no script and no style."""
    contact = service.contact()
    if contact is None:
        return ""
    note = html.escape(in_language(service.note, "id"))
    return f"{html.escape(_name(service))}, telepon {_link(service)}. {note}"


def _link(service: Service) -> str:
    contact = service.contact()
    if contact is None:
        return ""
    link = html.escape(link_to(contact.type, contact.value), quote=True)
    return f'<a href="{link}">{html.escape(contact.value)}</a>'


def _name(service: Service) -> str:
    """The name without the number that stands beside it."""
    contact = service.contact()
    return service.name.removesuffix(f" {contact.value}") if contact else service.name


def _card(service: Service) -> str:
    contact = service.contact()
    if contact is None:
        return ""
    link = html.escape(link_to(contact.type, contact.value), quote=True)
    is_page = contact.type == "web"
    shown = html.escape(service.name if is_page else contact.value)
    note = html.escape(in_language(service.note, "id"))
    words = f"<small>{note}</small>" if is_page else f"{html.escape(_name(service))}<small>{note}</small>"
    look = "n long" if len(shown) > 4 else "n"
    target = ' target="_blank" rel="noreferrer"' if is_page else ""
    return f'<li><a class="call" href="{link}"{target}><b class="{look}">{shown}</b><span>{words}</span></a></li>'
