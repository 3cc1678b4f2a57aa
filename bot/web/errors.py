"""One table: our error → HTTP status, code, and words in the reader's language. What isn't in it says nothing about itself."""

from dataclasses import dataclass

from litestar.exceptions import HTTPException, ValidationException

from bot.actions.handoff import (
    ContactUnreachable,
    ContactUnsafe,
    ControlLost,
    ConversationMovedOn,
    NobodyWaits,
    NoFreeSlot,
    WindowClosed,
)
from bot.actions.knock import MayNotKnock
from bot.actions.people import LinkUsed, OffDuty, TooManyTries, WrongPassword
from bot.actions.team import LastAdministrator, PersonNotFound
from bot.domain.cases import CaseAlreadyClaimed, CaseClosed, LevelOnlyRises, NotTheHolder
from bot.domain.credentials import LoginUnusable, NameUnusable, PasswordWeak, Weakness
from bot.domain.responders import NotAllowed
from bot.errors import BotError
from bot.storage.cases import CaseNotFound, StaleCase
from bot.storage.database import DatabaseUnusable
from bot.storage.passwords import TooBusy
from bot.storage.people import LoginTaken
from bot.web.schemas import Fault, Language
from bot.web.security import CrossSite


class SignedOut(BotError):
    """Nobody is signed in, or not any more."""


