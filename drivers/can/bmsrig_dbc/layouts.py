"""A user's DBC file at run time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import cantools.database.can as cantools

from bmsrig_dbc import soundness
from bmsrig_dbc.message import Message
from bmsrig_dbc.mistake import Mistake, Places
from bmsrig_dbc.reading import read


class Layouts:
    """The messages of a DBC file."""

    def __init__(self, name: str, messages: Sequence[Message], skipped: Sequence[str]) -> None:
        self.name = name
        """The file's name without ``.dbc``."""
        self.messages = tuple(messages)
        self.skipped = tuple(skipped)
        """Messages that no frame can carry, longer than 8 bytes, each as ``<file>:<line>: ...``."""

    def __repr__(self) -> str:
        return f"<layouts {self.name} of {len(self.messages)} messages>"

    def decode(self, message: int, data: bytes) -> list[float]:
        """See :meth:`Message.decode`; `message` counts :attr:`messages` from 0."""
        return self.messages[message].decode(data)

    def encode(self, message: int, values: Sequence[float]) -> bytes:
        """See :meth:`Message.encode`. Raises ValueError if there are not as many values as signals."""
        return self.messages[message].encode(values)


def load(file: Path) -> Layouts:
    """The layouts of a DBC file. Raises Mistake with file and line of what the rig could not rely on."""
    database, places = read(file)
    if not re.fullmatch("[A-Za-z][A-Za-z0-9_-]*", file.stem):
        raise Mistake(file, 1, "gives its name to the signals; expected a file name of letters, digits, _ and -")
    soundness.check(database, places)
    fitting = [message for message in database.messages if message.length <= soundness.LONGEST]
    skipped = [
        str(places.mistake(f"has {message.length} bytes, a frame at most {soundness.LONGEST}: left out", message.name))
        for message in database.messages
        if message.length > soundness.LONGEST
    ]
    names = _names(fitting, places)
    return Layouts(file.stem, [Message(message, names[message.name]) for message in fitting], skipped)


def _names(messages: Sequence[cantools.Message], places: Places) -> dict[str, dict[str, str]]:
    """What each signal is called, by message and by its name there. The trace has them in lower case."""
    count = Counter(signal.name.lower() for message in messages for signal in message.signals)
    taken: dict[str, str] = {}
    names: dict[str, dict[str, str]] = {}
    for message in messages:
        names[message.name] = {}
        for signal in message.signals:
            name = signal.name if count[signal.name.lower()] == 1 else f"{message.name}.{signal.name}"
            if name.lower() in taken:
                raise places.mistake(
                    f"differs from {taken[name.lower()]} by capitals alone, which the trace has not",
                    message.name,
                    signal.name,
                )
            taken[name.lower()] = name
            names[message.name][signal.name] = name
    return names
