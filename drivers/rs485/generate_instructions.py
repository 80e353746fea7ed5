"""Turns an instruction table (CSV) into C++: generate_instructions.py TABLE.csv OUT.cpp, run at build time.

A row that makes no sense stops the build, with file and line: a mnemonic twice, a range the wrong way round, a default
outside it, an unknown type.
"""

from __future__ import annotations

import csv
import re
import sys
from dataclasses import dataclass
from pathlib import Path

COLUMNS = (
    *("mnemonic", "group", "access", "type", "unit", "minimum", "maximum", "default", "decimals"),
    *("choices", "counts", "source", "note"),
)
ACCESS = {"R": "read", "W": "write", "RW": "read_write", "X": "armed"}
TYPES = {"float": "floating", "integer": "integer", "text": "text", "floats": "floats", "bytes": "bytes"}
NUMBERS = ("float", "integer")
ARRAYS = ("floats", "bytes")
COUNTS = ("bytes", "units")


class TableError(Exception):
    """A row or a file that makes no sense; says where."""


@dataclass(frozen=True)
class Row:
    """One instruction as the table says it, checked."""

    where: str
    cells: dict[str, str]
    minimum: float | None
    maximum: float | None
    default: float | None
    decimals: int
    choices: list[tuple[int, int]]

    @property
    def mnemonic(self) -> str:
        """Its four characters."""
        return self.cells["mnemonic"]


def number(where: str, column: str, text: str) -> float | None:
    """The number, none where nothing stands."""
    if not text:
        return None
    if not re.fullmatch(r"-?\d+(\.\d+)?", text):
        raise TableError(f"{where}: {column} is {text!r}; expected a decimal number")
    return float(text)


def intervals(where: str, text: str) -> list[tuple[int, int]]:
    """The ends of the intervals of "0-4 128-132"."""
    found = []
    for word in text.split():
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", word)
        if not match:
            raise TableError(f"{where}: choices has {word!r}; expected whole numbers such as 7 or 0-4")
        low, high = int(match[1]), int(match[2] or match[1])
        if low > high:
            raise TableError(f"{where}: the choices {word} are the wrong way round")
        found.append((low, high))
    return found


def one_of(where: str, column: str, text: str, words: tuple[str, ...]) -> None:
    """Raises TableError unless the text is one of the words."""
    if text not in words:
        raise TableError(f"{where}: {column} is {text!r}; expected one of {', '.join(words)}")


def check_range(row: Row) -> None:
    """Raises TableError unless the default lies in the range, and a setting has both."""
    where, low, high, default = row.where, row.minimum, row.maximum, row.default
    if (low is None) != (high is None):
        raise TableError(f"{where}: {row.mnemonic} has one end of a range; expected minimum and maximum, or neither")
    if row.cells["access"] == "RW" and (low is None or default is None):
        raise TableError(f"{where}: {row.mnemonic} can be set but has no range or no default; expected both")
    if low is None or high is None:
        return
    if low > high:
        raise TableError(f"{where}: the range of {row.mnemonic} is the wrong way round: {low:g} to {high:g}")
    if default is not None and not low <= default <= high:
        raise TableError(f"{where}: the default {default:g} of {row.mnemonic} lies outside {low:g} to {high:g}")
    if default is not None and row.choices and not any(first <= default <= last for first, last in row.choices):
        raise TableError(f"{where}: the default {default:g} of {row.mnemonic} is none of its choices")
    if any(first < low or last > high for first, last in row.choices):
        raise TableError(f"{where}: choices of {row.mnemonic} lie outside {low:g} to {high:g}")
    if row.cells["type"] == "integer" and any(end != int(end) for end in (low, high, default or 0)):
        raise TableError(f"{where}: {row.mnemonic} is an integer, but its range or default is not whole")


