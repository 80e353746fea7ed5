"""The LEDs: status flashes while the system runs, blue while no cell is low, red while charging is stopped."""

import pytest
from bmsrig.steps.battery import COLD, HOT, LOW_CELL, heal, high_cell, warning_cell
from bmsrig.steps.lamps import measure_flashes, measure_lamp, measure_lamp_of_charge, watch_flashes
from bmsrig.steps.lead import release_time
from bmsrig.steps.lines import measure_reaction

WINDOW = 60.0


def measure_status_flashes(rig, comment):
    """The status LED flashes shortly about every 10 s."""
    measure_flashes(
        rig,
        "led.status",
        WINDOW,
        count_limit="status_flash_count",
        period_limit="status_flash_period",
        duration_limit="status_flash_duration",
        comment=comment,
    )


def expect_status_dark(rig):
    """Within the reaction time, and a flash that may just have begun, the status LED is dark and stays so."""
    rig.wait(rig.reaction_time + rig.limit("status_flash_duration").high)
    rig.line("led.status").expect_stays_inactive(seconds=WINDOW)


@pytest.mark.requirement("VVB-LED-STATUS")
def test_status_flashes_in_normal_operation(rig):
    """With a healthy battery, while the unit only warns, and while charging is stopped."""
    measure_status_flashes(rig, "healthy")
    with rig.step("a cell warns"):
        rig.cell(1).set(warning_cell(rig))
        rig.line("pre_alarm").expect_active()
        measure_status_flashes(rig, "warned")
    with rig.step("a cell is high"):
        rig.cell(1).set(high_cell(rig))
        rig.line("charge").expect_inactive()
        measure_status_flashes(rig, "charging stopped")


@pytest.mark.requirement("VVB-LED-STATUS")
def test_status_is_dark_while_a_low_cell_keeps_the_inverter_off(rig):
    """Released without mains, the system saves its energy; recovered, the LED flashes again."""
    rig.cell(1).set(LOW_CELL)
    rig.line("load").expect_inactive(within=release_time(rig))
    expect_status_dark(rig)
    heal(rig)
    rig.line("load").expect_active()
    measure_status_flashes(rig, "recovered")


@pytest.mark.requirement("VVB-LED-STATUS")
def test_status_while_mains_charges_after_a_low_cell(rig):
    """No document says whether the LED flashes while the inverter/charger only charges: record it."""
    rig.switch("mains").close()
    rig.cell(1).set(LOW_CELL)
    rig.line("load").expect_inactive(within=release_time(rig))
    rig.wait(rig.reaction_time)
    flashes = watch_flashes(rig, "led.status", WINDOW)
    comment = f"{len(flashes.starts)} flashes in {WINDOW:g} s"
    rig.measure("status_flashes_while_charging_only", float(len(flashes.starts) > 0), comment=comment)


@pytest.mark.requirement("VVB-LED-STATUS")
def test_status_is_dark_when_switched_off(rig):
    """Off by the remote terminals the LED is dark; on again it flashes."""
    rig.switch("remote.link").open()
    rig.line("load").expect_inactive()
    expect_status_dark(rig)
    rig.switch("remote.link").close()
    rig.line("load").expect_active()
    measure_status_flashes(rig, "on again")


@pytest.mark.requirement("VVB-LED-LOW")
def test_blue_led_is_lit_exactly_while_load_is_high_and_no_cell_is_low(rig):
    """Lit through a warning; dark from under-voltage on, also while Load is still held, until Load returns."""
    load, lamp, limit = rig.line("load"), "led.low_cell", "led_low_cell_lag"
    rig.line(lamp).expect_active()
    with rig.step("warned, no cell below under-voltage"):
        rig.cell(1).set(warning_cell(rig))
        rig.line("pre_alarm").expect_active()
        rig.line(lamp).expect_stays_active(seconds=10)
    with rig.step("a cell below under-voltage, Load still held"):
        fallen = rig.cell(1).set(LOW_CELL)
        measure_reaction(rig, fallen.time, lamp, "inactive", "led_low_cell_reaction_time")
        load.expect_active(within=0)
    with rig.step("released"):
        load.expect_inactive(within=release_time(rig))
        rig.line(lamp).expect_stays_inactive(seconds=30)
    with rig.step("above under-voltage, not yet recovered"):
        rig.cell(1).set(warning_cell(rig))
        rig.line(lamp).expect_stays_inactive(seconds=30)
    with rig.step("recovered"):
        heal(rig)
        back = load.expect_active()
        measure_lamp(rig, lamp, "active", since=back.time, limit=limit, comment="return")
    with rig.step("charging stopped: no business of the blue LED"):
        rig.cell(1).set(high_cell(rig))
        rig.line("charge").expect_inactive()
        rig.line(lamp).expect_stays_active(seconds=30)
    with rig.step("switched off"):
        heal(rig)
        rig.switch("remote.link").open()
        off = load.expect_inactive()
        measure_lamp(rig, lamp, "inactive", since=off.time, limit=limit, comment="off")


@pytest.mark.requirement("VVB-LED-HIGH")
def test_red_led_is_lit_exactly_while_charge_floats_for_a_cause(rig):
    """Over-voltage, heat and cold light it; under-voltage and a healthy battery do not."""
    measure_lamp_of_charge(rig, "led.high_cell", "led_high_cell_lag", while_stopped="active")


@pytest.mark.requirement("VVB-LED-HIGH")
def test_red_led_stays_dark_when_switched_off(rig):
    """Charge that floats because the user switched off is no cause."""
    rig.switch("remote.link").open()
    rig.line("charge").expect_inactive()
    rig.line("led.high_cell").expect_stays_inactive(seconds=30)


@pytest.mark.requirement("VVB-LED-STATUS")
@pytest.mark.parametrize("cause", ["mains", "warned"])
def test_status_flashes_on_beside_mains_and_during_a_warning(rig, cause):
    """Neither mains beside a healthy battery nor the lead before a release is a low-power mode."""
    if cause == "mains":
        rig.switch("mains").close()
    else:
        rig.cell(1).set(LOW_CELL)
        rig.line("pre_alarm").expect_active()
    rig.settle()
    rig.line("led.status").expect_active(within=12)
    rig.line("load").expect_active(within=0)


@pytest.mark.requirement("VVB-LED-LOW")
@pytest.mark.parametrize("temperature", [HOT, COLD], ids=["hot", "cold"])
def test_low_cell_led_does_not_mind_the_temperature(rig, temperature):
    """A battery that must not be charged may still be discharged: the blue LED stays lit."""
    rig.temperature().set(temperature)
    rig.line("charge").expect_inactive()
    rig.line("led.low_cell").expect_stays_active(seconds=30)
