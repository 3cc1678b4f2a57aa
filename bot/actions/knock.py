"""Knock: ask somebody to write again whom the platform does not let us write to: one neutral text that it approved, never by itself."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from msgspec.structs import replace

from bot.actions.first_word import last_words_of, must_wait
from bot.actions.handoff import ContactUnreachable, ContactUnsafe
from bot.actions.speaking import Desk, enter_event, language_of, say
from bot.dialogue.session import AnswerState, Session
from bot.domain import cases as rules
from bot.domain.cases import Case, CaseError, CaseId, Control
from bot.domain.messages import Form
from bot.domain.responders import Responder
from bot.domain.windows import is_open
from bot.storage import audit, cases, contacts, messages
from bot.storage.contacts import Known
from bot.storage.messages import By, Entry

CONSENT_SLOT = "boleh_hubungi"
"""The answer to "may a responder write first?": only a yes, said and not guessed, is a consent to be written to."""


class Knock(StrEnum):
    """Whether somebody can be asked to write again. NONE: there is no need, they can be written to."""

    NONE = ""
    POSSIBLE = "possible"
    NO_CONSENT = "no_consent"
    NO_TEMPLATE = "no_template"
    SENT = "sent"


class MayNotKnock(CaseError):
    """They can't be asked to write again: they did not agree, it was done already, or there is no text for it."""


def knock_of(desk: Desk, case: Case, known: Known, thread: Sequence[Entry], *, now: datetime) -> Knock:
    """How it stands. Once after the person's last words, and only after a yes. Source: Meta, opt-in for business messages."""
    talk = known.conversation
    if is_open(talk.contact.channel, talk.wrote_at, now=now):
        return Knock.NONE
    if not (case.may_contact_first and agreed_to_be_written_to(known.memory.session)):
        return Knock.NO_CONSENT
    if not desk.templates.get(talk.contact.channel):
        return Knock.NO_TEMPLATE
    since = last_words_of(thread)
    is_sent = any(entry.form is Form.TEMPLATE and entry.seq > since for entry in thread)
    return Knock.SENT if is_sent else Knock.POSSIBLE


def agreed_to_be_written_to(session: Session | None) -> bool:
    """Whether the person said that a responder may write first."""
    given = session.answers.get(CONSENT_SLOT) if session is not None else None
    return given is not None and given.state is AnswerState.KNOWN and given.value == "yes" and not given.is_inferred


def knock(db: sa.Connection, desk: Desk, case_id: CaseId, *, by: Responder, now: datetime) -> None:
    """Send the neutral text that asks them to write when it is safe.

    Raises:
        NotTheHolder, CaseClosed, ContactUnreachable, ContactUnsafe, MayNotKnock.
    """
    case = cases.get(db, desk.vault, case_id)
    rules.require_holder(case, by=by.id, now=now)
    known = contacts.get(db, desk.vault, case.contact_id, lock=True)
    if not known.contact.is_reachable or known.conversation.control is Control.PAUSED:
        raise ContactUnreachable
    thread = messages.list_thread(db, desk.vault, case.contact_id)
    if must_wait(case, known, thread):
        raise ContactUnsafe
    if knock_of(desk, case, known, thread, now=now) is not Knock.POSSIBLE:
        raise MayNotKnock
    codes = desk.templates[known.contact.channel]
    code = next((each for each in codes if each.partition("_")[0] == language_of(known)), codes[0])
    text = replace(desk.frame("system_knock", code.partition("_")[0], {}), form=Form.TEMPLATE, language=code)
    known = enter_event(db, desk, known, "knocked", by=by, now=now)
    known = say(db, desk, known, text, By.PROGRAM, case=case, now=now)
    contacts.save(db, desk.vault, [known], now=now)
    audit.add(db, actor=by.id, action="contact_knocked", case_id=case_id, at=now)
