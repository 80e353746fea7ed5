"""Errors 1, 2, 3 and 10: a cell too high, too low, apart from the others, or beyond what can be measured."""

import pytest
from bmsrig.steps.battery import HEALTHY_CELL
from bmsrig.steps.rec import current
from bmsrig.steps.rec.errors import (
    expect_error,
    expect_error_stays,
    expect_no_error,
    logged_errors,
    measure_release,
    measure_trip,
    wait_for_error,
)
from bmsrig.steps.rec.guards import GUARDS, measure_release_threshold, measure_trip_threshold, trip
from bmsrig.steps.rec.timing import SHOWN_WITHIN

BEYOND, TIGHT = 0.050, 0.003
"""V from a threshold: clearly on its side, and as close as the unit's accuracy and resolution allow."""

HIGH, LOW = 4.5, 0.8
"""V; what lies beyond is no cell voltage (REC 2Q manual, Table 25, error 10)."""

OVER_VOLTAGE = pytest.mark.parametrize(
    "settings", [{}, {"cmax": 3.65, "maxh": 0.1}, {"cmax": 4.2, "maxh": 0.4}], ids=["as-set", "3.65V", "4.20V"]
)
UNDER_VOLTAGE = pytest.mark.parametrize(
    "settings", [{}, {"cmin": 2.5, "minh": 0.3}, {"cmin": 3.0, "minh": 0.05}], ids=["as-set", "2.50V", "3.00V"]
)


@pytest.mark.requirement("R2Q-E1-TRIP", "R2Q-E1-RELEASE")
@OVER_VOLTAGE
def test_over_voltage_trips_and_is_released(rig, settings):
    """All cells above CMAX, then at a healthy voltage: delay, announcement, relay, limits, and the way back."""
    if settings:
        rig.restart(**settings)
    measure_trip(rig, 1, rig.cells.set(rig.setting("cmax") + BEYOND))
    measure_release(rig, 1, rig.cells.set(HEALTHY_CELL))


@pytest.mark.requirement("R2Q-E1-TRIP", "R2Q-E1-RELEASE")
@OVER_VOLTAGE
def test_thresholds_of_over_voltage(rig, settings):
    """Searched upwards to the trip at CMAX, then downwards to the release at CMAX - MAXH."""
    if settings:
        rig.restart(**settings)
    measure_trip_threshold(rig, GUARDS[1])
    measure_release_threshold(rig, GUARDS[1])


@pytest.mark.requirement("R2Q-E2-TRIP", "R2Q-E2-RELEASE")
@UNDER_VOLTAGE
def test_under_voltage_trips_and_is_released(rig, settings):
    """All cells below CMIN, then at a healthy voltage: delay, announcement, relay, limits, SOC, and the way back."""
    if settings:
        rig.restart(**settings)
    measure_trip(rig, 2, rig.cells.set(rig.setting("cmin") - BEYOND))
    rig.measure("error_2_soc", rig.rs485.array("LCD1")[5])
    measure_release(rig, 2, rig.cells.set(HEALTHY_CELL))


@pytest.mark.requirement("R2Q-E2-TRIP", "R2Q-E2-RELEASE")
@UNDER_VOLTAGE
def test_thresholds_of_under_voltage(rig, settings):
    """Searched downwards to the trip at CMIN, then upwards to the release at CMIN + MINH."""
    if settings:
        rig.restart(**settings)
    measure_trip_threshold(rig, GUARDS[2])
    measure_release_threshold(rig, GUARDS[2])


@pytest.mark.requirement("R2Q-E2-TRIP")
@pytest.mark.parametrize("part", [-0.045, -0.02, 0.1], ids=["just-below", "gentle-discharge", "charge"])
def test_soc_is_reset_at_small_discharge_or_charge(rig, part):
    """Error 2 with less than 0.05 C of discharge, or while charging: the SOC becomes 1 %."""
    current.apply(rig, part * rig.setting("capa"))
    rig.wait(5)
    rig.cells.set(rig.setting("cmin") - BEYOND)
    wait_for_error(rig, 2)
    rig.wait(2)
    rig.measure("error_2_soc", rig.rs485.array("LCD1")[5], comment=f"at {part:g} C")


