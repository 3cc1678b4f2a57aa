"""Settings: `config.yml` beside the program, each key also as TEDUH_SECTION__KEY. This file alone reads the environment.

Secrets stand in no file of the project: TEDUH_TELEGRAM__TOKEN, or TEDUH_TELEGRAM__TOKEN_FILE naming a file that holds it.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from bot.errors import BotError


class ConfigurationFaulty(BotError):
    """The settings can't be used. `faults` says each in one sentence."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Web(msgspec.Struct, forbid_unknown_fields=True):
    """Where the web chat and the console answer. `proxies`: whose word is taken for where a request came from.

    `partners`: the origins whose pages may show the web chat in a frame; a list, or one text with blanks or commas between them.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    proxies: str = ""
    partners: list[str] | str = ""


class Limits(msgspec.Struct, forbid_unknown_fields=True):
    """How much the web chat takes in a minute: new talks, of all and of one address; messages, of one talk and of one address."""

    new_talks: int = 120
    new_talks_per_address: int = 10
    messages_per_talk: int = 30
    messages_per_address: int = 300


class Data(msgspec.Struct, forbid_unknown_fields=True):
    """Where the SQLite file, the key and media are kept."""

    folder: str = "data"


class DatabaseSettings(msgspec.Struct, forbid_unknown_fields=True):
    """`url` empty: the SQLite file in data.folder."""

    url: str = ""


class RedisSettings(msgspec.Struct, forbid_unknown_fields=True):
    """`url` empty: several processes tell each other news through PostgreSQL. It may hold a password, so it is a secret."""

    url: str = ""


class VaultSettings(msgspec.Struct, forbid_unknown_fields=True):
    """`key` empty: the key file in data.folder, made at the first start."""

    key: str = ""


class Telegram(msgspec.Struct, forbid_unknown_fields=True):
    """`token` empty: no Telegram. `intake` is polling or webhook; a webhook has two secrets, one in its path and one in a header.

    The paces are Telegram's soft limits; 0 sends without pacing, for tests.
    """

    token: str = ""
    api_url: str = "https://api.telegram.org"
    intake: str = "polling"
    webhook_path: str = ""
    webhook_secret: str = ""
    per_chat_per_second: float = 1.0
    per_second: float = 25.0


class WhatsApp(msgspec.Struct, forbid_unknown_fields=True):
    """`token` empty: no WhatsApp. `number` is the number's id at Meta, not the number itself.

    `app_secret` signs what Meta posts to us, `next_app_secret` is also taken while it is being changed; `verify_token` is a word of
    our own that Meta repeats when the address is set. `ticks`: whether people are shown that a message was read. `template` is the
    name of the approved text that asks somebody to write again, empty for none; `template_languages` its languages, as Meta's codes.
    """

    token: str = ""
    number: str = ""
    app_secret: str = ""
    next_app_secret: str = ""
    verify_token: str = ""
    webhook_path: str = ""
    api_url: str = "https://graph.facebook.com"
    version: str = "v26.0"
    template: str = ""
    template_languages: str = "id"
    ticks: bool = False
    per_second: float = 60.0


class Signin(msgspec.Struct, forbid_unknown_fields=True):
    """How long a responder stays signed in: in all, and without doing anything."""

    hours: float = 12.0
    idle_minutes: float = 60.0


class Organisation(msgspec.Struct, forbid_unknown_fields=True):
    """Who answers for the data (the controller of UU 27/2022), as the consent text names it, and where one asks about them.

    Whoever holds a contact's phone reads it: choose a name that tells no trouble.
    """

    name: str = ""
    contact: str = ""


class Handoff(msgspec.Struct, forbid_unknown_fields=True):
    """How many people a responder talks with at once."""

    slots: int = 3


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """Everything an operator can set."""

    web: Web = msgspec.field(default_factory=Web)
    limits: Limits = msgspec.field(default_factory=Limits)
    data: Data = msgspec.field(default_factory=Data)
    database: DatabaseSettings = msgspec.field(default_factory=DatabaseSettings)
    redis: RedisSettings = msgspec.field(default_factory=RedisSettings)
    vault: VaultSettings = msgspec.field(default_factory=VaultSettings)
    telegram: Telegram = msgspec.field(default_factory=Telegram)
    whatsapp: WhatsApp = msgspec.field(default_factory=WhatsApp)
    signin: Signin = msgspec.field(default_factory=Signin)
    handoff: Handoff = msgspec.field(default_factory=Handoff)
    organisation: Organisation = msgspec.field(default_factory=Organisation)

    @property
    def folder(self) -> Path:
        """The data folder."""
        return Path(self.data.folder)

    @property
    def named(self) -> dict[str, str]:
        """What texts may name of whoever runs this, by placeholder."""
        return {"organisation.name": self.organisation.name, "organisation.contact": self.organisation.contact}

    @property
    def telegram_webhook(self) -> str:
        """Where Telegram delivers when it is let to."""
        return f"{self.web.public_url.rstrip('/')}/webhooks/telegram/{self.telegram.webhook_path}"

    @property
    def proxies(self) -> list[str]:
        """The addresses and networks of `web.proxies`."""
        return self.web.proxies.replace(",", " ").split()

    @property
    def partners(self) -> list[str]:
        """The origins of `web.partners`."""
        named = self.web.partners
        return named.replace(",", " ").split() if isinstance(named, str) else named

    @property
    def templates(self) -> dict[str, list[str]]:
        """By channel, the languages of the text that may begin a talk."""
        chosen = self.whatsapp
        return {"whatsapp": chosen.template_languages.replace(",", " ").split()} if chosen.token and chosen.template else {}

    @property
    def database_url(self) -> str:
        """The database in use."""
        return self.database.url or f"sqlite:///{(self.folder / 'teduh.db').absolute()}"


_PREFIX = "TEDUH_"
_SECRETS = {
    *(("telegram", key) for key in ("token", "webhook_path", "webhook_secret")),
    *(("whatsapp", key) for key in ("token", "app_secret", "next_app_secret", "verify_token", "webhook_path")),
    ("vault", "key"),
    ("redis", "url"),
}


def load(file: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of a file (none: the defaults) and of the environment, which wins.

    Raises:
        ConfigurationFaulty: with all faults at once.
    """
    environment = os.environ if environment is None else environment
    faults: list[str] = []
    values = _read(file, faults) if file is not None and file.exists() else {}
    for section, key in sorted(_SECRETS):
        if isinstance(values.get(section), dict) and values[section].get(key):
            faults.append(
                f"{section}.{key} is a secret and must not stand in {file}: set TEDUH_{section.upper()}__{key.upper()}."
            )
    _read_environment(environment, values, faults)
    settings = _convert(values, faults)
    if settings is not None:
        faults += _check(settings)
    if faults or settings is None:
        raise ConfigurationFaulty(faults)
    return settings


