"""The CAN bus of the UUT: what its frames mean, when they came, and frames of the rig's own."""

from __future__ import annotations

import math
from functools import cache

from bmsrig import _core
from bmsrig._core import InputError, RigError
from bmsrig.failure import ExpectationFailed, expectation_failed, time_to_react
from bmsrig.meter import SHORTEST_WAIT, Reading

MISSING_AFTER = 5.0
"""A message that has not come for so long, in s, is missing: what it said last counts no more.

REC units send a message in each slot of a rotation, up to 3 s long (log captured on a REC 9M).
"""

HIGHEST_RATE = 1_000_000
"""bit/s; the fastest that CAN is (ISO 11898-1, without flexible data rate)."""

_NEGLIGIBLE = 1e-9  # what a value in steps of 0.1 may be off as a binary number


class CanMessage:
    """The frames of one identifier, as far as they have come."""

    def __init__(self, core: _core.Rig, bus: str, identifier: int, *, extended: bool = False) -> None:
        self._core = core
        self.bus = bus
        self.identifier = identifier
        self.extended = extended

    def __repr__(self) -> str:
        return f"<CAN message {self}: {self._history()}>"

    def __str__(self) -> str:
        return f"0x{self.identifier:0{8 if self.extended else 3}X}"

    @property
    def count(self) -> int:
        """How many frames have come since the start of the test."""
        return self._last()[0]

    @property
    def time(self) -> float:
        """When the last frame had come completely, in s since the start of the test; not a number if none has."""
        return self._last()[1]

    @property
    def age(self) -> float:
        """How long ago that was, in s; infinite if none has come."""
        time = self.time
        return math.inf if math.isnan(time) else self._core.now - time

    @property
    def data(self) -> bytes:
        """The bytes of the last frame; none if none has come."""
        return self._last()[2]

    @property
    def text(self) -> str:
        """The bytes of the last frame as a text, as far as its first 0."""
        return self.data.partition(b"\0")[0].decode("ascii", errors="replace")

    def expect_next(self, within: float = MISSING_AFTER) -> float:
        """Run until another frame comes, and return its time. Raises ExpectationFailed if none does within so long."""
        start = self._core.now
        if not self._core.can_wait(self.bus, self.identifier, self.extended, within):
            raise ExpectationFailed(
                f"bus {self.bus}: expected a frame {self} within {within:g} s of {start:.6f} s, but {self._history()} "
                f"(now {self._core.now:.6f} s)"
            )
        return self.time

    def _last(self) -> tuple[int, float, bytes]:
        return self._core.can_message(self.bus, self.identifier, self.extended) or (0, math.nan, b"")

    def _history(self) -> str:
        if self.count:
            return f"the last of {self.count} came at {self.time:.6f} s with {self.data.hex(' ') or 'no data'}"
        counts = self._core.can_counts(self.bus)
        others = f"{counts['received']} frames of other identifiers and {counts['error_frames']} error frames"
        return f"none has come in this test, {others} have"


