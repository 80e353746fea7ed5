"""The system on/off input: three ways to switch on, and both outputs float when none is used."""

import pytest

ALL_OFF = ["load", "charge", "pre_alarm"]


def switch_off(rig):
    """Open every contact at the remote terminals."""
    for port in ("remote.link", "remote.h", "remote.l"):
        rig.switch(port).open()


def expect_switches_on_and_off(rig, port, limit):
    """From off, this contact alone switches the system on; opening it switches it off again."""
    switch_off(rig)
    rig.line("load").expect_inactive()
    rig.line("charge").expect_inactive()

    closed = rig.switch(port).close()
    load = rig.line("load").expect_active()
    charge = rig.line("charge").expect_active()
    rig.measure(limit, max(load.time, charge.time) - closed.time)
    rig.line("load").expect_stays_active(seconds=30)

    opened = rig.switch(port).open()
    load = rig.line("load").expect_inactive()
    charge = rig.line("charge").expect_inactive()
    rig.measure("remote_off_time", max(load.time, charge.time) - opened.time, comment=f"{port} opened")


@pytest.mark.requirement("VSB-REMOTE-LINK")
def test_h_joined_to_l_is_on(rig):
    """A switch between H and L."""
    expect_switches_on_and_off(rig, "remote.link", "remote_link_on_time")


@pytest.mark.requirement("VSB-REMOTE-H")
def test_h_at_battery_plus_is_on(rig):
    """H switched to battery plus, L left open."""
    expect_switches_on_and_off(rig, "remote.h", "remote_h_on_time")


@pytest.mark.requirement("VSB-REMOTE-L")
def test_l_at_battery_minus_is_on(rig):
    """L switched to battery minus, H left open."""
    expect_switches_on_and_off(rig, "remote.l", "remote_l_on_time")


@pytest.mark.requirement("VSB-REMOTE-OFF")
def test_off_floats_all_outputs_of_a_healthy_battery(rig):
    """With neither terminal used, Load and Charge float although nothing is wrong with the cells."""
    switch_off(rig)
    for line in ALL_OFF:
        rig.line(line).expect_inactive()
    for line in ALL_OFF:
        rig.line(line).expect_floating()
    for line in ALL_OFF:
        rig.line(line).expect_stays_inactive(seconds=30)


@pytest.mark.requirement("VSB-REMOTE-OFF")
@pytest.mark.parametrize("volts", [2.50, 3.90], ids=["low-cell", "high-cell"])
def test_off_stays_off_whatever_the_cells_do(rig, volts):
    """A cell out of its limits switches nothing on that the user has switched off."""
    switch_off(rig)
    rig.line("load").expect_inactive()
    rig.line("charge").expect_inactive()
    rig.cell(1).set(volts)
    rig.line("load").expect_stays_inactive(seconds=60)
    rig.line("charge").expect_stays_inactive(seconds=60)
    assert not rig.line("pre_alarm").is_active, rig.line("pre_alarm")
