"""Outputs mind their own causes, and every cell counts for all of them."""

from __future__ import annotations

from collections.abc import Mapping

from bmsrig.line import Level
from bmsrig.rig import Rig
from bmsrig.steps.battery import HEALTHY_CELL, LOW_CELL, high_cell
from bmsrig.steps.lead import release_time
from bmsrig.steps.lines import expect_levels_stay


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