def _read(file: Path, faults: list[str]) -> dict[str, Any]:
    try:
        values = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        line = getattr(getattr(exc, "problem_mark", None), "line", None)
        place = f" line {line + 1}" if line is not None else ""
        faults.append(f"{file}{place} can't be read as YAML.")
        return {}
    if values is None:
        return {}
    if not isinstance(values, dict):
        faults.append(f"{file} must hold sections such as `web:`.")
        return {}
    return values


def _read_environment(environment: Mapping[str, str], values: dict[str, Any], faults: list[str]) -> None:
    for name, text in environment.items():
        section, separator, key = name.removeprefix(_PREFIX).lower().partition("__")
        if not name.startswith(_PREFIX) or not separator:
            continue
        if key.endswith("_file") and (section, key.removesuffix("_file")) in _SECRETS:
            key = key.removesuffix("_file")
            try:
                text = Path(text).read_text(encoding="utf-8").strip()
            except OSError:
                faults.append(f"{name} names a file that can't be read.")
                continue
        place = values.setdefault(section, {})
        if isinstance(place, dict):
            place[key] = text


_KINDS: dict[Any, str] = {int: "a whole number", float: "a number", bool: "true or false"}


def _convert(values: dict[str, Any], faults: list[str]) -> Settings | None:
    known = {field.name: field for field in msgspec.structs.fields(Settings)}
    result: dict[str, Any] = {}
    for section, content in values.items():
        if section not in known:
            faults.append(f"There is no section `{section}`; there are {', '.join(known)}.")
            continue
        kind = known[section].type
        keys = {field.name for field in msgspec.structs.fields(kind)}
        for key, value in (content or {}).items() if isinstance(content, dict) else []:
            if key not in keys:
                faults.append(f"There is no setting {section}.{key}; there are {', '.join(sorted(keys))}.")
                continue
            try:
                one = msgspec.convert({key: value}, kind, strict=False)
            except msgspec.ValidationError:
                shown = "has a value" if (section, key) in _SECRETS else f"is `{str(value)[:40]}`"
                wanted = _KINDS.get(next(each.type for each in msgspec.structs.fields(kind) if each.name == key), "text")
                faults.append(f"{section}.{key} {shown}, which is not {wanted}.")
                continue
            result.setdefault(section, {})[key] = getattr(one, key)
        if not isinstance(content, dict | None):
            faults.append(f"`{section}` must hold settings.")
    return None if faults else msgspec.convert(result, Settings)


