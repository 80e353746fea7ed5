"""How many CAN frames a second become numbers: by the catalogue, by the C codec below it, and by cantools in Python."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import cantools.database
from cantools.database.can import Database

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build" / "release" / "drivers" / "can" / "can_benchmark"

SHARE_OF_BARE_C = 0.2
"""The catalogue finds a message by its number and checks lengths: it may take five times as long as inlined C does."""

# The same three frames as in drivers/can/can_benchmark.cpp.
FRAMES = {
    0x031: bytes.fromhex("8EC414C0FD940000"),
    0x033: bytes.fromhex("0CF00CF30CF80CF6"),
    0x037: bytes.fromhex("023C03E807D001D0"),
}


def cantools_speed() -> float:
    """Frames a second of cantools' own decoder."""
    database = cantools.database.load_file(ROOT / "drivers" / "can" / "dbc" / "rec.dbc")
    assert isinstance(database, Database)
    start = time.perf_counter()
    frames = 0
    while time.perf_counter() < start + 0.5:
        for identifier, data in FRAMES.items():
            database.decode_message(identifier, data, decode_choices=False)
        frames += len(FRAMES)
    return frames / (time.perf_counter() - start)


def main() -> int:
    """Prints the figures and their ratios; 1 if the limit is missed."""
    lines = subprocess.run([str(PROGRAM)], capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
    speeds = {name: float(speed) for name, speed in (line.split() for line in lines)}
    library = cantools_speed()
    share = speeds["catalogue"] / speeds["bare_c"]
    print(f"bare C codec   {speeds['bare_c']:12.0f} frames/s")
    print(
        f"catalogue      {speeds['catalogue']:12.0f} frames/s, {share:.2f} of the bare codec "
        f"(limit {SHARE_OF_BARE_C:g}), {speeds['catalogue'] / library:.0f} times cantools"
    )
    print(f"cantools       {library:12.0f} frames/s")
    return int(share < SHARE_OF_BARE_C)


if __name__ == "__main__":
    sys.exit(main())
