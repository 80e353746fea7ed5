"""How an output returns after a cell released it: where, and only when all cells are recovered."""

from __future__ import annotations

from bmsrig.rig import Rig
from bmsrig.steps.battery import HEALTHY_CELL


def measure_recovery_thresholds(
    rig: Rig,
    nominal: float,
    *,
    tripped_at: float,
    line: str,
    limit: str,
    within: float | None = None,
    comment: str = "",
) -> None:
    """Release an output by each cell alone, then move that cell back until the output returns, and measure where.

    nominal: where it should return, in V. tripped_at: a cell voltage that releases the output, on whichever side of
    nominal it lies. within: how long the release may take, in s; by default the reaction time. limit: in V.
    Leaves the battery healthy.
    """
    for cell in rig.cells:
        with rig.step(f"cell {cell.number}: recovery near {nominal:.2f} V"):
            cell.set(tripped_at)
            rig.line(line).expect_inactive(within)
            search = cell.raise_through if tripped_at < nominal else cell.lower_through
            threshold = search(nominal, until=line, becomes="active")
            rig.measure(limit, threshold, comment=f"{comment} cell {cell.number}".strip())
            rig.cells.set(HEALTHY_CELL)
            rig.settle()


def measure_return_with_the_last_cell(
    rig: Rig, *, tripped_at: float, held_at: float, line: str, limit: str, within: float | None = None
) -> None:
    """Release an output by the first and the last cell: it must not return while one of them is only half recovered.

    tripped_at: a cell voltage that releases the output. held_at: one that releases nothing, yet is not recovered.
    within: how long the release may take, in s. limit: in s, from the last cell's recovery to the output's return.
    Leaves the battery healthy.
    """
    first, last = rig.cells[0], rig.cells[-1]
    first.set(tripped_at)
    last.set(tripped_at)
    rig.line(line).expect_inactive(within)

    first.set(HEALTHY_CELL)
    last.set(held_at)
    rig.line(line).expect_stays_inactive(seconds=60)

    recovered = last.set(HEALTHY_CELL)
    returned = rig.line(line).expect_active()
    rig.measure(limit, returned.time - recovered.time)