@pytest.mark.requirement("R2Q-E2-TRIP")
def test_soc_is_reset_by_each_under_voltage(rig):
    """SOC set to 50 % after the first error 2: the next one makes it 1 % again."""
    for time in ("first", "second"):
        rig.cells.set(rig.setting("cmin") - BEYOND)
        wait_for_error(rig, 2)
        rig.wait(2)
        rig.measure("error_2_soc", rig.rs485.array("LCD1")[5], comment=f"{time} time")
        rig.cells.set(HEALTHY_CELL)
        wait_for_error(rig, 0)
        rig.rs485.write("SOCS", 0.5)
        rig.wait(5)


@pytest.mark.requirement("R2Q-E2-TRIP")
@pytest.mark.parametrize("part", [-0.055, -0.2], ids=["just-above", "large"])
def test_soc_is_not_reset_at_large_discharge(rig, part):
    """A cell that a load of more than 0.05 C pulls down is not empty: error 2 comes, the SOC stays where it was."""
    rig.restart(clow=1.8)  # which would have its own way with the SOC
    current.apply(rig, part * rig.setting("capa"))
    rig.wait(5)
    before = rig.rs485.array("LCD1")[5]
    rig.cells.set(rig.setting("cmin") - BEYOND)
    wait_for_error(rig, 2)
    after = rig.rs485.array("LCD1")[5]
    assert abs(after - before) < 0.02, f"SOC {after:g} after error 2 at {part:g} C, {before:g} before"


@pytest.mark.requirement("R2Q-EVERY-CELL", "R2Q-E1-TRIP")
def test_each_cell_alone_trips_over_voltage(rig):
    """Each cell alone, just below CMAX without and just above it with error 1, which names the cell on CAN and ERRO."""
    rig.restart(razl=1.0)
    for cell in rig.cells:
        with rig.step(f"cell {cell.number}"):
            cell.set(rig.setting("cmax") - TIGHT)
            expect_error_stays(rig, 0, seconds=SHOWN_WITHIN)
            cell.set(rig.setting("cmax") + TIGHT)
            expect_error(rig, 1, element=cell.number)
            cell.set(HEALTHY_CELL)
            wait_for_error(rig, 0)


@pytest.mark.requirement("R2Q-EVERY-CELL", "R2Q-E2-TRIP")
def test_each_cell_alone_trips_under_voltage(rig):
    """Each cell alone, just above CMIN without and just below it with error 2, which names the cell on CAN and ERRO."""
    rig.restart(razl=1.0)
    for cell in rig.cells:
        with rig.step(f"cell {cell.number}"):
            cell.set(rig.setting("cmin") + TIGHT)
            expect_error_stays(rig, 0, seconds=SHOWN_WITHIN)
            cell.set(rig.setting("cmin") - TIGHT)
            expect_error(rig, 2, element=cell.number)
            cell.set(HEALTHY_CELL)
            wait_for_error(rig, 0)


@pytest.mark.requirement("R2Q-EVERY-CELL", "R2Q-E1-RELEASE", "R2Q-E2-RELEASE")
def test_each_cell_alone_keeps_the_relay_open(rig):
    """All cells but one have recovered from errors 1 and 2: as long as that one has not, the error stays."""
    rig.restart(razl=1.0)
    for error in (1, 2):
        guard = GUARDS[error]
        short_of_release = guard.release(rig) + guard.outwards * TIGHT
        for cell in rig.cells:
            with rig.step(f"cell {cell.number} keeps error {error}"):
                trip(rig, guard)
                volts = [HEALTHY_CELL] * len(rig.cells)
                volts[cell.number - 1] = short_of_release
                rig.cells.set(volts)
                expect_error_stays(rig, error, seconds=SHOWN_WITHIN)
                rig.cells.set(HEALTHY_CELL)
                wait_for_error(rig, 0)


@pytest.mark.requirement("R2Q-E3")
@pytest.mark.parametrize("razl", [None, 0.1, 0.5], ids=["as-set", "0.10V", "0.50V"])
def test_cells_that_differ_are_error_3(rig, razl):
    """One cell above the others by more than RAZL: error 3 with the relay closed; searched, and back by 20 mV."""
    if razl is not None:
        rig.restart(razl=razl, bvol=4.2, cmax=4.2)
    guard = GUARDS[3]
    measure_trip(rig, 3, guard.apply(rig, guard.trip(rig) + 0.02))
    measure_release(rig, 3, guard.apply(rig, guard.healthy))
    measure_trip_threshold(rig, guard)
    measure_release_threshold(rig, guard)


