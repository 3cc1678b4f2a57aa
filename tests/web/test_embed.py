"""The web chat for partners' pages over real ASGI calls: who is given it, in which frame, by which cookie."""

import json
import re
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest

from bot.web.chat import Chat
from tests.web.test_chat import AFRAID, Rig, bubbles_of, count_inbox, rig, said, stream  # noqa: F401 - the fixture

US, PARTNER, OTHER, STRANGER = (
    "https://teduh.test",
    "https://www.partner.test",
    "https://other.test:8443",
    "https://stranger.test",
)
FROM_OUR_FRAME = {"origin": US, "sec-fetch-site": "same-origin"}


@pytest.fixture
def shown(rig: Rig) -> Rig:  # noqa: F811
    parts = replace(rig.parts, public_url=US, partners=(PARTNER, OTHER))
    return Rig(core=rig.core, chat=Chat(parts), parts=parts, clock=rig.clock)


def policy_of(answer: httpx.Response) -> dict[str, str]:
    return dict(rule.partition(" ")[::2] for rule in answer.headers["content-security-policy"].split("; "))


async def embed(page: httpx.AsyncClient, origin: str, destination: str = "iframe") -> httpx.Response:
    return await page.get("/embed", params={"on": origin}, headers={"sec-fetch-dest": destination} if destination else {})


async def post(page: httpx.AsyncClient, text: str = "halo", **headers: str) -> httpx.Response:
    message = {"key": str(uuid4()), "text": text}
    return await page.post("/embed/chat/messages", json=message, headers={**FROM_OUR_FRAME, **headers})


async def thread(page: httpx.AsyncClient) -> dict[str, Any]:
    answer: dict[str, Any] = (await page.get("/embed/chat/thread?after=0")).json()
    return answer


# Who may frame what


@pytest.mark.parametrize("origin", [PARTNER, OTHER])
@pytest.mark.parametrize("destination", ["iframe", ""])
async def test_a_partner_s_page_may_be_framed_by_that_partner_and_nobody_else(shown: Rig, origin: str, destination: str):
    async with shown.page() as page:
        answer = await embed(page, origin, destination)

    assert answer.status_code == 200
    assert policy_of(answer)["frame-ancestors"] == origin
    assert "x-frame-options" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert f'<body data-partner="{origin}">' in answer.text
    rest = {name: value for name, value in policy_of(answer).items() if name != "frame-ancestors"}
    async with shown.page() as page:
        assert rest == {name: value for name, value in policy_of(await page.get("/")).items() if name != "frame-ancestors"}


@pytest.mark.parametrize(
    "origin",
    [
        STRANGER,
        "",
        "*",
        "null",
        "https://www.partner.test.stranger.test",
        PARTNER + "/",
        PARTNER.upper(),
        PARTNER + " " + STRANGER,
    ],
)
async def test_nobody_else_is_given_a_page(shown: Rig, origin: str):
    async with shown.page() as page:
        answer = await embed(page, origin)

    assert (answer.status_code, policy_of(answer)["frame-ancestors"], answer.headers["x-frame-options"]) == (
        404,
        "'none'",
        "DENY",
    )
    assert "data-partner" not in answer.text


@pytest.mark.parametrize("destination", ["document", "embed", "object", "frame", "fencedframe"])
async def test_the_page_is_given_to_a_frame_only(shown: Rig, destination: str):
    async with shown.page() as page:
        answer = await embed(page, PARTNER, destination)

    assert (answer.status_code, policy_of(answer)["frame-ancestors"]) == (404, "'none'")


@pytest.mark.parametrize(
    "path", ["/", "/info", "/robots.txt", "/embed", "/embed.js", "/nothing", "/embed/chat/thread", "/chat/thread"]
)
async def test_everything_else_stays_out_of_every_frame(shown: Rig, path: str):
    async with shown.page() as page:
        answer = await page.get(path, headers={"sec-fetch-dest": "iframe"})

    assert (policy_of(answer)["frame-ancestors"], answer.headers["x-frame-options"]) == ("'none'", "DENY")
    assert answer.headers["cross-origin-resource-policy"] == ("cross-origin" if path == "/embed.js" else "same-origin")


async def test_without_partners_there_is_none_of_it(rig: Rig):  # noqa: F811
    async with rig.page() as page:
        answers = [await embed(page, PARTNER), await page.get("/embed.js"), await page.get("/embed/chat/thread")]
        answers.append(await post(page))

    assert [answer.status_code for answer in answers] == [404] * 4
    assert not any("set-cookie" in answer.headers for answer in answers)
    assert await count_inbox(rig.core.database) == 0


# The script


