"""What a contact reads, in every language that is on: neutral where a lock screen shows it, short, and free of what is never said."""

import re
from collections.abc import Iterator

import pytest

from bot.content import check_content, load_content
from bot.dialogue.extract import list_texts
from bot.dialogue.faults import Fault
from bot.dialogue.wording import NUMBER, PATTERNS
from nlu.answers import read_answer

CONTENT = load_content()
SOURCE = list_texts(CONTENT.book)
SAFETY = {name: words for name, words in SOURCE.items() if name.startswith("texts.safety_")}
ACUTE = [topic.slug for topic in CONTENT.directory.topics.values() if topic.is_acute]

LOCK_SCREEN = 40
"""Characters of a message that a phone shows before it is unlocked. Source: TS-02 of docs/privacy.md."""

RED = re.compile(
    r"kekerasan|pukul|perkosa|seksual|bunuh|mati\b|korban|hiv|narkoba|polisi|dipasung|violence|rape|sexual|suicide|kill|police|victim",
    re.IGNORECASE,
)
NEVER_IN_ENGLISH = re.compile(
    r"victim|guarantee|certainly|promise|100 ?%|nobody will (ever )?know|calm down|be patient|forgive|you must|eligible|why did you",
    re.IGNORECASE,
)
BLAND = (
    "texts.pamit_netral",
    "texts.system_watched",
    "texts.system_safe_again",
    "system_quick_exit.layar_biasa.say",
    "siapa_ini.jawab.say",
)
"""What somebody else may read over a shoulder, or after taking the phone."""


def said(language: str) -> Iterator[tuple[str, str]]:
    """Every text for contacts in a language; notes are for staff."""
    for text_id, words in SOURCE.items():
        if not (text_id.startswith("slots.") and text_id.endswith(".note")):
            yield text_id, CONTENT.translations.words(text_id, words, language)


LANGUAGES = CONTENT.book.languages


def test_the_checker_finds_nothing_not_even_to_warn_of():
    found: tuple[Fault, ...] = check_content()

    assert found == ()


@pytest.mark.parametrize("topic", ACUTE)
def test_every_danger_has_its_own_safety_text_and_a_flow_that_it_starts(topic: str):
    assert f"safety_{topic}" in CONTENT.book.texts
    assert topic in CONTENT.book.triggers


@pytest.mark.parametrize("topic", CONTENT.directory.topics)
def test_every_topic_starts_a_flow(topic: str):
    assert topic in CONTENT.book.triggers


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text_id", SAFETY)
def test_a_safety_text_is_neutral_first_short_and_leads_to_numbers(text_id: str, language: str):
    words = CONTENT.translations.words(text_id, SAFETY[text_id], language)

    first, _, rest = words.partition("\n\n")
    assert len(first) <= LOCK_SCREEN
    assert not RED.search(first)
    assert len(words.split()) <= 60
    assert rest.endswith(":")
    assert "!" not in words
    assert re.search(r"[Pp]etugas|responders|\{calling\}", rest)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_said_that_is_never_said(language: str):
    for text_id, words in said(language):
        assert "!" not in words, text_id
        assert not NEVER_IN_ENGLISH.search(words), text_id
        assert not any(pattern.search(words) for _, pattern in PATTERNS), text_id
        assert not NUMBER.search(words), text_id


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text_id", BLAND)
def test_what_others_may_read_names_no_trouble(text_id: str, language: str):
    assert not RED.search(CONTENT.translations.words(text_id, SOURCE[text_id], language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_can_be_read_by_somebody_who_shakes(language: str):
    for text_id, words in said(language):
        for sentence in re.split(r"[.?:]\s|\n", words):
            assert len(sentence.split()) <= 22, (text_id, sentence)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_label_fits_a_button(language: str):
    for text_id, words in said(language):
        if ".options." in text_id or text_id.startswith("texts.label_"):
            assert len(words.encode("utf-16-le")) // 2 <= 20, text_id


@pytest.mark.parametrize("word", [word for word in CONTENT.book.commands if " " not in word])
def test_a_global_word_is_no_place_nor_an_age(word: str):
    assert read_answer("place", word).value is None
    assert read_answer("age", word).value is None


@pytest.mark.parametrize(
    ("word", "command"),
    [
        ("berhenti", "stop"),
        ("mandheg", "stop"),
        ("eureun", "stop"),
        ("keluar", "quick_exit"),
        ("x", "quick_exit"),
        ("kaluar", "quick_exit"),
        ("tolong", "help"),
        ("tulung", "help"),
        ("petugas", "person"),
        ("human", "person"),
        ("ngomong karo wong", "person"),
        ("nyarios sareng jalmi", "person"),
        ("baleni", "repeat"),
        ("kembali", "back"),
        ("ganti basa", "language"),
        ("hapus", "erase"),
        ("pupus", "erase"),
        ("lewati", "skip"),
        ("liwat", "skip"),
        ("mulai lagi", "restart"),
        ("batal", "cancel"),
    ],
)
def test_global_words_are_known_in_the_languages_people_write(word: str, command: str):
    assert CONTENT.book.commands[word] == command


def test_the_word_offered_for_a_person_is_obeyed_in_every_language():
    for language in LANGUAGES:
        word = CONTENT.translations.words("texts.word_person", SOURCE["texts.word_person"], language)
        assert CONTENT.book.commands[word] == "person"
