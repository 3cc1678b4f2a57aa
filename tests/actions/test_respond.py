"""A message, end to end inside: heard, answered, kept, and never in the way of another's."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from bot.app import Core, build_core
from bot.channels.channel import DeliveryDelayed
from bot.config import Data, Settings
from bot.content import load_content, load_interpreter
from bot.domain.cases import Control
from bot.domain.messages import DeliveryState, Failing, InboundMessage, Kind, Receipt, Update
from bot.storage import cases, contacts, messages, tables
from bot.storage.contacts import Known
from bot.storage.messages import By, Entry
from bot.storage.migrate import migrate
from nlu.understanding import Level, Understanding
from tests.builders import NOW
from tests.fakes.recording import RecordingChannel

CONTENT, INTERPRETER = load_content(), load_interpreter()
AFRAID = "suami saya mukul saya, saya takut pulang"
DANGER = "dia gedor pintu bawa pisau, tolong"


class Talks:
    """Contacts who write through a recording channel to the real path."""

    def __init__(self, core: Core, channel: RecordingChannel) -> None:
        self.core, self.channel = core, channel
        self._keys = iter(range(10**6))

    async def write(self, address: str, *texts: str, work: bool = True, **message: object) -> None:
        said = [InboundMessage(kind=Kind.TEXT, text=text) for text in texts]
        said += [InboundMessage(**message)] if message else []  # type: ignore[arg-type]
        for each in said:
            await self.core.receiver.receive([self.update(address, each)])
        if work:
            await self.work()

    def update(self, address: str, message: InboundMessage, *, key: str = "") -> Update:
        return Update(
            channel=self.channel.name,
            account=self.channel.account,
            key=key or str(next(self._keys)),
            address=address,
            body=msgspec.json.encode(message),
            received_at=self.core.now(),
        )

    async def told(self, address: str, receipt: Receipt) -> None:
        self.channel.receipts.append(receipt)
        await self.core.receiver.receive([replace(self.update(address, InboundMessage(kind=Kind.IGNORED)), body=b"receipt")])
        await self.work()

    async def work(self) -> None:
        while await self.core.worker.work_once():
            pass
        await self.core.delivery.run_until_idle()

    async def known(self, address: str) -> Known:
        found = await self.core.database.read(
            lambda db: contacts.find(
                db, self.core.vault, channel=self.channel.name, account=self.channel.account, address=address
            )
        )
        assert found is not None
        return found

    async def thread(self, address: str) -> list[Entry]:
        who = (await self.known(address)).contact.id
        return await self.core.database.read(lambda db: messages.list_thread(db, self.core.vault, who))

    async def case(self, address: str) -> cases.Case | None:
        who = (await self.known(address)).contact.id
        found = await self.core.database.read(lambda db: cases.list_open(db, self.core.vault, [who]))
        return found.get(who)


@pytest.fixture
async def talks(tmp_path: Path) -> AsyncIterator[Talks]:
    channel = RecordingChannel("web")
    core = build_core(Settings(data=Data(folder=str(tmp_path))), CONTENT, INTERPRETER, channels=[channel], now=lambda: NOW)
    await migrate(core.database)
    yield Talks(core, channel)
    await core.database.close()


async def test_a_frightened_first_message_gets_numbers_and_a_place_in_the_queue(talks: Talks):
    await talks.write("anna", "suami saya mukul saya, saya takut pulang")

    first = talks.channel.sent[0][1]
    case = await talks.case("anna")
    assert [service.value for service in first.services] == ["110", "129"]
    assert "110" in first.text
    assert "129" in first.text
    assert case is not None
    assert case.level in (Level.P1, Level.P2)
    assert "domestic_violence" in case.reasons
    assert "suami saya mukul" in case.signs[0].words


async def test_danger_now_stops_the_questions_and_calls_a_person(talks: Talks):
    await talks.write("anna", "halo", "lanjut", DANGER)

    case = await talks.case("anna")
    assert case is not None
    assert case.level is Level.P1
    assert (await talks.known("anna")).conversation.control is Control.PENDING


async def test_an_everyday_question_opens_no_case(talks: Talks):
    await talks.write("anna", "permisi mau tanya cara cek bansos", "lanjut")

    assert await talks.case("anna") is None


async def test_each_contact_s_messages_are_answered_in_their_order(talks: Talks):
    for turn in range(4):
        await talks.write("anna", f"halo {turn}", work=False)
        await talks.write("budi", f"halo {turn}", work=False)

    await talks.work()

    for address in ("anna", "budi"):
        heard = [entry.text for entry in await talks.thread(address) if entry.by == "contact"]
        assert heard == [f"halo {turn}" for turn in range(4)]


async def test_a_redelivered_update_is_answered_once(talks: Talks):
    update = talks.update("anna", InboundMessage(kind=Kind.TEXT, text="halo"), key="same")
    for _ in range(3):
        await talks.core.receiver.receive([update])
        await talks.work()

    assert len(talks.channel.sent) == 1


async def test_a_message_that_breaks_the_engine_is_set_aside_alone(talks: Talks, monkeypatch: pytest.MonkeyPatch):
    advance = talks.core.parts.engine.advance

    def break_at_anna(session, message, understanding, circumstances):
        if message.text == "rusak":
            raise ZeroDivisionError
        return advance(session, message, understanding, circumstances)

    monkeypatch.setattr(type(talks.core.parts.engine), "advance", lambda _self, *given: break_at_anna(*given))
    await talks.write("anna", "rusak", work=False)
    await talks.write("budi", "halo", work=False)
    await talks.work()

    case = await talks.case("anna")
    assert "110" in talks.channel.texts("anna")[0]
    assert case is not None
    assert case.reasons == ("unreadable",)
    assert "rusak" in [entry.text for entry in await talks.thread("anna")]
    assert len(talks.channel.texts("budi")) == 1
    assert await talks.case("budi") is None


async def test_a_message_that_can_not_be_written_stops_nobody(talks: Talks):
    await talks.write("anna", "halo")
    who = (await talks.known("anna")).contact.id
    # A session that no release could read.
    broken = talks.core.vault.seal(f"conversations:{who}", b'{"session": 7}')
    await talks.core.database.write(
        lambda db: db.execute(
            sa.update(tables.conversations).where(tables.conversations.c.contact_id == who).values(memory_sealed=broken)
        )
    )

    await talks.write("anna", "masih di sini", work=False)
    await talks.write("budi", "halo", work=False)
    await talks.work()

    assert "masih di sini" in [entry.text for entry in await talks.thread("anna")]
    assert "110" in talks.channel.texts("anna")[-1]
    assert len(talks.channel.texts("budi")) == 1


async def test_when_understanding_fails_a_person_looks(talks: Talks, monkeypatch: pytest.MonkeyPatch):
    def fail(_self: object, _text: str) -> Understanding:
        raise MemoryError

    monkeypatch.setattr(type(INTERPRETER), "understand", fail)

    await talks.write("anna", "halo", "lanjut", "tolong saya")

    level = (await talks.known("anna")).memory.session
    assert level is not None
    assert level.levels == {"unreadable": Level.P3}


@pytest.mark.parametrize(
    "kind", [Kind.STICKER, Kind.VOICE, Kind.PHOTO, Kind.LOCATION, Kind.CONTACT, Kind.UNSUPPORTED, Kind.DOCUMENT]
)
async def test_what_is_no_text_is_kept_and_answered_kindly(talks: Talks, kind: Kind):
    await talks.write("anna", "halo")
    before = len(talks.channel.sent)

    await talks.write("anna", kind=kind)

    assert kind.value in [entry.kind for entry in await talks.thread("anna")]
    assert len(talks.channel.sent) > before


async def test_who_blocks_us_is_written_to_no_more_until_they_come_back(talks: Talks):
    await talks.write("anna", "halo")
    await talks.write("anna", kind=Kind.BLOCKED)
    assert (await talks.known("anna")).contact.is_reachable is False

    await talks.write("anna", kind=Kind.UNBLOCKED)

    assert (await talks.known("anna")).contact.is_reachable is True


async def test_the_program_is_silent_while_a_person_speaks_and_still_sees_danger(talks: Talks):
    await talks.write("anna", "petugas")
    known = await talks.known("anna")
    hand = replace(known, conversation=replace(known.conversation, control=Control.HUMAN))
    await talks.core.database.write(lambda db: contacts.save(db, talks.core.vault, [hand], now=NOW))
    before = len(talks.channel.sent)

    await talks.write("anna", DANGER)

    case = await talks.case("anna")
    assert len(talks.channel.sent) == before
    assert case is not None
    assert case.level is Level.P1


async def test_erasing_deletes_what_was_said_and_says_so(talks: Talks):
    await talks.write("anna", "suami saya mukul saya, saya takut pulang", "lanjut", "hapus", "ya")

    thread = await talks.thread("anna")
    assert [entry.by.value for entry in thread] == ["program"]
    assert await talks.case("anna") is None
    assert (await talks.known("anna")).memory.session is None


async def test_who_a_receipt_says_is_gone_is_shown_as_gone_until_they_write(talks: Talks):
    await talks.write("anna", AFRAID)
    gone = Receipt(platform_id="m1", state=DeliveryState.FAILED, at=NOW, failing=Failing.UNREACHABLE, error="whatsapp_131026")
    await talks.told("anna", gone)

    assert (await talks.known("anna")).contact.is_reachable is False
    assert [entry.text for entry in await talks.thread("anna")][-1] == "unreachable"
    await talks.told("anna", gone)
    assert [entry.text for entry in await talks.thread("anna")].count("unreachable") == 1

    await talks.write("anna", "halo")
    assert (await talks.known("anna")).contact.is_reachable is True


async def test_a_receipt_about_the_whole_channel_is_told(talks: Talks):
    await talks.write("anna", "halo")
    await talks.told(
        "anna",
        Receipt(platform_id="m1", state=DeliveryState.FAILED, at=NOW, failing=Failing.CHANNEL, error="whatsapp_131042"),
    )

    assert [(each.channel, each.reason) for each in talks.core.standing.list()] == [("web", "whatsapp_131042")]


async def test_what_waits_for_a_number_that_changed_is_never_sent(talks: Talks):
    talks.channel.fault = lambda _address, _count: DeliveryDelayed(reason="500", wait_seconds=60)
    await talks.write("anna", AFRAID)
    await talks.write("anna", kind=Kind.MOVED)

    outgoing = [entry for entry in await talks.thread("anna") if entry.delivery is not None]
    assert {(entry.delivery, entry.error) for entry in outgoing} == {(DeliveryState.FAILED, "moved")}


async def test_a_message_that_is_taken_back_unread_is_forgotten_with_all_that_was_understood_of_it(talks: Talks):
    await talks.write("anna", kind=Kind.TEXT, text="halo", platform_id="w0")
    await talks.write("anna", kind=Kind.TEXT, text=DANGER, platform_id="w1")
    await talks.write("anna", kind=Kind.REVOKED, about="w1")

    thread, case = await talks.thread("anna"), await talks.case("anna")
    assert DANGER not in [entry.text for entry in thread]
    assert [(entry.kind, entry.text) for entry in thread if entry.by is By.CONTACT] == [("text", "halo"), ("withdrawn", "")]
    assert thread[-1].text == "revoked"
    assert case is not None
    assert case.level is Level.P1, "that there was danger stays"
    assert not any(sign.words for sign in case.signs)


async def test_one_that_is_taken_back_at_once_is_never_kept(talks: Talks):
    said = InboundMessage(kind=Kind.TEXT, text="jangan dibaca", platform_id="w1")
    back = InboundMessage(kind=Kind.REVOKED, about="w1")
    await talks.core.receiver.receive([talks.update("anna", said), talks.update("anna", back)])
    await talks.work()

    assert "jangan dibaca" not in [entry.text for entry in await talks.thread("anna")]


async def test_one_that_a_responder_has_read_stays_and_erasing_is_offered(talks: Talks):
    await talks.write("anna", kind=Kind.TEXT, text=DANGER, platform_id="w1")
    case = await talks.case("anna")
    assert case is not None
    await talks.core.database.write(lambda db: cases.mark_read(db, case.id, 99))
    await talks.write("anna", kind=Kind.REVOKED, about="w1")

    thread = await talks.thread("anna")
    assert DANGER in [entry.text for entry in thread]
    assert [entry.text for entry in thread if entry.kind == messages.EVENT] == ["revoked_kept"]
    assert "*hapus*" in talks.channel.texts()[-1]


async def test_one_that_is_not_there_changes_nothing(talks: Talks):
    await talks.write("anna", "halo")
    await talks.write("anna", kind=Kind.REVOKED, about="w9")

    assert [entry.text for entry in await talks.thread("anna") if entry.by is By.CONTACT] == ["halo"]


async def test_a_place_that_is_sent_stands_in_the_thread_and_is_answered(talks: Talks):
    await talks.write("anna", DANGER)
    await talks.write("anna", kind=Kind.LOCATION, latitude=-6.914744, longitude=107.60981, place_name="Warung Bu Tini")

    places = [entry.text for entry in await talks.thread("anna") if entry.kind == Kind.LOCATION]
    assert places == ["-6.9147, 107.6098\nWarung Bu Tini"]


async def test_pictures_sent_together_get_one_answer(talks: Talks):
    await talks.write("anna", "halo", "lanjut", "ibu saya sakit dan tidak ada biaya")
    before = len(talks.channel.sent)
    album = [InboundMessage(kind=Kind.PHOTO, platform_id=f"p{number}") for number in range(10)]
    await talks.core.receiver.receive([talks.update("anna", each) for each in album])
    await talks.work()
    once = len(talks.channel.sent)

    await talks.write("anna", kind=Kind.PHOTO, text=DANGER, platform_id="p11")

    assert once > before
    assert once - before <= 2
    assert [entry.kind for entry in await talks.thread("anna")].count("photo") == 11
    assert "110" in "".join(talks.channel.texts()[once:]), "words under a picture are heard"


async def test_who_begins_with_a_voice_is_told_that_words_are_needed(talks: Talks):
    await talks.write("anna", kind=Kind.VOICE, platform_id="v1")

    said = "\n".join(talks.channel.texts())
    assert "Boleh ditulis dengan kata-kata" in said
    assert "Info Layanan Warga" in said


async def test_a_reaction_is_shown_and_wakes_nobody_but_a_call_for_help(talks: Talks):
    await talks.write("anna", "halo")
    before = len(talks.channel.sent)

    await talks.write("anna", kind=Kind.REACTION, text="👍", about="m1")
    assert len(talks.channel.sent) == before
    assert (await talks.thread("anna"))[-1].kind == Kind.REACTION

    await talks.write("anna", kind=Kind.REACTION, text="🆘", about="m1")
    assert "110" in talks.channel.texts()[-1]


async def test_a_reaction_does_not_wake_a_talk_that_was_stopped(talks: Talks):
    await talks.write("anna", AFRAID, "berhenti")
    before = len(talks.channel.sent)

    await talks.write("anna", kind=Kind.REACTION, text="👍", about="m1")

    assert (await talks.known("anna")).conversation.control is Control.PAUSED
    assert len(talks.channel.sent) == before


async def test_refusing_consent_keeps_no_answers(talks: Talks):
    await talks.write("anna", "halo, umur saya 27 tahun di garut", "tidak")

    session = (await talks.known("anna")).memory.session
    assert session is not None
    assert not session.answers


async def test_a_flood_from_one_person_keeps_its_order_and_the_others_are_served(talks: Talks):
    flood = [talks.update("anna", InboundMessage(kind=Kind.TEXT, text=f"pesan {n}")) for n in range(300)]
    await talks.core.receiver.receive(flood)
    await talks.write("budi", "halo")

    heard = [entry.text for entry in await talks.thread("anna") if entry.by == "contact"]
    assert heard == [f"pesan {n}" for n in range(300)]
    assert talks.channel.texts("budi")


def files_of(folder: Path) -> list[Path]:
    return list(folder.rglob("teduh.db*"))


async def test_nothing_a_person_says_or_is_stands_readable_in_the_file(talks: Talks, tmp_path: Path):
    await talks.write("081234567890", "namaku sempakbiru77, suami saya mukul saya", "lanjut", "aman")

    stored = b"".join(file.read_bytes() for file in files_of(tmp_path))
    for secret in ("sempakbiru77", "081234567890", "mukul"):
        for form in (secret.encode(), secret.encode("utf-16-le")):
            assert form not in stored


async def test_danger_written_right_after_an_erasure_opens_a_case(talks: Talks):
    await talks.write("anna", AFRAID, "hapus")
    await talks.write("anna", "ya", DANGER)

    case = await talks.case("anna")
    assert case is not None
    assert case.level is Level.P1
    assert [entry.text for entry in await talks.thread("anna") if entry.by == "contact"] == [DANGER]


async def test_an_erasure_leaves_no_body_in_the_inbox(talks: Talks):
    await talks.write("anna", AFRAID, "hapus", "ya")

    left = await talks.core.database.read(lambda db: list(db.scalars(sa.select(tables.inbox.c.sealed))))
    assert len(left) == 3
    assert not any(left)


async def test_who_writes_again_can_be_written_to_again(talks: Talks):
    await talks.write("anna", "halo")
    who = (await talks.known("anna")).contact.id
    await talks.core.database.write(lambda db: contacts.save_reach(db, [(who, False)]))

    await talks.write("anna", "halo lagi")

    assert (await talks.known("anna")).contact.is_reachable is True


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "new"])
@pytest.mark.parametrize("first", ["user id", "number"])
async def test_who_writes_under_two_names_at_once_is_one_person(talks: Talks, first: str, *, is_known: bool):
    if is_known:
        await talks.write("628", "halo")
    both = {"kind": Kind.TEXT, "text": "tolong", "also_address": "628"}
    writes = [lambda: talks.write("ID.1", work=False, **both), lambda: talks.write("628", "ini saya", work=False)]
    for write in writes if first == "user id" else reversed(writes):
        await write()

    await talks.work()
    await talks.write("ID.1", "lagi")

    contacts_there = await talks.core.database.read(
        lambda db: db.scalar(sa.select(sa.func.count()).select_from(tables.contacts))
    )
    aside = await talks.core.database.read(lambda db: list(db.scalars(sa.select(tables.inbox.c.error))))
    assert contacts_there == 1
    assert set(aside) == {None}


async def test_a_case_of_somebody_whose_phone_is_read_says_so_and_waits_for_them(talks: Talks):
    await talks.write("siti", "suami mukul aku, hp saya dibaca dia")

    case = await talks.case("siti")
    assert case is not None
    assert (case.level, case.may_contact_first) == (Level.P2, False)
    assert case.notes == (CONTENT.book.words("note_watched"),)
    assert not [text for text in talks.channel.texts() if "110" in text or "129" in text]


async def test_a_phone_found_to_be_read_while_waiting_makes_the_open_case_wait_too(talks: Talks):
    await talks.write("siti", "petugas")
    before = await talks.case("siti")
    assert before is not None
    assert before.may_contact_first

    await talks.write("siti", "dia lagi di samping saya")

    case = await talks.case("siti")
    assert case is not None
    assert (case.may_contact_first, case.notes) == (False, (CONTENT.book.words("note_watched"),))
