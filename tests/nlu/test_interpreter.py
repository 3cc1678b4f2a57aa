"""A message is understood in its own words, whatever its spelling, in bounded time, without ever failing."""

import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import nlu
from nlu.answers import KINDS, read_answer
from nlu.datafile import read
from nlu.interpreter import Interpreter
from nlu.understanding import Level, Understanding

INTERPRETER = Interpreter.load()
PLACES = Path(nlu.__file__).parent / "data" / "places.yml"


@pytest.mark.parametrize(
    ("text", "first", "level"),
    [
        pytest.param("suami saya mukul saya, saya takut pulang", "domestic_violence", Level.P2, id="beaten at home"),
        pytest.param("tolong, kami disekap di laos, paspor dipegang mandor", "trafficking_tppo", Level.P2, id="kept abroad"),
        pytest.param("aku mau mati aja malam ini", "suicide_self_harm", Level.P1, id="wants to die tonight"),
        pytest.param("dua hari belum makan, tidur di emperan", "food_shelter_destitution", Level.P2, id="hungry and outside"),
        pytest.param("anak saya umur 7 dipegang2 pamannya", "sexual_violence", Level.P2, id="child touched"),
        pytest.param("kdrt", "domestic_violence", Level.P3, id="one word"),
        pytest.param("dia mukul lg", "domestic_violence", Level.P2, id="somebody unnamed, again"),
        pytest.param("ibu mertuaku pukul nenek trs", "elder_neglect_abuse", Level.P2, id="grandmother hit"),
        pytest.param("istri tetangga teriak minta tolong", "domestic_violence", Level.P2, id="cry next door"),
        pytest.param("bapak suka pegang pegang aku", "sexual_violence", Level.P2, id="doubled word written apart"),
        pytest.param("bojoku seneng nggepuk aku yen mendem", "domestic_violence", Level.P2, id="beaten, Javanese"),
        pytest.param("gw pgn bunuh bapak gw, golok udah di tangan", "immediate_danger", Level.P1, id="writer about to kill"),
        pytest.param("suami saya mau bunuh dia, bawa pisau", "domestic_violence", Level.P1, id="husband about to kill"),
        pytest.param("rumah saya kebakaran, anak saya masih di dalam", "immediate_danger", Level.P1, id="fire"),
    ],
)
def test_danger_is_named_kind_first(text: str, first: str, level: Level) -> None:
    understood = INTERPRETER.understand(text)

    assert (understood.risks[0].name, understood.level) == (first, level)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(str.upper, id="capitals"),
        pytest.param(lambda text: text.replace(" ", "\u200b \u200b"), id="zero-width characters"),
        pytest.param(lambda text: text.replace(" ", " 😭 "), id="emoji between"),
        pytest.param(lambda text: text.replace(" ", "\n"), id="a word a line"),
        pytest.param(lambda text: text.replace(" ", ""), id="no blanks"),
        pytest.param(lambda text: text.replace("mukul", "mukkullll"), id="stretched"),
        pytest.param(lambda text: text.replace("mukul", "mukvl"), id="typing error"),
        pytest.param(lambda text: text.replace("saya", "sy").replace("takut", "tkt"), id="abbreviated"),
        pytest.param(lambda text: text + " \ud800", id="lone surrogate"),
        pytest.param(
            lambda text: "".join(chr(0x1D400 + ord(char) - 65) if "A" <= char <= "Z" else char for char in text.upper()),
            id="styled letters",
        ),
        pytest.param(lambda text: "lalala " * 200 + text + " lalala" * 1300, id="long text around"),
    ],
)
def test_the_spelling_does_not_hide_danger(change) -> None:  # type: ignore[no-untyped-def]  # a table of small functions
    text = change("suami saya mukul saya terus, saya takut pulang")

    assert INTERPRETER.understand(text).risks


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        pytest.param("mau bunhu diri rasanya", "suicide_self_harm", id="swapped in a phrase"),
        pytest.param("aku pengen mait", "suicide_self_harm", id="swapped in four letters"),
        pytest.param("barusan minum racjn", "suicide_self_harm", id="key beside"),
        pytest.param("sauami saya mukul saya", "domestic_violence", id="key hit too"),
        pytest.param("istri hmail pendarahan", "medical_emergency", id="pregnant"),
        pytest.param("aku dicekki pacarku", "domestic_violence", id="no Makassar ending"),
    ],
)
def test_a_slip_in_a_short_word_hides_no_danger(text: str, topic: str) -> None:
    assert topic in [risk.name for risk in INTERPRETER.understand(text).risks]