class MessageNotFound(BotError):
    """There is no such message, or it is none that can be sent again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """How an error is told."""

    status: int
    code: str
    field: str = ""


_TABLE: dict[type[Exception], Answer] = {
    SignedOut: Answer(status=401, code="signed_out"),
    WrongPassword: Answer(status=401, code="wrong_password"),
    LinkUsed: Answer(status=401, code="link_used"),
    NotAllowed: Answer(status=403, code="not_allowed"),
    NotTheHolder: Answer(status=403, code="not_holder"),
    OffDuty: Answer(status=403, code="off_duty"),
    NoFreeSlot: Answer(status=403, code="no_slot"),
    LevelOnlyRises: Answer(status=403, code="level_only_rises"),
    CrossSite: Answer(status=403, code="cross_site"),
    PersonNotFound: Answer(status=404, code="person_not_found"),
    LastAdministrator: Answer(status=409, code="last_administrator"),
    NobodyWaits: Answer(status=404, code="nobody_waits"),
    CaseNotFound: Answer(status=404, code="case_not_found"),
    MessageNotFound: Answer(status=404, code="message_not_found"),
    CaseAlreadyClaimed: Answer(status=409, code="case_already_claimed"),
    StaleCase: Answer(status=409, code="stale_version"),
    CaseClosed: Answer(status=409, code="case_closed"),
    ConversationMovedOn: Answer(status=409, code="conversation_moved_on"),
    ControlLost: Answer(status=409, code="control_lost"),
    ContactUnreachable: Answer(status=409, code="contact_unreachable"),
    ContactUnsafe: Answer(status=409, code="contact_unsafe"),
    WindowClosed: Answer(status=409, code="window_closed"),
    MayNotKnock: Answer(status=409, code="may_not_knock"),
    LoginTaken: Answer(status=409, code="login_taken", field="login"),
    LoginUnusable: Answer(status=400, code="login_unusable", field="login"),
    NameUnusable: Answer(status=400, code="name_unusable", field="name"),
    TooManyTries: Answer(status=429, code="too_many_tries"),
    DatabaseUnusable: Answer(status=503, code="unavailable"),
    TooBusy: Answer(status=503, code="unavailable"),
}
_BY_STATUS = {404: "not_found", 405: "not_found", 413: "too_large", 415: "invalid"}
_PASSWORDS = {
    Weakness.TOO_SHORT: "password_too_short",
    Weakness.TOO_LONG: "password_too_long",
    Weakness.TOO_COMMON: "password_too_common",
    Weakness.HOLDS_LOGIN: "password_holds_login",
}

WORDS: dict[str, tuple[str, str]] = {
    "signed_out": ("Anda perlu masuk lagi. Draf Anda aman.", "You need to sign in again. Your draft is safe."),
    "wrong_password": ("Nama masuk atau kata sandi belum cocok.", "That login and password do not match."),
    "link_used": (
        "Tautan ini sudah dipakai atau sudah lewat waktunya. Minta tautan baru.",
        "This link was used already or has run out. Ask for a new one.",
    ),
    "not_allowed": ("Peran Anda belum mencakup hal ini.", "Your role does not cover this."),
    "not_holder": (
        "Percakapan ini tidak sedang bersama Anda. Draf Anda aman.",
        "This conversation is not with you at the moment. Your draft is safe.",
    ),
    "off_duty": ("Anda sedang tidak bertugas. Mulai bertugas dulu.", "You are off duty. Go on duty first."),
    "no_slot": (
        "Anda sudah mendampingi sebanyak yang bisa. Selesaikan satu dulu.",
        "You are with as many people as you can be. Finish with one first.",
    ),
    "level_only_rises": ("Menurunkan tingkat hanya oleh supervisor.", "Only a supervisor lowers a level."),
    "cross_site": ("Permintaan ini tidak datang dari halaman konsol.", "This request did not come from the console's page."),
    "person_not_found": ("Orang ini tidak ada.", "There is no such person."),
    "last_administrator": (
        "Ini administrator terakhir. Jadikan orang lain administrator dulu.",
        "This is the last administrator. Make somebody else one first.",
    ),
    "nobody_waits": ("Belum ada yang menunggu.", "Nobody is waiting."),
    "case_not_found": ("Percakapan ini tidak ada atau sudah dihapus.", "This conversation is not there or was erased."),
    "message_not_found": ("Pesan ini tidak bisa dikirim lagi.", "This message can't be sent again."),
    "case_already_claimed": (
        "Petugas lain sudah menerima. Terima kasih sudah cepat.",
        "Another responder has accepted. Thank you for being quick.",
    ),
    "stale_version": (
        "Ada perubahan sejak tadi. Draf Anda aman; lihat dulu, lalu coba lagi.",
        "Something changed meanwhile. Your draft is safe; look first, then try again.",
    ),
    "case_closed": ("Percakapan ini sudah ditutup. Draf Anda aman.", "This conversation is closed. Your draft is safe."),
    "conversation_moved_on": (
        "Belum dikirim: ada tulisan baru. Baca dulu. Draf Anda aman.",
        "Not sent yet: they wrote again. Read first. Your draft is safe.",
    ),
    "control_lost": (
        "Belum dikirim: percakapan ini sudah berpindah. Draf Anda aman.",
        "Not sent yet: the conversation moved on to someone else. Your draft is safe.",
    ),
    "contact_unreachable": (
        "Pesan tidak bisa sampai. Jangan mencari jalan lain; ini bisa jadi pilihannya.",
        "Messages cannot arrive. Do not look for another way; it may be their choice.",
    ),
    "contact_unsafe": (
        "Jangan menulis lebih dulu. Tunggu sampai ia menulis. Draf Anda aman.",
        "Do not write first. Wait until they write. Your draft is safe.",
    ),
    "window_closed": (
        "Ia sudah lebih dari sehari tidak menulis, jadi WhatsApp tidak mengantar pesan. Draf Anda aman.",
        "They have not written for more than a day, so WhatsApp delivers nothing. Your draft is safe.",
    ),
    "may_not_knock": (
        "Ia tidak bisa diminta menulis lagi dari sini.",
        "They cannot be asked to write again from here.",
    ),
    "login_taken": ("Nama masuk ini sudah dipakai. Pilih yang lain.", "This login is taken. Choose another."),
    "login_unusable": (
        "Nama masuk: 3 sampai 40 huruf kecil, angka, atau . _ @ + -",
        "A login has 3 to 40 small letters, digits, or . _ @ + -",
    ),
    "name_unusable": ("Nama: 1 sampai 60 huruf.", "A name has 1 to 60 characters."),
    "password_too_short": (
        "Kata sandi paling sedikit 12 huruf. Empat kata acak sudah cukup.",
        "A password has at least 12 characters. Four random words will do.",
    ),
    "password_too_long": ("Kata sandi paling banyak 128 huruf.", "A password has at most 128 characters."),
    "password_too_common": (
        "Kata sandi ini mudah ditebak. Coba empat kata acak.",
        "This password is easy to guess. Try four random words.",
    ),
    "password_holds_login": (
        "Kata sandi ini terlalu mirip nama Anda. Coba empat kata acak.",
        "This password is too close to your name. Try four random words.",
    ),
    "too_many_tries": (
        "Terlalu sering mencoba. Tunggu sebentar, lalu coba lagi.",
        "Too many tries. Wait a little, then try again.",
    ),
    "unavailable": (
        "Sistem belum bisa menyimpan. Draf Anda aman; coba lagi sebentar.",
        "The system cannot save at the moment. Your draft is safe; try again shortly.",
    ),
    "not_found": ("Halaman ini tidak ada.", "There is no such page."),
    "too_large": ("Kiriman ini terlalu besar.", "This is too large."),
    "invalid": ("Ada isian yang belum pas.", "Something in the form is not right yet."),
    "unexpected": (
        "Ada yang belum beres di sistem. Draf Anda aman; coba lagi sebentar.",
        "Something went wrong here. Your draft is safe; try again shortly.",
    ),
}
"""By code: Indonesian, English."""


def fault_of(exc: Exception, *, language: Language) -> tuple[int, Fault]:
    """The status and body that tell this error."""
    status, code, field = _place(exc)
    fault = Fault(code=code, message=WORDS[code][0 if language == "id" else 1], field=field)
    if isinstance(exc, ConversationMovedOn):
        fault.last_seq = exc.last_seq
    if isinstance(exc, TooManyTries):
        fault.wait_seconds = exc.wait_seconds
    return status, fault


def _place(exc: Exception) -> tuple[int, str, str]:
    if isinstance(exc, PasswordWeak):
        return 400, _PASSWORDS[exc.weakness], "password"
    found = _TABLE.get(type(exc))
    if found is not None:
        return found.status, found.code, found.field
    if isinstance(exc, ValidationException):
        return 400, "invalid", _field_of(exc)
    if isinstance(exc, HTTPException) and exc.status_code < 500:
        return exc.status_code, _BY_STATUS.get(exc.status_code, "invalid"), ""
    return 500, "unexpected", ""


def _field_of(exc: ValidationException) -> str:
    """The name of the field at fault: ours, never what somebody put in it."""
    first = exc.extra[0] if isinstance(exc.extra, list) and exc.extra else {}
    key = first.get("key", "") if isinstance(first, dict) else ""
    return key if isinstance(key, str) and key.isascii() and len(key) <= 40 and key != "data" else ""


def language_of(header: str | None) -> Language:
    """The language of an Accept-Language header: English where it is wanted before Indonesian, else Indonesian."""
    best: tuple[float, Language] = (0.0, "id")
    for part in (header or "").split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        name = tag.strip().lower().partition("-")[0]
        try:
            value = float(weight) if weight else 1.0
        except ValueError:
            continue
        if value > best[0] and name in ("id", "en"):
            best = (value, "en" if name == "en" else "id")
    return best[1]
