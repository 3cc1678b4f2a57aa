"""Whom a person is told to call: what fits, what is verified, what answers now and from there."""

from datetime import UTC, date, datetime

import pytest

from bot.content import FLOWS
from bot.domain.directory_file import DirectoryFaulty, parse_directory
from bot.domain.referrals import Directory
from nlu.answers import read_answer

NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
"""A Tuesday, noon in western Indonesia."""
NIGHT = datetime(2026, 11, 24, 19, 0, tzinfo=UTC)
SATURDAY = datetime(2026, 11, 28, 5, 0, tzinfo=UTC)
JAKARTA = {"province": "DKI Jakarta", "regency": "Kota Jakarta Timur"}
ABROAD = {"province": "luar_negeri", "regency": None}

REAL = parse_directory((FLOWS / "services.yml").read_text(encoding="utf-8"), (FLOWS / "pas.yml").read_text(encoding="utf-8"))

SERVICES = """
checked: 2026-11
recheck_days: 90
services:
  siang: {name: Siang, open: "08:00-16:00", contacts: [{type: phone, value: "111", verified: true}], source: [s]}
  entah: {name: Entah, contacts: [{type: phone, value: "222", verified: true}], source: [s], checked: 2027-01-15}
  selalu: {name: Selalu, open: always, contacts: [{type: phone, value: "333", verified: true}], source: [s]}
  tanpa: {name: Tanpa, open: always, contacts: [], source: [s]}
  ragu: {name: Ragu, open: always, contacts: [{type: phone, value: "444"}], source: [s]}
  jauh:
    name: Jauh
    contacts: [{type: phone, value: "555", verified: true}, {type: phone, value: "+62555", verified: true, abroad: true}]
    source: [s]
  kota: {name: Kota, provinces: [DKI Jakarta], contacts: [{type: phone, value: "666", verified: true}], source: [s]}
"""
PAS = """
abroad: [jauh]
groups:
  anak-rentan: {id: Anak}
  fakir-miskin: {id: Miskin}
  lansia-telantar: {id: Lansia}
topics:
  satu: {acute: true, label: {id: Satu}, groups: [fakir-miskin], services: [siang, entah, selalu]}
  dua: {label: {id: Dua}, groups: [lansia-telantar], services: [tanpa, ragu]}
  tiga: {label: {id: Tiga}, services: [kota, entah, siang]}
"""
SMALL = parse_directory(SERVICES, PAS)


def picked(
    directory: Directory, topic: str, *, age: int | None = None, place: object = None, now: datetime = NOON
) -> list[str]:
    return [service.id for service in directory.pick(topic, age=age, place=place, now=now)]


@pytest.mark.parametrize(
    ("topic", "place", "now", "services"),
    [
        pytest.param("satu", None, NOON, ["siang", "entah"], id="in the directory's order while all may answer"),
        pytest.param("satu", None, NIGHT, ["selalu", "entah"], id="open now first, closed now last"),
        pytest.param("satu", None, SATURDAY, ["selalu", "entah"], id="an office is closed on a Saturday"),
        pytest.param("dua", None, NOON, [], id="no number, or one that nobody verified, is not shown"),
        pytest.param("tiga", None, NOON, ["siang", "entah"], id="what serves one province is not shown without a place"),
        pytest.param("tiga", JAKARTA, NIGHT, ["kota", "entah"], id="and is shown there"),
        pytest.param("satu", ABROAD, NOON, ["jauh"], id="abroad only what can be dialled there"),
        pytest.param("lain", None, NOON, [], id="an unknown topic"),
    ],
)
def test_the_first_shown_is_one_that_answers_now(topic: str, place: object, now: datetime, services: list[str]):
    assert picked(SMALL, topic, place=place, now=now) == services


def test_the_contact_shown_is_the_one_for_this_side_of_the_border():
    service = SMALL.services["jauh"]

    assert [service.contact().value, service.contact(is_abroad=True).value] == ["555", "+62555"]  # type: ignore[union-attr]  # both are there


def test_a_contact_grows_old_after_ninety_days():
    assert SMALL.list_due(date(2026, 12, 1)) == ()
    assert [service.id for service in SMALL.list_due(date(2027, 2, 1))] == ["jauh", "kota", "selalu", "siang"]


@pytest.mark.parametrize(
    ("topics", "age", "groups"),
    [
        pytest.param(["satu"], 30, ("fakir-miskin",), id="the topic's own"),
        pytest.param(["satu"], 17, ("anak-rentan", "fakir-miskin"), id="under 18 the children's first"),
        pytest.param(["satu"], 18, ("fakir-miskin",), id="18 is grown up"),
        pytest.param(["satu", "dua"], 9, ("anak-rentan", "fakir-miskin"), id="two at most"),
        pytest.param(["satu", "satu"], None, ("fakir-miskin",), id="each once"),
        pytest.param(["immediate_danger"], None, (), id="an unknown topic has none"),
    ],
)
def test_groups_follow_from_age_and_topics(topics: list[str], age: int | None, groups: tuple[str, ...]):
    assert SMALL.groups_for(topics, age) == groups


