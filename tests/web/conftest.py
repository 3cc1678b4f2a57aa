"""The console over real ASGI calls and a real SQLite; only the words of flows are plain here, and the clock is set."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from msgspec.structs import replace

from bot.actions.people import Door
from bot.actions.speaking import Desk
from bot.channels.standing import Standing
from bot.dialogue.session import Session
from bot.domain.cases import Case, CaseId, Control
from bot.domain.messages import ContactId, MessageId, OutboundMessage
from bot.domain.responders import Responder, ResponderId, Role
from bot.storage import cases, contacts, messages, people, signins
from bot.storage.database import Database
from bot.storage.ids import Ids
from bot.storage.live import Live
from bot.storage.messages import By, Entry
from bot.storage.tables import audit
from bot.storage.vault import Vault
from bot.web.console import build_console
from bot.web.parts import ConsoleParts
from bot.web.schemas import BriefLine, Language, Service
from nlu.understanding import Level
from tests.builders import NOW, make_case, make_known

OURS = {"X-Teduh": "1"}
PASSWORD = "empat kata acak saja"


class PlainWording:
    """Words without flows: a brief of one line, one service."""

    def list_brief(self, session: Session, language: Language) -> list[BriefLine]:
        return [BriefLine(slot="umur", label="Umur", value="31", state="known", is_inferred=False, seq=1)]

    def list_services(self, case: Case, session: Session | None, language: Language) -> list[Service]:
        return [Service(id="sapa129", name="SAPA 129", contact="129", hours="", note=language)]

    def consent_words(self, text_id: str, version: int, language: str) -> str:
        return f"{text_id} {version} {language}"

    def find_name(self, session: Session) -> str:
        return "Wulan"

    def find_place(self, session: Session, language: Language) -> str:
        return "Garut"

    def find_safe_hours(self, session: Session, language: Language) -> str:
        return ""


@dataclass(kw_only=True)
class Rig:
    """The console with what stands behind it. `now` is the clock."""

    database: Database
    vault: Vault
    pages: Path
    public_url: str = ""
    now: datetime = NOW
    live: Live = field(default_factory=Live)
    new_id: Ids = field(default_factory=Ids)
    wording: PlainWording = field(default_factory=PlainWording)
    woken: int = 0
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    def __post_init__(self) -> None:
        def frame(text_id: str, language: str, values: dict[str, str]) -> OutboundMessage:
            return OutboundMessage(text=f"{text_id} {values.get('name', '')}")

        # The engine is asked only for talks that have a session; there is none in these.
        engine = cast("Any", SimpleNamespace())
        self.desk = Desk(vault=self.vault, new_id=self.new_id, engine=engine, render=cast("Any", None), frame=frame)
        self.standing = Standing(lambda: self.now)
        self.door = Door(
            database=self.database,
            vault=self.vault,
            new_id=self.new_id,
            lasts=timedelta(hours=12),
            idle=timedelta(minutes=60),
            slots=3,
        )
        self.parts = ConsoleParts(
            database=self.database,
            live=self.live,
            standing=self.standing,
            desk=self.desk,
            door=self.door,
            wording=self.wording,
            wake_outbox=self._wake,
            now=lambda: self.now,
            public_url=self.public_url,
            pages=self.pages,
        )
        self.app = build_console(self.parts)

    def _wake(self) -> None:
        self.woken += 1

    def pass_time(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    async def browser(self, **headers: str) -> httpx.AsyncClient:
        """A browser that nobody signed in on."""
        base = self.public_url or "http://console.test"
        transport = httpx.ASGITransport(app=cast("Any", self.app))
        client = httpx.AsyncClient(transport=transport, base_url=base, headers={**OURS, **headers})
        return await self.stack.enter_async_context(client)

    async def person(self, *roles: Role, **changes: Any) -> Responder:
        number = self.new_id()
        values = {"name": "Ratna", "login": f"ratna{number}", "is_on_duty": True, "slots": 3}
        person = Responder(id=ResponderId(number), roles=frozenset(roles or (Role.RESPONDER,)), **{**values, **changes})
        await self.database.write(lambda db: people.add(db, self.vault, person, now=self.now))
        return person

    async def console_of(self, person: Responder, **headers: str) -> httpx.AsyncClient:
        """A browser on which this person is signed in."""
        lasts = timedelta(hours=12)
        token = await self.database.write(lambda db: signins.add(db, self.vault, person.id, lasts=lasts, now=self.now))
        client = await self.browser(**headers)
        client.cookies.set("teduh", token)
        return client

    async def console(self, *roles: Role, **changes: Any) -> httpx.AsyncClient:
        return await self.console_of(await self.person(*roles, **changes))

    async def open_case(self, number: int = 1, *, level: Level = Level.P2, **changes: Any) -> str:
        """Somebody waits; they wrote once."""

        def work(db: Any) -> None:
            known = make_known(number, control=Control.PENDING, seq=1, inbound_seq=1)
            contacts.save(db, self.vault, [known], now=self.now)
            messages.add(db, self.vault, [self._said(number, 1, "saya takut pulang")])
            cases.add(db, self.vault, [make_case(number, contact_id=number, level=level, **changes)])

        await self.database.write(work)
        return str(number)

    async def contact_writes(self, number: int, text: str) -> int:
        """The number of what the contact wrote."""

        def work(db: Any) -> int:
            known = contacts.get(db, self.vault, ContactId(number), lock=True)
            seq = known.conversation.seq + 1
            messages.add(db, self.vault, [self._said(number, seq, text)])
            talk = replace(known.conversation, seq=seq, inbound_seq=seq)
            contacts.save(db, self.vault, [replace(known, conversation=talk)], now=self.now)
            return seq

        return await self.database.write(work)

    def _said(self, number: int, seq: int, text: str) -> Entry:
        return Entry(
            id=MessageId(self.new_id()),
            contact_id=ContactId(number),
            seq=seq,
            by=By.CONTACT,
            kind=messages.TEXT,
            at=self.now,
            text=text,
        )

    async def list_audit(self) -> list[tuple[str, int | None, int | None]]:
        """Action, actor, case: in order."""
        rows = await self.database.read(lambda db: db.execute(audit.select().order_by(audit.c.id)).all())
        return [(row.action, row.actor, row.case_id) for row in rows]

    async def case(self, number: int) -> Case:
        return await self.database.read(lambda db: cases.get(db, self.vault, CaseId(number)))


@pytest.fixture
async def rig(sqlite: Database, vault: Vault, tmp_path: Path) -> AsyncIterator[Rig]:
    made = Rig(database=sqlite, vault=vault, pages=tmp_path / "dist")
    async with made.stack:
        yield made


@pytest.fixture
async def https_rig(sqlite: Database, vault: Vault, tmp_path: Path) -> AsyncIterator[Rig]:
    made = Rig(database=sqlite, vault=vault, pages=tmp_path / "dist", public_url="https://teduh.test")
    async with made.stack:
        yield made


def reply_to(detail: dict[str, Any], text: str = "Saya Ratna", key: str = "k1") -> dict[str, Any]:
    """The body of a reply written against this case as it was seen."""
    return {"key": key, "text": text, "control_epoch": detail["control_epoch"], "seen_seq": detail["last_seq"]}
