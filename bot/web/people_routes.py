"""Routes of those who answer: the way in and out, duty, and (for administrators) people."""

import contextlib
from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post, put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from bot.actions import people as actions
from bot.actions import team
from bot.actions.people import Entry
from bot.domain.responders import Responder, ResponderId, may_invite, may_take_people
from bot.storage import people, signins
from bot.storage.live import CLOSING
from bot.web.errors import SignedOut
from bot.web.events import topic_of, topic_of_id
from bot.web.parts import CONSOLE_TOPIC
from bot.web.schemas import (
    Accept,
    Active,
    Duty,
    Invitation,
    Invite,
    Link,
    Me,
    OpenLink,
    Person,
    Reset,
    ResetLink,
    Roles,
    SignIn,
)
from bot.web.signin import cookies_of, device_of, identify, no_cookies, parts_of, signed_in_as
from bot.web.throttle import Throttle

AnyRequest = Request[Any, Any, Any]


class WayIn(Controller):
    """What answers without being signed in."""

    path = "/api"
    tags = ("people",)

    @post("/signin", status_code=HTTP_200_OK)
    async def sign_in(self, request: AnyRequest, data: JSONBody[SignIn]) -> Response[Me]:
        """Sign in. An unknown login and a wrong password get the same answer."""
        parts = parts_of(request)
        throttle: Throttle = request.app.state["throttle"]
        device, now = device_of(request), parts.now()
        # A device its owner used before is not slowed for what others do from the same address.
        if not await actions.is_known_device(parts.door, device, login=data.login, now=now):
            throttle.count(_address(request), now=now)
        entry = await actions.sign_in(parts.door, login=data.login, password=data.password, device=device, now=now)
        throttle.forget(_address(request))
        return await _let_in(request, entry)

    @post("/invitations/look", status_code=HTTP_200_OK)
    async def look(self, request: AnyRequest, data: JSONBody[Link]) -> OpenLink:
        """Whether a one-time link can still be used. The token is in the body, so that no log can hold it."""
        parts = parts_of(request)
        invited = await actions.look(parts.door, token=data.token, now=parts.now())
        return OpenLink(is_first=invited.is_first)

    @post("/invitations/accept", status_code=HTTP_200_OK)
    async def accept(self, request: AnyRequest, data: JSONBody[Accept]) -> Response[Me]:
        """Use a one-time link: become somebody who may sign in, and be signed in."""
        parts = parts_of(request)
        entry = await actions.accept(
            parts.door,
            token=data.token,
            name=data.name,
            login=data.login,
            password=data.password,
            also_responder=data.also_responder,
            device=device_of(request),
            now=parts.now(),
        )
        return await _let_in(request, entry)

    @post("/passwords/look", status_code=HTTP_200_OK)
    async def look_at_reset(self, request: AnyRequest, data: JSONBody[Link]) -> ResetLink:
        """Whose password a link replaces, while it can be used."""
        parts = parts_of(request)
        person = await team.look(parts.door, token=data.token, now=parts.now())
        return ResetLink(name=person.name, login=person.login)

    @post("/passwords/reset", status_code=HTTP_200_OK)
    async def reset(self, request: AnyRequest, data: JSONBody[Reset]) -> Response[Me]:
        """Set a new password by a one-time link. Who was signed in with the old one is not any more; this browser is."""
        parts, device = parts_of(request), device_of(request)
        entry = await team.reset(parts.door, token=data.token, password=data.password, device=device, now=parts.now())
        return await _let_in(request, entry)


class SignedInPeople(Controller):
    """What everybody signed in may ask."""

    path = "/api"
    tags = ("people",)
    guards = (signed_in_as(),)
    security = ({"signedIn": []},)

    @get("/me")
    async def me(self, request: AnyRequest) -> Me:
        """Who is signed in."""
        return me_of(request.state.signed_in.responder)

    @post("/signout", status_code=HTTP_204_NO_CONTENT)
    async def sign_out(self, request: AnyRequest) -> Response[None]:
        """Sign out on this device. With the last device, duty ends too."""
        parts, signed_in = parts_of(request), request.state.signed_in
        now = parts.now()
        await parts.database.write(lambda db: actions.sign_out(db, signed_in, idle=parts.door.idle, now=now))
        parts.live.publish(topic_of(signed_in), CLOSING)
        parts.live.publish(CONSOLE_TOPIC, {"kind": "queue"})
        return Response(None, status_code=HTTP_204_NO_CONTENT, cookies=no_cookies(parts))


class OnDuty(Controller):
    """What those who answer people may ask."""

    path = "/api"
    tags = ("people",)
    guards = (signed_in_as(may_take_people),)
    security = ({"signedIn": []},)

    @put("/duty")
    async def set_duty(self, request: AnyRequest, data: JSONBody[Duty]) -> Me:
        """Begin or end taking people. Those one holds stay."""
        parts, signed_in = parts_of(request), request.state.signed_in
        now = parts.now()

        def work(db: Any) -> None:
            actions.set_duty(db, by=signed_in.responder, is_on_duty=data.is_on_duty, now=now)
            signins.note_active(db, signed_in.id, now=now)

        await parts.database.write(work)
        parts.live.publish(CONSOLE_TOPIC, {"kind": "queue"})
        return msgspec.structs.replace(me_of(signed_in.responder), is_on_duty=data.is_on_duty)


