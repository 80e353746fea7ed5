"""Causes that come together, and values far out of range."""

import pytest
from bmsrig.steps.battery import COLD, HOT
from bmsrig.steps.combinations import (
    FAR_TEMPERATURES,
    expect_charge_waits_for_every_cause,
    expect_far_cells_count,
    expect_far_temperature_stops,
    expect_no_charging_beside_a_low_cell,
)


@pytest.mark.requirement("VSB-CHG-OV", "VSB-CHG-OT", "VSB-CHG-UT")
@pytest.mark.parametrize("cause", ["over-voltage", "too hot", "too cold"])
def test_a_low_cell_never_allows_charging_against_a_stop(rig, cause):
    """An empty cell wants charging, but something else forbids it: Charge stays released."""
    expect_no_charging_beside_a_low_cell(rig, cause, off=["charge"])


@pytest.mark.requirement("VSB-CHG-OV", "VSB-CHG-OT", "VSB-CHG-UT")
@pytest.mark.parametrize("temperature", [HOT, COLD], ids=["hot", "cold"])
def test_charge_waits_until_no_cause_is_left(rig, temperature):
    """Over-voltage beside heat or cold: the end of one does not end the other."""
    expect_charge_waits_for_every_cause(rig, temperature, off=["charge"])


@pytest.mark.requirement("VSB-CHG-OT", "VSB-CHG-UT")
@pytest.mark.parametrize("temperature", FAR_TEMPERATURES)
def test_temperatures_far_out_release_charge(rig, temperature):
    """A battery that is far too hot or too cold is not taken for a broken reading and charged."""
    expect_far_temperature_stops(rig, temperature, off=["charge"])


@pytest.mark.requirement("VSB-LOAD-UV", "VSB-CHG-OV")
def test_cells_far_out_count(rig):
    """A dead cell and one that is badly overcharged count as the low and high cells that they are."""
    expect_far_cells_count(rig)
