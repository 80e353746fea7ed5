"""The Load output: high while the battery is healthy, released when a cell is under-voltage.

Every test starts from the baseline of the fixture: all cells at 3.30 V, 25 degC, the remote terminals linked.
"""

import pytest


@pytest.mark.requirement("VSB-LOAD-HIGH")
def test_load_is_high_with_a_healthy_battery(rig):
    """With all cells inside their limits and the system on, Load sources, and goes on doing so."""
    rig.line("load").expect_active()
    rig.line("load").expect_driven_high()
    rig.line("load").expect_stays_active(seconds=120)


@pytest.mark.requirement("VSB-LOAD-UV")
@pytest.mark.parametrize("setting", [None, 2.60, 2.70, 2.80], ids=lambda v: "as-set" if v is None else f"{v:.2f}V")
def test_each_cell_releases_load_at_the_under_voltage_threshold(rig, setting, lead):
    """Each cell alone releases Load at the threshold, wherever in its range that was adjusted on the battery.

    The lead is over before the search begins, so that Load follows the cell at once.
    """
    if setting is not None:
        rig.restart(under_voltage=setting)
    nominal = rig.setting("under_voltage")
    for cell in rig.cells:
        with rig.step(f"cell {cell.number}: threshold near {nominal:.2f} V"):
            cell.set(nominal + cell.search_span)
            rig.line("pre_alarm").expect_active()
            rig.wait(lead + rig.reaction_time)
            threshold = cell.lower_through(nominal, until="load", becomes="inactive")
            rig.measure("under_voltage_threshold", threshold, comment=f"cell {cell.number}")
            rig.cells.set(3.30)
            rig.line("load").expect_active()


@pytest.mark.requirement("VSB-LOAD-RECOVER")
def test_load_returns_when_the_low_cell_is_recovered(rig, lead):
    """After a release, each cell alone keeps Load released until it has reached 3.20 V again."""
    for cell in rig.cells:
        with rig.step(f"cell {cell.number}: recovery near 3.20 V"):
            cell.set(2.50)
            rig.line("load").expect_inactive(within=lead + 2 * rig.reaction_time)
            threshold = cell.raise_through(3.20, until="load", becomes="active")
            rig.measure("load_recovery_threshold", threshold, comment=f"cell {cell.number}")
            rig.cells.set(3.30)
            rig.settle()


@pytest.mark.requirement("VSB-LOAD-RECOVER")
def test_load_returns_only_when_all_cells_are_recovered(rig, lead):
    """One recovered cell is not enough while another is still below 3.20 V, though above every trip threshold."""
    first, last = rig.cells[0], rig.cells[-1]
    first.set(2.50)
    last.set(2.50)
    rig.line("load").expect_inactive(within=lead + 2 * rig.reaction_time)

    first.set(3.30)
    last.set(3.15)
    rig.line("load").expect_stays_inactive(seconds=60)

    recovered = last.set(3.30)
    returned = rig.line("load").expect_active()
    rig.measure("load_recovery_time", returned.time - recovered.time)


@pytest.mark.requirement("VSB-LOAD-FLOAT")
def test_released_load_floats(rig, lead):
    """A released Load neither sources nor sinks: it follows a pull-down and a weak pull-up."""
    rig.cell(1).set(2.50)
    rig.line("load").expect_inactive(within=lead + 2 * rig.reaction_time)
    rig.line("load").expect_floating()