@pytest.mark.parametrize(
    ("services", "pas", "says"),
    [
        pytest.param(SERVICES.replace("[s]}", "[s], jam: 24}", 1), PAS, "services.yml:5: unknown key `jam`", id="unknown key"),
        pytest.param(
            SERVICES.replace('"111"', "0111"), PAS, "services.yml:5: `value` is no phone", id="a number that lost its nought"
        ),
        pytest.param(SERVICES.replace('"222"', '"dua"'), PAS, "services.yml:6: `value` is no phone", id="no number"),
        pytest.param(SERVICES.replace("08:00-16:00", "8-16"), PAS, "services.yml:5: `open` wants", id="hours"),
        pytest.param(SERVICES.replace("08:00-16:00", "22:00-06:00"), PAS, "services.yml:5: `open` begins", id="over midnight"),
        pytest.param(SERVICES.replace("source: [s]}", "}", 1), PAS, "siang needs `name`", id="no source"),
        pytest.param(SERVICES.replace("  entah:", "  siang:"), PAS, "services.yml:6: `siang` stands twice", id="twice"),
        pytest.param(SERVICES, PAS.replace("tanpa, ragu", "tanpa, rugi"), "pas.yml:9: dua names `rugi`", id="no such service"),
        pytest.param(SERVICES, PAS.replace("[fakir-miskin]", "[fakir]"), "pas.yml:8: satu names `fakir`", id="no such group"),
        pytest.param(
            SERVICES, PAS.replace("abroad: [jauh]", "abroad: [dekat]"), "pas.yml:2: `abroad` names", id="nothing abroad"
        ),
        pytest.param("services: [", PAS, "this is no YAML", id="no YAML"),
        pytest.param("- a", PAS, "services.yml:1: the file has keys", id="a list"),
        pytest.param(SERVICES.replace("2026-11", "kemarin"), PAS, "services.yml:2: `checked` wants", id="no day"),
    ],
)
def test_a_faulty_directory_says_where(services: str, pas: str, says: str):
    with pytest.raises(DirectoryFaulty) as raised:
        parse_directory(services, pas)

    assert says in str(raised.value)


def test_all_faults_of_both_files_are_told_at_once():
    with pytest.raises(DirectoryFaulty) as raised:
        parse_directory(SERVICES.replace('"222"', '"dua"').replace("16:00", "4"), PAS.replace("[fakir-miskin]", "[fakir]"))

    assert len(raised.value.faults) == 3


def test_the_directory_knows_all_topics_groups_and_centres():
    assert (len(REAL.topics), len(REAL.groups), len(REAL.sentra)) == (35, 12, 31)
    assert REAL.list_due(date(2026, 11, 24)) == ()


@pytest.mark.parametrize("topic", [topic.slug for topic in REAL.topics.values() if topic.is_acute])
@pytest.mark.parametrize("place", [None, JAKARTA, ABROAD], ids=["untold", "Jakarta", "abroad"])
@pytest.mark.parametrize("now", [NOON, NIGHT], ids=["noon", "night"])
def test_every_danger_has_a_verified_number_by_day_and_night_here_and_abroad(topic: str, place: object, now: datetime):
    services = REAL.pick(topic, age=None, place=place, now=now)

    is_abroad = place is ABROAD
    assert 1 <= len(services) <= 2
    for service in services:
        contact = service.contact(is_abroad=is_abroad)
        assert contact is not None
        assert contact.is_verified
        assert contact.reaches_abroad or not is_abroad


def test_life_in_danger_is_told_the_number_that_always_answers_first():
    assert picked(REAL, "immediate_danger", now=NIGHT)[0] == "polri_110"
    assert picked(REAL, "medical_emergency", now=NIGHT)[0] == "ambulans_119"
    assert picked(REAL, "domestic_violence", now=NIGHT) == ["polri_110", "sapa129"]


def test_a_line_for_one_city_is_told_to_that_city_alone():
    assert "jakcare_jakarta" in picked(REAL, "suicide_self_harm", place=JAKARTA)
    assert "jakcare_jakarta" not in picked(REAL, "suicide_self_harm", place={"province": "Jawa Barat", "regency": None})


def test_numbers_that_no_longer_answer_stand_nowhere():
    values = {contact.value for service in REAL.services.values() for contact in service.contacts}

    assert not values & {"500-454", "021-500454", "0811-6164-5500", "106", "7266", "118", "1500-567", "021-171"}


def test_provinces_are_named_as_they_are_understood():
    provinces = {each.province for each in REAL.sentra} | {name for each in REAL.services.values() for name in each.provinces}

    assert {read_answer("province", province).value for province in provinces} == provinces


def test_centres_are_listed_by_province():
    assert [each.city for each in REAL.sentra_in("Bali")] == ["Tabanan"]
    assert REAL.sentra_in("Papua") == ()
