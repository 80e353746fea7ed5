"""A laboratory that a test starts: ``bmsrig instruments`` in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from pathlib import Path

from bmsrig import paths
from conftest import BMSRIG, environment

ANSWER = 30.0
"""s; longer than any answer takes on a loaded machine."""


class Connection:
    """A plain TCP connection that speaks lines."""

    def __init__(self, address: str) -> None:
        host, port = address.removeprefix("tcp ").split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=ANSWER)
        self._lines = self.socket.makefile("rb")

    def say(self, text: str) -> None:
        self.socket.sendall(text.encode() + b"\n")

    def line(self) -> bytes:
        """The next line with its end; nothing once the other side has closed."""
        return self._lines.readline()

    def ask(self, text: str) -> str:
        self.say(text)
        return self.line().decode().rstrip("\r\n")

    def close(self) -> None:
        self._lines.close()
        self.socket.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Laboratory:
    """Serves a bench until it is ended. ``serve`` are lines of the bench file's section of this name."""

    def __init__(self, folder: Path, product: str, serve: str, *arguments: str) -> None:
        base = paths.fixtures_folder() / product / "benches" / "virtual.yaml"
        bench = folder / "served.yaml"
        entries = "".join(f"  {line}\n" for line in serve.strip().splitlines())
        bench.write_text(
            f"format: 1\nbench: served\nbased_on: {os.path.relpath(base, folder)}\nfixture: {product}\nclock: real\n"
            f"serve:\n{entries}"
        )
        self.out = folder / "out.yaml"
        command = [BMSRIG, "instruments", "--bench", bench, "--write-bench", self.out, *arguments]
        self.process = subprocess.Popen(
            list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment()
        )
        assert self.process.stdout is not None
        self.said: list[str] = []
        for line in self.process.stdout:
            self.said.append(line.rstrip())
            if line.startswith("ready"):
                break
        else:
            self.end()
            raise AssertionError("\n".join(self.said))

    def addresses(self, instrument: str) -> list[str]:
        """As the bench file for the rig says them: "tcp 127.0.0.1:40113"."""
        entry = re.search(rf"^  {instrument}:\n((?:    .*\n)+)", self.out.read_text(), re.M)
        assert entry, self.out.read_text()
        found = re.search(r'    address(?:es)?: "(.*)"', entry[1])
        assert found, entry[1]
        return found[1].split(", ")

    def connect(self, instrument: str, unit: int = 0) -> Connection:
        return Connection(self.addresses(instrument)[unit])

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Its exit status and what it said since it was ready."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        if self.process.stdout is None or self.process.stdout.closed:
            return self.process.returncode, ""
        rest, _ = self.process.communicate(timeout=60)
        return self.process.returncode, rest
