"""The web chat as somebody meets it: a phone, a weak signal, perhaps the wrong hands."""

import re
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import DESKTOP, Visitors
from tests.process import AppProcess

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.browser]

AFRAID = "suami saya mukul saya, saya takut pulang"
WAITING = "menunggu sinyal, akan dikirim sendiri"


async def say(page: Page, words: str) -> None:
    await page.get_by_label("Tulis pesan").fill(words)
    await page.get_by_role("button", name="Kirim").click()


async def press(page: Page, label: str) -> None:
    await page.get_by_role("button", name=label, exact=True).click()


async def said_by_me(page: Page) -> list[str]:
    return [words.removeprefix("Kamu: ") for words in await page.locator(".b.me").all_text_contents()]


async def settled(page: Page, mine: int) -> None:
    """The thread holds so many of my messages, and the program has answered the last."""
    await expect(page.locator(".b.me[data-seq]")).to_have_count(mine)
    await expect(page.locator("#thread > :last-child:not(.me)")).to_be_visible()


# The talk


async def test_danger_is_answered_within_five_seconds_with_numbers_to_call(app: AppProcess, visitors: Visitors) -> None:
    page = await (await visitors.come(app)).open()

    await say(page, AFRAID)

    numbers = page.get_by_role("log", name="Percakapan").get_by_role("link")
    await expect(numbers).to_have_count(2, timeout=5_000)
    assert [await link.get_attribute("href") for link in await numbers.all()] == ["tel:110", "tel:129"]
    await expect(numbers.first).to_be_in_viewport()
    shown = await page.get_by_role("log").inner_text()
    assert [shown.count(number) for number in ("110", "129")] == [1, 1]


async def test_a_reload_shows_the_same_talk(app: AppProcess, visitors: Visitors) -> None:
    page = await (await visitors.come(app)).open()
    await say(page, "malam min, mau tanya")
    await settled(page, 1)
    await press(page, "Lanjut")
    await settled(page, 2)
    before = await page.locator("#thread").inner_text()

    await page.reload()

    await settled(page, 2)
    assert await page.locator("#thread").inner_text() == before
    assert await said_by_me(page) == ["malam min, mau tanya", "Lanjut"]


async def test_a_second_tab_shows_what_is_said_in_the_first(app: AppProcess, visitors: Visitors) -> None:
    visitor = await visitors.come(app)
    first = await visitor.open()
    await say(first, "halo")
    await settled(first, 1)
    second = await visitor.open()
    await settled(second, 1)

    await say(first, "petugas")

    await settled(second, 2)
    assert await said_by_me(second) == await said_by_me(first) == ["halo", "petugas"]


async def test_buttons_are_there_for_the_open_question_only(app: AppProcess, visitors: Visitors) -> None:
    page = await (await visitors.come(app)).open()
    await say(page, "malam min")
    await expect(page.get_by_role("button", name="Lanjut", exact=True)).to_be_visible()

    await say(page, "lanjut")

    await settled(page, 2)
    await expect(page.get_by_role("button", name="Lanjut", exact=True)).to_have_count(0)


async def test_after_erasing_nothing_of_the_talk_stands_there_not_even_the_yes(app: AppProcess, visitors: Visitors) -> None:
    page = await (await visitors.come(app)).open()
    await say(page, AFRAID)
    await settled(page, 1)
    await say(page, "hapus")
    yes = page.get_by_role("button", name="Ya", exact=True)
    await expect(yes).to_be_visible()
    assert not re.search(r"\bfirst\b", await yes.get_attribute("class") or ""), "what erases must not be the main button"

    await yes.click()

    await expect(page.get_by_text("Sudah dihapus dari tempat kami.")).to_be_visible()
    await expect(page.locator(".b.me")).to_have_count(0)
    assert await page.locator("#thread > *").count() == 1


# Weak signal


async def test_what_is_written_offline_is_sent_once_when_the_signal_is_back(app: AppProcess, visitors: Visitors) -> None:
    visitor = await visitors.come(app)
    page = await visitor.open()
    await say(page, "halo")
    await settled(page, 1)
    await visitor.context.set_offline(True)
    await say(page, "satu")
    await say(page, "dua")
    await expect(page.get_by_text(WAITING)).to_have_count(2)
    await expect(page.locator("#lost")).to_contain_text("Kalau ada bahaya")

    await visitor.context.set_offline(False)

    await settled(page, 3)
    await expect(page.get_by_text(WAITING)).to_have_count(0)
    await expect(page.locator("#lost")).not_to_be_visible()
    assert await said_by_me(page) == ["halo", "satu", "dua"]


