"""One person, two places: the talk follows who has the code, and nobody else. On both databases, through the real path."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from bot.actions import handoff, overdue, respond
from bot.actions.respond import Heard
from bot.app import Core, build_core
from bot.channels.webchat import NAME
from bot.config import Data, DatabaseSettings, Settings, VaultSettings
from bot.content import load_content, load_interpreter
from bot.domain.cases import Case, CaseStatus, Control
from bot.domain.contacts import code_of
from bot.domain.linking import HIDDEN, LASTS, MOST_WRONG_OF_ALL, WRONG_COUNT_FOR
from bot.domain.messages import InboundMessage, Kind, Update
from bot.domain.responders import Responder
from bot.storage import cases, consents, contacts, inbox, links, messages, people, tables
from bot.storage.contacts import Known
from bot.storage.database import Database
from bot.storage.messages import Entry
from bot.storage.vault import make_key
from bot.web.chat_thread import News, read_news
from nlu.understanding import Understanding
from tests.builders import NOW, make_responder
from tests.fakes.recording import RecordingChannel

CONTENT, INTERPRETER = load_content(), load_interpreter()
DANGER = "dia gedor pintu bawa pisau, tolong"
WRONG = "Kode itu tidak cocok atau sudah lewat. Minta kode baru di obrolan yang lama, atau tulis saja di sini."
DONE = "Sudah tersambung, kita lanjut di sini. Yang ditulis di tempat lama tidak ditampilkan."
LEFT = "Obrolan ini sudah pindah ke tempat lain. Kalau bukan kamu yang memindahkan, tulis *petugas* di sini."
CODE = re.compile(r"[2-9A-Z]{4}-[2-9A-Z]{4}")


class Place:
    """Where somebody writes: an address on a channel."""

    def __init__(self, rig: "Rig", channel: RecordingChannel, address: str) -> None:
        self.rig, self.channel, self.address = rig, channel, address

    async def write(self, *texts: str, also: str = "") -> None:
        for text in texts:
            await self.rig.core.receiver.receive([self.update(text, also=also)])
            await self.rig.work()

    def update(self, text: str, *, also: str = "") -> Update:
        return Update(
            channel=self.channel.name,
            account=self.channel.account,
            key=str(next(self.rig.keys)),
            address=self.address,
            body=msgspec.json.encode(InboundMessage(kind=Kind.TEXT, text=text, also_address=also)),
            received_at=self.rig.now,
        )

    @property
    def heard(self) -> list[str]:
        return [message.text for address, message in self.channel.sent if address == self.address]

    async def find(self) -> Known | None:
        core, channel = self.rig.core, self.channel
        return await core.database.read(
            lambda db: contacts.find(db, core.vault, channel=channel.name, account=channel.account, address=self.address)
        )

    async def known(self) -> Known:
        found = await self.find()
        assert found is not None
        return found

    async def thread(self) -> list[Entry]:
        who = (await self.known()).contact.id
        return await self.rig.read(lambda db: messages.list_thread(db, self.rig.core.vault, who))

    async def case(self) -> Case | None:
        who = (await self.known()).contact.id
        return (await self.rig.read(lambda db: cases.list_open(db, self.rig.core.vault, [who]))).get(who)

    async def ask_code(self) -> str:
        """Say that it is safe to write here, and get a code."""
        await self.write("pindah")
        if "aman" in self.heard[-1]:
            await self.write("ya, aman")
        found = CODE.search(self.heard[-1])
        assert found, self.heard[-1]
        return found[0]


class Rig:
    def __init__(self, core: Core, channels: Sequence[RecordingChannel], clock: list[Any]) -> None:
        self.core, self.clock = core, clock
        self.web, self.telegram, self.whatsapp = channels
        self.keys = iter(range(10**6))

    @property
    def now(self) -> Any:
        return self.clock[0]

    def pass_time(self, **duration: float) -> None:
        self.clock[0] += timedelta(**duration)

    def at(self, channel: RecordingChannel, address: str) -> Place:
        return Place(self, channel, address)

    async def work(self) -> None:
        while await self.core.worker.work_once():
            pass
        await self.core.delivery.run_until_idle()

    async def read(self, work: Any) -> Any:
        return await self.core.database.read(work)

    async def claim(self) -> tuple[Responder, Case]:
        ratna, core = make_responder(), self.core
        await core.database.write(lambda db: people.add(db, core.vault, ratna, now=self.now))
        case = await core.database.write(lambda db: handoff.claim_next(db, core.desk, by=ratna, now=self.now))
        await self.work()
        return ratna, case

    async def reply(self, ratna: Responder, case: Case, text: str, *, epoch: int, seq: int) -> None:
        core = self.core
        await core.database.write(
            lambda db: handoff.reply(
                db, core.desk, case.id, by=ratna, key=text, text=text, control_epoch=epoch, seen_seq=seq, now=self.now
            )
        )
        await self.work()

    async def page(self, place: Place, after: int = 0) -> News:
        """What the web chat's page shows there."""
        news: News = await self.read(lambda db: read_news(db, self.core.vault, place.address, after=after, now=self.now))
        return news


