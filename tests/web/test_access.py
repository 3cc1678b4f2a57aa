"""Who gets through which door: each route of the description × each role, and requests from elsewhere."""

import json
from pathlib import Path

import pytest

from bot.domain.responders import Role
from bot.web.console import describe_api
from tests.web.conftest import Rig

DOCUMENT = json.loads(describe_api())
ROUTES = [(method.upper(), path) for path, operations in DOCUMENT["paths"].items() for method in operations]

NOBODY, ADMINISTRATOR, RESPONDER, HOLDER, SUPERVISOR = "nobody", "administrator", "responder", "holder", "supervisor"
EVERYBODY = {NOBODY, ADMINISTRATOR, RESPONDER, HOLDER, SUPERVISOR}
SIGNED_IN = EVERYBODY - {NOBODY}
ANSWERS = {RESPONDER, HOLDER, SUPERVISOR}

MAY = {
    "sign_in": EVERYBODY,
    "look": EVERYBODY,
    "accept": EVERYBODY,
    "look_at_reset": EVERYBODY,
    "reset": EVERYBODY,
    "me": SIGNED_IN,
    "sign_out": SIGNED_IN,
    "events": SIGNED_IN,
    "set_duty": ANSWERS,
    "list_people": {ADMINISTRATOR},
    "invite": {ADMINISTRATOR},
    "set_active": {ADMINISTRATOR},
    "set_roles": {ADMINISTRATOR},
    "make_reset_link": {ADMINISTRATOR},
    "queue": ANSWERS,
    "take_next": ANSWERS,
    "presence": ANSWERS,
    "claim": ANSWERS,
    "read": {HOLDER, SUPERVISOR},
    "note": {HOLDER, SUPERVISOR},
    "set_level": {HOLDER, SUPERVISOR},
    "reply": {HOLDER},
    "send_again": {HOLDER},
    "knock": {HOLDER},
    "release": {HOLDER},
    "close": {HOLDER},
}
BODIES = {
    "sign_in": {"login": "nobody", "password": "nothing at all"},
    "look": {"token": "none"},
    "look_at_reset": {"token": "none"},
    "reset": {"token": "none", "password": "b"},
    "set_active": {"is_active": True},
    "set_roles": {"roles": ["responder"]},
    "accept": {"token": "none", "name": "A", "login": "aaa", "password": "b"},
    "set_duty": {"is_on_duty": True},
    "invite": {"roles": ["responder"]},
    "reply": {"key": "k", "text": "halo", "control_epoch": 2, "seen_seq": 9},
    "note": {"key": "n", "text": "catatan"},
    "close": {"outcome": "helped"},
    "set_level": {"level": "P1"},
}
REFUSED = {"signed_out", "not_allowed", "not_holder"}


async def open_doors(rig: Rig) -> dict[str, object]:
    """A case with its holder, and a browser for each kind of person."""
    await rig.open_case(1)
    doors = {
        NOBODY: await rig.browser(),
        ADMINISTRATOR: await rig.console(Role.ADMINISTRATOR),
        RESPONDER: await rig.console(Role.RESPONDER),
        SUPERVISOR: await rig.console(Role.SUPERVISOR),
        HOLDER: await rig.console(Role.RESPONDER),
    }
    await doors[HOLDER].post("/api/cases/1/claim")
    return doors


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=[f"{method} {path}" for method, path in ROUTES])
async def test_each_route_lets_in_whom_it_must_and_nobody_else(rig: Rig, method: str, path: str):
    operation = DOCUMENT["paths"][path][method.lower()]["operationId"]
    doors = await open_doors(rig)
    place = path.format(case_id=1, message_id=1, person_id=1)

    for who, browser in doors.items():
        if operation == "events" and who in MAY[operation]:
            continue  # it lasts as long as one listens: see test_events.py
        answer = await browser.request(method, place, json=BODIES.get(operation))
        is_refused = answer.status_code in (401, 403) and answer.json()["code"] in REFUSED
        assert is_refused is (who not in MAY[operation]), (who, answer.status_code)
        assert answer.status_code < 500


async def test_an_administrator_reads_no_case_even_by_guessing(rig: Rig):
    await rig.open_case(1)
    console = await rig.console(Role.ADMINISTRATOR)

    answers = [await console.get("/api/cases/1"), await console.get("/api/queue"), await console.post("/api/cases/1/claim")]

    assert [answer.status_code for answer in answers] == [403, 403, 403]


def test_the_table_above_names_every_route():
    named = {operation["operationId"] for operations in DOCUMENT["paths"].values() for operation in operations.values()}

    assert named == set(MAY)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"X-Teduh": ""}, id="without our header"),
        pytest.param({"Origin": "https://evil.example"}, id="from another origin"),
        pytest.param({"Origin": "null"}, id="from a sandboxed page"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="said to be cross-site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="from a neighbouring site"),
    ],
)
async def test_a_request_that_another_site_can_send_changes_nothing(rig: Rig, headers: dict[str, str]):
    await rig.open_case(1)
    console = await rig.console()

    answer = await console.post("/api/cases/1/claim", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
    assert (await rig.case(1)).holder is None


async def test_our_own_page_gets_through_also_behind_a_proxy(https_rig: Rig):
    browser = await https_rig.browser()
    sent = {"Origin": "https://teduh.test", "Host": "10.0.0.7:8000", "Sec-Fetch-Site": "same-origin"}

    answer = await browser.post("/api/signin", json=BODIES["sign_in"], headers=sent)

    assert answer.json()["code"] == "wrong_password"


def test_the_description_that_the_console_is_made_from_is_current():
    written = Path(__file__).parents[2] / "console" / "openapi.json"

    assert written.read_bytes() == describe_api(), "run: python -m bot.web.openapi > console/openapi.json"
