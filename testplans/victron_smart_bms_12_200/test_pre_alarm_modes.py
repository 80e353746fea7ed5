"""The three settings of the pre-alarm: continuous, intermittent, and not available."""

import pytest
from bmsrig.steps.battery import HEALTHY_CELL, LOW_CELL, heal, warning_cell
from bmsrig.steps.lamps import Flashes, watch_flashes
from bmsrig.steps.lead import LONGEST_LEAD, measure_lead, shortest_lead
from bmsrig.steps.lines import expect_unchanged

WINDOW = 20.0
"""s; long enough to see several pulses of any rhythm that a user would notice."""


def expect_pulses(seen: Flashes):
    """At least two whole pulses in the window: a steady level or a single pulse is no train of them."""
    assert len(seen.starts) >= 2, f"expected pulses on pre_alarm within {WINDOW:g} s, but {len(seen.starts)} began"
    assert len(seen.durations) >= 2, f"expected pulses on pre_alarm to end, but {len(seen.durations)} did"


@pytest.mark.requirement("VS2-PRE-CONT")
def test_continuous_pre_alarm_is_steady(rig):
    """A warning is one steady level for as long as it lasts, also while Load waits for its release."""
    rig.restart(pre_alarm_mode="continuous")
    rig.cell(1).set(warning_cell(rig))
    rig.line("pre_alarm").expect_active()
    rig.line("pre_alarm").expect_stays_active(seconds=120)
    rig.cells.set(HEALTHY_CELL)
    rig.line("pre_alarm").expect_inactive()

    rig.cell(1).set(LOW_CELL)
    rig.line("pre_alarm").expect_active()
    rig.line("pre_alarm").expect_stays_active(seconds=shortest_lead(rig) - 0.1)


@pytest.mark.requirement("VS2-PRE-INT")
def test_intermittent_pre_alarm_pulses_as_long_as_it_warns(rig):
    """A warning is a train of pulses, whose rhythm is recorded; it ends with the warning."""
    rig.restart(pre_alarm_mode="intermittent")
    rig.line("pre_alarm").expect_stays_inactive(seconds=WINDOW)
    rig.cell(1).set(warning_cell(rig))
    rig.line("pre_alarm").expect_active()
    for _ in range(3):
        seen = watch_flashes(rig, "pre_alarm", WINDOW)
        expect_pulses(seen)
        rig.measure("pre_alarm_pulse_period", sum(seen.periods) / len(seen.periods))
        rig.measure("pre_alarm_pulse_duration", sum(seen.durations) / len(seen.durations))
    rig.cells.set(HEALTHY_CELL)
    rig.settle()
    rig.line("pre_alarm").expect_stays_inactive(seconds=WINDOW)


@pytest.mark.requirement("VS2-PRE-INT", "VS2-PRE")
def test_lead_of_an_intermittent_pre_alarm_counts_from_its_first_edge(rig):
    """Load is released 30 s after the first pulse began, not after a later one, and the pulses end with that."""
    rig.restart(pre_alarm_mode="intermittent")
    rig.cell(1).set(LOW_CELL)
    measure_lead(rig, "fast_fall_lead_time", comment="intermittent")
    rig.settle()
    rig.line("pre_alarm").expect_inactive()
    rig.line("pre_alarm").expect_stays_inactive(seconds=WINDOW)


@pytest.mark.requirement("VS2-PRE-INT")
def test_pulses_go_on_through_the_lead_and_float_between(rig):
    """An under-voltage does not end the pulses while Load waits for its release, and between two the output floats."""
    rig.restart(pre_alarm_mode="intermittent")
    rig.cell(1).set(LOW_CELL)
    rig.line("pre_alarm").expect_active()
    for _ in range(2):
        expect_pulses(watch_flashes(rig, "pre_alarm", shortest_lead(rig) / 2 - 2))
    heal(rig)
    rig.line("pre_alarm").expect_inactive()
    rig.settle()
    rig.cell(1).set(warning_cell(rig))
    rig.line("pre_alarm").expect_active()
    rig.line("pre_alarm").expect_inactive(within=WINDOW)
    rig.line("pre_alarm").expect_floating()


@pytest.mark.requirement("VS2-PRE-NA")
def test_without_pre_alarm_none_is_issued(rig):
    """A battery that gives no pre-alarm: none is issued, neither at its threshold nor before Load is released."""
    rig.restart(pre_alarm_mode="not_available")
    rig.cell(1).set(warning_cell(rig))
    rig.line("pre_alarm").expect_stays_inactive(seconds=LONGEST_LEAD)
    rig.line("load").expect_active(within=0)
    with expect_unchanged(rig, ["pre_alarm"]):
        fallen = rig.cell(1).set(LOW_CELL)
        shed = rig.line("load").expect_inactive(within=LONGEST_LEAD)
        rig.measure("release_delay_without_pre_alarm", shed.time - fallen.time)
        rig.wait(LONGEST_LEAD)