@pytest.fixture
async def rig(database: Database, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    clock = [NOW]
    url = request.getfixturevalue("postgres_url") if database.is_shared else f"sqlite:///{tmp_path / 'teduh.db'}"
    settings = Settings(
        data=Data(folder=str(tmp_path)), database=DatabaseSettings(url=url), vault=VaultSettings(key=make_key())
    )
    channels = [RecordingChannel(NAME), RecordingChannel("telegram"), RecordingChannel("whatsapp")]
    channels[0].account = NAME
    core = build_core(settings, CONTENT, INTERPRETER, channels=channels, now=lambda: clock[0])
    yield Rig(core, channels, clock)
    await core.database.close()


@pytest.fixture
def web(rig: Rig) -> Place:
    return rig.at(rig.web, "a" * 64)


@pytest.fixture
def phone(rig: Rig) -> Place:
    return rig.at(rig.telegram, "555")


# Going on


async def test_the_talk_goes_on_where_the_code_is_written(rig: Rig, web: Place, phone: Place):
    await web.write("halo", "lanjut", "bapak saya sakit, tidak ada biaya")
    question = web.heard[-1]
    before = await web.known()
    code = await web.ask_code()

    await phone.write(code)

    after = await phone.known()
    assert after.contact.id == before.contact.id
    assert (after.contact.channel, after.contact.address) == ("telegram", "555")
    assert phone.heard[0].startswith(DONE)
    assert question.split("\n")[-1] in phone.heard[0], "what was open is asked again"
    session = after.memory.session
    assert session is not None
    assert "consent" in session.guards
    given = await rig.read(lambda db: consents.list_latest(db, after.contact.id))
    assert given
    assert all(each.is_given for each in given)
    assert [(each.by, each.text) for each in await phone.thread() if each.kind == "event"] == [("system", "linked")]


async def test_nothing_said_before_is_said_in_the_new_place(rig: Rig, web: Place, phone: Place):
    await web.write("halo", "lanjut", "suami saya mukul saya, saya takut pulang")
    code = await web.ask_code()

    await phone.write(code)

    said = " ".join(phone.heard)
    assert not re.search(r"suami|mukul|pulang|129|110", said)
    session = (await phone.known()).memory.session
    assert session is not None
    assert "private" not in session.guards
    assert "aman_menulis" not in session.answers, "whether it is safe there is not known"


async def test_a_page_in_the_new_place_shows_only_what_was_said_there(rig: Rig, phone: Place, web: Place):
    await phone.write("halo", "lanjut", "bapak saya sakit, tidak ada biaya")
    code = await phone.ask_code()
    await web.write("halo")
    page_before = await rig.page(web)

    await web.write(code)

    news = await rig.page(web)
    assert news.state is not None
    texts = [bubble.text for bubble in news.bubbles]
    assert texts[0] == "halo"
    assert HIDDEN in texts
    assert any(text.startswith(DONE) for text in texts)
    assert not any("bapak" in text for text in texts)
    # A page that is open counts on in the new numbers, and drops all of the old ones.
    last = max(bubble.seq for bubble in page_before.bubbles)
    assert news.state.first > last
    assert [bubble.text for bubble in (await rig.page(web, after=last)).bubbles] == texts


async def test_the_old_place_gets_one_plain_bubble_and_a_page_there_shows_nothing_else(rig: Rig, web: Place, phone: Place):
    await web.write("halo", "lanjut")
    code = await web.ask_code()
    last = max(bubble.seq for bubble in (await rig.page(web)).bubbles)

    await phone.write(code)

    assert web.heard[-1] == LEFT
    news = await rig.page(web, after=last)
    assert [bubble.text for bubble in news.bubbles] == [LEFT]
    assert news.state is not None
    assert news.state.first == news.bubbles[0].seq > last
    assert [bubble.text for bubble in (await rig.page(web)).bubbles] == [LEFT]


async def test_the_old_place_hears_nothing_when_it_is_not_safe_any_more(rig: Rig, web: Place, phone: Place):
    await web.write("halo", "lanjut", "suami saya mukul saya, saya takut pulang")
    code = await web.ask_code()

    def take_back(db: sa.Connection) -> None:
        known = contacts.get(db, rig.core.vault, before.contact.id, lock=True)
        session = known.memory.session
        assert session is not None
        answers = {**session.answers, "aman_menulis": msgspec.structs.replace(session.answers["aman_menulis"], value="no")}
        memory = msgspec.structs.replace(known.memory, session=msgspec.structs.replace(session, answers=answers))
        contacts.save(db, rig.core.vault, [msgspec.structs.replace(known, memory=memory)], now=NOW)

    before = await web.known()
    await rig.core.database.write(take_back)
    heard = len(web.heard)

    await phone.write(code)

    assert phone.heard[-1].startswith(DONE)
    assert len(web.heard) == heard
    assert await web.find() is None


async def test_who_writes_in_the_old_place_afterwards_begins_anew(rig: Rig, web: Place, phone: Place):
    await web.write("halo", "lanjut", "bapak saya sakit, tidak ada biaya")
    await phone.write(await web.ask_code())
    seq = (await phone.known()).conversation.seq

    await web.write("halo")

    assert (await web.known()).contact.id != (await phone.known()).contact.id
    assert (await phone.known()).conversation.seq == seq
    assert "bapak" not in " ".join(web.heard[-2:])


async def test_who_did_not_move_it_is_heard_in_the_old_place_and_the_team_is_told_of_the_move(
    rig: Rig, web: Place, phone: Place
):
    await web.write("halo", "lanjut")
    await phone.write(await web.ask_code())

    await web.write("petugas")

    case = await web.case()
    assert case is not None
    assert len(case.notes) == 1
    assert code_of((await phone.known()).contact.id) in case.notes[0]


async def test_it_goes_on_a_second_time_and_back_again(rig: Rig, web: Place, phone: Place):
    await web.write("halo", "lanjut")
    who = (await web.known()).contact.id
    await phone.write(await web.ask_code())
    await rig.at(rig.whatsapp, "62811").write(await phone.ask_code())
    code = await rig.at(rig.whatsapp, "62811").ask_code()

    await web.write(code)

    assert (await web.known()).contact.id == who
    assert [each.text for each in await web.thread() if each.kind == "event"] == ["linked"] * 3
    assert not any(bubble.text == "halo" for bubble in (await rig.page(web)).bubbles)


# With a responder


async def test_a_responder_s_words_go_to_the_new_place_once_she_saw_the_move(rig: Rig, web: Place, phone: Place):
    await web.write("petugas")
    ratna, case = await rig.claim()
    await web.write("aku di sini")
    before = (await web.known()).conversation
    code = await web.ask_code()

    await phone.write(code)

    now = (await phone.known()).conversation
    assert now.control is Control.HUMAN
    with pytest.raises(handoff.ControlLost):
        await rig.reply(ratna, case, "Saya baca dulu.", epoch=before.control_epoch, seq=now.seq)
    heard = len(web.heard)
    await rig.reply(ratna, case, "Halo, saya Ratna.", epoch=now.control_epoch, seq=now.seq)
    assert phone.heard[-1].endswith("Halo, saya Ratna.")
    assert len(web.heard) == heard
    held = await phone.case()
    assert held is not None
    assert (held.id, held.status, held.holder) == (case.id, CaseStatus.ACTIVE, ratna.id)
    await phone.write("iya kak")
    assert (await phone.thread())[-1].text == "iya kak"


async def test_what_a_responder_wrote_before_still_arrives_and_the_program_s_question_does_not(
    rig: Rig, web: Place, phone: Place
):
    await web.write("petugas")
    ratna, case = await rig.claim()
    await web.write("halo kak")
    code = await web.ask_code()
    talk = (await web.known()).conversation
    core = rig.core
    await core.database.write(
        lambda db: handoff.reply(
            db,
            core.desk,
            case.id,
            by=ratna,
            key="k",
            text="Saya sudah baca.",
            control_epoch=talk.control_epoch,
            seen_seq=talk.seq,
            now=rig.now,
        )
    )
    before = list(web.heard)

    await phone.write(code)

    assert [words for words in phone.heard if "Saya sudah baca." in words]
    assert web.heard == [*before, LEFT]


async def test_who_waits_goes_on_waiting_at_the_same_place_in_the_queue(rig: Rig, web: Place, phone: Place):
    await web.write("halo", "lanjut", DANGER)
    case = await web.case()
    assert case is not None
    code = await web.ask_code()

    await phone.write(code)

    assert await phone.case() == case
    assert (await phone.known()).conversation.control is Control.PENDING
    assert "110" not in phone.heard[-1]


async def test_two_cases_are_not_made_one(rig: Rig, web: Place, phone: Place):
    await web.write("halo", "lanjut")
    code = await web.ask_code()
    await phone.write(DANGER)
    case = await phone.case()

    await phone.write(code)

    assert phone.heard[-1].startswith("Di sini petugas sudah dipanggil")
    assert await phone.case() == case
    assert await web.find() is not None
    assert (await web.known()).contact.id != (await phone.known()).contact.id
    await rig.at(rig.whatsapp, "62811").write(code)
    assert (await rig.at(rig.whatsapp, "62811").known()).memory.session is not None, "the code is still good elsewhere"


async def test_what_was_told_in_the_new_place_before_joins_the_thread(rig: Rig, web: Place, phone: Place):
    await web.write("halo", "lanjut", "bapak saya sakit, tidak ada biaya")
    code = await web.ask_code()
    await phone.write("halo", "lanjut", "saya pindah hp")
    told = len(await phone.thread())
    here = (await phone.known()).contact.id

    await phone.write(code)

    thread = await phone.thread()
    assert [entry.seq for entry in thread] == sorted({entry.seq for entry in thread})
    assert "saya pindah hp" in [entry.text for entry in thread]
    assert len(thread) > told + 8
    who = (await phone.known()).contact.id

    def left_over(db: sa.Connection) -> list[int]:
        whose = [*(table.c.contact_id for table in (tables.messages, tables.outbox, tables.consents, tables.conversations))]
        return [db.scalar(sa.select(sa.func.count()).where(column == here)) or 0 for column in whose]

    assert here != who
    assert await rig.read(left_over) == [0, 0, 0, 0]
    await phone.write("hapus data", "ya")
    assert len(await phone.thread()) == 1


# The code


async def test_a_code_is_given_only_where_it_is_safe_to_write(rig: Rig, web: Place):
    await web.write("halo", "pindah")
    assert not CODE.search(" ".join(web.heard))
    await web.write("tidak aman")
    assert not CODE.search(" ".join(web.heard))
    assert any(words.startswith("Obrolan ini belum bisa dipindah") for words in web.heard)

    await web.write("pindah")

    assert not CODE.search(" ".join(web.heard))


async def test_a_code_is_kept_as_a_digest_and_stands_nowhere_once_it_was_used(rig: Rig, web: Place, phone: Place):
    await web.write("halo", "lanjut")
    code = await web.ask_code()
    plain = code.replace("-", "").encode()

    def everything(db: sa.Connection) -> bytes:
        rows = [row for table in tables.metadata.sorted_tables for row in db.execute(sa.select(table))]
        return b"".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)

    stored = await rig.read(everything)
    assert code.encode() not in stored
    assert plain not in stored

    await phone.write(code)

    texts = [entry.text for entry in await phone.thread()]
    assert not any(CODE.search(text) for text in texts)
    assert any(HIDDEN in text for text in texts)


