"""Cases and the queue as a console is told: from rows to the schemas of the API."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.actions.first_word import must_wait
from bot.actions.knock import knock_of
from bot.domain.cases import Case, CaseId, CaseStatus, Control, is_leased
from bot.domain.contacts import code_of
from bot.domain.linking import hide_codes
from bot.domain.messages import ContactId, Kind
from bot.domain.places import show_place
from bot.domain.responders import Responder
from bot.domain.windows import closes_at, is_open
from bot.storage import caseload, cases, consents, contacts, messages, people
from bot.storage.cases import LevelQueue
from bot.storage.contacts import Known
from bot.storage.messages import By, Entry
from bot.web import schemas
from bot.web.failures import failure_of, trouble_of
from bot.web.parts import ConsoleParts
from bot.web.schemas import CaseDetail, CaseSummary, Language, LevelCount, Queue
from nlu.understanding import Level

_PREVIEW_LENGTH = 120
_IN_DANGER = (Level.P1, Level.P2)


def queue_of(db: sa.Connection, parts: ConsoleParts, me: Responder, *, now: datetime) -> Queue:
    """Who waits, in counts, and this responder's own people."""
    levels, held = cases.count_queue(db), cases.list_held(db, parts.desk.vault, me.id)
    reason = _why_not(me, levels, len(held))
    return Queue(
        levels=[
            LevelCount(level=each.level, waiting=each.waiting, oldest_at=each.oldest_at, respond_by=each.respond_by)
            for each in levels
        ],
        mine=_summaries(db, parts, me, held),
        slots=me.slots,
        may_take=not reason,
        reason=reason,
        responders_on_duty=people.count_on_duty(db, now),
        troubles=[trouble_of(each) for each in parts.standing.list()],
    )


def _why_not(me: Responder, levels: Sequence[LevelQueue], held: int) -> schemas.NotTaking:
    """Why this responder takes nobody now; empty when they may. The extra slot is for danger now only (handoff.claim_next)."""
    if not me.is_on_duty:
        return "off_duty"
    has_danger = any(each.waiting for each in levels if each.level is Level.P1)
    if held > me.slots or (held == me.slots and not has_danger):
        return "full"
    return "" if any(each.waiting for each in levels) else "nobody_waits"


def _summaries(db: sa.Connection, parts: ConsoleParts, me: Responder, held: Sequence[Case]) -> list[CaseSummary]:
    last = messages.list_last(db, parts.desk.vault, [case.contact_id for case in held])
    unread = caseload.count_unread(db, [case.id for case in held])
    found = []
    for case in held:
        known = contacts.get(db, parts.desk.vault, case.contact_id)
        entry = last.get(case.contact_id)
        found.append(
            CaseSummary(
                id=str(case.id),
                level=case.level,
                name=_name(parts, known),
                channel=known.contact.channel,
                languages=_languages(known),
                status=case.status,
                preview=_shorten(_words_of(entry, case.level)) if entry else "",
                preview_by=_speaker(entry, me) if entry else "program",
                last_at=entry.at if entry else case.opened_at,
                unread=unread.get(case.id, 0),
                lease_until=case.lease_until,
            )
        )
    return found


