"""Reads a DBC file as text and as layouts."""

from __future__ import annotations

import logging
from pathlib import Path

from cantools.database import load_string
from cantools.database.can import Database
from cantools.database.errors import UnsupportedDatabaseFormatError

from bmsrig_dbc.mistake import Mistake, Places


def read(file: Path) -> tuple[Database, Places]:
    """The layouts of a DBC file, and where in it they stand. Raises Mistake."""
    text = _text(file)
    places = Places(file, text)
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
