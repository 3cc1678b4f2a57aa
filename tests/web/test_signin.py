"""The way in: one-time links, passwords, guesses, and how long a sign-in holds."""

import asyncio

import httpx
import pytest

from bot.actions import people as actions
from bot.domain.responders import Role
from bot.storage import people
from tests.web.conftest import PASSWORD, Rig


async def first_link(rig: Rig) -> str:
    token = await rig.database.write(lambda db: people.first_invitation(db, rig.vault, now=rig.now))
    assert token is not None
    return token


def accepting(token: str, **changes: object) -> dict[str, object]:
    return {"token": token, "name": "Sari", "login": "sari", "password": PASSWORD, **changes}


def entering(password: str = PASSWORD, login: str = "sari") -> dict[str, str]:
    return {"login": login, "password": password}


async def join(rig: Rig, **changes: object) -> httpx.AsyncClient:
    """The browser on which the first administrator joined."""
    browser = await rig.browser()
    answer = await browser.post("/api/invitations/accept", json=accepting(await first_link(rig), **changes))
    assert answer.status_code == 200, answer.text
    return browser


async def guess(browser: httpx.AsyncClient, times: int, *, login: str = "sari") -> httpx.Response:
    for _ in range(times):
        answer = await browser.post("/api/signin", json=entering("not the password", login))
    return answer


async def test_the_first_link_makes_an_administrator_who_is_signed_in_at_once(rig: Rig):
    browser = await join(rig)

    me = (await browser.get("/api/me")).json()

    assert (me["person"]["name"], me["person"]["roles"], me["is_on_duty"]) == ("Sari", ["administrator"], False)
    assert await rig.database.write(lambda db: people.first_invitation(db, rig.vault, now=rig.now)) is None


async def test_a_link_says_whether_it_can_be_used_before_anything_is_filled_in(rig: Rig):
    token, browser = await first_link(rig), await rig.browser()

    before = await browser.post("/api/invitations/look", json={"token": token})
    await browser.post("/api/invitations/accept", json=accepting(token))
    after = await browser.post("/api/invitations/look", json={"token": token})

    assert (before.status_code, before.json()) == (200, {"is_first": True})
    assert (after.status_code, after.json()["code"]) == (401, "link_used")


async def test_in_a_small_team_the_first_administrator_answers_people_too(rig: Rig):
    browser = await join(rig, also_responder=True)

    assert (await browser.get("/api/queue")).status_code == 200


async def test_of_many_who_use_a_link_at_once_one_gets_in(rig: Rig):
    token, browsers = await first_link(rig), [await rig.browser() for _ in range(4)]

    answers = await asyncio.gather(
        *(
            browser.post("/api/invitations/accept", json=accepting(token, login=f"sari{number}"))
            for number, browser in enumerate(browsers)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    assert len(await rig.database.read(lambda db: people.list_all(db, rig.vault))) == 1


async def test_a_link_runs_out_and_a_newer_first_link_replaces_it(rig: Rig):
    old, browser = await first_link(rig), await rig.browser()
    new = await first_link(rig)
    rig.pass_time(hours=23)
    replaced = await browser.post("/api/invitations/accept", json=accepting(old))
    rig.pass_time(hours=2)
    late = await browser.post("/api/invitations/accept", json=accepting(new))

    assert [answer.json()["code"] for answer in (replaced, late)] == ["link_used", "link_used"]


async def test_an_invitation_gives_the_roles_it_names_and_no_others(rig: Rig):
    administrator, browser = await join(rig), await rig.browser()
    invitation = (await administrator.post("/api/invitations", json={"roles": ["supervisor"]})).json()
    token = invitation["path"].removeprefix("/console#/undangan/")

    answer = await browser.post("/api/invitations/accept", json=accepting(token, login="budi", also_responder=True))

    assert answer.json()["person"]["roles"] == ["supervisor"]
    listed = (await administrator.get("/api/people")).json()
    assert [(each["login"], each["roles"]) for each in listed] == [("sari", ["administrator"]), ("budi", ["supervisor"])]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"password": "elevenchars"}, "password_too_short", "password"),
        ({"password": "x1" * 65}, "password_too_long", "password"),
        ({"password": "Rahasia12345"}, "password_too_common", "password"),
        ({"password": "sari-sari-sari"}, "password_holds_login", "password"),
        ({"login": "sa ri"}, "login_unusable", "login"),
        ({"name": "\u202e"}, "name_unusable", "name"),
        ({"name": " "}, "name_unusable", "name"),
    ],
)
async def test_what_would_not_do_is_named_and_the_link_stays_usable(rig: Rig, changes: dict, code: str, field: str):
    token, browser = await first_link(rig), await rig.browser()

    refused = await browser.post("/api/invitations/accept", json=accepting(token, **changes))
    accepted = await browser.post("/api/invitations/accept", json=accepting(token))

    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (400, code, field)
    assert accepted.status_code == 200


