"""How fast a log of 10 million CAN frames becomes signals: by the rig, by the C codec below it, by cantools."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import can
import cantools.database
from cantools.database.can import Database

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build" / "release" / "reports" / "can_log_benchmark"

SHARE_OF_BARE_C = 0.5
"""Both read the same log; what the rig does besides is to find the signals and to keep their changes."""
TIMES_CANTOOLS = 100
MEMORY_MIB = 128
"""The most that the program may take: the trace keeps up to 32 MiB before it is written away."""
SAMPLE = 200_000
"""Frames of the log that cantools decodes; all of it would take it minutes."""


def run(*arguments: str) -> list[str]:
    """What the program prints, by lines."""
    command = [str(PROGRAM), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout.splitlines()


def cantools_speeds() -> tuple[float, float]:
    """Frames a second of cantools: from a log that python-can reads, and decoding alone."""
    database = cantools.database.load_file(ROOT / "drivers" / "can" / "dbc" / "rec.dbc")
    assert isinstance(database, Database)
    with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
        log.writelines(
            f"({number / 80:.6f}) can {frame}\n" for number, frame in enumerate(run("--frames", str(SAMPLE)))
        )
        log.flush()
        start = time.perf_counter()
        with can.LogReader(log.name) as reader:
            frames = [(message.arbitration_id, bytes(message.data)) for message in reader]
        read = time.perf_counter()
        for identifier, data in frames:
            database.decode_message(identifier, data, decode_choices=False)
        end = time.perf_counter()
    return len(frames) / (end - start), len(frames) / (end - read)


def main() -> int:
    """Prints the figures and their ratios; 1 if a limit is missed."""
    figures = {name: float(figure) for name, figure in (line.split() for line in run())}
    library, decoding = cantools_speeds()
    share, times = figures["trace"] / figures["bare_c"], figures["trace"] / library
    print(f"reading the log alone    {figures['reading']:12.0f} frames/s")
    print(f"log to bare C codec      {figures['bare_c']:12.0f} frames/s")
    print(
        f"log to signals of trace  {figures['trace']:12.0f} frames/s, {share:.2f} of the bare codec "
        f"(limit {SHARE_OF_BARE_C:g}), {times:.0f} times cantools (limit {TIMES_CANTOOLS}); "
        f"{figures['changes']:.0f} changes, {figures['mebibytes']:.0f} MiB at most (limit {MEMORY_MIB})"
    )
    print(f"python-can and cantools  {library:12.0f} frames/s from a log, {decoding:.0f} decoding alone")
    return int(share < SHARE_OF_BARE_C or times < TIMES_CANTOOLS or figures["mebibytes"] > MEMORY_MIB)


if __name__ == "__main__":
    sys.exit(main())
