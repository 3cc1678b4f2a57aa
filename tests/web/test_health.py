"""What an operator's alarm looks at: counts and ages, of channels and people, never content."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bot.app import Core, build_core
from bot.channels.standing import Side
from bot.config import Data, Settings
from bot.content import load_content, load_interpreter
from bot.storage import contacts
from bot.storage.migrate import migrate
from bot.web.build import build_site
from tests.builders import make_known
from tests.fakes.recording import RecordingChannel


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    settings = Settings(data=Data(folder=str(tmp_path)))
    core = build_core(settings, load_content(), load_interpreter(), channels=[RecordingChannel("whatsapp")])
    await migrate(core.database)
    yield core
    await core.database.close()


async def figures(core: Core) -> str:
    transport = httpx.ASGITransport(build_site(core))  # type: ignore[arg-type]  # narrower types
    async with httpx.AsyncClient(transport=transport, base_url="http://teduh.test") as client:
        return (await client.get("/metrics")).text


async def test_sends_of_unknown_fate_are_counted(core: Core):
    assert "teduh_outbox_were_unknown 0.0" in await figures(core)


async def test_a_channel_that_is_down_and_people_who_are_gone_are_counted(core: Core):
    known = make_known(1)
    await core.database.write(lambda db: contacts.save(db, core.vault, [known], now=core.now()))
    before = await figures(core)
    await core.database.write(lambda db: contacts.save_reach(db, [(known.contact.id, False)]))
    core.standing.note("whatsapp", Side.SENDING, "whatsapp_131042")
    down = await figures(core)
    core.standing.clear("whatsapp", Side.SENDING)

    line = 'teduh_channel_down_seconds{channel="whatsapp",side="sending"} '
    assert f"{line}0.0" in before
    assert f"{line}1.0" in down
    assert f"{line}0.0" in await figures(core)
    assert 'teduh_contacts_unreachable{channel="web"} 1.0' in down
    assert "teduh_contacts_unreachable{" not in before
