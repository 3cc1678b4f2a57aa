"""The queue and cases through the API: one owner, one speaker, nothing sent that was not meant."""

import asyncio
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.channels.standing import Side
from bot.domain.cases import CaseStatus
from bot.domain.messages import ContactId, Form
from bot.domain.responders import Role
from bot.storage import messages, tables
from bot.storage.tables import contacts, conversations, outbox
from nlu.understanding import Level
from tests.builders import later
from tests.web.conftest import Rig, reply_to


async def count_outgoing(rig: Rig) -> int:
    query = sa.select(sa.func.count()).select_from(outbox).where(outbox.c.is_human)
    return await rig.database.read(lambda db: db.execute(query).scalar_one())


async def test_the_queue_shows_counts_of_all_levels_and_no_person(rig: Rig):
    await rig.open_case(1, level=Level.P3)
    await rig.open_case(2, level=Level.P1)
    console = await rig.console()

    queue = (await console.get("/api/queue")).json()

    assert [(each["level"], each["waiting"]) for each in queue["levels"]] == [("P1", 1), ("P2", 0), ("P3", 1), ("P4", 0)]
    assert (queue["may_take"], queue["reason"], queue["mine"]) == (True, "", [])
    assert "takut" not in str(queue)


async def test_taking_the_next_gives_the_most_urgent_person_with_all_that_is_known(rig: Rig):
    await rig.open_case(1, level=Level.P3)
    await rig.open_case(2, level=Level.P1)
    console = await rig.console()

    taken = (await console.post("/api/queue/next")).json()

    assert (taken["id"], taken["level"], taken["is_mine"], taken["may_write"], taken["lock"]) == ("2", "P1", True, True, "")
    assert taken["holder"] == "Ratna"
    assert taken["signs"][0]["words"] == "takut pulang"
    assert [entry["text"] for entry in taken["thread"]] == ["saya takut pulang", "claimed", "system_human_joined Ratna"]
    assert taken["services"][0]["contact"] == "129"


async def test_of_two_consoles_that_claim_at_once_one_gets_409(rig: Rig):
    case = await rig.open_case()
    consoles = [await rig.console(name=name) for name in ("Ratna", "Bagus")]

    answers = await asyncio.gather(*(console.post(f"/api/cases/{case}/claim") for console in consoles))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    lost = next(answer for answer in answers if answer.status_code == 409)
    assert lost.json()["code"] == "case_already_claimed"


async def test_a_reply_written_before_the_person_wrote_again_is_not_sent(rig: Rig):
    case = await rig.open_case()
    console = await rig.console()
    seen = (await console.post(f"/api/cases/{case}/claim")).json()
    last = await rig.contact_writes(1, "dia datang")

    answer = await console.post(f"/api/cases/{case}/replies", json=reply_to(seen))

    assert (answer.status_code, answer.json()["code"], answer.json()["last_seq"]) == (409, "conversation_moved_on", last)
    assert await count_outgoing(rig) == 0


