"""Reads the tables beside the DBC files: what that format cannot say."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cantools.database.can import Database, Message

from bmsrig_dbc.mistake import Mistake

LAYOUTS = ("confirmed", "unconfirmed", "unknown")
"""How far public sources say what the bytes mean: under the protocol's name, under a relative's name, or not at all."""

BIT_RATE_SETTINGS = (*range(5), *range(128, 133))
"""What CANS can be (REC 2Q manual, Table 12)."""

Databases = Mapping[str, Database]


@dataclass(frozen=True)
class KeepAlive:
    """What a BMS is told all the time by the other side."""

    database: str
    message: Message
    period_ms: int
    data: bytes | None
    """None: what it holds is measured."""


@dataclass(frozen=True)
class Protocol:
    """A row of protocols.csv."""

    name: str
    chrg: int
    sends: tuple[tuple[str, Message], ...]
    """The message of each slot of the rotation, with its database."""
    cycle_ms: int
    cans: tuple[int, ...]
    """Bit rates that the manual names, as CANS settings, the default first."""
    keep_alive: KeepAlive | None
    receiver_timeout_s: float | None
    """After which the other side gives up; None: not stated."""
    layout: str
    source: str


class Row:
    """A line of a table, by its columns."""

    def __init__(self, file: Path, line: int, values: dict[str, str]) -> None:
        self._file, self._line, self._values = file, line, values

    def __getitem__(self, column: str) -> str:
        return self._values[column]

    def mistake(self, column: str, expected: str) -> Mistake:
        """What a column holds is not what is expected."""
        return Mistake(self._file, self._line, f"{column} is {self[column]!r}; expected {expected}")

    def number(self, column: str) -> int:
        """A whole number from 0 on."""
        if not re.fullmatch("[0-9]+", self[column]):
            raise self.mistake(column, "a whole number")
        return int(self[column])

    def message(self, column: str, name: str, databases: Databases) -> tuple[str, Message]:
        """A message by ``database.Message``."""
        database, _, wanted = name.partition(".")
        known = databases[database].messages if database in databases else []
        for message in known:
            if message.name == wanted:
                return database, message
        raise Mistake(self._file, self._line, f"{column} has {name}, but no database has such a message")


def read_protocols(file: Path, databases: Databases) -> list[Protocol]:
    """The protocols by ascending CHRG. Raises Mistake, also for a message of a BMS that nobody sends or hears."""
    columns = list(Protocol.__dataclass_fields__)
    at = columns.index("keep_alive")
    columns[at : at + 1] = ["hears", "hears_data", "hears_ms"]
    protocols: list[Protocol] = []
    for row in _rows(file, columns):
        protocol = _protocol(row, databases)
        if protocol.name in [other.name for other in protocols] or not re.fullmatch("[a-z]+", protocol.name):
            raise row.mistake("name", "a name in lower case that no other protocol has")
        if protocols and protocol.chrg <= protocols[-1].chrg:
            raise row.mistake("chrg", f"more than {protocols[-1].chrg} of the line before")
        protocols.append(protocol)
    return protocols


def read_texts(file: Path, databases: Databases) -> set[tuple[str, str]]:
    """The messages that hold a text, with their database. Raises Mistake."""
    texts = set()
    for row in _rows(file, ["database", "message"]):
        row.message("message", f"{row['database']}.{row['message']}", databases)
        texts.add((row["database"], row["message"]))
    return texts


def _rows(file: Path, columns: list[str]) -> Iterator[Row]:
    with file.open(newline="", encoding="utf-8") as stream:
        rows = csv.DictReader(stream, strict=True)
        if rows.fieldnames != columns:
            raise Mistake(file, 1, f"has columns {rows.fieldnames}; expected {columns}")
        for values in rows:
            if None in values or None in values.values():
                raise Mistake(file, rows.line_num, f"expected {len(columns)} columns, {', '.join(columns)}")
            yield Row(file, rows.line_num, values)


def _protocol(row: Row, databases: Databases) -> Protocol:
    sends = tuple(row.message("sends", name, databases) for name in row["sends"].split())
    if not sends or any("BMS" not in message.senders for _, message in sends):
        raise row.mistake("sends", "messages of node BMS")
    identifiers = itertools.groupby(sorted({(message.frame_id, name) for name, message in sends}), lambda pair: pair[0])
    if any(len(list(group)) > 1 for _, group in identifiers):
        raise row.mistake("sends", "messages of different identifiers")
    cans = tuple(int(number) for number in row["cans"].split() if number.isdecimal())
    if not cans or any(number not in BIT_RATE_SETTINGS for number in cans) or len(cans) != len(row["cans"].split()):
        raise row.mistake("cans", "settings of CANS, 0 to 4 or 128 to 132")
    cycle = row.number("cycle_ms")
    if cycle == 0:
        raise row.mistake("cycle_ms", "1 or more")
    if row["layout"] not in LAYOUTS:
        raise row.mistake("layout", " or ".join(LAYOUTS))
    if not row["source"]:
        raise row.mistake("source", "who says so")
    timeout = float(row.number("receiver_timeout_s")) if row["receiver_timeout_s"] else None
    return Protocol(
        row["name"],
        row.number("chrg"),
        sends,
        cycle,
        cans,
        _keep_alive(row, databases),
        timeout,
        row["layout"],
        row["source"],
    )


def _keep_alive(row: Row, databases: Databases) -> KeepAlive | None:
    if not row["hears"]:
        for column in ("hears_data", "hears_ms"):
            if row[column]:
                raise row.mistake(column, "nothing, as hears is empty")
        return None
    database, message = row.message("hears", row["hears"], databases)
    if "BMS" in message.senders:
        raise row.mistake("hears", "a message of another node than BMS")
    period = row.number("hears_ms")
    if period == 0:
        raise row.mistake("hears_ms", "1 or more")
    if row["hears_data"] and not re.fullmatch(f"([0-9A-F]{{2}}){{{message.length}}}", row["hears_data"]):
        raise row.mistake("hears_data", f"{message.length} bytes in hexadecimal digits, or nothing")
    return KeepAlive(database, message, period, bytes.fromhex(row["hears_data"]) if row["hears_data"] else None)