class CanSignal:
    """A number in the UUT's CAN messages."""

    def __init__(self, core: _core.Rig, message: CanMessage, database: str, layout: _core.CanSignal) -> None:
        self._core = core
        self._message = message
        self._name = _signal_name(database, layout.name)
        self._words = layout.words
        self.name = layout.name
        self.unit = layout.unit
        self.resolution = layout.resolution
        """The step in which the UUT can say it."""
        self.uncertainty = layout.resolution / 2 if layout.unit else 0.0
        """Half width of what a value leaves open: half a step of a physical quantity, nothing of a number or a flag."""

    def __repr__(self) -> str:
        return f"<signal {self._name}: {self._said()}>"

    @property
    def message(self) -> CanMessage:
        """The frames that carry it."""
        return self._message

    @property
    def value(self) -> float:
        """What the last frame said; not a number if none has come, or it was too short."""
        return self._value()

    @property
    def word(self) -> str:
        """The value in the words of its layout (``raised``), or as a number where there is none for it."""
        value = self.value
        return f"{value:g}" if math.isnan(value) else self._words.get(round(value), f"{value:g}")

    @property
    def time(self) -> float:
        """When the last frame that carries it came, in s since the start of the test; not a number if none has."""
        return self._message.time

    @property
    def age(self) -> float:
        """How long ago that was, in s; infinite if none has come."""
        return self._message.age

    def read(self, within: float = MISSING_AFTER) -> Reading:
        """Run until the next frame that carries it, and return what that one says.

        Raises ExpectationFailed if none comes in time, or it is too short for this signal.
        """
        time = self._message.expect_next(within)
        value = self.value
        if math.isnan(value):
            raise self._failed("expected a value in the frame")
        return Reading(value, self.uncertainty, time, self.unit)

    def expect_between(self, low: float, high: float, within: float | None = None) -> Reading:
        """Run until the value lies between low and high, the ends included, and return the reading that did.

        Half a step is on the UUT's side: a reading counts if the truth may lie inside. A value that is there already
        counts unless its message is missing (``MISSING_AFTER``).
        within: how long the UUT may take from now, in s; by default until what was applied has settled at the
        terminals, and the fixture's reaction time after that.
        Raises ExpectationFailed with the recent history, and says since when the message is missing if it is;
        InputError if low is above high.
        """
        self._check_range(low, high)
        core = self._core
        start = core.now
        allowed = time_to_react(core) if within is None else within
        while not (self.age <= MISSING_AFTER and self._is_between(self._value(), low, high)):
            left = start + allowed - core.now
            if left < SHORTEST_WAIT or not self._wait(left):
                raise self._failed(f"expected {self._range(low, high)} within {allowed:g} s of {start:.6f} s")
        return Reading(self._value(), self.uncertainty, self.time, self.unit)

    def expect_near(self, value: float, tolerance: float, within: float | None = None) -> Reading:
        """Run until the value lies within so much of another; see :meth:`expect_between`."""
        return self.expect_between(value - tolerance, value + tolerance, within)

    def expect_below(self, value: float, within: float | None = None) -> Reading:
        """Run until the value is this or less; see :meth:`expect_between`."""
        return self.expect_between(-math.inf, value, within)

    def expect_above(self, value: float, within: float | None = None) -> Reading:
        """Run until the value is this or more; see :meth:`expect_between`."""
        return self.expect_between(value, math.inf, within)

    def stays_between(self, low: float, high: float, seconds: float) -> None:
        """Run for so long and raise ExpectationFailed unless every frame says a value between low and high.

        So must the last one before. The message must not be missing meanwhile (``MISSING_AFTER``).
        """
        self._check_range(low, high)
        core = self._core
        start = core.now
        expected = f"expected it to stay {self._range(low, high)} for {seconds:g} s from {start:.6f} s on"
        while True:
            if self.age > MISSING_AFTER or not self._is_between(self._value(), low, high):
                raise self._failed(expected)
            left = start + seconds - core.now
            if left < SHORTEST_WAIT:
                return
            # Just past the time at which it is missing, so that the age says so.
            self._wait(min(left, MISSING_AFTER - self.age + SHORTEST_WAIT))

    def _value(self) -> float:
        value = self._core.value_at(self._name, self._core.now)
        return math.nan if value is None else value

    def _check_range(self, low: float, high: float) -> None:
        if not low <= high:
            raise InputError(f"signal {self._name}: nothing lies between {low:g} and {high:g}; expected low <= high")

    def _is_between(self, value: float, low: float, high: float) -> bool:
        margin = self.uncertainty + _NEGLIGIBLE * max(1.0, abs(value))
        return low - margin <= value <= high + margin

    def _wait(self, seconds: float) -> bool:
        return self._core.can_wait(self._message.bus, self._message.identifier, self._message.extended, seconds)

    def _range(self, low: float, high: float) -> str:
        unit = f" {self.unit}" if self.unit else ""
        if low == -math.inf:
            return f"{high:g}{unit} or less"
        if high == math.inf:
            return f"{low:g}{unit} or more"
        return f"{low:g} to {high:g}{unit}"

    def _said(self) -> str:
        """What is known of it, in a sentence without its subject."""
        message = self._message
        if not message.count:
            return f"no frame {message} that carries it: {message._history()}"
        if message.age > MISSING_AFTER:
            return f"frames {message} that carry it are missing since {message.time:.6f} s"
        value = self.value
        if math.isnan(value):
            return f"the frame {message} at {message.time:.6f} s is too short for it: {message.data.hex(' ')}"
        word = f" ({self._words[round(value)]})" if round(value) in self._words else ""
        return f"it is {value:g} {self.unit}".rstrip() + f"{word} in the frame {message} at {message.time:.6f} s"

    def _failed(self, expected: str) -> ExpectationFailed:
        if self._core.uut_is_off:
            raise InputError(
                f"signal {self._name}: nobody sends it: this test has switched the UUT off and not on again"
            )
        return expectation_failed(self._core, f"signal {self._name}: {expected}, but {self._said()}", [self._name])


@cache
def _layouts(database: str) -> dict[str, tuple[_core.CanMessage, _core.CanSignal]]:
    """The signals of a database by their names, each with its message."""
    messages = _core.can_database(database).messages
    return {signal.name: (message, signal) for message in messages for signal in message.signals}


def _check_identifier(identifier: int, *, extended: bool) -> None:
    highest = 0x1FFFFFFF if extended else 0x7FF
    if not isinstance(identifier, int) or not 0 <= identifier <= highest:
        seen = f"{identifier:#x}" if isinstance(identifier, int) else repr(identifier)
        longer = "" if extended else "; one of 29 bits needs extended=True"
        raise InputError(f"{seen} is no CAN identifier; expected a number of 0 to {highest:#x}{longer}")


