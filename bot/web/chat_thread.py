"""The thread as the web chat's page may see it: both sides' words, who speaks, nothing that the team wrote for itself."""

import re
from datetime import datetime, timedelta
from urllib.parse import quote

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from bot.channels.webchat import NAME
from bot.dialogue.watched import SAFE_SLOT
from bot.domain.cases import Case, Control
from bot.domain.messages import Button, Contactable
from bot.storage import cases, contacts, messages, people
from bot.storage.contacts import Known
from bot.storage.messages import By, Entry
from bot.storage.vault import Vault

RESTS_AFTER = timedelta(minutes=10)
"""Silence after which a page shows nothing of the talk before it is asked to: somebody else may hold the phone by then.

Source: docs/decisions/web-chat.md.
"""


class Service(msgspec.Struct, omit_defaults=True):
    """Something to call or open. `href` is the link that does it, empty when there is none."""

    name: str
    value: str
    kind: str
    href: str = ""
    note: str = ""


class Bubble(msgspec.Struct, omit_defaults=True):
    """One thing of the thread. `by`: me, program or responder. `key` is the page's own name of a message that it sent."""

    seq: int
    by: str
    at: datetime
    text: str = ""
    kind: str = "text"
    key: str = ""
    author: str = ""
    buttons: list[Button] = []
    services: list[Service] = []


class State(msgspec.Struct):
    """How the talk stands. `name` of the person who speaks, if one does; `since` when a person was called, while the talk is
    theirs or waits for them; `is_anybody_on_duty`, told while it waits.

    `first` is the number of the first thing that may still be shown: what was before is erased, or was said elsewhere. `rests`: nobody
    wrote for a while.
    `is_watched`: the contact said that others can read this screen. Then the rest is told as if nobody had been called.
    """

    control: str
    name: str
    since: datetime | None
    first: int
    rests: bool
    is_anybody_on_duty: bool = False
    is_watched: bool = False


class News(msgspec.Struct):
    """What a page that has all up to some number doesn't have yet. Without `state`, nobody ever wrote from there."""

    bubbles: list[Bubble]
    state: State | None
    contact: str = ""


def read_news(db: sa.Connection, vault: Vault, token: str, *, after: int, now: datetime) -> News:
    """What is new above `after` for the page that holds this token."""
    known = contacts.find(db, vault, channel=NAME, account=NAME, address=token) if token else None
    if known is None:
        return News(bubbles=[], state=None)
    entries = messages.list_for_contact(db, vault, known.contact.id, after=max(after, known.conversation.shown_after))
    state = _state(db, vault, known, now)
    return News(bubbles=[_bubble(entry) for entry in entries], state=state, contact=str(known.contact.id))


def _state(db: sa.Connection, vault: Vault, known: Known, now: datetime) -> State:
    talk = known.conversation
    quiet = State(
        control=Control.BOT.value,
        name="",
        since=None,
        first=max(messages.first_seq(db, talk.contact.id), talk.shown_after + 1),
        rests=talk.last_inbound_at is not None and now - talk.last_inbound_at > RESTS_AFTER,
        is_watched=_is_watched(known),
    )
    if quiet.is_watched:
        return quiet
    case: Case | None = None
    if talk.control in (Control.HUMAN, Control.PENDING):
        case = cases.list_open(db, vault, [talk.contact.id]).get(talk.contact.id)
    name = ""
    if case is not None and case.holder is not None and talk.control is Control.HUMAN:
        name = people.list_names(db, vault, [case.holder]).get(case.holder, "")
    return replace(
        quiet,
        control=talk.control.value,
        name=name,
        since=case.waiting_since if case is not None else None,
        is_anybody_on_duty=talk.control is Control.PENDING and people.count_on_duty(db, now) > 0,
    )


def _is_watched(known: Known) -> bool:
    """Whether the contact said that writing is not safe, and not since that it is."""
    given = known.memory.session.answers.get(SAFE_SLOT) if known.memory.session else None
    return given is not None and given.value == "no"


def _bubble(entry: Entry) -> Bubble:
    is_mine = entry.by is By.CONTACT
    return Bubble(
        seq=entry.seq,
        by="me" if is_mine else entry.by.value,
        at=entry.at,
        text=entry.text,
        kind=entry.kind,
        key=entry.platform_id if is_mine else "",
        author=entry.author,
        buttons=list(entry.buttons),
        services=[_service(each) for each in entry.services],
    )


def _service(shown: Contactable) -> Service:
    href = link_to(shown.kind, shown.value)
    return Service(name=shown.name, value=shown.value, kind=shown.kind, href=href, note=shown.note)


def link_to(kind: str, value: str) -> str:
    """The link that dials or opens this contact. Empty for what can't be one."""
    match kind:
        case "phone":
            number, _, extension = re.sub(r"[^\d+x]", "", value.replace("ext", "x")).partition("x")
            # A comma is a pause: the extension is dialled when the line has answered.
            return f"tel:{number}" + (f",{extension}" if extension else "")
        case "whatsapp":
            return "https://wa.me/" + re.sub(r"^0", "62", re.sub(r"\D", "", value))
        case "email":
            return "mailto:" + quote(value, safe="@")
        case "web":
            return value if value.startswith("https://") else ""
        case _:
            return ""
