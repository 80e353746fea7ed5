"""A fixture's own DBC file as a CAN database of the rig."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import bmsrig_dbc

from bmsrig import _core
from bmsrig._core import InputError


class DbcFile(_core.CanDatabase):
    """The layouts of a user's file; cantools takes its frames apart."""

    def __init__(self, layouts: bmsrig_dbc.Layouts) -> None:
        super().__init__(layouts.name, [_message(message) for message in layouts.messages])
        self._layouts = layouts

    @property
    def skipped(self) -> tuple[str, ...]:
        """The messages that were left out, each as ``<file>:<line>: ...``."""
        return self._layouts.skipped

    def decode(self, message: int, data: bytes) -> list[float]:
        """The values of a message's signals in their order; not a number where the frame does not hold one."""
        return self._layouts.decode(message, data)

    def encode(self, message: int, values: Sequence[float]) -> bytes:
        """A frame with these values; see :meth:`bmsrig_dbc.Message.encode`."""
        return self._layouts.encode(message, values)


_loaded: dict[tuple[Path, int], DbcFile] = {}


def load(file: Path) -> DbcFile:
    """The database of a file, read once as long as it does not change.

    Raises InputError with file and line of what is wrong with it.
    """
    try:
        key = (file.resolve(), file.stat().st_mtime_ns)
        if key not in _loaded:
            _loaded[key] = DbcFile(bmsrig_dbc.load(file))
    except OSError as problem:
        raise InputError(f"{file}: cannot be read as a DBC file: {problem.strerror}") from problem
    except bmsrig_dbc.Mistake as problem:
        raise InputError(str(problem)) from problem
    return _loaded[key]


def _message(message: bmsrig_dbc.Message) -> _core.CanMessage:
    signals = [
        _core.CanSignal(
            signal.name, signal.unit, signal.resolution, signal.low, signal.high, signal.words, bool(signal.multiplexer)
        )
        for signal in message.signals
    ]
    return _core.CanMessage(message.id, message.extended, message.name, message.length, signals)
