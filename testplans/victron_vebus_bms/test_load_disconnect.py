"""The Load output: high while the battery is healthy, released when a cell is under-voltage.

Every test starts from the baseline of the fixture: all cells at 3.30 V, 25 degC, the remote terminals linked, neither
mains nor Aux-In.
"""

import pytest
from bmsrig.steps.battery import LOW_CELL
from bmsrig.steps.disturbances import expect_noise_releases_once
from bmsrig.steps.independence import expect_under_voltage_leaves
from bmsrig.steps.lead import release_time
from bmsrig.steps.lines import expect_released, expect_sources


@pytest.mark.requirement("VVB-LOAD")
def test_load_is_high_with_a_healthy_battery(rig):
    """With all cells inside their limits and the system on, Load sources, and goes on doing so."""
    expect_sources(rig, "load", seconds=120)


@pytest.mark.requirement("VVB-LOAD")
def test_released_load_floats(rig):
    """A released Load neither sources nor sinks: it follows a pull-down and a weak pull-up."""
    rig.cell(1).set(LOW_CELL)
    rig.line("load").expect_inactive(within=release_time(rig))
    expect_released(rig, ["load"], seconds=60)


@pytest.mark.requirement("VVB-LOAD")
def test_noise_across_the_threshold_releases_load_once(rig):
    """Noise takes a cell to and fro across under-voltage: Load is released, and does not chatter."""
    expect_noise_releases_once(rig)


@pytest.mark.requirement("VVB-LOAD", "VVB-CHG")
def test_under_voltage_never_releases_charge(rig):
    """A discharged battery may always be charged: before, at and long after the release of Load."""
    expect_under_voltage_leaves(rig, {"charge": "active"})
