"""The Charge output: high while charging is allowed, released on over-voltage and outside 5 to 50 degC."""

import pytest


@pytest.mark.requirement("VSB-CHG-HIGH")
def test_charge_is_high_with_a_healthy_battery(rig):
    """With cells and temperatures inside their limits Charge sources, and goes on doing so."""
    rig.line("charge").expect_active()
    rig.line("charge").expect_driven_high()
    rig.line("charge").expect_stays_active(seconds=120)


@pytest.mark.requirement("VSB-CHG-OV")
def test_each_cell_releases_charge_at_the_over_voltage_threshold(rig):
    """Each cell alone releases Charge above the over-voltage threshold."""
    nominal = rig.setting("over_voltage")
    for cell in rig.cells:
        with rig.step(f"cell {cell.number}: threshold near {nominal:.2f} V"):
            threshold = cell.raise_through(nominal, until="charge", becomes="inactive")
            rig.measure("over_voltage_threshold", threshold, comment=f"cell {cell.number}")
            rig.cells.set(3.30)
            rig.line("charge").expect_active()


@pytest.mark.requirement("VSB-CHG-OV")
def test_released_charge_floats(rig):
    """A released Charge output neither sources nor sinks."""
    risen = rig.cell(1).set(3.85)
    released = rig.line("charge").expect_inactive()
    rig.measure("charge_reaction_time", released.time - risen.time)
    rig.line("charge").expect_floating()


@pytest.mark.requirement("VSB-CHG-OV-RECOVER")
def test_charge_returns_when_the_high_cell_is_below_its_recovery(rig):
    """After a release, each cell alone keeps Charge released until it is below 3.60 V again."""
    for cell in rig.cells:
        with rig.step(f"cell {cell.number}: recovery near 3.60 V"):
            cell.set(3.85)
            rig.line("charge").expect_inactive()
            threshold = cell.lower_through(3.60, until="charge", becomes="active")
            rig.measure("charge_recovery_threshold", threshold, comment=f"cell {cell.number}")
            rig.cells.set(3.30)
            rig.settle()


@pytest.mark.requirement("VSB-CHG-OV-RECOVER")
def test_charge_returns_only_when_all_cells_are_below(rig):
    """One recovered cell is not enough while another is still above 3.60 V, though below the trip threshold."""
    first, last = rig.cells[0], rig.cells[-1]
    first.set(3.85)
    last.set(3.85)
    rig.line("charge").expect_inactive()

    first.set(3.30)
    last.set(3.65)
    rig.line("charge").expect_stays_inactive(seconds=60)

    recovered = last.set(3.30)
    returned = rig.line("charge").expect_active()
    rig.measure("charge_recovery_time", returned.time - recovered.time)


@pytest.mark.requirement("VSB-CHG-OT")
def test_high_temperature_releases_charge(rig):
    """A battery above 50 degC must not be charged."""
    threshold = rig.temperature().raise_through(50.0, until="charge", becomes="inactive")
    rig.measure("over_temperature_threshold", threshold)
    rig.line("charge").expect_floating()

    rig.temperature().set(25)
    rig.line("charge").expect_active()
    heated = rig.temperature().set(60)
    released = rig.line("charge").expect_inactive()
    rig.measure("over_temperature_reaction_time", released.time - heated.time)


@pytest.mark.requirement("VSB-CHG-UT")
def test_low_temperature_releases_charge(rig):
    """A battery below 5 degC must not be charged."""
    threshold = rig.temperature().lower_through(5.0, until="charge", becomes="inactive")
    rig.measure("low_temperature_threshold", threshold)
    rig.line("charge").expect_floating()

    rig.temperature().set(25)
    rig.line("charge").expect_active()
    cooled = rig.temperature().set(-10)
    released = rig.line("charge").expect_inactive()
    rig.measure("low_temperature_reaction_time", released.time - cooled.time)


@pytest.mark.requirement("VSB-CHG-T-HYST")
def test_temperatures_at_which_charge_returns(rig):
    """No document gives the hysteresis: record where Charge returns from either side."""
    rig.temperature().set(55)
    rig.line("charge").expect_inactive()
    returned = rig.temperature().find_threshold("charge", "active", start=50.5, stop=25.0, step=0.25)
    rig.measure("charge_return_temperature_high", returned)

    rig.temperature().set(0)
    rig.line("charge").expect_inactive()
    returned = rig.temperature().find_threshold("charge", "active", start=4.5, stop=25.0, step=0.25)
    rig.measure("charge_return_temperature_low", returned)
