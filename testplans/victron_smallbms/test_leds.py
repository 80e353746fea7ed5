"""The two LEDs: blue while Load is high, red while Charge floats for temperature or over-voltage."""

import pytest


@pytest.mark.requirement("VSB-LED-LOAD")
def test_blue_led_is_lit_exactly_while_load_is_high(rig, lead):
    """Through health, warning, release, recovery, off and on."""
    load, blue = rig.line("load"), rig.line("led.load")
    blue.expect_active()

    with rig.step("warned, not yet released"):
        rig.cell(1).set(2.70)
        rig.line("pre_alarm").expect_active()
        blue.expect_stays_active(seconds=lead / 2)
    with rig.step("released"):
        shed = load.expect_inactive(within=lead + rig.reaction_time)
        dark = blue.expect_inactive()
        rig.measure("led_load_lag", dark.time - shed.time, comment="release")
        blue.expect_stays_inactive(seconds=30)
    with rig.step("recovered"):
        rig.cells.set(3.30)
        back = load.expect_active()
        lit = blue.expect_active()
        rig.measure("led_load_lag", lit.time - back.time, comment="return")
    with rig.step("switched off"):
        rig.switch("remote.link").open()
        load.expect_inactive()
        blue.expect_inactive()
        blue.expect_stays_inactive(seconds=30)
    with rig.step("charging stopped: no business of the blue LED"):
        rig.switch("remote.link").close()
        load.expect_active()
        rig.cell(1).set(3.90)
        rig.line("charge").expect_inactive()
        blue.expect_stays_active(seconds=30)


@pytest.mark.requirement("VSB-LED-ALARM")
def test_red_led_is_lit_exactly_while_charge_floats_for_a_cause(rig, lead):
    """Over-voltage, heat and cold light it; under-voltage and a healthy battery do not."""
    charge, red = rig.line("charge"), rig.line("led.alarm")
    red.expect_inactive()

    causes = {
        "over-voltage": lambda: rig.cell(1).set(3.90),
        "too hot": lambda: rig.temperature().set(60),
        "too cold": lambda: rig.temperature().set(-10),
    }
    for name, cause in causes.items():
        with rig.step(name):
            cause()
            stopped = charge.expect_inactive()
            lit = red.expect_active()
            rig.measure("led_alarm_lag", lit.time - stopped.time, comment=name)
            red.expect_stays_active(seconds=30)
            rig.cells.set(3.30)
            rig.temperature().set(25)
            charge.expect_active()
            red.expect_inactive()
    with rig.step("under-voltage"):
        rig.cells.set(2.50)
        red.expect_stays_inactive(seconds=2 * lead)