async def test_a_login_belongs_to_one(rig: Rig):
    administrator, browser = await join(rig), await rig.browser()
    invitation = (await administrator.post("/api/invitations", json={"roles": ["responder"]})).json()
    token = invitation["path"].rpartition("/")[2]

    answer = await browser.post("/api/invitations/accept", json=accepting(token, login=" SARI "))

    assert (answer.status_code, answer.json()["code"]) == (409, "login_taken")


async def test_a_sign_in_works_however_login_and_password_were_typed(rig: Rig):
    await join(rig, password="kopi susu é manis")
    browser = await rig.browser()

    answer = await browser.post("/api/signin", json=entering("kopi susu e\u0301 manis", " Sari"))

    assert answer.status_code == 200
    assert (await browser.get("/api/me")).json()["person"]["login"] == "sari"


async def test_an_unknown_login_and_a_wrong_password_can_not_be_told_apart(rig: Rig):
    await join(rig)
    browser = await rig.browser()

    wrong, unknown = await guess(browser, 1), await guess(browser, 1, login="nobody")

    assert (wrong.status_code, wrong.content, dict(wrong.headers)) == (401, unknown.content, dict(unknown.headers))


@pytest.mark.parametrize("login", ["sari", "nobody"])
async def test_guesses_are_slowed_whether_or_not_the_login_exists(rig: Rig, login: str):
    await join(rig)
    browser = await rig.browser()

    answers = [(await guess(browser, 1, login=login)).json() for _ in range(6)]
    rig.pass_time(seconds=31)
    later_on = [(await guess(browser, 1, login=login)).json() for _ in range(2)]

    assert [answer["code"] for answer in answers] == ["wrong_password"] * 5 + ["too_many_tries"]
    assert answers[-1]["wait_seconds"] == 30
    assert [answer["code"] for answer in later_on] == ["wrong_password", "too_many_tries"]
    assert later_on[-1]["wait_seconds"] == 60


async def test_a_hundred_guesses_at_once_are_a_hundred_guesses(rig: Rig):
    await join(rig)
    browser = await rig.browser()

    answers = await asyncio.gather(*(guess(browser, 1) for _ in range(20)))

    assert sum(answer.status_code == 401 for answer in answers) == 5


async def test_who_guesses_elsewhere_does_not_keep_the_owner_out(rig: Rig):
    owners, stranger, new_phone = await join(rig), await rig.browser(), await rig.browser()
    await owners.post("/api/signout")
    await guess(stranger, 9)

    known = await owners.post("/api/signin", json=entering())
    unknown = await new_phone.post("/api/signin", json=entering())

    assert known.status_code == 200
    assert (unknown.status_code, unknown.json()["code"]) == (429, "too_many_tries")
    assert int(unknown.headers["retry-after"]) == unknown.json()["wait_seconds"]


async def test_the_owners_device_is_no_way_around_the_slowing(rig: Rig):
    owners = await join(rig)

    answer = await guess(owners, 6)

    assert answer.json()["code"] == "too_many_tries"


async def test_many_logins_from_one_address_are_slowed_too(rig: Rig):
    browser = await rig.browser()

    answers = [await guess(browser, 1, login=f"somebody{number}") for number in range(32)]

    assert [answer.status_code for answer in answers].count(401) == 30
    assert answers[-1].status_code == 429


async def test_the_right_password_ends_the_slowing(rig: Rig):
    await join(rig)
    browser = await rig.browser()
    await guess(browser, 4)

    assert (await browser.post("/api/signin", json=entering())).status_code == 200
    assert (await guess(browser, 5)).json()["code"] == "wrong_password"


async def test_cookies_can_not_be_read_by_scripts_nor_sent_by_other_sites(rig: Rig):
    browser = await rig.browser()
    answer = await browser.post("/api/invitations/accept", json=accepting(await first_link(rig)))

    cookies = answer.headers.get_list("set-cookie")
    assert [cookie.partition("=")[0] for cookie in cookies] == ["teduh", "teduh_device"]
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie


