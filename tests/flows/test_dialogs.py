"""The dialogs in flows/tests: whole talks on the real book and the real understanding, without a database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from bot.content import FLOWS, Content, load_content, load_interpreter
from bot.dialogue.engine import Engine
from bot.dialogue.flow import END, Collect, Flow, Handoff, Refer, Say
from bot.dialogue.session import Session
from bot.dialogue.turn import Choice, Circumstances, Turn
from bot.domain.cases import Control
from bot.domain.messages import InboundMessage, Kind
from nlu.interpreter import Interpreter
from nlu.understanding import Level, Risk, most_urgent

NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def dialogs() -> Iterator[Any]:
    for file in sorted((FLOWS / "tests").glob("*.yml")):
        content = yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)
        for case in content["test_cases"]:
            yield pytest.param(case["steps"], id=f"{Path(file).stem}-{case['test_case']}")


@pytest.fixture(scope="module")
def content() -> Content:
    return load_content()


@pytest.fixture(scope="module")
def interpreter() -> Interpreter:
    return load_interpreter()


class Talk:
    """A contact's talk, one step after the other."""

    def __init__(self, content: Content, interpreter: Interpreter) -> None:
        self.engine: Engine = content.engine()
        self.interpreter = interpreter
        self.session: Session | None = None
        self.around = Circumstances(now=NOON, responders_on_duty=1)
        self.turn: Turn | None = None

    def send(self, message: InboundMessage, understood: dict[str, Any] | None = None) -> None:
        """Hear a message; `understood` fixes what it means, where the dialog is about the flow and not about the ear."""
        understanding = self.interpreter.understand(message.text)
        if understood is not None:
            level = Level(understood["level"])
            risks = tuple(Risk(name=name, score=1.0, level=level) for name in understood["risks"])
            understanding = replace(understanding, risks=risks, level=level, intent=None, groups=())
        self.turn = self.engine.advance(self.session, message, understanding, self.around)
        self.session = self.turn.session
        held = self.around.now if self.turn.is_holding else self.around.last_holding_at
        self.around = replace(self.around, control=self.turn.control, last_inbound_at=self.around.now, last_holding_at=held)

    def choices(self) -> dict[str, Choice]:
        assert self.turn is not None
        found = [choice for reply in self.turn.replies for choice in reply.choices]
        return {choice.text_id.removeprefix("texts.label_"): choice for choice in found} | {
            choice.label: choice for choice in found
        }

    def take(self, step: dict[str, Any]) -> None:
        match step:
            case {"user": words, **more}:
                self.send(InboundMessage(kind=Kind.TEXT, text=words), more.get("understood"))
            case {"button": label}:
                self.send(InboundMessage(kind=Kind.BUTTON, button=self.choices()[label].id))
            case {"event": kind}:
                self.send(InboundMessage(kind=Kind(kind)))
            case {"wait": minutes}:
                self.around = replace(self.around, now=self.around.now + timedelta(minutes=int(minutes.removesuffix("m"))))
            case {"control": who}:
                self.around = replace(self.around, control=Control(who))
            case {"expect": expected}:
                self.expect(expected)
            case {"utter": text_id}:
                assert text_id in self.said(), self.said()
            case {"not_utter": text_id}:
                assert text_id not in self.said()
            case _:
                pytest.fail(f"no such step: {step}")

    def said(self) -> list[str]:
        assert self.turn is not None
        return [part.text_id for reply in self.turn.replies for part in reply.parts]

    def expect(self, expected: dict[str, Any]) -> None:
        assert self.turn is not None
        assert self.session is not None
        flow, step = self.engine.where(self.session)
        level = most_urgent(*self.session.levels.values())
        shown = {service for reply in self.turn.replies for service in reply.services}
        is_over = not self.session.stack
        facts = {
            "flow": END if is_over else flow,
            "step": step,
            "control": self.turn.control.value,
            "level": level.value if level else "none",
            "language": self.session.language,
        }
        for name, wanted in expected.items():
            if name == "services":
                assert shown == set(wanted), (shown, self.said())
            elif name == "slots":
                given = self.session.answers
                seen = {
                    slot: (
                        "unknown"
                        if slot not in given
                        else str(given[slot].value)
                        if given[slot].value is not None
                        else given[slot].state.value
                    )
                    for slot in wanted
                }
                assert seen == wanted
            else:
                assert facts[name] == wanted, (name, facts, self.said())


@pytest.mark.parametrize("steps", list(dialogs()))
def test_dialog_goes_as_written(steps: list[dict[str, Any]], content: Content, interpreter: Interpreter) -> None:
    talk = Talk(content, interpreter)

    for step in steps:
        talk.take(step)


def test_every_text_of_the_flows_is_said_in_some_dialog(content: Content, interpreter: Interpreter) -> None:
    said: set[str] = set()

    for dialog in dialogs():
        talk = Talk(content, interpreter)
        for step in dialog.values[0]:
            talk.take(step)
            said |= set(talk.said())

    assert {text_id for flow in content.book.flows.values() for text_id in spoken(flow)} - said == set()


def spoken(flow: Flow) -> Iterator[str]:
    """What a flow says when nobody errs: not the other words for a question, nor why it is asked."""
    for step in flow.steps:
        match step.kind:
            case Say(texts=texts):
                yield from (text.id for text in texts if len(text.variants) == 1)
            case Refer(say=text) | Handoff(say=text) if text is not None and len(text.variants) == 1:
                yield text.id
            case Collect(question=question) if len(question.ask.variants) == 1:
                yield question.ask.id
            case _:
                pass
