"""Every rule finds the sentences it names, leaves alone those it names, and a faulty file is told with its line."""

import shutil
from pathlib import Path

import pytest

from nlu.errors import LexiconError
from nlu.interpreter import DATA, Interpreter
from nlu.rules import Rule

ACUTE_TOPICS = [
    "immediate_danger", "medical_emergency", "suicide_self_harm", "sexual_violence", "domestic_violence", "physical_violence",
    "tech_facilitated_abuse", "child_abuse_neglect", "child_without_care", "child_marriage", "trafficking_tppo", "witness_threat",
    "substance_use_overdose", "disaster_displacement", "pasung_restraint", "elder_neglect_abuse", "food_shelter_destitution",
]  # fmt: skip
RULES = Interpreter.load().book.rules


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in RULES])
def test_a_rule_finds_its_own_sentences_and_leaves_the_others(interpreter: Interpreter, rule: Rule) -> None:
    found = {text: rule.id in interpreter.rules_of(text) for text in (*rule.yes, *rule.no)}

    assert found == {**dict.fromkeys(rule.yes, True), **dict.fromkeys(rule.no, False)}


@pytest.mark.parametrize("topic", ACUTE_TOPICS)
def test_every_acute_topic_has_rules(interpreter: Interpreter, topic: str) -> None:
    assert sum(rule.topic == topic for rule in interpreter.book.rules) >= 1
    assert not interpreter.book.topics[topic].is_need


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        pytest.param('  - {id: a, level: P9, when: "@hit", yes: "x"}', "none of P1, P2, P3, P4", id="level"),
        pytest.param('  - {id: a, level: P1, when: "@nobody", yes: "x"}', "no concept `@nobody`", id="concept"),
        pytest.param('  - {id: a, level: P1, when: "@hit"}', "needs a sentence under `yes`", id="no example"),
        pytest.param('  - {id: a, level: P1, when: "@hit", yes: "x", wehn: "y"}', "`wehn` is no key", id="misspelt key"),
        pytest.param('  - {id: a, level: P1, when: "(a|b", yes: "x"}', "brackets", id="open bracket"),
        pytest.param('  - {id: raped, level: P1, when: "@hit", yes: "x"}', "already stands at", id="same id twice"),
        pytest.param('  - {id: a, level: P1, when: "@hit", ignore: dreams, yes: "x"}', "no frame `dreams`", id="frame"),
        pytest.param("  - {id: a, level: [}", "no YAML", id="not yaml"),
    ],
)
def test_a_fault_in_a_rule_file_is_told_with_file_and_line(tmp_path: Path, line: str, complaint: str) -> None:
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    (folder / "rules" / "trying.yml").write_text(f"topic: trying\norder: 5\nrules:\n{line}\n", encoding="utf-8")

    with pytest.raises(LexiconError) as caught:
        Interpreter.load(folder)

    assert [fault for fault in caught.value.faults if complaint in fault and ":4:" in fault]


def test_a_fault_in_a_word_list_is_told_with_file_and_line(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    (folder / "lexicon" / "zz.yml").write_text("concepts:\n  trying:\n    wrods: a b\n    includes: nobody\n", encoding="utf-8")

    with pytest.raises(LexiconError) as caught:
        Interpreter.load(folder)

    assert caught.value.faults == (
        "zz.yml:3: `wrods` is no key of a concept",
        "zz.yml:4: there is no concept `nobody`",
    )


def test_a_fault_in_the_patterns_of_an_intent_is_told_with_file_and_line(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    (folder / "intents.yml").write_text('intents:\n  - {name: trying, when: ["@nobody"]}\n', encoding="utf-8")

    with pytest.raises(LexiconError) as caught:
        Interpreter.load(folder)

    assert caught.value.faults == ("intents.yml:2: in `@nobody`: there is no concept `@nobody`",)
