"""Routes of the queue and of cases. Only those who answer people get in; whose case it is, the actions and `may_read` decide."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from litestar import Controller, Request, get, post, put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT

from bot.actions import handoff
from bot.actions.knock import knock
from bot.actions.people import OffDuty
from bot.actions.speaking import Desk
from bot.domain.cases import CaseAlreadyClaimed, CaseId
from bot.domain.messages import MessageId
from bot.domain.responders import NotAllowed, Responder, may_read, may_take_people
from bot.domain.staffing import Staffing
from bot.storage import audit, cases, contacts, people, signins, waits
from bot.storage.cases import CaseNotFound, StaleCase
from bot.web import schemas
from bot.web.errors import MessageNotFound, language_of
from bot.web.parts import CONSOLE_TOPIC
from bot.web.schemas import CaseDetail, Close, Note, Presence, Queue, RaiseLevel, Reply
from bot.web.signin import parts_of, signed_in_as
from bot.web.views import detail_of, message_of, queue_of
from nlu.understanding import Level

T = TypeVar("T")
AnyRequest = Request[Any, Any, Any]
_LARGEST_ID = 2**63 - 1


class Waiting(Controller):
    """The queue, and the sign of life that keeps one's people."""

    path = "/api"
    tags = ("queue",)
    guards = (signed_in_as(may_take_people),)
    security = ({"signedIn": []},)

    @get("/queue")
    async def queue(self, request: AnyRequest) -> Queue:
        """How many wait at each level, and one's own people."""
        parts, now = parts_of(request), parts_of(request).now()
        return await parts.database.read(lambda db: queue_of(db, parts, _me(request), now=now))

    @post("/queue/next", status_code=HTTP_200_OK)
    async def take_next(self, request: AnyRequest) -> CaseDetail:
        """Take the next person."""
        desk, me = parts_of(request).desk, _me(request)
        _require_duty(me)
        case = await _act(request, lambda db, now: handoff.claim_next(db, desk, by=me, now=now))
        return await _changed(request, case.id)

    @post("/presence", status_code=HTTP_200_OK)
    async def presence(self, request: AnyRequest) -> Presence:
        """Renew all one's leases. The console calls this every 20 s; it counts as doing something only while on duty."""
        parts, me = parts_of(request), _me(request)
        now = parts.now()

        def work(db: sa.Connection) -> Presence:
            people.note_present(db, me.id, now=now)
            if me.is_on_duty:
                signins.note_active(db, request.state.signed_in.id, now=now)
            held = handoff.renew(db, parts.desk, by=me, now=now)
            return Presence(held=[str(case.id) for case in held], lease_until=held[0].lease_until if held else None)

        try:
            return await parts.database.write(work)
        except StaleCase:
            # A colleague or the clock changed one of them at this moment; what is left is renewed now.
            return await parts.database.write(work)


class Cases(Controller):
    """One case."""

    path = "/api/cases/{case_id:str}"
    tags = ("cases",)
    guards = (signed_in_as(may_take_people),)
    security = ({"signedIn": []},)

    @get()
    async def read(self, request: AnyRequest, case_id: FromPath[str]) -> CaseDetail:
        """All of it, for its holder and for supervisors. Each reading is on the audit log, and each refused one."""
        which, me = _case_id(case_id), _me(request)
        parts, now = parts_of(request), parts_of(request).now()
        if not await parts.database.write(lambda db: _note_reading(db, parts.desk, which, me, now=now)):
            raise NotAllowed
        return await _detail(request, which)

    @post("/claim", status_code=HTTP_200_OK)
    async def claim(self, request: AnyRequest, case_id: FromPath[str]) -> CaseDetail:
        """Take this person. One of two who try at once gets 409."""
        which, me, desk = _case_id(case_id), _me(request), parts_of(request).desk
        _require_duty(me)
        try:
            await _act(request, lambda db, now: handoff.claim(db, desk, which, by=me, now=now))
        except StaleCase as exc:
            raise CaseAlreadyClaimed from exc
        return await _changed(request, which)

    @post("/replies")
    async def reply(self, request: AnyRequest, case_id: FromPath[str], data: JSONBody[Reply]) -> schemas.Message:
        """Say something to the person. The same key again gives the same message and sends nothing."""
        which, me, desk = _case_id(case_id), _me(request), parts_of(request).desk
        entry = await _act(
            request,
            lambda db, now: handoff.reply(
                db,
                desk,
                which,
                by=me,
                key=_own_key(me, data.key),
                text=data.text,
                control_epoch=data.control_epoch,
                seen_seq=data.seen_seq,
                asks_place=data.asks_place,
                now=now,
            ),
        )
        _tell(request, which, entry.seq)
        return message_of(entry, Level.P4)

    @post("/knock", status_code=HTTP_200_OK)
    async def knock(self, request: AnyRequest, case_id: FromPath[str]) -> CaseDetail:
        """Ask the person to write when it is safe, where the platform lets nobody else begin."""
        which, me, desk = _case_id(case_id), _me(request), parts_of(request).desk
        await _act(request, lambda db, now: knock(db, desk, which, by=me, now=now))
        return await _changed(request, which)

    @post("/messages/{message_id:str}/again", status_code=HTTP_202_ACCEPTED)
    async def send_again(self, request: AnyRequest, case_id: FromPath[str], message_id: FromPath[str]) -> None:
        """Send one's own message of unknown fate once more, because one is sure."""
        which, me, desk = _case_id(case_id), _me(request), parts_of(request).desk
        number = MessageId(_number(message_id, MessageNotFound))
        if not await _act(request, lambda db, now: handoff.send_again(db, desk, which, number, by=me, now=now)):
            raise MessageNotFound
        await _left(request, which)

    @post("/notes")
    async def note(self, request: AnyRequest, case_id: FromPath[str], data: JSONBody[Note]) -> schemas.Message:
        """A note for the team."""
        which, me, desk = _case_id(case_id), _me(request), parts_of(request).desk
        entry = await _act(
            request, lambda db, now: handoff.note(db, desk, which, by=me, key=_own_key(me, data.key), text=data.text, now=now)
        )
        _tell(request, which, entry.seq)
        return message_of(entry, Level.P4)

    @post("/release", status_code=HTTP_204_NO_CONTENT)
    async def release(self, request: AnyRequest, case_id: FromPath[str]) -> None:
        """Give the person back to the queue, as long waiting as they were."""
        which, me, desk = _case_id(case_id), _me(request), parts_of(request).desk
        await _act(request, lambda db, now: handoff.release(db, desk, which, by=me, now=now))
        await _left(request, which)

    @post("/close", status_code=HTTP_204_NO_CONTENT)
    async def close(self, request: AnyRequest, case_id: FromPath[str], data: JSONBody[Close]) -> None:
        """End it with an outcome; the program takes the talk over again."""
        which, me, desk = _case_id(case_id), _me(request), parts_of(request).desk
        await _act(
            request,
            lambda db, now: handoff.close(
                db,
                desk,
                which,
                by=me,
                outcome=data.outcome,
                note_text=data.note,
                farewell=data.farewell,
                staffing=Staffing(on_duty=people.count_on_duty(db, now), waits=waits.typical_waits(db, now=now)),
                now=now,
            ),
        )
        await _left(request, which)

    @put("/level")
    async def set_level(self, request: AnyRequest, case_id: FromPath[str], data: JSONBody[RaiseLevel]) -> CaseDetail:
        """Choose the level. Responders raise it; only supervisors lower it."""
        which, me, desk = _case_id(case_id), _me(request), parts_of(request).desk
        await _act(request, lambda db, now: handoff.set_level(db, desk, which, data.level, by=me, now=now))
        return await _changed(request, which)