async def test_what_could_not_be_sent_survives_a_reload_and_then_leaves_the_browser(
    app: AppProcess, visitors: Visitors
) -> None:
    visitor = await visitors.come(app)
    page = await visitor.open()
    await page.route("**/chat/messages", lambda route: route.abort())
    await say(page, "tolong saya")
    await page.get_by_label("Tulis pesan").fill("belum selesai")
    await expect(page.get_by_text(WAITING)).to_be_visible()
    await page.reload()
    await expect(page.get_by_text(WAITING)).to_be_visible()
    await expect(page.get_by_label("Tulis pesan")).to_have_value("belum selesai")

    await page.unroute("**/chat/messages")

    await settled(page, 1)
    assert await said_by_me(page) == ["tolong saya"]
    assert await page.evaluate("[sessionStorage.length, localStorage.length]") == [0, 0]


async def test_a_message_whose_answer_was_lost_is_there_once(app: AppProcess, visitors: Visitors) -> None:
    visitor = await visitors.come(app)
    page = await visitor.open()
    lost = []

    async def lose_answer(route: Route) -> None:
        if len(lost) < 2:
            lost.append(await route.fetch())
            await visitor.context.clear_cookies()  # the cookie was in the lost answer
            await route.abort()
        else:
            await route.continue_()

    await page.route("**/chat/messages", lose_answer)

    await say(page, "halo kak")

    await settled(page, 1)
    assert [answer.status for answer in lost] == [202, 202]
    await page.reload()
    await settled(page, 1)
    assert await said_by_me(page) == ["halo kak"]


async def test_a_double_tap_sends_once(app: AppProcess, visitors: Visitors) -> None:
    page = await (await visitors.come(app)).open()
    await page.get_by_label("Tulis pesan").fill("halo")
    await page.get_by_role("button", name="Kirim").dblclick()
    await settled(page, 1)

    await page.get_by_role("button", name="Lanjut", exact=True).evaluate("button => { button.click(); button.click() }")

    await settled(page, 2)
    assert await said_by_me(page) == ["halo", "Lanjut"]


async def test_a_page_outlives_the_server(own_app: AppProcess, visitors: Visitors) -> None:
    page = await (await visitors.come(own_app)).open()
    await say(page, "halo")
    await settled(page, 1)
    own_app.kill()
    await say(page, "masih ada orang?")
    await expect(page.get_by_text(WAITING)).to_be_visible()

    own_app.start()

    await expect(page.get_by_text(WAITING)).to_have_count(0, timeout=30_000)
    await settled(page, 2)
    await say(page, "petugas")
    await settled(page, 3)
    assert await said_by_me(page) == ["halo", "masih ada orang?", "petugas"]
    await page.reload()
    await settled(page, 3)
    assert await said_by_me(page) == ["halo", "masih ada orang?", "petugas"]


async def test_where_no_stream_gets_through_the_page_asks(app: AppProcess, visitors: Visitors) -> None:
    page = await (await visitors.come(app)).open()
    await page.route("**/chat/events*", lambda route: route.abort())

    await say(page, "halo")

    await settled(page, 1)


async def test_who_must_wait_sees_numbers_and_is_let_in_without_doing_anything(tmp_path: Path, visitors: Visitors) -> None:
    app = AppProcess(tmp_path, TEDUH_LIMITS__NEW_TALKS="60").start()
    visitor = await visitors.come(app)
    page = await visitor.new_page()
    await page.clock.install()
    await page.goto(app.url)
    async with httpx.AsyncClient(base_url=app.url, headers={"x-teduh": "1"}) as flood:
        while True:
            flood.cookies.clear()
            answer = await flood.post("/chat/messages", json={"key": uuid4().hex, "text": "halo"})
            if answer.status_code == 429:
                break

    await say(page, AFRAID)

    told = page.get_by_role("alert").filter(has_text="Pesanmu sedang antre")
    await expect(told).to_be_visible()
    assert [await link.get_attribute("href") for link in await told.get_by_role("link").all()] == ["tel:110", "tel:129"]
    await expect(page.get_by_text("menunggu giliran, akan dikirim sendiri")).to_be_visible()
    await expect(page.get_by_text("Belum tersambung")).not_to_be_visible()
    status = 429
    while status == 429:
        async with page.expect_response("**/chat/messages") as tried:
            await page.clock.fast_forward(10_000)
        status = (await tried.value).status
    await settled(page, 1)
    await expect(told).not_to_be_visible()
    app.stop()


