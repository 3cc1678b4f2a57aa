"""Looking after those who answer: shut out and let in again, other roles, a new password."""

import httpx
import pytest
import sqlalchemy as sa

from bot.domain.cases import CaseStatus
from bot.domain.responders import Responder, Role
from bot.storage.tables import audit
from tests.web.conftest import Rig

ADMIN, RESPONDER = Role.ADMINISTRATOR, Role.RESPONDER
NEW = "payung hijau di atas bukit"


async def code_of(answer: httpx.Response) -> str:
    return str(answer.json()["code"])


async def put_roles(console: httpx.AsyncClient, who: Responder, *roles: Role) -> httpx.Response:
    return await console.put(f"/api/people/{who.id}/roles", json={"roles": list(roles)})


async def put_active(console: httpx.AsyncClient, who: Responder, *, is_active: bool) -> httpx.Response:
    return await console.put(f"/api/people/{who.id}/active", json={"is_active": is_active})


async def reset_token(console: httpx.AsyncClient, who: Responder) -> str:
    answer = await console.post(f"/api/people/{who.id}/reset-link")
    assert answer.status_code == 201
    return str(answer.json()["path"].rpartition("/")[2])


async def reset(rig: Rig, token: str) -> httpx.Response:
    return await (await rig.browser()).post("/api/passwords/reset", json={"token": token, "password": NEW})


async def test_who_is_shut_out_is_signed_out_everywhere_and_their_people_wait_again(rig: Rig):
    admin, budi = await rig.console(ADMIN), await rig.person(RESPONDER)
    phone, desk = await rig.console_of(budi), await rig.console_of(budi)
    case = await rig.open_case()
    await phone.post(f"/api/cases/{case}/claim")

    answer = await put_active(admin, budi, is_active=False)

    assert answer.status_code == 204
    assert [(await each.get("/api/me")).status_code for each in (phone, desk)] == [401, 401]
    assert (await rig.case(1)).status is CaseStatus.QUEUED
    listed = {each["id"]: each["is_active"] for each in (await admin.get("/api/people")).json()}
    assert listed[str(budi.id)] is False


async def test_who_is_let_in_again_signs_in_with_their_password_and_is_not_on_duty(rig: Rig):
    admin, budi = await rig.console(ADMIN), await rig.person(RESPONDER)
    await reset(rig, await reset_token(admin, budi))
    entering = {"login": budi.login, "password": NEW}
    await put_active(admin, budi, is_active=False)
    shut = await (await rig.browser()).post("/api/signin", json=entering)
    rig.pass_time(minutes=1)

    await put_active(admin, budi, is_active=True)
    entered = await (await rig.browser()).post("/api/signin", json=entering)

    assert (shut.status_code, await code_of(shut)) == (401, "wrong_password")
    assert (entered.status_code, entered.json()["is_on_duty"]) == (200, False)


async def test_the_last_administrator_stays(rig: Rig):
    sari = await rig.person(ADMIN, RESPONDER)
    admin = await rig.console_of(sari)

    refused = [await put_active(admin, sari, is_active=False), await put_roles(admin, sari, RESPONDER)]
    other = await rig.person(ADMIN)
    allowed = await put_roles(admin, sari, RESPONDER)
    after = await put_active(admin, other, is_active=False)

    assert [(each.status_code, await code_of(each)) for each in refused] == [(409, "last_administrator")] * 2
    assert allowed.status_code == 204
    assert (after.status_code, await code_of(after)) == (403, "not_allowed")


async def test_an_administrator_who_was_shut_out_is_none_to_fall_back_on(rig: Rig):
    sari, other = await rig.person(ADMIN), await rig.person(ADMIN)
    admin = await rig.console_of(sari)
    await put_active(admin, other, is_active=False)

    assert await code_of(await put_active(admin, sari, is_active=False)) == "last_administrator"


async def test_who_answers_nobody_any_more_has_nobody_in_hand(rig: Rig):
    admin, budi = await rig.console(ADMIN), await rig.person(RESPONDER)
    console, case = await rig.console_of(budi), await rig.open_case()
    await console.post(f"/api/cases/{case}/claim")

    await put_roles(admin, budi, ADMIN)

    assert (await rig.case(1)).status is CaseStatus.QUEUED
    assert (await console.get("/api/queue")).status_code == 403
    assert (await console.get("/api/people")).status_code == 200


async def test_a_reset_link_works_once_and_ends_what_was_signed_in_before(rig: Rig):
    admin, budi = await rig.console(ADMIN), await rig.person(RESPONDER)
    old = await rig.console_of(budi)
    token = await reset_token(admin, budi)

    looked = await (await rig.browser()).post("/api/passwords/look", json={"token": token})
    first, again = await reset(rig, token), await reset(rig, token)

    assert looked.json() == {"name": "Ratna", "login": budi.login}
    assert (first.status_code, first.json()["person"]["id"]) == (200, str(budi.id))
    assert (again.status_code, await code_of(again)) == (401, "link_used")
    assert (await old.get("/api/me")).status_code == 401


@pytest.mark.parametrize("how", ["late", "changed", "shut out", "of another"])
async def test_a_reset_link_that_is_not_good_any_more_is_refused(rig: Rig, how: str):
    admin, budi, other = await rig.console(ADMIN), await rig.person(RESPONDER), await rig.person(RESPONDER)
    token = await reset_token(admin, budi)
    match how:
        case "late":
            rig.pass_time(hours=24)
        case "changed":
            token = token[:-1] + ("0" if token[-1] != "0" else "1")
        case "shut out":
            await put_active(admin, budi, is_active=False)
        case _:
            token = ".".join((str(other.id), *token.split(".")[1:]))

    answer = await reset(rig, token)

    assert (answer.status_code, await code_of(answer)) == (401, "link_used")


async def test_each_of_it_is_audited_with_who_did_it_and_to_whom(rig: Rig):
    sari, budi = await rig.person(ADMIN), await rig.person(RESPONDER)
    admin = await rig.console_of(sari)

    await put_roles(admin, budi, RESPONDER, Role.SUPERVISOR)
    await reset(rig, await reset_token(admin, budi))
    await put_active(admin, budi, is_active=False)
    await put_active(admin, budi, is_active=True)

    query = sa.select(audit.c.actor, audit.c.action, audit.c.detail).order_by(audit.c.id)
    rows = [tuple(row) for row in await rig.database.read(lambda db: db.execute(query).all())]
    who = str(budi.id)
    assert [row for row in rows if row[1] != "signed_in"] == [
        (sari.id, "roles_set", f"{who} responder supervisor"),
        (sari.id, "reset_link_made", who),
        (budi.id, "password_reset", None),
        (sari.id, "person_shut_out", who),
        (sari.id, "person_let_in", who),
    ]


@pytest.mark.parametrize("who", ["0", "999", "-1", "x", "9" * 30, "%D9%A1"])
async def test_somebody_who_is_not_there_is_told(rig: Rig, who: str):
    admin = await rig.console(ADMIN)

    answers = [
        await admin.put(f"/api/people/{who}/active", json={"is_active": False}),
        await admin.put(f"/api/people/{who}/roles", json={"roles": ["responder"]}),
        await admin.post(f"/api/people/{who}/reset-link"),
    ]

    assert [(each.status_code, await code_of(each)) for each in answers] == [(404, "person_not_found")] * 3
