"""What our own DBC files must hold to besides: each layout has its source, each number its meaning."""

from __future__ import annotations

import math
import re
from collections.abc import Container

from cantools.database.can import Database, Message, Signal

from bmsrig_dbc.mistake import Mistake, Places
from bmsrig_dbc.soundness import LONGEST, raw_range

UNITS = ("", "%", "A", "Ah", "V", "degC")
"""What a signal may be given in; empty for a number without unit."""


def check(database: Database, places: Places, texts: Container[str]) -> None:
    """Raises Mistake. `texts`: the names of the messages that hold a text."""
    _check_names(database, places)
    for message in database.messages:
        _check_message(message, places, is_text=message.name in texts)


def _check_names(database: Database, places: Places) -> None:
    """In the trace a signal has its name in lower case, without that of its message."""
    messages: dict[str, str] = {}
    signals: dict[str, str] = {}
    for message in database.messages:
        if message.name.lower() in messages:
            raise places.mistake(f"has the name of message {messages[message.name.lower()]}", message.name)
        messages[message.name.lower()] = message.name
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
    if not message.senders or not message.signals:
        raise refuse("has no signals" if message.senders else "has no sender; expected a node of the file (BU_)")
    if message.is_multiplexed():
        raise refuse("is multiplexed, which the catalogue cannot say")
    bytes_in_order = [(8 * byte, 8) for byte in range(message.length)]
    if is_text and [(signal.start, signal.length) for signal in message.signals] != bytes_in_order:
        raise refuse(f"is a text by texts.csv; expected {message.length} little endian signals of 8 bits")
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
    if signal.minimum is None or signal.maximum is None or not signal.minimum < signal.maximum:
        raise ValueError(f"has no range [low|high] with low below high, but [{signal.minimum}|{signal.maximum}]")
    for end in (signal.minimum, signal.maximum):
        raw = (end - signal.offset) / signal.scale
        if not math.isclose(raw, round(raw), abs_tol=1e-6):
            raise ValueError(f"has {end:g} as an end of its range, which is between its steps of {signal.scale:g}")
    low, high = raw_range(signal)
    for number in signal.choices or {}:
        if not low <= number <= high:
            raise ValueError(f"has a word for {number}, but its bits hold {low} to {high}")
