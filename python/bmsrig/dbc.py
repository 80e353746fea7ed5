"""A user's DBC file as a CAN database of the rig."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bmsrig_dbc import Layouts, Mistake, Signal, load

from bmsrig import _core
from bmsrig._core import InputError


class DbcDatabase(_core.CanDatabase):
    """The layouts of a DBC file. It has the file's name; its signals are those of the trace."""

    def __init__(self, file: Path) -> None:
        """Raises InputError with file and line of what the rig could not rely on."""
        try:
            layouts = load(file)
        except Mistake as mistake:
            raise InputError(str(mistake)) from mistake
        super().__init__(layouts.name, _messages(layouts))
        self._layouts = layouts

    def __repr__(self) -> str:
        return f"<DBC database {self.name} of {len(self.messages)} messages>"

    @property
    def skipped(self) -> Sequence[str]:
        """Messages that no frame can carry, as ``<file>:<line>: ...``."""
        return self._layouts.skipped

    def decode(self, message: int, data: bytes) -> list[float]:
        """The values of a message's signals in their order; not a number for one that is not in these bytes."""
        return self._layouts.decode(message, data)

    def encode(self, message: int, values: Sequence[float]) -> bytes:
        """The frame that says these values, each of them at most at an end of its range."""
        return self._layouts.encode(message, values)


def _messages(layouts: Layouts) -> list[_core.CanMessage]:
    return [
        _core.CanMessage(
            message.id,
            message.extended,
            message.name,
            message.length,
            [
                _core.CanSignal(signal.name, signal.unit, signal.resolution, signal.low, signal.high, _words(signal))
                for signal in message.signals
            ],
        )
        for message in layouts.messages
    ]


def _words(signal: Signal) -> dict[int, str]:
    """Those for numbers of 32 bits; more does not stand in a table that people wrote."""
    return {number: word for number, word in signal.words.items() if -(1 << 31) <= number < 1 << 31}
