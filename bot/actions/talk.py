"""One contact's talk while it is worked: loaded as values, changed in place, saved as values again."""

from collections.abc import Callable
from copy import copy
from datetime import datetime, timedelta

from msgspec.structs import replace

from bot.actions.speaking import with_keyboard
from bot.dialogue.session import Session
from bot.domain.cases import Case, CaseId, Control, Sign, open_case, raise_to
from bot.domain.contacts import Conversation, hand_control
from bot.domain.messages import Form, InboundMessage, Kind, MessageId, OutboundMessage
from bot.domain.places import write_place
from bot.storage.consents import Consent
from bot.storage.contacts import Keyboard, Known, Memory
from bot.storage.messages import EVENT, TEXT, WITHDRAWN, By, Entry
from bot.storage.outbox import Due, Outgoing
from nlu.understanding import Level, most_urgent

_SIGNS_KEPT = 40
"""Signs of one case: more tell a responder nothing new, and a flood must not make the row grow without end."""

_EVENTS = {
    Kind.BLOCKED: "blocked",
    Kind.UNBLOCKED: "unblocked",
    Kind.LEFT: "left_page",
    Kind.MOVED: "moved",
}
_NO_WORDS = (*_EVENTS, Kind.REVOKED, Kind.EDIT, Kind.REACTION)
_FILES = (Kind.VOICE, Kind.PHOTO, Kind.VIDEO, Kind.DOCUMENT)
_ALBUM = timedelta(seconds=10)
_TEXTS = (Kind.BUTTON, Kind.START)


