"""The start procedure, the rotary switches, the pre-charge, errors that are there at power-on, and the supply."""

import pytest
from bmsrig.steps.battery import HEALTHY_CELL
from bmsrig.steps.blinks import expect_number
from bmsrig.steps.lines import expect_levels_stay
from bmsrig.steps.rec.errors import expect_error, expect_error_stays, expect_no_error, measure_trip, wait_for_error
from bmsrig.steps.rec.precharge import measure_closing

BOOTED = 5.0
"""s after switch-on until the red LED is lit: the unit first waits whether somebody loads new firmware."""

STARTED = BOOTED + 8.0
"""s after switch-on: that, the self-test, the pre-charge and a reserve."""


@pytest.mark.requirement("R2Q-START")
def test_red_led_and_beeps_frame_the_self_test(rig, switch_off, switch_on):
    """The red LED is lit and the buzzer beeps; about 2 s later the LED is dark, and the buzzer beeps once more."""
    switch_off(rig)
    on = switch_on(rig)
    lit = rig.line("led.error").expect_active(within=BOOTED)
    first = rig.line("buzzer").expect_active(within=1)
    rig.measure("start_beep_lag", first.time - lit.time, comment="first beep")
    rig.line("buzzer").expect_inactive(within=1.5)
    dark = rig.line("led.error").expect_inactive(within=5)
    rig.measure("self_test_time", dark.time - lit.time)
    second = rig.line("buzzer").expect_active(within=1)
    rig.measure("start_beep_lag", second.time - dark.time, comment="second beep")
    rig.line("buzzer").expect_inactive(within=1.5)
    rig.line("relay").expect_active(within=on + STARTED - rig.now)
    expect_levels_stay(rig, {"led.error": "inactive", "buzzer": "inactive", "relay": "active"}, seconds=30)
    expect_no_error(rig)


@pytest.mark.requirement("R2Q-START")
def test_nothing_is_switched_during_the_self_test(rig, switch_off, switch_on):
    """Until the self-test is over neither the pre-charge nor the relay is closed."""
    switch_off(rig)
    switch_on(rig)
    rig.line("led.error").expect_active(within=BOOTED)
    expect_levels_stay(rig, {"relay": "inactive", "precharge": "inactive"}, seconds=1.4)


@pytest.mark.requirement("R2Q-CELLS")
@pytest.mark.parametrize("cells", range(4, 17))
def test_each_number_of_cells_works(rig, cells):
    """With 4 to 16 cells the unit starts, and a cell in the last place trips it."""
    rig.restart(cells=cells, razl=1.0)
    rig.line("relay").expect_active()
    expect_no_error(rig)
    expect_error_stays(rig, 0, seconds=5)
    rig.cells[-1].set(rig.setting("cmax") + 0.05)
    expect_error(rig, 1, element=cells)
    rig.line("relay").expect_inactive(within=3)


@pytest.mark.requirement("R2Q-CELLS")
@pytest.mark.parametrize(
    "settings",
    [{"cells": 1}, {"cells": 2}, {"cells": 3}, {"address": 0}, {"address": 16}],
    ids=lambda settings: "-".join(f"{name}-{value}" for name, value in settings.items()),
)
def test_improper_position_of_a_switch_is_error_6(rig, switch_off, switch_on, settings):
    """Too few cells, or an address that no unit may have: error 6 by LED and CAN, and the relay is never closed."""
    rig.restart(**settings)
    switch_off(rig)
    rig.supply.set(13.2)  # three cells alone give less than the unit needs
    switch_on(rig)
    wait_for_error(rig, 6, within=STARTED)
    if rig.setting("address") not in (0, 16):
        expect_error(rig, 6)
    expect_levels_stay(rig, {"relay": "inactive", "precharge": "inactive"}, seconds=30)
    expect_number(rig, "led.error", 6, seconds=30)


@pytest.mark.requirement("R2Q-PRECHARGE")
@pytest.mark.parametrize("prct", [None, 2, 10, 31])
def test_pre_charge_comes_before_the_relay(rig, switch_off, switch_on, prct):
    """At switch-on, by default and at the ends of its range: on for PRCT - 1 seconds, then the relay closes."""
    if prct is not None:
        rig.restart(prct=prct)
        rig.wait(max(0, prct - 4))
    rig.line("relay").expect_active()
    switch_off(rig)
    switch_on(rig)
    measure_closing(rig, within=STARTED, comment="at switch-on")
    rig.line("precharge").expect_stays_inactive(seconds=10)


