"""The `teduh` commands. Each loads only what it needs."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
import msgspec

from bot.errors import BotError

if TYPE_CHECKING:
    from bot.config import Settings

ROOT = Path(__file__).parent.parent
CONFIG = Path("config.yml") if Path("config.yml").exists() else ROOT / "config.yml"


def _fail(exc: BotError) -> NoReturn:
    """Say what is wrong, a sentence a line, and end."""
    click.echo(str(exc) or type(exc).__name__, err=True)
    sys.exit(1)


@click.group()
def main() -> None:
    """Teduh: an intake assistant that listens, sees danger and brings a person."""


@main.command()
@click.option("--no-work", is_flag=True, help="Leave the work to `teduh work` (PostgreSQL only).")
def serve(*, no_work: bool) -> None:
    """Run web chat, console, worker, and Telegram and WhatsApp when they have a token."""
    import uvloop

    from bot import app, config, log

    log.configure()
    try:
        settings = config.load(CONFIG)
        uvloop.run(app.serve(settings, say=lambda line: click.echo(line), works=not no_work))
    except BotError as exc:
        _fail(exc)


@main.command()
def work() -> None:
    """Work what waits and send what is due, beside other processes on the same PostgreSQL. Serves nothing."""
    import uvloop

    from bot import app, config, log

    log.configure()
    try:
        uvloop.run(app.work(config.load(CONFIG), say=lambda line: click.echo(line)))
    except BotError as exc:
        _fail(exc)


@main.command()
@click.option("--from", "file", type=click.Path(path_type=Path), help="A SQLite file to move into the database first.")
def migrate(*, file: Path | None) -> None:
    """Bring the database to this release; with --from, move an embedded one into an empty PostgreSQL."""
    from bot import app, config
    from bot.storage.database import open_database
    from bot.storage.migrate import migrate as run_migrations

    async def run(settings: "Settings") -> None:
        database = open_database(settings.database_url)
        try:
            await run_migrations(database)
        finally:
            await database.close()

    try:
        settings = config.load(CONFIG)
        if file is None:
            asyncio.run(run(settings))
            return
        moved = asyncio.run(app.move_database(settings, file))
    except BotError as exc:
        _fail(exc)
    click.echo(f"{'table':<20}{'in the file':>14}{'in PostgreSQL':>16}")
    for each in moved:
        click.echo(f"{each.table:<20}{each.before:>14}{each.after:>16}")
    click.echo(
        f"All of it was moved. {file} is as it was; from now on start Teduh with this database.url, and with the same key."
    )


@main.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line in and out.")
@click.option("--channel", default="web", type=click.Choice(["web", "telegram", "whatsapp"]), help="Whose look it has.")
@click.option("--db", "url", default="", help="A database to keep the talk in; without it, a temporary one.")
def talk(*, as_json: bool, channel: str, url: str) -> None:
    """Talk with the assistant in this terminal."""
    from bot import config, log
    from bot.talk import run, run_once

    log.configure()
    try:
        settings = config.load(CONFIG)
        if url:
            # What is kept needs a key that is kept: the one of the settings.
            settings = msgspec.structs.replace(settings, database=config.DatabaseSettings(url=url))
            asyncio.run(run(settings, channel=channel, as_json=as_json))
        else:
            asyncio.run(run_once(settings.organisation, channel=channel, as_json=as_json))
    except BotError as exc:
        _fail(exc)


@main.group()
def nlu() -> None:
    """What is understood of a text."""


@nlu.command("parse")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line out.")
def nlu_parse(*, as_json: bool) -> None:
    """Read one text a line, say what was understood of each."""
    from nlu.interpreter import Interpreter
    from nlu.wire import parse_json

    interpreter = Interpreter.load()
    # Only line feeds end a text: other separators of Unicode may stand in what people write.
    for line in _lines():
        seen = parse_json(interpreter.understand(line), line)
        click.echo(json.dumps(seen, ensure_ascii=False) if as_json else _in_words(seen))
        sys.stdout.flush()


def _in_words(seen: dict[str, object]) -> str:
    risks = seen["risks"]
    names = ", ".join(risk["name"] for risk in risks) if isinstance(risks, list) else ""
    return f"{seen['level'] or '-':<3} {seen['language']:<4} {names or '-'}"


@nlu.command("evaluate")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--with-text", is_flag=True, help="Show the lines that were read wrongly.")
def nlu_evaluate(file: Path, *, with_text: bool) -> None:
    """Measure understanding on a table of text, risk and level."""
    from nlu.evaluation import evaluate, read_labelled, render
    from nlu.interpreter import Interpreter

    click.echo(render(evaluate(Interpreter.load(), read_labelled(file)), with_text=with_text))


@nlu.command("answer")
@click.option("--json", "as_json", is_flag=True, required=True, help="One JSON object a line in and out.")
def nlu_answer(*, as_json: bool) -> None:  # noqa: ARG001 - the only form there is
    """Read {"kind", "text"} a line, give {"value", "confidence"}."""
    from datetime import UTC, datetime

    from nlu.answers import read_answer
    from nlu.wire import answer_json

    today = datetime.now(UTC).date()
    for line in _lines():
        if not line.strip():
            continue
        try:
            asked = json.loads(line)
            answer = answer_json(read_answer(str(asked["kind"]), str(asked["text"]), today=today))
        except (ValueError, KeyError, TypeError):
            answer = {"error": 'a line is {"kind": "yes_no", "text": "iya"}'}
        click.echo(json.dumps(answer, ensure_ascii=False))
        sys.stdout.flush()


def _lines() -> Iterator[str]:
    sys.stdin.reconfigure(encoding="utf-8", errors="replace", newline="\n")  # type: ignore[union-attr]  # a text stream
    return (line.rstrip("\r\n") for line in sys.stdin)


@main.group()
def flows() -> None:
    """The dialogs in flows/."""


@flows.command("check")
@click.argument("folder", default="", required=False)
def flows_check(folder: str) -> None:
    """Say every fault of the flows, with its place and a way there."""
    from datetime import UTC, datetime

    from bot.content import FLOWS, check_content

    chosen = Path(folder) if folder else FLOWS
    try:
        warnings = check_content(chosen, today=datetime.now(UTC).date())
    except BotError as exc:
        _fail(exc)
    for warning in warnings:
        click.echo(str(warning))
    click.echo("The flows are sound.")


@main.group()
def telegram() -> None:
    """The bot's webhook. The start never touches it: only these commands do, and none drops what waits."""


