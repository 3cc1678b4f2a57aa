"""Writing to somebody whom the platform does not let us write to: by their consent, by a responder's choice, once, or not at all."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.actions import handoff, knock
from bot.actions.handoff import ContactUnreachable, ContactUnsafe, WindowClosed
from bot.actions.knock import Knock, MayNotKnock
from bot.app import Core, build_core
from bot.config import Data, Settings, WhatsApp
from bot.dialogue.session import AnswerState, Given
from bot.domain.cases import CaseId, Outcome
from bot.domain.messages import DeliveryState, Form, InboundMessage, Kind
from bot.domain.responders import Responder
from bot.domain.staffing import Staffing
from bot.storage import cases, contacts, messages, people
from bot.storage.migrate import migrate
from tests.actions.test_respond import AFRAID, CONTENT, INTERPRETER, Talks
from tests.builders import NOW, make_responder
from tests.fakes.recording import RecordingChannel

WHO = "6281200000001"
YES = Given(state=AnswerState.KNOWN, value="yes", seq=1)


@dataclass
class Rig:
    """Somebody who wrote on WhatsApp, whom a responder took; `pass_time` moves the clock."""

    core: Core
    talks: Talks
    ratna: Responder
    clock: list

    def pass_time(self, **duration: float) -> None:
        self.clock[0] += timedelta(**duration)

    @property
    def now(self):
        return self.clock[0]

    async def case_id(self) -> CaseId:
        case = await self.talks.case(WHO)
        assert case is not None
        return case.id

    async def take(self) -> None:
        which = await self.case_id()
        await self.core.database.write(lambda db: handoff.claim(db, self.core.desk, which, by=self.ratna, now=self.now))
        await self.core.delivery.run_until_idle()

    async def answer(self, given: Given | None) -> None:
        """What they said to "may a responder write first?"."""
        known = await self.talks.known(WHO)
        session = known.memory.session
        assert session is not None
        answers = {**session.answers, **({knock.CONSENT_SLOT: given} if given else {})}
        changed = replace(known, memory=replace(known.memory, session=replace(session, answers=answers)))
        await self.core.database.write(lambda db: contacts.save(db, self.core.vault, [changed], now=self.now))

    async def knock(self) -> None:
        which = await self.case_id()
        await self.core.database.write(lambda db: knock.knock(db, self.core.desk, which, by=self.ratna, now=self.now))
        await self.core.delivery.run_until_idle()

    async def stands(self) -> Knock:
        which, known, thread = await self.case_id(), await self.talks.known(WHO), await self.talks.thread(WHO)
        case = await self.core.database.read(lambda db: cases.get(db, self.core.vault, which))
        return knock.knock_of(self.core.desk, case, known, thread, now=self.now)

    async def reply(self, text: str, *, asks_place: bool = False) -> None:
        which, talk = await self.case_id(), (await self.talks.known(WHO)).conversation
        await self.core.database.write(
            lambda db: handoff.reply(
                db,
                self.core.desk,
                which,
                by=self.ratna,
                key=text,
                text=text,
                control_epoch=talk.control_epoch,
                seen_seq=talk.seq,
                asks_place=asks_place,
                now=self.now,
            )
        )
        await self.core.delivery.run_until_idle()


async def build(folder: Path, **whatsapp: str) -> Rig:
    clock = [NOW]
    settings = Settings(data=Data(folder=str(folder)), whatsapp=WhatsApp(token="t", **whatsapp))  # type: ignore[arg-type]
    channel = RecordingChannel("whatsapp")
    core = build_core(settings, CONTENT, INTERPRETER, channels=[channel], now=lambda: clock[0])
    await migrate(core.database)
    ratna = make_responder(1)
    await core.database.write(lambda db: people.add(db, core.vault, ratna, now=NOW))
    rig = Rig(core, Talks(core, channel), ratna, clock)
    await rig.talks.write(WHO, AFRAID)
    await rig.take()
    return rig


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    rig = await build(tmp_path, template="kabar_netral", template_languages="id, en_US")
    yield rig
    await rig.core.database.close()


async def test_within_a_day_a_responder_simply_writes(rig: Rig):
    rig.pass_time(hours=23)
    await rig.take()
    await rig.reply("Malam, saya Ratna.")

    assert "Malam, saya Ratna." in rig.talks.channel.texts()
    assert await rig.stands() is Knock.NONE


async def test_after_a_day_nothing_can_be_written_and_nothing_is_tried(rig: Rig):
    rig.pass_time(hours=24)
    await rig.take()
    before = len(rig.talks.channel.sent)

    with pytest.raises(WindowClosed):
        await rig.reply("Malam")
    which = await rig.case_id()
    closing = {"outcome": Outcome.UNREACHABLE, "note_text": "", "farewell": "Sampai nanti", "staffing": Staffing(on_duty=1)}
    await rig.core.database.write(
        lambda db: handoff.close(db, rig.core.desk, which, by=rig.ratna, now=rig.now, **closing)  # type: ignore[arg-type]
    )
    await rig.core.delivery.run_until_idle()

    assert len(rig.talks.channel.sent) == before
    assert not [entry for entry in await rig.talks.thread(WHO) if entry.delivery is DeliveryState.FAILED]


async def test_who_agreed_is_asked_once_to_write_and_opens_the_window_by_that(rig: Rig):
    await rig.answer(YES)
    rig.pass_time(hours=25)
    await rig.take()
    assert await rig.stands() is Knock.POSSIBLE

    await rig.knock()

    _address, sent = rig.talks.channel.sent[-1]
    assert (sent.form, sent.language) == (Form.TEMPLATE, "id")
    assert await rig.stands() is Knock.SENT
    with pytest.raises(MayNotKnock):
        await rig.knock()
    assert [entry.text for entry in await rig.talks.thread(WHO) if entry.kind == messages.EVENT][-1] == "knocked"

    await rig.talks.core.receiver.receive(
        [rig.talks.update(WHO, InboundMessage(kind=Kind.TEXT, text="ya kak", sent_at=rig.now))]
    )
    await rig.talks.work()
    await rig.reply("Malam, saya Ratna.")
    assert "Malam, saya Ratna." in rig.talks.channel.texts()


async def test_it_is_said_in_the_language_of_the_talk_where_that_is_approved(rig: Rig):
    await rig.answer(YES)
    known = await rig.talks.known(WHO)
    assert known.memory.session is not None
    english = replace(known, memory=replace(known.memory, session=replace(known.memory.session, language="en")))
    await rig.core.database.write(lambda db: contacts.save(db, rig.core.vault, [english], now=NOW))
    rig.pass_time(hours=25)
    await rig.take()

    await rig.knock()

    _address, sent = rig.talks.channel.sent[-1]
    assert sent.language == "en_US"
    assert "reply here" in sent.text


@pytest.mark.parametrize(
    "given",
    [
        None,
        Given(state=AnswerState.KNOWN, value="no"),
        Given(state=AnswerState.UNSURE),
        Given(state=AnswerState.REFUSED),
        Given(state=AnswerState.KNOWN, value="yes", is_inferred=True),
    ],
    ids=["not asked", "no", "unsure", "refused", "guessed"],
)
async def test_who_did_not_agree_is_never_written_to_first(rig: Rig, given: Given | None):
    await rig.answer(given)
    rig.pass_time(hours=25)
    await rig.take()
    before = len(rig.talks.channel.sent)

    assert await rig.stands() is Knock.NO_CONSENT
    with pytest.raises(MayNotKnock):
        await rig.knock()
    assert len(rig.talks.channel.sent) == before


async def test_within_a_day_nobody_is_knocked_at(rig: Rig):
    await rig.answer(YES)

    with pytest.raises(MayNotKnock):
        await rig.knock()


async def test_nothing_is_ever_sent_by_itself_after_silence(rig: Rig):
    await rig.answer(YES)
    before = len(rig.talks.channel.sent)

    for _ in range(40):
        rig.pass_time(hours=3)
        await rig.core.worker.tick()
        await rig.core.delivery.run_until_idle()

    assert len(rig.talks.channel.sent) == before


async def test_who_blocked_us_or_moved_is_not_knocked_at(rig: Rig):
    await rig.answer(YES)
    await rig.talks.write(WHO, kind=Kind.MOVED)
    rig.pass_time(hours=25)
    await rig.take()
    with pytest.raises(ContactUnsafe):
        await rig.knock()

    known = await rig.talks.known(WHO)
    await rig.core.database.write(lambda db: contacts.save_reach(db, [(known.contact.id, False)]))
    with pytest.raises(ContactUnreachable):
        await rig.knock()


async def test_without_a_template_it_is_said_so(tmp_path: Path):
    rig = await build(tmp_path)
    await rig.answer(YES)
    rig.pass_time(hours=25)
    await rig.take()

    assert await rig.stands() is Knock.NO_TEMPLATE
    await rig.core.database.close()


async def test_the_button_for_a_place_is_taken_away_after_its_use_and_on_leaving(rig: Rig):
    async def forms() -> list[Form]:
        return [message.form for _to, message in rig.talks.channel.sent]

    await rig.reply("Kamu di mana?", asks_place=True)
    await rig.reply("Kalau tidak bisa, tulis nama tempatnya.")
    assert (await forms())[-2:] == [Form.ASKS_PLACE, Form.PLAIN], "it stays until it was used"
    await rig.talks.write(WHO, kind=Kind.LOCATION, latitude=-6.9, longitude=107.6)
    await rig.reply("Terima kasih.")
    await rig.reply("Sudah saya catat.")
    assert (await forms())[-2:] == [Form.CLEARS_KEYBOARD, Form.PLAIN]

    await rig.reply("Masih di sana?", asks_place=True)
    await rig.talks.write(WHO, "keluar")
    assert (await forms())[-1] is Form.CLEARS_KEYBOARD, "the harmless words take it away"


async def test_a_number_that_changed_gets_nothing_more_until_somebody_writes_from_it(rig: Rig):
    await rig.core.receiver.receive([rig.talks.update(WHO, InboundMessage(kind=Kind.MOVED))])
    await rig.talks.work()
    before = len(rig.talks.channel.sent)

    with pytest.raises(ContactUnsafe):
        await rig.reply("Masih di sana?")
    assert len(rig.talks.channel.sent) == before

    await rig.talks.write(WHO, "ini saya")
    await rig.reply("Baik.")
    assert "Baik." in rig.talks.channel.texts()
