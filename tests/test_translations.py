"""What a contact reads in another language: whole, with the same placeholders, never a gap."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.content import LOCALES, load_content
from bot.dialogue.extract import list_texts
from bot.dialogue.turn import Choice, Reply, Say
from bot.domain.staffing import Staffing
from bot.translations import Translations
from nlu.understanding import Level

CONTENT = load_content()
SOURCE = list_texts(CONTENT.book)


def placeholders(words: str) -> set[str]:
    return {piece.partition("}")[0].partition("|")[0] for piece in words.split("{")[1:]}


@pytest.mark.parametrize("language", [each for each in CONTENT.book.languages if each != "id"])
def test_a_language_that_is_on_has_every_text(language: str):
    missing = set(SOURCE) - set(CONTENT.translations.catalogues[language])

    assert not missing


@pytest.mark.parametrize("language", CONTENT.translations.catalogues)
def test_a_translation_fills_the_same_places(language: str):
    for text_id, words in CONTENT.translations.catalogues[language].items():
        assert placeholders(words) == placeholders(SOURCE[text_id]), text_id


@pytest.mark.parametrize("language", CONTENT.translations.catalogues)
def test_a_label_fits_a_button_in_every_language(language: str):
    for text_id, words in CONTENT.translations.catalogues[language].items():
        if ".options." in text_id or text_id.startswith("texts.label_") or text_id.endswith(".menu"):
            assert len(words.encode("utf-16-le")) // 2 <= 24, text_id


def test_a_fuzzy_translation_or_one_of_other_words_is_not_shown(tmp_path: Path):
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "flows.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        '#, fuzzy\nmsgctxt "texts.a"\nmsgid "Halo."\nmsgstr "Hi."\n\nmsgctxt "texts.b"\nmsgid "Ya."\nmsgstr "Yes."\n'
        'msgctxt "texts.c"\nmsgid "Harus."\nmsgstr "You must."\n'
    )

    translations = Translations.load(tmp_path, {"texts.c": "Boleh dilewati."}, {})

    assert translations.words("texts.a", "Halo.", "en") == "Halo."
    assert translations.words("texts.b", "Ya.", "en") == "Yes."
    assert translations.words("texts.c", "Boleh dilewati.", "en") == "Boleh dilewati."
    assert LOCALES.exists()


def test_numbers_stand_in_the_text_and_as_services():
    reply = Reply(parts=(Say(text_id="x", words="Telepon {services.polri_110.contact}."),), services=("polri_110",))

    shown = CONTENT.render(reply, "id", Staffing(on_duty=1), None)

    assert shown.text == "Telepon 110."
    assert (shown.services[0].value, shown.services[0].kind) == ("110", "phone")


def test_an_unverified_service_is_never_shown():
    shown = CONTENT.render(Reply(parts=(), services=("dinsos",)), "id", Staffing(on_duty=1), None)

    assert shown.services == ()


@pytest.mark.parametrize(("language", "unset"), [("id", "tim Info Layanan Warga"), ("en", "the team of Info Layanan Warga")])
def test_the_consent_text_names_who_answers_for_the_data(language: str, unset: str):
    named = load_content(named={"organisation.name": "Yayasan Contoh", "organisation.contact": "data@contoh.test"})

    assert "Yayasan Contoh" in named.frame("izin", language, {}).text
    assert "data@contoh.test" in named.frame("izin_lebih", language, {}).text
    assert unset in CONTENT.frame("izin", language, {}).text


def test_a_number_that_is_in_the_name_is_said_once():
    values = {name: f"@services.polri_110.{name.removeprefix('service.')}" for name in ("service.name", "service.contact")}
    reply = Reply(parts=(Say(text_id="x", words="{service.name}: {service.contact}", values=values),))

    assert CONTENT.render(reply, "id", Staffing(on_duty=1), None).text == "Polisi: 110"


def test_an_unknown_placeholder_becomes_its_own_fallback():
    reply = Reply(parts=(Say(text_id="x", words="Halo {nama|kamu}, {apa}."),))

    assert CONTENT.render(reply, "id", Staffing(on_duty=1), None).text == "Halo kamu, ."


def test_words_of_a_person_are_inserted_as_plain_characters():
    reply = Reply(parts=(Say(text_id="x", words="Halo {nama}.", values={"nama": "{services.polri_110.contact} *x*"}),))

    assert CONTENT.render(reply, "id", Staffing(on_duty=1), None).text == "Halo {services.polri_110.contact} *x*."


@pytest.mark.parametrize(
    ("on_duty", "level", "minutes", "says"),
    [
        (0, Level.P1, 3, "begitu ada petugas"),
        (2, Level.P1, 3, "beberapa menit"),
        (2, Level.P1, 26, "setengah jam"),
        (2, Level.P1, 3000, "lebih dari sehari"),
        (2, Level.P2, 3, "begitu ada yang bebas"),
    ],
)
def test_waiting_is_told_as_it_is(on_duty: int, level: Level, minutes: float, says: str):
    reply = Reply(parts=(Say(text_id="x", words="{wait_time}"),), choices=(Choice(id="v1:1:0", label="Ya", text_id="y"),))

    assert (
        says in CONTENT.render(reply, "id", Staffing(on_duty=on_duty, waits={Level.P1: timedelta(minutes=minutes)}), level).text
    )


@pytest.mark.parametrize(
    ("on_duty", "says"),
    [(2, "Menjauh dulu. Kami sedang memanggil petugas. Yang bisa ditelepon:"), (0, "Menjauh dulu. Yang bisa ditelepon:")],
)
def test_nobody_is_said_to_be_called_while_nobody_is_on_duty(on_duty: int, says: str):
    reply = Reply(parts=(Say(text_id="x", words="Menjauh dulu. {calling} Yang bisa ditelepon:"),))

    assert CONTENT.render(reply, "id", Staffing(on_duty=on_duty), None).text == says


def test_who_is_abroad_is_told_what_can_be_dialled_there():
    line = Say(text_id="x", words="{service.contact}", values={"service.contact": "@services.kp2mi.contact"})

    here = CONTENT.render(Reply(parts=(line,), services=("kp2mi",)), "id", Staffing(on_duty=1), None)
    there = CONTENT.render(Reply(parts=(line,), services=("kp2mi",), is_abroad=True), "id", Staffing(on_duty=1), None)

    assert (here.text, here.services[0].value) == ("0800-1000", "0800-1000")
    assert (there.text, there.services[0].value) == ("+628118080141", "+628118080141")
    assert (here.services[0].note, there.services[0].note) == ("Untuk pekerja migran.", "WhatsApp. Untuk pekerja migran.")


def test_a_name_that_looks_like_an_order_is_still_a_name():
    reply = Reply(parts=(Say(text_id="x", words="Halo {nama}.", values={"nama": "@services.polri_110.contact"}),))

    assert CONTENT.render(reply, "id", Staffing(on_duty=1), None).text == "Halo @services.polri_110.contact."