@pytest.mark.parametrize(
    "typed", [lambda code: code.lower(), lambda code: code.replace("-", " "), lambda code: code.replace("-", "")]
)
async def test_a_code_is_taken_however_it_is_typed(rig: Rig, web: Place, phone: Place, typed: Any):
    await web.write("halo", "lanjut")

    await phone.write(typed(await web.ask_code()))

    assert phone.heard[-1].startswith(DONE)


async def test_a_code_is_good_once(rig: Rig, web: Place, phone: Place):
    await web.write("halo", "lanjut")
    code = await web.ask_code()
    await phone.write(code)
    who = await phone.known()

    other = rig.at(rig.whatsapp, "62811")
    await other.write(code)

    assert other.heard == [WRONG]
    assert (await phone.known()).contact.id == who.contact.id


async def test_a_code_is_good_for_ten_minutes(rig: Rig, web: Place, phone: Place):
    await web.write("halo", "lanjut")
    code = await web.ask_code()
    rig.clock[0] += LASTS

    await phone.write(code)

    assert phone.heard == [WRONG]
    await rig.core.database.write(lambda db: overdue.forget(db, rig.core.vault, now=rig.now))
    assert not any(CODE.search(entry.text) for entry in await web.thread())


async def test_a_new_code_ends_the_one_before(rig: Rig, web: Place, phone: Place):
    await web.write("halo", "lanjut")
    first, second = await web.ask_code(), await web.ask_code()

    await phone.write(first)
    assert phone.heard == [WRONG]
    await phone.write(second)

    assert phone.heard[-1].startswith(DONE)


