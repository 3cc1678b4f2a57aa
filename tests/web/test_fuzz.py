"""Whatever is sent to whatever route, by whomever: an answer of ours, never a fault of the program."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.responders import Role
from tests.web.conftest import Rig
from tests.web.test_access import BODIES, DOCUMENT, ROUTES

FIELDS = sorted({field for body in BODIES.values() for field in body})
STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(2**63),
    st.just(-(2**70)),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(["\ud800", "\x00", "\u202e", "P1", "helped", "responder", "x" * 5000, "' or 1=1 --", "../../etc/passwd"]),
    st.lists(st.sampled_from(["responder", "administrator", "", 5]), max_size=3),
)
PLACES = st.one_of(
    st.integers(0, 2**64).map(str), st.text(min_size=1, max_size=12), st.sampled_from(["0", "-1", "1e9", "%2e%2e"])
)


@st.composite
def bodies(draw: st.DrawFn, right: dict[str, Any]) -> bytes:
    """Mostly the right body in which a field or two are strange; sometimes any bytes."""
    if draw(st.integers(0, 7)) == 0:
        return draw(st.binary(max_size=200))
    strange = st.dictionaries(st.sampled_from(sorted(right) or FIELDS), STRANGE, max_size=2)
    return json.dumps(right | draw(strange)).encode()


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route[1] != "/api/events"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_nothing_sent_makes_the_api_fail(rig: Rig, method: str, path: str, data: st.DataObject):
    operation = DOCUMENT["paths"][path][method.lower()]["operationId"]
    role = data.draw(st.sampled_from([Role.RESPONDER, Role.SUPERVISOR, Role.ADMINISTRATOR, None]))
    body = data.draw(bodies(BODIES.get(operation, {})))
    browser, mine = await rig.console(role) if role else await rig.browser(), str(rig.new_id())
    await rig.open_case(int(mine))
    await browser.post(f"/api/cases/{mine}/claim")
    name = mine if data.draw(st.booleans()) else quote(data.draw(PLACES), safe="%")

    answer = await browser.request(
        method,
        path.format(case_id=name, message_id=name, person_id=name),
        content=body,
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert set(answer.json()) == set(DOCUMENT["components"]["schemas"]["Fault"]["properties"])
