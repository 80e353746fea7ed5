"""The Charge output: high while charging is allowed, released on over-voltage and outside 5 to 50 degC."""

import pytest
from bmsrig.steps.battery import COLD, HOT, heal, high_cell
from bmsrig.steps.lines import expect_released, expect_sources, measure_reaction


@pytest.mark.requirement("VVB-CHG")
def test_charge_is_high_with_a_healthy_battery(rig):
    """With cells and temperatures inside their limits Charge sources, and goes on doing so."""
    expect_sources(rig, "charge", seconds=120)


@pytest.mark.requirement("VVB-CHG")
def test_released_charge_floats(rig):
    """On over-voltage Charge is released in time, and neither sources nor sinks."""
    risen = rig.cell(1).set(high_cell(rig))
    measure_reaction(rig, risen.time, "charge", "inactive", "charge_reaction_time")
    expect_released(rig, ["charge"], seconds=60)


@pytest.mark.requirement("VVB-CHG", "VVB-LOAD")
def test_over_voltage_never_releases_load(rig):
    """A full battery may always be discharged."""
    rig.cells.set(high_cell(rig))
    rig.line("charge").expect_inactive()
    rig.line("load").expect_stays_active(seconds=120)


@pytest.mark.requirement("VVB-CHG", "VVB-LOAD")
@pytest.mark.parametrize("temperature", [HOT, COLD], ids=["hot", "cold"])
def test_temperature_releases_charge_never_load(rig, temperature):
    """A battery that is too hot or too cold to be charged may still be discharged; well again, it may be charged."""
    rig.temperature().set(temperature)
    expect_released(rig, ["charge"])
    rig.line("load").expect_stays_active(seconds=120)
    heal(rig)
    rig.line("charge").expect_active()
