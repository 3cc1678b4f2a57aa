"""`teduh demo`: 40 invented people in every state, led through the real path, so that the console can be seen full."""

import shutil
from datetime import datetime, timedelta
from functools import partial

import msgspec
import sqlalchemy as sa

from bot.actions import handoff
from bot.app import Core, build_core, prepare, utc_now
from bot.config import Settings
from bot.content import load_content, load_interpreter
from bot.domain.cases import CaseId, Outcome
from bot.domain.messages import ContactId, InboundMessage, Kind, Update
from bot.domain.responders import Responder, ResponderId, Role
from bot.domain.staffing import Staffing
from bot.storage import cases, contacts, people, tables
from bot.talk import TerminalChannel
from nlu.understanding import Level

PEOPLE: tuple[tuple[int, tuple[str, ...]], ...] = (
    # minutes ago, what the person wrote; all invented
    (188, ("min mau tanya, suami sering mukul saya kalau mabuk", "lanjut", "buat saya", "31", "garut")),
    (181, ("halo", "lanjut", "ibu saya tidak bisa jalan, butuh kursi roda", "70", "kursi roda", "jangan dulu", "klaten")),
    (176, ("assalamualaikum, cara cek bansos gimana ya", "lanjut")),
    (170, ("kak aku kerja di kamboja, paspor diambil bos, ga boleh keluar", "lanjut", "aman")),
    (165, ("dari kemarin belum makan, tidur di emperan toko sama anak", "lanjut", "saya sendiri")),
    (161, ("mau urus akta anak tapi bapaknya ga ada", "lanjut")),
    (158, ("anak tetangga tiap malam nangis, badannya memar", "lanjut", "tetangga")),
    (152, ("aku capek hidup, rasanya pengen udahan aja", "lanjut")),
    (149, ("permisi mau tanya jadwal pelayanan", "tidak")),
    (144, ("saya habis keluar lapas, susah cari kerja", "lanjut", "saya sendiri", "38", "kerja apa saja", "jangan", "tegal")),
    (140, ("rumah kebanjiran, kami ngungsi di masjid, bayi belum ada susu", "lanjut")),
    (136, ("foto pribadi saya disebar mantan", "lanjut", "aman", "saya")),
    (131, ("adik saya dipasung di belakang rumah sama keluarga", "lanjut", "keluarga")),
    (127, ("pengen berhenti make sabu, takut ditangkap", "lanjut")),
    (122, ("bicara dengan petugas",)),
    (119, ("saya HIV, obat habis, malu ke puskesmas", "lanjut", "saya", "33", "obat", "boleh", "malam", "medan")),
    (113, ("kulo disiksa bojo kulo, wedi mulih", "lanjut")),
    (108, ("umur 16 mau dinikahkan bulan depan, aku gak mau", "lanjut", "aku sendiri")),
    (103, ("halo", "tanya dulu", "lanjut", "cuma mau lihat menu")),
    (99, ("kakek sebelah rumah sendirian, gak ada yang ngurus", "lanjut", "tetangga")),
    (95, ("nafkah anak tidak dikasih mantan suami", "lanjut", "saya", "29")),
    (90, ("saya saksi kasus, diancam mau dihabisi kalau bersaksi", "lanjut")),
    (86, ("gaji 4 bulan ga dibayar majikan di malaysia", "lanjut")),
    (81, ("makasih infonya kak",)),
    (77, ("anak saya autis, cari sekolah", "lanjut", "anak saya", "9", "sekolah yang mau terima", "boleh", "siang", "bogor")),
    (72, ("aku disuruh layani tamu tiap malam, mau keluar gak bisa", "lanjut", "aman")),
    (66, ("ibu saya pikun sering dibentak kakak", "lanjut")),
    (61, ("kehilangan ktp waktu kebakaran", "lanjut")),
    (55, ("pusing mikirin hutang, mau mati aja rasanya", "lanjut")),
    (50, ("mulung tiap hari, pengen anak bisa sekolah", "lanjut")),
    (44, ("apakah ini rahasia?", "lanjut")),
    (39, ("dipegang2 guru ngaji, aku takut cerita ke mama", "lanjut")),
    (33, ("kami suku pedalaman, mau urus kk jauh sekali", "lanjut")),
    (28, ("sering dihina karena keyakinan, mau tanya bantuan", "lanjut")),
    (22, ("hamil 7 bulan ditinggal suami, tidak ada uang periksa", "lanjut", "saya")),
    (17, ("tadi malam dicekik suami, sekarang di rumah ibu", "lanjut", "aman", "saya")),
    (12, ("ada lowongan kerja luar negeri, ini penipuan bukan ya", "lanjut")),
    (7, ("anak umur 3 ditinggal sendirian di kontrakan sebelah", "lanjut")),
    (3, ("dia gedor pintu bawa pisau tolong",)),
    (1, ("malam min, mau tanya",)),
)


