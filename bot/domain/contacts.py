"""A contact: the person who writes, known by an address on a channel and nothing else."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from bot.domain.cases import Control
from bot.domain.messages import ContactId


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """One person on one channel. `address` is personal data: sealed at rest, found by HMAC, never logged."""

    id: ContactId
    channel: str
    account: str
    address: str
    is_reachable: bool = True


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """How the talk with a contact stands.

    `seq` numbers everything said in it, in both directions; `inbound_seq` is the contact's last. `control_epoch` rises with
    every change of who speaks; what was queued under an older one is not sent. `version` rises with each save. `wrote_at` is when,
    by the platform's clock, the contact last wrote: some platforms let us answer for a day only. `shown_after`: what is numbered up
    to it was said at another address, and is not shown at this one.
    """

    contact: Contact
    seq: int = 0
    inbound_seq: int = 0
    control: Control = Control.BOT
    control_epoch: int = 1
    version: int = 0
    last_inbound_at: datetime | None = None
    last_holding_at: datetime | None = None
    wrote_at: datetime | None = None
    shown_after: int = 0


def code_of(contact_id: ContactId) -> str:
    """A short name for somebody who gave none, the same each time: six characters without vowels, so it spells no word."""
    alphabet = "23456789BCDFGHJKLMNPQRSTVWXZ"
    number, letters = int(contact_id), ""
    for _ in range(6):
        number, rest = divmod(number, len(alphabet))
        letters += alphabet[rest]
    return letters


def hand_control(conversation: Conversation, control: Control) -> Conversation:
    """The conversation with another speaker. Bot and pending are both the program's, so the epoch stays between them."""
    program = (Control.BOT, Control.PENDING)
    if control is conversation.control:
        return conversation
    is_same_speaker = control in program and conversation.control in program
    epoch = conversation.control_epoch + (0 if is_same_speaker else 1)
    return replace(conversation, control=control, control_epoch=epoch)