@pytest.mark.parametrize(
    "text",
    [
        "ke makam kakek",
        "saham naik",
        "makan pisang sama santri",
        "abang ngelas di galangan",
        "maria datang",
        "beli tiara",
    ],
)
def test_no_everyday_word_is_mended_into_danger(text: str) -> None:
    assert not INTERPRETER.understand(text).risks


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        pytest.param("i have not eaten for three days", "food_shelter_destitution", id="hunger in English"),
        pytest.param("udah aku telan semua pil tidur ibu", "suicide_self_harm", id="all the pills"),
        pytest.param("temenku dilecehin dosen pembimbingnya", "sexual_violence", id="supervisor, no school paper"),
        pytest.param("paman dirantai warga di kandang sapi", "pasung_restraint", id="man among animals"),
        pytest.param("sya di pukil swami tiap mlm", "domestic_violence", id="slip in a verb apart from its di"),
        pytest.param("kalau dia pulang aku sembunyi di lemari", "domestic_violence", id="hides when he comes"),
        pytest.param("rumah bukan tempat aman buat aku", "domestic_violence", id="home no safe place"),
        pytest.param("besok-besok kalian gak bakal repot lagi gara-gara aku", "suicide_self_harm", id="no trouble any more"),
        pytest.param("laki den suko manokok den", "domestic_violence", id="Minangkabau verb"),
        pytest.param("kaula eancem epate'ana bi' mantan", "domestic_violence", id="Madurese verbs"),
    ],
)
def test_danger_is_seen_in_other_words(text: str, topic: str) -> None:
    assert topic in [risk.name for risk in INTERPRETER.understand(text).risks]


def test_a_positive_test_and_fear_are_a_need_and_no_alarm() -> None:
    understood = INTERPRETER.understand("testpack garis dua, aku takut")

    assert understood.intent is not None
    assert (understood.intent.name, understood.risks) == ("pregnancy_postpartum", ())


def test_what_is_said_around_suicide_is_asked_about_and_sets_off_nothing() -> None:
    for text in ("pengen ketemu almarhum mama secepatnya", "aku mau tidur dan gak bangun lagi"):
        assert INTERPRETER.understand(text).level is Level.P3


def test_evidence_is_the_writers_own_words() -> None:
    text = "td malem SUAMI gw\u200b NamPar gw 😭"

    risks = INTERPRETER.understand(text).risks

    assert risks[0].evidence
    assert all(quote in text for quote in risks[0].evidence)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("suami saya tidak pernah memukul saya", id="never"),
        pytest.param("belum pernah ditampar sih, paling dibentak doang", id="not hit"),
        pytest.param("Tidak, bapak tidak pernah main tangan", id="no and never"),
        pytest.param("saya gak pengen mati, saya pengen sembuh", id="no wish"),
        pytest.param("aku tuh bukan mau bunuh diri, cuma lagi mumet", id="not that"),
        pytest.param("sumpah mati ketawa nonton kucingmu", id="idiom"),
        pytest.param("bunuh diri di game ml", id="game"),
        pytest.param("Polisi menangkap tersangka yang membunuh istrinya", id="news"),
        pytest.param("apa itu kdrt?", id="question"),
        pytest.param("dia suka mukul lagi main drum", id="drum"),
        pytest.param("tetangga berantem, anaknya teriak minta tolong maling", id="thief next door"),
        pytest.param("dulu suami pernah mukul, sekarang sudah berubah", id="over"),
        pytest.param("gak sampe kepikiran bunuh diri kok", id="not as far as"),
        pytest.param("pengen mati aja rasanya ketawa", id="laughing"),
        pytest.param("ibu lempar pertanyaan ke aku", id="thrown question"),
        pytest.param("foto telanjang kaki di pantai", id="bare feet"),
        pytest.param("pamitan sama guru karena lulus", id="goodbye at school"),
        pytest.param("anjing tetangga dirantai di kandang sapi", id="dog on a chain"),
        pytest.param("i have not eaten sushi for ages", id="a dish"),
    ],
)
def test_what_is_denied_or_meant_otherwise_is_no_alarm(text: str) -> None:
    level = INTERPRETER.understand(text).level

    assert level is None or level.rank >= Level.P3.rank


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("tiap pulang gak pernah gak ditampar bapak", id="twice denied is always"),
        pytest.param("gak kuat dipukul terus", id="cannot bear it"),
        pytest.param("majikan ngelarang, aku gak boleh ke luar pagar", id="a right denied"),
        pytest.param("gak mau dipukul lagi sama suami", id="not again"),
        pytest.param("kalo enggak foto bugilku disebar", id="or else"),
        pytest.param("tidak kuat lagi sampai dipukul terus", id="until"),
    ],
)
def test_a_negation_that_is_the_sign_itself_hides_nothing(text: str) -> None:
    assert INTERPRETER.understand(text).risks


