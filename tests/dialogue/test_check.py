"""What the checker finds before anybody meets it, and the way there."""

import pytest

from bot.content import FLOWS, load_content
from bot.dialogue.check import check
from bot.dialogue.faults import Fault
from bot.dialogue.parse import parse_files

TOPICS = ("kdrt",)
SERVICES = ("polri_110",)
FRAME = {f"flows/{file.name}": file.read_text() for file in FLOWS.glob("*.yml") if file.name not in ("services.yml", "pas.yml")}
SCREEN = """
screens:
  kdrt:
    source: own
    items:
      - {id: takut, type: yes_no, ask: "Takut?", red: {when: answer == yes, level: P1}, unsure: P2, refused: P2}
"""


def findings(steps: str, *, head: str = "requires: [consent]", more: str = "") -> list[Fault]:
    """The checker's findings in one flow of these steps."""
    lines = "\n".join("      " + line for line in steps.strip("\n").splitlines())
    text = f"format: 1{more}\nflows:\n  coba:\n    name: Coba\n    {head}\n    steps:\n{lines}\n"
    book = parse_files({"flows/a.yml": text}, topics=TOPICS)
    return [f for f in check(book, services=SERVICES, topics=TOPICS, files={"flows/a.yml": text}) if f.code != "E317"]


@pytest.mark.parametrize(
    ("steps", "code", "says"),
    [
        pytest.param('- {id: a, say: "A.", next: bb}\n- {id: b, say: "B."}', "E101", "`b`", id="no such step"),
        pytest.param("- {id: a, call: lain}", "E101", "no flow", id="no such flow"),
        pytest.param("- {id: a, screen: lain}", "E101", "no screen", id="no such screen"),
        pytest.param('- {id: a, say: "A.", next: END}\n- {id: b, say: "B."}', "E201", "`b`", id="unreachable"),
        pytest.param('- {id: a, say: "A."}\n- {id: b, say: "B.", next: a}', "E203", "asks nothing", id="a silent loop"),
        pytest.param('- {id: a, refer: {service: polri, say: "A."}}', "E321", "polri_110", id="an unknown service"),
        pytest.param('- {id: a, say: "Telepon 129 ya."}', "E323", "services.ID", id="a typed number"),
        pytest.param('- {id: a, say: "Sabar ya, Bu."}', "E331", "TI-07", id="forbidden wording"),
        pytest.param('- {id: a, say: "Kamu korban."}', "E331", "TI-08", id="a label for a person"),
        pytest.param('- {id: a, say: "Rahasia 100% aman."}', "E331", "LS-04", id="a promise of secrecy"),
        pytest.param(
            '- {id: a, collect: c, type: text, ask: "A?"}\n- {id: b, say: "{c}."}', "E318", "shown", id="a repeated answer"
        ),
        pytest.param('- {id: a, say: "{siapa}."}', "E101", "nothing fills", id="an empty placeholder"),
    ],
)
def test_a_fault_is_found(steps: str, code: str, says: str):
    found = [fault for fault in findings(steps) if fault.code == code]

    assert found
    assert says in str(found[0])


def test_a_question_before_consent_is_found_with_the_way_there():
    steps = '- {id: halo, say: "Halo."}\n- {id: umur, collect: umur, type: age, ask: "Umur?"}'

    (found,) = findings(steps, head="description: tanpa izin")

    assert found.code == "E301"
    assert found.way == "start → halo → umur"


def test_danger_that_reaches_nobody_is_found_with_the_way_there():
    steps = '- {id: tanya, screen: kdrt}\n- {id: nomor, refer: {service: polri_110, say: "{service.contact}"}}'

    found = [fault for fault in findings(steps, more=SCREEN) if fault.code == "E311"]

    assert found
    assert "tanya (P1)" in found[0].way
    assert found[0].way.endswith("END")


def test_danger_without_a_number_is_found():
    steps = '- {id: tanya, screen: kdrt}\n- {id: orang, handoff: {reason: kdrt, say: "Petugas datang."}, next: END}'

    assert "E312" in {fault.code for fault in findings(steps, more=SCREEN)}


def test_danger_with_number_and_person_is_sound():
    steps = (
        '- {id: tanya, screen: kdrt}\n- {id: nomor, refer: {service: polri_110, say: "{service.contact}"}}\n'
        '- {id: orang, handoff: {reason: kdrt, say: "Petugas datang."}, next: END}'
    )

    assert findings(steps, more=SCREEN) == []


def test_a_branch_that_excludes_the_danger_is_not_reported():
    steps = (
        "- id: tanya\n  screen: kdrt\n  next:\n    - {if: level.kdrt == none, then: END}\n    - {else: nomor}\n"
        '- {id: nomor, refer: {service: polri_110, say: "{service.contact}"}}\n'
        '- {id: orang, handoff: {reason: kdrt, say: "Petugas datang."}, next: END}'
    )

    assert findings(steps, more=SCREEN) == []


def test_no_number_is_asked_for_where_the_phone_is_not_safe():
    steps = (
        '- {id: aman, collect: aman, type: yes_no, ask: "Aman?", guard: private, otherwise: pergi}\n'
        '- {id: tanya, screen: kdrt}\n- {id: nomor, refer: {service: polri_110, say: "{service.contact}"}}\n'
        '- {id: orang, handoff: {reason: kdrt, say: "Petugas datang."}, next: END}\n'
        '- {id: pergi, handoff: {reason: kdrt, level: P2, say: "Baik, lain kali.", contact_first: false}, next: END}'
    )

    assert findings(steps, more=SCREEN) == []


def test_a_missing_answer_without_a_level_is_found():
    lacking = SCREEN.replace(", unsure: P2, refused: P2", "")
    steps = (
        '- {id: tanya, screen: kdrt}\n- {id: nomor, refer: {service: polri_110, say: "{service.contact}"}}\n'
        '- {id: orang, handoff: {reason: kdrt, say: "Petugas datang."}, next: END}'
    )

    assert "E313" in {fault.code for fault in findings(steps, more=lacking)}


def test_a_gap_in_the_frame_is_found():
    files = {name: text.replace("  system_holding:", "  sistem_menunggu:") for name, text in FRAME.items()}
    content = load_content()
    book = parse_files(files, topics=content.directory.topics)

    found = check(book, services=content.directory.verified, topics=content.directory.topics, files=files)

    assert any(fault.code == "E317" and "system_holding" in fault.message for fault in found)


def test_the_checker_ends_on_loops_and_many_flows():
    steps = "\n".join(
        f'      - {{id: s{n}, collect: c{n}, type: yes_no, ask: "A?", next: [{{if: slots.c{n}, then: s{n * 7 % 50}}}, {{else: END}}]}}'
        for n in range(50)
    )
    text = "format: 1\nflows:\n" + "".join(
        f"  f{n}:\n    name: F\n    requires: [consent]\n    steps:\n{steps}\n" for n in range(4)
    )
    book = parse_files({"flows/a.yml": text}, topics=TOPICS)

    assert check(book, services=SERVICES, topics=TOPICS, files={"flows/a.yml": text})