def read_row(where: str, cells: dict[str, str]) -> Row:
    """A row, checked. Raises TableError."""
    if None in cells or None in cells.values():
        raise TableError(f"{where}: expected {len(COLUMNS)} columns")
    if not re.fullmatch(r"[A-Z0-9*]{4}", cells["mnemonic"]):
        raise TableError(f"{where}: mnemonic is {cells['mnemonic']!r}; expected four of A-Z, 0-9 and *")
    one_of(where, "access", cells["access"], tuple(ACCESS))
    one_of(where, "type", cells["type"], tuple(TYPES))
    if cells["type"] in ARRAYS:
        one_of(where, "counts", cells["counts"], COUNTS)
    elif cells["counts"]:
        raise TableError(f"{where}: {cells['mnemonic']} is no array, but has counts")
    if not cells["source"]:
        raise TableError(f"{where}: {cells['mnemonic']} has no source")
    is_number = cells["type"] in NUMBERS
    if not is_number and any(cells[column] for column in ("minimum", "maximum", "decimals", "choices")):
        raise TableError(f"{where}: {cells['mnemonic']} is no number, but has a range, decimals or choices")
    if is_number and not re.fullmatch(r"\d", cells["decimals"]):
        raise TableError(f"{where}: decimals is {cells['decimals']!r}; expected 0 to 9")
    row = Row(
        where,
        cells,
        number(where, "minimum", cells["minimum"]),
        number(where, "maximum", cells["maximum"]),
        number(where, "default", cells["default"]) if is_number else None,
        int(cells["decimals"] or 0),
        intervals(where, cells["choices"]),
    )
    if is_number:
        check_range(row)
    return row


def read_table(file: Path) -> list[Row]:
    """The rows of a table. Raises TableError, naming file and line."""
    with file.open(newline="", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise TableError(f"{file}:1: expected the columns {','.join(COLUMNS)}")
        rows = [read_row(f"{file}:{reader.line_num}", cells) for cells in reader]
    seen: dict[str, str] = {}
    for row in rows:
        if row.mnemonic in seen:
            raise TableError(f"{row.where}: {row.mnemonic} stands twice, first at {seen[row.mnemonic]}")
        seen[row.mnemonic] = row.where
    return rows


def literal(text: str) -> str:
    """The text as a C++ string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def value(number: float | None) -> str:
    """The number as C++ writes it, to the last bit."""
    return "not_given" if number is None else repr(number)


def in_cpp(row: Row) -> str:
    """The row as an aggregate of instructions.h."""
    cells = row.cells
    text = cells["default"] if cells["type"] == "text" else ""
    fields = (
        f'"{row.mnemonic}"_name',
        literal(row.mnemonic),
        literal(cells["group"]),
        f"Access::{ACCESS[cells['access']]}",
        f"Type::{TYPES[cells['type']]}",
        literal(cells["unit"]),
        value(row.minimum),
        value(row.maximum),
        value(row.default),
        str(row.decimals),
        f"choices_{row.mnemonic}" if row.choices else "{}",
        "true" if cells["counts"] == "bytes" else "false",
        literal(text),
        literal(cells["source"]),
        literal(cells["note"]),
    )
    return "    {" + ", ".join(fields) + "},"


def generate(file: Path) -> str:
    """The C++ source of the function that is named like the file."""
    rows = read_table(file)
    name = file.stem
    lines = [
        f"// Made from {file.name} by generate_instructions.py.",
        "#include <limits>",
        '#include "drivers/rs485/instructions.h"',
        "namespace bmsrig::rs485 {",
        "namespace {",
        "constexpr double not_given = std::numeric_limits<double>::quiet_NaN();",
    ]
    for row in rows:
        if row.choices:
            listed = ", ".join(f"{{{low}, {high}}}" for low, high in row.choices)
            lines.append(f"constexpr Choices choices_{row.mnemonic}[] = {{{listed}}};")
    lines += ["constexpr Instruction rows[] = {", *map(in_cpp, rows), "};"]
    lines += [f'constexpr Table table{{"{name}", rows}};', "}"]
    lines += [f"const Table& {name}() {{ return table; }}", "}", ""]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    table, output = map(Path, arguments)
    try:
        output.write_text(generate(table), encoding="utf-8")
    except (OSError, TableError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
