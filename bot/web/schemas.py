"""JSON of the console's API. Ids are strings, times RFC 3339 in UTC; the browser shows them in its own zone."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from bot.actions.knock import Knock
from bot.domain.cases import CaseStatus, Control, Outcome
from bot.domain.messages import DeliveryState
from bot.domain.responders import Role
from nlu.understanding import Level

Language = Literal["id", "en"]
Speaker = Literal["contact", "program", "me", "responder"]
NotTaking = Literal["", "off_duty", "full", "nobody_waits"]
BriefState = Literal["known", "unsure", "refused", "not_asked"]
Lock = Literal["", "not_holder", "closed", "contact_blocked", "contact_stopped", "unsafe", "window_closed"]

Failure = Literal["", "unreachable", "moved", "window_closed", "superseded", "refused"]
Outage = Literal["token", "payment", "account", "intake"]

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Words = Annotated[str, msgspec.Meta(pattern=r"\S", max_length=4000)]
MaybeWords = Annotated[str, msgspec.Meta(max_length=4000)]
Credential = Annotated[str, msgspec.Meta(max_length=500)]


class Schema(msgspec.Struct):
    """The root of every request and response body."""


# ── who is signed in ─────────────────────────────────────────────────────────────────────────────────────────────────


class Person(Schema):
    """Somebody who may sign in to the console, while `is_active`."""

    id: str
    name: str
    login: str
    roles: list[Role]
    is_active: bool = True


class Me(Schema):
    """The person signed in, and whether they take people at the moment."""

    person: Person
    is_on_duty: bool


class SignIn(Schema):
    """POST /api/signin."""

    login: Credential
    password: Credential


class Accept(Schema):
    """POST /api/invitations/accept: the first administrator's link, or an invitation. The token stands in the link's fragment."""

    token: Credential
    name: Credential
    login: Credential
    password: Credential
    also_responder: bool = False


class Link(Schema):
    """POST /api/invitations/look: a one-time link whose use is looked at before anything is filled in."""

    token: Credential


class OpenLink(Schema):
    """What a one-time link is for. `is_first`: the first administrator's."""

    is_first: bool


class Invite(Schema):
    """POST /api/invitations, administrators only."""

    roles: Annotated[list[Role], msgspec.Meta(min_length=1, max_length=10)]


class Invitation(Schema):
    """A one-time link, shown once; `path` is relative to the site and carries the token in its fragment."""

    path: str
    expires_at: datetime


class Active(Schema):
    """PUT /api/people/{id}/active, administrators only."""

    is_active: bool


class Roles(Schema):
    """PUT /api/people/{id}/roles, administrators only."""

    roles: Annotated[list[Role], msgspec.Meta(min_length=1, max_length=10)]


class ResetLink(Schema):
    """Whose password a link replaces."""

    name: str
    login: str


class Reset(Schema):
    """POST /api/passwords/reset."""

    token: Credential
    password: Credential


class Duty(Schema):
    """PUT /api/duty."""

    is_on_duty: bool


class Presence(Schema):
    """POST /api/presence: the cases still held, under leases just renewed. What was lost meanwhile is not among them."""

    held: list[str]
    lease_until: datetime | None


# ── the queue ────────────────────────────────────────────────────────────────────────────────────────────────────────


class LevelCount(Schema):
    """How many wait at a level, since when the longest does, and the first time promised to one. No names, no stories."""

    level: Level
    waiting: int
    oldest_at: datetime | None
    respond_by: datetime | None = None


class CaseSummary(Schema):
    """A line of "my people". `preview` is the last message, shortened."""

    id: str
    level: Level
    name: str
    channel: str
    languages: list[str]
    status: CaseStatus
    preview: str
    preview_by: Speaker
    last_at: datetime
    unread: int
    lease_until: datetime | None


class Trouble(Schema):
    """A channel that can't be used just now. `side` sending: nothing goes out; taking: messages may not come in, or go elsewhere.

    `reason` token: it was revoked or is wrong; payment; account: locked, restricted, without a right; intake: somebody else takes
    its messages, or nobody does.
    """

    channel: str
    side: Literal["sending", "taking"]
    reason: Outage
    since: datetime


class Queue(Schema):
    """GET /api/queue: all four levels always, most urgent first. `may_take` False comes with `reason`."""

    levels: list[LevelCount]
    mine: list[CaseSummary]
    slots: int
    may_take: bool
    reason: NotTaking
    responders_on_duty: int
    troubles: list[Trouble] = []


