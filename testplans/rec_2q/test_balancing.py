"""Passive balancing: when it begins, which cells are discharged, and what forbids it."""

import pytest
from bmsrig.steps.battery import HEALTHY_TEMPERATURE
from bmsrig.steps.lines import expect_levels_stay
from bmsrig.steps.rec import current
from bmsrig.steps.rec.errors import wait_for_error
from bmsrig.steps.rec.timing import SHOWN_WITHIN

REACTS = 5.0
"""s in which balancing follows what was applied: two whole cycles, and a reserve."""

SHOWS = 2.5
"""s in which a cell that is balanced conducts at least once: a unit may pause while it measures."""

CHARGE = 5.0
"""A; charging, clearly above 0.2 A."""


def numbers(rig):
    """The cells' numbers."""
    return range(1, len(rig.cells) + 1)


def balanced(rig, seconds=SHOWS):
    """The cells that were discharged at some time in so many seconds."""
    before = {number: rig.line(f"balance.{number}").last_edge.number for number in numbers(rig)}
    rig.wait(seconds)
    lines = {number: rig.line(f"balance.{number}") for number in numbers(rig)}
    return {number for number, line in lines.items() if line.is_active or line.last_edge.number != before[number]}


def on_can(rig):
    """The cells that CAN says are balanced."""
    mask = round(rig.can["rec"].signal("BalancingMask").read().value)
    return {number for number in numbers(rig) if mask >> (number - 1) & 1}


def expect_balanced(rig, cells):
    """These cells are balanced, by their lines and on CAN, and no others."""
    rig.wait(REACTS)
    assert balanced(rig) == cells
    assert on_can(rig) == cells


def expect_none_balanced(rig, seconds=10.0):
    """No cell is balanced, by its line and on CAN, from a reaction on."""
    rig.wait(REACTS)
    expect_levels_stay(rig, {f"balance.{number}": "inactive" for number in numbers(rig)}, seconds)
    assert on_can(rig) == set()


def start_region(rig, high=0.05, others=-0.05):
    """Volts of all cells: cell 1 above BMIN by `high`, the others by `others`."""
    start = rig.setting("bmin")
    return [start + high] + [start + others] * (len(rig.cells) - 1)


@pytest.mark.requirement("R2Q-BAL-START")
def test_each_cell_that_is_above_the_others_is_balanced(rig):
    """While the battery is charged, each cell alone above BMIN and above the mean is discharged, and no other."""
    current.apply(rig, CHARGE)
    for number in numbers(rig):
        with rig.step(f"cell {number}"):
            volts = [rig.setting("bmin") - 0.05] * len(rig.cells)
            volts[number - 1] = rig.setting("bmin") + 0.05
            rig.cells.set(volts)
            expect_balanced(rig, {number})
    rig.cells.set(rig.setting("bmin") - 0.05)
    expect_none_balanced(rig)


@pytest.mark.requirement("R2Q-BAL-START")
def test_cells_above_the_mean_are_balanced(rig):
    """Half of the cells clearly above the mean, half clearly below it: the upper half is discharged."""
    current.apply(rig, CHARGE)
    upper = set(list(numbers(rig))[::2])
    rig.cells.set([rig.setting("bmin") + (0.06 if number in upper else 0.01) for number in numbers(rig)])
    expect_balanced(rig, upper)


@pytest.mark.requirement("R2Q-BAL-START")
@pytest.mark.parametrize("amperes", [0.15, 0.0, -5.0], ids=lambda amperes: f"{amperes:g}A")
def test_without_charging_there_is_no_start(rig, amperes):
    """0.15 A, no current and a discharge are no charging: a cell above BMIN is left alone."""
    current.require_accuracy(rig, current.volts_of(rig, 0.05))
    current.apply(rig, amperes)
    rig.cells.set(start_region(rig))
    expect_none_balanced(rig)


@pytest.mark.requirement("R2Q-BAL-START")
def test_charging_of_a_quarter_ampere_starts(rig):
    """Clearly above 0.2 A."""
    current.require_accuracy(rig, current.volts_of(rig, 0.05))
    current.apply(rig, 0.25)
    rig.cells.set(start_region(rig))
    expect_balanced(rig, {1})


@pytest.mark.requirement("R2Q-BAL-START")
@pytest.mark.parametrize("bmin", [None, 3.30, 3.60], ids=["as-set", "3.30V", "3.60V"])
def test_start_voltage(rig, bmin):
    """The highest cell just below BMIN, and just above it: balancing begins between the two."""
    if bmin is not None:
        rig.restart(bmin=bmin, bvol=4.0)
    current.apply(rig, CHARGE)
    rig.cells.set(start_region(rig, high=-0.005))
    expect_none_balanced(rig)
    rig.cells.set(start_region(rig, high=0.005))
    expect_balanced(rig, {1})


@pytest.mark.requirement("R2Q-BAL-END")
@pytest.mark.parametrize("amperes", [0.0, -10.0, 10.0], ids=lambda amperes: f"{amperes:g}A")
def test_cells_above_the_end_voltage_are_balanced(rig, amperes):
    """Whatever the current, and however many: each cell above BVOL is discharged.

    A change of less than 15 A: a larger one beside a change of the cells would be a measurement of their resistance.
    """
    current.apply(rig, amperes)
    above = rig.setting("bvol") + 0.03
    below = rig.setting("bvol") - 0.1  # below BMIN as it is set, so that only BVOL counts
    below = min(below, rig.setting("bmin") - 0.02)
    for chosen in ({1}, {len(rig.cells)}, set(list(numbers(rig))[1::3]), set(numbers(rig))):
        with rig.step(f"cells {sorted(chosen)}"):
            rig.cells.set([above if number in chosen else below for number in numbers(rig)])
            expect_balanced(rig, chosen)
    rig.cells.set(below)
    expect_none_balanced(rig)