async def test_a_reply_repeated_under_its_key_is_sent_once(rig: Rig):
    case = await rig.open_case()
    console = await rig.console()
    seen = (await console.post(f"/api/cases/{case}/claim")).json()

    answers = await asyncio.gather(*(console.post(f"/api/cases/{case}/replies", json=reply_to(seen)) for _ in range(5)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await count_outgoing(rig) == 1
    assert rig.woken > 0


async def test_nobody_gets_a_colleagues_reply_by_repeating_its_key(rig: Rig):
    case = await rig.open_case()
    holder, supervisor = await rig.console(), await rig.console(Role.SUPERVISOR)
    seen = (await holder.post(f"/api/cases/{case}/claim")).json()
    await holder.post(f"/api/cases/{case}/replies", json=reply_to(seen))

    answer = await supervisor.post(f"/api/cases/{case}/replies", json=reply_to(seen, "Halo"))

    assert (answer.status_code, answer.json()["code"]) == (403, "not_holder")
    assert await count_outgoing(rig) == 1


async def test_a_reply_after_the_lease_ran_out_is_refused(rig: Rig):
    case = await rig.open_case()
    console = await rig.console()
    seen = (await console.post(f"/api/cases/{case}/claim")).json()
    rig.pass_time(minutes=3)

    answer = await console.post(f"/api/cases/{case}/replies", json=reply_to(seen))

    assert (answer.status_code, answer.json()["code"]) == (403, "not_holder")
    assert await count_outgoing(rig) == 0


async def test_presence_renews_the_leases(rig: Rig):
    case = await rig.open_case()
    console = await rig.console()
    await console.post(f"/api/cases/{case}/claim")
    rig.pass_time(seconds=100)

    presence = (await console.post("/api/presence")).json()

    assert presence["held"] == [case]
    assert (await rig.case(1)).lease_until == later(seconds=220)


async def test_each_reading_is_on_the_audit_log_and_each_refused_one(rig: Rig):
    case = await rig.open_case()
    holder, stranger = await rig.person(), await rig.person(name="Bagus")
    holders, strangers = await rig.console_of(holder), await rig.console_of(stranger)
    await holders.post(f"/api/cases/{case}/claim")

    read, refused = await holders.get(f"/api/cases/{case}"), await strangers.get(f"/api/cases/{case}")

    assert (read.status_code, refused.status_code) == (200, 403)
    assert "takut" not in refused.text
    assert (await rig.list_audit())[-2:] == [("case_read", holder.id, 1), ("case_refused", stranger.id, 1)]


async def test_what_the_holder_read_is_no_longer_unread(rig: Rig):
    case = await rig.open_case()
    console = await rig.console()
    await console.post(f"/api/cases/{case}/claim")
    await rig.contact_writes(1, "kak?")

    before = (await console.get("/api/queue")).json()["mine"][0]
    await console.get(f"/api/cases/{case}")
    after = (await console.get("/api/queue")).json()["mine"][0]

    assert (before["unread"], after["unread"]) == (2, 0)
    assert (before["preview"], before["preview_by"]) == ("kak?", "contact")


async def test_who_is_off_duty_takes_nobody(rig: Rig):
    case = await rig.open_case()
    console = await rig.console(is_on_duty=False)

    answers = [await console.post("/api/queue/next"), await console.post(f"/api/cases/{case}/claim")]

    assert [answer.json()["code"] for answer in answers] == ["off_duty", "off_duty"]
    assert (await console.get("/api/queue")).json()["reason"] == "off_duty"


async def test_a_full_responder_is_told_so_until_danger_comes(rig: Rig):
    await rig.open_case(1, level=Level.P2)
    await rig.open_case(2, level=Level.P3)
    console = await rig.console(slots=1)
    await console.post("/api/queue/next")

    full = (await console.get("/api/queue")).json()
    refused = await console.post("/api/queue/next")
    await rig.open_case(3, level=Level.P1)
    danger = (await console.get("/api/queue")).json()
    taken = await console.post("/api/queue/next")

    assert (full["may_take"], full["reason"], refused.json()["code"]) == (False, "full", "no_slot")
    assert (danger["may_take"], taken.json()["id"]) == (True, "3")


async def test_nobody_waiting_is_404_with_a_word_for_it(rig: Rig):
    answer = await (await rig.console()).post("/api/queue/next")

    assert (answer.status_code, answer.json()["code"]) == (404, "nobody_waits")


async def test_a_message_of_unknown_fate_goes_once_more_when_its_author_is_sure(rig: Rig):
    case = await rig.open_case()
    console = await rig.console()
    seen = (await console.post(f"/api/cases/{case}/claim")).json()
    message = (await console.post(f"/api/cases/{case}/replies", json=reply_to(seen))).json()["id"]
    again = f"/api/cases/{case}/messages/{message}/again"

    queued = await console.post(again)
    await rig.database.write(lambda db: db.execute(sa.update(outbox).values(state="unknown")))
    sent = [await console.post(again) for _ in range(2)]

    assert queued.json()["code"] == "message_not_found"
    assert [answer.status_code for answer in sent] == [202, 404]
    thread = (await console.get(f"/api/cases/{case}")).json()["thread"]
    assert [entry["delivery"] for entry in thread if entry["id"] == message] == ["queued"]


async def test_a_note_joins_the_thread_and_is_not_sent(rig: Rig):
    case = await rig.open_case()
    console = await rig.console()
    await console.post(f"/api/cases/{case}/claim")

    note = await console.post(f"/api/cases/{case}/notes", json={"key": "n1", "text": "Sudah menelepon UPTD."})

    assert (note.status_code, note.json()["kind"]) == (201, "note")
    assert await count_outgoing(rig) == 0


async def test_released_and_closed_cases_lock_the_composer(rig: Rig):
    case = await rig.open_case()
    console = await rig.console(Role.SUPERVISOR)
    await console.post(f"/api/cases/{case}/claim")

    released = await console.post(f"/api/cases/{case}/release")
    after_release = (await console.get(f"/api/cases/{case}")).json()
    await console.post(f"/api/cases/{case}/claim")
    closed = await console.post(f"/api/cases/{case}/close", json={"outcome": "helped", "note": "Selesai."})
    after_close = (await console.get(f"/api/cases/{case}")).json()

    assert (released.status_code, closed.status_code) == (204, 204)
    assert (after_release["status"], after_release["lock"]) == ("queued", "not_holder")
    assert (after_close["status"], after_close["lock"]) == ("closed", "closed")
    assert (await rig.case(1)).status is CaseStatus.CLOSED


async def test_the_queue_tells_the_first_time_that_was_promised_at_each_level(rig: Rig):
    await rig.open_case(level=Level.P1)
    console = await rig.console()

    levels = (await console.get("/api/queue")).json()["levels"]

    told = {each["level"]: (each["waiting"], each["respond_by"]) for each in levels}
    assert told == {"P1": (1, told["P1"][1]), "P2": (0, None), "P3": (0, None), "P4": (0, None)}
    assert datetime.fromisoformat(told["P1"][1]) - datetime.fromisoformat(levels[0]["oldest_at"]) == timedelta(minutes=5)


async def test_who_must_not_be_written_to_first_is_locked_until_they_write(rig: Rig):
    case = await rig.open_case(may_contact_first=False)
    console = await rig.console()

    claimed = (await console.post(f"/api/cases/{case}/claim")).json()
    await rig.contact_writes(1, "kak, aku aman")
    after = (await console.get(f"/api/cases/{case}")).json()

    assert (claimed["lock"], after["lock"]) == ("unsafe", "")


async def test_a_responder_raises_a_level_and_only_a_supervisor_lowers_it(rig: Rig):
    case = await rig.open_case(level=Level.P2)
    responder, supervisor = await rig.console(), await rig.console(Role.SUPERVISOR)
    await responder.post(f"/api/cases/{case}/claim")

    raised = await responder.put(f"/api/cases/{case}/level", json={"level": "P1"})
    refused = await responder.put(f"/api/cases/{case}/level", json={"level": "P3"})
    lowered = await supervisor.put(f"/api/cases/{case}/level", json={"level": "P3"})

    assert (raised.json()["level"], refused.json()["code"], lowered.json()["level"]) == ("P1", "level_only_rises", "P3")


async def test_ids_that_name_nothing_are_404(rig: Rig):
    console = await rig.console()

    answers = [await console.get(f"/api/cases/{name}") for name in ("7", "abc", "٣", "-1", "9" * 19, "9" * 40, "%00")]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "case_not_found")}


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        ("blocked", "unreachable"),
        ("deactivated", "unreachable"),
        ("chat_not_found", "unreachable"),
        ("whatsapp_131026", "unreachable"),
        ("unreachable", "unreachable"),
        ("window_closed", "window_closed"),
        ("whatsapp_131047", "window_closed"),
        ("moved", "moved"),
        ("superseded", "superseded"),
        ("whatsapp_131009", "refused"),
        ("too_long", "refused"),
    ],
)
async def test_the_thread_says_why_a_message_did_not_arrive(rig: Rig, error: str, failure: str):
    await rig.open_case(1)
    console = await rig.console()
    detail = (await console.post("/api/cases/1/claim")).json()
    sent = (await console.post("/api/cases/1/replies", json=reply_to(detail))).json()
    failed = sa.update(outbox).where(outbox.c.id == int(sent["id"])).values(state="failed", error=error)
    await rig.database.write(lambda db: db.execute(failed))

    thread = (await console.get("/api/cases/1")).json()["thread"]

    assert sent["failure"] == ""
    assert [(each["delivery"], each["failure"]) for each in thread if each["id"] == sent["id"]] == [("failed", failure)]


