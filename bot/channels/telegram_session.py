"""aiogram's calls over our own connections. Importing this loads aiogram: seconds of CPU, so only where Telegram is used.

aiogram's `Bot`, its methods and its error classes stay in front. Below them its usual session costs several hundred
microseconds a call; this one builds JSON and reads answers with msgspec (docs/decisions/telegram-library.md).
"""

from abc import abstractmethod
from collections.abc import AsyncGenerator
from typing import Any, ClassVar, Generic, TypeVar, cast

import msgspec
from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import Response, TelegramMethod

from bot.channels.keepalive import ANSWER_SECONDS, MOST_BYTES, Answer, AnswerTooLarge, ExchangeFailed, KeepAlive, NotWritten

T = TypeVar("T")

RETRY_AFTER_UNSAID = 0
"""`retry_after` of an error 429 that names no time."""

_LONGEST_RETRY = 3600
_DOWNLOAD_BYTES = 20 << 20
"""Telegram gives bots no larger file. Source: Bot API, getFile."""


class NothingSent(TelegramNetworkError):
    """The call did not leave this machine."""


class FateUnknown(TelegramNetworkError):
    """The call was written; what became of it nobody knows."""


class BatchTooLarge(FateUnknown):
    """The answer was larger than we take. For what only reads, asking for less helps."""