async def _act(request: AnyRequest, work: Callable[[sa.Connection, datetime], T]) -> T:
    """Do this in one transaction, as something the person did."""
    parts, sign_in_id = parts_of(request), request.state.signed_in.id
    now = parts.now()

    def whole(db: sa.Connection) -> T:
        signins.note_active(db, sign_in_id, now=now)
        return work(db, now)

    return await parts.database.write(whole)


async def _changed(request: AnyRequest, which: CaseId) -> CaseDetail:
    """Tell the consoles and the sender that a case changed, and give it as it is now."""
    detail = await _detail(request, which)
    _tell(request, which, detail.last_seq, is_queue_changed=True)
    return detail


async def _left(request: AnyRequest, which: CaseId) -> None:
    """Tell the consoles and the sender that a case changed, when nothing of it is to be shown."""
    parts = parts_of(request)
    vault = parts.desk.vault
    known = await parts.database.read(lambda db: contacts.get(db, vault, cases.get(db, vault, which).contact_id))
    _tell(request, which, known.conversation.seq, is_queue_changed=True)


def _tell(request: AnyRequest, which: CaseId, seq: int, *, is_queue_changed: bool = False) -> None:
    parts = parts_of(request)
    parts.wake_outbox()
    parts.live.publish(CONSOLE_TOPIC, {"kind": "case", "case": str(which), "seq": seq})
    if is_queue_changed:
        parts.live.publish(CONSOLE_TOPIC, {"kind": "queue"})


async def _detail(request: AnyRequest, which: CaseId) -> CaseDetail:
    parts, me, now = parts_of(request), _me(request), parts_of(request).now()
    language = language_of(request.headers.get("accept-language"))
    return await parts.database.read(lambda db: detail_of(db, parts, which, me, language=language, now=now))


def _note_reading(db: sa.Connection, desk: Desk, which: CaseId, me: Responder, *, now: datetime) -> bool:
    """Whether this person may read the case; noted either way. Its holder has then read what there is."""
    case = cases.get(db, desk.vault, which)
    is_allowed = may_read(me, holder=case.holder)
    audit.add(db, actor=me.id, action="case_read" if is_allowed else "case_refused", case_id=which, at=now)
    if is_allowed and case.holder == me.id:
        cases.mark_read(db, which, contacts.get(db, desk.vault, case.contact_id).conversation.seq)
    return is_allowed


def _me(request: AnyRequest) -> Responder:
    responder = request.state.signed_in.responder
    assert isinstance(responder, Responder)  # noqa: S101 - the guard put it there
    return responder


def _own_key(me: Responder, key: str) -> str:
    """A console's key as this person's: under the same key of somebody else's nobody finds what that one wrote."""
    return f"{me.id}:{key}"


def _require_duty(me: Responder) -> None:
    if not me.is_on_duty:
        raise OffDuty


def _case_id(text: str) -> CaseId:
    return CaseId(_number(text, CaseNotFound))


def _number(text: str, missing: type[Exception]) -> int:
    """The number of an id as we write it; anything else names nothing that exists."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= _LARGEST_ID):
        raise missing
    return int(text)