@pytest.mark.parametrize(
    ("side", "told", "reason"),
    [
        (Side.SENDING, "token_refused", "token"),
        (Side.SENDING, "whatsapp_190", "token"),
        (Side.SENDING, "whatsapp_131042", "payment"),
        (Side.SENDING, "whatsapp_131031", "account"),
        (Side.SENDING, "http_403", "account"),
        (Side.TAKING, "token_refused", "token"),
        (Side.TAKING, "webhook_elsewhere", "intake"),
        (Side.TAKING, "intake_conflict", "intake"),
    ],
)
async def test_a_channel_that_is_down_is_told_to_everybody_who_answers(rig: Rig, side: Side, told: str, reason: str):
    console = await rig.console()
    assert (await console.get("/api/queue")).json()["troubles"] == []

    rig.standing.note("whatsapp", side, told)
    (trouble,) = (await console.get("/api/queue")).json()["troubles"]
    rig.standing.clear("whatsapp", side)

    assert (trouble["channel"], trouble["side"], trouble["reason"]) == ("whatsapp", side.value, reason)
    assert (await console.get("/api/queue")).json()["troubles"] == []


async def test_after_a_day_of_silence_whatsapp_locks_the_composer_and_says_whether_one_may_knock(rig: Rig):
    await rig.open_case(1)
    console = await rig.console()
    detail = (await console.post("/api/cases/1/claim")).json()
    assert (detail["lock"], detail["window_until"], detail["knock"]) == ("", None, "")
    await rig.database.write(lambda db: db.execute(sa.update(contacts).values(channel="whatsapp")))
    wrote = sa.update(conversations).values(wrote_at=rig.now)
    await rig.database.write(lambda db: db.execute(wrote))

    within = (await console.get("/api/cases/1")).json()
    await rig.database.write(lambda db: db.execute(sa.update(conversations).values(wrote_at=later(hours=-24))))
    after = (await console.get("/api/cases/1")).json()
    refused = await console.post("/api/cases/1/replies", json=reply_to(after))
    knocked = await console.post("/api/cases/1/knock")

    assert (within["lock"], within["may_write"], within["window_until"]) == (
        "",
        True,
        later(hours=23, minutes=50).isoformat()[:-6] + "Z",
    )
    assert (after["lock"], after["may_write"], after["knock"]) == ("window_closed", False, "no_consent")
    assert (refused.status_code, refused.json()["code"]) == (409, "window_closed")
    assert (knocked.status_code, knocked.json()["code"]) == (409, "may_not_knock")


