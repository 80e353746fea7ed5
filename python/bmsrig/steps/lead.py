"""The lead: the time for which the pre-alarm warns before Load is released."""

from __future__ import annotations

from dataclasses import dataclass

from bmsrig._core import InputError
from bmsrig.line import Edge
from bmsrig.rig import Rig
from bmsrig.steps.battery import HEALTHY_CELL, LOW_CELL, warning_cell
from bmsrig.steps.lines import expect_levels_stay, measure_reaction

LONGEST_LEAD = 60.0
"""s; how long to wait for a release whose lead is then measured: longer than any limit of it."""


@dataclass(frozen=True, slots=True)
class Shed:
    """A low cell was warned of, and Load was released."""

    warned: Edge
    shed: Edge


def shortest_lead(rig: Rig) -> float:
    """How long after the pre-alarm Load is released at the earliest, in s.

    Raises InputError if the fixture's limit of the lead has no low end.
    """
    low = rig.limit("pre_alarm_lead_time").low
    if low is None:
        raise InputError("the limit pre_alarm_lead_time has no low end; expected the shortest lead, such as low: 30 s")
    return low


def release_time(rig: Rig) -> float:
    """How long to wait for the release of Load after a fall to under-voltage, in s.

    The lead is at least 30 s, and no document says how much more it may be; how long it was, a limit judges.
    """
    return LONGEST_LEAD + 2 * rig.reaction_time


def measure_lead(rig: Rig, limit: str = "pre_alarm_lead_time", comment: str = "") -> Shed:
    """After a cell has fallen to under-voltage: expect the warning, then the release of Load, and measure the lead."""
    warned = rig.line("pre_alarm").expect_active()
    shed = rig.line("load").expect_inactive(within=LONGEST_LEAD)
    rig.measure(limit, shed.time - warned.time, comment=comment)
    return Shed(warned, shed)


def measure_lead_of_each_cell(rig: Rig, comment: str = "") -> None:
    """Let each cell alone sink at once below both thresholds, and measure its lead. Leaves the battery healthy."""
    for cell in rig.cells:
        with rig.step(f"cell {cell.number} sinks at once"):
            cell.set(LOW_CELL)
            measure_lead(rig, comment=f"{comment} cell {cell.number}".strip())
            rig.cells.set(HEALTHY_CELL)
            rig.line("load").expect_active()


def measure_fast_fall(rig: Rig, seconds: float) -> None:
    """Let cell 2 fall from healthy to 2.50 V in so many seconds: the warning comes first, and Load is held meanwhile.

    Measures fast_fall_lead_time, from the warning to the release of Load.
    """
    rig.cell(2).ramp(to=LOW_CELL, seconds=seconds)
    rig.line("pre_alarm").expect_active()
    rig.line("load").expect_active(within=0)
    measure_lead(rig, "fast_fall_lead_time", comment=f"in {seconds:g} s")


def measure_release_after_a_long_warning(rig: Rig) -> None:
    """Warn for ten times the lead, then let the cell fall to under-voltage: the lead is over, Load follows at once.

    Measures load_reaction_time and pre_alarm_lead_time.
    """
    rig.cell(1).set(warning_cell(rig))
    warned = rig.line("pre_alarm").expect_active()
    expect_levels_stay(rig, {"pre_alarm": "active", "load": "active"}, seconds=10 * shortest_lead(rig))
    fallen = rig.cell(1).set(LOW_CELL)
    shed = measure_reaction(rig, fallen.time, "load", "inactive", "load_reaction_time")
    rig.measure("pre_alarm_lead_time", shed.time - warned.time)


def measure_cancelled_warning(rig: Rig, lowest: float) -> None:
    """Warn by a cell at `lowest`, recover within the lead: the warning ends, and Load stays high for two leads more.

    Measures pre_alarm_cancel_time. Leaves the battery healthy.
    """
    rig.cell(1).set(lowest)
    rig.line("pre_alarm").expect_active()
    rig.wait(shortest_lead(rig) / 2)
    recovered = rig.cell(1).set(HEALTHY_CELL)
    measure_reaction(rig, recovered.time, "pre_alarm", "inactive", "pre_alarm_cancel_time")
    rig.line("pre_alarm").expect_floating()
    rig.line("load").expect_stays_active(seconds=2 * shortest_lead(rig))


def measure_lead_after_a_cancelled_warning(rig: Rig) -> None:
    """Cancel a warning 5 s before its release, warn again at once: the next lead is whole. Measures that lead."""
    rig.cell(1).set(LOW_CELL)
    rig.line("pre_alarm").expect_active()
    rig.wait(shortest_lead(rig) - 5)
    rig.cell(1).set(HEALTHY_CELL)
    rig.line("pre_alarm").expect_inactive()

    rig.cell(1).set(LOW_CELL)
    measure_lead(rig)


def measure_end_of_the_warning(rig: Rig) -> None:
    """Let a cell fall and Load be released: the pre-alarm floats again and stays so while the cell stays low.

    Measures pre_alarm_end_delay, from the release of Load to the end of the pre-alarm.
    """
    rig.cell(1).set(LOW_CELL)
    rig.line("pre_alarm").expect_active()
    shed = rig.line("load").expect_inactive(within=LONGEST_LEAD)
    measure_reaction(rig, shed.time, "pre_alarm", "inactive", "pre_alarm_end_delay")
    rig.line("pre_alarm").expect_floating()
    rig.line("pre_alarm").expect_stays_inactive(seconds=60)