# ── one case ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Message(Schema):
    """One thing of the thread, in order of `seq`.

    `kind` text; voice, photo, video, document, sticker, contact, unsupported (nothing to show but that it came, and a caption);
    location (`text` is latitude and longitude, as exactly as the case needs); reaction (`text` is the emoji); withdrawn (its words
    are gone); edit; note (team only); event (`text` is then one of claimed, released, lease_lost, closed, handed_over, safety_sent,
    level_raised, blocked, unblocked, unreachable, knocked, left_page, stopped, moved, linked, revoked, revoked_kept). `delivery` of
    outbound ones only. `buttons` are the labels that were offered. `failure` says why a failed one did not go out: unreachable
    (blocked us, or the number is gone), moved (the number may be in other hands), window_closed (the platform lets nobody write
    after a day of silence), superseded (somebody else speaks by now), refused (by the platform).
    """

    id: str
    seq: int
    by: Literal["contact", "program", "responder", "system"]
    kind: str
    text: str
    at: datetime
    author: str = ""
    buttons: list[str] = []
    delivery: DeliveryState | None = None
    failure: Failure = ""


class Sign(Schema):
    """Why the level is what it is: the topic, and the person's own words with the message they stand in."""

    topic: str
    level: Level
    words: str
    seq: int | None
    at: datetime


class BriefLine(Schema):
    """One answer so far. `is_inferred`: read out of other words by the program, not yet confirmed. `seq` is the message it stands in.

    `state` known; unsure, refused; not_asked (then `value` is empty).
    """

    slot: str
    label: str
    value: str
    state: BriefState
    is_inferred: bool
    seq: int | None


class Service(Schema):
    """A service of the directory that fits this case; only verified contacts are given."""

    id: str
    name: str
    contact: str
    hours: str
    note: str


class Consent(Schema):
    """What the person agreed to, in which words."""

    scope: str
    is_given: bool | None
    words: str
    at: datetime | None


class CaseDetail(Schema):
    """GET /api/cases/{id}: all that its holder sees. `version` rises with every change, `last_seq` with every message.

    A reply must name the `control_epoch` and the `seen_seq` it was written against. `may_write` False comes with `lock`, the one
    reason: not_holder, closed, contact_blocked, contact_stopped, unsafe (do not write first), window_closed (the platform delivers
    nothing, since the person last wrote too long ago). `window_until` is when it closes, null where there is no such limit.
    `knock` says whether they can then be asked to write again: possible, no_consent, no_template, sent.
    """

    id: str
    version: int
    level: Level
    status: CaseStatus
    name: str
    code: str
    channel: str
    languages: list[str]
    opened_at: datetime
    waiting_since: datetime
    respond_by: datetime
    holder: str | None
    is_mine: bool
    lease_until: datetime | None
    control: Control
    control_epoch: int
    last_seq: int
    may_write: bool
    lock: Lock
    window_until: datetime | None
    knock: Knock
    may_contact_first: bool | None
    safe_hours: str
    place: str
    signs: list[Sign]
    brief: list[BriefLine]
    notes: list[str]
    consents: list[Consent]
    services: list[Service]
    thread: list[Message]


class Reply(Schema):
    """POST /api/cases/{id}/replies. `key` is the console's own, so that a repeated request sends once.

    `asks_place`: with a button that sends where the person is, where their channel has one.
    """

    key: Key
    text: Words
    control_epoch: Count
    seen_seq: Count
    asks_place: bool = False


class Note(Schema):
    """POST /api/cases/{id}/notes: for the team, never shown to the contact."""

    key: Key
    text: Words


class Close(Schema):
    """POST /api/cases/{id}/close. `farewell` goes to the contact before the program takes over again; may be empty."""

    outcome: Outcome
    note: MaybeWords = ""
    farewell: MaybeWords = ""


class RaiseLevel(Schema):
    """PUT /api/cases/{id}/level: a responder may raise, only a supervisor lower."""

    level: Level


class News(Schema):
    """What GET /api/events tells, as JSON after `data:`. It carries no content, only where to look again.

    queue: counts or holders changed. case: something was said or changed in it, up to `seq`. delivery: a message of this case got
    further. lease_lost: one's own case went back to the queue. refresh: some news were missed, look at everything.
    """

    kind: Literal["queue", "case", "delivery", "lease_lost", "refresh"]
    case: str = ""
    seq: int = 0


class Fault(Schema):
    """Every error of the API. `code` is ours and stable, `message` in the reader's language, `field` where one is at fault.

    409: case_already_claimed, conversation_moved_on (someone wrote; `last_seq` is now), control_lost, case_closed, stale_version,
    contact_unreachable, contact_unsafe, window_closed, may_not_knock,
    login_taken. 404: nobody_waits, case_not_found, message_not_found, not_found.
    403: not_allowed, not_holder,
    off_duty, no_slot, level_only_rises, cross_site. 401: signed_out, wrong_password, link_used. 400: invalid, login_unusable,
    name_unusable, password_too_short, password_too_long, password_too_common, password_holds_login. 413: too_large.
    429: too_many_tries (`wait_seconds`). 503: unavailable. 500: unexpected.
    """

    code: str
    message: str
    field: str = ""
    last_seq: int | None = None
    wait_seconds: int | None = None
