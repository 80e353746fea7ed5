"""The system on/off input: three ways to switch on, and both outputs float when none is used."""

import pytest
from bmsrig.steps.battery import LOW_CELL, high_cell
from bmsrig.steps.lines import expect_all, expect_levels_stay, expect_released
from bmsrig.steps.remote import measure_switching

OUTPUTS = ["load", "charge"]


def switch_off(rig):
    """Open every contact at the remote terminals."""
    for port in ("remote.link", "remote.h", "remote.l"):
        rig.switch(port).open()


def measure_contact(rig, port, on_limit):
    """From off, this contact alone switches the system on; opening it switches it off again."""
    switch_off(rig)
    contact = rig.switch(port)
    measure_switching(rig, on=contact.close, off=contact.open, lines=OUTPUTS, on_limit=on_limit, comment=port)


@pytest.mark.requirement("VSB-REMOTE-LINK")
def test_h_joined_to_l_is_on(rig):
    """A switch between H and L."""
    measure_contact(rig, "remote.link", "remote_link_on_time")


@pytest.mark.requirement("VSB-REMOTE-H")
def test_h_at_battery_plus_is_on(rig):
    """H switched to battery plus, L left open."""
    measure_contact(rig, "remote.h", "remote_h_on_time")


@pytest.mark.requirement("VSB-REMOTE-L")
def test_l_at_battery_minus_is_on(rig):
    """L switched to battery minus, H left open."""
    measure_contact(rig, "remote.l", "remote_l_on_time")


@pytest.mark.requirement("VSB-REMOTE-OFF")
def test_off_floats_all_outputs_of_a_healthy_battery(rig):
    """With neither terminal used, Load and Charge float although nothing is wrong with the cells."""
    switch_off(rig)
    expect_released(rig, [*OUTPUTS, "pre_alarm"], seconds=30)


@pytest.mark.requirement("VSB-REMOTE-OFF")
@pytest.mark.parametrize("volts", [lambda _: LOW_CELL, high_cell], ids=["low-cell", "high-cell"])
def test_off_stays_off_whatever_the_cells_do(rig, volts):
    """A cell out of its limits switches nothing on that the user has switched off."""
    switch_off(rig)
    expect_all(rig, OUTPUTS, "inactive")
    rig.cell(1).set(volts(rig))
    expect_levels_stay(rig, dict.fromkeys([*OUTPUTS, "pre_alarm"], "inactive"), seconds=120)
