"""What the frames of a CAN bus mean by one database."""

from __future__ import annotations

from functools import cache

from bmsrig import _core
from bmsrig._core import InputError
from bmsrig.can.message import LAST_STANDARD, CanMessage
from bmsrig.can.signal import CanSignal


@cache
def _signals(database: _core.CanDatabase) -> dict[str, tuple[_core.CanMessage, _core.CanSignal]]:
    """The signals of a database by their names, each with its message."""
    return {signal.name: (message, signal) for message in database.messages for signal in message.signals}


class CanProtocol:
    """What the frames of a bus mean by one database: ``rig.can["rec"]``."""

    def __init__(self, core: _core.Rig, bus: str, database: str) -> None:
        """Raises InputError if the wiring does not list a database of this name at the bus."""
        self._core = core
        self._bus = bus
        self._database = core.can_database(bus, database)
        self.name = self._database.name

    def __repr__(self) -> str:
        return f"<CAN protocol {self.name} with {len(_signals(self._database))} signals>"

    @property
    def signals(self) -> list[str]:
        """The names of all its signals."""
        return list(_signals(self._database))

    def signal(self, name: str) -> CanSignal:
        """A signal by its name in the database, such as ``SOC``; ``Message.Signal`` if several messages have one.

        An identifier of 11 bits counts with 29 as well: units can be set to send it so. Raises InputError naming the
        signals that are most alike.
        """
        signals = _signals(self._database)
        if name not in signals:
            raise InputError(f"database {self.name} has no signal {name}; {self._hint(name)}")
        message, signal = signals[name]
        either = not message.extended and message.id <= LAST_STANDARD
        heard = CanMessage(self._core, self._bus, message.id, extended=None if either else message.extended)
        return CanSignal(self._core, heard, self.name, signal)

    def _hint(self, name: str) -> str:
        """What somebody may have meant who asks for a signal that there is not."""
        signals = _signals(self._database)
        full = [signal for signal in signals if signal.rpartition(".")[2] == name]
        if full:
            return f"several of its messages have one: {', '.join(full)}"
        others = [other for other in _core.can_databases() if name in _signals(_core.can_database(other))]
        if others:
            return f"it is one of {others[0]}"
        left_out = "".join(f"; {each}" for each in getattr(self._database, "skipped", ()))
        return _core.suggest(name, list(signals)) + left_out

    def encode(self, message: str, **values: float) -> tuple[_core.CanMessage, bytes]:
        """A message's layout and its bytes with these values, by the names of its signals; the others are 0.

        Each is rounded to the next step, one outside its range is taken as the nearest end. Raises InputError naming
        the messages or signals that are most alike.
        """
        messages = self._database.messages
        names = [each.name for each in messages]
        if message not in names:
            raise InputError(f"database {self.name} has no message {message}; {_core.suggest(message, names)}")
        layout = messages[names.index(message)]
        known = [signal.name.rpartition(".")[2] for signal in layout.signals]
        for name in values:
            if name not in known:
                hint = _core.suggest(name, known)
                raise InputError(f"message {self.name}.{message} has no signal {name}; {hint}")
        return layout, self._database.encode(names.index(message), [values.get(name, 0.0) for name in known])

    def send(self, message: str, **values: float) -> None:
        """Send one of its messages once, as the other side would; see :meth:`encode`."""
        layout, data = self.encode(message, **values)
        self._core.can_send(self._bus, layout.id, data, layout.extended, False)