@pytest.mark.parametrize("word", ["berhenti", "keluar", "hapus data"])
async def test_who_stops_leaves_or_erases_takes_the_code_back(rig: Rig, web: Place, phone: Place, word: str):
    await web.write("halo", "lanjut")
    code = await web.ask_code()
    await web.write(word, *(["ya"] if word == "hapus data" else []))

    await phone.write(code)

    assert phone.heard == [WRONG]


async def test_a_code_written_where_it_was_given_stays_good(rig: Rig, web: Place, phone: Place):
    await web.write("halo", "lanjut")
    code = await web.ask_code()

    await web.write(code)
    assert web.heard[-1] == "Kode ini ditulis di tempat yang baru, bukan di sini."
    await phone.write(code)

    assert phone.heard[-1].startswith(DONE)


async def test_danger_beside_something_like_a_code_is_danger(rig: Rig, web: Place):
    await web.write("K7MX-4QRT", DANGER)

    assert await web.case() is not None


# Guessing


async def test_after_five_wrong_codes_an_hour_even_the_right_one_opens_nothing(rig: Rig, web: Place, phone: Place):
    await web.write("halo", "lanjut")
    code = await web.ask_code()
    await phone.write(*[f"K7MX-4QR{letter}" for letter in "CDFGH"])
    assert phone.heard == [WRONG] * 5

    await phone.write(code)
    assert phone.heard == [WRONG] * 6
    assert await web.find() is not None

    await rig.at(rig.whatsapp, "62811").write(code)
    assert rig.at(rig.whatsapp, "62811").heard[-1].startswith(DONE), "others may still try"


