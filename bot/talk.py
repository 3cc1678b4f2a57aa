"""`teduh talk`: a talk with the assistant in a terminal, through the same inbox, engine, outbox and tables as on any channel."""

import itertools
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from bot.actions.respond import Heard
from bot.app import Core, build_core, prepare, require_key, utc_now
from bot.channels.tolerant import clean
from bot.config import Data, Organisation, Settings
from bot.content import load_content, load_interpreter
from bot.domain.cases import Case
from bot.domain.messages import InboundMessage, Kind, OutboundMessage, Receipt, Sent, Update
from bot.storage import cases, contacts
from nlu.understanding import Understanding, most_urgent

_EVENTS = {
    "sticker": Kind.STICKER,
    "voice": Kind.VOICE,
    "photo": Kind.PHOTO,
    "video": Kind.VIDEO,
    "document": Kind.DOCUMENT,
    "location": Kind.LOCATION,
    "contact": Kind.CONTACT,
    "edit": Kind.EDIT,
    "block": Kind.BLOCKED,
    "unblock": Kind.UNBLOCKED,
    "leave": Kind.LEFT,
    "start": Kind.START,
}
_LONGEST = timedelta(days=36_525)
_HERE = (-6.2, 106.8)
"""Where a shared place is when the line says nothing: Jakarta."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class TerminalChannel:
    """A channel whose other end is the terminal."""

    account = "terminal"
    resends_prompts = True
    sends_receipts = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.sent: list[OutboundMessage] = []

    def parse(self, body: bytes) -> InboundMessage | Receipt:
        """What was typed."""
        return msgspec.json.decode(body, type=InboundMessage)

    async def send(self, address: str, message: OutboundMessage, *, key: str, wrote_at: datetime | None) -> Sent:  # noqa: ARG002 - one person, one screen
        """Keep the bubble to be shown."""
        self.sent.append(message)
        return Sent(is_delivered=True)

    def figures(self) -> dict[str, float]:
        """See `Channel`: nothing to see."""
        return {}

    async def acknowledge(self, tokens: Iterable[str]) -> None:
        """Nobody waits for it."""


class Talk:
    """One person's talk, with a clock of its own."""

    def __init__(self, core: Core, channel: TerminalChannel) -> None:
        self._core = core
        self._channel = channel
        self._numbers = itertools.count(1)
        self._address = f"terminal-{core.new_id()}"
        self._offered: list[OutboundMessage] = []
        self._heard = Understanding.nothing()

    async def hear(self, line: dict[str, Any]) -> dict[str, Any]:
        """What a line of input leads to.

        Raises:
            ValueError: the line is of no known form; says which there are.
        """
        self._heard = Understanding.nothing()
        self._channel.sent.clear()
        if "wait" in line:
            self._core.now.move(duration_of(_text(line, "wait")))  # type: ignore[attr-defined]  # build_talk gives such a clock
            await self._core.worker.tick()
        else:
            await self._receive(self._message(line))
        await self._settle()
        self._offered = list(self._channel.sent) or self._offered
        return await self._core.database.read(self._report)

    def _message(self, line: dict[str, Any]) -> InboundMessage:
        if "text" in line:
            return InboundMessage(kind=Kind.TEXT, text=clean(_text(line, "text")))
        if "button" in line:
            return self._pressed(line["button"])
        event = line.get("event")
        if isinstance(event, str) and event in _EVENTS:
            kind = _EVENTS[event]
            here = _HERE if kind is Kind.LOCATION else (None, None)
            return InboundMessage(
                kind=kind, latitude=_degrees(line, "latitude", here[0], 90), longitude=_degrees(line, "longitude", here[1], 180)
            )
        raise ValueError(
            f'a line is {{"text": …}}, {{"button": …}}, {{"wait": "3d"}} or {{"event": …}} with {", ".join(_EVENTS)}'
        )

    def _pressed(self, wanted: Any) -> InboundMessage:
        if isinstance(wanted, dict):
            wanted = wanted.get("id") or wanted.get("label")
        if isinstance(wanted, bool) or not isinstance(wanted, str | int):
            raise ValueError("a button is its label, its id or its number")  # noqa: TRY004 - all faults of a line are ValueErrors
        name = clean(str(wanted))
        buttons = [button for message in self._offered for button in message.buttons]
        for number, button in enumerate(buttons, 1):
            if name in (button.id, str(number)) or name.casefold() == button.label.casefold():
                return InboundMessage(kind=Kind.BUTTON, button=button.id, text=button.label)
        return InboundMessage(kind=Kind.BUTTON, button=name[:48])

    async def _receive(self, message: InboundMessage) -> None:
        update = Update(
            channel=self._channel.name,
            account=self._channel.account,
            key=f"{self._address}-{next(self._numbers)}",
            address=self._address,
            body=msgspec.json.encode(message),
            received_at=self._core.now(),
        )
        await self._core.receiver.receive([update])

    async def _settle(self) -> None:
        while await self._core.worker.work_once():
            pass
        await self._core.delivery.run_until_idle()

    def _report(self, db: sa.Connection) -> dict[str, Any]:
        known = contacts.find(
            db, self._core.vault, channel=self._channel.name, account=self._channel.account, address=self._address
        )
        session = known.memory.session if known else None
        case = cases.list_open(db, self._core.vault, [known.contact.id]).get(known.contact.id) if known else None
        level = most_urgent(*(session.levels.values() if session else ()), case.level if case else None)
        flow, step = self._core.parts.engine.where(session) if session else (None, None)
        groups = case.groups if case else (session.groups if session else ())
        return {
            "replies": [
                {"text": message.text, "buttons": [button.label for button in message.buttons]}
                for message in self._channel.sent
            ],
            "flow": flow,
            "step": step,
            "language": session.language if session else "id",
            "control": known.conversation.control.value if known else "bot",
            "risks": [risk.name for risk in self._heard.risks],
            "level": level.value if level else None,
            "groups": list(groups),
            "case": _case(case),
        }

    def note_heard(self, heard: Heard) -> None:
        """Keep what was understood of the last message."""
        self._heard = heard.understanding


