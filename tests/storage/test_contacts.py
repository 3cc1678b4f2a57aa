"""A talk read back is the talk that was written."""

import pytest

from bot.dialogue.session import AnswerState, Given, Session, Value
from bot.storage import contacts
from bot.storage.contacts import Known, Memory
from bot.storage.database import Database
from bot.storage.inbox import address_digest
from bot.storage.vault import Vault
from nlu.answers import read_answer
from tests.builders import NOW, make_known


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("yes", id="word"),
        pytest.param(27, id="number"),
        pytest.param(("a", "b"), id="several"),
        pytest.param({"province": "Jawa Timur", "regency": "Kota Surabaya"}, id="place"),
        pytest.param(read_answer("place", "jawa timur").value, id="place as it is read, without a regency"),
    ],
)
async def test_every_kind_of_answer_is_read_back(database: Database, vault: Vault, value: Value) -> None:
    answers = {"umur": Given(state=AnswerState.KNOWN, value=value, at=NOW)}
    known = make_known(1)
    written = Known(conversation=known.conversation, memory=Memory(session=Session(version="1", answers=answers)), is_new=True)
    await database.write(lambda db: contacts.save(db, vault, [written], now=NOW))

    who = known.contact
    digest = address_digest(vault, channel=who.channel, account=who.account, address=who.address)
    read = await database.read(lambda db: contacts.list_by_digest(db, vault, {digest: known.contact.address}))

    assert read[digest].memory.session == written.memory.session
