"""Load and Charge mind their own causes, and every cell counts for both."""

import pytest
from bmsrig.steps.battery import COLD, HOT, high_cell
from bmsrig.steps.independence import expect_each_cell_triggers_all_outputs, expect_under_voltage_leaves


@pytest.mark.requirement("VSB-INDEPENDENT")
def test_under_voltage_never_releases_charge(rig):
    """A discharged battery may always be charged: before, at and long after the release of Load."""
    expect_under_voltage_leaves(rig, {"charge": "active"})


@pytest.mark.requirement("VSB-INDEPENDENT")
def test_over_voltage_never_releases_load(rig):
    """A full battery may always be discharged."""
    rig.cells.set(high_cell(rig))
    rig.line("charge").expect_inactive()
    rig.line("load").expect_stays_active(seconds=120)


@pytest.mark.requirement("VSB-INDEPENDENT")
@pytest.mark.parametrize("temperature", [HOT, COLD], ids=["hot", "cold"])
def test_temperature_never_releases_load(rig, temperature):
    """A battery that is too hot or too cold to be charged may still be discharged."""
    rig.temperature().set(temperature)
    rig.line("charge").expect_inactive()
    rig.line("load").expect_stays_active(seconds=120)


@pytest.mark.requirement("VSB-EVERY-CELL")
def test_every_cell_alone_triggers_all_three_outputs(rig):
    """Each cell, at each position, warns and sheds when it is low and stops charging when it is high."""
    expect_each_cell_triggers_all_outputs(rig)
