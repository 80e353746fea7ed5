"""The remote terminals: what they switch in either setting, and by which contacts and voltages."""

import pytest
from bmsrig.steps.battery import COLD, HOT, LOW_CELL, heal, high_cell
from bmsrig.steps.lead import release_time
from bmsrig.steps.lines import expect_all, expect_levels, expect_levels_stay, expect_released, expect_unchanged
from bmsrig.steps.remote import expect_bounce_counts_once, measure_switching

POWER_PORTS = ["alternator.on", "system.charge", "system.discharge"]
OUTPUTS = ["load", "charge"]
SWITCHED = {"power_ports": POWER_PORTS, "everything": [*POWER_PORTS, *OUTPUTS]}


@pytest.fixture(params=SWITCHED)
def switched(request, rig, start_engine):
    """The lines that the remote terminals switch, in each setting, with the alternator charging: all are active."""
    rig.restart(remote_mode=request.param)
    start_engine(rig)
    return SWITCHED[request.param]


@pytest.fixture
def terminals(rig, switched):
    """The sources at H and L, both open, and the link open as well: what they switch is off."""
    del switched
    rig.switch("remote.link").open()
    return rig.source("remote.h"), rig.source("remote.l")


@pytest.mark.requirement("VS2-REMOTE-DEFAULT")
def test_off_opens_the_power_ports_only(rig, start_engine):
    """By default the BMS goes on: Load and Charge stay, warn and release as ever, while the power ports stay open."""
    rig.restart(remote_mode="power_ports")
    start_engine(rig)
    rig.switch("remote.link").open()
    expect_all(rig, POWER_PORTS, "inactive")
    off = dict.fromkeys(POWER_PORTS, "inactive")
    expect_levels_stay(rig, off | {"load": "active", "charge": "active", "pre_alarm": "inactive"}, seconds=120)

    with rig.step("a cell is low"):
        rig.cells[-1].set(LOW_CELL)
        rig.line("pre_alarm").expect_active()
        rig.line("load").expect_inactive(within=release_time(rig))
        heal(rig)
        rig.line("load").expect_active()
    with rig.step("a cell is high"):
        rig.cells[-1].set(high_cell(rig))
        rig.line("charge").expect_inactive()
        heal(rig)
        rig.line("charge").expect_active()
    expect_levels_stay(rig, off, seconds=10)


@pytest.mark.requirement("VS2-REMOTE-ALL")
def test_off_switches_everything_off(rig, start_engine):
    """With that setting Load and Charge float as well, whatever the cells do."""
    rig.restart(remote_mode="everything")
    start_engine(rig)
    rig.switch("remote.link").open()
    expect_all(rig, POWER_PORTS, "inactive")
    expect_released(rig, [*OUTPUTS, "pre_alarm"], seconds=30)
    off = dict.fromkeys([*POWER_PORTS, *OUTPUTS, "pre_alarm"], "inactive")
    for volts in (LOW_CELL, high_cell(rig)):
        rig.cell(1).set(volts)
        expect_levels_stay(rig, off, seconds=60)

    heal(rig)
    rig.switch("remote.link").close()
    expect_all(rig, [*POWER_PORTS, *OUTPUTS], "active")


@pytest.mark.requirement("VS2-REMOTE-TABLE")
def test_h_joined_to_l_is_on(rig, switched):
    """A switch between H and L."""
    link = rig.switch("remote.link")
    measure_switching(rig, on=link.close, off=link.open, lines=switched, on_limit="remote_link_on_time", comment="link")


@pytest.mark.requirement("VS2-REMOTE-TABLE")
def test_a_bouncing_link_counts_once(rig, switched):
    """A switch between H and L that bounces for 50 ms leaves the system as it ends."""
    expect_bounce_counts_once(rig, "remote.link", switched)


@pytest.mark.requirement("VS2-REMOTE-TABLE")
@pytest.mark.parametrize(("on", "off"), [(0.0, None), (4.8, 5.2)], ids=["at-battery-minus", "beside-5V"])
def test_l_pulled_low_is_on(rig, terminals, switched, on, off):
    """With H open: L at battery minus, and to either side of the 5 V of the manual."""
    _, low = terminals
    measure_switching(
        rig,
        on=lambda: low.set(on),
        off=low.open if off is None else lambda: low.set(off),
        lines=switched,
        on_limit="remote_l_on_time",
        comment=f"L at {on:g} V",
    )


