"""The web chat inside a partner's page, in a real browser: the partner is another site, and no cookies are kept across sites."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FrameLocator, Page, async_playwright, expect

from tests.browser.conftest import DESKTOP, Visitor, Visitors, find_chromium
from tests.fakes.http_server import HttpServer, Reply, Request
from tests.process import AppProcess, free_port

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.browser]

AFRAID = "suami saya mukul saya, saya takut pulang"
STRICT = "default-src 'none'; script-src {us}; frame-src {us}; img-src 'self'"
"""As strict as a partner can be: no inline script, no inline style, no place but ours."""


@dataclass
class Site:
    """Somebody's site, by the name `localhost`: another site than ours, which is 127.0.0.1."""

    port: int
    app: AppProcess
    asked: list[str]

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, ports: tuple[int, int]) -> Iterator[AppProcess]:
    """An app with one partner."""
    own = free_port()
    started = AppProcess(
        tmp_path_factory.mktemp("shown"),
        port=own,
        TEDUH_WEB__PUBLIC_URL=f"http://127.0.0.1:{own}",
        TEDUH_WEB__PARTNERS=f"http://localhost:{ports[0]}",
    ).start()
    yield started
    started.stop()


async def serve(port: int, app: AppProcess) -> tuple[Site, HttpServer]:
    site = Site(port=port, app=app, asked=[])

    def reply(request: Request) -> Reply:
        site.asked.append(request.path)
        if request.path == "/favicon.ico":
            return Reply(status=404)
        inside = {
            "/": f'<h1>Sekolah</h1><p>Berita</p><script src="{app.url}/embed.js" async></script>',
            "/head": f'<h1>Sekolah</h1><script src="{app.url}/embed.js"></script>' * 2,
            "/by-hand": f'<iframe src="{app.url}/embed?on=http%3A%2F%2Flocalhost%3A{app_partner(app)}" title="x"></iframe>',
            "/own": f'<iframe src="{app.url}/" title="x"></iframe><iframe src="{app.url}/info" title="y"></iframe>',
            "/free": f'<script src="{app.url}/embed.js"></script>',
            "/inner": '<iframe src="/" title="x"></iframe>',
        }.get(request.path, "<h1>Kabar lama</h1>")
        body = (
            f'<!doctype html><html lang="id"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>Sekolah</title><body>{inside}</body></html>"
        )
        policy = {"/free": "", "/inner": "frame-src 'self'"}.get(request.path, STRICT.format(us=app.url))
        return Reply(body=body.encode(), content_type="text/html", headers=(("content-security-policy", policy),))

    server = HttpServer(reply)
    await server.start(port, host="localhost")
    return site, server


def app_partner(app: AppProcess) -> int:
    return int(app._settings["TEDUH_WEB__PARTNERS"].rpartition(":")[2])


@pytest_asyncio.fixture(loop_scope="package")
async def partner(shown: AppProcess, ports: tuple[int, int]) -> AsyncIterator[Site]:
    site, server = await serve(ports[0], shown)
    yield site
    await server.stop()


@pytest_asyncio.fixture(loop_scope="package")
async def stranger(shown: AppProcess, ports: tuple[int, int]) -> AsyncIterator[Site]:
    site, server = await serve(ports[1], shown)
    yield site
    await server.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def strict_browser() -> AsyncIterator[Browser]:
    """A browser that keeps no cookies across sites but partitioned ones, as most are set."""
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--test-third-party-cookie-phaseout"]
        )
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="package")
async def visitors(strict_browser: Browser, shown: AppProcess) -> AsyncIterator[Visitors]:
    async with AsyncExitStack() as stack:
        made = Visitors(strict_browser, stack)
        yield made
    # The partner's page is another host to us; what else was asked for would be a third party. That a reader is refused is meant.
    allowed = re.compile(r"asked another host: localhost:\d+$|error: Access to fetch .* has been blocked by CORS policy")
    assert [fault for fault in made.faults if not allowed.match(fault)] == []


async def arrive(visitors: Visitors, site: Site, path: str = "/", **options: object) -> tuple[Visitor, Page]:
    visitor = await visitors.come(site.app, **options)
    page = await visitor.new_page()
    await page.goto(site.url + "/before")
    await page.goto(site.url + path)
    return visitor, page


