"""Measure, in interleaved rounds on the same cores, and say how we compare.

Every program gets one core; the people who write and the fake Bot API share another. Ours stores each message and what follows
from it before it answers; the echoes store nothing. Read CPU and ratios first: they hold on a busy machine, rates do not.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import uvloop

from bench import processes, webhook
from bench.people import Crowd, Load
from bot.storage.vault import make_key
from tests.fakes.bot_api import TOKEN

OURS, SHARED = "teduh, SQLite", "teduh, PostgreSQL, 2 workers"
REPLY, CALL = "aiogram echo, webhook reply", "aiogram echo, API call"
FLOORS = {OURS: {REPLY: 1.5, CALL: 2.5}, SHARED: {REPLY: 1.2, CALL: 2.0}}
"""How many times a peer's messages per second, and its messages per CPU second, ours must be."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One round of one program. `cpu_us` and `calls` for each message; waits in milliseconds."""

    per_second: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    memory_mib: float
    calls: float
    unanswered: int
    messages: int


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--people", type=int, default=128, help="people who write at once")
    parser.add_argument("--messages", type=int, default=12_000, help="of ours in a round; an echo gets a third")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--only", choices=("sqlite", "postgres", "ours", "peers"), help="one side, without ratios")
    chosen = parser.parse_args()
    is_pinned = processes.pin(processes.LOAD_CORE)
    with tempfile.TemporaryDirectory(prefix="teduh-bench-") as folder:
        rounds = uvloop.run(run(chosen, Path(folder)))
    medians = {name: median(each) for name, each in rounds.items()}
    print(table(medians, is_pinned=is_pinned))
    ratios = compare(medians)
    for line in ratios:
        print(line)
    if chosen.json:
        content = {
            name: {"median": asdict(medians[name]), "rounds": [asdict(each) for each in rounds[name]]} for name in rounds
        }
        chosen.json.write_text(json.dumps(content, indent=2) + "\n")
    if any("BELOW" in line for line in ratios):
        sys.exit(1)


