"""A message that its writer took back: its words are forgotten, unless somebody had to act on them already."""

from datetime import datetime

import sqlalchemy as sa

from bot.actions.talk import Talk
from bot.domain.cases import Control
from bot.domain.messages import OutboundMessage
from bot.storage import cases, messages
from bot.storage.messages import By
from bot.storage.vault import Vault

KEPT, FORGOTTEN = "revoked_kept", "revoked"
"""The events in the thread."""


def withdraw(db: sa.Connection, vault: Vault, talk: Talk, platform_id: str, offer: OutboundMessage, *, now: datetime) -> None:
    """Forget the words of the contact's message that the platform calls this.

    What a responder has read stays, for she may have acted on it, and the contact is offered (by `offer`) to have all erased.
    """
    fresh = next((e.seq for e in talk.entries if e.by is By.CONTACT and e.platform_id == platform_id), 0)
    if fresh:
        talk.forget_words(fresh)
        talk.enter_event(FORGOTTEN, now=now)
        return
    read = 0
    if talk.case is not None and not talk.is_case_new:
        read = cases.read_seqs(db, [talk.case.id]).get(talk.case.id, 0)
    seq, is_forgotten = (0, False)
    if platform_id and not talk.is_new:
        seq, is_forgotten = messages.withdraw(db, vault, talk.contact.id, platform_id, above=read)
    if is_forgotten:
        talk.forget_words(seq)
    is_kept = seq > 0 and not is_forgotten
    talk.enter_event(KEPT if is_kept else FORGOTTEN, now=now)
    if is_kept and talk.control in (Control.BOT, Control.PENDING):
        talk.say(offer, level=None, now=now)