def chat(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[title='Info Layanan Warga']")


async def open_chat(page: Page) -> FrameLocator:
    await page.get_by_role("button", name="Tanya di sini").click()
    inside = chat(page)
    await expect(inside.get_by_label("Tulis pesan")).to_be_visible()
    return inside


async def say(inside: FrameLocator, words: str) -> None:
    await inside.get_by_label("Tulis pesan").fill(words)
    await inside.get_by_role("button", name="Kirim").click()
    await expect(inside.locator("#thread > :last-child:not(.me)")).to_be_visible()


# The talk


async def test_somebody_is_answered_inside_the_partner_s_page(partner: Site, visitors: Visitors) -> None:
    _visitor, page = await arrive(visitors, partner)

    inside = await open_chat(page)
    await say(inside, AFRAID)

    numbers = inside.get_by_role("log", name="Percakapan").get_by_role("link")
    assert [await link.get_attribute("href") for link in await numbers.all()] == ["tel:110", "tel:129"]
    await expect(inside.get_by_text("tidak menyimpan cookie")).not_to_be_visible()


async def test_the_talk_is_there_again_on_the_partner_s_next_page_and_nowhere_else(partner: Site, visitors: Visitors) -> None:
    visitor, page = await arrive(visitors, partner)
    await say(await open_chat(page), AFRAID)

    await page.reload()
    inside = await open_chat(page)
    await expect(inside.get_by_text(AFRAID)).to_be_visible()

    own = await visitor.new_page()
    await own.goto(partner.app.url)
    await expect(own.get_by_text("Tulis apa saja, seperlunya.")).to_be_visible()
    assert await own.locator(".b").count() == 0


async def test_the_cookie_is_kept_for_this_partner_alone(partner: Site, visitors: Visitors) -> None:
    visitor, page = await arrive(visitors, partner)
    await say(await open_chat(page), "halo")

    cookies = await visitor.context.cookies()

    assert [(each["name"], each["sameSite"], each["secure"], each["httpOnly"]) for each in cookies] == [
        ("info-framed", "None", True, True)
    ]
    assert cookies[0].get("partitionKey") == "http://localhost"


async def test_until_the_button_is_pressed_only_the_script_was_asked_for(partner: Site, visitors: Visitors) -> None:
    visitor = await visitors.come(partner.app)
    page = await visitor.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    await page.goto(partner.url)
    await expect(page.get_by_role("button", name="Tanya di sini")).to_be_visible()

    assert [url for url in asked if url.startswith(partner.app.url)] == [partner.app.url + "/embed.js"]
    assert await visitor.context.cookies() == []


async def test_a_script_that_stands_there_twice_makes_one_button(partner: Site, visitors: Visitors) -> None:
    _visitor, page = await arrive(visitors, partner, "/head")

    await expect(page.get_by_role("button", name="Tanya di sini")).to_have_count(1)


# Who may


async def test_on_a_site_that_is_no_partner_there_is_nothing(stranger: Site, visitors: Visitors) -> None:
    _visitor, page = await arrive(visitors, stranger)
    await page.wait_for_load_state("networkidle")

    assert await page.get_by_role("button").count() == 0
    assert await page.locator("#info-layanan, iframe").count() == 0


@pytest.mark.parametrize("path", ["/by-hand", "/own"])
async def test_another_site_can_not_frame_any_page_of_ours(stranger: Site, strict_browser: Browser, path: str) -> None:
    context = await strict_browser.new_context()
    page = await context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))

    await page.goto(stranger.url + path)

    frames = page.frames[1:]
    assert len(frames) == (1 if path == "/by-hand" else 2)
    for frame in frames:
        assert await frame.locator("textarea").count() == 0
        assert frame.url.startswith("chrome-error://")
    assert any("frame-ancestors" in words or "X-Frame-Options" in words for words in refused)
    await context.close()


async def test_a_partner_can_not_frame_the_page_that_stands_for_itself(partner: Site, strict_browser: Browser) -> None:
    context = await strict_browser.new_context()
    page = await context.new_page()

    await page.goto(partner.url + "/own")

    assert [frame.url.split(":")[0] for frame in page.frames[1:]] == ["chrome-error", "chrome-error"]
    await context.close()


async def test_inside_somebody_s_frame_a_partner_s_page_has_no_button(partner: Site, visitors: Visitors) -> None:
    _visitor, page = await arrive(visitors, partner, "/inner")
    await page.frame_locator("iframe").get_by_role("heading").wait_for()
    await page.wait_for_load_state("networkidle")

    assert await page.frame_locator("iframe").get_by_role("button").count() == 0


