"""The supply: 8 to 70 V, for systems of 12, 24 and 48 V (4, 8 and 16 cells)."""

import pytest

LOWEST = 8.0
HIGHEST = 70.0


@pytest.mark.requirement("VSB-SUPPLY")
@pytest.mark.parametrize("cells", [4, 8, 16], ids=["12V", "24V", "48V"])
@pytest.mark.parametrize("supply", [LOWEST, None, HIGHEST], ids=["lowest", "nominal", "highest"])
def test_all_outputs_work_over_the_whole_supply_range(rig, cells, supply, lead):
    """At both ends of the supply and in between, in each system: high when well, warned, shed, and stopped."""
    rig.restart(cells=cells)
    if supply is not None:
        rig.supply.set(supply)
        rig.settle()
    for line in ("load", "charge"):
        rig.line(line).expect_active()
        rig.line(line).expect_driven_high()
    rig.line("pre_alarm").expect_floating()

    last = rig.cells[-1]
    last.set(2.60)
    rig.line("pre_alarm").expect_active()
    rig.line("load").expect_inactive(within=lead + 2 * rig.reaction_time)
    rig.cells.set(3.30)
    rig.line("load").expect_active()

    last.set(3.85)
    rig.line("charge").expect_inactive()
    rig.cells.set(3.30)
    rig.line("charge").expect_active()
    if supply == LOWEST:
        rig.measure("lowest_working_supply", supply, rig.supply.accuracy, comment=f"{cells} cells")
    if supply == HIGHEST:
        rig.measure("highest_working_supply", supply, rig.supply.accuracy, comment=f"{cells} cells")