@pytest.mark.requirement("R2Q-E3")
def test_each_cell_counts_for_the_difference(rig):
    """Each cell alone above, then below the others: error 3, and the relay stays closed."""
    relay = rig.line("relay").last_edge
    for cell in rig.cells:
        for sign in (1, -1):
            with rig.step(f"cell {cell.number} {'above' if sign > 0 else 'below'} the others"):
                cell.set(HEALTHY_CELL + sign * (rig.setting("razl") + 0.02))
                expect_error(rig, 3)
                cell.set(HEALTHY_CELL)
                wait_for_error(rig, 0)
    assert rig.line("relay").last_edge.number == relay.number, f"the relay moved\n{rig.line('relay')!r}"


@pytest.mark.requirement("R2Q-E10")
@pytest.mark.parametrize("volts", [HIGH + 0.01, 4.9, LOW - 0.01, 0.0], ids=lambda volts: f"{volts:.2f}V")
@pytest.mark.parametrize("which", ["first", "last"])
def test_cell_that_cannot_be_measured_is_error_10(rig, volts, which):
    """A cell above 4.5 V or below 0.8 V opens the relay, and is error 10 for 15 s after it is well again.

    The same cell causes errors 1 or 2, and 3, which end sooner; error 10 is what is left.
    """
    cell = rig.cells[0 if which == "first" else -1]
    cell.set(volts)
    rig.can["rec"].signal("ErrorNumber").expect_between(1, 20, within=SHOWN_WITHIN)
    rig.line("relay").expect_inactive(within=SHOWN_WITHIN)
    healed = cell.set(HEALTHY_CELL)
    expect_error(rig, 10, within=SHOWN_WITHIN)
    measure_release(rig, 10, healed.time, within=15 + SHOWN_WITHIN)


@pytest.mark.requirement("R2Q-E10")
@pytest.mark.parametrize("volts", [HIGH, LOW], ids=["high", "low"])
def test_thresholds_of_error_10(rig, volts):
    """Just inside 0.8 V to 4.5 V there is no error 10, not even in the log; beyond there is, after its delay.

    A cell that is back by less than 10 mV keeps it.
    """
    inwards = -1 if volts == HIGH else 1
    with rig.step("inside"):
        rig.rs485.command("ERRD 1", armed=True)
        rig.cell(1).set(volts + inwards * TIGHT)
        rig.wait(10)
        rig.cell(1).set(HEALTHY_CELL)
        expect_no_error(rig, within=2 * SHOWN_WITHIN)
        assert 10 not in logged_errors(rig), f"error 10 at {volts + inwards * TIGHT:g} V"
    with rig.step("beyond, too short for it"):
        rig.cell(1).set(volts - inwards * TIGHT)
        rig.wait(2.45)
        rig.cell(1).set(HEALTHY_CELL)
        rig.wait(SHOWN_WITHIN)
        assert 10 not in logged_errors(rig), "error 10 after 2.45 s"
    with rig.step("beyond, then back by less than its hysteresis"):
        rig.cell(1).set(volts - inwards * TIGHT)
        rig.wait(SHOWN_WITHIN)
        rig.cell(1).set(volts + inwards * (0.010 - TIGHT))
        rig.wait(20)
        healed = rig.cell(1).set(HEALTHY_CELL)
        expect_error(rig, 10, within=SHOWN_WITHIN)
        measure_release(rig, 10, healed.time, within=15 + SHOWN_WITHIN)


@pytest.mark.requirement("R2Q-E10")
def test_broken_sense_wire_opens_the_relay(rig):
    """A wire of each cell that breaks is an error that opens the relay, announced, within the usual delay."""
    for cell in rig.cells[:: max(1, len(rig.cells) // 4)]:
        with rig.step(f"the wire of cell {cell.number}"):
            cell.fault("open")
            rig.line("relay").expect_inactive(within=SHOWN_WITHIN + 2.2)
            cell.fault("none")
            expect_no_error(rig, within=20 + SHOWN_WITHIN)
            rig.line("relay").expect_active()
