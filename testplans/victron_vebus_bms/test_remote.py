"""The remote terminals H and L: three ways to switch on, and everything is off when none is used."""

import pytest
from bmsrig.steps.battery import LOW_CELL, high_cell
from bmsrig.steps.lines import expect_all, expect_levels, expect_levels_stay, expect_released
from bmsrig.steps.remote import expect_bounce_counts_once, measure_switching

PERMISSIONS = ["vebus.charge", "vebus.discharge"]
SWITCHED = ["load", "charge", *PERMISSIONS]


@pytest.fixture
def terminals(rig):
    """The sources at H and L, both open, and the link open as well: the system is off."""
    rig.switch("remote.link").open()
    return rig.source("remote.h"), rig.source("remote.l")


@pytest.mark.requirement("VVB-REMOTE-LINK")
def test_h_joined_to_l_is_on(rig):
    """A switch between H and L."""
    link = rig.switch("remote.link")
    measure_switching(rig, on=link.close, off=link.open, lines=SWITCHED, on_limit="remote_link_on_time", comment="link")


@pytest.mark.requirement("VVB-REMOTE-LINK")
def test_a_bouncing_link_counts_once(rig):
    """A switch between H and L that bounces for 50 ms leaves the system as it ends."""
    expect_bounce_counts_once(rig, "remote.link", SWITCHED)


@pytest.mark.requirement("VVB-REMOTE-L")
def test_l_at_battery_minus_is_on(rig, terminals):
    """L switched to battery minus, H left open."""
    _, low = terminals
    measure_switching(
        rig, on=lambda: low.set(0.0), off=low.open, lines=SWITCHED, on_limit="remote_l_on_time", comment="L at minus"
    )


@pytest.mark.requirement("VVB-REMOTE-L")
def test_l_is_on_at_3v3_and_off_at_3v7(rig, terminals):
    """To either side of the 3.5 V of the manual, with H open."""
    _, low = terminals
    measure_switching(
        rig,
        on=lambda: low.set(3.3),
        off=lambda: low.set(3.7),
        lines=SWITCHED,
        on_limit="remote_l_on_time",
        comment="L at 3.3 V and 3.7 V",
    )


@pytest.mark.requirement("VVB-REMOTE-L")
def test_threshold_of_l(rig, terminals):
    """Where between 3.3 V and 3.7 V the unit switches on, with H open."""
    _, low = terminals
    rig.measure("remote_l_threshold", low.lower_through(3.5, until="load", becomes="active", span=0.3, step=0.02))


@pytest.mark.requirement("VVB-REMOTE-H")
def test_h_at_battery_plus_is_on(rig, terminals):
    """H switched to battery plus, L left open."""
    high, _ = terminals
    battery = rig.supply.set(3.30 * len(rig.cells)).value
    measure_switching(
        rig,
        on=lambda: high.set(battery),
        off=high.open,
        lines=SWITCHED,
        on_limit="remote_h_on_time",
        comment="H at battery plus",
    )


@pytest.mark.requirement("VVB-REMOTE-H")
def test_h_is_on_at_3v1_and_off_at_2v7(rig, terminals):
    """To either side of the 2.9 V of the manual, with L open."""
    high, _ = terminals
    measure_switching(
        rig,
        on=lambda: high.set(3.1),
        off=lambda: high.set(2.7),
        lines=SWITCHED,
        on_limit="remote_h_on_time",
        comment="H at 3.1 V and 2.7 V",
    )


@pytest.mark.requirement("VVB-REMOTE-H")
def test_threshold_of_h(rig, terminals):
    """Where between 2.7 V and 3.1 V the unit switches on, with L open."""
    high, _ = terminals
    rig.measure("remote_h_threshold", high.raise_through(2.9, until="load", becomes="active", span=0.3, step=0.02))


@pytest.mark.requirement("VVB-REMOTE-OFF")
@pytest.mark.parametrize(
    ("volts_at_h", "volts_at_l"),
    [(None, None), (0.0, None), (None, 8.0), (2.7, 3.7)],
    ids=["both-open", "h-at-minus", "l-high", "both-beside-their-thresholds"],
)
def test_all_other_conditions_are_off(rig, terminals, volts_at_h, volts_at_l):
    """Load and Charge float and neither permission is given, although the battery is healthy."""
    for terminal, volts in zip(terminals, (volts_at_h, volts_at_l), strict=True):
        if volts is not None:
            terminal.set(volts)
    expect_all(rig, PERMISSIONS, "inactive")
    expect_released(rig, ["load", "charge", "pre_alarm"], seconds=30)
    expect_levels_stay(rig, dict.fromkeys(PERMISSIONS, "inactive"), seconds=30)


@pytest.mark.requirement("VVB-REMOTE-OFF")
@pytest.mark.parametrize("volts", [lambda _: LOW_CELL, high_cell], ids=["low-cell", "high-cell"])
@pytest.mark.parametrize("mains", [False, True], ids=["without-mains", "with-mains"])
def test_off_stays_off_whatever_cells_and_mains_do(rig, terminals, volts, mains):
    """Neither a cell out of its limits nor mains switches anything on that the user has switched off."""
    del terminals
    expect_all(rig, SWITCHED, "inactive")
    rig.cell(1).set(volts(rig))
    if mains:
        rig.switch("mains").close()
    expect_levels_stay(rig, dict.fromkeys([*SWITCHED, "pre_alarm"], "inactive"), seconds=120)


@pytest.mark.requirement("VVB-REMOTE-L")
@pytest.mark.parametrize("volts", [0.0, 2.0], ids=lambda v: f"H-at-{v:g}V")
def test_l_at_minus_counts_whatever_stands_at_h(rig, terminals, volts):
    """H driven low does not keep L from switching on."""
    high, low = terminals
    high.set(volts)
    rig.line("load").expect_inactive()
    low.set(0.0)
    expect_all(rig, SWITCHED, "active")


@pytest.mark.requirement("VVB-REMOTE-H")
def test_h_at_plus_counts_whatever_stands_at_l(rig, terminals):
    """L driven high does not keep H from switching on."""
    high, low = terminals
    low.set(8.0)
    rig.line("load").expect_inactive()
    high.set(rig.supply.set(3.30 * len(rig.cells)).value)
    expect_all(rig, SWITCHED, "active")


@pytest.mark.requirement("VVB-REMOTE-OFF")
def test_off_beside_mains_stays_off(rig):
    """A healthy battery and mains switch nothing on that the user has switched off."""
    rig.switch("remote.link").open()
    rig.switch("mains").close()
    off = dict.fromkeys(SWITCHED, "inactive")
    expect_levels(rig, off)
    expect_levels_stay(rig, off, seconds=60)
