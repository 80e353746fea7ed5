"""The red LED that tells the number of an error, and the green one that tells the state of the battery."""

import pytest
from bmsrig.steps.battery import HEALTHY_CELL
from bmsrig.steps.blinks import expect_number
from bmsrig.steps.rec import current
from bmsrig.steps.rec.errors import expect_no_error, wait_for_error

CAUSES = {
    1: lambda rig: rig.cells.set(rig.setting("cmax") + 0.05),
    2: lambda rig: rig.cells.set(rig.setting("cmin") - 0.05),
    3: lambda rig: rig.cell(1).set(HEALTHY_CELL + rig.setting("razl") + 0.02),
    4: lambda rig: rig.temperature(1).set(rig.setting("tmax") + 3),
    5: lambda rig: rig.temperature("case_temp").set(rig.setting("tbal") + 3),
    7: lambda rig: rig.temperature(1).set(rig.setting("tmin") - 3),
    8: lambda rig: rig.temperature(1).fault("absent"),
    13: lambda rig: rig.restart(fault="chemistry"),
    14: lambda rig: rig.restart(fault="memory"),
    15: lambda rig: rig.restart(fault="balancing"),
    17: lambda rig: current.apply(rig, 1.25 * rig.setting("maxc")),
}


def window(number):
    """How long to watch, in s: a number is told more than twice, in any rhythm that a user could still count."""
    return 3 * (1.2 * number + 2)


@pytest.mark.requirement("R2Q-LED-ERROR")
@pytest.mark.parametrize("number", CAUSES, ids=lambda number: f"error-{number}")
def test_red_led_tells_the_number_of_the_error(rig, number):
    """As many blinks as the error's number, as long on as off, and a pause of 1 s, again and again."""
    CAUSES[number](rig)
    wait_for_error(rig, number)
    rig.wait(1)
    for told in expect_number(rig, "led.error", number, window(number)):
        blink = sum(told.lit) / len(told.lit)
        if told.dark:
            rig.measure("error_blink_duty", blink / (blink + sum(told.dark) / len(told.dark)))
        rig.measure("error_blink_pause_deviation", min(told.pause - 1, told.pause - 1 - blink, key=abs))


@pytest.mark.requirement("R2Q-LED-ERROR")
def test_red_led_is_dark_without_an_error(rig):
    """Dark while nothing is wrong, and dark again when an error has gone."""
    rig.line("led.error").expect_stays_inactive(seconds=20)
    rig.temperature("case_temp").set(rig.setting("tbal") + 3)
    wait_for_error(rig, 5)
    rig.line("led.error").expect_active(within=2)
    rig.temperature("case_temp").set(25.0)
    expect_no_error(rig)
    rig.wait(2.5)
    rig.line("led.error").expect_stays_inactive(seconds=20)


@pytest.mark.requirement("R2Q-LED-POWER")
def test_green_led_blinks_twice_normally(rig):
    """A battery at 50 % that is not balanced."""
    expect_number(rig, "led.power", 2, seconds=30)


@pytest.mark.requirement("R2Q-LED-POWER")
def test_green_led_blinks_three_times_while_balancing(rig):
    """One cell above the end voltage, which makes no battery full; and twice again when it is back."""
    rig.cells.set(rig.setting("bvol") - 0.15)
    rig.cell(1).set(rig.setting("bvol") + 0.03)
    rig.line("balance.1").expect_active()
    rig.wait(2.5)
    expect_number(rig, "led.power", 3, seconds=30)
    rig.cells.set(HEALTHY_CELL)
    rig.wait(5)
    expect_number(rig, "led.power", 2, seconds=30)


@pytest.mark.requirement("R2Q-LED-POWER")
def test_green_led_blinks_once_when_the_soc_is_low(rig):
    """An under-voltage has set the SOC to 1 %; the cells are well again."""
    rig.cells.set(rig.setting("cmin") - 0.05)
    wait_for_error(rig, 2)
    rig.wait(2.5)
    rig.cells.set(HEALTHY_CELL)
    expect_no_error(rig)
    rig.line("relay").expect_active()
    expect_number(rig, "led.power", 1, seconds=30)


@pytest.mark.requirement("R2Q-LED-POWER")
def test_green_led_is_lit_when_the_battery_is_full(rig):
    """All cells at the end of charge, charged by less than the taper leaves, then at rest: steadily lit."""
    rig.restart(bvol=4.0)  # no balancing at the end voltage, which has a number of its own
    rig.cells.set(rig.setting("char") + 0.003)
    current.apply(rig, 1.0)
    rig.wait(120)
    current.apply(rig, 0.0)
    rig.wait(10)
    rig.line("led.power").expect_stays_active(seconds=30)