def test_who_wants_to_kill_now_is_not_spoken_to_as_the_one_who_suffers_it() -> None:
    understood = INTERPRETER.understand("aku pengen bunuh dia skrg, udah pegang pisau")

    assert understood.risks[0].name == "immediate_danger"
    assert "domestic_violence" not in [risk.name for risk in understood.risks]


def test_the_child_is_named_among_the_groups() -> None:
    understood = INTERPRETER.understand("umurku 14, tiap nilai jelek mama mukul pake sapu")

    assert understood.groups[0].name == "anak-rentan"
    assert ("age", 14) in [(fact.kind, fact.value) for fact in understood.facts]


@pytest.mark.parametrize(
    ("text", "ages"),
    [
        pytest.param("nenek saya 78 tahun dipukuli pamanku, aku 14 tahun", [(78, True), (14, False)], id="grandmother first"),
        pytest.param("aku 14 tahun, nenek saya 78 tahun dipukuli pamanku", [(78, True), (14, False)], id="writer named first"),
        pytest.param("aku 16 tahun dipukul pacarku umur 25", [(16, True), (25, False)], id="one who hits is older"),
        pytest.param("suami saya 40 tahun suka mukul, saya 35 tahun", [(35, True), (40, False)], id="husband and wife"),
        pytest.param("umur saya 30, anak saya umur 7 dipegang2 pamannya", [(7, True), (30, False)], id="child of the writer"),
        pytest.param("aku 14 tahun, ibu dipukul ayah", [(14, False)], id="only the writer's"),
        pytest.param("umurku 14, tiap nilai jelek mama mukul pake sapu", [(14, True)], id="one age, own"),
        pytest.param("bapak saya 60 tahun suka mukul saya", [(60, False)], id="only the one who hits"),
        pytest.param("suami mukul anak saya umur 7", [(7, True)], id="child hit by the father"),
        pytest.param("nenek 78 tahun dipukul paman umur 45", [(78, True), (45, False)], id="neither is the writer"),
        pytest.param("anak saya umur 5 demam tinggi", [(5, True)], id="nobody harms"),
    ],
)
def test_the_age_of_the_person_helped_stands_first_and_others_are_unsure(text: str, ages: list[tuple[int, bool]]) -> None:
    facts = [fact for fact in INTERPRETER.understand(text).facts if fact.kind == "age"]

    assert [(fact.value, fact.confidence >= 0.5) for fact in facts] == ages


def test_facts_said_in_passing_are_read_with_their_words() -> None:
    understood = INTERPRETER.understand("umur saya 17, dari kota malang, suami saya mukul saya")

    facts = {fact.kind: (fact.value, fact.evidence) for fact in understood.facts}

    assert facts["age"] == (17, "saya 17")
    assert facts["place"] == ({"province": "Jawa Timur", "regency": "Kota Malang"}, "kota malang")
    assert facts["gender"] == ("female", "suami")


@pytest.mark.parametrize(
    "text",
    [
        "aku di kamboja",
        "aku di malaysia, paspor ditahan majikan",
        "saya kerja di taiwan gaji gak dibayar",
        "tolong saya terjebak di myanmar",
        "aku tkw di hongkong dipukul majikan",
        "saya lagi di arab, majikan galak",
        "di arab saudi, disuruh kerja terus",
        "saya sama teman disekap di kamboja",
        "aku gak bisa pulang di malaysia",
        "sy kerja taiwan majikan ga kasi makan",
        "aku tki malaysia, paspor sama bos",
        "skrg saudi, madam mukul tiap hr",
        "saya prt hongkong gak boleh libur",
        "posisi kamboja tolong kak",
        "aku dimalaysia gak digaji",
        "sy d taiwan dipukul majikan",
        "mas sy tkw di malaysia paspor sy diambil majikan gaji 3 bln ga dibayar",
        "mas saya di hongkong",
        "om saya di malaysia",
        "mas tolong saya dipukul majikan di taiwan",
        "assalamualaikum mbak, mas saya kerja di taiwan",
        "kakak tolong saya di malaysia",
        "saya tkw mas di hongkong",
        "saya di malaysia om",
    ],
)
def test_a_writer_abroad_is_told_from_the_country_said_in_passing(text: str) -> None:
    facts = [fact for fact in INTERPRETER.understand(text).facts if fact.kind == "place"]

    assert [fact.value for fact in facts] == [{"province": "luar_negeri", "regency": None}]
    assert facts[0].confidence > 0.7


