"""Blows told by a bare verb stem, whoever deals them: "majikan pukul saya" is no hour of the day."""

import pytest

from nlu.interpreter import Interpreter
from nlu.understanding import Level

WHO = [
    "majikan", "bos", "mandor", "agen", "kapten", "pacar", "mertua", "kakak", "tetangga", "suami", "dia", "guru", "teman", "orang itu",
    "ustadz", "senior",
]  # fmt: skip
BLOWS = ["pukul", "gebuk", "tendang", "tampar", "cekik", "injek", "tonjok", "jambak"]


@pytest.mark.parametrize("blow", BLOWS)
def test_a_bare_stem_before_the_writer_is_a_blow_by_anybody(interpreter: Interpreter, blow: str) -> None:
    levels = {who: interpreter.understand(f"{who} {blow} saya").level for who in WHO}

    assert {who: level for who, level in levels.items() if level not in (Level.P1, Level.P2)} == {}


@pytest.mark.parametrize(
    "text", ["rapat mulai pukul tujuh", "pukul berapa kak", "besok pukul 9 saya ke kantor", "majikan tidak pukul saya"]
)
def test_an_hour_or_a_blow_denied_is_no_blow(interpreter: Interpreter, text: str) -> None:
    assert interpreter.understand(text).level is None


@pytest.mark.parametrize(
    "text",
    [
        "ditampar tadi sama bos, takut balik kerja",
        "bos lempar asbak ke kepala saya",
        "ga berani balik kerja, bos suka main tangan",
        "kakak kelas malak aku trus nampar",
        "aku takut masuk sekolah, kakak kelas nungguin mau mukul",
        "wali kelas lempar penghapus ke muka aku",
        "pak guru nampar aku sampe kuping denger nging",
        "pelatih silat mukul aku pake sabuk",
        "ustadz mukul pake rotan di pondok",
        "pengurus asrama nyabetin kita pake kabel",
        "di pesantren aku dihukum direndam di kolam jam 2 malem",
        "temen sekamar di asrama ngiket aku di ranjang",
        "kepala asrama ngunci kami di kamar ga boleh keluar",
        "anak saya pulang dari pondok badannya penuh lebam",
    ],
)
def test_violence_at_work_at_school_and_in_a_boarding_school_acts(interpreter: Interpreter, text: str) -> None:
    assert interpreter.understand(text).level in (Level.P1, Level.P2)


def test_a_beating_in_a_boarding_school_is_no_trafficking(interpreter: Interpreter) -> None:
    risks = interpreter.understand("aku digebukin senior asrama tiap malam").risks

    assert [risk.name for risk in risks] == ["physical_violence"]


@pytest.mark.parametrize(
    "text",
    [
        "bos nendang bola kena aku haha",
        "guru mukul meja biar kami diam",
        "guru ngunci kelas kami jam 3",
        "teman ngikat tali sepatu aku",
        "temen kerja lempar bola ke aku",
        "bos mukul rata gaji kita",
        "di sekolah aku disiram air pas ultah",
        "pelatih tinju ngajarin aku mukul samsak",
    ],
)
def test_work_and_school_days_without_a_blow_do_not_act(interpreter: Interpreter, text: str) -> None:
    assert interpreter.understand(text).level not in (Level.P1, Level.P2)
