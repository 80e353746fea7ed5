"""CAN frames for the tests: a block as the C++ store packs it, and what is in it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from bmsrig_reports.can_frames import CanEvent

CAN_BLOCK = (
    "424d463128b52ffd243de901000404040b11090202033e0e36260000010200d10625f4cb9bc001080080a8d6b907ffa3a7da"
    "06e0c5088ee5e55ea0c21ec0fc15c09a0c020803013a02016cb4884e"
)
"""The events below as schema 2 packs them: readable for ever."""

CAN_EVENTS = [
    CanEvent(1_000_250_000, 250_000, "received", "none", 0x351, False, False, b"\x3a\x02"),
    CanEvent(1_100_250_000, 250_000, "received", "none", 0x351, False, False, b"\x3b\x02"),
    CanEvent(1_100_500_000, 180_000, "sent", "none", 0x1806E5F4, True, True, bytes(8)),
    CanEvent(1_200_000_007, 100_000, "error", "acknowledge", 0, False, False, b""),
]


def add_frames(path: Path, test: int, *buses: str, blocks: int = 1) -> Path:
    """Add the block to a test of a record, on each of the buses."""
    with sqlite3.connect(path) as database:
        rows = [(test, bus, block, 4, bytes.fromhex(CAN_BLOCK)) for bus in buses for block in range(blocks)]
        database.executemany("INSERT INTO can_block VALUES (?, ?, ?, ?, ?)", rows)
    database.close()
    return path
