"""The supply: 8 to 70 V, for systems of 12, 24 and 48 V (4, 8 and 16 cells)."""

import pytest

SYSTEMS = pytest.mark.parametrize("cells", [4, 8, 16], ids=["12V", "24V", "48V"])


def expect_all_outputs_work(rig, lead):
    """High when well, warned and shed when a cell is low, stopped when one is high, and back each time."""
    for line in ("load", "charge"):
        rig.line(line).expect_active()
        rig.line(line).expect_driven_high()
    rig.line("pre_alarm").expect_floating()

    rig.cells[-1].set(2.60)
    rig.line("pre_alarm").expect_active()
    rig.line("load").expect_inactive(within=lead + 2 * rig.reaction_time)
    rig.cells.set(3.30)
    rig.line("load").expect_active()

    rig.cells[-1].set(3.85)
    rig.line("charge").expect_inactive()
    rig.cells.set(3.30)
    rig.line("charge").expect_active()


@pytest.mark.requirement("VSB-SUPPLY")
@SYSTEMS
def test_all_outputs_work_at_the_nominal_supply(rig, cells, lead):
    """In each system, at the voltage of its own battery."""
    rig.restart(cells=cells)
    expect_all_outputs_work(rig, lead)


@pytest.mark.requirement("VSB-SUPPLY")
@SYSTEMS
def test_all_outputs_work_at_the_lowest_supply(rig, cells, lead):
    """At 8 V, plus what the bench does not know of its supply: a unit that ends at 8 V is not wronged."""
    rig.restart(cells=cells)
    lowest = rig.supply.set(8.0 + rig.supply.accuracy)
    rig.settle()
    expect_all_outputs_work(rig, lead)
    rig.measure("lowest_working_supply", lowest.value, rig.supply.accuracy, comment=f"{cells} cells")


@pytest.mark.requirement("VSB-SUPPLY")
@SYSTEMS
def test_all_outputs_work_at_the_highest_supply(rig, cells, lead):
    """At 70 V, less what the bench does not know of its supply: no unit gets more than it is rated for."""
    rig.restart(cells=cells)
    highest = rig.supply.set(70.0 - rig.supply.accuracy)
    rig.settle()
    expect_all_outputs_work(rig, lead)
    rig.measure("highest_working_supply", highest.value, rig.supply.accuracy, comment=f"{cells} cells")
