"""The main job, in two real browsers: a person writes, danger is seen, a responder answers, the program takes over again."""

import asyncio
import contextlib
import re
import sqlite3
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import DESKTOP, PHONE, Visitors
from tests.process import ROOT, AppProcess

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.browser, pytest.mark.journey]

AFRAID = "suami saya mukul saya, saya takut pulang"
PASSWORD = "empat kata acak saja"


@pytest.fixture(scope="module")
def console_built() -> Path:
    page = ROOT / "console" / "dist" / "index.html"
    assert page.exists(), "the console is not built: run make console"
    return page


async def sign_up(page: Page, app: AppProcess, *, login: str = "ratna") -> None:
    """Become the first administrator, who answers too, and go on duty."""
    await page.goto(f"{app.url}/console#/undangan/{app.invitation()}")
    await page.get_by_label("Nama panggilan").fill("Ratna")
    await page.get_by_label("Nama masuk").fill(login)
    await page.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
    await page.get_by_label("Saya juga menjawab pesan").check()
    await page.get_by_role("button", name="Buat akun").click()
    # The switch itself is drawn over by its track: a person presses the words beside it.
    duty = page.get_by_role("switch", name="Saya bertugas").locator("visible=true")
    await duty.evaluate("each => each.click()")
    await expect(duty).to_be_checked()


async def write(page: Page, words: str) -> None:
    await page.get_by_label("Tulis pesan").fill(words)
    await page.get_by_role("button", name="Kirim").click()


async def reply(page: Page, words: str) -> None:
    await page.get_by_label(re.compile("^Balasan untuk")).fill(words)
    await page.get_by_role("button", name=re.compile("^Kirim ke")).click()