@pytest.mark.requirement("R2Q-PRECHARGE")
@pytest.mark.parametrize("prct", [2, 4, 10])
def test_pre_charge_comes_at_every_closing(rig, prct):
    """After each error that has opened the relay it is pre-charged anew, twice in a row."""
    rig.restart(prct=prct)
    rig.line("relay").expect_active(within=prct)
    for time in ("first", "second"):
        rig.temperature(1).set(rig.setting("tmax") + 3)
        rig.line("relay").expect_inactive()
        rig.line("precharge").expect_stays_inactive(seconds=5)
        rig.temperature(1).set(25.0)
        measure_closing(rig, within=8, comment=f"{time} time")


@pytest.mark.requirement("R2Q-PRECHARGE")
def test_error_during_the_pre_charge_ends_it(rig, switch_off, switch_on):
    """A pre-charge of 30 s, and the battery gets too hot in it: it ends, and the relay is not closed."""
    rig.restart(prct=31)
    rig.wait(25)
    switch_off(rig)
    switch_on(rig)
    rig.line("precharge").expect_active(within=STARTED)
    rig.wait(3)
    rig.temperature(1).set(rig.setting("tmax") + 3)
    wait_for_error(rig, 4)
    rig.line("precharge").expect_inactive(within=3)
    expect_levels_stay(rig, {"relay": "inactive", "precharge": "inactive"}, seconds=40)


@pytest.mark.requirement("R2Q-DELAY-START")
@pytest.mark.parametrize(
    ("shown", "volts"), [(2, None), (10, 4.60), (10, 0.5)], ids=["low", "beyond-4.5V", "below-0.8V"]
)
def test_error_that_is_there_at_power_on_acts_at_once(rig, switch_off, switch_on, shown, volts):
    """Errors 2 and 10 act at the first measurement after switch-on: neither pre-charge nor relay is ever closed.

    Beside error 10 the unit may show errors 1 and 2, which the same cell causes.
    """
    if volts is None:
        volts = rig.setting("cmin") - 0.05
    switch_off(rig)
    rig.cells.set(volts)
    switch_on(rig)
    lit = rig.line("led.error").expect_active(within=BOOTED)
    number = rig.can["rec"].signal("ErrorNumber")
    raised = number.expect_between(1, 20, within=6)
    rig.measure("power_on_error_delay", raised.time - lit.time, comment=f"all cells at {volts:g} V")
    assert number.value in {shown, 2 if volts < HEALTHY_CELL else 1}, f"error {number.value:g} at {volts:g} V"
    expect_levels_stay(rig, {"relay": "inactive", "precharge": "inactive"}, seconds=15)


@pytest.mark.requirement("R2Q-DELAY-START")
def test_later_the_usual_delay_counts(rig, switch_off, switch_on):
    """Once the unit has started without them, errors 2 and 10 take three measurements as all others do."""
    switch_off(rig)
    switch_on(rig)
    rig.line("relay").expect_active(within=STARTED)
    measure_trip(rig, 2, rig.cells.set(rig.setting("cmin") - 0.05), comment="after a good start")


@pytest.mark.requirement("R2Q-SUPPLY")
@pytest.mark.parametrize("volts", [10.1, 14.0, 24.0, 48.0, 67.9], ids=lambda volts: f"{volts:g}V")
def test_unit_works_at_every_supply(rig, switch_off, switch_on, volts):
    """From 10 V to 68 V at PACK+ the unit starts, watches, opens its relay and closes it again."""
    switch_off(rig)
    rig.supply.set(volts)
    switch_on(rig)
    rig.line("relay").expect_active(within=STARTED)
    expect_no_error(rig)
    rig.temperature(1).set(rig.setting("tmax") + 3)
    expect_error(rig, 4)
    rig.line("relay").expect_inactive()
    rig.temperature(1).set(25.0)
    expect_no_error(rig)
    rig.line("relay").expect_active()


@pytest.mark.requirement("R2Q-SUPPLY")
def test_moving_supply_changes_nothing(rig):
    """Through the whole range and back while the unit works: relay and CAN stay as they are."""
    rig.supply.set(67.9)
    relay = rig.line("relay").last_edge
    rig.supply.ramp(to=10.1, seconds=20, steps=40)
    rig.supply.ramp(to=67.9, seconds=20, steps=40)
    expect_no_error(rig)
    assert rig.line("relay").last_edge.number == relay.number, f"the relay moved with the supply\n{rig.line('relay')!r}"
