"""Measures an interpreter on labelled messages: recall by topic, level and register, false alarms by kind of harmless text.

A file is tab-separated with a heading: `text`, `risk` (a topic, or `none`), `level` (P1 … P4, or empty), and if known `register`.
Rules 1 and 13 of docs/levels.md say what counts: act is P1 or P2, ask is P3.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nlu.interpreter import Interpreter
from nlu.understanding import Level, Understanding

_WORST = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """A message and what a person read in it; `risk` None when there is nothing to do."""

    text: str
    risk: str | None
    level: Level | None
    register: str = ""


@dataclass(kw_only=True, slots=True)
class Count:
    """How many lines of one kind, and how many of them were seen at all, under their topic, with it first, at their level."""

    lines: int = 0
    seen: int = 0
    named: int = 0
    first: int = 0
    exact: int = 0
    near: int = 0


@dataclass(kw_only=True, slots=True)
class Report:
    """The figures of one run. `harmless` gives for each register of harmless text its lines, acts and asks."""

    topics: dict[str, Count] = field(default_factory=dict)
    levels: dict[str, Count] = field(default_factory=dict)
    registers: dict[str, Count] = field(default_factory=dict)
    harmless: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    missed: list[Labelled] = field(default_factory=list)
    alarmed: list[Labelled] = field(default_factory=list)

    @property
    def total(self) -> Count:
        """All lines that hold a risk."""
        total = Count()
        for count in self.topics.values():
            for name in Count.__dataclass_fields__:
                setattr(total, name, getattr(total, name) + getattr(count, name))
        return total

    @property
    def acts_per_thousand(self) -> float:
        """False alarms at P1 or P2 in a thousand harmless lines; 0 when there are none."""
        lines = sum(entry[0] for entry in self.harmless.values())
        return 1000 * sum(entry[1] for entry in self.harmless.values()) / lines if lines else 0.0


def read_labelled(file: Path) -> list[Labelled]:
    """The lines of a labelled file.

    Raises:
        ValueError: a column is missing or a level is no level.
    """
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        if "text" not in (reader.fieldnames or ()):
            raise ValueError(f"{file.name}: no column `text`")
        return [_labelled(row) for row in reader]


def _labelled(row: dict[str, str]) -> Labelled:
    risk = row.get("risk") or "none"
    level = row.get("level") or ""
    return Labelled(
        text=row["text"],
        risk=None if risk == "none" else risk,
        level=Level(level) if level in Level.__members__ else None,
        register=row.get("register") or row.get("source") or "",
    )


def evaluate(interpreter: Interpreter, lines: Iterable[Labelled]) -> Report:
    """The figures of an interpreter on labelled lines."""
    report = Report()
    for line in lines:
        understood = interpreter.understand(line.text)
        if line.risk is None:
            _count_harmless(report, line, understood)
        else:
            _count_risk(report, line, understood)
    return report


def _count_harmless(report: Report, line: Labelled, understood: Understanding) -> None:
    is_act = bool(understood.risks) and understood.level in (Level.P1, Level.P2)
    is_ask = bool(understood.risks) and not is_act
    lines, acts, asks = report.harmless.get(line.register, (0, 0, 0))
    report.harmless[line.register] = (lines + 1, acts + is_act, asks + is_ask)
    if is_act:
        report.alarmed.append(line)


def _count_risk(report: Report, line: Labelled, understood: Understanding) -> None:
    names = [risk.name for risk in understood.risks]
    level = understood.level
    distance = abs(level.rank - line.level.rank) if names and level and line.level else None
    kinds = ((report.topics, line.risk or ""), (report.levels, line.level or ""), (report.registers, line.register))
    for counts, key in kinds:
        count = counts.setdefault(key, Count())
        count.lines += 1
        count.seen += bool(names)
        count.named += line.risk in names
        count.first += names[:1] == [line.risk]
        count.exact += distance == 0
        count.near += distance is not None and distance <= 1
    if not names:
        report.missed.append(line)


def render(report: Report, *, with_text: bool = False) -> str:
    """The figures as a table in plain text; the worst errors with their words only when `with_text`."""
    lines = ["kind                          lines   seen  named  first  exact   near"]
    for title, counts in (("topic", report.topics), ("level", report.levels), ("register", report.registers)):
        lines += [_row(f"{title} {name}", counts[name]) for name in sorted(counts)]
    lines.append(_row("all", report.total))
    lines.append("")
    lines.append("harmless                      lines   acts   asks")
    for name, (count, acts, asks) in sorted(report.harmless.items()):
        lines.append(f"{name[:28]:28} {count:6} {acts:6} {asks:6}")
    lines.append(f"false acts in 1,000: {report.acts_per_thousand:.1f}")
    if with_text:
        lines += _errors("missed", report.missed) + _errors("false act", report.alarmed)
    return "\n".join(lines)


def _row(name: str, count: Count) -> str:
    shares = (count.seen, count.named, count.first, count.exact, count.near)
    return f"{name[:28]:28} {count.lines:6}" + "".join(f" {share / (count.lines or 1):6.3f}" for share in shares)


def _errors(title: str, lines: Sequence[Labelled]) -> list[str]:
    return [f"{title}: [{line.risk or 'none'} {line.level or ''}] {line.text}" for line in lines[:_WORST]]
