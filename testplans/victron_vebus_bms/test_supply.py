"""The supply: 9 to 70 V, for systems of 12, 24 and 48 V (4, 8 and 16 cells)."""

import pytest
from bmsrig.steps.supply import (
    expect_all_outputs_work,
    expect_dip_is_ridden_through,
    measure_highest_supply,
    measure_lowest_supply,
)

LOWEST, HIGHEST = 9.0, 70.0
SYSTEMS = pytest.mark.parametrize("cells", [4, 8, 16], ids=["12V", "24V", "48V"])


@pytest.mark.requirement("VVB-SUPPLY")
@SYSTEMS
def test_all_outputs_work_at_the_nominal_supply(rig, cells):
    """In each system, at the voltage of its own battery."""
    rig.restart(cells=cells)
    expect_all_outputs_work(rig)


@pytest.mark.requirement("VVB-SUPPLY")
@SYSTEMS
def test_all_outputs_work_at_the_lowest_supply(rig, cells):
    """At 9 V, plus what the bench does not know of its supply."""
    rig.restart(cells=cells)
    measure_lowest_supply(rig, LOWEST)


@pytest.mark.requirement("VVB-SUPPLY")
@SYSTEMS
def test_all_outputs_work_at_the_highest_supply(rig, cells):
    """At 70 V, less what the bench does not know of its supply."""
    rig.restart(cells=cells)
    measure_highest_supply(rig, HIGHEST)


@pytest.mark.requirement("VVB-SUPPLY")
@pytest.mark.parametrize("seconds", [0.1, 2.0], ids=lambda s: f"for-{s:g}s")
def test_a_dip_of_the_supply_disturbs_nothing(rig, seconds):
    """A starting motor, say, that pulls the battery down to the lowest supply for a moment."""
    lines = ["load", "charge", "pre_alarm", "vebus.charge", "vebus.discharge"]
    expect_dip_is_ridden_through(rig, LOWEST + rig.supply.accuracy, seconds, lines)
