"""A real Chromium and the real app. Where there is no Chromium, these tests fail and say how to get one; they never skip."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Error, Page, async_playwright

from tests.process import AppProcess

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """The Chromium of TEDUH_TEST_CHROMIUM, else one that is installed; None leaves it to Playwright's own."""
    given = os.environ.get("TEDUH_TEST_CHROMIUM")
    return given or next(filter(None, map(shutil.which, _NAMES)), None)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        # In a container the sandbox can't be set up by root; the pages are our own.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        try:
            launched = await playwright.chromium.launch(executable_path=find_chromium(), args=arguments)
        except Error as exc:
            raise AssertionError(
                "No Chromium could be started: install the package chromium, or run: playwright install chromium"
            ) from exc
        yield launched
        await launched.close()


@dataclass
class Visitor:
    """Somebody's browser, with no traces of before. `faults` are what the page did wrong by itself; at the end there must be none."""

    context: BrowserContext
    url: str
    faults: list[str] = field(default_factory=list)

    async def open(self, path: str = "/") -> Page:
        page = await self.new_page()
        await page.goto(self.url + path)
        return page

    async def new_page(self) -> Page:
        page = await self.context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("console", lambda message: self._note_console(message.type, message.text))
        page.on("request", lambda request: self._note_request(request.url))
        return page

    def _note_console(self, kind: str, text: str) -> None:
        # What the network did is the test's doing; refusals by policy and errors in scripts are ours.
        if kind in ("error", "warning") and not text.startswith("Failed to load resource"):
            self.faults.append(f"{kind}: {text}")

    def _note_request(self, url: str) -> None:
        asked = urlsplit(url)
        if asked.scheme in ("http", "https") and asked.netloc != urlsplit(self.url).netloc:
            self.faults.append(f"asked another host: {asked.netloc}")


class Visitors:
    """Makes visitors, closes them, and finds their faults."""

    def __init__(self, browser: Browser, stack: AsyncExitStack) -> None:
        self._browser = browser
        self._stack = stack
        self._made: list[Visitor] = []

    async def come(self, app: AppProcess, **options: Any) -> Visitor:
        """A visitor of this app, on a phone unless told otherwise."""
        phone = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
        context = await self._browser.new_context(**{"locale": "id-ID", **phone, **options})
        context.set_default_timeout(10_000)
        self._stack.push_async_callback(context.close)
        visitor = Visitor(context, app.url)
        self._made.append(visitor)
        return visitor

    @property
    def faults(self) -> list[str]:
        return [fault for visitor in self._made for fault in visitor.faults]


@pytest_asyncio.fixture(loop_scope="package")
async def visitors(browser: Browser) -> AsyncIterator[Visitors]:
    async with AsyncExitStack() as stack:
        made = Visitors(browser, stack)
        yield made
    assert made.faults == []


@pytest.fixture(scope="package")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    """The app that the tests of this folder share: each visitor is somebody new to it."""
    started = AppProcess(tmp_path_factory.mktemp("app")).start()
    yield started
    started.stop()


@pytest.fixture
def own_app(tmp_path: Path) -> Iterator[AppProcess]:
    """An app that a test may kill."""
    started = AppProcess(tmp_path / "app").start()
    yield started
    started.stop()