@telegram.command("webhook")
def telegram_webhook() -> None:
    """Say where Telegram delivers, and how that goes."""
    from bot.channels import telegram_webhook as webhook

    _ask_telegram(webhook.tell)


@telegram.command("set-webhook")
def telegram_set_webhook() -> None:
    """Let Telegram deliver to web.public_url, with the secrets of the settings."""
    from bot.channels import telegram_webhook as webhook

    _ask_telegram(webhook.bring_here)


@telegram.command("remove-webhook")
def telegram_remove_webhook() -> None:
    """Let Telegram keep updates until they are polled."""
    from bot.channels import telegram_webhook as webhook

    _ask_telegram(webhook.remove)


def _ask_telegram(ask: "Callable[[Settings], Coroutine[None, None, str]]") -> None:
    from bot import config, log

    log.configure()
    try:
        click.echo(asyncio.run(ask(config.load(CONFIG))))
    except BotError as exc:
        _fail(exc)


@main.group("people")
def people_group() -> None:
    """Those who sign in to the console."""


@people_group.command("reset-link")
@click.argument("login")
def people_reset_link(login: str) -> None:
    """Print a one-time link by which the person of LOGIN sets a new password: for when nobody is left who could make one."""
    from bot import app, config, log

    log.configure()
    try:
        click.echo(asyncio.run(app.make_reset_link(config.load(CONFIG), login)))
    except BotError as exc:
        _fail(exc)


@main.command()
def key() -> None:
    """Make a key for TEDUH_VAULT__KEY."""
    from bot.storage.vault import make_key

    click.echo(make_key())


@main.command()
def demo() -> None:
    """Run with 40 synthetic people, in a data folder of its own that is emptied first."""
    os.environ.setdefault("TEDUH_DATA__FOLDER", "data/demo")
    import uvloop

    from bot import app, config, log
    from bot.demo import fill

    log.configure()
    try:
        settings = config.load(CONFIG)
        asyncio.run(fill(settings))
        uvloop.run(app.serve(settings, say=lambda line: click.echo(line)))
    except BotError as exc:
        _fail(exc)


if __name__ == "__main__":
    main()
