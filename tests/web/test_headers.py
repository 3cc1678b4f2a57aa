"""What a browser is told with each response."""

import gzip
import re

import pytest

from tests.web.conftest import Rig
from tests.web.test_access import ROUTES

ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
INDEX = (
    b'<!doctype html><meta property="csp-nonce" nonce="__CSP_NONCE__"><script type="module" src="/console/assets/app-1a2b.js">'
)


@pytest.fixture
def built(rig: Rig) -> Rig:
    (rig.pages / "assets").mkdir(parents=True)
    (rig.pages / "index.html").write_bytes(INDEX)
    (rig.pages / "assets" / "app-1a2b.js").write_bytes(b"console.log(1);" * 200)
    (rig.pages / ".vite").mkdir()
    (rig.pages / ".vite" / "manifest.json").write_text("a secret")
    (rig.pages.parent / "secret.txt").write_text("a secret")
    return rig


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(route for route in ROUTES if route[1] != "/api/events"),
        ("GET", "/api/openapi.json"),
        ("GET", "/api/none"),
        ("PUT", "/api/me"),
        ("OPTIONS", "/api/me"),
        ("GET", "/api"),
        ("GET", "/console"),
        ("GET", "/console/assets/none.js"),
        ("POST", "/console"),
    ],
)
async def test_each_response_carries_the_headers(rig: Rig, method: str, path: str):
    browser = await rig.browser()

    answer = await browser.request(
        method, path.format(case_id=1, message_id=1, person_id=1), content=b"{" if method == "POST" else None
    )

    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in answer.headers
    assert "camera=()" in answer.headers["permissions-policy"]


async def test_https_is_kept_to(https_rig: Rig):
    browser = await https_rig.browser()

    for path in ("/api/me", "/console"):
        assert (await browser.get(path)).headers["strict-transport-security"].startswith("max-age=")


async def test_the_page_allows_styles_by_a_fresh_nonce_only(built: Rig):
    browser = await built.browser()

    pages = [await browser.get(path) for path in ("/console", "/console/", "/console/antrean", "/console/index.html")]

    nonces = [re.search(r'nonce="([^"]+)"', page.text)[1] for page in pages]  # type: ignore[index]
    assert len(set(nonces)) == len(pages)
    for page, nonce in zip(pages, nonces, strict=True):
        policy = page.headers["content-security-policy"]
        assert f"style-src 'self' 'nonce-{nonce}'" in policy
        assert "script-src 'self';" in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["content-type"] == "text/html; charset=utf-8"


async def test_hashed_files_are_kept_for_ever_and_come_compressed(built: Rig):
    browser = await built.browser()

    packed = await browser.get("/console/assets/app-1a2b.js", headers={"Accept-Encoding": "gzip"})
    plain = await browser.get("/console/assets/app-1a2b.js", headers={"Accept-Encoding": "identity"})

    assert packed.headers["cache-control"] == plain.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert packed.headers["content-type"] == "text/javascript; charset=utf-8"
    assert (packed.headers["content-encoding"], packed.content) == ("gzip", plain.content)
    assert int(packed.headers["content-length"]) == len(gzip.compress(plain.content, 9)) < len(plain.content)


@pytest.mark.parametrize(
    "path", ["/console/../secret.txt", "/console/%2e%2e/secret.txt", "/console/assets/..%2f..%2fsecret.txt"]
)
async def test_only_what_was_built_is_served(built: Rig, path: str):
    answer = await (await built.browser()).get(path)

    assert "a secret" not in answer.text


async def test_a_console_that_is_not_built_says_how_to(rig: Rig):
    answer = await (await rig.browser()).get("/console")

    assert answer.status_code == 503
    assert "make console" in answer.text


async def test_a_new_build_is_served_without_a_restart(built: Rig):
    browser = await built.browser()
    await browser.get("/console")

    (built.pages / "index.html").write_bytes(b"<!doctype html>the second build")

    assert "second build" in (await browser.get("/console")).text
