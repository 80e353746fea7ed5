"""The supply: all outputs work at both ends of its range, and a dip inside it disturbs none."""

from __future__ import annotations

from collections.abc import Sequence

from bmsrig.rig import Rig
from bmsrig.steps.battery import HEALTHY_CELL, LOW_CELL, high_cell
from bmsrig.steps.lead import release_time
from bmsrig.steps.lines import expect_unchanged


def expect_all_outputs_work(rig: Rig) -> None:
    """High when well, warned and shed when the last cell is low, stopped when it is high, and back each time.

    Leaves the battery healthy.
    """
    for line in ("load", "charge"):
        rig.line(line).expect_active()
        rig.line(line).expect_driven_high()
    rig.line("pre_alarm").expect_floating()

    rig.cells[-1].set(LOW_CELL)
    rig.line("pre_alarm").expect_active()
    rig.line("load").expect_inactive(within=release_time(rig))
    rig.cells.set(HEALTHY_CELL)
    rig.line("load").expect_active()

    rig.cells[-1].set(high_cell(rig))
    rig.line("charge").expect_inactive()
    rig.cells.set(HEALTHY_CELL)
    rig.line("charge").expect_active()


def measure_lowest_supply(rig: Rig, volts: float) -> None:
    """All outputs work at the lowest supply, plus what the bench does not know of it: no good unit is wronged.

    Measures lowest_working_supply. The supply stays there.
    """
    _measure_at(rig, volts + rig.supply.accuracy, "lowest_working_supply")


def measure_highest_supply(rig: Rig, volts: float) -> None:
    """All outputs work at the highest supply, less what the bench does not know of it: no unit gets more than rated.

    Measures highest_working_supply. The supply stays there.
    """
    _measure_at(rig, volts - rig.supply.accuracy, "highest_working_supply")


def _measure_at(rig: Rig, volts: float, limit: str) -> None:
    applied = rig.supply.set(volts)
    rig.settle()
    expect_all_outputs_work(rig)
    rig.measure(limit, applied.value, rig.supply.accuracy, comment=f"{len(rig.cells)} cells")


def expect_dip_is_ridden_through(rig: Rig, to: float, seconds: float, lines: Sequence[str]) -> None:
    """Let the supply dip to a voltage inside its range for so long: none of these lines changes, then or later."""
    with expect_unchanged(rig, lines):
        rig.supply.dip(to=to, seconds=seconds)
        rig.wait(5 * rig.reaction_time)
