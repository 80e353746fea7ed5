"""The energy counters: power integrated, each way by itself, and cleared on demand."""

import pytest
from bmsrig.steps.rec import current

COUNTERS = {"WHIN": 1.0, "WHOU": -1.0}
"""Counter -> sign of the current that it counts."""


def counted(rig):
    """Both counters, in Wh."""
    return {name: rig.rs485.read(name) for name in COUNTERS}


@pytest.mark.requirement("R2Q-ENERGY")
@pytest.mark.parametrize("name", COUNTERS)
@pytest.mark.parametrize(("amperes", "volts", "hours"), [(50.0, 3.30, 0.2), (20.0, 3.20, 0.5), (150.0, 3.35, 0.1)])
def test_power_is_integrated(rig, name, amperes, volts, hours):
    """A constant power for a while: its counter has the energy, the other one nothing."""
    rig.cells.set(volts)
    before = counted(rig)
    flowing = current.apply(rig, COUNTERS[name] * amperes)
    rig.wait(3600 * hours)
    current.apply(rig, 0.0)
    rig.wait(5)
    after = counted(rig)
    energy = abs(flowing.amperes) * sum(rig.cells.read()) * hours
    rig.measure("energy_ratio", (after[name] - before[name]) / energy, 1 / energy, comment=name)
    other = next(each for each in COUNTERS if each != name)
    assert after[other] == before[other]


@pytest.mark.requirement("R2Q-ENERGY")
def test_both_ways_in_turn(rig):
    """Charging and discharging every five minutes: what went in and what came out do not cancel.

    A cycle in which the current turns counts by its mean, so that a little of both may get lost each time.
    """
    before = counted(rig)
    for _ in range(3):
        for sign in (1.0, -1.0):
            current.apply(rig, sign * 60.0)
            rig.wait(300)
    current.apply(rig, 0.0)
    rig.wait(5)
    energy = 60.0 * sum(rig.cells.read()) * 0.25
    for name, value in counted(rig).items():
        rig.measure("energy_ratio", (value - before[name]) / energy, 1 / energy, comment=name)


@pytest.mark.requirement("R2Q-ENERGY")
def test_counters_are_cleared(rig):
    """WHRE 1 answers that they are cleared, and both begin at 0 again."""
    for sign in (1.0, -1.0):
        current.apply(rig, sign * 100.0)
        rig.wait(600)
    current.apply(rig, 0.0)
    rig.wait(5)
    assert all(value > 100 for value in counted(rig).values())
    assert rig.rs485.command("WHRE 1", armed=True) == "Cleared energy counter"
    assert counted(rig) == {"WHIN": 0, "WHOU": 0}
    current.apply(rig, 100.0)
    rig.wait(360)
    current.apply(rig, 0.0)
    rig.wait(5)
    after = counted(rig)
    assert after["WHOU"] == 0
    energy = 100.0 * sum(rig.cells.read()) * 0.1
    rig.measure("energy_ratio", after["WHIN"] / energy, 1 / energy, comment="after clearing")


@pytest.mark.requirement("R2Q-ENERGY")
def test_counters_outlive_a_restart(rig):
    """The energy of yesterday is still counted after the unit was switched off and on."""
    current.apply(rig, 100.0)
    rig.wait(600)
    current.apply(rig, 0.0)
    rig.wait(5)
    before = counted(rig)
    rig.restart()
    assert counted(rig) == before


@pytest.mark.requirement("R2Q-ENERGY")
def test_energy_of_unequal_cells(rig):
    """Half of the cells at 3.00 V, half at 3.40 V: the power is the pack's, not that of one cell times their number."""
    rig.restart(razl=1.0)
    rig.cells.set([3.00 if number % 2 else 3.40 for number in range(len(rig.cells))])
    before = counted(rig)
    flowing = current.apply(rig, 100.0)
    rig.wait(720)
    current.apply(rig, 0.0)
    rig.wait(5)
    energy = flowing.amperes * sum(rig.cells.read()) * 0.2
    rig.measure("energy_ratio", (counted(rig)["WHIN"] - before["WHIN"]) / energy, 1 / energy, comment="unequal cells")
