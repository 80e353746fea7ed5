"""How fast a log of 10 million CAN frames becomes signals: by the rig, by the C codec below it, by cantools."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import cantools.database
from cantools.database.can import Database

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build" / "release" / "reports" / "can_log_benchmark"

SHARE_OF_BARE_C = 0.5
"""Both read the same log; what the rig does besides is to find the signals and to keep their changes."""
TIMES_CANTOOLS = 100
MEMORY_MIB = 64
"""What the rig's memory may grow by: the trace keeps up to 32 MiB before it is written away."""
SAMPLE = 200_000
"""Frames of the log that cantools decodes; all of it would take it minutes."""


def run(*arguments: str) -> list[str]:
    """What the program prints, by lines."""
    command = [str(PROGRAM), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=300).stdout.splitlines()


def cantools_speed() -> float:
    """Frames a second of cantools' own decoder, without reading them."""
    database = cantools.database.load_file(ROOT / "drivers" / "can" / "dbc" / "rec.dbc")
    assert isinstance(database, Database)
    lines = [line.split("#") for line in run("--frames", str(SAMPLE))]
    frames = [(int(identifier, 16), bytes.fromhex(data)) for identifier, data in lines]
    start = time.perf_counter()
    for identifier, data in frames:
        database.decode_message(identifier, data, decode_choices=False)
    return len(frames) / (time.perf_counter() - start)


def main() -> int:
    """Prints the figures and their ratios; 1 if a limit is missed."""
    figures = {name: float(figure) for name, figure in (line.split() for line in run())}
    library = cantools_speed()
    share, times = figures["trace"] / figures["bare_c"], figures["trace"] / library
    print(f"reading the log alone    {figures['reading']:12.0f} frames/s")
    print(f"log to bare C codec      {figures['bare_c']:12.0f} frames/s")
    print(
        f"log to signals of trace  {figures['trace']:12.0f} frames/s, {share:.2f} of the bare codec "
        f"(limit {SHARE_OF_BARE_C:g}), {times:.0f} times cantools (limit {TIMES_CANTOOLS}); "
        f"{figures['changes']:.0f} changes, {figures['mebibytes']:.0f} MiB more (limit {MEMORY_MIB})"
    )
    print(f"cantools in Python       {library:12.0f} frames/s, decoding alone")
    return int(share < SHARE_OF_BARE_C or times < TIMES_CANTOOLS or figures["mebibytes"] > MEMORY_MIB)


if __name__ == "__main__":
    sys.exit(main())