def test_every_country_that_an_answer_knows_is_known_in_passing() -> None:
    names = read(PLACES).words("abroad")

    missed = [
        name
        for name in names
        if "place" not in {fact.kind for fact in INTERPRETER.understand(f"aku di {name.replace('_', ' ')}, gaji ditahan").facts}
    ]

    assert missed == []


@pytest.mark.parametrize(
    "text",
    [
        "suamiku kerja di malaysia jarang kirim uang",
        "saya baru pulang dari taiwan",
        "dulu saya di arab",
        "mau kerja di korea",
        "suamiku kerja malaysia jarang kirim uang",
        "saya mantan tki taiwan",
        "pengen kerja taiwan",
        "kerja jepang gajinya berapa",
        "mas suami saya di malaysia",
        "om anak saya disekap di kamboja",
        "kakak saya di malaysia",
        "mas ibu saya kerja di arab",
    ],
)
def test_a_country_where_the_writer_is_not_is_never_sure(text: str) -> None:
    facts = [fact for fact in INTERPRETER.understand(text).facts if fact.kind == "place"]

    assert [fact.confidence < 0.5 for fact in facts] == [True]


def test_somebody_attacked_is_no_place() -> None:
    assert [fact.kind for fact in INTERPRETER.understand("aku di serang orang").facts] == []


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        pytest.param("assalamualaikum", "greeting", id="greeting"),
        pytest.param("makasih ya kak", "thanks", id="thanks"),
        pytest.param("mau bicara dengan orang aja", "person_request", id="person"),
        pytest.param("ini robot ya?", "identity_question", id="robot"),
        pytest.param("cara daftar pkh gimana", "social_assistance_access", id="aid"),
    ],
)
def test_what_is_wanted_is_an_intent(text: str, intent: str) -> None:
    understood = INTERPRETER.understand(text)

    assert understood.intent is not None
    assert understood.intent.name == intent


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("aku ora kuat, bojoku nggebugi aku", "jv", id="Javanese"),
        pytest.param("abdi sieun uih ka bumi", "su", id="Sundanese"),
        pytest.param("ambo takuik, indak tau baa caronyo", "min", id="Minangkabau"),
        pytest.param("please help me, my husband hit me", "en", id="English"),
        pytest.param("saya mau tanya soal bantuan", "id", id="Indonesian"),
        pytest.param("ok", "und", id="too short"),
    ],
)
def test_the_language_is_guessed_from_telling_words(text: str, language: str) -> None:
    assert INTERPRETER.understand(text).language == language


def test_a_message_without_words_is_nothing() -> None:
    assert INTERPRETER.understand("  \n") == Understanding.nothing()


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=300))
@example("⓵ ² ① 七")
def test_no_text_makes_understanding_fail(text: str) -> None:
    assert INTERPRETER.understand(text).is_known
    for kind in KINDS:
        read_answer(kind, text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("suami saya mukul anak saya tidak mau mati " * 25_000, id="a million characters of danger"),
        pytest.param("x" * 1_000_000, id="one long word"),
        pytest.param("\u200b" * 1_000_000, id="nothing visible"),
        pytest.param("tidak " * 170_000, id="only negation"),
        pytest.param("a1" * 500_000, id="letters and figures"),
    ],
)
def test_a_long_text_takes_bounded_time(text: str) -> None:
    INTERPRETER.understand(text)
    started = time.process_time()

    INTERPRETER.understand(text)

    assert time.process_time() - started < 0.1


