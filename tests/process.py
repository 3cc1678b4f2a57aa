"""The real app in a process of its own, for journeys, chaos and benches."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent
_START_SECONDS = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class AppProcess:
    """`teduh serve`, or another command that runs, with a data folder and a port of its own."""

    def __init__(self, folder: Path, *command: str, port: int | None = None, **settings: str) -> None:
        self.folder = folder
        self.command = command or ("serve",)
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"{self.command[0]}.log"
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "AppProcess":
        """Start it and wait until it serves, or works."""
        self.folder.mkdir(parents=True, exist_ok=True)
        before = self.output().count("Working.")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot.cli", *self.command], cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise AssertionError(f"the app ended by itself:\n{self.output()[-2000:]}")
            if self.command[0] == "work":
                if self.output().count("Working.") > before:
                    return self
                time.sleep(0.03)
                continue
            try:
                with urllib.request.urlopen(self.url + "/readyz", timeout=1) as answer:
                    if answer.status == 200:
                        return self
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.03)
        raise AssertionError(f"the app did not serve within {_START_SECONDS} s:\n{self.output()[-2000:]}")

    @property
    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TEDUH_")}
        own = {"TEDUH_DATA__FOLDER": str(self.folder / "data"), "TEDUH_WEB__PORT": str(self.port)}
        return {**kept, **own, **self._settings}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Another command beside it, to its end."""
        command = [sys.executable, "-m", "bot.cli", *words]
        return subprocess.run(command, cwd=ROOT, env=self._environment, capture_output=True, text=True, check=False)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def invitation(self) -> str:
        """The token of the first administrator's link, as printed last."""
        tokens = re.findall(r"#/undangan/([\w-]+)", self.output())
        assert tokens, "no invitation was printed"
        return str(tokens[-1])

    def __del__(self) -> None:
        """A test that failed half-way leaves no process behind."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self, *, seconds: float = 15.0) -> int:
        """Ctrl-C. Its exit status; a process that doesn't stop in time is a failure."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the app did not stop within {seconds} s") from None
