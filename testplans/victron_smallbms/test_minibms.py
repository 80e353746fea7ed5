"""The miniBMS: the same three outputs as the smallBMS."""

import pytest
from bmsrig.steps.battery import COLD, HOT, LOW_CELL, heal, high_cell
from bmsrig.steps.lead import measure_end_of_the_warning, measure_lead_of_each_cell, release_time
from bmsrig.steps.lines import expect_released
from bmsrig.steps.recovery import measure_recovery_thresholds
from bmsrig.steps.thresholds import measure_falling_thresholds, measure_rising_thresholds


@pytest.fixture
def minibms(rig):
    """The rig with a miniBMS as the UUT."""
    rig.restart(variant="minibms")
    return rig


@pytest.mark.requirement("VMB-VARIANT")
def test_minibms_warns_and_sheds_as_the_smallbms(minibms):
    """The same pre-alarm threshold, lead, release and recovery of Load, for every cell."""
    rig, nominal = minibms, minibms.setting("pre_alarm")
    measure_falling_thresholds(
        rig, nominal, until="pre_alarm", becomes="active", limit="pre_alarm_threshold", comment="miniBMS"
    )
    measure_lead_of_each_cell(rig, comment="miniBMS")
    measure_recovery_thresholds(
        rig,
        3.20,
        tripped_at=LOW_CELL,
        line="load",
        limit="load_recovery_threshold",
        within=release_time(rig),
        comment="miniBMS",
    )
    measure_end_of_the_warning(rig)


@pytest.mark.requirement("VMB-VARIANT")
def test_minibms_stops_charging_as_the_smallbms(minibms):
    """The same over-voltage threshold and recovery for every cell, and the same temperatures."""
    rig, nominal = minibms, minibms.setting("over_voltage")
    measure_rising_thresholds(
        rig, nominal, until="charge", becomes="inactive", limit="over_voltage_threshold", comment="miniBMS"
    )
    measure_recovery_thresholds(
        rig, 3.60, tripped_at=high_cell(rig), line="charge", limit="charge_recovery_threshold", comment="miniBMS"
    )
    for temperature in (HOT, COLD):
        rig.temperature().set(temperature)
        rig.line("charge").expect_inactive()
        heal(rig)
        rig.line("charge").expect_active()


@pytest.mark.requirement("VMB-VARIANT")
def test_minibms_floats_when_switched_off(minibms):
    """Off releases all three outputs."""
    minibms.switch("remote.link").open()
    expect_released(minibms, ["load", "charge", "pre_alarm"])
