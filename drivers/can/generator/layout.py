"""Reads a DBC file and refuses what the rig could not rely on."""

from __future__ import annotations

import logging
import math
import re
from pathlib import Path

import cantools.database
from cantools.database.can import Database, Message, Signal
from cantools.database.errors import UnsupportedDatabaseFormatError
from mistake import Mistake, Places
from rotation import Rotation

UNITS = ("", "%", "A", "Ah", "V", "degC")
"""What a signal may be given in; empty for a number without unit."""

LONGEST = 8
"""Bytes of a CAN frame."""


def load(file: Path) -> tuple[Database, Rotation]:
    """The layouts of a DBC file together with the table beside it. Raises Mistake."""
    logging.getLogger("cantools").setLevel(logging.ERROR)  # what it only warns of is refused below
    places = Places(file)
    try:
        database = cantools.database.load_file(file, prune_choices=False)
    except UnsupportedDatabaseFormatError as error:  # also signals that overlap
        raise places.mistake_named_in(str(error.e_dbc)) from error
    assert isinstance(database, Database)
    if not database.messages:
        raise Mistake(file, 1, "has no messages (BO_)")
    if slot_time(database) is None:
        raise Mistake(file, 1, 'does not say how long a slot of the rotation is; expected BA_ "SlotTime" <ms>')
    _check_names(database, places)
    rotation = Rotation(file.with_suffix(".csv"), [message.name for message in database.messages])
    for message in database.messages:
        _check_message(message, places, is_text=message.name in rotation.texts)
    return database, rotation


def slot_time(database: Database) -> int | None:
    """How long a slot of the rotation takes, in ms; None if the file does not say it."""
    attributes = database.dbc.attributes if database.dbc is not None else {}
    return int(attributes["SlotTime"].value) if "SlotTime" in attributes else None


def raw_range(signal: Signal) -> tuple[int, int]:
    """What the bits of a signal can hold."""
    if signal.is_signed:
        return -(1 << (signal.length - 1)), (1 << (signal.length - 1)) - 1
    return 0, (1 << signal.length) - 1


def last_byte(signal: Signal) -> int:
    """The byte up to which a frame must reach for this signal to be in it."""
    if signal.byte_order == "little_endian":
        return (signal.start + signal.length - 1) // 8
    return signal.start // 8 + (7 - signal.start % 8 + signal.length - 1) // 8


def _check_names(database: Database, places: Places) -> None:
    """In the trace a signal has its name in lower case, without that of its message."""
    messages: dict[str, str] = {}
    identifiers: dict[tuple[int, bool], str] = {}
    signals: dict[str, str] = {}
    for message in database.messages:
        identifier = (message.frame_id, message.is_extended_frame)
        for taken in (messages.get(message.name.lower()), identifiers.get(identifier)):
            if taken is not None:
                raise places.mistake(f"has the name or the identifier of message {taken}", message.name)
        messages[message.name.lower()] = identifiers[identifier] = message.name
        for signal in message.signals:
            if not re.fullmatch("[A-Z][A-Za-z0-9]*", signal.name):
                raise places.mistake("is not named in CamelCase", message.name, signal.name)
            if signal.name.lower() in signals:
                raise places.mistake(
                    f"has the name of a signal of message {signals[signal.name.lower()]}; the trace names a "
                    f"signal without its message",
                    message.name,
                    signal.name,
                )
            signals[signal.name.lower()] = message.name


def _check_message(message: Message, places: Places, *, is_text: bool) -> None:
    def refuse(text: str) -> Mistake:
        return places.mistake(text, message.name)

    if not message.comment:
        raise refuse("has no comment (CM_ BO_); expected the source of its layout")
    if not 0 < message.length <= LONGEST:
        raise refuse(f"has {message.length} bytes; expected 1 to {LONGEST}")
    if not message.signals:
        raise refuse("has no signals")
    if message.is_multiplexed():
        raise refuse("is multiplexed, which the catalogue cannot say")
    bytes_in_order = [(8 * byte, 8) for byte in range(message.length)]
    if is_text and [(signal.start, signal.length) for signal in message.signals] != bytes_in_order:
        raise refuse(f"is a text in the table beside; expected {message.length} little endian signals of 8 bits")
    for signal in message.signals:
        try:
            _check_signal(signal, is_text=is_text)
        except ValueError as error:
            raise places.mistake(str(error), message.name, signal.name) from error


def _check_signal(signal: Signal, *, is_text: bool) -> None:
    if signal.is_float:
        raise ValueError("is a floating point number, which no protocol of a BMS has so far")
    unit = signal.unit or ""
    if unit not in UNITS:
        raise ValueError(f"has unit {unit!r}; expected one of {', '.join(UNITS[1:])} or none")
    if not (unit or signal.choices or signal.comment or is_text):
        raise ValueError("has neither unit nor value words (VAL_) nor a comment (CM_ SG_); what does its number mean?")
    if signal.scale == 0:
        raise ValueError("has the scale 0, with which it says nothing; expected (<scale>,<offset>)")
    if signal.minimum is None or signal.maximum is None or not signal.minimum < signal.maximum:
        raise ValueError(f"has no range [low|high] with low below high, but [{signal.minimum}|{signal.maximum}]")
    low, high = raw_range(signal)
    for end in (signal.minimum, signal.maximum):
        raw = (end - signal.offset) / signal.scale
        if not low <= round(raw) <= high or not math.isclose(raw, round(raw), abs_tol=1e-6):
            raise ValueError(
                f"has {end:g} as an end of its range, but its bits hold {low * signal.scale + signal.offset:g} to "
                f"{high * signal.scale + signal.offset:g} in steps of {signal.scale:g}"
            )
    for raw in signal.choices or {}:
        if not low <= raw <= high:
            raise ValueError(f"has a word for {raw}, but its bits hold {low} to {high}")