async def test_a_text_that_is_too_long_stays_in_the_box(app: AppProcess, visitors: Visitors) -> None:
    page = await (await visitors.come(app)).open()
    words = "cerita panjang " * 300

    await say(page, words)

    await expect(page.get_by_role("alert")).to_have_text(
        "Tulisannya terlalu panjang (paling banyak 4000 huruf). Coba bagi menjadi beberapa pesan."
    )
    assert await page.get_by_label("Tulis pesan").input_value() == words
    assert await said_by_me(page) == []


async def test_a_text_that_the_server_refuses_comes_back_into_the_box(app: AppProcess, visitors: Visitors) -> None:
    page = await (await visitors.come(app)).open()
    words = "\u0001" * 3900 + "tolong"  # few characters, but many when written as JSON

    await say(page, words)

    await expect(page.get_by_role("alert")).to_contain_text("terlalu panjang")
    assert await page.get_by_label("Tulis pesan").input_value() == words


# The wrong hands


async def assert_no_trace(page: Page) -> None:
    assert page.url.endswith("/info")
    await expect(page.get_by_role("heading", name="Informasi layanan")).to_be_visible()
    assert not re.search(r"takut|mukul|petugas|Kamu:", await page.content())
    assert await page.evaluate("[sessionStorage.length, localStorage.length]") == [0, 0]


@pytest.mark.parametrize("how", ["button", "escape", "word"])
async def test_leaving_takes_the_talk_out_of_page_history_and_browser(app: AppProcess, visitors: Visitors, how: str) -> None:
    visitor = await visitors.come(app)
    page = await visitor.open("/robots.txt")
    await page.goto(visitor.url + "/")
    await say(page, AFRAID)
    await settled(page, 1)

    async with page.expect_response("**/info"):
        if how == "button":
            await press(page, "Keluar")
        elif how == "escape":
            await page.keyboard.press("Escape")
            await page.keyboard.press("Escape")
        else:
            await say(page, " Keluar. ")

    await assert_no_trace(page)
    await page.go_back()
    assert page.url.endswith("/robots.txt")
    await page.go_forward()
    await assert_no_trace(page)
    assert await visitor.context.cookies() == []
    again = await visitor.open()
    await expect(again.get_by_text("Tulis apa saja, seperlunya.")).to_be_visible()
    assert await said_by_me(again) == []


async def test_leaving_needs_no_network(app: AppProcess, visitors: Visitors) -> None:
    visitor = await visitors.come(app)
    page = await visitor.open()
    await say(page, AFRAID)
    await settled(page, 1)
    await visitor.context.set_offline(True)
    await say(page, "dia sudah di depan rumah")

    await press(page, "Keluar")

    await expect(page.get_by_role("heading", name="Informasi layanan")).to_be_visible(timeout=500)
    assert page.url.endswith("/info")
    assert not re.search(r"takut|mukul|di depan", await page.content())
    assert await page.evaluate("sessionStorage.length") == 0


async def test_a_page_closed_while_leaving_offline_does_not_come_back(app: AppProcess, visitors: Visitors) -> None:
    visitor = await visitors.come(app)
    page = await visitor.open()
    await say(page, AFRAID)
    await settled(page, 1)
    await visitor.context.set_offline(True)
    await press(page, "Keluar")
    await page.close()
    await visitor.context.set_offline(False)

    again = await visitor.new_page()
    async with again.expect_response("**/chat/leave"):
        await again.goto(visitor.url)

    await expect(again.get_by_text("Tulis apa saja, seperlunya.")).to_be_visible()
    assert await said_by_me(again) == []
    assert await visitor.context.cookies() == []


async def test_leaving_in_one_tab_clears_the_others(app: AppProcess, visitors: Visitors) -> None:
    visitor = await visitors.come(app)
    first = await visitor.open()
    await say(first, AFRAID)
    await settled(first, 1)
    second = await visitor.open()
    await settled(second, 1)

    async with second.expect_response("**/info"):
        await press(first, "Keluar")

    await assert_no_trace(second)


async def test_after_ten_minutes_the_talk_is_hidden_until_somebody_goes_on(app: AppProcess, visitors: Visitors) -> None:
    visitor = await visitors.come(app)
    page = await visitor.new_page()
    await page.clock.install()
    await page.goto(visitor.url)
    await say(page, AFRAID)
    await settled(page, 1)

    await page.clock.fast_forward("11:00")

    await expect(page.get_by_role("heading", name="Info Layanan Warga")).to_be_visible()
    await expect(page.get_by_role("log")).to_have_count(0)
    await expect(page.get_by_text("takut pulang")).not_to_be_visible()
    await press(page, "Lanjutkan")
    await expect(page.get_by_text("takut pulang")).to_be_visible()


