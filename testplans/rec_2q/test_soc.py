"""State of charge and cycles: what the unit counts, against the charge that the bench moved."""

import pytest
from bmsrig.steps.rec import current
from bmsrig.steps.rec.arbiter import SETTLED
from bmsrig.steps.rec.limits import read_limit

EMPTY_CELL, FULL_CELL = 3.20, 3.40
"""V; a battery model: between its ends the cells rise in a line with the charge, clear of every threshold."""


def state_of_charge(rig):
    """As LCD1 answers it, 0 to 1."""
    return rig.rs485.array("LCD1")[5]


def move(rig, amperes, seconds, steps=1):
    """Let a current flow for so long; returns the charge that was moved, in Ah."""
    moved = 0.0
    for _ in range(steps):
        flowing = current.apply(rig, amperes)
        rig.wait(seconds / steps)
        moved += flowing.amperes * seconds / steps / 3600
    return moved


@pytest.mark.requirement("R2Q-SOC")
def test_first_state_of_charge(rig):
    """A unit that is connected for the first time says 50 %, on both buses."""
    rig.measure("first_soc", state_of_charge(rig))
    rig.wait(rig.limit("can_refresh_time").high)
    rig.measure("first_soc", rig.can["rec"].signal("SOC").value / 100, 0.005, comment="CAN")


@pytest.mark.requirement("R2Q-SOC")
@pytest.mark.parametrize("rate", [0.1, 0.2, 1.0, -0.1, -0.2, -1.0])
def test_coulombs_are_counted(rig, rate):
    """A tenth of the capacity at different currents, both ways: the SOC moves by as much."""
    rig.restart(capa=100.0)
    rig.cells.set((EMPTY_CELL + FULL_CELL) / 2)
    before = state_of_charge(rig)
    moved = move(rig, 100.0 * rate, 3600 * 0.1 / abs(rate))
    current.apply(rig, 0.0)
    rig.wait(SETTLED)
    rig.measure("soc_error", state_of_charge(rig) - before - moved / 100.0, comment=f"{rate:g} C")


@pytest.mark.requirement("R2Q-SOC")
def test_nothing_is_counted_without_a_current(rig):
    """Two hours at rest: the SOC stays, but for the self-discharge that the unit may allow for."""
    before = state_of_charge(rig)
    rig.wait(7200)
    rig.measure("soc_error", state_of_charge(rig) - before, comment="2 h at rest")


@pytest.mark.requirement("R2Q-SOC")
def test_soc_can_be_set(rig):
    """SOCS sets the SOC, at its ends and between."""
    for value in (0.01, 0.25, 1.0, 0.5):
        rig.rs485.write("SOCS", value)
        rig.wait(SETTLED)
        rig.measure("soc_as_set_error", state_of_charge(rig) - value, comment=f"SOCS {value:g}")


@pytest.mark.requirement("R2Q-SOC")
def test_soc_outlives_a_restart(rig):
    """What was counted is there again after the unit was switched off and on."""
    rig.restart(capa=100.0)
    moved = move(rig, 50.0, 720)
    current.apply(rig, 0.0)
    rig.wait(SETTLED)
    rig.restart(capa=100.0)
    rig.measure("soc_error", state_of_charge(rig) - 0.5 - moved / 100, comment="restart")


@pytest.mark.requirement("R2Q-SOC", "R2Q-CLOW", "R2Q-FULL")
def test_full_cycle_at_c_by_5(rig):
    """Empty, charged to full with C/5, and emptied again: the SOC follows all the way, and is right at both ends."""
    capacity, amperes = 100.0, 20.0
    rig.restart(capa=capacity)
    rig.cells.set((rig.setting("clow") + rig.setting("cmin")) / 2)
    rig.wait(70)
    rig.measure("empty_soc", state_of_charge(rig))
    charge = 0.03 * capacity

    with rig.step("charging"):
        for _ in range(47):
            rig.cells.set(model_cell(charge / capacity))
            charge += move(rig, amperes, 360)
            compare(rig, charge / capacity, "charging")
    with rig.step("the top"):
        full = rig.setting("char") + 0.001
        rig.cells.set(full)
        for _ in range(int(rig.limit("taper_time").high + rig.limit("full_time").high)):
            current.apply(rig, min(amperes, read_limit(rig, "CCL")))
            rig.wait(1)
        rig.measure("full_soc", state_of_charge(rig))
        charge = capacity
    with rig.step("discharging"):
        rig.cells.set(model_cell(1.0))
        for _ in range(47):
            charge += move(rig, -amperes, 360)
            rig.cells.set(model_cell(charge / capacity))
            compare(rig, charge / capacity, "discharging")
    with rig.step("the bottom"):
        current.apply(rig, 0.0)
        rig.cells.set((rig.setting("clow") + rig.setting("cmin")) / 2)
        rig.wait(70)
        rig.measure("empty_soc", state_of_charge(rig))


