"""Outputs mind their own causes, every cell counts for all of them, and some follow another output."""

from __future__ import annotations

from collections.abc import Mapping

from bmsrig.line import Level
from bmsrig.rig import Rig
from bmsrig.steps.battery import HEALTHY_CELL, LOW_CELL, charge_stops, heal, high_cell
from bmsrig.steps.lead import release_time
from bmsrig.steps.lines import expect_levels_stay, measure_reaction


def expect_under_voltage_leaves(rig: Rig, levels: Mapping[str, Level]) -> None:
    """Empty all cells: these lines keep their levels before, at and long after the release of Load."""
    rig.cells.set(LOW_CELL)
    expect_levels_stay(rig, levels, seconds=release_time(rig))
    rig.line("load").expect_inactive()
    expect_levels_stay(rig, levels, seconds=60)


def expect_each_cell_triggers_all_outputs(rig: Rig) -> None:
    """Each cell alone warns and releases Load when it is low, releases Charge when it is high, and nothing else.

    Leaves the battery healthy.
    """
    for cell in rig.cells:
        with rig.step(f"cell {cell.number} alone is low"):
            cell.set(LOW_CELL)
            rig.line("pre_alarm").expect_active()
            rig.line("load").expect_inactive(within=release_time(rig))
            rig.line("charge").expect_active(within=0)
            rig.cells.set(HEALTHY_CELL)
            rig.line("load").expect_active()
        with rig.step(f"cell {cell.number} alone is high"):
            cell.set(high_cell(rig))
            rig.line("charge").expect_inactive()
            rig.line("load").expect_active(within=0)
            rig.cells.set(HEALTHY_CELL)
            rig.line("charge").expect_active()


def measure_stops_with_charge(
    rig: Rig, line: str, *, stop_limit: str, return_limit: str, return_within: float | None = None
) -> None:
    """Stop charging by each cause in turn: along with Charge this line becomes inactive and stays so, then returns.

    stop_limit, return_limit: how far the line trails Charge, in s; negative if it changes first.
    return_within: how long its return may take, in s; by default the reaction time. Leaves the battery healthy.
    """
    for name, cause in charge_stops(rig).items():
        with rig.step(name):
            cause()
            stopped = rig.line("charge").expect_inactive()
            measure_reaction(rig, stopped.time, line, "inactive", stop_limit, comment=name)
            rig.line(line).expect_stays_inactive(seconds=60)
        with rig.step(f"no longer {name}"):
            heal(rig)
            back = rig.line("charge").expect_active()
            measure_reaction(rig, back.time, line, "active", return_limit, within=return_within, comment=name)
