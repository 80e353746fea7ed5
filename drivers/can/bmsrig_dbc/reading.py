"""Reads a DBC file as text and as layouts."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from cantools.database import load_string
from cantools.database.can import Database
from cantools.database.errors import UnsupportedDatabaseFormatError

from bmsrig_dbc.mistake import Mistake, Places

LONGEST_TRANSFER = 1785
"""Bytes of the longest message in DBC files: one that SAE J1939-21 divides into many frames."""

LONGEST_SIGNAL = 64
"""Bits; the format has no longer numbers."""

MULTIPLEXER_VALUES = 1 << 16
"""More are no list that somebody wrote."""


def read(file: Path) -> tuple[Database, Places]:
    """The layouts of a DBC file, and where in it they stand. Raises Mistake."""
    text = _text(file)
    places = Places(file, text)
    _refuse_what_cannot_be_read(places)
    logging.getLogger("cantools").setLevel(logging.ERROR)  # what it only warns of, soundness.py refuses
    try:
        database = load_string(text, database_format="dbc", prune_choices=False)
    except UnsupportedDatabaseFormatError as error:  # also signals that overlap
        raise places.mistake_named_in(str(error.e_dbc)) from error
    assert isinstance(database, Database)
    if not database.messages:
        raise Mistake(file, 1, "has no messages (BO_)")
    return database, places


def _text(file: Path) -> str:
    """UTF-8 where it is that, else cp1252, as which the format began."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Mistake(file, 1, f"cannot be read: {error.strerror}") from error
    if not data.strip():
        raise Mistake(file, 1, "is empty; expected a DBC file")
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise Mistake(file, line, "has a byte of 0, so it is no text; expected a DBC file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _refuse_what_cannot_be_read(places: Places) -> None:
    """What would take more memory than there is, and places before a message begins: cantools does not mind either."""
    for line, found in places.matches(r"\s*BO_\s+\d+\s+(\w+)\s*:\s*(\d+)"):
        if int(found[2]) > LONGEST_TRANSFER:
            text = f"message {found[1]} has {found[2]} bytes; expected up to {LONGEST_TRANSFER}"
            raise Mistake(places.file, line, text)
    for line, found in places.matches(r"\s*SG_\s+(\w+)[^:]*:\s*(-?\d+)\s*\|\s*(\d+)"):
        if not 0 <= int(found[2]) < 8 * LONGEST_TRANSFER or int(found[3]) > LONGEST_SIGNAL:
            text = f"signal {found[1]} has {found[3]} bits from {found[2]} on; expected up to {LONGEST_SIGNAL}"
            raise Mistake(places.file, line, text)
    for line, found in places.matches(r"\s*SG_MUL_VAL_\s+\d+\s+(\w+)\s+\w+(.*)"):
        for low, high in re.findall(r"(\d+)\s*-\s*(\d+)", found[2]):
            if int(high) - int(low) >= MULTIPLEXER_VALUES:
                text = f"signal {found[1]} has multiplexer values {low} to {high}; expected up to {MULTIPLEXER_VALUES}"
                raise Mistake(places.file, line, text)
