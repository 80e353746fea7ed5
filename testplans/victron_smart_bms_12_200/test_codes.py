"""The codes that the unit shows in its app, as it logs them: one for each cause, and no other."""

import re

import pytest
from bmsrig.steps.battery import COLD, HOT, LOW_CELL, heal, high_cell, warning_cell
from bmsrig.steps.lead import release_time

CODE = re.compile(r"\b[AEW]-[AB]\d\d\b")


def logged_codes(rig):
    """The different codes that the unit has logged in this test."""
    return {code for line in rig.log_lines for code in CODE.findall(line.text)}


@pytest.mark.requirement("VS2-CODES")
def test_a_healthy_battery_gives_no_code(rig):
    """Nothing is reported while nothing is wrong, nor for what is no business of these codes."""
    rig.wait(60)
    assert logged_codes(rig) == set()
    for temperature in (HOT, COLD):
        rig.temperature().set(temperature)
        rig.line("charge").expect_inactive()
    heal(rig)
    rig.cell(1).set(high_cell(rig))
    rig.line("charge").expect_inactive()
    rig.wait(60)
    assert logged_codes(rig).isdisjoint({"A-B11", "W-B12", "A-B15", "E-B32"})


@pytest.mark.requirement("VS2-CODES")
def test_pre_alarm_is_w_b12(rig):
    """A cell that only warns is a warning, and no under-voltage."""
    rig.cells[-1].set(warning_cell(rig))
    rig.line("pre_alarm").expect_active()
    rig.expect_log("W-B12")
    rig.wait(2 * release_time(rig))
    assert logged_codes(rig) == {"W-B12"}


@pytest.mark.requirement("VS2-CODES")
def test_under_voltage_is_a_b11(rig):
    """After the warning comes the alarm, and each of them again when it happens again."""
    for _ in range(2):
        rig.cells[-1].set(LOW_CELL)
        rig.expect_log("W-B12")
        rig.expect_log("A-B11", within=release_time(rig))
        rig.line("load").expect_inactive(within=release_time(rig))
        heal(rig)
        rig.line("load").expect_active()
    assert logged_codes(rig) == {"W-B12", "A-B11"}


@pytest.mark.requirement("VS2-CODES", "VS2-PRE-NA")
def test_under_voltage_without_pre_alarm_is_a_b11_alone(rig):
    """A battery that gives no pre-alarm is not warned of."""
    rig.restart(pre_alarm_mode="not_available")
    rig.cell(1).set(LOW_CELL)
    rig.expect_log("A-B11", within=release_time(rig))
    rig.line("load").expect_inactive(within=release_time(rig))
    assert logged_codes(rig) == {"A-B11"}


@pytest.mark.requirement("VS2-CODES")
def test_own_over_temperature_is_a_b15(rig, overheat):
    """The unit itself is far too hot: its code, its lamp, and nothing of the battery's."""
    overheat(rig)
    rig.expect_log("A-B15")
    rig.line("led.over_temperature").expect_active()
    rig.wait(60)
    assert logged_codes(rig) == {"A-B15"}


@pytest.mark.requirement("VS2-CODES", "VS2-CABLE")
def test_missing_cable_is_e_b32(rig):
    """The battery's cable is an error of its own, whatever outputs it releases."""
    rig.switch("cable").open()
    rig.expect_log("E-B32")
    rig.line("charge").expect_inactive()
    rig.wait(60)
    assert logged_codes(rig) == {"E-B32"}
