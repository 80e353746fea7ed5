"""A number in the frames of a CAN bus, as its database has it."""

from __future__ import annotations

import math

from bmsrig import _core
from bmsrig._core import InputError
from bmsrig.can.message import MISSING_AFTER, CanMessage, check_uut_is_on
from bmsrig.failure import ExpectationFailed, expectation_failed, time_to_react
from bmsrig.meter import SHORTEST_WAIT, Reading

_NEGLIGIBLE = 1e-9  # what a value in steps of 0.1 may be off as a binary number


def signal_name(database: str, signal: str) -> str:
    """What the trace calls a signal."""
    return f"can.{database}.{signal}".lower()


class CanSignal:
    """A number in the UUT's CAN messages."""

    def __init__(self, core: _core.Rig, message: CanMessage, database: str, layout: _core.CanSignal) -> None:
        self._core = core
        self._message = message
        self._name = signal_name(database, layout.name)
        self._words = layout.words
        self._multiplexed = layout.multiplexed
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
        if not self._multiplexed:
            return self._message.time
        carried = self._core.can_carried(self._message.bus, self._name)
        return math.nan if carried is None else carried

    @property
    def age(self) -> float:
        """How long ago that was, in s; infinite if none has come."""
        time = self.time
        return math.inf if math.isnan(time) else self._core.now - time

    def read(self, within: float = MISSING_AFTER) -> Reading:
        """Run until the next frame that carries it, and return what that one says.

        Raises ExpectationFailed if none comes in time, or it is too short for this signal.
        """
        start, before = self._core.now, self.time
        self._message.expect_next(within)
        while self.time == before or math.isnan(self.time):  # multiplexed, and another page came
            left = start + within - self._core.now
            if left < SHORTEST_WAIT or not self._wait(left):
                raise self._failed(f"expected a frame that carries it within {within:g} s of {start:.6f} s")
        value = self.value
        if math.isnan(value):
            raise self._failed("expected a value in the frame")
        return Reading(value, self.uncertainty, self.time, self.unit)

    def expect_between(self, low: float, high: float, within: float | None = None) -> Reading:
        """Run until the value lies between low and high, the ends included, and return the reading that did.

        Half a step is on the UUT's side: a reading counts if the truth may lie inside. A value that is there already
        counts unless its message is missing (``MISSING_AFTER``).
        within: how long the UUT may take from now, in s; by default until what was applied has settled at the
        terminals, and the fixture's reaction time after that.
        Raises ExpectationFailed with the recent history, and says since when the message is missing if it is;
        InputError if low is above high, or the test has switched the UUT off.
        """
        self._check_range(low, high)
        check_uut_is_on(self._core, f"signal {self._name}")
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
        check_uut_is_on(self._core, f"signal {self._name}")
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
        return self._message.wait(seconds)

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
            return f"no frame {message} that carries it: {message.history()}"
        if math.isnan(self.time):
            return f"none of the {message.count} frames {message} carried it: it is multiplexed"
        if self.age > MISSING_AFTER:
            return f"frames {message} that carry it are missing since {self.time:.6f} s"
        value = self.value
        if math.isnan(value):
            return (
                f"the frame {message} at {message.time:.6f} s is too short for it: {message.data.hex(' ') or 'no data'}"
            )
        word = f" ({self._words[round(value)]})" if round(value) in self._words else ""
        return f"it is {value:g} {self.unit}".rstrip() + f"{word} in the frame {message} at {self.time:.6f} s"

    def _failed(self, expected: str) -> ExpectationFailed:
        return expectation_failed(self._core, f"signal {self._name}: {expected}, but {self._said()}", [self._name])