def _text(line: dict[str, Any], name: str) -> str:
    value = line[name]
    if not isinstance(value, str):
        raise ValueError(f'"{name}" must be a text')  # noqa: TRY004 - all faults of a line are ValueErrors
    return value


def _degrees(line: dict[str, Any], name: str, default: float | None, most: int) -> float | None:
    value = line.get(name, default)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -most <= value <= most:
        raise ValueError(f'"{name}" must be a number from -{most} to {most}')
    return float(value)


def _case(case: Case | None) -> dict[str, Any] | None:
    if case is None:
        return None
    return {
        "level": case.level.value,
        "reasons": list(case.reasons),
        "groups": list(case.groups),
        "referrals": list(case.referrals),
    }


class MovableClock:
    """The real time, moved on as the person at the terminal says."""

    def __init__(self) -> None:
        self._moved = timedelta()

    def __call__(self) -> datetime:
        """The time."""
        return utc_now() + self._moved

    def move(self, by: timedelta) -> None:
        """Go on by this much.

        Raises:
            ValueError: it would be more than a hundred years in all.
        """
        if self._moved + by > _LONGEST:
            raise ValueError("the clock goes on by a hundred years at most")
        self._moved += by


def duration_of(text: str) -> timedelta:
    """The duration that `45s`, `10m`, `2h`, `3d` or `2w` stands for.

    Raises:
        ValueError: it is none of these.
    """
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not number.isdecimal() or len(number) > 4 or int(number) > 5000:
        raise ValueError("a wait is a number with s, m, h, d or w, such as 3d")
    return timedelta(**{_UNITS[unit]: int(number)})


async def run(settings: Settings, *, channel: str, as_json: bool) -> None:
    """Read lines until the input ends, and answer each. The talk stays in the database of the settings.

    Raises:
        KeyMissing, DatabaseUnusable, FlowFaults.
    """
    await require_key(settings)
    terminal = TerminalChannel(channel)
    core = build_core(settings, load_content(named=settings.named), load_interpreter(), channels=[terminal], now=MovableClock())
    talk = Talk(core, terminal)
    core.worker.on_heard = talk.note_heard
    try:
        await prepare(core)
        await (_json_lines(talk) if as_json else _lines(talk))
    finally:
        await core.database.close()


async def run_once(organisation: Organisation, *, channel: str, as_json: bool) -> None:
    """As `run`, and nothing of the talk stays."""
    with tempfile.TemporaryDirectory(prefix="teduh-talk-") as folder:
        await run(Settings(data=Data(folder=folder), organisation=organisation), channel=channel, as_json=as_json)


def _typed() -> Iterator[str]:
    """The lines of the input. What is no UTF-8 stays, as lone surrogates, until `clean` has it; only line feeds end a line."""
    sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape", newline="\n")  # type: ignore[union-attr]  # a text stream
    return (line.rstrip("\r\n") for line in sys.stdin)


_FORM = 'a line is a JSON object such as {"text": "halo"}, {"button": 1} or {"wait": "3d"}'


async def answer_line(talk: Talk, line: str) -> dict[str, Any]:
    """What a line of JSON leads to; `error` says what is wrong with it."""
    try:
        asked = json.loads(line)
        if not isinstance(asked, dict):
            raise ValueError(_FORM)  # noqa: TRY301, TRY004 - one place says what is wrong with a line
        return await talk.hear(asked)
    except json.JSONDecodeError:
        return {"error": _FORM}
    except RecursionError:
        return {"error": "a line is a JSON object, not nested this deep"}
    except ValueError as exc:
        return {"error": clean(str(exc))}


async def _json_lines(talk: Talk) -> None:
    for line in _typed():
        if line.strip():
            print(json.dumps(await answer_line(talk, line), ensure_ascii=False), flush=True)


async def _lines(talk: Talk) -> None:
    print("Tulis sesuatu. Angka memilih tombol; :wait 3d menggeser jam; Ctrl-D selesai.\n")
    for words in _typed():
        if not words:
            continue
        asked = {"wait": words[6:].strip()} if words.startswith(":wait ") else {"text": words}
        try:
            answer = await talk.hear(asked)
        except ValueError as exc:
            print(f"  ({exc})\n")
            continue
        for reply in answer["replies"]:
            print("  " + reply["text"].replace("\n", "\n  "))
            for number, label in enumerate(reply["buttons"], 1):
                print(f"    [{number}] {label}")
        place = ".".join(filter(None, (answer["flow"], answer["step"])))
        print(f"  · {place or '-'}  {answer['level'] or '-'}  {answer['control']}\n", flush=True)
