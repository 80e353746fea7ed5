"""The chargers' protocols: what TC chargers are told, and what is known of Zivan's messages."""

import pytest
from bmsrig.failure import ExpectationFailed
from bmsrig.steps.rec import current
from bmsrig.steps.rec.limits import expect_limit, measure_limit, read_limit, refresh
from bmsrig.steps.rec.protocols import named, select, wait_for_all

TC, ZIVAN = named("tc"), named("zivan")

CHARGERS = [1, 2, 3]
"""Numbers of the chargers that the three identifiers are for."""

STOPS = {
    "over-voltage": lambda rig: rig.cells.set(3.95),
    "over-temperature": lambda rig: rig.temperature(1).set(60),
    "low temperature": lambda rig: rig.temperature(1).set(-15),
    "absent sensor": lambda rig: rig.temperature(1).fault("absent"),
}
"""Errors that disable charging (REC 2Q manual, Table 25)."""


@pytest.mark.requirement("R2Q-CAN-SELECT")
@pytest.mark.parametrize("coefficient", [0.1, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("most", [40.0, 100.0])
def test_tc_chargers_are_told_voltage_and_current(rig, most, coefficient):
    """All cells at CHAR, and MAXC x CHCU, in all three messages, to charge (manual, TcCharger)."""
    select(rig, TC, maxc=most, chcu=coefficient)
    for number in CHARGERS:
        options = {"comment": f"charger {number}", "database": "tc"}
        volts = len(rig.cells) * rig.setting("char")
        measure_limit(rig, f"Charger{number}CVL", volts, "charge_voltage_error", **options)
        measure_limit(rig, f"Charger{number}CCL", most * coefficient, "charge_limit_error", **options)
        assert rig.can["tc"].signal(f"Charger{number}Control").value == 0


@pytest.mark.requirement("R2Q-CAN-SELECT")
def test_tc_chargers_are_told_the_current_of_one_device(rig):
    """MAXC is the current per device (manual, TcCharger): SISN multiplies the battery's limits alone."""
    select(rig, TC, maxc=40.0, chcu=0.5, sisn=3, capa=1000.0)
    for number in CHARGERS:
        options = {"comment": f"charger {number} of 3", "database": "tc"}
        measure_limit(rig, f"Charger{number}CCL", 20.0, "charge_limit_error", **options)


@pytest.mark.requirement("R2Q-CAN-LAYOUT")
def test_tc_chargers_when_the_battery_is_full(rig):
    """With CFVC 0 the charge limit of a full battery is 0 (manual, ESS Charging Algorithm); of chargers none is given.

    Whether they are told to stop is recorded.
    """
    select(rig, TC, cfvc=0.0)
    current.apply(rig, 1.0)
    rig.cells.set(rig.setting("char") + 0.001)
    expect_limit(rig, "CCL", 0, 0, within=rig.limit("full_time").high)
    wait_for_all(rig)
    stopped = [number for number in CHARGERS if is_told_to_stop(rig, number)]
    rig.measure("tc_stopped_when_full", float(len(stopped)), comment=f"chargers {stopped} are told to stop")


@pytest.mark.requirement("R2Q-CAN-LAYOUT")
@pytest.mark.parametrize("inverters", [1, 3])
def test_tc_chargers_when_the_capacity_allows_less(rig, inverters):
    """CHAC x CAPA below MAXC: what the chargers are told then the manual leaves open, and is recorded."""
    select(rig, TC, maxc=100.0, capa=50.0, chac=0.6, sisn=inverters)
    wait_for_all(rig)
    for number in CHARGERS:
        said = rig.can["tc"].signal(f"Charger{number}CCL").read().value
        rig.measure("tc_current_of_small_battery", said, comment=f"charger {number} of {inverters}, 30 A allowed")


def is_told_to_stop(rig, number):
    """The charger's control says stop, or it is left without current or voltage."""
    database = rig.can["tc"]
    control, amperes, volts = (database.signal(f"Charger{number}{name}").value for name in ("Control", "CCL", "CVL"))
    return control != 0 or amperes == 0 or volts == 0


@pytest.mark.requirement("R2Q-CAN-SELECT")
@pytest.mark.parametrize("cause", STOPS)
def test_tc_chargers_are_told_to_stop(rig, cause):
    """With each error that disables charging all three chargers are told, and told to charge again afterwards."""
    select(rig, TC)
    STOPS[cause](rig)
    rig.wait(rig.reaction_time + refresh(rig))
    going = [number for number in CHARGERS if not is_told_to_stop(rig, number)]
    if going:
        raise ExpectationFailed(f"{cause}: expected all chargers to be told to stop, but {going} are not")
    select(rig, TC)
    wait_for_all(rig)
    assert not any(is_told_to_stop(rig, number) for number in CHARGERS)


@pytest.mark.requirement("R2Q-CAN-SELECT")
def test_tc_chargers_charge_on_while_only_discharging_is_forbidden(rig):
    """Under-voltage leaves charging enabled (Table 25): no charger is told to stop."""
    select(rig, TC)
    rig.cells.set(2.72)
    rig.line("relay").expect_inactive()
    wait_for_all(rig)
    assert not any(is_told_to_stop(rig, number) for number in CHARGERS)


@pytest.mark.requirement("R2Q-CAN-SELECT")
@pytest.mark.parametrize("cause", STOPS)
def test_zivan_messages_change_when_charging_stops(rig, cause):
    """What Zivan's two messages say is published nowhere; but a charger that is to stop has to be told something."""
    select(rig, ZIVAN)
    wait_for_all(rig)
    before = [rig.can.message(identifier).data for identifier in ZIVAN.own]
    STOPS[cause](rig)
    rig.wait(rig.reaction_time + refresh(rig))
    after = [rig.can.message(identifier).data for identifier in ZIVAN.own]
    assert after != before, f"neither of {[f'0x{each:X}' for each in ZIVAN.own]} has changed"


@pytest.mark.requirement("R2Q-CAN-SELECT", "R2Q-CAN-LAYOUT")
def test_zivan_under_voltage_disconnect(rig):
    """A cell below RELV disconnects after 10 s (manual, Zivan), be it by an output or DCL; which one is recorded."""
    select(rig, ZIVAN, relv=3.00, relh=0.10)
    wait_for_all(rig)
    before = switched_by_low_cells(rig)
    rig.cells.set(2.95)
    fallen = rig.now
    changed = {}
    while rig.now < fallen + 20:
        rig.wait(0.25)
        now = switched_by_low_cells(rig)
        changed |= {name: rig.now - fallen for name in now if now[name] != before[name] and name not in changed}
    rig.measure("zivan_disconnected_outputs", float(len(changed)), comment=", ".join(changed) or "none")
    for name, delay in changed.items():
        rig.measure("zivan_disconnect_delay", delay, 0.25, comment=name)
    assert changed, "cells have been below RELV for 20 s, and nothing was disconnected"
    # A unit may count the 10 s from the measurement before, a cycle of 1.25 s earlier.
    assert min(changed.values()) >= 8.75, f"disconnected before the 10 s were over: {changed}"


def switched_by_low_cells(rig):
    """What may disconnect the battery, and whether it is on."""
    outputs = {name: rig.line(name).is_active for name in ("relay", "opto.1", "opto.2")}
    return outputs | {"discharging": read_limit(rig, "DCL") > 0}
