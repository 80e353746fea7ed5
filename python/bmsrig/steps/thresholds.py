"""The cell voltages at which outputs change, found for each cell in turn."""

from __future__ import annotations

from bmsrig.line import Level
from bmsrig.rig import Rig
from bmsrig.steps.battery import HEALTHY_CELL
from bmsrig.steps.lines import expect_level

OPPOSITE: dict[Level, Level] = {"active": "inactive", "inactive": "active"}


def measure_falling_thresholds(
    rig: Rig, nominal: float, *, until: str, becomes: Level, limit: str, lead: float | None = None, comment: str = ""
) -> None:
    """Lower each cell alone through a nominal voltage until a line changes, and measure where it did.

    until, becomes: the line and the level that ends the search. limit: in V.
    lead: where given, the search begins only when the pre-alarm has stood for so long, so that Load follows the cell
    at once. comment: stands before the cell's number in the record.
    After each cell the battery is healthy again, and the line must return.
    """
    for cell in rig.cells:
        with rig.step(f"cell {cell.number}: threshold near {nominal:.2f} V"):
            if lead is not None:
                cell.set(nominal + cell.search_span)
                rig.line("pre_alarm").expect_active()
                rig.wait(lead + rig.reaction_time)
            threshold = cell.lower_through(nominal, until=until, becomes=becomes)
            rig.measure(limit, threshold, comment=f"{comment} cell {cell.number}".strip())
            rig.cells.set(HEALTHY_CELL)
            expect_level(rig, until, OPPOSITE[becomes])


def measure_rising_thresholds(
    rig: Rig, nominal: float, *, until: str, becomes: Level, limit: str, comment: str = ""
) -> None:
    """Raise each cell alone through a nominal voltage; otherwise like :func:`measure_falling_thresholds`."""
    for cell in rig.cells:
        with rig.step(f"cell {cell.number}: threshold near {nominal:.2f} V"):
            threshold = cell.raise_through(nominal, until=until, becomes=becomes)
            rig.measure(limit, threshold, comment=f"{comment} cell {cell.number}".strip())
            rig.cells.set(HEALTHY_CELL)
            expect_level(rig, until, OPPOSITE[becomes])
