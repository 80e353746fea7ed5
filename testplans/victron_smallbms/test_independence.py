"""Load and Charge mind their own causes, and every cell counts for both."""

import pytest


@pytest.mark.requirement("VSB-INDEPENDENT")
def test_under_voltage_never_releases_charge(rig, lead):
    """A discharged battery may always be charged: before, at and long after the release of Load."""
    rig.cells.set(2.50)
    rig.line("charge").expect_stays_active(seconds=lead + 2 * rig.reaction_time)
    rig.line("load").expect_inactive()
    rig.line("charge").expect_stays_active(seconds=60)


@pytest.mark.requirement("VSB-INDEPENDENT")
def test_over_voltage_never_releases_load(rig):
    """A full battery may always be discharged."""
    rig.cells.set(3.90)
    rig.line("charge").expect_inactive()
    rig.line("load").expect_stays_active(seconds=120)


@pytest.mark.requirement("VSB-INDEPENDENT")
@pytest.mark.parametrize("temperature", [60.0, -10.0], ids=["hot", "cold"])
def test_temperature_never_releases_load(rig, temperature):
    """A battery that is too hot or too cold to be charged may still be discharged."""
    rig.temperature().set(temperature)
    rig.line("charge").expect_inactive()
    rig.line("load").expect_stays_active(seconds=120)


@pytest.mark.requirement("VSB-EVERY-CELL")
def test_every_cell_alone_triggers_all_three_outputs(rig, lead):
    """Each cell, at each position, warns and sheds when it is low and stops charging when it is high."""
    for cell in rig.cells:
        with rig.step(f"cell {cell.number} alone is low"):
            cell.set(2.60)
            rig.line("pre_alarm").expect_active()
            rig.line("load").expect_inactive(within=lead + 2 * rig.reaction_time)
            assert rig.line("charge").is_active, rig.line("charge")
            rig.cells.set(3.30)
            rig.line("load").expect_active()
        with rig.step(f"cell {cell.number} alone is high"):
            cell.set(3.85)
            rig.line("charge").expect_inactive()
            assert rig.line("load").is_active, rig.line("load")
            rig.cells.set(3.30)
            rig.line("charge").expect_active()
