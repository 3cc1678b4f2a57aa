"""Start, watch and stop the programs under test."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SERVER_CORE, LOAD_CORE = 0, 1


class NotReady(Exception):
    """A program under test ended, or did not answer in time. Carries the end of what it said."""


@dataclass(slots=True)
class Server:
    """A running program."""

    process: subprocess.Popen[bytes]
    output: Path

    def cpu_seconds(self) -> float:
        """User and system time of all its threads so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mib(self) -> float:
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

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


def pin(core: int) -> bool:
    """Keep this process on one core, where the system can and has so many."""
    if not hasattr(os, "sched_setaffinity") or core not in os.sched_getaffinity(0):
        return False
    os.sched_setaffinity(0, {core})
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
