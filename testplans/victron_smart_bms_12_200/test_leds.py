"""The seven LEDs, each with the state that it shows."""

import pytest
from bmsrig.steps.battery import COLD, HOT, LOW_CELL, heal, high_cell
from bmsrig.steps.lamps import measure_lamp, measure_lamp_of_charge, measure_lamp_of_load, watch_flashes
from bmsrig.steps.lead import release_time
from bmsrig.steps.lines import expect_levels_stay


@pytest.mark.requirement("VS2-LEDS")
def test_alternator_led_follows_the_alternator_port(rig, start_engine):
    """Dark with the engine at rest, lit while the alternator charges, dark again when an alarm or the key ends it."""
    port, lamp, limit = rig.line("alternator.on"), "led.alternator", "led_alternator_lag"
    expect_levels_stay(rig, {lamp: "inactive"}, seconds=30)
    start_engine(rig)
    measure_lamp(rig, lamp, "active", since=port.last_edge.time, limit=limit, comment="engine runs")
    with rig.step("over-voltage"):
        rig.cell(1).set(high_cell(rig))
        opened = port.expect_inactive()
        measure_lamp(rig, lamp, "inactive", since=opened.time, limit=limit, comment="over-voltage")
        heal(rig)
        closed = port.expect_active(within=60)
        measure_lamp(rig, lamp, "active", since=closed.time, limit=limit, comment="after over-voltage")
    with rig.step("the engine stops"):
        rig.source("alternator").set(12.0)
        opened = port.expect_inactive()
        measure_lamp(rig, lamp, "inactive", since=opened.time, limit=limit, comment="engine stops")


@pytest.mark.requirement("VS2-LEDS")
def test_over_temperature_led_shows_the_units_own_heat(rig, overheat):
    """Lit while the unit itself is far too hot, and not for the battery's temperature."""
    lamp = rig.line("led.over_temperature")
    lamp.expect_stays_inactive(seconds=30)
    for temperature in (HOT, COLD):
        rig.temperature().set(temperature)
        rig.line("charge").expect_inactive()
        lamp.expect_stays_inactive(seconds=30)
    heal(rig)
    overheat(rig)
    lamp.expect_active()
    lamp.expect_stays_active(seconds=30)
    overheat(rig, too_hot=False)
    lamp.expect_inactive()


@pytest.mark.requirement("VS2-LEDS")
def test_active_led_is_lit_while_the_bms_works(rig):
    """Lit with low and high cells, and by default also when switched off: the BMS goes on then."""
    lit = {"led.active": "active"}
    expect_levels_stay(rig, lit, seconds=30)
    rig.cell(1).set(LOW_CELL)
    rig.line("load").expect_inactive(within=release_time(rig))
    expect_levels_stay(rig, lit, seconds=30)
    heal(rig)
    rig.cell(1).set(high_cell(rig))
    rig.line("charge").expect_inactive()
    expect_levels_stay(rig, lit, seconds=30)
    rig.restart(remote_mode="power_ports")
    rig.switch("remote.link").open()
    rig.line("system.charge").expect_inactive()
    expect_levels_stay(rig, lit, seconds=30)


@pytest.mark.requirement("VS2-LEDS", "VS2-REMOTE-ALL")
def test_active_led_is_dark_when_everything_is_off(rig):
    """With the setting to switch everything off the BMS itself is off too."""
    rig.restart(remote_mode="everything")
    rig.switch("remote.link").open()
    rig.line("load").expect_inactive()
    rig.line("led.active").expect_inactive()
    rig.line("led.active").expect_stays_inactive(seconds=30)


@pytest.mark.requirement("VS2-LEDS")
def test_bluetooth_led_blinks_while_no_phone_is_connected(rig):
    """The unit broadcasts: the LED blinks, and how fast is recorded."""
    seen = watch_flashes(rig, "led.bluetooth", 30)
    assert len(seen.starts) >= 2, f"expected led.bluetooth to blink, but it was lit {len(seen.starts)} times in 30 s"
    rig.measure("bluetooth_flash_period", sum(seen.periods) / len(seen.periods))


@pytest.mark.requirement("VS2-LEDS")
def test_charge_led_is_lit_exactly_while_charge_is_enabled(rig):
    """Dark for over-voltage, heat and cold; lit with a healthy battery and an empty one."""
    measure_lamp_of_charge(rig, "led.charge", "led_charge_lag", while_stopped="inactive")


@pytest.mark.requirement("VS2-LEDS")
def test_load_led_is_lit_exactly_while_load_is_enabled(rig):
    """Through health, warning, release and recovery; an over-voltage is no business of it."""
    measure_lamp_of_load(rig, "led.load", "led_load_lag")
    rig.cell(1).set(high_cell(rig))
    rig.line("charge").expect_inactive()
    expect_levels_stay(rig, {"led.load": "active"}, seconds=30)


@pytest.mark.requirement("VS2-LEDS")
def test_system_led_is_lit_exactly_while_system_may_charge(rig):
    """Dark for over-voltage, heat, cold and remote off; lit with a healthy battery and an empty one."""
    port, lamp, limit = rig.line("system.charge"), "led.system_charge", "led_system_charge_lag"
    measure_lamp_of_charge(rig, lamp, limit, while_stopped="inactive")
    heal(rig)
    rig.switch("remote.link").open()
    opened = port.expect_inactive()
    measure_lamp(rig, lamp, "inactive", since=opened.time, limit=limit, comment="off")
    rig.switch("remote.link").close()
    closed = port.expect_active()
    measure_lamp(rig, lamp, "active", since=closed.time, limit=limit, comment="on")