class LightMethod(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A method of the Bot API that we call often: only the fields we use, and we read the little we need of its answer ourselves."""

    __returning__: ClassVar[type]
    __api_method__: ClassVar[str]

    answer_seconds: ClassVar[float] = ANSWER_SECONDS
    most_bytes: ClassVar[int] = MOST_BYTES

    @abstractmethod
    def body(self) -> dict[str, Any]:
        """The call's parameters, as JSON values."""

    @staticmethod
    @abstractmethod
    def read(result: msgspec.Raw) -> Any:
        """What we need of `result`; a value that can't be read is msgspec's error."""


class _Numbered(msgspec.Struct):
    message_id: int


_numbered = msgspec.json.Decoder(_Numbered)


class SendText(LightMethod[int], frozen=True, kw_only=True):
    """sendMessage: plain text, without a preview of links, perhaps with buttons. Gives the message's number."""

    __returning__ = int
    __api_method__ = "sendMessage"

    chat_id: int
    text: str
    markup: dict[str, Any] | None = None

    def body(self) -> dict[str, Any]:
        """See `LightMethod`."""
        body: dict[str, Any] = {"chat_id": self.chat_id, "text": self.text, "link_preview_options": {"is_disabled": True}}
        if self.markup:
            body["reply_markup"] = self.markup
        return body

    @staticmethod
    def read(result: msgspec.Raw) -> int:
        """See `LightMethod`."""
        return _numbered.decode(result).message_id


class TakePress(LightMethod[bool], frozen=True, kw_only=True):
    """answerCallbackQuery without words: the button stops turning."""

    __returning__ = bool
    __api_method__ = "answerCallbackQuery"

    callback_query_id: str

    def body(self) -> dict[str, Any]:
        """See `LightMethod`."""
        return {"callback_query_id": self.callback_query_id}

    @staticmethod
    def read(_result: msgspec.Raw) -> bool:
        """See `LightMethod`."""
        return True


class RemoveTexts(LightMethod[bool], frozen=True, kw_only=True):
    """deleteMessages: at most 100 of a chat; those that are gone or too old are passed over."""

    __returning__ = bool
    __api_method__ = "deleteMessages"

    chat_id: int
    message_ids: list[int]

    def body(self) -> dict[str, Any]:
        """See `LightMethod`."""
        return {"chat_id": self.chat_id, "message_ids": self.message_ids}

    @staticmethod
    def read(_result: msgspec.Raw) -> bool:
        """See `LightMethod`."""
        return True


class FetchUpdates(LightMethod[bytes], frozen=True, kw_only=True):
    """getUpdates, its list left as it came: updates are read by `telegram_updates`, and one that can't be must not hide others."""

    __returning__ = bytes
    __api_method__ = "getUpdates"

    answer_seconds = 60.0
    most_bytes = 1 << 23  # the server cuts batches at about 4 MiB; twice that leaves room for its last update

    offset: int | None = None
    limit: int
    timeout: int
    allowed_updates: list[str]

    def body(self) -> dict[str, Any]:
        """See `LightMethod`."""
        body: dict[str, Any] = {"limit": self.limit, "timeout": self.timeout, "allowed_updates": self.allowed_updates}
        if self.offset is not None:
            body["offset"] = self.offset
        return body

    @staticmethod
    def read(result: msgspec.Raw) -> bytes:
        """See `LightMethod`."""
        return bytes(result)


class _Answer(msgspec.Struct):
    ok: bool = False
    result: msgspec.Raw = msgspec.Raw()


_answer = msgspec.json.Decoder(_Answer)
_encode = msgspec.json.Encoder().encode


class KeepAliveSession(BaseSession):
    """Calls of aiogram's `Bot` over `KeepAlive`. It uploads no files.

    Raises what aiogram raises, and where aiogram's own session stumbles, the class that its documentation promises: an answer
    that is no JSON is a `TelegramServerError` when the status says so, a 429 without a time is a `TelegramRetryAfter`.
    """

    def __init__(self, api_url: str) -> None:
        super().__init__(api=TelegramAPIServer.from_base(api_url), timeout=ANSWER_SECONDS)
        self._server = KeepAlive(api_url)

    async def close(self) -> None:
        """Close every connection."""
        self._server.close()

    async def make_request(self, bot: Bot, method: TelegramMethod[T], timeout: int | None = None) -> T:  # noqa: ASYNC109 - aiogram's signature
        """What the Bot API answers to a call.

        Raises:
            TelegramAPIError: one of its kinds, `NothingSent` and `FateUnknown` among them.
            ClientDecodeError: the call was taken and its answer can't be read.
        """
        seconds = float(timeout or self.timeout)
        status, content = await self._exchange(bot, method, _encode(self._body(bot, method)), seconds, MOST_BYTES)
        return cast("T", self.check_response(bot, method, status, content.decode(errors="replace")).result)

    async def call(self, bot: Bot, method: LightMethod[T]) -> T:
        """What we need of the Bot API's answer to a light method. Raises as `make_request`."""
        heavy = cast("TelegramMethod[T]", method)  # to errors and checks it is what aiogram's own methods are
        status, content = await self._exchange(bot, heavy, _encode(method.body()), method.answer_seconds, method.most_bytes)
        failure: ClientDecodeError | None = None
        if status == 200:
            try:
                answer = _answer.decode(content)
                if answer.ok:
                    return cast("T", method.read(answer.result))
            except (msgspec.MsgspecError, RecursionError, UnicodeError):
                failure = _unreadable()
        if failure is not None:
            # Raised out here, it keeps no reference to what could not be read.
            raise failure
        return cast("T", self.check_response(bot, heavy, status, content.decode(errors="replace")).result)

    async def _exchange(
        self, bot: Bot, method: TelegramMethod[T], body: bytes, answer_seconds: float, most_bytes: int
    ) -> Answer:
        failure: TelegramNetworkError
        try:
            return await self._server.post(
                f"/bot{bot.token}/{method.__api_method__}", body, answer_seconds=answer_seconds, most_bytes=most_bytes
            )
        except AnswerTooLarge as exc:
            failure = BatchTooLarge(method=method, message=exc.reason)
        except NotWritten as exc:
            failure = NothingSent(method=method, message=exc.reason)
        except ExchangeFailed as exc:
            failure = FateUnknown(method=method, message=exc.reason)
        raise failure

    def check_response(self, bot: Bot, method: TelegramMethod[T], status_code: int, content: str) -> Response[T]:
        """See `BaseSession`: its classes, without its stumbling on answers that say less than they should."""
        said = _ErrorSaid.of(content)
        if 200 <= status_code < 300 and said.ok:
            return super().check_response(bot, method, status_code, content)
        code = said.error_code or status_code
        if said.retry_after or code == 429:
            raise TelegramRetryAfter(method=method, message=said.description, retry_after=said.retry_after)
        if said.migrate_to_chat_id:
            raise TelegramMigrateToChat(method=method, message=said.description, migrate_to_chat_id=said.migrate_to_chat_id)
        if code >= 500:
            raise TelegramServerError(method=method, message=said.description)
        if 200 <= code < 300:
            raise _unreadable()
        super().check_response(bot, method, code, _encode({"ok": False, "description": said.description}).decode())
        raise TelegramAPIError(method=method, message=said.description)

    def _body(self, bot: Bot, method: TelegramMethod[Any]) -> dict[str, Any]:
        files: dict[str, Any] = {}
        values = method.model_dump(warnings=False).items()
        body = {name: self.prepare_value(value, bot=bot, files=files, _dumps_json=False) for name, value in values}
        if files:
            raise ValueError("this session uploads no files")
        return {name: value for name, value in body.items() if value is not None}

    async def stream_content(
        self,
        url: str,
        headers: dict[str, Any] | None = None,
        timeout: int = 30,  # noqa: ASYNC109 - aiogram's signature
        chunk_size: int = 65536,
        raise_for_status: bool = True,
    ) -> AsyncGenerator[bytes, None]:
        """A file's content, from the Bot API server and nowhere else.

        Raises:
            NotWritten, NoAnswer, AnswerTooLarge: without the address, which holds the token.
        """
        base = self.api.base.partition("/bot{token}")[0]
        if headers or not url.startswith(base + "/"):
            raise ValueError("files come from the Bot API server only")
        answer = await self._server.get(url[len(base) :], answer_seconds=float(timeout), most_bytes=_DOWNLOAD_BYTES)
        if raise_for_status and answer.status != 200:
            raise FileGone(answer.status)
        for start in range(0, len(answer.body), chunk_size):
            yield answer.body[start : start + chunk_size]


class KeepAliveBot(Bot):
    """aiogram's `Bot` over a `KeepAliveSession`, which takes light methods too."""

    session: KeepAliveSession

    def __init__(self, token: str, api_url: str) -> None:
        super().__init__(token, session=KeepAliveSession(api_url))

    async def call(self, method: LightMethod[T]) -> T:
        """What we need of the Bot API's answer. Raises as `KeepAliveSession.make_request`."""
        return await self.session.call(self, method)


def _unreadable() -> ClientDecodeError:
    """aiogram's error carries what could not be read; ours carries nothing."""
    return ClientDecodeError("unreadable answer", ValueError(), "")


class FileGone(Exception):
    """The Bot API server does not give the file. Carries the HTTP status."""


class _ErrorSaid(msgspec.Struct):
    """What an answer says of a failure, each part checked alone: none of them can be relied on."""

    ok: bool = False
    description: str = ""
    error_code: int = 0
    retry_after: int = RETRY_AFTER_UNSAID
    migrate_to_chat_id: int = 0

    @classmethod
    def of(cls, content: str) -> "_ErrorSaid":
        said = cls()
        try:
            answer = msgspec.json.decode(content)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            return said
        if not isinstance(answer, dict):
            return said
        said.ok = answer.get("ok") is True
        if isinstance(answer.get("description"), str):
            said.description = answer["description"]
        if isinstance(answer.get("error_code"), int) and 400 <= answer["error_code"] < 600:
            said.error_code = answer["error_code"]
        parameters = answer.get("parameters")
        if isinstance(parameters, dict):
            wait, moved_to = parameters.get("retry_after"), parameters.get("migrate_to_chat_id")
            if isinstance(wait, int | float) and wait > 0:
                said.retry_after = min(int(-(-wait // 1)), _LONGEST_RETRY)
            if isinstance(moved_to, int):
                said.migrate_to_chat_id = moved_to
        return said
