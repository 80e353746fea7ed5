"""A message of a user's DBC file: what its frames mean, and their bytes there and back."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cantools.database.can as cantools

from bmsrig_dbc import soundness

WORDS = 1 << 31
"""Numbers below it can have a word."""


@dataclass(frozen=True)
class Signal:
    """A number in a message."""

    name: str
    """Unique in the file; ``Message.Signal`` where several messages have one of the name."""
    unit: str
    """As the file has it; empty if it has none."""
    resolution: float
    """Its step; 0 of a floating point number."""
    low: float
    """The range that the file states, or else what the bits can say."""
    high: float
    words: dict[int, str]
    """Of its value table, by raw value; those of numbers within 32 bits, as the catalogue keeps no others."""
    is_signed: bool
    is_float: bool
    multiplexer: str
    """The signal of the same message, without the message's name, that says whether it is there; empty: always."""
    multiplexer_values: tuple[int, ...]
    """With which raw values of that one it is."""


class Message:
    """The layout of a frame. cantools does the bits, for those signals at once that are there together."""

    def __init__(self, layout: cantools.Message, names: dict[str, str]) -> None:
        """`names`: what each signal is called in the database."""
        self.id = layout.frame_id
        self.extended = layout.is_extended_frame
        self.name = layout.name
        self.length = layout.length
        """Bytes."""
        self._layouts = layout.signals
        self.signals = tuple(_described(signal, names[signal.name]) for signal in layout.signals)
        groups: dict[tuple[str, tuple[int, ...]], list[cantools.Signal]] = {}
        for signal in layout.signals:
            groups.setdefault(_multiplexing(signal), []).append(signal)
        inner = {signal.name: _multiplexing(signal)[0] for signal in layout.signals}

        def depth(multiplexer: str) -> int:
            return 1 + depth(inner[multiplexer]) if multiplexer else 0

        self._groups = [
            (multiplexer, values, _of_always(layout, groups[multiplexer, values]))
            for multiplexer, values in sorted(groups, key=lambda group: depth(group[0]))
        ]

    def decode(self, data: bytes) -> list[float]:
        """The values of the signals in their order; NaN: the frame is too short for it, or it is not there now."""
        raw: dict[str, Any] = {}  # numbers, as no words are asked for
        for multiplexer, values, group in self._groups:
            if not multiplexer or raw.get(multiplexer) in values:
                raw |= group.decode_simple(data, decode_choices=False, scaling=False, allow_truncated=True)
        return [
            _number(signal.raw_to_scaled(raw[signal.name], decode_choices=False)) if signal.name in raw else math.nan
            for signal in self._layouts
        ]

    def encode(self, values: Sequence[float]) -> bytes:
        """A frame with these values, in the order of the signals.

        Each is rounded to the next step. One outside its range is taken as the nearest end, one that is not a number as
        the low end; one whose multiplexer has another value is left out.
        """
        inside = {
            layout.name: min(max(described.low, value), described.high) if not math.isnan(value) else described.low
            for layout, described, value in zip(self._layouts, self.signals, values, strict=True)
        }
        raw = {layout.name: layout.scaled_to_raw(inside[layout.name]) for layout in self._layouts}
        bits = 0
        there: set[str] = set()
        for multiplexer, allowed, group in self._groups:
            if not multiplexer or (multiplexer in there and raw[multiplexer] in allowed):
                there |= {signal.name for signal in group.signals}
                bits |= int.from_bytes(group.encode(inside, strict=False))
        return bits.to_bytes(self.length)


def _described(signal: cantools.Signal, name: str) -> Signal:
    low, high = soundness.physical_range(signal)
    if soundness.states_range(signal):
        assert signal.minimum is not None
        assert signal.maximum is not None
        low, high = float(signal.minimum), float(signal.maximum)
    multiplexer, values = _multiplexing(signal)
    return Signal(
        name=name,
        unit=signal.unit or "",
        resolution=0.0 if signal.is_float else abs(float(signal.scale)),
        low=low,
        high=high,
        words={int(number): str(word) for number, word in (signal.choices or {}).items() if -WORDS <= number < WORDS},
        is_signed=signal.is_signed or signal.is_float,
        is_float=signal.is_float,
        multiplexer=multiplexer,
        multiplexer_values=values,
    )


def _multiplexing(signal: cantools.Signal) -> tuple[str, tuple[int, ...]]:
    """The signal that says whether this one is there, and with which values; an empty name: it always is."""
    return signal.multiplexer_signal or "", tuple(signal.multiplexer_ids or ())


def _number(value: object) -> float:
    assert isinstance(value, int | float)  # words were not asked for
    return float(value)


def _of_always(layout: cantools.Message, signals: Sequence[cantools.Signal]) -> cantools.Message:
    """A message of these signals alone, as if they were always in it."""
    plain = []
    for signal in signals:
        always = copy.copy(signal)
        always.is_multiplexer, always.multiplexer_ids, always.multiplexer_signal = False, None, None
        plain.append(always)
    return cantools.Message(
        layout.frame_id, layout.name, layout.length, plain, is_extended_frame=layout.is_extended_frame
    )
