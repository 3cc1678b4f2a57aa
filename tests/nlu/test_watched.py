"""Others may read along: heard in many words and languages, and not in what only sounds like it."""

import pytest

from nlu.interpreter import Interpreter
from nlu.understanding import Watch


@pytest.mark.parametrize(
    "text",
    [
        "hp saya dibaca suami",
        "hp dicek terus sama pacar",
        "chat aku dibacain sama mama",
        "hapeku sering diparikso bojoku",
        "laki den suko mambukak hp den",
        "salaki sok mariksaan hape abdi",
        "dia bisa lihat isi wa saya",
        "nomor ini dipegang suami juga",
        "nanti kalau dia liat chat ini",
        "takut dia baca",
        "kalau suami pulang chat ini harus saya hapus",
        "bojoku lagi neng jejerku",
        "dia lagi di samping saya",
        "bapak lagi duduk di sebelahku",
        "orangnya lagi ngeliatin aku",
        "mandor lagi jaga di deket saya",
        "gak bisa ngomong bebas, dia di depan",
        "jangan balas dulu, dia ada di sini",
        "my husband checks my phone",
        "he is next to me",
    ],
)
def test_somebody_who_reads_along_is_heard(interpreter: Interpreter, text: str) -> None:
    assert interpreter.understand(text).watch is Watch.READ


@pytest.mark.parametrize("text", ["ini pake hp kakak", "hp ini punya bpk", "ini hp majikan", "im using my sisters phone"])
def test_a_phone_of_somebody_else_is_heard_as_shared(interpreter: Interpreter, text: str) -> None:
    assert interpreter.understand(text).watch is Watch.SHARED


@pytest.mark.parametrize(
    "text",
    [
        "anak saya lagi di samping saya",
        "teman saya lagi di samping saya, nemenin",
        "ini hp tetangga",
        "pinjem hp satpam",
        "pinjam hp orang",
        "pake hp bu guru",
        "aku pinjem hp temen",
        "suami lagi baca koran",
        "hp dicek sama teknisi",
        "hp saya gak pernah dicek suami",
        "ibu sudah baca chat saya?",
        "siapa yang baca chat ini",
        "pesan saya sudah dibaca petugas belum",
        "dia di samping rumah",
        "pinjam hp dong buat foto ktp",
        "kakak saya beli hp baru",
        "saya baca chat suami saya",
    ],
)
def test_helpers_technicians_and_questions_to_us_are_no_watchers(interpreter: Interpreter, text: str) -> None:
    assert interpreter.understand(text).watch is None


def test_a_watcher_alone_is_no_danger_and_changes_no_intent(interpreter: Interpreter) -> None:
    understood = interpreter.understand("dia lagi di samping saya")

    assert (understood.risks, understood.level, understood.groups, understood.intent) == ((), None, (), None)