async def test_the_partner_s_page_can_not_read_or_write_the_talk(partner: Site, visitors: Visitors) -> None:
    _visitor, page = await arrive(visitors, partner)
    await say(await open_chat(page), AFRAID)
    attempt = """async (url) => {
        const frame = document.querySelector('#info-layanan').shadowRoot.querySelector('iframe')
        const seen = []
        try { seen.push(frame.contentDocument && frame.contentDocument.body.textContent) } catch (error) { seen.push(error.name) }
        for (const [path, options] of [['thread?after=0', {}], ['leave', { method: 'POST' }]]) {
            try { seen.push((await fetch(`${url}/embed/chat/${path}`, { credentials: 'include', ...options })).status) }
            catch (error) { seen.push(error.name) }
        }
        return seen
    }"""
    # A page whose own policy does not refuse before we do.
    await page.goto(partner.url + "/free")
    await open_chat(page)

    assert await page.evaluate(attempt, partner.app.url) == [None, "TypeError", "TypeError"]

    await page.reload()
    await expect((await open_chat(page)).get_by_text(AFRAID)).to_be_visible()


async def test_words_of_the_partner_s_page_or_of_others_change_nothing(partner: Site, visitors: Visitors) -> None:
    _visitor, page = await arrive(visitors, partner)
    inside = await open_chat(page)
    await say(inside, "halo")

    for words in ("info:leave", "info:close", "info:ready"):
        await page.evaluate("words => postMessage(words, '*')", words)
    await page.evaluate(
        "() => document.querySelector('#info-layanan').shadowRoot.querySelector('iframe').contentWindow.postMessage('info:other', '*')"
    )

    await expect(inside.locator(".b.me")).to_have_text("Kamu: halo")
    assert page.url == partner.url + "/"


# Leaving


@pytest.mark.parametrize("how", ["button", "escape in the frame", "escape on the page", "word"])
async def test_leaving_takes_the_partner_s_page_and_its_place_in_the_history(
    partner: Site, visitors: Visitors, how: str
) -> None:
    visitor, page = await arrive(visitors, partner)
    inside = await open_chat(page)
    await say(inside, AFRAID)

    async with page.expect_navigation(url="**/info"):
        if how == "button":
            await inside.get_by_role("button", name="Keluar").click()
        elif how == "word":
            await inside.get_by_label("Tulis pesan").fill("keluar")
            await inside.get_by_role("button", name="Kirim").click()
        else:
            if how == "escape in the frame":
                await inside.get_by_label("Tulis pesan").focus()
            else:
                await page.evaluate("document.querySelector('#info-layanan').shadowRoot.querySelector('iframe').blur()")
            await page.keyboard.press("Escape")
            await page.keyboard.press("Escape")

    assert page.url == partner.app.url + "/info"
    await expect(page.get_by_role("heading", name="Informasi layanan")).to_be_visible()
    await page.go_back()
    assert page.url == partner.url + "/before"
    await page.go_forward()
    assert page.url == partner.app.url + "/info"
    async with asyncio.timeout(5):
        while await visitor.context.cookies():  # noqa: ASYNC110 - the browser tells nobody
            await asyncio.sleep(0.02)
    again = await visitor.new_page()
    await again.goto(partner.url)
    inside = await open_chat(again)
    await expect(inside.get_by_text("Tulis apa saja, seperlunya.")).to_be_visible()
    assert await inside.locator(".b").count() == 0
    assert await visitor.context.cookies() == []


async def test_leaving_without_a_network_hides_the_page_at_once_and_is_told_later(partner: Site, visitors: Visitors) -> None:
    visitor, page = await arrive(visitors, partner)
    inside = await open_chat(page)
    await say(inside, AFRAID)
    await visitor.context.set_offline(True)

    await inside.get_by_role("button", name="Keluar").click()

    await page.wait_for_function("!document.body || !document.body.innerText.includes('Berita')", timeout=1_000)
    await visitor.context.set_offline(False)
    again = await visitor.new_page()
    await again.goto(partner.url)
    inside = await open_chat(again)
    await expect(inside.get_by_text("Tulis apa saja, seperlunya.")).to_be_visible()
    assert await inside.locator(".b").count() == 0


