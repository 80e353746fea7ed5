"""The battery's thresholds and recovery values, for every cell and for the temperature."""

import pytest
from bmsrig.steps.adjustment import adjust, adjusted_to
from bmsrig.steps.battery import LOW_CELL, high_cell
from bmsrig.steps.disturbances import expect_noise_trips_nothing, record_absent_sensor, record_open_cell_wires
from bmsrig.steps.independence import expect_each_cell_triggers_all_outputs
from bmsrig.steps.lead import release_time, shortest_lead
from bmsrig.steps.recovery import measure_recovery_thresholds, measure_return_with_the_last_cell
from bmsrig.steps.temperatures import measure_low_temperature, measure_over_temperature, record_return_temperatures
from bmsrig.steps.thresholds import measure_falling_thresholds, measure_rising_thresholds


@pytest.mark.requirement("VVB-THRESHOLDS", "VVB-LOAD")
@adjusted_to(2.60, 2.70, 2.80)
def test_each_cell_releases_load_at_the_under_voltage_threshold(rig, adjusted):
    """Each cell alone releases Load at the threshold, wherever in its range that was adjusted on the battery.

    The lead is over before the search begins, so that Load follows the cell at once.
    """
    nominal = adjust(rig, "under_voltage", adjusted)
    measure_falling_thresholds(
        rig, nominal, until="load", becomes="inactive", limit="under_voltage_threshold", lead=shortest_lead(rig)
    )


@pytest.mark.requirement("VVB-THRESHOLDS")
def test_load_returns_when_the_low_cell_is_recovered(rig):
    """After a release, each cell alone keeps Load released until it has reached 3.20 V again."""
    measure_recovery_thresholds(
        rig, 3.20, tripped_at=LOW_CELL, line="load", limit="load_recovery_threshold", within=release_time(rig)
    )


@pytest.mark.requirement("VVB-THRESHOLDS")
def test_load_returns_only_when_all_cells_are_recovered(rig):
    """One recovered cell is not enough while another is still below 3.20 V, though above every trip threshold."""
    measure_return_with_the_last_cell(
        rig, tripped_at=LOW_CELL, held_at=3.15, line="load", limit="load_recovery_time", within=release_time(rig)
    )


@pytest.mark.requirement("VVB-THRESHOLDS", "VVB-CHG")
def test_each_cell_releases_charge_at_the_over_voltage_threshold(rig):
    """Each cell alone releases Charge above the over-voltage threshold."""
    nominal = rig.setting("over_voltage")
    measure_rising_thresholds(rig, nominal, until="charge", becomes="inactive", limit="over_voltage_threshold")


@pytest.mark.requirement("VVB-THRESHOLDS")
def test_charge_returns_when_the_high_cell_is_below_its_recovery(rig):
    """After a release, each cell alone keeps Charge released until it is below 3.60 V again."""
    measure_recovery_thresholds(rig, 3.60, tripped_at=high_cell(rig), line="charge", limit="charge_recovery_threshold")


@pytest.mark.requirement("VVB-THRESHOLDS")
def test_charge_returns_only_when_all_cells_are_below(rig):
    """One recovered cell is not enough while another is still above 3.60 V, though below the trip threshold."""
    measure_return_with_the_last_cell(
        rig, tripped_at=high_cell(rig), held_at=3.65, line="charge", limit="charge_recovery_time"
    )


@pytest.mark.requirement("VVB-THRESHOLDS")
def test_every_cell_alone_triggers_all_three_outputs(rig):
    """Each cell, at each position, warns and sheds when it is low and stops charging when it is high."""
    expect_each_cell_triggers_all_outputs(rig)


@pytest.mark.requirement("VVB-THRESHOLDS", "VVB-CHG")
def test_high_temperature_releases_charge(rig):
    """A battery above 50 degC must not be charged: Charge is released there, and floats."""
    measure_over_temperature(rig)


@pytest.mark.requirement("VVB-THRESHOLDS", "VVB-CHG")
def test_low_temperature_releases_charge(rig):
    """A battery below 5 degC must not be charged: Charge is released there, and floats."""
    measure_low_temperature(rig)


@pytest.mark.requirement("VVB-THRESHOLDS")
def test_temperatures_at_which_charge_returns(rig):
    """No document gives the hysteresis: record where Charge returns from either side."""
    record_return_temperatures(rig)


@pytest.mark.requirement("VVB-THRESHOLDS")
def test_noise_near_the_thresholds_trips_nothing(rig):
    """A noisy cell that stays clear of a threshold changes no output."""
    expect_noise_trips_nothing(rig)


@pytest.mark.requirement("VVB-THRESHOLDS")
def test_broken_cell_wires(rig):
    """No document says what the unit makes of a broken sense wire: record it, and see it recover."""
    record_open_cell_wires(rig)


@pytest.mark.requirement("VVB-THRESHOLDS")
def test_absent_temperature_sensor(rig):
    """No document says what the unit makes of an absent sensor: record it, and see it recover."""
    record_absent_sensor(rig)