class _Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.time = utc_now()

    def __call__(self) -> datetime:
        """The time it was set to."""
        return self.time


async def fill(settings: Settings) -> None:
    """Empty the demo's data folder and let the people write."""
    shutil.rmtree(settings.folder, ignore_errors=True)
    clock, channel = _Clock(), TerminalChannel("web")
    core = build_core(settings, load_content(named=settings.named), load_interpreter(), channels=[channel], now=clock)
    await prepare(core)
    start = utc_now()
    number = 0
    for person, (minutes_ago, lines) in enumerate(PEOPLE):
        clock.time = start - timedelta(minutes=minutes_ago)
        for line in lines:
            number += 1
            clock.time += timedelta(seconds=20)
            await write(core, f"demo-{person}", str(number), line)
    await _answer_some(core, clock, start)
    await core.database.close()


async def write(core: Core, address: str, key: str, text: str) -> None:
    """Let this person write, and be answered."""
    body = msgspec.json.encode(InboundMessage(kind=Kind.TEXT, text=text))
    update = Update(channel="web", account="terminal", key=key, address=address, body=body, received_at=core.now())
    await core.receiver.receive([update])
    while await core.worker.work_once():
        pass
    await core.delivery.run_until_idle()


async def _answer_some(core: Core, clock: _Clock, start: datetime) -> None:
    """Let an invented colleague close some talks and hold others."""
    bagus = Responder(
        id=ResponderId(core.new_id()),
        name="Bagus (contoh)",
        login="bagus",
        roles=frozenset({Role.RESPONDER}),
        slots=999,
        is_on_duty=True,
    )
    await core.database.write(lambda db: people.add(db, core.vault, bagus, now=start))
    # Of each level somebody waits on, somebody is held, and some are closed.
    waiting = await core.database.read(partial(_list_waiting, core=core))
    chosen = [case for level in Level for case in waiting.get(level, [])[1:5]]
    for turn, case_id in enumerate(chosen):
        clock.time = start - timedelta(seconds=60 - turn)
        await core.database.write(partial(_answer_one, core=core, bagus=bagus, case_id=case_id, turn=turn, now=clock.time))
    await core.delivery.run_until_idle()


def _list_waiting(db: sa.Connection, *, core: Core) -> dict[Level, list[CaseId]]:
    who = [ContactId(number) for number in db.scalars(sa.select(tables.contacts.c.id))]
    found: dict[Level, list[CaseId]] = {}
    for case in cases.list_open(db, core.vault, who).values():
        found.setdefault(case.level, []).append(case.id)
    return found


def _answer_one(db: sa.Connection, *, core: Core, bagus: Responder, case_id: CaseId, turn: int, now: datetime) -> None:
    case = handoff.claim(db, core.desk, case_id, by=bagus, now=now)
    talk = contacts.get(db, core.vault, case.contact_id).conversation
    handoff.reply(
        db,
        core.desk,
        case.id,
        by=bagus,
        key=f"demo-{turn}",
        text="Saya Bagus. Tulisan tadi sudah saya baca, tidak perlu diulang.",
        control_epoch=talk.control_epoch,
        seen_seq=talk.seq,
        now=now,
    )
    if turn % 3:
        handoff.close(
            db,
            core.desk,
            case.id,
            by=bagus,
            outcome=Outcome.HELPED,
            note_text="Contoh catatan.",
            farewell="Terima kasih sudah menulis. Kalau perlu, tulis lagi di sini kapan saja.",
            staffing=Staffing(on_duty=1),
            now=now,
        )
