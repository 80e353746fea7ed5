"""The battery temperatures at which an output is released, and those at which it returns."""

from __future__ import annotations

from bmsrig.rig import Rig
from bmsrig.steps.battery import COLD, HEALTHY_TEMPERATURE, HOT
from bmsrig.steps.lines import measure_reaction

HIGHEST, LOWEST = 50.0, 5.0
"""degC; what a battery is charged at, at most and at least. The limits of the fixtures judge by their own figures."""

BEYOND = 5.0
"""degC; how far beyond a threshold the search for the return begins."""


def measure_over_temperature(rig: Rig, line: str = "charge") -> None:
    """Heat the battery through 50 degC, then at once: the line is released and floats.

    Measures over_temperature_threshold and over_temperature_reaction_time.
    """
    threshold = rig.temperature().raise_through(HIGHEST, until=line, becomes="inactive")
    rig.measure("over_temperature_threshold", threshold)
    _measure_release_at_once(rig, line, HOT, "over_temperature_reaction_time")


def measure_low_temperature(rig: Rig, line: str = "charge") -> None:
    """Cool the battery through 5 degC, then at once: the line is released and floats.

    Measures low_temperature_threshold and low_temperature_reaction_time.
    """
    threshold = rig.temperature().lower_through(LOWEST, until=line, becomes="inactive")
    rig.measure("low_temperature_threshold", threshold)
    _measure_release_at_once(rig, line, COLD, "low_temperature_reaction_time")


def _measure_release_at_once(rig: Rig, line: str, temperature: float, limit: str) -> None:
    rig.line(line).expect_floating()
    rig.temperature().set(HEALTHY_TEMPERATURE)
    rig.line(line).expect_active()
    applied = rig.temperature().set(temperature)
    measure_reaction(rig, applied.time, line, "inactive", limit)


def record_return_temperatures(rig: Rig, line: str = "charge") -> None:
    """Release the line by heat, then by cold, and move back towards 25 degC until it returns.

    Records charge_return_temperature_high and charge_return_temperature_low.
    """
    for trip, beyond, limit in (
        (HIGHEST, BEYOND, "charge_return_temperature_high"),
        (LOWEST, -BEYOND, "charge_return_temperature_low"),
    ):
        rig.temperature().set(trip + beyond)
        rig.line(line).expect_inactive()
        start = trip + beyond / 10
        returned = rig.temperature().find_threshold(line, "active", start=start, stop=HEALTHY_TEMPERATURE, step=0.25)
        rig.measure(limit, returned)
