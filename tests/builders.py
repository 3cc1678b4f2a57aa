"""Values for tests: valid unless told otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from bot.domain.cases import Case, CaseId, Sign, open_case
from bot.domain.contacts import Contact, Conversation
from bot.domain.messages import ContactId, Update
from bot.domain.responders import Responder, ResponderId, Role
from bot.storage.contacts import Known, Memory
from nlu.understanding import Level

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


def later(**duration: float) -> datetime:
    return NOW + timedelta(**duration)


def make_update(key: str = "u:1", *, address: str = "5550001", body: bytes = b"{}", **changes: Any) -> Update:
    values = {"channel": "web", "account": "web", "key": key, "address": address, "body": body, "received_at": NOW}
    return Update(**{**values, **changes})


def make_contact(contact_id: int = 1, *, address: str = "5550001", **changes: Any) -> Contact:
    values = {"id": ContactId(contact_id), "channel": "web", "account": "web", "address": address}
    return Contact(**{**values, **changes})


def make_known(contact_id: int = 1, *, address: str | None = None, is_new: bool = True, **talk: Any) -> Known:
    contact = make_contact(contact_id, address=address or f"555{contact_id:04}")
    return Known(conversation=Conversation(contact=contact, **talk), memory=Memory(), is_new=is_new)


def make_responder(responder_id: int = 1, *roles: Role, **changes: Any) -> Responder:
    values = {"name": "Ratna", "login": f"ratna{responder_id}", "is_on_duty": True}
    return Responder(id=ResponderId(responder_id), roles=frozenset(roles or (Role.RESPONDER,)), **{**values, **changes})


def make_sign(topic: str = "domestic_violence", level: Level = Level.P2, words: str = "takut pulang") -> Sign:
    return Sign(topic=topic, level=level, words=words, seq=1, at=NOW)


def make_case(case_id: int = 1, *, contact_id: int = 1, level: Level = Level.P2, **changes: Any) -> Case:
    case = open_case(CaseId(case_id), ContactId(contact_id), level=level, signs=(make_sign(level=level),), now=NOW)
    return replace(case, **changes)
