"""An analogue output of the UUT, read by a meter of the bench."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bmsrig import _core
from bmsrig.failure import expectation_failed, time_to_react

POLL = 0.02
"""How often an expectation looks at the meter, in s."""

SHORTEST_WAIT = 1e-9
"""The rig's clock counts whole nanoseconds: less than one, left over by rounding, would never pass."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a meter read."""

    value: float
    """In the reading's unit; not a number where nothing stands."""
    uncertainty: float
    """Half width of what is not known of it."""
    time: float
    """When, in s since the start of the test."""
    unit: str
    """Of value and uncertainty."""


class Meter:
    """A reading by its name in the fixture's wiring, such as ``gx_pow``."""

    def __init__(self, core: _core.Rig, name: str) -> None:
        """Raises RigError, naming the readings there are, if the wiring has none of this name."""
        self._core = core
        self.name = name
        self.unit = core.meter_unit(name)
        self.accuracy = core.meter_accuracy(name)
        """Half width of what is not known of a reading."""

    def __repr__(self) -> str:
        return f"<meter {self.name}>"

    def read(self) -> float:
        """The value now, in the reading's unit; also put into the trace. Not a number where nothing stands."""
        return self._core.read_meter(self.name)

    def expect_between(self, low: float, high: float, within: float | None = None) -> Reading:
        """Run until the value lies between low and high, the ends included, and return the reading that did.

        The meter's accuracy is on the UUT's side: a reading counts if the truth may lie inside.
        within: how long the UUT may take from now, in s; by default until what was applied has settled at the
        terminals, and the fixture's reaction time after that.
        Raises ExpectationFailed with the recent history if it does not get there in time.
        """
        core = self._core
        start = core.now
        allowed = time_to_react(core) if within is None else within
        while True:
            value = self.read()
            nothing_is_enough = math.isnan(value) and low == -math.inf
            if nothing_is_enough or low - self.accuracy <= value <= high + self.accuracy:
                return Reading(value, self.accuracy, core.now, self.unit)
            left = start + allowed - core.now
            if left < SHORTEST_WAIT:
                break
            core.run_for(min(POLL, left))
        seen = "nothing" if math.isnan(value) else f"{value:g} {self.unit}"
        raise expectation_failed(
            core,
            f"reading {self.name}: expected {low:g} to {high:g} {self.unit} within {allowed:g} s of {start:.6f} s, "
            f"but it is {seen}",
            [f"reading.{self.name}", f"uut.{self.name}"],
        )

    def expect_near(self, value: float, tolerance: float, within: float | None = None) -> Reading:
        """Run until the value lies within so much of another; see :meth:`expect_between`."""
        return self.expect_between(value - tolerance, value + tolerance, within)

    def expect_below(self, value: float, within: float | None = None) -> Reading:
        """Run until the value is this or less, or nothing stands there; see :meth:`expect_between`."""
        return self.expect_between(-math.inf, value, within)
