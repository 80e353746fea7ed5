"""The Charge output: high while charging is allowed, released on over-voltage and outside 5 to 50 degC."""

import pytest
from bmsrig.steps.battery import COLD, HOT, heal, high_cell
from bmsrig.steps.disturbances import expect_noise_trips_nothing, record_absent_sensor
from bmsrig.steps.lines import expect_released, expect_sources, measure_reaction
from bmsrig.steps.recovery import measure_recovery_thresholds, measure_return_with_the_last_cell
from bmsrig.steps.temperatures import measure_low_temperature, measure_over_temperature, record_return_temperatures
from bmsrig.steps.thresholds import measure_rising_thresholds


@pytest.mark.requirement("VS2-CHG")
def test_charge_is_high_with_a_healthy_battery(rig):
    """With cells and temperatures inside their limits Charge sources, and goes on doing so."""
    expect_sources(rig, "charge", seconds=120)


@pytest.mark.requirement("VS2-CHG")
def test_each_cell_releases_charge_at_the_over_voltage_threshold(rig):
    """Each cell of each battery releases Charge above the over-voltage threshold."""
    nominal = rig.setting("over_voltage")
    measure_rising_thresholds(rig, nominal, until="charge", becomes="inactive", limit="over_voltage_threshold")


@pytest.mark.requirement("VS2-CHG")
def test_charge_returns_when_the_high_cell_is_below_its_recovery(rig):
    """After a release, each cell alone keeps Charge released until it is below 3.60 V again."""
    measure_recovery_thresholds(rig, 3.60, tripped_at=high_cell(rig), line="charge", limit="charge_recovery_threshold")


@pytest.mark.requirement("VS2-CHG")
def test_charge_returns_only_when_all_cells_are_below(rig):
    """One recovered cell is not enough while another is still above 3.60 V, though below the trip threshold."""
    measure_return_with_the_last_cell(
        rig, tripped_at=high_cell(rig), held_at=3.65, line="charge", limit="charge_recovery_time"
    )


@pytest.mark.requirement("VS2-CHG")
def test_released_charge_floats(rig):
    """On over-voltage Charge is released in time, and neither sources nor sinks."""
    risen = rig.cell(1).set(high_cell(rig))
    measure_reaction(rig, risen.time, "charge", "inactive", "charge_reaction_time")
    expect_released(rig, ["charge"], seconds=60)


@pytest.mark.requirement("VS2-CHG")
def test_high_temperature_releases_charge(rig):
    """A battery above 50 degC must not be charged: Charge is released there, and floats."""
    measure_over_temperature(rig)


@pytest.mark.requirement("VS2-CHG")
def test_low_temperature_releases_charge(rig):
    """A battery below 5 degC must not be charged: Charge is released there, and floats."""
    measure_low_temperature(rig)


@pytest.mark.requirement("VS2-CHG")
def test_temperatures_at_which_charge_returns(rig):
    """No document gives the hysteresis: record where Charge returns from either side."""
    record_return_temperatures(rig)


@pytest.mark.requirement("VS2-CHG", "VS2-LOAD")
def test_over_voltage_never_releases_load(rig):
    """A full battery may always be discharged."""
    rig.cells.set(high_cell(rig))
    rig.line("charge").expect_inactive()
    rig.line("load").expect_stays_active(seconds=120)


@pytest.mark.requirement("VS2-CHG", "VS2-LOAD")
@pytest.mark.parametrize("temperature", [HOT, COLD], ids=["hot", "cold"])
def test_temperature_releases_charge_never_load(rig, temperature):
    """A battery that is too hot or too cold to be charged may still be discharged; well again, it may be charged."""
    rig.temperature().set(temperature)
    expect_released(rig, ["charge"])
    rig.line("load").expect_stays_active(seconds=120)
    heal(rig)
    rig.line("charge").expect_active()


@pytest.mark.requirement("VS2-CHG", "VS2-PRE", "VS2-LOAD")
def test_noise_near_the_thresholds_trips_nothing(rig):
    """A noisy cell that stays clear of a threshold changes no output."""
    expect_noise_trips_nothing(rig)


@pytest.mark.requirement("VS2-CHG")
def test_absent_temperature_sensor(rig):
    """No document says what the unit makes of an absent sensor: record it, and see it recover."""
    record_absent_sensor(rig)
