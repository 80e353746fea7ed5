"""Relay CH by itself: its level, its hysteresis, whose sign says which end it guards, its delay, and no task at all."""

import pytest
from bmsrig.steps.lines import expect_levels_stay, measure_reaction
from bmsrig.steps.rec.stages import CH, DCH

CLEAR = 0.010
"""V; a cell this far from a level is on its side of it, whatever the tolerances."""

LONGEST = 5.1
"""s; the longest that CH may take, and what an instrument needs to settle."""

LOW = {"re1l": 2.90, "re1h": 0.15, "cmin": 2.40, "clow": 3.10, "razl": 1.0}
HIGH = {"re1l": 3.60, "re1h": -0.15, "cmax": 4.10, "char": 3.90, "razl": 1.0}
TASKS = [
    pytest.param(LOW, marks=pytest.mark.requirement("RAB-RE1-UV"), id="under-voltage"),
    pytest.param(HIGH, marks=pytest.mark.requirement("RAB-RE1-OV"), id="over-voltage"),
]
HEALTHY = 3.30


def beyond(task, distance):
    """A voltage this far on the bad side of RE1L; negative: on the good side."""
    return task["re1l"] - distance if task["re1h"] > 0 else task["re1l"] + distance


def back(task, distance):
    """A voltage this far on the good side of RE1L + RE1H; negative: short of it."""
    level = task["re1l"] + task["re1h"]
    return level + distance if task["re1h"] > 0 else level - distance


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("wait", [0.0, 0.3, 0.6, 0.9, 1.2])
def test_delays(rig, task, wait):
    """A step beyond the level, and one back beyond the hysteresis, at any phase of the measuring cycle."""
    rig.restart(**task)
    rig.line(CH).expect_active()
    rig.wait(wait)
    fallen = rig.cells.set(beyond(task, 0.05))
    measure_reaction(rig, fallen, CH, "inactive", "re1_open_delay", within=LONGEST, comment=f"{wait:g} s later")
    rig.wait(5 + wait)
    risen = rig.cells.set(back(task, 0.05))
    measure_reaction(rig, risen, CH, "active", "re1_close_delay", within=LONGEST, comment=f"{wait:g} s later")
    rig.line(DCH).expect_active(within=0)


@pytest.mark.parametrize("task", TASKS)
def test_thresholds(rig, task):
    """Searched with the first cell, the others healthy: where CH opens, and where it closes again."""
    rig.restart(**task)
    rig.line(CH).expect_active()
    cell = rig.cell(1)
    opened = cell.find_threshold(CH, "inactive", beyond(task, -CLEAR), beyond(task, CLEAR), 0.001)
    rig.measure("re1_open_threshold", opened)
    cell.set(beyond(task, CLEAR))
    closed = cell.find_threshold(CH, "active", back(task, -CLEAR), back(task, CLEAR), 0.001)
    rig.measure("re1_close_threshold", closed)


@pytest.mark.parametrize("task", TASKS)
def test_every_cell_counts(rig, task):
    """Each cell alone opens CH just beyond RE1L and not before, and lets it close just beyond the hysteresis."""
    rig.restart(**task)
    rig.line(CH).expect_active()
    for cell in rig.cells:
        with rig.step(f"cell {cell.number}"):
            cell.set(beyond(task, -CLEAR))
            rig.line(CH).expect_stays_active(seconds=8)
            cell.set(beyond(task, CLEAR))
            rig.line(CH).expect_inactive(within=LONGEST)
            cell.set(back(task, -CLEAR))
            rig.line(CH).expect_stays_inactive(seconds=8)
            cell.set(back(task, CLEAR))
            rig.line(CH).expect_active(within=LONGEST)
            cell.set(HEALTHY)
    rig.line(DCH).expect_active(within=0)


@pytest.mark.parametrize("task", TASKS)
def test_a_short_dip_does_not_count(rig, task):
    """Beyond the level for 2.4 s, less than three measurements take: CH stays closed."""
    rig.restart(**task)
    rig.line(CH).expect_active()
    for _ in range(5):
        rig.cells.set(beyond(task, 0.05))
        rig.line(CH).expect_stays_active(seconds=2.4)
        rig.cells.set(HEALTHY)
        rig.line(CH).expect_stays_active(seconds=4.0)


@pytest.mark.parametrize("task", TASKS)
def test_noise_inside_the_hysteresis_does_not_count(rig, task):
    """A cell that moves to and fro between the two levels switches CH neither off nor on."""
    rig.restart(**task)
    rig.line(CH).expect_active()
    inside = [beyond(task, -CLEAR), back(task, -CLEAR)]
    for level in ("active", "inactive"):
        for number in range(20):
            rig.cells.set(inside[number % 2])
            expect_levels_stay(rig, {CH: level}, seconds=3)
        rig.cells.set(beyond(task, 0.05))
        rig.line(CH).expect_inactive(within=LONGEST)


@pytest.mark.requirement("RAB-RE1-UV", "RAB-RE1-OV")
@pytest.mark.parametrize(("task", "volts"), [(LOW, 3.75), (HIGH, 2.95)], ids=["under-voltage", "over-voltage"])
def test_the_other_end_does_not_count(rig, task, volts):
    """A relay that guards one end stays closed at the other."""
    rig.restart(**task)
    rig.line(CH).expect_active()
    rig.cells.set(volts)
    rig.line(CH).expect_stays_active(seconds=30)


@pytest.mark.requirement("RAB-RE1-UV", "RAB-RE1-OV")
def test_the_sign_acts_when_it_is_written(rig):
    """RE1H written over RS-485, first for the low and then for the high end, without a restart."""
    rig.rs485.write("RE1L", 3.30)
    rig.rs485.write("RE1H", 0.05)
    rig.cells.set(3.20)
    rig.line(CH).expect_inactive()
    rig.cells.set(3.40)
    rig.line(CH).expect_active()
    rig.rs485.write("RE1H", -0.05)
    rig.line(CH).expect_inactive()
    rig.cells.set(3.20)
    rig.line(CH).expect_active()


@pytest.mark.requirement("RAB-RE1-OFF")
def test_without_a_task_ch_never_switches(rig):
    """RE1L and RE1H both 0 V: from end to end of the cells, through errors and back, CH stays as it is."""
    rig.restart(re1l=0, re1h=0)
    rig.settle()
    line = rig.line(CH)
    rig.measure("ch_without_a_task", float(line.is_active))
    before = line.last_edge.number
    for volts in (3.0, 2.85, 2.75, 3.3, 3.6, 3.95, 4.3, 3.3):
        rig.cells.set(volts)
        rig.wait(20)
    rig.temperature(1).set(65)
    rig.wait(20)
    rig.temperature(1).set(25)
    rig.wait(20)
    assert line.last_edge.number == before, f"{line!r}"
