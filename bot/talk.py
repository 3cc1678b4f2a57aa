"""`teduh talk`: a talk with the assistant in a terminal, through the same inbox, engine, outbox and tables as on any channel."""

import itertools
import json
import sys
import tempfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from bot.actions.respond import Heard
from bot.app import Core, build_core, utc_now
from bot.channels.tolerant import clean
from bot.config import Data, DatabaseSettings, Settings
from bot.content import load_content, load_interpreter
from bot.domain.cases import Case
from bot.domain.messages import InboundMessage, Kind, OutboundMessage, Receipt, Sent, Update
from bot.storage import cases, contacts
from bot.storage.migrate import migrate
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
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class TerminalChannel:
    """A channel whose other end is the terminal."""

    account = "terminal"
    resends_prompts = True

    def __init__(self, name: str) -> None:
        self.name = name
        self.sent: list[OutboundMessage] = []

    def parse(self, body: bytes) -> InboundMessage | Receipt:
        """What was typed."""
        return msgspec.json.decode(body, type=InboundMessage)

    async def send(self, address: str, message: OutboundMessage, *, key: str) -> Sent:  # noqa: ARG002 - one person, one screen
        """Keep the bubble to be shown."""
        self.sent.append(message)
        return Sent(is_delivered=True)

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
            self._core.now.move(duration_of(str(line["wait"])))  # type: ignore[attr-defined]  # build_talk gives such a clock
            await self._core.worker.tick()
        else:
            await self._receive(self._message(line))
        await self._settle()
        self._offered = list(self._channel.sent) or self._offered
        return await self._core.database.read(self._report)

    def _message(self, line: dict[str, Any]) -> InboundMessage:
        if "text" in line:
            return InboundMessage(kind=Kind.TEXT, text=clean(str(line["text"])))
        if "button" in line:
            return self._pressed(line["button"])
        if line.get("event") in _EVENTS:
            kind = _EVENTS[line["event"]]
            where = (-6.2, 106.8) if kind is Kind.LOCATION else (None, None)
            return InboundMessage(kind=kind, latitude=line.get("latitude", where[0]), longitude=line.get("longitude", where[1]))
        raise ValueError(
            f'a line is {{"text": …}}, {{"button": …}}, {{"wait": "3d"}} or {{"event": …}} with {", ".join(_EVENTS)}'
        )

    def _pressed(self, wanted: Any) -> InboundMessage:
        name = str(wanted.get("id") or wanted.get("label")) if isinstance(wanted, dict) else str(wanted)
        buttons = [button for message in self._offered for button in message.buttons]
        for number, button in enumerate(buttons, 1):
            if name in (button.id, str(number)) or name.casefold() == button.label.casefold():
                return InboundMessage(kind=Kind.BUTTON, button=button.id, text=button.label)
        return InboundMessage(kind=Kind.BUTTON, button=clean(name)[:48])

    async def _receive(self, message: InboundMessage) -> None:
        update = Update(
            channel=self._channel.name,
            account=self._channel.account,
            key=str(next(self._numbers)),
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
        """Go on by this much."""
        self._moved += by


def duration_of(text: str) -> timedelta:
    """The duration that `45s`, `10m`, `2h`, `3d` or `2w` stands for.

    Raises:
        ValueError: it is none of these.
    """
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not number.isdigit() or int(number) > 5000:
        raise ValueError("a wait is a number with s, m, h, d or w, such as 3d")
    return timedelta(**{_UNITS[unit]: int(number)})


async def run(*, channel: str, url: str, as_json: bool) -> None:
    """Read lines until the input ends, and answer each."""
    with tempfile.TemporaryDirectory(prefix="teduh-talk-") as folder:
        settings = Settings(data=Data(folder=folder), database=DatabaseSettings(url=url))
        terminal = TerminalChannel(channel)
        core = build_core(settings, load_content(), load_interpreter(), channels=[terminal], now=MovableClock())
        talk = Talk(core, terminal)
        core.worker.on_heard = talk.note_heard
        await migrate(core.database)
        try:
            await (_json_lines(talk) if as_json else _lines(talk))
        finally:
            await core.database.close()


async def _json_lines(talk: Talk) -> None:
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            asked = json.loads(line)
            if not isinstance(asked, dict):
                raise ValueError("a line is a JSON object")  # noqa: TRY301, TRY004 - one place says what is wrong with a line
            answer = await talk.hear(asked)
        except ValueError as exc:
            answer = {"error": str(exc)}
        print(json.dumps(answer, ensure_ascii=False), flush=True)


async def _lines(talk: Talk) -> None:
    print("Tulis sesuatu. Angka memilih tombol; :wait 3d menggeser jam; Ctrl-D selesai.\n")
    for line in sys.stdin:
        words = line.rstrip("\n")
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
