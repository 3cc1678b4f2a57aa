"""Floors under what is seen and what is left alone, on lines written in many voices for this purpose."""

from pathlib import Path

import pytest

from nlu.evaluation import Report, evaluate, read_labelled, render
from nlu.interpreter import Interpreter
from nlu.understanding import Level

LINES = read_labelled(Path(__file__).parent / "data" / "messages.tsv")


@pytest.fixture(scope="module")
def report(interpreter: Interpreter) -> Report:
    return evaluate(interpreter, LINES)


def test_danger_is_seen_in_every_topic(report: Report) -> None:
    weak = {name: count.seen / count.lines for name, count in report.topics.items() if count.seen / count.lines < 0.95}

    assert weak == {}


def test_danger_now_is_seen(report: Report) -> None:
    urgent = report.levels[Level.P1]

    assert urgent.seen / urgent.lines >= 0.98


def test_danger_is_seen_in_every_register(report: Report) -> None:
    weak = {
        name: count.seen / count.lines
        for name, count in report.registers.items()
        if count.lines > 5 and count.seen / count.lines < 0.9
    }

    assert weak == {}


def test_the_topic_and_level_are_the_writers(report: Report) -> None:
    total = report.total

    assert total.first / total.lines >= 0.9
    assert total.near / total.lines >= 0.97
    assert total.exact / total.lines >= 0.8


def test_jokes_news_denials_and_questions_raise_no_alarm(report: Report) -> None:
    lines = sum(entry[0] for entry in report.harmless.values())

    assert lines > 200
    assert sum(entry[1] for entry in report.harmless.values()) <= 0.01 * lines


def test_the_report_names_no_text_unless_asked(report: Report) -> None:
    assert not any(line.text in render(report) for line in report.alarmed)
