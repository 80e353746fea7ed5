"""How accurately the unit measures: cells, pack, current with every shunt, temperatures, resistance of the cells."""

import pytest
from bmsrig.failure import ExpectationFailed
from bmsrig.steps.rec import current
from bmsrig.steps.rec.arbiter import SETTLED, measure_reports
from bmsrig.steps.rec.timing import CYCLE

SPAN = [0.10, 0.85, 1.50, 2.30, 2.95, 3.30, 3.65, 4.20, 4.60, 5.00]
"""V; over the whole range of the cell inputs (REC 2Q manual, Table 1)."""


@pytest.mark.requirement("R2Q-CELLV", "R2Q-PACKV")
@pytest.mark.parametrize("volts", SPAN)
def test_cells_over_their_range(rig, volts):
    """All cells at one voltage, errors or no errors: each is reported as it is, and so is their sum."""
    rig.cells.set(volts)
    rig.settle()  # the errors that such cells bring end their balancing, which would load the bench
    measure_reports(rig, comment=f"{volts:g} V")


@pytest.mark.requirement("R2Q-CELLV", "R2Q-PACKV")
@pytest.mark.parametrize("descending", [False, True], ids=["rising", "falling"])
def test_every_cell_is_reported_at_its_own_place(rig, descending):
    """Each cell at a voltage of its own: none is exchanged for another, in any report."""
    volts = [3.10 + 0.0137 * number for number in range(len(rig.cells))]
    rig.cells.set(volts[::-1] if descending else volts)
    measure_reports(rig)


@pytest.mark.requirement("R2Q-CELLV")
def test_each_cell_alone(rig):
    """One cell after the other 50 mV above the others: it, and it alone, is reported higher, and as the highest."""
    for cell in rig.cells:
        with rig.step(f"cell {cell.number}"):
            rig.cells.set(3.30)
            cell.set(3.35)
            rig.wait(SETTLED)
            reported = rig.rs485.array("CELL")
            for number, volts in enumerate(reported, start=1):
                expected = 3.35 if number == cell.number else 3.30
                if abs(volts - expected) > 0.010:
                    raise ExpectationFailed(f"rs485 CELL {number}: applied {expected:g} V, reported {volts:g} V")
            assert rig.rs485.bytes("LCD3")[3] == cell.number


@pytest.mark.requirement("R2Q-CURRENT")
@pytest.mark.parametrize("shunt", current.SHUNTS, ids=lambda amperes: f"{amperes}A")
def test_current_with_every_shunt(rig, shunt):
    """50 mV is the shunt's rated current, and less is less, both ways; the sign says charge or discharge."""
    current.require_accuracy(rig, current.VOLTS_PER_LSB)
    rig.restart(ioja=current.SHUNTS[shunt])
    for part in (0.0, 0.01, -0.01, 0.25, -0.25, 0.5, -0.5, 1.0, -1.0):
        rig.source("shunt").set(0.050 * part)
        rig.wait(SETTLED)
        assert current.read(rig).amperes == pytest.approx(part * shunt, abs=0.002 * shunt)
        measure_reports(rig, comment=f"{shunt} A shunt at {part:g}")


@pytest.mark.requirement("R2Q-CURRENT")
def test_ioja_is_the_unit_s_own(rig):
    """50 mV with a coefficient between those of the table: the current follows what was written."""
    current.require_accuracy(rig, current.VOLTS_PER_LSB)
    rig.rs485.write("IOJA", 0.005)
    rig.source("shunt").set(0.050)
    rig.wait(SETTLED)
    expected = rig.source("shunt").read() / current.VOLTS_PER_LSB * 0.005
    rig.measure("written_ioja_error", (rig.rs485.array("LCD1")[2] - expected) / 0.005)