async def test_a_page_opened_after_a_long_silence_shows_nothing_before_it_is_asked(app: AppProcess, visitors: Visitors) -> None:
    page = await (await visitors.come(app)).open()
    await say(page, AFRAID)
    await settled(page, 1)

    async def as_after_a_while(route: Route) -> None:
        answer = await route.fetch()
        news = await answer.json()
        await route.fulfill(response=answer, json={**news, "state": {**news["state"], "rests": True}})

    await page.route("**/chat/thread*", as_after_a_while)
    await page.reload()

    await expect(page.get_by_role("button", name="Lanjutkan")).to_be_focused()
    await expect(page.get_by_text("takut pulang")).not_to_be_visible()


# Everybody


async def test_a_talk_needs_no_mouse(app: AppProcess, visitors: Visitors) -> None:
    visitor = await visitors.come(app, viewport=DESKTOP, has_touch=False, is_mobile=False)
    page = await visitor.open()
    await expect(page.get_by_label("Tulis pesan")).to_be_focused()
    await page.keyboard.type("halo")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("kak")
    await page.keyboard.press("Enter")
    await settled(page, 1)
    await expect(page.get_by_label("Tulis pesan")).to_be_focused()

    for _ in range(3):
        await page.keyboard.press("Shift+Tab")
    await expect(page.get_by_role("button", name="Lanjut", exact=True)).to_be_focused()
    await page.keyboard.press("Enter")

    await settled(page, 2)
    await expect(page.get_by_label("Tulis pesan")).to_be_focused()
    assert await said_by_me(page) == ["halo\nkak", "Lanjut"]


async def test_everything_has_a_name_and_is_large_enough_to_hit(app: AppProcess, visitors: Visitors) -> None:
    page = await (await visitors.come(app)).open()
    await say(page, AFRAID)
    await settled(page, 1)

    assert await page.locator("html").get_attribute("lang") == "id"
    assert await page.title() == "Info Layanan Warga"
    await expect(page.get_by_role("log", name="Percakapan")).to_have_attribute("aria-live", "polite")
    await expect(page.get_by_role("group", name="Pilihan jawaban")).to_be_visible()
    controls = page.locator("button:visible, a.call:visible, textarea:visible")
    names = [
        await each.evaluate(
            "node => (node.getAttribute('aria-label') || node.labels?.[0]?.textContent || node.textContent).trim()"
        )
        for each in await controls.all()
    ]
    heights = [(await each.bounding_box() or {"height": 0})["height"] for each in await controls.all()]
    assert len(names) >= 6
    assert all(names)
    assert min(heights) >= 52


async def test_on_a_small_screen_what_is_new_is_told_without_covering_a_number(app: AppProcess, visitors: Visitors) -> None:
    page = await (await visitors.come(app, viewport={"width": 320, "height": 420})).open()
    await say(page, AFRAID)
    await settled(page, 1)

    await page.locator("#scroll").evaluate("node => { node.scrollTop = 0 }")
    # As from a second tab: what one sends oneself is scrolled to.
    message = {"key": uuid4().hex, "text": "halo"}
    await page.context.request.post(f"{app.url}/chat/messages", headers={"x-teduh": "1"}, data=message)

    pill = page.get_by_role("button", name="Ada yang baru")
    await expect(pill).to_be_visible()
    shown, scroll = await pill.bounding_box(), await page.locator("#scroll").bounding_box()
    assert shown is not None
    assert scroll is not None
    assert shown["y"] >= scroll["y"] + scroll["height"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_narrow_screen_never_scrolls_sideways(app: AppProcess, visitors: Visitors, scheme: str) -> None:
    visitor = await visitors.come(app, viewport={"width": 320, "height": 480}, color_scheme=scheme)
    page = await visitor.open()
    await say(page, "tolong" * 60)
    await settled(page, 1)
    widths = ["document.documentElement.scrollWidth", "document.querySelector('#scroll').scrollWidth"]

    assert [await page.evaluate(width) for width in widths] == [320, 320]
    await page.goto(visitor.url + "/info")
    assert await page.evaluate(widths[0]) == 320


async def test_without_script_there_are_numbers_at_once(app: AppProcess, visitors: Visitors) -> None:
    page = await (await visitors.come(app, java_script_enabled=False)).open()

    numbers = page.get_by_role("link").and_(page.locator(":visible"))
    assert [await link.get_attribute("href") for link in await numbers.all()] == ["tel:110", "tel:129"]


async def test_when_the_script_does_not_arrive_numbers_appear(app: AppProcess, visitors: Visitors) -> None:
    visitor = await visitors.come(app)
    page = await visitor.new_page()
    await page.route("**/*.js", lambda route: route.abort())
    await page.goto(visitor.url)

    await expect(page.get_by_text("Belum tersambung. Kalau ada bahaya")).to_be_visible(timeout=9_000)
