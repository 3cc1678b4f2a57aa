"""What the console's routes use, built once by `bot.web.build`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot.actions.people import Door
from bot.actions.speaking import Desk
from bot.channels.standing import Standing
from bot.dialogue.session import Session
from bot.domain.cases import Case
from bot.storage.database import Database
from bot.storage.live import Live
from bot.web.schemas import BriefLine, Language, Service

CONSOLE_TOPIC = "console"


class Wording(Protocol):
    """What the flows and the directory say about a case, in the responder's language."""

    def list_brief(self, session: Session, language: Language) -> list[BriefLine]:
        """The answers so far and what was not asked yet, in the flow's order."""
        ...

    def list_services(self, case: Case, session: Session | None, language: Language) -> list[Service]:
        """What of the directory fits: verified contacts only."""
        ...

    def consent_words(self, text_id: str, version: int, language: str) -> str:
        """The words that the person answered to."""
        ...

    def find_name(self, session: Session) -> str:
        """The name the person gave; empty for none."""
        ...

    def find_place(self, session: Session, language: Language) -> str:
        """Where the person is, as far as told; empty for unknown."""
        ...

    def find_safe_hours(self, session: Session, language: Language) -> str:
        """When it is safe to write; empty for unknown."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsoleParts:
    """What the console's routes use. `wake_outbox` makes a reply go out at once; `public_url` empty: reached as it listens."""

    database: Database
    live: Live
    standing: Standing
    desk: Desk
    door: Door
    wording: Wording
    wake_outbox: Callable[[], None]
    now: Callable[[], datetime]
    public_url: str
    pages: Path

    @property
    def is_https(self) -> bool:
        """Whether people come by https: then cookies are for https only."""
        return self.public_url.startswith("https://")