@pytest.mark.parametrize(
    ("text", "topic", "level"),
    [
        ("udah nelen 20 butir obat", "suicide_self_harm", Level.P1),
        ("potong nadi udah", "suicide_self_harm", Level.P1),
        ("kulo ajeng pejah mawon", "suicide_self_harm", Level.P2),
        ("aku pinjem hp temen. mau mati rasanya", "suicide_self_harm", Level.P2),
        ("aku udah nulis surat buat mama", "suicide_self_harm", Level.P3),
        ("aku udah nulis surat buat mama. makasih ya semuanya", "suicide_self_harm", Level.P1),
        ("adek bayi gak nangis lagi badannya biru", "medical_emergency", Level.P1),
        ("my husband is not breathing", "medical_emergency", Level.P1),
        ("my son drank bleach", "medical_emergency", Level.P1),
        ("anakku ketelan baterai", "medical_emergency", Level.P1),
        ("aku laper kak mama mati", "child_without_care", Level.P2),
        ("aku umur 10, ditinggal ayah ibu 4 hari", "child_without_care", Level.P2),
        ("aku umur 9 tahun sendirian di rumah 3 hari mama gak pulang", "child_without_care", Level.P2),
        ("aku dipeksa turu karo bapak kuwalon", "sexual_violence", Level.P2),
        ("aku dipekso ngono karo pakdhe", "sexual_violence", Level.P2),
        ("abdi dipaksa ku bapa tere", "sexual_violence", Level.P2),
        ("bapak lagi liatin aku mandi", "sexual_violence", Level.P2),
        ("aku disuruh mangkal sama mama", "trafficking_tppo", Level.P2),
        ("kapten pegang paspor, teman saya jatuh ke laut dibuang", "trafficking_tppo", Level.P1),
        ("mau ngebom sekolah besok", "immediate_danger", Level.P1),
        ("anak saya ngancam bakar rumah", "domestic_violence", Level.P2),
        ("suami saya pake sabu ngamuk bakar kasur", "domestic_violence", Level.P2),
        ("kata suami kalo aku lapor anak2 dibunuh", "domestic_violence", Level.P2),
        ("om bilang kalo cerita mama dibunuh", "domestic_violence", Level.P2),
        ("jangan telp, pukul aku lagi nanti", "domestic_violence", Level.P2),
    ],
)
def test_the_kind_of_harm_is_told_first_and_as_urgent_as_it_is(text: str, topic: str, level: Level) -> None:
    risk = INTERPRETER.understand(text).risks[0]

    assert (risk.name, risk.level) == (topic, level)


@pytest.mark.parametrize(
    "text", ["rumah kami kebakaran anak saya masih di dalam", "istri mau melahirkan ketuban pecah, bidan jauh"]
)
def test_a_fire_and_a_birth_are_nobodys_doing(text: str) -> None:
    assert all(risk.is_accident for risk in INTERPRETER.understand(text).risks if risk.name == "immediate_danger")


def test_a_weapon_is_somebodys_doing_also_beside_a_fire() -> None:
    understood = INTERPRETER.understand("tolong ada orang bawa celurit, rumah kebakaran tolong")

    assert not [risk for risk in understood.risks if risk.is_accident]


@pytest.mark.parametrize(
    "text",
    [
        "gue mau ngomong sama orang aja",
        "mau bicara dengan manusia",
        "ada orangnya ga?",
        "jangan robot dong",
        "bisa sama petugas?",
        "mau cs manusia",
        "admin mana",
        "tolong disambungin ke orang beneran",
        "ga bisa sama petugas ya?",
        "males sama robot, mau petugas",
        "bukan bot dong",
        "pengin ngomong karo wong",
        "ojo robot",
        "hayang ngobrol jeung jelema",
        "aya jalmina teu?",
        "can i talk to a real person",
    ],
)
def test_a_person_is_asked_for_in_ones_own_words(text: str) -> None:
    intent = INTERPRETER.understand(text).intent

    assert intent is not None
    assert (intent.name, intent.confidence) == ("person_request", 0.9)


@pytest.mark.parametrize(
    "text",
    [
        "aku malu ngomong sama orang",
        "saya gak bisa cerita ke orang tua",
        "mau ngomong sama orang tua tapi takut",
        "ini bukan robot kan?",
        "dia suka ngomong sama orang lain",
        "mau jadi relawan gimana caranya",
        "petugas desa minta uang bansos",
        "jangan kasih tau petugas",
        "aku bukan robot",
        "ada orang gak suka sama aku",
    ],
)
def test_a_story_of_people_asks_for_nobody(text: str) -> None:
    intent = INTERPRETER.understand(text).intent

    assert intent is None or intent.name != "person_request"
