"""The pre-alarm output: floats while the battery is healthy, and warns 30 s before Load is released."""

import pytest
from bmsrig.steps.adjustment import adjust, adjusted_to
from bmsrig.steps.battery import LOW_CELL, warning_cell
from bmsrig.steps.lead import (
    measure_cancelled_warning,
    measure_end_of_the_warning,
    measure_fast_fall,
    measure_lead_after_a_cancelled_warning,
    measure_lead_of_each_cell,
    measure_release_after_a_long_warning,
)
from bmsrig.steps.lines import expect_levels_stay, expect_released, measure_reaction
from bmsrig.steps.thresholds import measure_falling_thresholds


@pytest.mark.requirement("VVB-PRE")
def test_pre_alarm_floats_with_a_healthy_battery(rig):
    """With all cells above the pre-alarm threshold the output floats, also just above it."""
    rig.cells.set(rig.setting("pre_alarm") + 0.020)
    expect_released(rig, ["pre_alarm"], seconds=120)


@pytest.mark.requirement("VVB-PRE")
@adjusted_to(2.85, 3.00, 3.15)
def test_each_cell_trips_the_pre_alarm_at_its_threshold(rig, adjusted):
    """Each cell alone drives pre-alarm high at the threshold, wherever in its range that was adjusted."""
    nominal = adjust(rig, "pre_alarm", adjusted)
    measure_falling_thresholds(rig, nominal, until="pre_alarm", becomes="active", limit="pre_alarm_threshold")


@pytest.mark.requirement("VVB-PRE")
def test_pre_alarm_is_driven_high(rig):
    """The warning is a driven level: it stays high against the pull-down."""
    fallen = rig.cell(1).set(warning_cell(rig))
    measure_reaction(rig, fallen.time, "pre_alarm", "active", "pre_alarm_reaction_time")
    rig.line("pre_alarm").expect_driven_high()


@pytest.mark.requirement("VVB-PRE")
def test_pre_alarm_leads_load_disconnect(rig):
    """A cell that sinks at once below both thresholds still leaves the user 30 s, whichever cell it is."""
    measure_lead_of_each_cell(rig)


@pytest.mark.requirement("VVB-PRE", "VVB-LOAD")
def test_lead_counts_from_the_first_warning(rig):
    """A cell that has warned for long already is shed as soon as it is under-voltage: the lead is over."""
    measure_release_after_a_long_warning(rig)


@pytest.mark.requirement("VVB-PRE")
@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.9], ids=lambda s: f"in-{s:g}s")
def test_fast_fall_warns_first_and_holds_load(rig, seconds):
    """From 3.30 V to 2.50 V in less than 1 s: the warning comes first, Load is held for 30 s, then released."""
    measure_fast_fall(rig, seconds)


@pytest.mark.requirement("VVB-PRE")
@pytest.mark.parametrize("lowest", [warning_cell, lambda _: LOW_CELL], ids=["below-pre-alarm", "below-under-voltage"])
def test_recovery_before_the_release_cancels_it(rig, lowest):
    """A cell that is well again within the 30 s ends the warning, and Load stays high."""
    measure_cancelled_warning(rig, lowest(rig))


@pytest.mark.requirement("VVB-PRE")
def test_a_cancelled_warning_leaves_a_whole_lead_to_the_next(rig):
    """The 30 s begin anew with every warning: time from a cancelled one does not count."""
    measure_lead_after_a_cancelled_warning(rig)


@pytest.mark.requirement("VVB-PRE")
def test_pre_alarm_floats_again_at_the_release(rig):
    """When Load is released the warning has done its work: the output floats, also while the cell stays low."""
    measure_end_of_the_warning(rig)


@pytest.mark.requirement("VVB-NO-GX-ALARM")
@pytest.mark.parametrize("mains", [False, True], ids=["without-mains", "with-mains"])
def test_pre_alarm_changes_no_permission(rig, mains):
    """While the unit only warns, the inverter/charger may do what it may do with a healthy battery."""
    if mains:
        rig.switch("mains").close()
    rig.settle()
    rig.cell(1).set(warning_cell(rig))
    rig.line("pre_alarm").expect_active()
    expect_levels_stay(rig, {"vebus.charge": "active", "vebus.discharge": "active"}, seconds=120)