def _check(settings: Settings) -> list[str]:
    faults = []
    if not 0 < settings.web.port < 65536:
        faults.append("web.port must be from 1 to 65535.")
    if settings.web.public_url and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", settings.web.public_url):
        faults.append("web.public_url is the address that people open, such as https://teduh.example.org.")
    faults += [
        f"web.proxies names `{each}`, which is no address and no network such as 10.0.0.0/8."
        for each in settings.proxies
        if not _is_network(each)
    ]
    faults += _check_partners(settings)
    if min(msgspec.structs.astuple(settings.limits)) < 1:
        faults.append("limits must each be at least 1: people in need come by the web chat.")
    if not (settings.signin.hours > 0 and settings.signin.idle_minutes > 0):
        faults.append("signin.hours and signin.idle_minutes must be above 0.")
    if settings.telegram.token and not re.fullmatch(r"\d+:\S+", settings.telegram.token):
        faults.append("telegram.token is no bot token: @BotFather gives one that looks like digits, a colon, letters.")
    if not settings.telegram.api_url.startswith(_API_HOSTS):
        faults.append("telegram.api_url must begin with https:// (plain http only for this machine).")
    if settings.telegram.intake not in ("polling", "webhook"):
        faults.append("telegram.intake is polling or webhook.")
    elif settings.telegram.intake == "webhook":
        faults += _check_webhook(settings)
    faults += _check_organisation(settings.organisation)
    if settings.whatsapp.token:
        faults += _check_whatsapp(settings.whatsapp)
    if settings.redis.url and not settings.redis.url.startswith(("redis://", "rediss://", "unix://")):
        faults.append("redis.url must begin with redis://, rediss:// or unix://.")
    if settings.handoff.slots < 1:
        faults.append("handoff.slots must be at least 1.")
    return faults


_ORIGIN = re.compile(
    r"https://(?=[a-z0-9.-]{1,253}(?::|$))[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+(:(?!443$)[1-9][0-9]{0,4})?"
    r"|http://(localhost|127\.0\.0\.1)(:(?!80$)[1-9][0-9]{0,4})?"
)
"""As a browser says it (RFC 6454, 6.2): small letters, no default port, nothing after it. Plain http only on this machine, to try."""


def _check_partners(settings: Settings) -> list[str]:
    faults = [
        f"web.partners names `{each}`, which is no origin: write it as https://www.example.id, in small letters, without a path."
        for each in settings.partners
        if not _ORIGIN.fullmatch(each)
    ]
    if settings.partners and not settings.web.public_url.startswith(_API_HOSTS):
        faults.append(
            "web.partners needs web.public_url, beginning with https://: in a frame, browsers keep cookies by https only."
        )
    return faults


_MOST_NAME = 80


def _check_organisation(organisation: Organisation) -> list[str]:
    """It stands in the middle of a sentence, on a phone."""
    return [
        f"organisation.{key} must be at most {_MOST_NAME} plain characters in one line, without blanks around them."
        for key, value in (("name", organisation.name), ("contact", organisation.contact))
        if len(value) > _MOST_NAME or value != value.strip() or not value.isprintable()
    ]


_API_HOSTS = ("https://", "http://127.0.0.1", "http://localhost", "http://[::1]")


def _check_whatsapp(chosen: WhatsApp) -> list[str]:
    """Without the app's secret anybody could speak for anybody, so there is no start without it."""
    faults = []
    if not re.fullmatch(r"[0-9]{5,20}", chosen.number):
        faults.append("whatsapp.number is the number's id at Meta (digits; WhatsApp Manager shows it), not the number itself.")
    if not re.fullmatch(r"[0-9a-f]{32}", chosen.app_secret):
        faults.append("whatsapp.app_secret must be the app's secret (32 hex digits; Meta shows it under App settings, Basic).")
    faults += _check_own_secrets("whatsapp", verify_token=chosen.verify_token, webhook_path=chosen.webhook_path)
    if not re.fullmatch(r"v[0-9]{1,3}\.[0-9]", chosen.version):
        faults.append("whatsapp.version is a version of the Graph API, such as v26.0.")
    if chosen.template and not re.fullmatch(r"[a-z0-9_]{1,512}", chosen.template):
        faults.append("whatsapp.template is a template's name as Meta shows it: small letters, digits and _.")
    languages = chosen.template_languages.replace(",", " ").split()
    if chosen.template and not (languages and all(re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2})?", each) for each in languages)):
        faults.append("whatsapp.template_languages are codes as Meta shows them, such as `id, en`.")
    if not chosen.api_url.startswith(_API_HOSTS):
        faults.append("whatsapp.api_url must begin with https:// (plain http only for this machine).")
    return faults


_WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{24,256}")


def _check_own_secrets(section: str, **values: str) -> list[str]:
    return [
        f"{section}.{name} must be 24 to 256 letters, digits, _ or -. Make one: "
        "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
        for name, value in values.items()
        if not _WEBHOOK_SECRET.fullmatch(value)
    ]


def _check_webhook(settings: Settings) -> list[str]:
    """Two secrets of our own, neither of them the token. Source: Bot API, setWebhook, `secret_token`."""
    chosen = settings.telegram
    faults = _check_own_secrets("telegram", webhook_path=chosen.webhook_path, webhook_secret=chosen.webhook_secret)
    if not faults and chosen.webhook_path == chosen.webhook_secret:
        faults.append("telegram.webhook_path and telegram.webhook_secret must differ: who learns one must not know the other.")
    if not settings.web.public_url.startswith("https://"):
        faults.append("telegram.intake: webhook needs web.public_url, beginning with https://: Telegram calls us there.")
    return faults


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True
