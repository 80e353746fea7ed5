"""Causes that come together, values far out of range, and cells that are half recovered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bmsrig.line import Level
from bmsrig.rig import Rig
from bmsrig.steps.battery import HEALTHY_CELL, HEALTHY_TEMPERATURE, LOW_CELL, charge_stops, heal, high_cell
from bmsrig.steps.lead import release_time
from bmsrig.steps.lines import expect_level, expect_levels, expect_levels_stay, expect_unchanged
from bmsrig.steps.thresholds import OPPOSITE

FAR_TEMPERATURES = [80.0, 120.0, -25.0, -39.0]
"""degC; far outside the range in which a battery may be charged, inside that of its sensor."""

FAR_HIGH_CELLS = [4.2, 4.9]
"""V; a lithium cell that is badly overcharged, and where cell simulators end."""

FAR_LOW_CELLS = [0.0, 1.0, 2.0]
"""V; a dead cell, and two that are deeply discharged."""

HALF_RECOVERED_LOW, HALF_RECOVERED_HIGH = 3.15, 3.65
"""V; above every trip threshold of a low cell and below that of a high one, yet short of their recovery."""


def expect_no_charging_beside_a_low_cell(rig: Rig, cause: str, off: Iterable[str]) -> None:
    """A cell is empty and something forbids charging as well: once Load is released all of these lines are inactive.

    cause: a name of :func:`bmsrig.steps.battery.charge_stops`.
    """
    levels: dict[str, Level] = dict.fromkeys(off, "inactive")
    rig.cell(1).set(LOW_CELL)
    charge_stops(rig)[cause]()
    rig.line("load").expect_inactive(within=release_time(rig))
    expect_levels(rig, levels)
    expect_levels_stay(rig, levels, seconds=30)


def expect_charge_waits_for_every_cause(rig: Rig, temperature: float, off: Iterable[str]) -> None:
    """Over-voltage and a temperature come together: these lines stay inactive until neither is left.

    Each of the two ends first, once; not for a moment may a line return. Leaves the battery healthy.
    """
    levels: dict[str, Level] = dict.fromkeys(off, "inactive")
    rig.cells[-1].set(high_cell(rig))
    rig.temperature().set(temperature)
    expect_levels(rig, levels)
    with rig.step("over-voltage ends first"), expect_unchanged(rig, levels):
        rig.cells.set(HEALTHY_CELL)
        rig.wait(30)
    rig.cells[-1].set(high_cell(rig))
    rig.settle()
    with rig.step("the temperature returns first"), expect_unchanged(rig, levels):
        rig.temperature().set(HEALTHY_TEMPERATURE)
        rig.wait(30)
    heal(rig)
    rig.line("charge").expect_active()


def expect_far_temperature_stops(rig: Rig, temperature: float, off: Iterable[str]) -> None:
    """Straight from a healthy temperature to one far out: these lines become inactive, and stay so."""
    levels: dict[str, Level] = dict.fromkeys(off, "inactive")
    rig.temperature().set(temperature)
    expect_levels(rig, levels)
    expect_levels_stay(rig, levels, seconds=30)


def expect_far_cells_count(rig: Rig) -> None:
    """Straight from a healthy voltage to one far out: Charge is released, or warned of and Load released.

    Leaves the battery healthy.
    """
    for volts in FAR_HIGH_CELLS:
        with rig.step(f"cell 2 at {volts:g} V"):
            rig.cell(2).set(volts)
            rig.line("charge").expect_inactive()
            rig.line("charge").expect_stays_inactive(seconds=30)
            heal(rig)
            rig.line("charge").expect_active()
    for volts in FAR_LOW_CELLS:
        with rig.step(f"cell 2 at {volts:g} V"):
            rig.cell(2).set(volts)
            rig.line("pre_alarm").expect_active()
            rig.line("load").expect_inactive(within=release_time(rig))
            heal(rig)
            rig.line("load").expect_active()


def expect_followers_of_each_cell(
    rig: Rig, *, low: Mapping[str, Level], high: Mapping[str, Level], return_within: float | None = None
) -> None:
    """Each cell alone low, then half recovered; each alone high, then half recovered: the lines keep these levels.

    low, high: the levels once Load, or Charge, is released; when it is back, each line that it changed is back too.
    return_within: how long that may take after a high cell, in s; by default the reaction time. Leaves it healthy.
    """
    for cell in rig.cells:
        with rig.step(f"cell {cell.number} is low, then half recovered"):
            before = {line: rig.line(line).level for line in (*low, *high)}
            cell.set(LOW_CELL)
            rig.line("load").expect_inactive(within=release_time(rig))
            expect_levels(rig, low)
            cell.set(HALF_RECOVERED_LOW)
            expect_levels(rig, low)
            expect_levels_stay(rig, low, seconds=10)
            heal(rig)
            _expect_back(rig, low, before, None)
        with rig.step(f"cell {cell.number} is high, then half recovered"):
            cell.set(high_cell(rig))
            rig.line("charge").expect_inactive()
            expect_levels(rig, high)
            cell.set(HALF_RECOVERED_HIGH)
            expect_levels(rig, high)
            expect_levels_stay(rig, high, seconds=10)
            heal(rig)
            _expect_back(rig, high, before, return_within)


def _expect_back(rig: Rig, levels: Mapping[str, Level], before: Mapping[str, Level], within: float | None) -> None:
    for line, level in levels.items():
        if level != before[line]:
            expect_level(rig, line, OPPOSITE[level], within)


def expect_outage_is_forgotten(rig: Rig, lines: Iterable[str], seconds: float = 5) -> None:
    """The supply goes for so long and returns: all of these lines are active again."""
    rig.supply.dip(to=0.0, seconds=seconds)
    expect_levels(rig, dict.fromkeys(lines, "active"))