async def test_an_hour_after_the_first_wrong_code_one_may_try_again(rig: Rig, web: Place, phone: Place):
    await phone.write(*[f"K7MX-4QR{letter}" for letter in "CDFGH"])
    rig.clock[0] += WRONG_COUNT_FOR
    await web.write("halo", "lanjut")

    await phone.write(await web.ask_code())

    assert phone.heard[-1].startswith(DONE)


async def test_a_flood_of_guesses_from_everywhere_closes_the_door_for_all(rig: Rig, web: Place, phone: Place):
    def guess(db: sa.Connection) -> None:
        for number in range(MOST_WRONG_OF_ALL):
            links.note_wrong(db, rig.core.vault, number.to_bytes(16, "big"), now=rig.now)

    await rig.core.database.write(guess)
    await web.write("halo", "lanjut")

    await phone.write(await web.ask_code())

    assert phone.heard == [WRONG]


# At once


async def test_of_two_places_that_use_a_code_at_once_one_has_the_talk(rig: Rig, web: Place):
    for turn in range(5):
        start = rig.at(rig.web, f"{turn}" * 64)
        await start.write("halo", "lanjut")
        code = await start.ask_code()
        rivals = [rig.at(rig.telegram, f"{turn}-a"), rig.at(rig.whatsapp, f"{turn}-b")]

        await asyncio.gather(*(rig.core.receiver.receive([place.update(code)]) for place in rivals))
        await rig.work()

        won = [place for place in rivals if place.heard[-1].startswith(DONE)]
        lost = [place for place in rivals if place.heard[-1] == WRONG]
        assert (len(won), len(lost)) == (1, 1)


