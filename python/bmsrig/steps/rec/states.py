"""States of a battery in which a REC unit's reports are compared with what stands at its terminals."""

from __future__ import annotations

from dataclasses import dataclass, field

from bmsrig.rig import Rig
from bmsrig.steps.rec import current


@dataclass(frozen=True, slots=True)
class State:
    """What stands at the unit, where it is not as at the baseline."""

    cells: list[float] = field(default_factory=list)
    """V, of as many as the unit has."""
    sensors: list[float] = field(default_factory=list)
    """degC, of sensors 1 to 4."""
    case: float | None = None
    """degC inside the unit."""
    amperes: float | None = None


STATES = {
    "healthy": State(),
    "unequal cells": State(cells=[3.20 + 0.012 * number for number in range(16)]),
    "charging": State(amperes=80.0),
    "discharging": State(amperes=-120.0),
    "hot": State(sensors=[48.0, 31.0, 22.0, 40.0], case=45.0),
    "cold": State(sensors=[-9.0, 3.0, -1.0, 12.0], case=-15.0),
    "over-voltage": State(cells=[3.90 + 0.002 * number for number in range(16)]),
    "under-voltage": State(cells=[2.70 + 0.003 * number for number in range(16)]),
}


def apply_state(rig: Rig, state: State) -> None:
    """Apply what the state says; the unit has to have all four sensors."""
    if state.cells:
        rig.cells.set(state.cells[: len(rig.cells)])
    for number, degrees in enumerate(state.sensors, start=1):
        rig.temperature(number).set(degrees)
    if state.case is not None:
        rig.temperature("case_temp").set(state.case)
    if state.amperes is not None:
        current.apply(rig, state.amperes)
