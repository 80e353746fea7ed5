"""Deep sleep: when it comes, what is asleep, and what wakes the unit."""

import pytest
from bmsrig.steps.battery import HEALTHY_CELL
from bmsrig.steps.lines import expect_levels_stay
from bmsrig.steps.rec.errors import expect_no_error, wait_for_error
from bmsrig.steps.rec.silence import expect_off
from bmsrig.steps.rec.timing import SHOWN_WITHIN

DELAY = 30.0
"""s below the threshold before the unit sleeps."""

BOOTED = 5.0
"""s after switch-on for the firmware's loader, before the self-test."""

ASLEEP = 6.0
"""s after that by which it does: the limit sleep_delay says so, and this waits a little longer."""


def sleep_threshold(rig):
    """V of the lowest cell, below which the unit goes to sleep."""
    return 0.95 * rig.setting("cmin")


def fall_asleep(rig):
    """Empty the cells and wait until the unit surely sleeps."""
    rig.cells.set(sleep_threshold(rig) - 0.05)
    rig.wait(DELAY + ASLEEP)


@pytest.mark.requirement("R2Q-SLEEP")
@pytest.mark.parametrize("which", ["all", "first", "last"])
def test_unit_sleeps_after_30_seconds(rig, which):
    """All cells, or one, below 0.95 CMIN: awake for 30 s, then asleep, with every output released and silent."""
    low = sleep_threshold(rig) - 0.05
    volts = [HEALTHY_CELL] * len(rig.cells)
    for index in {"all": range(len(volts)), "first": [0], "last": [-1]}[which]:
        volts[index] = low
    rig.can.message(0x031).expect_next()
    fallen = rig.cells.set(volts)
    rig.wait(DELAY + ASLEEP)
    last = rig.can.message(0x031).time
    rig.measure("sleep_delay", last - fallen, comment=f"low: {which}")
    expect_off(rig, seconds=30)


@pytest.mark.requirement("R2Q-SLEEP")
@pytest.mark.parametrize("settings", [{}, {"cmin": 3.0}], ids=["as-set", "cmin-3.00V"])
def test_threshold_of_deep_sleep(rig, settings):
    """Just above 0.95 CMIN the unit stays awake for minutes, with error 2; just below it sleeps."""
    if settings:
        rig.restart(**settings)
    rig.cells.set(sleep_threshold(rig) + 0.005)
    wait_for_error(rig, 2)
    rig.can["rec"].signal("ErrorNumber").stays_between(2, 2, 120)
    rig.cells.set(sleep_threshold(rig) - 0.005)
    rig.wait(DELAY + ASLEEP)
    expect_off(rig, seconds=10)


@pytest.mark.requirement("R2Q-SLEEP")
def test_recovery_within_30_seconds_keeps_the_unit_awake(rig):
    """Low for 28 s, well for a few, and again: the time counts anew, and the unit is awake at the end."""
    for _ in range(3):
        rig.cells.set(sleep_threshold(rig) - 0.05)
        rig.wait(28)
        rig.cells.set(sleep_threshold(rig) + 0.03)
        rig.wait(SHOWN_WITHIN)
    wait_for_error(rig, 2, within=1)
    rig.cells.set(HEALTHY_CELL)
    expect_no_error(rig)
    rig.line("relay").expect_active()


@pytest.mark.requirement("R2Q-SLEEP")
def test_only_off_and_on_wakes_the_unit(rig, switch_off, switch_on):
    """Asleep, neither healthy cells nor RS-485 nor a supply that moves wakes it; REMOTE off and on does."""
    fall_asleep(rig)
    rig.cells.set(HEALTHY_CELL)
    expect_off(rig, seconds=60)
    rig.rs485.exchange(b"LCD1?")
    rig.supply.set(60.0)
    expect_off(rig, seconds=30)
    switch_off(rig)
    switch_on(rig)
    rig.line("relay").expect_active()
    expect_no_error(rig)


@pytest.mark.requirement("R2Q-SLEEP")
def test_a_sleeper_that_wakes_beside_empty_cells_sleeps_again(rig, switch_off, switch_on):
    """Off and on while the cells are still empty: error 2 at once, no relay, and after 30 s it sleeps again."""
    fall_asleep(rig)
    switch_off(rig)
    switch_on(rig)
    wait_for_error(rig, 2, within=BOOTED + SHOWN_WITHIN)
    expect_levels_stay(rig, {"relay": "inactive", "precharge": "inactive"}, seconds=DELAY + ASLEEP)
    expect_off(rig, seconds=10)