async def test_over_https_cookies_belong_to_this_host_alone(https_rig: Rig):
    browser = await https_rig.browser()
    answer = await browser.post("/api/invitations/accept", json=accepting(await first_link(https_rig)))

    cookies = answer.headers.get_list("set-cookie")
    assert all(cookie.startswith("__Host-teduh") and "Secure" in cookie for cookie in cookies)
    assert (await browser.get("/api/me")).status_code == 200


async def test_signing_out_ends_it_for_whoever_holds_the_cookie(rig: Rig):
    browser = await join(rig, also_responder=True)
    await browser.put("/api/duty", json={"is_on_duty": True})
    copied = dict(browser.cookies)

    answer = await browser.post("/api/signout")

    assert answer.status_code == 204
    thief = await rig.browser()
    thief.cookies.update(copied)
    assert (await thief.get("/api/me")).status_code == 401
    assert await rig.database.read(lambda db: people.count_on_duty(db, rig.now)) == 0


async def test_signing_in_again_ends_what_was_before_on_this_browser(rig: Rig):
    browser = await join(rig)
    copied = dict(browser.cookies)

    await browser.post("/api/signin", json=entering())

    thief = await rig.browser()
    thief.cookies.update(copied)
    assert (await thief.get("/api/me")).status_code == 401
    assert (await browser.get("/api/me")).status_code == 200


async def test_nobody_is_on_duty_again_by_looking_in_after_a_shift_ran_out(rig: Rig):
    browser = await join(rig, also_responder=True)
    await browser.put("/api/duty", json={"is_on_duty": True})
    second = await rig.browser()
    same_shift = (await second.post("/api/signin", json=entering())).json()
    rig.pass_time(hours=13)

    next_day = (await browser.post("/api/signin", json=entering())).json()

    assert (same_shift["is_on_duty"], next_day["is_on_duty"]) == (True, False)
    assert (await browser.get("/api/me")).json()["is_on_duty"] is False


async def test_a_sign_in_ends_after_twelve_hours_however_busy(rig: Rig):
    console = await rig.console()
    for _ in range(24):
        rig.pass_time(minutes=30)
        answer = await console.post("/api/presence")

    assert answer.status_code == 401


async def test_a_sign_in_ends_after_an_hour_of_nothing_but_a_shift_goes_on(rig: Rig):
    resting, on_duty = await rig.console(is_on_duty=False), await rig.console(is_on_duty=True)
    for _ in range(7):
        rig.pass_time(minutes=10)
        answers = [await console.post("/api/presence") for console in (resting, on_duty)]

    assert [answer.status_code for answer in answers] == [401, 200]


async def test_what_is_done_keeps_a_sign_in_alive(rig: Rig):
    await rig.open_case(1)
    console = await rig.console(is_on_duty=True)
    await console.post("/api/cases/1/claim")
    rig.pass_time(minutes=59)
    await console.put("/api/duty", json={"is_on_duty": False})
    rig.pass_time(minutes=59)

    assert (await console.get("/api/me")).status_code == 200


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "é", "a; teduh=b"])
async def test_a_cookie_that_is_none_of_ours_is_nobody(rig: Rig, token: str):
    browser = await rig.browser()

    answer = await browser.get("/api/me", headers={"Cookie": f"teduh={token}".encode()})  # type: ignore[dict-item]

    assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")


async def test_each_coming_and_going_is_on_the_audit_log(rig: Rig):
    browser = await join(rig, also_responder=True)
    await browser.put("/api/duty", json={"is_on_duty": True})
    await browser.post("/api/signout")
    await guess(browser, 1)
    await browser.post("/api/signin", json=entering())
    await browser.post("/api/invitations", json={"roles": ["responder"]})

    (sari,) = await rig.database.read(lambda db: people.list_all(db, rig.vault))
    done = await rig.list_audit()
    assert [action for action, _, _ in done] == [
        "joined", "signed_in", "duty_began", "signed_out", "sign_in_failed", "signed_in", "invited"
    ]  # fmt: skip
    assert {actor for _, actor, _ in done} == {sari.id}


async def test_nobody_can_invite_without_being_an_administrator(rig: Rig):
    person = await rig.person(Role.SUPERVISOR)

    with pytest.raises(actions.NotAllowed):
        await rig.database.write(
            lambda db: actions.invite(db, rig.vault, frozenset({Role.ADMINISTRATOR}), by=person, now=rig.now)
        )