async def test_leaving_in_one_tab_takes_the_other_as_well(partner: Site, visitors: Visitors) -> None:
    visitor, first = await arrive(visitors, partner)
    await say(await open_chat(first), AFRAID)
    second = await visitor.new_page()
    await second.goto(partner.url)
    await expect((await open_chat(second)).get_by_text(AFRAID)).to_be_visible()

    async with second.expect_navigation(url="**/info"):
        await chat(first).get_by_role("button", name="Keluar").click()


# Everybody


async def test_it_works_with_the_keyboard_alone(partner: Site, visitors: Visitors) -> None:
    _visitor, page = await arrive(visitors, partner, viewport=DESKTOP, has_touch=False, is_mobile=False)
    button = page.get_by_role("button", name="Tanya di sini")
    await page.keyboard.press("Tab")
    await expect(button).to_be_focused()

    await page.keyboard.press("Enter")
    inside = chat(page)
    await expect(inside.get_by_label("Tulis pesan")).to_be_focused()
    await page.keyboard.type("halo")
    await page.keyboard.press("Enter")
    await expect(inside.locator(".b.me")).to_have_text("Kamu: halo")

    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(button).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(inside.locator(".b.me")).to_have_text("Kamu: halo")
    await inside.get_by_role("button", name="Kecilkan").click()
    await expect(button).to_be_focused()


async def test_everything_has_a_name_for_who_listens(partner: Site, visitors: Visitors) -> None:
    _visitor, page = await arrive(visitors, partner)
    button = page.get_by_role("button", name="Tanya di sini")
    await expect(button).to_have_attribute("aria-haspopup", "dialog")

    inside = await open_chat(page)

    await expect(page.get_by_role("dialog", name="Info Layanan Warga")).to_be_visible()
    assert await page.locator("iframe").get_attribute("title") == "Info Layanan Warga"
    assert await page.locator("#info-layanan").get_attribute("lang") == "id"
    for name in ("Kecilkan", "Keluar", "Kirim"):
        await expect(inside.get_by_role("button", name=name)).to_be_visible()
    # In front of the whole page on a phone: the page behind can't be reached.
    assert await page.get_by_role("heading", name="Sekolah").count() == 1
    assert await page.locator("dialog").evaluate("panel => panel.matches(':modal')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360])
async def test_on_a_small_phone_the_frame_fills_the_screen_and_nothing_is_cut(
    partner: Site, visitors: Visitors, width: int, scheme: str
) -> None:
    _visitor, page = await arrive(visitors, partner, viewport={"width": width, "height": 640}, color_scheme=scheme)
    button = await page.get_by_role("button", name="Tanya di sini").bounding_box()
    assert button
    assert button["height"] >= 52
    assert button["x"] + button["width"] <= width

    inside = await open_chat(page)
    await say(inside, "tolong" * 60)

    assert await page.locator("iframe").bounding_box() == {"x": 0, "y": 0, "width": width, "height": 640}
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    assert await inside.locator("html").evaluate("node => node.scrollWidth") == width
    for name in ("Kecilkan", "Keluar", "Kirim"):
        box = await inside.get_by_role("button", name=name).bounding_box()
        assert box
        assert box["height"] >= 52
        assert box["x"] + box["width"] <= width


async def test_while_nothing_comes_there_are_numbers_and_a_way_back(partner: Site, visitors: Visitors) -> None:
    _visitor, page = await arrive(visitors, partner)
    await page.route("**/embed?*", lambda route: route.abort())

    await page.get_by_role("button", name="Tanya di sini").click()

    panel = page.get_by_role("dialog")
    assert [await link.get_attribute("href") for link in await panel.get_by_role("link").all()] == ["tel:110", "tel:129"]
    await panel.get_by_role("button", name="Tutup").click()
    await expect(page.get_by_role("button", name="Tanya di sini")).to_be_focused()


async def test_where_no_cookie_is_kept_the_page_says_so_before_anything_is_written(partner: Site, visitors: Visitors) -> None:
    _visitor, page = await arrive(visitors, partner)
    await page.context.add_init_script("Object.defineProperty(Document.prototype, 'cookie', { get: () => '', set() {} })")
    await page.goto(partner.url)

    inside = await open_chat(page)

    link = inside.get_by_role("link", name="Buka di halaman sendiri")
    await expect(link).to_be_visible()
    async with page.context.expect_page() as opened:
        await link.click()
    own = await opened.value
    await expect(own.get_by_text("Tulis apa saja, seperlunya.")).to_be_visible()
    assert own.url == partner.app.url + "/"
