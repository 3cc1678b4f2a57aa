"""What a responder reads of answers, consent and services."""

import pytest

from bot.dialogue.parse import parse_files
from bot.dialogue.session import AnswerState, Given, Place, Session
from bot.domain.directory_file import parse_directory
from bot.translations import Translations
from bot.web.wording import FlowWording
from tests.builders import make_case, make_sign

SLOTS = """
format: 1
slots:
  umur: {type: age, shown: true, note: Umur}
  kabupaten: {type: place, shown: true, note: Kabupaten atau kota}
  untuk_siapa: {type: relation, note: Untuk siapa}
  jam_aman: {type: time, note: Jam yang aman}
  nama_panggilan: {type: text, shown: true, note: Nama panggilan}
  bahasa: {type: choice, note: Bahasa, options: [{value: id, label: Bahasa Indonesia}, {value: en, label: English}]}
texts:
  label_self: Diri sendiri
"""
FLOWS = """
format: 1
flows:
  system_start:
    name: Awal
    steps:
      - {id: izin, consent: {text: "Boleh kami simpan?", version: 2, scope: [store], refused: akhir}}
      - {id: akhir, say: "Baik."}
  kerja:
    name: Kerja
    steps:
      - id: dokumen
        collect: dokumen
        type: multi_choice
        ask: Dokumen apa yang ditahan?
        options: [{value: paspor, label: Paspor}, {value: ktp, label: KTP}]
      - {id: berapa, collect: berapa_bulan, type: number, ask: "Sudah berapa bulan?"}
  bansos:
    name: Bansos
    steps:
      - {id: cek, collect: sudah_cek, type: yes_no, ask: "Sudah pernah cek?"}
"""
SERVICES = """
services:
  satu: {name: Satu, kind: x, hours: {id: 24 jam, en: 24 hours}, contacts: [{type: phone, value: "111", verified: true}], source: [s]}
  dua: {name: Dua, kind: x, contacts: [{type: phone, value: "222", verified: false}], source: [s]}
  tiga:
    name: Tiga
    kind: x
    contacts: [{type: phone, value: "333", verified: true}, {type: phone, value: "+62333", verified: true, abroad: true}]
    source: [s]
"""
PAS = """
topics:
  domestic_violence: {label: {id: Kekerasan, en: Violence}, services: [satu, dua, tiga]}
  trafficking_tppo: {label: {id: Kerja, en: Work}, services: [satu], abroad: [tiga]}
"""


@pytest.fixture(scope="module")
def wording() -> FlowWording:
    book = parse_files({"slots.yml": SLOTS, "flows.yml": FLOWS})
    english = {"slots.umur.note": "Age", "texts.label_self": "Themselves", "kerja.dokumen.options.paspor": "Passport"}
    translations = Translations(catalogues={"en": english})
    return FlowWording(book=book, translations=translations, directory=parse_directory(SERVICES, PAS))


def known(value: object, **more: object) -> Given:
    return Given(state=AnswerState.KNOWN, value=value, **more)  # type: ignore[arg-type]


def make_session(*, flow: str = "", **answers: Given) -> Session:
    stack = (Place(flow=flow, step="x"),) if flow else ()
    return Session(version="1", stack=stack, answers=answers)


def test_the_brief_tells_answers_as_words_and_where_they_stand(wording: FlowWording):
    session = make_session(
        flow="kerja",
        umur=known(31, is_inferred=True, seq=4),
        kabupaten=known({"province": "Jawa Barat", "regency": "Garut"}),
        untuk_siapa=known("self"),
        jam_aman=known("malam"),
        dokumen=known(("ktp", "paspor")),
        berapa_bulan=known(2.5),
    )

    brief = {line.slot: line for line in wording.list_brief(session, "id")}

    values = {name: line.value for name, line in brief.items() if line.state == "known"}
    assert values == {
        "umur": "31 tahun",
        "kabupaten": "Garut, Jawa Barat",
        "untuk_siapa": "Diri sendiri",
        "jam_aman": "malam",
        "dokumen": "KTP, Paspor",
        "berapa_bulan": "2.5",
    }
    assert (brief["umur"].is_inferred, brief["umur"].seq) == (True, 4)
    assert (brief["umur"].label, brief["dokumen"].label) == ("Umur", "Dokumen apa yang ditahan?")


def test_not_asked_unsure_and_refused_are_parts_of_the_brief(wording: FlowWording):
    session = make_session(
        flow="kerja", umur=Given(state=AnswerState.REFUSED), dokumen=Given(state=AnswerState.UNSURE, value="ktp")
    )

    states = {line.slot: (line.state, line.value) for line in wording.list_brief(session, "id")}

    assert states["umur"] == ("refused", "")
    assert states["dokumen"] == ("unsure", "")
    assert states["kabupaten"] == states["berapa_bulan"] == ("not_asked", "")
    assert "sudah_cek" not in states
    assert "bahasa" not in states


def test_a_flow_that_was_left_stays_in_the_brief(wording: FlowWording):
    session = make_session(flow="kerja", sudah_cek=known("no"))

    assert {"sudah_cek", "dokumen"} <= {line.slot for line in wording.list_brief(session, "id")}


def test_the_brief_speaks_the_responders_language(wording: FlowWording):
    session = make_session(umur=known(31), untuk_siapa=known("self"), jam_aman=known("jangan_hubungi"))

    brief = {line.slot: line for line in wording.list_brief(session, "en")}

    assert (brief["umur"].label, brief["umur"].value) == ("Age", "31 years")
    assert brief["untuk_siapa"].value == "Themselves"
    assert brief["jam_aman"].value == "do not make contact first"


@pytest.mark.parametrize(
    ("answers", "name", "place"),
    [
        ({}, "", ""),
        ({"nama_panggilan": known(" Wulan "), "kabupaten": known({"province": "Bali"})}, "Wulan", "Bali"),
        ({"nama_panggilan": Given(state=AnswerState.REFUSED)}, "", ""),
        ({"kabupaten": known({"province": "luar_negeri", "regency": None})}, "", "luar negeri"),
    ],
)
def test_name_and_place_are_what_was_told(wording: FlowWording, answers: dict[str, Given], name: str, place: str):
    session = make_session(**answers)

    assert (wording.find_name(session), wording.find_place(session, "id")) == (name, place)


def test_only_verified_services_are_given_those_shown_before_first(wording: FlowWording):
    case = make_case(referrals=("tiga", "dua"))

    services = wording.list_services(case, None, "en")

    assert [(each.id, each.contact, each.hours) for each in services] == [("tiga", "333", ""), ("satu", "111", "24 hours")]


def test_who_is_abroad_gets_the_numbers_that_work_there(wording: FlowWording):
    case = make_case(signs=(make_sign("trafficking_tppo"),))
    session = make_session(kabupaten=known({"province": "luar_negeri"}))

    services = wording.list_services(case, session, "id")

    assert [(each.id, each.contact) for each in services] == [("tiga", "+62333")]


def test_consent_is_quoted_only_in_the_version_that_was_asked(wording: FlowWording):
    assert wording.consent_words("system_start.izin.text", 2, "id") == "Boleh kami simpan?"
    assert wording.consent_words("system_start.izin.text", 1, "id") == ""
    assert wording.consent_words("elsewhere", 2, "id") == ""