class Talk:
    """How a talk stands, and all that its messages have led to so far."""

    def __init__(self, known: Known, case: Case | None, new_id: Callable[[], int]) -> None:
        self._loaded = known
        talk = known.conversation
        self.contact = talk.contact
        self.is_new = known.is_new
        self.seq, self.inbound_seq = talk.seq, talk.inbound_seq
        self.control, self.control_epoch = talk.control, talk.control_epoch
        self.version = talk.version
        self.last_inbound_at, self.last_holding_at = talk.last_inbound_at, talk.last_holding_at
        self.wrote_at = talk.wrote_at
        self.aliases: set[bytes] = set()
        self.session: Session | None = known.memory.session
        self.case = self.case_before = case
        self.kept_signs, self.kept_notes = known.memory.signs, known.memory.notes
        self.keyboard = known.memory.keyboard
        self.files_at = known.memory.files_at
        self.new_signs: list[Sign] = []
        self.new_notes: list[str] = []
        self.entries: list[Entry] = []
        self.outgoing: list[Outgoing] = []
        self.bubbles: dict[MessageId, OutboundMessage] = {}
        self.agreed: list[Consent] = []
        self.reach: bool | None = None
        self.is_moved = False
        self.is_erased = False
        self.leaves_phone = False
        self.also_removed: list[str] = []
        self._new_id = new_id

    def snapshot(self) -> "Talk | None":
        """The talk as it is now, to go back to; None while nothing happened in it. Lists only ever grow."""
        if not self.is_changed:
            return None
        kept = copy(self)
        kept.entries, kept.outgoing, kept.agreed = self.entries[:], self.outgoing[:], self.agreed[:]
        kept.also_removed = self.also_removed[:]
        return kept

    def restore(self, before: "Talk | None") -> None:
        """Undo what was done since the snapshot."""
        self.__dict__.update((before or Talk(self._loaded, self.case_before, self._new_id)).__dict__)
        self.new_signs, self.new_notes = [], []

    @property
    def is_changed(self) -> bool:
        """Whether anything happened in it."""
        return bool(self.entries) or self.reach is not None or self.is_erased

    @property
    def is_case_new(self) -> bool:
        """Whether the case was opened just now."""
        return self.case is not None and self.case_before is None

    @property
    def is_case_raised(self) -> bool:
        """Whether the case is more urgent than it was."""
        return self.case is not None and self.case_before is not None and self.case.level is not self.case_before.level

    @property
    def signs(self) -> tuple[Sign, ...]:
        """What was seen before this message."""
        return self.case.signs if self.case else self.kept_signs

    @property
    def reasons(self) -> tuple[str, ...]:
        """The topics seen so far."""
        return tuple(dict.fromkeys(sign.topic for sign in self.signs))

    def known(self) -> Known:
        """The talk as values, to be saved."""
        conversation = Conversation(
            contact=self.contact,
            seq=self.seq,
            inbound_seq=self.inbound_seq,
            control=self.control,
            control_epoch=self.control_epoch,
            version=self.version,
            last_inbound_at=self.last_inbound_at,
            last_holding_at=self.last_holding_at,
            wrote_at=self.wrote_at,
        )
        memory = Memory(
            session=self.session,
            signs=self.kept_signs,
            notes=self.kept_notes,
            keyboard=self.keyboard,
            files_at=self.files_at,
        )
        return Known(conversation=conversation, memory=memory, is_new=self.is_new)

    def hand_control(self, control: Control) -> None:
        """Let somebody else speak from now on."""
        if control is not self.control:
            changed = hand_control(self.known().conversation, control)
            self.control, self.control_epoch = changed.control, changed.control_epoch

    def enter(self, message: InboundMessage, *, now: datetime) -> int:
        """Add the contact's message to the thread. Its number."""
        if message.kind not in _NO_WORDS:
            # By the platform's clock, which counts; never later than ours, whatever it says.
            wrote_at = min(message.sent_at or now, now)
            self.wrote_at = max(self.wrote_at or wrote_at, wrote_at)
        event = _EVENTS.get(message.kind)
        if event is not None:
            self.enter_event(event, now=now)
        elif message.kind is Kind.REVOKED:
            return self.seq
        else:
            kind, text = TEXT if message.kind in _TEXTS else message.kind.value, message.text
            if message.latitude is not None and message.longitude is not None:
                text = write_place(message.latitude, message.longitude, message.place_name)
                self.keyboard = Keyboard.USED if self.keyboard is Keyboard.ASKS_PLACE else self.keyboard
            self._enter(By.CONTACT, kind, text, now=now, platform_id=message.platform_id)
        self.inbound_seq = self.seq
        return self.seq

    def is_of_an_album(self, message: InboundMessage, *, now: datetime) -> bool:
        """Whether this file came right after another that was answered already: pictures sent together get one answer."""
        if message.kind not in _FILES or message.text:
            return False
        is_after = self.files_at is not None and now - self.files_at < _ALBUM
        self.files_at = now
        return is_after

    def enter_event(self, event: str, *, now: datetime) -> None:
        """Add to the thread that something happened, for the team."""
        self._enter(By.SYSTEM, EVENT, event, now=now)

    def say(self, message: OutboundMessage, *, level: Level | None, now: datetime, is_safety: bool = False) -> None:
        """Add the program's bubble to the thread and to what goes out."""
        if self.keyboard is not Keyboard.NONE:
            message, self.keyboard = with_keyboard(message, self.keyboard)
        message_id = self._enter(By.PROGRAM, TEXT, message.text, now=now, message=message)
        self.bubbles[message_id] = message
        self.outgoing.append(
            Outgoing(
                id=message_id,
                contact_id=self.contact.id,
                rank=level.rank if level else 4,
                control_epoch=self.control_epoch,
                due_at=now,
                is_safety=is_safety,
            )
        )

    @property
    def is_of_one_speaker(self) -> bool:
        """Whether who speaks did not change after a reply was made: the queue drops what is out of date."""
        return all(row.control_epoch == self.control_epoch for row in self.outgoing)

    def due(self, lease: int) -> list[Due]:
        """What goes out, as its sender takes it under this lease."""
        return [
            Due(
                id=row.id,
                contact_id=row.contact_id,
                channel=self.contact.channel,
                account=self.contact.account,
                address=self.contact.address,
                message=self.bubbles[row.id],
                attempts=1,
                is_human=row.is_human,
                was_unknown=False,
                lease=lease,
                is_safety=row.is_safety,
                wrote_at=self.wrote_at,
            )
            for row in self.outgoing
        ]

    def _enter(
        self,
        by: By,
        kind: str,
        text: str,
        *,
        now: datetime,
        platform_id: str = "",
        message: OutboundMessage | None = None,
    ) -> MessageId:
        self.seq += 1
        entry = Entry(
            id=MessageId(self._new_id()),
            contact_id=self.contact.id,
            seq=self.seq,
            by=by,
            kind=kind,
            at=now,
            text=text,
            buttons=message.buttons if message else (),
            services=message.services if message else (),
            platform_id=platform_id,
            form=message.form if message else Form.PLAIN,
        )
        self.entries.append(entry)
        return entry.id

    def keep_for_a_case(self) -> None:
        """Keep what was seen and noted until there is a case, if ever."""
        if self.new_signs or self.new_notes:
            self.kept_signs = (*self.kept_signs, *self.new_signs)[-_SIGNS_KEPT:]
            self.kept_notes = (*self.kept_notes, *self.new_notes)[-_SIGNS_KEPT:]
            self.new_signs, self.new_notes = [], []

    def raise_case(self, floor: Level | None, *, may_contact_first: bool, now: datetime) -> None:
        """Open the case, or raise it, by what was seen."""
        signs, notes = tuple(self.new_signs), tuple(self.new_notes)
        level = most_urgent(floor, *(sign.level for sign in signs))
        if self.case is None:
            signs, notes = self.kept_signs + signs, self.kept_notes + notes
            level = most_urgent(level, *(sign.level for sign in signs)) or Level.P3
            self.case = open_case(CaseId(self._new_id()), self.contact.id, level=level, signs=signs, now=now)
            self.kept_signs, self.kept_notes = (), ()
        else:
            self.case = raise_to(self.case, level, signs=signs, now=now)
        is_quieter = self.case.may_contact_first and not may_contact_first
        # A case has many fields: a copy is made only where something is new.
        if notes or is_quieter or len(self.case.signs) > _SIGNS_KEPT:
            self.case = replace(
                self.case,
                signs=self.case.signs[-_SIGNS_KEPT:],
                notes=tuple(dict.fromkeys((*self.case.notes, *notes)))[-_SIGNS_KEPT:],
                may_contact_first=self.case.may_contact_first and may_contact_first,
            )
        self.new_signs, self.new_notes = [], []

    def complete_case(self, *, groups: tuple[str, ...], referrals: tuple[str, ...]) -> None:
        """Add the groups and the services shown to the case."""
        if self.case is None:
            return
        groups = tuple(dict.fromkeys((*self.case.groups, *groups)))
        referrals = tuple(dict.fromkeys((*self.case.referrals, *referrals)))
        if (groups, referrals) != (self.case.groups, self.case.referrals):
            self.case = replace(self.case, groups=groups, referrals=referrals)

    def forget_words(self, seq: int) -> None:
        """Forget what was understood from this message of the thread; that there was danger stays."""
        self.entries = [
            replace(entry, kind=WITHDRAWN, text="", platform_id="") if entry.seq == seq else entry for entry in self.entries
        ]
        self.kept_signs = tuple(_without_words(sign, seq) for sign in self.kept_signs)
        if self.case is not None:
            self.case = replace(self.case, signs=tuple(_without_words(sign, seq) for sign in self.case.signs))
        if self.session is not None:
            answers = {slot: given for slot, given in self.session.answers.items() if given.seq != seq}
            self.session = replace(self.session, answers=answers)

    def leave_phone(self) -> None:
        """Let what was said so far be removed from the contact's phone, as far as the platform can."""
        self.leaves_phone = True
        if self.keyboard is Keyboard.ASKS_PLACE:
            # It says what was asked: the harmless words take it away.
            self.keyboard = Keyboard.USED
        self.also_removed += [entry.platform_id for entry in self.entries if entry.platform_id]

    def erase(self) -> None:
        """Forget all that was said, this message included; what is said from here on is only the confirmation."""
        self.leave_phone()
        self.is_erased = True
        # Its case ends with the erasure; what is told from here on may open another.
        self.case = self.case_before = None
        self.session = None
        self.kept_signs, self.kept_notes = (), ()
        self.new_signs, self.new_notes = [], []
        self.entries, self.outgoing, self.agreed = [], [], []


def _without_words(sign: Sign, seq: int) -> Sign:
    return replace(sign, words="") if sign.seq == seq else sign