class Administration(Controller):
    """What administrators may ask."""

    path = "/api"
    tags = ("people",)
    guards = (signed_in_as(may_invite),)
    security = ({"signedIn": []},)

    @get("/people")
    async def list_people(self, request: AnyRequest) -> list[Person]:
        """Everybody who may sign in or once might."""
        parts = parts_of(request)
        found = await parts.database.read(lambda db: people.list_all(db, parts.door.vault))
        return [person_of(each) for each in found]

    @post("/invitations")
    async def invite(self, request: AnyRequest, data: JSONBody[Invite]) -> Invitation:
        """A one-time link for somebody new. It is shown once."""
        parts, signed_in = parts_of(request), request.state.signed_in
        now, roles = parts.now(), frozenset(data.roles)
        vault = parts.door.vault

        def work(db: Any) -> str:
            signins.note_active(db, signed_in.id, now=now)
            return actions.invite(db, vault, roles, by=signed_in.responder, now=now)

        token = await parts.database.write(work)
        return Invitation(path=invitation_path(token), expires_at=now + people.INVITATION_LASTS)

    @put("/people/{person_id:str}/active", status_code=HTTP_204_NO_CONTENT)
    async def set_active(self, request: AnyRequest, person_id: FromPath[str], data: JSONBody[Active]) -> None:
        """Let somebody sign in again, or shut them out: signed out everywhere, their people back in the queue."""
        parts, who, me = parts_of(request), _person(person_id), request.state.signed_in
        now = parts.now()

        def work(db: Any) -> list[int]:
            signins.note_active(db, me.id, now=now)
            return team.set_active(db, parts.desk, who, is_active=data.is_active, by=me.responder, now=now)

        for ended in await parts.database.write(work):
            parts.live.publish(topic_of_id(ended), CLOSING)
        parts.live.publish(CONSOLE_TOPIC, {"kind": "queue"})

    @put("/people/{person_id:str}/roles", status_code=HTTP_204_NO_CONTENT)
    async def set_roles(self, request: AnyRequest, person_id: FromPath[str], data: JSONBody[Roles]) -> None:
        """Give somebody these roles instead."""
        parts, who, me = parts_of(request), _person(person_id), request.state.signed_in
        now = parts.now()

        def work(db: Any) -> None:
            signins.note_active(db, me.id, now=now)
            team.set_roles(db, parts.desk, who, frozenset(data.roles), by=me.responder, now=now)

        await parts.database.write(work)
        parts.live.publish(CONSOLE_TOPIC, {"kind": "queue"})

    @post("/people/{person_id:str}/reset-link")
    async def make_reset_link(self, request: AnyRequest, person_id: FromPath[str]) -> Invitation:
        """A one-time link by which somebody sets a new password. It is shown once."""
        parts, who, me = parts_of(request), _person(person_id), request.state.signed_in
        now, vault = parts.now(), parts.door.vault

        def work(db: Any) -> str:
            signins.note_active(db, me.id, now=now)
            return team.make_reset_link(db, vault, who, by=me.responder, now=now)

        token = await parts.database.write(work)
        return Invitation(path=reset_path(token), expires_at=now + team.RESET_LASTS)


def invitation_path(token: str) -> str:
    """The link's path. The token stands in the fragment, which browsers send to nobody, so no log can hold it."""
    return f"/console#/undangan/{token}"


def reset_path(token: str) -> str:
    """The path of a link that sets a new password, its token in the fragment as well."""
    return f"/console#/sandi/{token}"


def _person(text: str) -> ResponderId:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63):
        raise team.PersonNotFound
    return ResponderId(int(text))


def person_of(responder: Responder) -> Person:
    """Somebody, as the console is told."""
    return Person(
        id=str(responder.id),
        name=responder.name,
        login=responder.login,
        roles=sorted(responder.roles),
        is_active=responder.is_active,
    )


def me_of(responder: Responder) -> Me:
    """Somebody, as their own console is told."""
    return Me(person=person_of(responder), is_on_duty=responder.is_on_duty)


async def _let_in(request: AnyRequest, entry: Entry) -> Response[Me]:
    """The answer that signs somebody in here. Whoever was signed in on this browser before is so no longer."""
    parts = parts_of(request)
    with contextlib.suppress(SignedOut):
        before = await identify(request)
        await parts.database.write(lambda db: signins.end(db, before.id))
        parts.live.publish(topic_of(before), CLOSING)
    return Response(me_of(entry.responder), cookies=cookies_of(entry, parts))


def _address(request: AnyRequest) -> str:
    return request.client.host if request.client else ""