def _signal_name(database: str, signal: str) -> str:
    """What the trace calls a signal."""
    return f"can.{database}.{signal.lower()}"


class CanProtocol:
    """What the frames of a bus mean by one database: ``rig.can["rec"]``."""

    def __init__(self, core: _core.Rig, bus: str, database: str) -> None:
        """Raises InputError if there is no database of this name, or the wiring does not list it."""
        self._core = core
        self._bus = bus
        self.name = database
        self._layouts = _layouts(database)
        try:
            core.value_at(_signal_name(database, next(iter(self._layouts))), core.now)
        except RigError as error:
            raise InputError(f"bus {bus}: the fixture's wiring does not list the database {database} at it") from error

    def __repr__(self) -> str:
        return f"<CAN protocol {self.name} with {len(self._layouts)} signals>"

    def signal(self, name: str) -> CanSignal:
        """A signal by its name in the database, such as ``SOC``. Raises InputError naming those there are."""
        if name not in self._layouts:
            others = [other for other in _core.can_databases() if name in _layouts(other)]
            hint = f"it is one of {others[0]}" if others else _core.suggest(name, list(self._layouts))
            raise InputError(f"database {self.name} has no signal {name}; {hint}")
        message, signal = self._layouts[name]
        return CanSignal(
            self._core, CanMessage(self._core, self._bus, message.id, extended=message.extended), self.name, signal
        )


class CanBus:
    """The rig's own node on a CAN bus of the UUT."""

    def __init__(self, core: _core.Rig, name: str) -> None:
        """Raises InputError naming the CAN buses there are."""
        core.can_counts(name)
        self._core = core
        self.name = name

    def __repr__(self) -> str:
        return f"<CAN bus {self.name}: {self._core.can_counts(self.name)}>"

    def __getitem__(self, database: str) -> CanProtocol:
        """What the frames mean by a database: ``rig.can["victron"].signal("CVL")``."""
        return CanProtocol(self._core, self.name, database)

    @property
    def bit_rate(self) -> int:
        """The rate at which the bus works, in bit/s; 0 if nobody has spoken yet."""
        return self._core.can_bit_rate(self.name)

    @bit_rate.setter
    def bit_rate(self, bit_rate: int) -> None:
        """Understand only frames at this rate; 0: at that of whoever speaks. Raises InputError if there is no such."""
        if not 0 <= bit_rate <= HIGHEST_RATE:
            raise InputError(f"bus {self.name}: {bit_rate} bit/s is no rate of CAN; expected 0 to {HIGHEST_RATE}")
        self._core.set_can_bit_rate(self.name, bit_rate)

    @property
    def error_frames(self) -> int:
        """How many frames came at another rate than the rig's node has, since the start of the test."""
        return int(self._core.can_counts(self.name)["error_frames"])

    def message(self, identifier: int, *, extended: bool = False) -> CanMessage:
        """The frames of an identifier. Raises InputError if no frame can have it."""
        _check_identifier(identifier, extended=extended)
        return CanMessage(self._core, self.name, identifier, extended=extended)

    def send(self, identifier: int, data: bytes = b"", *, extended: bool = False, remote: bool = False) -> None:
        """Hand a frame to the rig's transmitter; it leaves when the bus is free. Raises InputError if it cannot be."""
        _check_identifier(identifier, extended=extended)
        if not isinstance(data, bytes | bytearray):
            raise InputError(f"{data!r} is no data of a CAN frame; expected bytes, such as bytes.fromhex('00FF')")
        self._core.can_send(self.name, identifier, bytes(data), extended, remote)

    def watch(self, seconds: float) -> dict[int, list[float]]:
        """Run for so long: the times of all frames that came meanwhile, by their identifier."""
        times: dict[int, list[float]] = {}
        for time, identifier, _, _, _ in self._core.can_watch(self.name, seconds):
            times.setdefault(identifier, []).append(time)
        return times

    def stays_silent(self, seconds: float) -> None:
        """Run for so long and raise ExpectationFailed if the UUT sends anything, be it at another bit rate."""
        errors = self.error_frames
        frames = self._core.can_watch(self.name, seconds)
        if not frames and self.error_frames == errors:
            return
        seen = f"{self.error_frames - errors} error frames"
        if frames:
            time, identifier, extended, _, data = frames[0]
            first = CanMessage(self._core, self.name, identifier, extended=extended)
            seen = (
                f"{len(frames)} frames, the first {first} at {time:.6f} s with {data.hex(' ') or 'no data'}, and {seen}"
            )
        raise ExpectationFailed(
            f"bus {self.name}: expected it to stay silent for {seconds:g} s, but there were {seen} "
            f"(now {self._core.now:.6f} s)"
        )