@pytest.mark.parametrize("viewport", [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone")])
async def test_a_person_in_danger_reaches_a_responder_and_the_program_is_back_afterwards(
    own_app: AppProcess, visitors: Visitors, console_built: Path, viewport: dict[str, int]
) -> None:
    console = await (await visitors.come(own_app, viewport=viewport, has_touch=False, is_mobile=False)).new_page()
    await sign_up(console, own_app)
    contact = await (await visitors.come(own_app)).open()
    log = contact.get_by_role("log", name="Percakapan")

    # Danger is seen: numbers at once, and it rings.
    await write(contact, AFRAID)
    await expect(log.get_by_role("link")).to_have_count(2, timeout=5_000)
    await expect(console).to_have_title("1 orang menunggu", timeout=5_000)
    await expect(console.get_by_text("Dering terdengar").locator("visible=true")).to_have_count(1)

    # Claimed: the contact hears by whom, the responder sees her words.
    await console.get_by_role("button", name="Terima orang berikutnya").locator("visible=true").click()
    thread = console.get_by_role("region", name="Percakapan")
    await expect(thread.get_by_text(AFRAID)).to_be_visible()
    await expect(contact.get_by_role("status").filter(has_text="Bersama Ratna, petugas")).to_be_visible()

    # They talk, and the program is silent.
    await reply(console, "Malam, saya Ratna. Sekarang di ruang mana?")
    await expect(log.get_by_text("Sekarang di ruang mana?")).to_be_visible()
    bubbles = await log.locator(".b").count()
    await write(contact, "di kamar, sudah sy kunci")
    await expect(thread.get_by_text("di kamar, sudah sy kunci")).to_be_visible()
    await expect(log.locator(".b.me[data-seq]")).to_have_count(2)
    assert await log.locator(".b").count() == bubbles + 1

    # Closed: a last word, and the program answers again.
    await finish(console)
    await expect(contact.get_by_role("status").filter(has_text="Program otomatis dan petugas")).to_be_visible()
    before = await log.locator(".b:not(.me):not(.person)").count()
    await write(contact, "menu")
    await expect(log.locator(".b:not(.me):not(.person)")).not_to_have_count(before)


async def test_who_waits_sees_what_happens_until_a_person_has_answered(
    own_app: AppProcess, visitors: Visitors, console_built: Path
) -> None:
    contact = await (await visitors.come(own_app)).open()
    card = contact.get_by_role("region", name=re.compile("petugas|Ratna"))
    now = card.locator("[aria-current=step]")

    # Nobody is on duty, and that is what it says.
    await write(contact, "petugas")
    await expect(now).to_have_text("Sekarang: Belum ada petugas yang bertugas. Tulisanmu dibaca begitu ada")
    await expect(card.get_by_role("listitem").first).to_have_text(re.compile(r"^Sudah: Pesanmu sampai\d\d\.\d\d$"))
    assert [await link.get_attribute("href") for link in await card.get_by_role("link").all()] == ["tel:110", "tel:129"]
    assert not re.search(r"\d+ (menit|mnt|jam)", await card.inner_text())

    # Somebody is, takes the talk, and answers.
    console = await (await visitors.come(own_app, viewport=DESKTOP, has_touch=False, is_mobile=False)).new_page()
    await sign_up(console, own_app)
    await write(contact, "saya tunggu")
    await expect(now).to_have_text("Sekarang: Petugas sedang dipanggil", timeout=20_000)
    await console.get_by_role("button", name="Terima orang berikutnya").locator("visible=true").click()
    await expect(now).to_have_text("Sekarang: Menunggu balasan Ratna")
    await expect(card.get_by_role("heading")).to_have_text("Ratna sudah di sini")
    await reply(console, "Malam, saya Ratna.")
    await expect(contact.get_by_role("log").get_by_text("Malam, saya Ratna.")).to_be_visible()
    await expect(card).to_have_count(0)

    # After a reload it is not there again.
    await contact.reload()
    await expect(contact.get_by_role("log").get_by_text("Malam, saya Ratna.")).to_be_visible()
    await expect(card).to_have_count(0)


async def test_on_a_screen_that_others_read_nothing_tells_who_was_called_until_it_is_safe(
    own_app: AppProcess, visitors: Visitors, console_built: Path
) -> None:
    console = await (await visitors.come(own_app, viewport=DESKTOP, has_touch=False, is_mobile=False)).new_page()
    await sign_up(console, own_app)
    contact = await (await visitors.come(own_app, viewport={"width": 390, "height": 844})).open()
    told = contact.locator("#status")
    await write(contact, "dia gedor pintu bawa pisau tolong")
    await expect(contact.get_by_role("heading", name="Menunggu petugas")).to_be_visible()
    await expect(told).to_have_text("Memanggil petugas")

    async def assert_quiet() -> None:
        await expect(told).to_have_text("Program otomatis dan petugas")
        await expect(contact.locator("#wait")).not_to_be_visible()
        await expect(contact.get_by_role("link")).to_have_count(0)
        assert not re.search(r"Ratna|110|129|Menunggu|sudah di sini", await contact.locator("#app").inner_text())

    # Others may read: also after a reload, after a claim, without a network.
    await write(contact, "dia suka baca hp saya")
    await expect(contact.get_by_text("Baik, sudah dicatat.")).to_be_visible()
    await assert_quiet()
    await console.get_by_role("button", name="Terima orang berikutnya").locator("visible=true").click()
    await expect(console.get_by_role("region", name="Percakapan").get_by_text("baca hp saya")).to_be_visible()
    await contact.reload()
    await expect(contact.get_by_text("Baik, sudah dicatat.")).to_be_visible()
    await assert_quiet()
    await contact.context.set_offline(True)
    await write(contact, "sudah aman")
    await expect(contact.get_by_text("Belum tersambung.")).to_be_visible()
    await assert_quiet()

    # Safe again: all of it is back.
    await contact.context.set_offline(False)
    await expect(contact.get_by_role("log").locator(".b.me[data-seq]")).to_have_count(3)
    await expect(told).to_have_text("Bersama Ratna, petugas")
    await expect(contact.get_by_role("heading", name="Ratna sudah di sini")).to_be_visible()
    await expect(contact.get_by_role("log").get_by_role("link").first).to_be_visible()


async def test_an_answer_that_comes_late_does_not_undo_what_was_told_since(
    own_app: AppProcess, visitors: Visitors, console_built: Path
) -> None:
    console = await (await visitors.come(own_app, viewport=DESKTOP, has_touch=False, is_mobile=False)).new_page()
    await sign_up(console, own_app)
    contact = await (await visitors.come(own_app)).open()
    told = contact.locator("#status")
    await write(contact, AFRAID)
    await expect(told).to_have_text("Program otomatis dan petugas")
    await write(contact, "petugas")
    await expect(told).to_have_text("Memanggil petugas")
    was_asked, may_answer = asyncio.Event(), asyncio.Event()

    async def answer_late(route: Route) -> None:
        answer = await route.fetch()
        was_asked.set()
        await may_answer.wait()
        await route.fulfill(response=answer)

    await contact.route("**/chat/thread*", answer_late, times=1)
    await contact.evaluate("() => dispatchEvent(new Event('online'))")
    await was_asked.wait()
    await console.get_by_role("button", name="Terima orang berikutnya").locator("visible=true").click()
    await expect(told).to_have_text("Bersama Ratna, petugas")
    async with contact.expect_response("**/chat/thread*"):
        may_answer.set()
    await contact.evaluate("() => new Promise((done) => setTimeout(done, 200))")

    await expect(told).to_have_text("Bersama Ratna, petugas")


async def test_a_sign_in_that_ran_out_costs_no_word_of_a_reply(
    own_app: AppProcess, visitors: Visitors, console_built: Path
) -> None:
    console = await (await visitors.come(own_app, viewport=DESKTOP, has_touch=False, is_mobile=False)).new_page()
    await sign_up(console, own_app)
    contact = await (await visitors.come(own_app)).open()
    await write(contact, AFRAID)
    await console.get_by_role("button", name="Terima orang berikutnya").locator("visible=true").click()
    field = console.get_by_label(re.compile("^Balasan untuk"))
    await field.fill("Malam, saya Ratna. Sekarang di")

    # As after twelve hours; the page learns it when it next asks for something.
    with contextlib.closing(sqlite3.connect(own_app.folder / "data" / "teduh.db", timeout=10)) as db, db:
        assert db.execute("UPDATE sign_ins SET expires_at = created_at").rowcount == 1
    await write(contact, "dia sudah pergi")
    await expect(console.get_by_text("Anda perlu masuk lagi. Draf Anda aman.")).to_be_visible(timeout=25_000)
    asked = await console.evaluate("() => !dispatchEvent(new Event('beforeunload', {cancelable: true}))")
    await console.get_by_label("Nama masuk").fill("ratna")
    await console.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
    await console.get_by_role("button", name="Masuk", exact=True).click()

    await expect(field).to_have_value("Malam, saya Ratna. Sekarang di")
    assert asked, "leaving the page at the door would lose the draft without a word"


async def test_a_lost_only_administrator_is_back_by_a_link_from_the_command_line(
    own_app: AppProcess, visitors: Visitors, console_built: Path
) -> None:
    desktop = {"viewport": DESKTOP, "has_touch": False, "is_mobile": False}
    before = await (await visitors.come(own_app, **desktop)).new_page()
    await sign_up(before, own_app)
    made = own_app.run("people", "reset-link", " RATNA ")
    assert made.returncode == 0, made.stderr
    link = own_app.url + "/console" + made.stdout.strip().partition("/console")[2]
    console = await (await visitors.come(own_app, **desktop)).new_page()

    await console.goto(link)
    await expect(console.get_by_text("Ratna", exact=True)).to_be_visible()
    await console.get_by_label("Kata sandi", exact=True).fill("payung hijau di atas bukit")
    await console.get_by_role("button", name="Simpan dan masuk").click()

    await expect(console.get_by_role("button", name="Terima orang berikutnya").locator("visible=true")).to_be_visible()
    await before.reload()
    await expect(before.get_by_role("heading", name="Masuk")).to_be_visible()
    again = await (await visitors.come(own_app, **desktop)).new_page()
    await again.goto(link)
    await expect(again.get_by_role("heading", name="Tautan ini tidak berlaku lagi")).to_be_visible()


async def finish(console: Page) -> None:
    """Close the talk with an outcome."""
    await (
        console.get_by_role("button", name="Tutup percakapan")
        .or_(console.get_by_role("button", name="Pilihan lain"))
        .locator("visible=true")
        .first.click()
    )
    form = console.locator("form").filter(has=console.get_by_role("group", name="Hasilnya"))
    if not await form.is_visible():
        await console.get_by_role("button", name="Tutup percakapan").locator("visible=true").first.click()
    await expect(form.get_by_role("button", name="Tutup percakapan")).to_be_in_viewport(ratio=1)
    await form.get_by_label("Terbantu lewat percakapan").check()
    await form.get_by_role("button", name="Tutup percakapan").click()
    await expect(form).to_have_count(0)
