"""Writes the seeds of the fuzz targets, made from the golden frames: make_corpus.py GOLDEN.csv TABLE.csv FOLDER."""

from __future__ import annotations

import csv
import sys
from pathlib import Path


def read(file: str) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with Path(file).open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def write(folder: Path, name: str, seeds: list[bytes]) -> None:
    """One file for each seed, in the target's folder."""
    (folder / name).mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (folder / name / f"golden_{number:04}").write_bytes(seed)


def record(payload: bytes, *before: int) -> bytes:
    """A record of a target's input: what stands before, a length, the payload."""
    return bytes([*before, len(payload)]) + payload


def main(golden: str, table: str, folder: str) -> None:
    """Write the seeds of all three targets."""
    frames = [bytes.fromhex(row["frame"]) for row in read(golden)]
    payloads = [frame[4:-3] for frame in frames]
    names = [row["mnemonic"].encode() for row in read(table)]
    heard_raw = [record(frame, 0) for frame in frames]
    heard_framed = [record(payload, 1) for payload in payloads]
    every_instruction = [record(name + b"?", 1) + record(name + b" 1", 1) for name in names]
    answers = [record(payload, 0, 30) for payload in payloads if len(payload) != len("CMAX?")]
    chosen = [bytes([number]) for number in range(2 * len(names))]
    array = record(b"1", 0, 30) + record(bytes(16), 0, 9)
    accepted = record(b"OK", 0, 30) + record(b"1", 0, 30)

    write(Path(folder), "decoder", [b"\x05" + frame for frame in frames] + [b"\x3f" + b"".join(frames)])
    write(Path(folder), "unit", heard_raw + heard_framed + every_instruction)
    write(Path(folder), "host", [one + more for one in chosen for more in (array, accepted, *answers)])


if __name__ == "__main__":
    main(*sys.argv[1:])