async def run(chosen: argparse.Namespace, folder: Path) -> dict[str, list[Figures]]:
    """The figures of each program, a round after the other."""
    measured: dict[str, list[Figures]] = {}
    programs: list[tuple[str, Callable[[], Awaitable[Figures]]]] = []
    if chosen.only in (None, "ours", "sqlite"):
        programs.append((OURS, lambda: ours(chosen.people, chosen.messages, folder)))
    if chosen.only in (None, "ours", "postgres"):
        programs.append((SHARED, lambda: shared(chosen.people, chosen.messages, folder)))
    if chosen.only in (None, "peers"):
        programs.append((REPLY, lambda: echo("reply", chosen.people, chosen.messages // 3, folder)))
        programs.append((CALL, lambda: echo("call", chosen.people, chosen.messages // 3, folder)))
    for number in range(chosen.rounds):
        for name, measure in programs:
            figures = await measure()
            measured.setdefault(name, []).append(figures)
            line = f"round {number + 1}  {name:30s} {figures.per_second:7.0f} messages/s  {figures.cpu_us:6.0f} us CPU"
            print(line, file=sys.stderr, flush=True)
    return measured


async def ours(people: int, messages: int, folder: Path) -> Figures:
    """The real program, polling the fake Bot API, with a database of its own on disk."""
    async with Crowd() as crowd:
        with tempfile.TemporaryDirectory(dir=folder) as data:
            environment = _settings(crowd) | {"TEDUH_DATA__FOLDER": data, "TEDUH_WEB__PORT": str(processes.free_port())}
            server = processes.start("bot.cli", ["serve"], output=folder / "ours.log", environment=environment)
            try:
                return await _talked(crowd, [server], server.cpu_seconds, people=people, messages=messages)
            finally:
                server.stop()


async def shared(people: int, messages: int, folder: Path) -> Figures:
    """Two workers on a PostgreSQL of their own, all three on the one core; the CPU is that of all, the memory that of the workers."""
    async with Crowd() as crowd:
        with tempfile.TemporaryDirectory(dir=folder) as data:
            postgres = processes.Postgres(Path(data) / "postgres")
            environment = _settings(crowd) | {
                "TEDUH_DATA__FOLDER": data,
                "TEDUH_DATABASE__URL": postgres.url,
                "TEDUH_VAULT__KEY": make_key(),
            }
            workers: list[processes.Server] = []
            try:
                for number in (1, 2):
                    output = folder / f"worker{number}.log"
                    workers.append(processes.start("bot.cli", ["work"], output=output, environment=environment))
                    await asyncio.to_thread(workers[-1].wait_for_words, "Working.")

                def cpu_seconds() -> float:
                    return postgres.cpu_seconds() + sum(worker.cpu_seconds() for worker in workers)

                return await _talked(crowd, workers, cpu_seconds, people=people, messages=messages)
            finally:
                for worker in workers:
                    worker.stop()
                postgres.stop()


def _settings(crowd: Crowd) -> dict[str, str]:
    return {
        "TEDUH_TELEGRAM__TOKEN": TOKEN,
        "TEDUH_TELEGRAM__API_URL": crowd.url,
        "TEDUH_TELEGRAM__PER_CHAT_PER_SECOND": "0",
        "TEDUH_TELEGRAM__PER_SECOND": "0",
    }


async def _talked(
    crowd: Crowd, servers: Sequence[processes.Server], cpu_seconds: Callable[[], float], *, people: int, messages: int
) -> Figures:
    """A tenth of the messages to warm up, then all of them."""
    await _started(crowd, servers[0])
    await crowd.talk(people=people, messages=messages // 10)
    before = cpu_seconds()
    load = await crowd.talk(people=people, messages=messages)
    return _figures(load, cpu_seconds() - before, sum(server.memory_mib() for server in servers))


async def _started(crowd: Crowd, server: processes.Server) -> None:
    async def watch() -> None:
        while True:
            server.check()
            await asyncio.sleep(0.2)

    polled, watching = asyncio.ensure_future(crowd.polled()), asyncio.ensure_future(watch())
    done, _ = await asyncio.wait({polled, watching}, timeout=60, return_when=asyncio.FIRST_COMPLETED)
    for task in (polled, watching):
        if task not in done:
            task.cancel()
    if polled not in done:
        for task in done:
            task.result()
        raise processes.NotReady(f"it never polled\n{server.said()}")


async def echo(kind: str, people: int, messages: int, folder: Path) -> Figures:
    """A peer, written to by webhook."""
    async with Crowd() as crowd:
        for chat in range(people):
            crowd.chat(5_550_000 + chat)
        port = processes.free_port()
        server = processes.start("bench.peers", [kind, str(port), TOKEN, crowd.url], output=folder / f"{kind}.log")
        try:
            await asyncio.to_thread(server.wait_for_port, port)
            await webhook.send(port, people=people, messages=messages // 10)
            before, calls = server.cpu_seconds(), crowd.calls_made
            load = await webhook.send(port, people=people, messages=messages)
            load.calls = crowd.calls_made - calls
            return _figures(load, server.cpu_seconds() - before, server.memory_mib())
        finally:
            server.stop()


def _figures(load: Load, cpu_seconds: float, memory_mib: float) -> Figures:
    return Figures(
        per_second=load.messages / load.seconds,
        cpu_us=1e6 * cpu_seconds / load.messages,
        p50_ms=load.wait_ms(0.5),
        p99_ms=load.wait_ms(0.99),
        memory_mib=memory_mib,
        calls=load.calls / load.messages,
        unanswered=load.unanswered,
        messages=load.messages,
    )


def median(rounds: Sequence[Figures]) -> Figures:
    """Each figure's median."""
    values = {name: [asdict(each)[name] for each in rounds] for name in asdict(rounds[0])}
    return Figures(**{name: statistics.median(each) for name, each in values.items()})


def table(medians: dict[str, Figures], *, is_pinned: bool) -> str:
    head = f"{'':30s} messages/s  CPU us  p50 ms  p99 ms  MiB  calls/message  unanswered"
    lines = [
        f"{name:30s} {each.per_second:10.0f} {each.cpu_us:7.0f} {each.p50_ms:7.1f} {each.p99_ms:7.1f} {each.memory_mib:4.0f}"
        f" {each.calls:14.2f} {each.unanswered:11.0f}"
        for name, each in medians.items()
    ]
    note = "" if is_pinned else "(processes are not pinned to cores here: rates depend on what else runs)"
    return "\n".join([head, *lines, note])


def compare(medians: dict[str, Figures]) -> list[str]:
    """A line for each of ours beside each peer. A ratio below its floor says so."""
    lines = []
    for shape, floors in FLOORS.items():
        for name, floor in floors.items():
            if shape not in medians or name not in medians:
                continue
            rate, cpu = medians[shape].per_second / medians[name].per_second, medians[name].cpu_us / medians[shape].cpu_us
            verdict = "ok" if min(rate, cpu) >= floor else "BELOW"
            lines.append(f"{shape:28s} beside {name:27s} x{rate:.2f} messages/s, x{cpu:.2f} CPU  (floor x{floor})  {verdict}")
    return lines


if __name__ == "__main__":
    main()