@pytest.mark.requirement("R2Q-CURRENT")
@pytest.mark.parametrize("offset", [-2.0, -0.5, 0.5, 2.0])
def test_current_offset(rig, offset):
    """IOFF moves the current by as much, whatever flows. Which way, the manual does not say: recorded."""
    current.require_accuracy(rig, current.VOLTS_PER_LSB)
    rig.restart(ioff=offset)
    for amperes in (0.0, 60.0, -60.0):
        flowing = current.apply(rig, amperes)
        rig.wait(SETTLED)
        moved = rig.rs485.array("LCD1")[2] - flowing.amperes
        rig.measure("current_offset_direction", 1.0 if moved * offset > 0 else -1.0, comment=f"IOFF {offset:g}")
        rig.measure("current_offset_error", (abs(moved) - abs(offset)) / rig.setting("ioja"), 0.0)


@pytest.mark.requirement("R2Q-CURRENT")
def test_current_is_the_mean_of_a_cycle(rig):
    """A current that alternates every 100 ms between 0 and 40 A is reported as about its mean."""
    for step in range(60):
        current.apply(rig, 40.0 * (step % 2))
        rig.wait(0.1)
    rig.measure("alternating_current", rig.rs485.array("LCD1")[2])


@pytest.mark.requirement("R2Q-TEMP")
@pytest.mark.parametrize("degrees", [-20.0, -9.5, 0.0, 10.0, 25.0, 40.0, 54.0, 70.0])
def test_temperatures_over_their_range(rig, degrees):
    """Four sensors, each at a temperature of its own around this one, and the case: each is reported as it is."""
    rig.restart(sensors=4)
    for number in range(1, 5):
        rig.temperature(number).set(degrees + 1.5 * (number - 2))
    rig.temperature("case_temp").set(degrees - 4.0)
    measure_reports(rig, comment=f"{degrees:g} degC")


@pytest.mark.requirement("R2Q-TEMP")
@pytest.mark.parametrize("sensors", [1, 2, 3, 4])
def test_as_many_temperatures_as_sensors(rig, sensors):
    """PTEM has a value for each sensor that is wired, whatever stands at the others."""
    rig.restart(sensors=sensors)
    for number in range(1, 5):
        rig.temperature(number).set(20.0 + number)
    measure_reports(rig)


@pytest.mark.requirement("R2Q-RINT")
def test_resistance_of_each_cell(rig):
    """A current that steps by 100 A, with cells that give way by their own resistance: RINT has that of each cell."""
    ohms = [0.0010 + 0.00005 * number for number in range(len(rig.cells))]
    step_current(rig, 100.0, ohms, times=40)
    for number, (expected, measured) in enumerate(zip(ohms, rig.rs485.array("RINT"), strict=True), start=1):
        rig.measure("cell_resistance_error", measured - expected, comment=f"cell {number}")


@pytest.mark.requirement("R2Q-RINT")
def test_small_steps_do_not_count(rig):
    """Steps of 12 A with cells that move by far too much: nothing is calculated from them."""
    ohms = [0.0010] * len(rig.cells)
    step_current(rig, 60.0, ohms, times=40)
    before = rig.rs485.array("RINT")
    step_current(rig, 12.0, [0.0050] * len(rig.cells), times=20)
    for number, (was, measured) in enumerate(zip(before, rig.rs485.array("RINT"), strict=True), start=1):
        rig.measure("cell_resistance_error", measured - was, comment=f"cell {number}, unchanged")


@pytest.mark.requirement("R2Q-RINT")
def test_steps_above_15_ampere_count(rig):
    """Steps of 18 A are enough."""
    ohms = [0.0040] * len(rig.cells)
    step_current(rig, 18.0, ohms, times=40)
    measured = rig.rs485.array("RINT")
    assert measured == pytest.approx(ohms, abs=0.0003)


def step_current(rig, amperes, ohms, times):
    """Switch a discharge on and off, every second cycle, and the cells' voltages with it in the same instant."""
    for number in range(times):
        flowing = amperes if number % 2 == 0 else 0.0
        current.apply(rig, -flowing)
        rig.cells.set([3.30 - flowing * each for each in ohms])
        rig.wait(2 * CYCLE)