async def test_who_writes_on_while_the_code_arrives_loses_no_word(rig: Rig, web: Place, phone: Place):
    await web.write("halo", "lanjut")
    code = await web.ask_code()
    updates = [web.update("masih di sini"), phone.update(code), phone.update("sudah di hp baru"), web.update("masih juga")]

    await rig.core.receiver.receive(updates)
    await rig.work()

    thread = [entry.text for entry in await phone.thread()]
    assert "masih di sini" in thread
    assert "sudah di hp baru" in thread
    assert "masih juga" in [*thread, *(entry.text for entry in await web.thread())]


async def test_other_names_of_the_old_address_open_nothing_of_the_talk(rig: Rig, phone: Place):
    old = rig.at(rig.whatsapp, "62811")
    await old.write("halo", "lanjut", also="id-of-62811")
    await phone.write(await old.ask_code())

    same = rig.at(rig.whatsapp, "id-of-62811")
    await same.write("halo")

    assert (await phone.known()).contact.id != (await old.known()).contact.id
    assert (await phone.thread())[-1].text != "halo"
    assert "halo" in [entry.text for entry in await old.thread()]


@pytest.mark.parametrize("database", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_two_workers_let_one_code_through_once(rig: Rig):
    """Each has taken the code from one of the places before either works it, on a connection of its own."""
    core, vault = rig.core, rig.core.vault

    async def take(lease: int) -> Heard:
        (taken,) = await core.database.write(
            lambda db: inbox.take_next(db, vault, by=lease, now=NOW, lease=timedelta(seconds=60), most=1)
        )
        message = msgspec.json.decode(taken.update.body, type=InboundMessage)
        return Heard(taken=taken, message=message, understanding=Understanding.nothing())

    for turn in range(10):
        start = rig.at(rig.web, f"{turn}" * 64)
        await start.write("halo", "lanjut")
        code = await start.ask_code()
        rivals = [rig.at(rig.telegram, f"{turn}-a"), rig.at(rig.whatsapp, f"{turn}-b")]
        await core.receiver.receive([place.update(code) for place in rivals])
        heard = [await take(lease) for lease in (turn * 2 + 1, turn * 2 + 2)]

        await asyncio.gather(
            *(core.database.write(lambda db, each=each: respond.respond(db, core.parts, [each], now=NOW)) for each in heard)
        )
        await rig.work()

        won = [place for place in rivals if place.heard[-1].startswith(DONE)]
        assert [place.heard[-1] for place in rivals if place not in won] == [WRONG]
        assert [entry.text for entry in await won[0].thread() if entry.kind == "event"] == ["linked"]