def detail_of(
    db: sa.Connection, parts: ConsoleParts, case_id: CaseId, me: Responder, *, language: Language, now: datetime
) -> CaseDetail:
    """All of a case that its reader sees. The reading must be allowed and on the audit log already."""
    vault, wording = parts.desk.vault, parts.wording
    case = cases.get(db, vault, case_id)
    known = contacts.get(db, vault, case.contact_id)
    talk, session = known.conversation, known.memory.session
    thread = messages.list_thread(db, vault, case.contact_id)
    is_mine = case.holder == me.id and is_leased(case, now=now)
    lock = _lock(case, known, thread, is_mine=is_mine, now=now)
    return CaseDetail(
        id=str(case.id),
        version=case.version,
        level=case.level,
        status=case.status,
        name=_name(parts, known),
        code=code_of(case.contact_id),
        channel=known.contact.channel,
        languages=_languages(known),
        opened_at=case.opened_at,
        waiting_since=case.waiting_since,
        respond_by=case.respond_by,
        holder=_holder(db, parts, case),
        is_mine=is_mine,
        lease_until=case.lease_until,
        control=talk.control,
        control_epoch=talk.control_epoch,
        last_seq=talk.seq,
        may_write=not lock,
        lock=lock,
        window_until=closes_at(talk.contact.channel, talk.wrote_at),
        knock=knock_of(parts.desk, case, known, thread, now=now),
        may_contact_first=case.may_contact_first,
        safe_hours=wording.find_safe_hours(session, language) if session else "",
        place=wording.find_place(session, language) if session else "",
        signs=[schemas.Sign(topic=s.topic, level=s.level, words=s.words, seq=s.seq, at=s.at) for s in case.signs],
        brief=wording.list_brief(session, language) if session else [],
        notes=list(case.notes),
        consents=_consents(db, parts, case.contact_id),
        services=wording.list_services(case, session, language),
        thread=[message_of(entry, case.level) for entry in thread],
    )


def message_of(entry: Entry, level: Level) -> schemas.Message:
    """One thing of a thread, in a case of this level."""
    return schemas.Message(
        id=str(entry.id),
        seq=entry.seq,
        by=entry.by.value,
        kind=entry.kind,
        text=_words_of(entry, level),
        at=entry.at,
        author=entry.author,
        buttons=[button.label for button in entry.buttons],
        delivery=entry.delivery,
        failure=failure_of(entry),
    )


def _words_of(entry: Entry, level: Level) -> str:
    """The words; a place as exactly as the level needs it: to find somebody in danger, else which part of town.

    A code to go on elsewhere is for who got it, not for who answers them.
    """
    if entry.kind == Kind.LOCATION:
        return show_place(entry.text, is_exact=level in _IN_DANGER)
    return hide_codes(entry.text) if entry.by is By.PROGRAM else entry.text


def _lock(case: Case, known: Known, thread: Sequence[Entry], *, is_mine: bool, now: datetime) -> schemas.Lock:
    """The one reason why nothing can be written; empty when it can."""
    talk = known.conversation
    if case.status is CaseStatus.CLOSED:
        return "closed"
    if not is_mine:
        return "not_holder"
    if not talk.contact.is_reachable:
        return "contact_blocked"
    if talk.control is Control.PAUSED:
        return "contact_stopped"
    if must_wait(case, known, thread):
        return "unsafe"
    if not is_open(talk.contact.channel, talk.wrote_at, now=now):
        return "window_closed"
    return ""


def _holder(db: sa.Connection, parts: ConsoleParts, case: Case) -> str | None:
    if case.holder is None:
        return None
    return people.list_names(db, parts.door.vault, [case.holder]).get(case.holder)


def _consents(db: sa.Connection, parts: ConsoleParts, contact_id: ContactId) -> list[schemas.Consent]:
    return [
        schemas.Consent(
            scope=each.scope,
            is_given=each.is_given,
            words=parts.wording.consent_words(each.text_id, each.text_version, each.language),
            at=each.at,
        )
        for each in consents.list_latest(db, contact_id)
    ]


def _name(parts: ConsoleParts, known: Known) -> str:
    """The name the person gave, else a short code: people, not numbers."""
    session = known.memory.session
    return (parts.wording.find_name(session) if session else "") or code_of(known.contact.id)


def _languages(known: Known) -> list[str]:
    return [known.memory.session.language] if known.memory.session else []


def _speaker(entry: Entry, me: Responder) -> schemas.Speaker:
    match entry.by:
        case By.CONTACT:
            return "contact"
        case By.RESPONDER:
            return "me" if entry.responder_id == me.id else "responder"
        case By.PROGRAM | By.SYSTEM:
            return "program"


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _PREVIEW_LENGTH else line[: _PREVIEW_LENGTH - 1] + "…"