@pytest.mark.requirement("VS2-REMOTE-TABLE")
@pytest.mark.parametrize(
    ("on", "off"), [(13.2, None), (14.2, None), (3.2, 2.8)], ids=["at-battery-plus", "above-it", "beside-3V"]
)
def test_h_pulled_high_is_on(rig, terminals, switched, on, off):
    """With L open: H at battery plus (13.2 V) and above it, and to either side of the 3 V of the manual."""
    high, _ = terminals
    measure_switching(
        rig,
        on=lambda: high.set(on),
        off=high.open if off is None else lambda: high.set(off),
        lines=switched,
        on_limit="remote_h_on_time",
        comment=f"H at {on:g} V",
    )


@pytest.mark.requirement("VS2-REMOTE-TABLE")
def test_thresholds_of_the_terminals(rig, terminals, switched):
    """Where between 4.8 V and 5.2 V at L, and between 2.8 V and 3.2 V at H, the unit switches on."""
    high, low = terminals
    until = switched[-1]
    rig.measure("remote_l_threshold", low.lower_through(5.0, until=until, becomes="active", span=0.3, step=0.02))
    low.open()
    rig.line(until).expect_inactive()
    rig.measure("remote_h_threshold", high.raise_through(3.0, until=until, becomes="active", span=0.3, step=0.02))


@pytest.mark.requirement("VS2-REMOTE-TABLE")
@pytest.mark.parametrize(
    ("volts_at_h", "volts_at_l"),
    [(None, None), (0.0, None), (None, 12.0), (2.8, 5.2)],
    ids=["both-open", "h-at-minus", "l-high", "both-beside-their-thresholds"],
)
def test_all_other_conditions_are_off(rig, terminals, switched, volts_at_h, volts_at_l):
    """Nothing that the terminals switch is on, although the battery is healthy and the engine runs."""
    for terminal, volts in zip(terminals, (volts_at_h, volts_at_l), strict=True):
        if volts is not None:
            terminal.set(volts)
    expect_all(rig, switched, "inactive")
    expect_levels_stay(rig, dict.fromkeys(switched, "inactive"), seconds=60)


@pytest.mark.requirement("VS2-REMOTE-TABLE")
def test_l_at_minus_counts_whatever_stands_at_h(rig, terminals):
    """H driven to battery minus does not keep L from switching on."""
    high, low = terminals
    high.set(0.0)
    rig.line("system.charge").expect_inactive()
    low.set(0.0)
    rig.line("system.charge").expect_active()


@pytest.mark.requirement("VS2-REMOTE-DEFAULT", "VS2-LEDS", "VS2-CODES")
def test_the_bms_goes_on_while_the_power_ports_are_off(rig):
    """Off by default leaves Load and Charge with their LEDs, minds the temperature, warns, and says so."""
    rig.restart(remote_mode="power_ports")
    with expect_unchanged(rig, ["load", "charge", "led.load", "led.charge"]):
        rig.switch("remote.link").open()
        rig.wait(30)
    for temperature in (HOT, COLD):
        rig.temperature().set(temperature)
        expect_all(rig, ["charge", "led.charge"], "inactive")
        heal(rig)
        expect_all(rig, ["charge", "led.charge"], "active")
    rig.cell(1).set(LOW_CELL)
    rig.line("pre_alarm").expect_active()
    rig.expect_log("W-B12")


@pytest.mark.requirement("VS2-REMOTE-ALL", "VS2-LEDS")
def test_leds_of_the_outputs_are_dark_when_everything_is_off(rig):
    """With the setting to switch everything off, the LEDs of Load, Charge and System+ go with their outputs."""
    rig.restart(remote_mode="everything")
    rig.switch("remote.link").open()
    dark = dict.fromkeys(["led.charge", "led.load", "led.system_charge"], "inactive")
    expect_levels(rig, dark)
    expect_levels_stay(rig, dark, seconds=30)
