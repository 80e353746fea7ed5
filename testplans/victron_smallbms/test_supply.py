"""The supply: 8 to 70 V, for systems of 12, 24 and 48 V (4, 8 and 16 cells)."""

import pytest
from bmsrig.steps.supply import expect_all_outputs_work, measure_highest_supply, measure_lowest_supply

SYSTEMS = pytest.mark.parametrize("cells", [4, 8, 16], ids=["12V", "24V", "48V"])


@pytest.mark.requirement("VSB-SUPPLY")
@SYSTEMS
def test_all_outputs_work_at_the_nominal_supply(rig, cells):
    """In each system, at the voltage of its own battery."""
    rig.restart(cells=cells)
    expect_all_outputs_work(rig)


@pytest.mark.requirement("VSB-SUPPLY")
@SYSTEMS
def test_all_outputs_work_at_the_lowest_supply(rig, cells):
    """At 8 V, plus what the bench does not know of its supply."""
    rig.restart(cells=cells)
    measure_lowest_supply(rig, 8.0)


@pytest.mark.requirement("VSB-SUPPLY")
@SYSTEMS
def test_all_outputs_work_at_the_highest_supply(rig, cells):
    """At 70 V, less what the bench does not know of its supply."""
    rig.restart(cells=cells)
    measure_highest_supply(rig, 70.0)
