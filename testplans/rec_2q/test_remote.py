"""REMOTE and the 5 V ENABLE: either switches the unit on, and without both it is off, whatever it was doing."""

import pytest
from bmsrig.steps.battery import HEALTHY_CELL
from bmsrig.steps.rec.errors import expect_no_error, wait_for_error
from bmsrig.steps.rec.silence import expect_off


def be_lit(rig):
    """Healthy, in a blink of the green LED."""
    rig.line("led.power").expect_inactive()
    rig.line("led.power").expect_active()


def be_balancing(rig):
    """All cells above the end voltage."""
    rig.cells.set(rig.setting("bvol") + 0.03)
    rig.line("balance.1").expect_active()


def be_in_error(rig):
    """Error 3, which leaves the relay closed while the red LED blinks."""
    rig.cell(1).set(HEALTHY_CELL + rig.setting("razl") + 0.02)
    wait_for_error(rig, 3)


def be_opening(rig):
    """A shutdown that was announced, and has not come yet."""
    rig.cells.set(rig.setting("cmax") + 0.05)
    rig.can["rec"].signal("ShutdownAnnounced").expect_near(1, 0.0, within=6)


def be_charging_the_load(rig):
    """In the pre-charge, after an error that has gone."""
    rig.temperature(1).set(rig.setting("tmax") + 3)
    rig.line("relay").expect_inactive()
    rig.temperature(1).set(25.0)
    rig.line("precharge").expect_active()


DOINGS = {
    "healthy": be_lit,
    "balancing": be_balancing,
    "in-error": be_in_error,
    "opening": be_opening,
    "pre-charging": be_charging_the_load,
}


@pytest.mark.requirement("R2Q-OFF", "R2Q-REMOTE")
@pytest.mark.parametrize("doing", DOINGS)
def test_off_is_off(rig, doing):
    """Whatever the unit was doing: without REMOTE and ENABLE every output is released and the buses are silent."""
    DOINGS[doing](rig)
    opened = rig.switch("remote").open()
    off = rig.line("relay").expect_inactive()
    rig.measure("switch_off_time", max(0.0, off.time - opened.time), comment=doing)
    rig.settle()
    expect_off(rig, seconds=30)


@pytest.mark.requirement("R2Q-REMOTE")
@pytest.mark.parametrize("contacts", [["remote"], ["enable_5v"], ["remote", "enable_5v"]], ids="+".join)
def test_either_contact_is_on(rig, switch_off, contacts):
    """REMOTE, ENABLE or both: the unit starts, works, and goes off with the last of them."""
    switch_off(rig)
    expect_off(rig, seconds=10)
    for contact in contacts:
        rig.switch(contact).close()
    rig.line("relay").expect_active()
    expect_no_error(rig)
    for contact in contacts:
        rig.line("relay").expect_active(within=0)
        rig.switch(contact).open()
    rig.settle()
    expect_off(rig, seconds=10)


@pytest.mark.requirement("R2Q-REMOTE")
def test_second_contact_changes_nothing(rig):
    """While one contact keeps the unit on, the other one may come and go: nothing starts anew."""
    relay = rig.line("relay").last_edge
    for contact, works in (("enable_5v", "close"), ("remote", "open"), ("remote", "close"), ("enable_5v", "open")):
        getattr(rig.switch(contact), works)()
        rig.line("relay").expect_stays_active(seconds=10)
    assert rig.line("relay").last_edge.number == relay.number, f"the relay moved\n{rig.line('relay')!r}"
    expect_no_error(rig)


@pytest.mark.requirement("R2Q-OFF")
def test_unit_that_is_off_minds_nothing(rig, switch_off):
    """High, low and hot cells, current and frames: a unit that is off stays off."""
    switch_off(rig)
    for volts in (4.0, 2.0, HEALTHY_CELL):
        rig.cells.set(volts)
        expect_off(rig, seconds=5)
    rig.temperature(1).set(rig.setting("tmax") + 5)
    rig.source("shunt").set(-0.02)
    expect_off(rig, seconds=10)


@pytest.mark.requirement("R2Q-OFF")
def test_unit_without_supply_is_off(rig):
    """PACK+ falls away: every output is released; when it returns the unit starts anew."""
    rig.supply.set(0.0)
    rig.line("relay").expect_inactive()
    rig.settle()
    expect_off(rig, seconds=10)
    rig.supply.set(52.8)
    rig.line("relay").expect_active()
    expect_no_error(rig)
