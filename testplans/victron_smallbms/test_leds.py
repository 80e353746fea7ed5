"""The two LEDs: blue while Load is high, red while Charge floats for temperature or over-voltage."""

import pytest
from bmsrig.steps.battery import high_cell
from bmsrig.steps.lamps import measure_lamp, measure_lamp_of_charge, measure_lamp_of_load


@pytest.mark.requirement("VSB-LED-LOAD")
def test_blue_led_is_lit_exactly_while_load_is_high(rig):
    """Through health, warning, release, recovery, off and on."""
    load, blue = rig.line("load"), rig.line("led.load")
    measure_lamp_of_load(rig, "led.load", "led_load_lag")

    with rig.step("switched off"):
        rig.switch("remote.link").open()
        off = load.expect_inactive()
        measure_lamp(rig, "led.load", "inactive", since=off.time, limit="led_load_lag", comment="off")
    with rig.step("charging stopped: no business of the blue LED"):
        rig.switch("remote.link").close()
        load.expect_active()
        blue.expect_active()
        rig.cell(1).set(high_cell(rig))
        rig.line("charge").expect_inactive()
        blue.expect_stays_active(seconds=30)


@pytest.mark.requirement("VSB-LED-ALARM")
def test_red_led_is_lit_exactly_while_charge_floats_for_a_cause(rig):
    """Over-voltage, heat and cold light it; under-voltage and a healthy battery do not."""
    measure_lamp_of_charge(rig, "led.alarm", "led_alarm_lag", while_stopped="active")