def model_cell(soc):
    """The voltage of every cell of the simulated battery."""
    return EMPTY_CELL + (FULL_CELL - EMPTY_CELL) * soc


def compare(rig, expected, words):
    """The SOC that the unit reports, against that of the simulated battery."""
    rig.measure("soc_error", state_of_charge(rig) - expected, comment=f"{words}, {100 * expected:.0f} %")


@pytest.mark.requirement("R2Q-SOC-96")
def test_96_percent_rule(rig):
    """Charging with all cells above BMIN and the highest above 0.502 x (BMIN + CHAR): record what the SOC becomes."""
    start, end = rig.setting("bmin"), rig.setting("char")
    level = 0.502 * (start + end)
    current.apply(rig, 5.0)
    rig.cells.set([(start + level) / 2] * (len(rig.cells) - 1) + [level - 0.005])
    rig.wait(30)
    rig.measure("soc_below_96_rule", state_of_charge(rig))
    rig.cells.set([(start + level) / 2] * (len(rig.cells) - 1) + [level + 0.005])
    rig.wait(30)
    rig.measure("soc_after_96_rule", state_of_charge(rig))


@pytest.mark.requirement("R2Q-CYCLES")
def test_cycles_are_counted(rig):
    """Four times the capacity charged and discharged in turn: at least four cycles, and no more than the whole flow.

    Whether discharging counts as well, or only charging, the manual does not say.
    """
    rig.restart(capa=1.0, cycl=10, maxc=360, maxd=360)
    rig.cells.set((EMPTY_CELL + FULL_CELL) / 2)
    before = rig.rs485.read("CYCL")
    for _ in range(11):  # a little more than four times, so that rounding does not decide
        move(rig, 36.0, 40)
        move(rig, -36.0, 40)
    current.apply(rig, 0.0)
    rig.wait(SETTLED)
    rig.measure("cycles_of_four_capacities", rig.rs485.read("CYCL") - before)


@pytest.mark.requirement("R2Q-CYCLES")
def test_less_than_the_capacity_is_no_cycle(rig):
    """A little in and out, less than the capacity in all: the counter stands."""
    rig.restart(capa=10.0)
    before = rig.rs485.read("CYCL")
    move(rig, 20.0, 600)
    move(rig, -20.0, 600)
    current.apply(rig, 0.0)
    rig.wait(SETTLED)
    assert rig.rs485.read("CYCL") == before


@pytest.mark.requirement("R2Q-CYCLES")
def test_health_is_a_part(rig):
    """A new pack at 25 degC: SOH lies between 0 and 1; after 3000 cycles it is no better. Its values are recorded."""
    new = rig.rs485.array("LCD1")[6]
    assert 0 <= new <= 1
    rig.measure("state_of_health", new, comment="new")
    rig.rs485.write("CYCL", 3000)
    rig.wait(SETTLED)
    old = rig.rs485.array("LCD1")[6]
    assert 0 <= old <= new
    rig.measure("state_of_health", old, comment="3000 cycles")


@pytest.mark.requirement("R2Q-CYCLES")
def test_part_of_a_cycle_outlives_a_restart(rig):
    """Seven tenths of the capacity before the unit is switched off and seven after it are one cycle."""
    settings = {"capa": 1.0, "maxc": 360, "maxd": 360}
    rig.restart(**settings)
    rig.cells.set((EMPTY_CELL + FULL_CELL) / 2)
    before = rig.rs485.read("CYCL")
    for _ in range(2):
        move(rig, 36.0, 70)
        current.apply(rig, 0.0)
        rig.wait(SETTLED)
        rig.restart(**settings)
    assert rig.rs485.read("CYCL") == before + 1