async def test_the_script_is_small_and_names_partners_and_numbers(shown: Rig):
    async with shown.page() as page:
        answer = await page.get("/embed.js")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert len(answer.content) <= 5_000
    assert answer.headers["cache-control"] == "public, max-age=600"
    assert "set-cookie" not in answer.headers
    found = re.search(r"PARTNERS = (\[.*?\]), NUMBERS = (\[.*?\])\n", answer.text)
    assert found
    assert (json.loads(found[1]), json.loads(found[2])) == ([PARTNER, OTHER], ["110", "129"])
    assert not re.search(r"\{\{|kekerasan|korban|innerHTML|eval\(|localStorage|cookie", answer.text)


# The cookie


async def test_in_a_frame_the_talk_has_a_cookie_that_belongs_to_that_site_and_to_us(shown: Rig):
    async with shown.page() as page:
        answer = await post(page)

    assert answer.status_code == 202
    kind = "Path=/; HttpOnly; SameSite=None; Secure; Partitioned"
    assert re.fullmatch(rf"__Host-info-framed=[0-9a-f]{{64}}; {kind}", answer.headers["set-cookie"])


async def test_the_cookies_of_the_two_pages_open_nothing_of_each_other(shown: Rig):
    async with shown.page() as page:
        framed = (await post(page, AFRAID)).cookies["__Host-info-framed"]
        own = (await page.post("/chat/messages", json={"key": str(uuid4()), "text": "halo"})).cookies["__Host-info"]
        await shown.work()
    nothing = {"bubbles": [], "state": None}

    async with shown.page() as page:
        crossed = [
            await page.get("/chat/thread", headers={"cookie": f"__Host-info-framed={framed}"}),
            await page.get("/embed/chat/thread", headers={"cookie": f"__Host-info={own}"}),
        ]
        right = await page.get("/embed/chat/thread", headers={"cookie": f"__Host-info-framed={framed}"})
        both = f"__Host-info={own}; __Host-info-framed={framed}"
        mine = await page.get("/chat/thread", headers={"cookie": both})

    assert [answer.json() for answer in crossed] == [nothing, nothing]
    assert said(right.json())[0] == ("me", AFRAID)
    assert said(mine.json())[0] == ("me", "halo")


async def test_leaving_forgets_the_frame_s_cookie_with_its_own_attributes(shown: Rig):
    async with shown.page() as page:
        await post(page, AFRAID)
        await shown.work()
        answer = await page.post("/embed/chat/leave", headers=FROM_OUR_FRAME)
        await shown.work()

        assert answer.status_code == 204
        forgotten = "__Host-info-framed=; Path=/; HttpOnly; SameSite=None; Secure; Partitioned; Max-Age=0"
        sign = "out=; Path=/embed; SameSite=None; Secure; Partitioned; Max-Age=0"
        assert answer.headers.get_list("set-cookie") == [forgotten, sign]
        assert await thread(page) == {"bubbles": [], "state": None}


# Requests that are not our frame's


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"x-teduh": ""}, id="without our header"),
        pytest.param({"origin": PARTNER}, id="from the partner's own page"),
        pytest.param({"origin": STRANGER}, id="from another site"),
        pytest.param({"origin": "null"}, id="from a sandbox"),
        pytest.param({"origin": ""}, id="from nowhere"),
        pytest.param({"origin": "http://teduh.test"}, id="from us without https"),
        pytest.param({"sec-fetch-site": "cross-site"}, id="across sites, as the browser says"),
        pytest.param({"sec-fetch-site": "same-site"}, id="from a neighbour, as the browser says"),
        pytest.param({"sec-fetch-site": "none"}, id="from no page"),
    ],
)
@pytest.mark.parametrize("path", ["/embed/chat/messages", "/embed/chat/leave"])
async def test_nothing_is_written_or_left_for_another_page(shown: Rig, path: str, headers: dict[str, str]):
    async with shown.page() as page:
        await post(page)
        await shown.work()
        before = await count_inbox(shown.core.database)
        message = {"key": str(uuid4()), "text": "palsu"}
        answer = await page.post(path, json=message, headers={**FROM_OUR_FRAME, **headers})

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers
    assert await count_inbox(shown.core.database) == before


async def test_a_write_that_tells_no_origin_is_refused(shown: Rig):
    async with shown.page() as page:
        answer = await page.post("/embed/chat/messages", json={"key": str(uuid4()), "text": "halo"})

    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/embed/chat/thread", "/embed/chat/events"])
@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
async def test_nothing_is_read_for_another_page_though_the_cookie_comes_along(shown: Rig, path: str, site: str):
    async with shown.page() as page:
        await post(page, AFRAID)
        await shown.work()
        answer = await page.get(path, headers={"sec-fetch-site": site})

    assert answer.status_code == 403
    assert "mukul" not in answer.text


async def test_the_stream_of_a_frame_tells_what_is_said(shown: Rig):
    async with shown.page() as page:
        await post(page, AFRAID)
        await shown.work()
        async with stream(shown, page, path="/embed/chat/events") as seen:
            bubbles = bubbles_of(await seen.until(b"event: beat"))

    assert bubbles[0][1]["text"] == AFRAID
