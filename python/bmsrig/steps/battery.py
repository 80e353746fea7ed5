"""The battery at the UUT: healthy, low, high, hot and cold, whatever its thresholds were adjusted to."""

from __future__ import annotations

from collections.abc import Callable

from bmsrig.rig import Rig
from bmsrig.stimulus import Applied

HEALTHY_CELL = 3.30
"""V; inside every threshold of a LiFePO4 cell, and what the baseline of the fixtures applies."""

LOW_CELL = 2.50
"""V; below every under-voltage threshold that can be adjusted."""

HEALTHY_TEMPERATURE = 25.0
"""degC; inside the range in which a battery may be charged, and what the baseline of the fixtures applies."""

HOT = 60.0
"""degC; too hot to be charged."""

COLD = -10.0
"""degC; too cold to be charged."""


def warning_cell(rig: Rig) -> float:
    """A cell voltage in V that warns and releases nothing: halfway between under-voltage and pre-alarm."""
    return (rig.setting("under_voltage") + rig.setting("pre_alarm")) / 2


def high_cell(rig: Rig) -> float:
    """A cell voltage in V well above the over-voltage threshold."""
    return rig.setting("over_voltage") + 0.15


def heal(rig: Rig) -> None:
    """Make all cells and the battery's temperature healthy again; takes no time."""
    rig.cells.set(HEALTHY_CELL)
    rig.temperature().set(HEALTHY_TEMPERATURE)


def charge_stops(rig: Rig) -> dict[str, Callable[[], Applied]]:
    """All that must stop charging, by name: over-voltage of the last cell, heat and cold; :func:`heal` ends each."""
    return {
        "over-voltage": lambda: rig.cells[-1].set(high_cell(rig)),
        "too hot": lambda: rig.temperature().set(HOT),
        "too cold": lambda: rig.temperature().set(COLD),
    }
