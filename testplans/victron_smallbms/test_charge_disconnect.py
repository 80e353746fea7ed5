"""The Charge output: high while charging is allowed, released on over-voltage and outside 5 to 50 degC."""

import pytest
from bmsrig.steps.battery import high_cell
from bmsrig.steps.lines import expect_sources, measure_reaction
from bmsrig.steps.recovery import measure_recovery_thresholds, measure_return_with_the_last_cell
from bmsrig.steps.temperatures import measure_low_temperature, measure_over_temperature, record_return_temperatures
from bmsrig.steps.thresholds import measure_rising_thresholds


@pytest.mark.requirement("VSB-CHG-HIGH")
def test_charge_is_high_with_a_healthy_battery(rig):
    """With cells and temperatures inside their limits Charge sources, and goes on doing so."""
    expect_sources(rig, "charge", seconds=120)


@pytest.mark.requirement("VSB-CHG-OV")
def test_each_cell_releases_charge_at_the_over_voltage_threshold(rig):
    """Each cell alone releases Charge above the over-voltage threshold."""
    nominal = rig.setting("over_voltage")
    measure_rising_thresholds(rig, nominal, until="charge", becomes="inactive", limit="over_voltage_threshold")


@pytest.mark.requirement("VSB-CHG-OV")
def test_released_charge_floats(rig):
    """A released Charge output neither sources nor sinks."""
    risen = rig.cell(1).set(high_cell(rig))
    measure_reaction(rig, risen.time, "charge", "inactive", "charge_reaction_time")
    rig.line("charge").expect_floating()


@pytest.mark.requirement("VSB-CHG-OV-RECOVER")
def test_charge_returns_when_the_high_cell_is_below_its_recovery(rig):
    """After a release, each cell alone keeps Charge released until it is below 3.60 V again."""
    measure_recovery_thresholds(rig, 3.60, tripped_at=high_cell(rig), line="charge", limit="charge_recovery_threshold")


@pytest.mark.requirement("VSB-CHG-OV-RECOVER")
def test_charge_returns_only_when_all_cells_are_below(rig):
    """One recovered cell is not enough while another is still above 3.60 V, though below the trip threshold."""
    measure_return_with_the_last_cell(
        rig, tripped_at=high_cell(rig), held_at=3.65, line="charge", limit="charge_recovery_time"
    )


@pytest.mark.requirement("VSB-CHG-OT")
def test_high_temperature_releases_charge(rig):
    """A battery above 50 degC must not be charged: Charge is released there, and floats."""
    measure_over_temperature(rig)


@pytest.mark.requirement("VSB-CHG-UT")
def test_low_temperature_releases_charge(rig):
    """A battery below 5 degC must not be charged: Charge is released there, and floats."""
    measure_low_temperature(rig)


@pytest.mark.requirement("VSB-CHG-T-HYST")
def test_temperatures_at_which_charge_returns(rig):
    """No document gives the hysteresis: record where Charge returns from either side."""
    record_return_temperatures(rig)
