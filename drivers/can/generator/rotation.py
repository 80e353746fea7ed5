"""Reads the table beside a DBC file: what that format cannot say."""

from __future__ import annotations

import csv
from pathlib import Path

from mistake import Mistake

COLUMNS = ["message", "slots", "text", "note"]


class Rotation:
    """In which slots of its rotation a unit sends which message, and which messages are texts."""

    def __init__(self, file: Path, messages: list[str]) -> None:
        """Raises Mistake unless the table has each of these messages once and every slot is taken by one of them."""
        self._file = file
        self._line_of: dict[str, int] = {}
        self._slots: dict[int, str] = {}
        self.texts: set[str] = set()
        """The messages that hold a text."""
        with file.open(newline="", encoding="utf-8") as stream:
            rows = csv.DictReader(stream, strict=True)
            if rows.fieldnames != COLUMNS:
                raise Mistake(file, 1, f"has columns {rows.fieldnames}; expected {COLUMNS}")
            for row in rows:
                if None in row or None in row.values():
                    raise Mistake(file, rows.line_num, f"expected {len(COLUMNS)} columns, {', '.join(COLUMNS)}")
                self._take(row, rows.line_num, messages)
        missing = [name for name in messages if name not in self._line_of]
        if missing:
            raise Mistake(file, 1, f"has no line for message {missing[0]} of the DBC file")
        self.slots = [self._slots.get(slot, "") for slot in range(1, max(self._slots) + 1)]
        """The message of each slot."""
        if "" in self.slots:
            raise Mistake(file, 1, f"has no message in slot {self.slots.index('') + 1} of {len(self.slots)}")

    def _take(self, row: dict[str, str], line: int, messages: list[str]) -> None:
        name = row["message"]
        if name not in messages:
            raise Mistake(self._file, line, f"message {name} is not in the DBC file")
        if name in self._line_of:
            raise Mistake(self._file, line, f"message {name} stands already in line {self._line_of[name]}")
        self._line_of[name] = line
        if row["text"] not in ("yes", "no"):
            raise Mistake(self._file, line, f"message {name}: text is {row['text']!r}; expected yes or no")
        if row["text"] == "yes":
            self.texts.add(name)
        slots = row["slots"].split()
        if not slots or not all(slot.isdecimal() and int(slot) > 0 for slot in slots):
            raise Mistake(self._file, line, f"message {name}: slots are {row['slots']!r}; expected numbers from 1")
        for slot in map(int, slots):
            if slot in self._slots:
                raise Mistake(self._file, line, f"message {name}: slot {slot} has message {self._slots[slot]} already")
            self._slots[slot] = name