@pytest.mark.requirement("R2Q-BAL-END")
@pytest.mark.parametrize("bvol", [None, 3.40, 3.70], ids=["as-set", "3.40V", "3.70V"])
def test_end_voltage(rig, bvol):
    """Cell 2 just below BVOL, and just above it, without any current."""
    if bvol is not None:
        rig.restart(bvol=bvol)
    others = rig.setting("bvol") - 0.15
    rig.cells.set(others)
    rig.cell(2).set(rig.setting("bvol") - 0.005)
    expect_none_balanced(rig)
    rig.cell(2).set(rig.setting("bvol") + 0.005)
    expect_balanced(rig, {2})


FORBIDDING = {
    2: lambda rig: rig.cell(2).set(rig.setting("cmin") - 0.05),
    4: lambda rig: rig.temperature(1).set(rig.setting("tmax") + 3),
    5: lambda rig: rig.temperature("case_temp").set(rig.setting("tbal") + 3),
    8: lambda rig: rig.temperature(1).fault("absent"),
    10: lambda rig: rig.cell(2).set(4.6),
    12: lambda rig: current.apply(rig, 1.03 * rig.setting("ccmx")),
}
ALLOWING = {
    1: lambda rig: rig.cells.set(rig.setting("cmax") + 0.05),
    3: lambda rig: rig.cell(2).set(rig.setting("bvol") - rig.setting("razl") - 0.02),
    7: lambda rig: rig.temperature(1).set(rig.setting("tmin") - 3),
}


@pytest.mark.requirement("R2Q-BAL-START", "R2Q-BAL-END")
@pytest.mark.parametrize("error", FORBIDDING, ids=lambda error: f"error-{error}")
def test_errors_that_forbid_balancing(rig, error):
    """Errors 2, 4, 5, 8, 10 and 12 end it, at the start voltage and at the end voltage, and it does not begin again."""
    high = rig.setting("bvol") + 0.03
    current.apply(rig, CHARGE)
    rig.cells.set(high)
    rig.line("balance.1").expect_active(within=REACTS)
    FORBIDDING[error](rig)
    rig.can["rec"].signal("ErrorNumber").expect_between(1, 20, within=SHOWN_WITHIN)
    rig.wait(2)
    if error == 12:
        current.apply(rig, 0)  # the relay has opened; its pause of 15 s runs
    expect_none_balanced(rig, seconds=5)


@pytest.mark.requirement("R2Q-BAL-END", "R2Q-E1-TRIP", "R2Q-E3")
@pytest.mark.parametrize("error", ALLOWING, ids=lambda error: f"error-{error}")
def test_errors_that_leave_balancing(rig, error):
    """Errors 1, 3 and 7 are no reason to stop: the unit goes on to bring the high cells down."""
    rig.cells.set(rig.setting("bvol") + 0.03)
    rig.line("balance.1").expect_active(within=REACTS)
    ALLOWING[error](rig)
    wait_for_error(rig, error)
    rig.wait(REACTS)
    assert {1, len(rig.cells)} <= balanced(rig)


@pytest.mark.requirement("R2Q-BAL-TEMP")
def test_near_the_case_limit_only_the_highest_are_balanced(rig):
    """1 degC below TBAL some of the cells above BVOL are left alone: those that deviate least."""
    base = rig.setting("bvol") + 0.01
    volts = [base + 0.01 * ((number + len(rig.cells) // 2) % len(rig.cells)) for number in numbers(rig)]
    rig.restart(cmax=4.2)
    rig.cells.set(volts)
    expect_balanced(rig, set(numbers(rig)))
    rig.temperature("case_temp").set(rig.setting("tbal") - 1)
    rig.wait(REACTS)
    few = balanced(rig)
    assert few, "expected the cells that deviate most to be balanced still, but none is"
    assert len(few) < len(rig.cells), "expected fewer cells to be balanced near TBAL, but all are"
    left_alone = set(numbers(rig)) - few
    assert min(volts[number - 1] for number in few) > max(volts[number - 1] for number in left_alone), (
        f"cells {sorted(few)} are balanced, though cells {sorted(left_alone)} are not all lower"
    )
    assert on_can(rig) == few
    rig.temperature("case_temp").set(HEALTHY_TEMPERATURE)
    expect_balanced(rig, set(numbers(rig)))


@pytest.mark.requirement("R2Q-BAL-TEMP")
def test_where_the_restriction_begins(rig):
    """Warmed up by 1 degC at a time: record how far below TBAL fewer cells are balanced."""
    rig.restart(cmax=4.2)
    base = rig.setting("bvol") + 0.01
    rig.cells.set([base + 0.01 * (number - 1) for number in numbers(rig)])
    expect_balanced(rig, set(numbers(rig)))
    for below in range(20, 0, -1):
        rig.temperature("case_temp").set(rig.setting("tbal") - below)
        rig.wait(REACTS)
        if balanced(rig) != set(numbers(rig)):
            break
    else:
        raise AssertionError("expected fewer cells to be balanced 1 degC below TBAL, but all are")
    rig.measure("near_case_limit", below)
