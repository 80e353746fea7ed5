"""The instruction table of a REC unit: what a plan asks of every row is asked of these rows."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from bmsrig import paths
from bmsrig.failure import ExpectationFailed
from bmsrig.rig import Rig


@dataclass(frozen=True, slots=True)
class Instruction:
    """A row of the table."""

    mnemonic: str
    access: str
    """`R`, `W`, `RW`, or `X`: never sent unless it is armed."""
    type: str
    """`float`, `integer`, `text`, `floats` or `bytes`."""
    minimum: float
    maximum: float
    default: float
    """These three are 0 in a row of a text or an array."""
    decimals: int
    """With which a value is written."""
    choices: tuple[tuple[int, int], ...]
    """Where only some of the range are valid: first and last of each part. Empty: all of it."""

    @property
    def is_array(self) -> bool:
        """Whether it is answered by two frames, a count and the data."""
        return self.type in ("floats", "bytes")

    @property
    def is_setting(self) -> bool:
        """Whether it is a number that can be written."""
        return self.access == "RW" and self.type in ("float", "integer")

    @property
    def step(self) -> float:
        """The smallest difference that can be written."""
        return float(10**-self.decimals)

    @property
    def refused(self) -> list[float]:
        """Values that lie just outside: below the least and above the greatest, and beside the choices."""
        beside = [value for first, last in self.choices for value in (first - 1.0, last + 1.0)]
        return [self.minimum - self.step, self.maximum + self.step, *beside]


def load(table: str) -> list[Instruction]:
    """The rows of `drivers/rs485/<table>.csv`, in the table's order."""
    return [_row(row) for row in _rows(paths.fixtures_folder().parent / "drivers" / "rs485" / f"{table}.csv")]


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def _row(row: dict[str, str]) -> Instruction:
    is_number = row["type"] in ("float", "integer")
    parts = [part.partition("-") for part in row.get("choices", "").split()]
    return Instruction(
        row["mnemonic"],
        row["access"],
        row["type"],
        *(float(row[column]) if is_number and row[column] else 0.0 for column in ("minimum", "maximum", "default")),
        int(row["decimals"] or 0),
        tuple((int(first), int(last or first)) for first, _, last in parts),
    )


def expect_typed_answer(rig: Rig, instruction: Instruction) -> None:
    """A query is answered with its type: a number reads as one, a text has letters, an array its two frames."""
    name = instruction.mnemonic
    if instruction.is_array:
        if not (rig.rs485.array(name) if instruction.type == "floats" else rig.rs485.bytes(name)):
            raise ExpectationFailed(f"rs485 {name}?: expected an array, but it is empty")
        return
    value = rig.rs485.read(name)
    if instruction.type == "text":
        fits = isinstance(value, str) and bool(value.strip())
    else:
        fits = isinstance(value, float) and (instruction.type == "float" or value == int(value))
    if not fits:
        raise ExpectationFailed(f"rs485 {name}?: expected {instruction.type}, but the answer is {value!r}")


def expect_range_taken(rig: Rig, instruction: Instruction) -> None:
    """A setting is written and read back at its ends, at those of its choices, and at its default, where it stays."""
    ends = [float(value) for part in instruction.choices for value in part]
    for value in dict.fromkeys([instruction.minimum, instruction.maximum, *ends, instruction.default]):
        rig.rs485.write(instruction.mnemonic, value)


def expect_beyond_refused(rig: Rig, instruction: Instruction) -> None:
    """A setting refuses what lies a step outside its ends, or beside its choices, and keeps its value."""
    for value in instruction.refused:
        rig.rs485.refused(instruction.mnemonic, value)
