"""aiogram over our connections behaves as aiogram does, and better where its own session stumbles."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import AiogramError, ClientDecodeError, TelegramAPIError, TelegramRetryAfter, TelegramServerError
from aiogram.methods import SendMessage
from aiogram.types import FSInputFile, InlineKeyboardButton, InlineKeyboardMarkup

from bot.channels.telegram_session import FileGone, KeepAliveBot, NothingSent, SendText
from tests.fakes.bot_api import TOKEN, FakeBotApi, Fault


@pytest.fixture
async def ours(api: FakeBotApi) -> AsyncIterator[KeepAliveBot]:
    bot = KeepAliveBot(TOKEN, api.url)
    yield bot
    await bot.session.close()


@pytest.fixture
async def theirs(api: FakeBotApi) -> AsyncIterator[Bot]:
    bot = Bot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(api.url)))
    yield bot
    await bot.session.close()


async def outcome(bot: Bot) -> tuple[type[BaseException], str, object, object] | object:
    try:
        return (await bot(SendMessage(chat_id=1, text="halo"))).message_id
    except AiogramError as exc:
        return type(exc), str(exc), getattr(exc, "retry_after", None), getattr(exc, "migrate_to_chat_id", None)


@pytest.mark.parametrize(
    ("status", "description", "parameters"),
    [
        (400, "Bad Request: chat not found", {}),
        (400, "Bad Request: group chat was upgraded", {"migrate_to_chat_id": -1001}),
        (401, "Unauthorized", {}),
        (403, "Forbidden: bot was blocked by the user", {}),
        (404, "Not Found", {}),
        (409, "Conflict: terminated by other getUpdates request", {}),
        (413, "Request Entity Too Large", {}),
        (418, "I'm a teapot", {}),
        (429, "Too Many Requests: retry after 7", {"retry_after": 7}),
        (500, "Internal Server Error", {}),
        (502, "Bad Gateway", {}),
    ],
)
async def test_an_error_is_the_same_as_through_aiograms_own_session(
    ours: KeepAliveBot, theirs: Bot, api: FakeBotApi, status: int, description: str, parameters: dict[str, int]
) -> None:
    api.refuse("sendMessage", status, description, times=2, **parameters)

    assert await outcome(ours) == await outcome(theirs)


async def test_a_message_is_the_same_as_through_aiograms_own_session(ours: KeepAliveBot, theirs: Bot, api: FakeBotApi) -> None:
    api.chat(1)
    keyboard = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Ya", callback_data="a")]])

    first = await ours.send_message(1, "halo", reply_markup=keyboard, disable_notification=True)
    second = await theirs.send_message(1, "halo", reply_markup=keyboard, disable_notification=True)

    assert first.model_dump(exclude={"message_id", "date"}) == second.model_dump(exclude={"message_id", "date"})
    assert [(each.text, each.buttons) for each in api.sent] == [("halo", [[("Ya", "a")]])] * 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        pytest.param(Fault(502, b"<html>MARKED</html>", "text/html"), TelegramServerError, id="HTML of a proxy"),
        pytest.param(Fault(500, b'{"ok":false,"error_code":500}'), TelegramServerError, id="500 without words"),
        pytest.param(
            Fault(429, b'{"ok":false,"error_code":429,"description":"x"}'), TelegramRetryAfter, id="429 without a time"
        ),
        pytest.param(Fault(200, b"MARKED"), ClientDecodeError, id="200 that is no JSON"),
        pytest.param(Fault(200, b'{"ok":false,"description":7}'), ClientDecodeError, id="200 that says no"),
    ],
)
async def test_where_aiograms_session_stumbles_the_promised_class_is_raised(
    ours: KeepAliveBot, api: FakeBotApi, fault: Fault, kind: type[Exception]
) -> None:
    api.fail("sendMessage", fault)

    with pytest.raises(kind) as caught:
        await ours.call(SendText(chat_id=1, text="halo"))

    assert "MARKED" not in str(caught.value)


async def test_values_that_are_false_are_sent(ours: KeepAliveBot, api: FakeBotApi) -> None:
    await ours.delete_webhook(drop_pending_updates=False)

    assert api.calls == [("deletewebhook", {"drop_pending_updates": False})]


async def test_an_upload_is_refused_before_anything_is_sent(ours: KeepAliveBot, api: FakeBotApi) -> None:
    with pytest.raises(ValueError, match="uploads no files"):
        await ours.send_document(1, FSInputFile(__file__))

    assert api.calls == []


async def test_files_come_from_the_bot_api_server_only(ours: KeepAliveBot, api: FakeBotApi) -> None:
    stream = ours.session.stream_content("https://elsewhere.test/file")

    with pytest.raises(ValueError, match="Bot API server only"):
        await anext(stream)


async def test_a_file_that_is_gone_does_not_tell_its_address(ours: KeepAliveBot, api: FakeBotApi) -> None:
    address = ours.session.api.file_url(TOKEN, "voice/file_7.oga")

    with pytest.raises(FileGone) as caught:
        await anext(ours.session.stream_content(address))

    assert TOKEN not in repr(caught.value)


async def test_an_unknown_certificate_gets_nothing(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with FakeBotApi() as api:
        await api.stop()
        await api.start(ssl=context)
        bot = KeepAliveBot(TOKEN, api.url.replace("http:", "https:"))

        with pytest.raises(NothingSent):
            await bot.call(SendText(chat_id=1, text="halo"))

        await bot.session.close()
    assert api.calls == []


async def test_tls_carries_calls_when_the_certificate_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    api = FakeBotApi()
    await api.start(ssl=context)
    api.chat(1)
    bot = KeepAliveBot(TOKEN, api.url.replace("http:", "https:"))

    numbers = [await bot.call(SendText(chat_id=1, text="halo")) for _ in range(3)]

    await bot.session.close()
    await api.stop()
    assert (numbers, api.connections) == ([1, 2, 3], 1)


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody vouches for, and its key."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return folder / "cert.pem", folder / "key.pem"


async def test_any_api_error_is_a_telegram_api_error(ours: KeepAliveBot, api: FakeBotApi) -> None:
    await api.stop()

    with pytest.raises(TelegramAPIError):
        await ours.get_me()
