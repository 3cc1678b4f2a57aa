"""Files that authors write: every fault with its place, all at once, and no surprises of YAML."""

import pytest

from bot.dialogue.faults import FlowFaults
from bot.dialogue.flow import Collect, Say, Type
from bot.dialogue.parse import parse_files

GOOD = """format: 1
flows:
  tanya:
    name: Tanya
    steps:
      - {id: halo, say: "Halo."}
      - id: umur
        collect: umur
        type: age
        ask: "Umurmu?"
        next:
          - {if: slots.umur < 18, then: halo}
          - {else: END}
"""


def faults_of(text: str, **more: str) -> list[str]:
    with pytest.raises(FlowFaults) as raised:
        parse_files({"flows/a.yml": text, **{f"flows/{name}.yml": words for name, words in more.items()}})
    return [str(fault) for fault in raised.value.faults]


def test_a_sound_file_becomes_a_book():
    book = parse_files({"flows/a.yml": GOOD})

    flow = book.flows["tanya"]
    assert [step.id for step in flow.steps] == ["halo", "umur"]
    assert isinstance(flow.steps[0].kind, Say)
    assert isinstance(flow.steps[1].kind, Collect)
    assert flow.steps[1].kind.question.type is Type.AGE


def test_the_same_files_have_the_same_version_and_others_another():
    version = parse_files({"flows/a.yml": GOOD}).version

    assert parse_files({"flows/a.yml": GOOD}).version == version
    assert parse_files({"flows/a.yml": GOOD.replace("Halo.", "Hai.")}).version != version


@pytest.mark.parametrize("word", ["no", "yes", "on", "1.0", "2026-01-01", "null", "~", "0x1F", "1e3"])
def test_every_scalar_is_its_own_letters(word: str):
    text = (
        "format: 1\nflows:\n  a:\n    name: A\n    steps:\n      - id: b\n        collect: c\n        type: choice\n"
        f'        ask: "Apa?"\n        options: [{{value: {word}, label: "X"}}]\n'
    )

    (step,) = parse_files({"flows/a.yml": text}).flows["a"].steps

    assert isinstance(step.kind, Collect)
    assert step.kind.question.options[0].value == word


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        pytest.param(GOOD.replace("      - {id: halo", "\t  - {id: halo"), "a.yml:6:1: E002", "spaces", id="a tab"),
        pytest.param(GOOD + "  tanya:\n    name: B\n", "E003", "first in line 3", id="a key twice"),
        pytest.param(GOOD.replace('"Halo."', "&x Halo"), "a.yml:6", "write it out", id="an anchor"),
        pytest.param(GOOD.replace('"Halo."', "!!str Halo"), "a.yml:6", "write it out", id="a tag"),
        pytest.param(GOOD + "---\nformat: 1\n", "E004", "second document", id="a second document"),
        pytest.param(GOOD.replace('"Halo."', '"' + "x" * 5000 + '"'), "E005", "4,096", id="a text too long"),
        pytest.param("format: 1\n# " + "x" * 300_000, "E005", "300,000", id="a file too large"),
        pytest.param(GOOD.replace('ask: "Umurmu?"', "ask:"), "a.yml:10", "missing", id="an empty value"),
        pytest.param(GOOD.replace("ask:", "aks:"), "a.yml:10:9: E006", "`ask`", id="an unknown key, with the nearest"),
        pytest.param(GOOD.replace("format: 1", "format: 2"), "a.yml:1:9: E009", "format: 1", id="another format"),
        pytest.param(GOOD.replace("type: age", "type: aeg"), "a.yml:9", "`age`", id="an unknown type"),
        pytest.param(GOOD.replace("say:", "handoff: {reason: x, say: A}, say:"), "E010", "two steps", id="two kinds in a step"),
        pytest.param(GOOD.replace("          - {else: END}\n", ""), "E202", "else", id="branches without else"),
        pytest.param(GOOD.replace("slots.umur <", "slots.umru <"), "a.yml:12:18: E112", "slots.umur", id="a faulty condition"),
        pytest.param(GOOD.replace('"Halo."', "halo_semua"), "E104", "Halo_semua.", id="a lone word that names no text"),
        pytest.param(GOOD.replace("id: umur", "id: halo"), "E102", "twice", id="a step twice"),
        pytest.param(GOOD.replace("id: umur", "id: Umur!"), "E103", "no name", id="a bad name"),
        pytest.param("x: [", "E001", "YAML", id="no YAML at all"),
        pytest.param("- a\n", "E007", "keys", id="a list at the top"),
        pytest.param(GOOD.replace("Halo.", "Halo.\u202e"), "E005", "invisible", id="a bidirectional override"),
    ],
)
def test_a_fault_says_where_what_and_what_to_do(text: str, place: str, says: str):
    told = "\n".join(faults_of(text))

    assert place in told
    assert says in told


def test_depth_is_bounded():
    deep = "format: 1\nflows:\n  a:\n    name: A\n    steps: " + "[" * 40 + "]" * 40 + "\n"

    assert any("24 levels" in fault for fault in faults_of(deep))


def test_all_faults_of_all_files_come_in_one_list():
    told = "\n".join(faults_of(GOOD.replace("ask:", "aks:"), b=GOOD.replace("type: age", "type: aeg").replace("tanya", "lain")))

    assert "flows/a.yml:10" in told
    assert "flows/b.yml:9" in told


def test_a_fault_shows_the_line_and_points_at_the_place():
    told = "\n".join(faults_of(GOOD.replace("slots.umur <", "slots.umru <")))

    assert "   12 |           - {if: slots.umru < 18, then: halo}\n      |                  ^" in told
