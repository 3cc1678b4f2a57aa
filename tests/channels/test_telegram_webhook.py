"""The webhook as an operator handles it, and as the program watches it."""

import asyncio

import pytest

from bot.channels import telegram_webhook
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_webhook import WebhookNotChanged
from bot.config import ConfigurationFaulty, Settings, Telegram, Web, load
from tests.fakes.bot_api import TOKEN, FakeBotApi, Fault

SECRETS = {"webhook_path": "p" * 24, "webhook_secret": "s" * 24}
PLACE = f"https://teduh.test/webhooks/telegram/{SECRETS['webhook_path']}"


def settings(api: FakeBotApi, **changes: str) -> Settings:
    telegram = {"token": TOKEN, "api_url": api.url, "intake": "webhook", **SECRETS, **changes}
    return Settings(telegram=Telegram(**telegram), web=Web(public_url="https://teduh.test/"))  # type: ignore[arg-type]


async def test_it_is_set_with_its_secret_and_what_waited_is_kept(api: FakeBotApi):
    api.say(5550001, "halo")

    said = await telegram_webhook.bring_here(settings(api))

    assert "here" in said
    ((_name, call),) = [each for each in api.calls if each[0] == "setwebhook"]
    assert (call["url"], call["secret_token"], call["drop_pending_updates"]) == (PLACE, SECRETS["webhook_secret"], False)
    assert "1 updates wait" in await telegram_webhook.tell(settings(api))


async def test_a_program_that_polls_gets_no_webhook(api: FakeBotApi):
    with pytest.raises(WebhookNotChanged, match=r"telegram\.intake"):
        await telegram_webhook.bring_here(settings(api, intake="polling"))

    assert not api.webhook_url


async def test_another_address_is_told_without_being_shown(api: FakeBotApi):
    api.webhook_url = "https://elsewhere.test/secret"

    said = await telegram_webhook.tell(settings(api))

    assert "somewhere else" in said
    assert "elsewhere.test" not in said


async def test_it_is_removed_and_what_waited_is_kept(api: FakeBotApi):
    api.webhook_url = PLACE
    api.say(5550001, "halo")

    await telegram_webhook.remove(settings(api))

    assert not api.webhook_url
    assert "1 updates wait" in await telegram_webhook.tell(settings(api))


async def test_what_telegram_refuses_is_told_without_its_words(api: FakeBotApi):
    api.fail("setWebhook", Fault(400, b'{"ok":false,"error_code":400,"description":"Bad Request: MARKED"}'))

    with pytest.raises(WebhookNotChanged) as caught:
        await telegram_webhook.bring_here(settings(api))

    assert "MARKED" not in str(caught.value)
    assert TOKEN not in str(caught.value)


async def test_the_watch_sees_whether_it_is_ours_and_what_waits(api: FakeBotApi, telegram: TelegramChannel, logged, told):
    api.webhook_url = PLACE
    api.last_error_at = api.clock()
    api.say(5550001, "halo")
    watching = asyncio.create_task(telegram.watch_webhook(PLACE))
    await api.called("getWebhookInfo", 2)
    assert telegram.figures()["webhook_is_ours"] == 1
    assert telegram.figures()["pending_updates"] == 1
    assert telegram.figures()["last_failure_seconds"] >= 0

    api.webhook_url = "https://elsewhere.test/"
    await api.called("getWebhookInfo", 5)

    assert telegram.figures()["webhook_is_ours"] == 0
    assert "telegram_webhook_not_ours" in [line["event"] for line in logged]
    api.webhook_url = PLACE
    await api.called("getWebhookInfo", 8)
    api.refuse("getWebhookInfo", 401, "Unauthorized")
    await api.called("getWebhookInfo", 11)
    assert told == [["telegram taking webhook_elsewhere"], [], ["telegram taking token_refused"], []]
    assert "elsewhere" not in {value for line in logged for key, value in line.items() if key != "state"}
    watching.cancel()
    assert "deletewebhook" not in [name for name, _params in api.calls]
    assert "getupdates" not in [name for name, _params in api.calls]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"TEDUH_TELEGRAM__WEBHOOK_SECRET": ""}, "telegram.webhook_secret must be"),
        ({"TEDUH_TELEGRAM__WEBHOOK_PATH": "short"}, "telegram.webhook_path must be"),
        ({"TEDUH_TELEGRAM__WEBHOOK_PATH": "s" * 24}, "must differ"),
        ({"TEDUH_WEB__PUBLIC_URL": "http://teduh.test"}, "needs web.public_url"),
        ({"TEDUH_TELEGRAM__INTAKE": "both"}, "polling or webhook"),
    ],
)
def test_a_webhook_without_its_secrets_is_refused_at_the_start(changes: dict[str, str], says: str):
    environment = {
        "TEDUH_TELEGRAM__TOKEN": TOKEN,
        "TEDUH_TELEGRAM__INTAKE": "webhook",
        "TEDUH_TELEGRAM__WEBHOOK_PATH": SECRETS["webhook_path"],
        "TEDUH_TELEGRAM__WEBHOOK_SECRET": SECRETS["webhook_secret"],
        "TEDUH_WEB__PUBLIC_URL": "https://teduh.test",
    }
    assert load(environment=environment).telegram_webhook == PLACE

    with pytest.raises(ConfigurationFaulty, match=says):
        load(environment={**environment, **changes})
