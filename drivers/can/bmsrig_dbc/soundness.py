"""What any DBC file must hold to, whoever wrote it: what the rig could not rely on is refused."""

from __future__ import annotations

import math
import re
import sys
from collections import Counter

from cantools.database.can import Database, Message, Signal

from bmsrig_dbc.mistake import Mistake, Places

LONGEST = 8
"""Bytes of a CAN frame (ISO 11898-1, without flexible data rate)."""

FLOATS = {16: 65504.0, 32: 3.4028234663852886e38, 64: sys.float_info.max}
"""The greatest floating point number, by its bits (IEEE 754)."""


def check(database: Database, places: Places) -> None:
    """Raises Mistake. That signals overlap or leave their message was found when reading."""
    identifiers: dict[tuple[int, bool], str] = {}
    names: set[str] = set()
    for message in database.messages:
        identifier = (message.frame_id, message.is_extended_frame)
        if identifier in identifiers:
            raise places.mistake(
                f"has the identifier {message.frame_id:#x} of message {identifiers[identifier]}", message.name
            )
        if message.name in names:
            raise places.mistake("stands in the file already", message.name)
        identifiers[identifier] = message.name
        names.add(message.name)
    _check_multiplexer_values(database, places)
    for message in database.messages:
        _check_read(message, places)
        _check_multiplexing(message, places)
        for signal in message.signals:
            _check_signal(signal, message.name, places)


def raw_range(signal: Signal) -> tuple[int, int]:
    """What the bits of a signal can hold, if it is a whole number."""
    if signal.is_signed:
        return -(1 << (signal.length - 1)), (1 << (signal.length - 1)) - 1
    return 0, (1 << signal.length) - 1


def physical_range(signal: Signal) -> tuple[float, float]:
    """What a signal can say, by its bits."""
    scale, offset = float(signal.scale), float(signal.offset)
    if signal.is_float:
        highest = min(FLOATS[signal.length] * abs(scale), sys.float_info.max)
        return -highest + offset, highest + offset
    ends = [raw * scale + offset for raw in raw_range(signal)]
    return min(ends), max(ends)


def states_range(signal: Signal) -> bool:
    """Whether the file says a range; 0 to 0 is how editors say none."""
    ends = (signal.minimum, signal.maximum)
    return None not in ends and ends != (0, 0)


def _check_signal(signal: Signal, message: str, places: Places) -> None:
    def refuse(text: str) -> Mistake:
        return places.mistake(text, message, signal.name)

    if signal.scale == 0:
        raise refuse("has the scale 0, with which it says nothing; expected (<scale>,<offset>)")
    if signal.is_float and signal.length not in FLOATS:
        raise refuse(f"is a floating point number of {signal.length} bits; expected 16, 32 or 64")
    try:
        low, high = physical_range(signal)
    except OverflowError:
        low = high = math.inf
    if not (math.isfinite(low) and math.isfinite(high)):
        raise refuse("has a scale or an offset by which its values are no numbers")
    if not states_range(signal):
        return
    assert signal.minimum is not None
    assert signal.maximum is not None
    if signal.minimum > signal.maximum:
        raise refuse(f"has a range [{signal.minimum}|{signal.maximum}]; expected [<low>|<high>]")
    margin = abs(signal.scale) * 1e-6
    for end in (signal.minimum, signal.maximum):
        if not low - margin <= end <= high + margin:
            raise refuse(f"has {end:g} as an end of its range, but its bits hold {low:g} to {high:g}")


def _check_read(message: Message, places: Places) -> None:
    """Every signal that stands in the file was read, once: cantools passes some mistakes over without a word."""
    read = Counter(signal.name for signal in message.signals)
    for name, lines in places.signals(message.name).items():
        if not read[name]:
            raise places.mistake(
                "could not be read; expected SG_ <name> : <start>|<bits>@<0 or 1><+ or -> ...", message.name, name
            )
        if len(lines) > 1:
            raise places.mistake("stands in its message already", message.name, name)


def _check_multiplexing(message: Message, places: Places) -> None:
    """Whether a signal is there is said by one multiplexer, by values that it can have."""
    kinds = {
        name: re.match(r"\s*SG_\s+\w+\s+(M|m\d+M?)\s*:", lines[0])
        for name, lines in places.signals(message.name).items()
    }
    multiplexers = [name for name, kind in kinds.items() if kind and kind[1] == "M"]
    multiplexed = [name for name, kind in kinds.items() if kind and kind[1] != "M"]
    if len(multiplexers) > 1:
        raise places.mistake(f"is a second multiplexer beside {multiplexers[0]}", message.name, multiplexers[1])
    if multiplexed and not multiplexers:
        raise places.mistake(
            "is multiplexed, but no signal of its message is the multiplexer (M)", message.name, multiplexed[0]
        )
    signals = {signal.name: signal for signal in message.signals}
    for signal in message.signals:
        if not signal.multiplexer_signal:
            continue
        low, high = raw_range(signals[signal.multiplexer_signal])
        for value in signal.multiplexer_ids or ():
            if not low <= value <= high:
                raise places.mistake(
                    f"is there when {signal.multiplexer_signal} is {value}, but its bits hold {low} to {high}",
                    message.name,
                    signal.name,
                )


def _check_multiplexer_values(database: Database, places: Places) -> None:
    """Ranges of multiplexer values (SG_MUL_VAL_) name signals of their message, each once."""
    signals = {
        message.frame_id | message.is_extended_frame << 31: {signal.name for signal in message.signals}
        for message in database.messages
    }
    seen: dict[tuple[int, str], int] = {}
    for line, found in places.matches(r"\s*SG_MUL_VAL_\s+(\d+)\s+(\w+)\s+(\w+)"):
        message = int(found[1])
        for name in (found[2], found[3]):
            if name not in signals.get(message, set()):
                raise Mistake(places.file, line, f"SG_MUL_VAL_ names {name}, which is no signal of message {message}")
        first = seen.setdefault((message, found[2]), line)
        if first != line:
            raise Mistake(
                places.file, line, f"signal {found[2]} has its multiplexer values twice, in line {first} already"
            )
