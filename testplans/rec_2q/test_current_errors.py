"""Errors 11, 12 and 17: current through a relay that is open, too much current, and more than the limits allow."""

import pytest
from bmsrig.steps.rec import current
from bmsrig.steps.rec.errors import (
    expect_error,
    expect_error_stays,
    expect_no_error,
    logged_errors,
    measure_announced_opening,
    measure_release,
    measure_shown,
    measure_trip,
    wait_for_error,
)
from bmsrig.steps.rec.precharge import measure_closing
from bmsrig.steps.rec.timing import SHOWN_WITHIN

DIRECTIONS = pytest.mark.parametrize("sign", [1, -1], ids=["charging", "discharging"])

MANY_DEVICES = {"maxc": 360, "maxd": 360, "sisn": 3}
"""So much that error 12 comes without error 17: which of two a unit shows, the manual does not say."""


def open_relay(rig):
    """Let error 4 open the relay, and see it open."""
    rig.temperature(1).set(rig.setting("tmax") + 3)
    wait_for_error(rig, 4)
    rig.line("relay").expect_inactive(within=3)


@pytest.mark.requirement("R2Q-E11")
def test_discharge_through_an_open_relay_is_error_11(rig):
    """The relay is open, yet 20 A are drawn: error 11, which outlasts error 4 and keeps the relay open."""
    open_relay(rig)
    current.apply(rig, -20)
    rig.wait(SHOWN_WITHIN)
    rig.temperature(1).set(25.0)
    expect_error(rig, 11, within=SHOWN_WITHIN)
    assert 11 in logged_errors(rig)
    current.apply(rig, 0)
    rig.line("relay").expect_stays_inactive(seconds=60)
    rig.restart()
    expect_no_error(rig)
    rig.line("relay").expect_active()


@pytest.mark.requirement("R2Q-E11")
@pytest.mark.parametrize("amperes", [0, 20], ids=["none", "charging"])
def test_no_current_or_charging_is_no_error_11(rig, amperes):
    """With the relay open, no current or a charging one is no sign of a welded contactor: the relay closes again."""
    rig.rs485.command("ERRD 1", armed=True)
    open_relay(rig)
    current.apply(rig, amperes)
    rig.wait(20)
    current.apply(rig, 0)
    rig.temperature(1).set(25.0)
    expect_no_error(rig)
    rig.line("relay").expect_active()
    assert 11 not in logged_errors(rig)


@pytest.mark.requirement("R2Q-E12")
@DIRECTIONS
@pytest.mark.parametrize("limit", [None, 300], ids=["as-set", "300A"])
def test_over_current_opens_the_relay_for_15_s(rig, sign, limit):
    """Above CCMX, or DCMX: error 12 after its delay; with the current gone the relay closes after a pause of 15 s."""
    rig.restart(**MANY_DEVICES, **({} if limit is None else {"ccmx": limit, "dcmx": limit}))
    highest = rig.setting("ccmx" if sign > 0 else "dcmx")
    applied = current.apply(rig, sign * 1.03 * highest)
    raised = wait_for_error(rig, 12, within=SHOWN_WITHIN + 1)
    measure_shown(rig, "error_12_delay", applied.time, raised, "ErrorNumber")
    opened = measure_announced_opening(rig)
    current.apply(rig, 0)
    expect_error(rig, 12)
    closed = measure_closing(rig, within=25)
    rig.measure("error_12_pause", closed.time - opened)
    expect_no_error(rig)


@pytest.mark.requirement("R2Q-E12")
@DIRECTIONS
def test_current_below_its_limit_is_no_error_12(rig, sign):
    """3 % below CCMX or DCMX for a minute: the relay stays closed. The limits differ, so that they are told apart."""
    rig.restart(ccmx=400, dcmx=200) if sign > 0 else rig.restart(ccmx=200, dcmx=400)
    current.apply(rig, sign * 0.97 * 400)
    rig.line("relay").expect_stays_active(seconds=60)
    assert 12 not in logged_errors(rig)


@pytest.mark.requirement("R2Q-E12")
def test_over_current_for_two_cycles_is_no_error(rig):
    """A surge of less than 2.5 s, again and again: no error 12, not even in the log."""
    rig.rs485.command("ERRD 1", armed=True)
    for pause in (2.5, 3.0, 3.5, 4.0):
        current.apply(rig, -1.03 * rig.setting("dcmx"))
        rig.wait(2.45)
        current.apply(rig, 0)
        rig.wait(pause)
    rig.line("relay").expect_active(within=0)
    assert 12 not in logged_errors(rig)


@pytest.mark.requirement("R2Q-E17")
@DIRECTIONS
@pytest.mark.parametrize("settings", [{}, {"maxc": 60, "maxd": 90, "sisn": 2}], ids=["as-set", "two-devices"])
def test_current_beyond_the_devices_is_error_17(rig, sign, settings):
    """Above 1.2 times what the devices may: error 17, the limit on CAN is lower than before, the relay stays closed."""
    if settings:
        rig.restart(**settings)
    highest = 1.2 * rig.setting("maxc" if sign > 0 else "maxd") * rig.setting("sisn")
    limit = rig.can["rec"].signal("CCL" if sign > 0 else "DCL")
    with rig.step("2 % below"):
        current.apply(rig, sign * 0.98 * highest)
        expect_error_stays(rig, 0, seconds=SHOWN_WITHIN + 2)
        before = limit.read().value
    with rig.step("2 % above"):
        applied = current.apply(rig, sign * 1.02 * highest)
        measure_trip(rig, 17, applied.time)
        limit.expect_below(before - limit.resolution, within=SHOWN_WITHIN)
        expect_error_stays(rig, 17, seconds=20)
    with rig.step("back"):
        measure_release(rig, 17, current.apply(rig, sign * 0.5 * highest).time)
        limit.expect_near(before, limit.resolution, within=30)