@pytest.mark.parametrize(
    ("level", "words"),
    [
        (Level.P1, "-6.9147, 107.6098\nWarung Bu Tini"),
        (Level.P2, "-6.9147, 107.6098\nWarung Bu Tini"),
        (Level.P3, "-6.91, 107.61"),
        (Level.P4, "-6.91, 107.61"),
    ],
)
async def test_a_place_is_shown_as_exactly_as_the_danger_needs(rig: Rig, level: Level, words: str):
    await rig.open_case(1, level=level)
    console = await rig.console()
    await console.post("/api/cases/1/claim")
    seq = await rig.contact_writes(1, "-6.9147, 107.6098\nWarung Bu Tini")
    as_place = sa.update(tables.messages).where(tables.messages.c.seq == seq).values(kind="location")
    await rig.database.write(lambda db: db.execute(as_place))

    thread = (await console.get("/api/cases/1")).json()["thread"]
    (summary,) = (await console.get("/api/queue")).json()["mine"]

    assert [each["text"] for each in thread if each["kind"] == "location"] == [words]
    assert ("Warung" in summary["preview"]) is (level in (Level.P1, Level.P2))


async def test_a_reply_may_ask_where_they_are(rig: Rig):
    await rig.open_case(1)
    console = await rig.console()
    detail = (await console.post("/api/cases/1/claim")).json()

    sent = await console.post("/api/cases/1/replies", json=reply_to(detail) | {"asks_place": True})

    entry = (await rig.database.read(lambda db: messages.list_thread(db, rig.vault, ContactId(1))))[-1]
    assert sent.status_code == 201
    assert entry.form is Form.ASKS_PLACE
