"""What every response of the console says to the browser, and which requests are refused before anything is read.

Source: OWASP HTTP Headers and Cross-Site Request Forgery cheat sheets; MDN on Fetch metadata.
"""

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from bot.errors import BotError

_POLICIES = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=(), browsing-topics=()",
    "x-robots-tag": "noindex, nofollow",
}
_NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class CrossSite(BotError):
    """The request may come from another site's page: it carries the cookie, but nobody here asked for it."""


Headers = list[tuple[bytes, bytes]]


def headers(*, is_https: bool, policy: str = _NOTHING, leave_out: Collection[str] = ()) -> Headers:
    """The headers of every response, with this content security policy."""
    values = {name: value for name, value in _POLICIES.items() if name not in leave_out}
    values["content-security-policy"] = policy
    if is_https:
        values["strict-transport-security"] = "max-age=63072000; includeSubDomains"
    return [(name.encode(), value.encode()) for name, value in values.items()]


def page_policy(nonce: str) -> str:
    """The content security policy of the console's page.

    Scripts come from our own files only. Mantine writes its colours and responsive rules as style elements: they carry the nonce,
    so that no inline style is allowed for their sake. React sets style through the DOM, which no policy forbids.
    """
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; media-src 'self'; manifest-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )


def require_same_site(method: str, sent: Mapping[str, str], *, public_url: str) -> None:
    """Let a request pass that only our own page can have sent: it has our header, which other sites can't add unasked.

    `sent` are the request's headers by small name; `public_url` is the address that people use, where it is known.

    Raises:
        CrossSite.
    """
    if method in _SAFE_METHODS:
        return
    if sent.get("x-teduh") != "1" or sent.get("sec-fetch-site", "same-origin") != "same-origin":
        raise CrossSite
    origin = sent.get("origin")
    if origin is None:
        return
    ours = {sent.get("host", ""), urlsplit(public_url).netloc} - {""}
    if urlsplit(origin).netloc not in ours:
        raise CrossSite


def require_own_page(method: str, sent: Mapping[str, str], *, public_url: str) -> None:
    """Let a request pass that our page inside another site's page can have sent.

    Its cookie goes along with what that site asks of us as well, so nothing is taken on trust here: where something changes, the
    origin must be told, and be ours; a browser that says whence a request comes must say, from us.

    Raises:
        CrossSite.
    """
    require_same_site(method, sent, public_url=public_url)
    if sent.get("sec-fetch-site", "same-origin") != "same-origin":
        raise CrossSite
    ours = urlsplit(public_url)
    if method not in _SAFE_METHODS and sent.get("origin") != f"{ours.scheme}://{ours.netloc}":
        raise CrossSite
