"""Each layout with its bytes taken by hand: an error in the layout that rig and BMS processes share would be seen.

Sources of the layouts: frames captured on REC units (Victron), SMA FSS-ConnectingBat-TI-en-10, Pylontech LV CAN V1.2,
Growatt BMS CAN-Bus-protocol-low-voltage Rev 04, and the Elcon CAN commands for TC chargers.
"""

import pytest
from bmsrig.steps.rec import current
from bmsrig.steps.rec.arbiter import SETTLED
from bmsrig.steps.rec.protocols import INVERTERS, for_each, named, select, wait_for_all

AMPERES = -12.4
DEGREES = -7.0
VOLTS, AMPERE, KELVIN = 0.021, 0.13, 0.65
"""What rounding and the unit's accuracy may make of a pack's voltage, a current and a temperature in tenths."""

LITTLE = [each for each in INVERTERS if 0x351 in each.own]
"""Protocols whose numbers have their low byte first."""


def little(data, start, signed=False):
    """Two bytes, the low one first."""
    return int.from_bytes(data[start : start + 2], "little", signed=signed)


def big(data, start, signed=False):
    """Two bytes, the high one first."""
    return int.from_bytes(data[start : start + 2], "big", signed=signed)


@pytest.fixture
def battery(rig):
    """A battery of unequal cells, cold and discharging, in the protocol that is asked for; returns the cells."""

    def ready(protocol):
        select(rig, protocol, tmin=-20, socs=0.63)  # the limits may be reduced near TMIN
        cells = [3.200 + 0.010 * number for number in range(1, len(rig.cells) + 1)]
        rig.cells.set(cells)
        rig.temperature(1).set(DEGREES)
        current.apply(rig, AMPERES)
        rig.wait(SETTLED)
        wait_for_all(rig)
        return cells

    return ready


@pytest.mark.requirement("R2Q-CAN-SELECT")
@for_each(LITTLE)
def test_little_endian_layouts(rig, battery, protocol):
    """0x351, 0x355 and 0x356, which Victron, SMA and Pylontech have in common."""
    cells = battery(protocol)
    limits = rig.can.message(0x351).data
    assert little(limits, 0) * 0.1 == pytest.approx(len(cells) * rig.setting("char"), abs=0.11)
    assert little(limits, 2, signed=True) * 0.1 == pytest.approx(rig.setting("maxc"), abs=0.11)
    assert little(limits, 4, signed=True) * 0.1 == pytest.approx(rig.setting("maxd"), abs=0.11)
    measured = rig.can.message(0x356).data
    assert little(measured, 0, signed=True) * 0.01 == pytest.approx(sum(cells), abs=VOLTS)
    assert little(measured, 2, signed=True) * 0.1 == pytest.approx(AMPERES, abs=AMPERE)
    assert little(measured, 4, signed=True) * 0.1 == pytest.approx(DEGREES, abs=KELVIN)
    charge, health = rig.rs485.array("LCD1")[5:7]
    state = rig.can.message(0x355).data
    assert little(state, 0) == pytest.approx(100 * charge, abs=1.0)
    assert little(state, 2) == pytest.approx(100 * health, abs=1.0)
    if 0x35A in protocol.own and len(state) >= 6:  # hundredths of a percent, of SMA and Victron alone
        assert little(state, 4) * 0.01 == pytest.approx(100 * charge, abs=0.05)


@pytest.mark.requirement("R2Q-CAN-SELECT")
@for_each([named("victron"), named("sma")])
def test_alarm_pairs(rig, battery, protocol):
    """0x35A in pairs of bits: 01 is raised, 10 is gone. Over-voltage is the second pair of the first byte."""
    battery(protocol)
    pair = 0b1100
    assert rig.can.message(0x35A).data[0] & pair in (0b0000, 0b1000, 0b1100)
    current.apply(rig, 0.0)
    rig.cells.set(3.95)
    rig.line("relay").expect_inactive()
    wait_for_all(rig)
    assert rig.can.message(0x35A).data[0] & pair == 0b0100


@pytest.mark.requirement("R2Q-CAN-SELECT")
def test_victron_layout(rig, battery):
    """0x35E, 0x373, 0x379 and 0x35F as real units were seen to send them."""
    cells = battery(named("victron"))
    assert rig.can.message(0x35E).data.rstrip(b"\0") == b"REC-BMS"
    extremes = rig.can.message(0x373).data
    assert little(extremes, 0) * 0.001 == pytest.approx(min(cells), abs=0.0025)
    assert little(extremes, 2) * 0.001 == pytest.approx(max(cells), abs=0.0025)
    assert [little(extremes, start) - 273 for start in (4, 6)] == pytest.approx([DEGREES] * 2, abs=1.6)
    assert little(rig.can.message(0x379).data, 0) == pytest.approx(rig.setting("capa"), abs=1.0)
    assert little(rig.can.message(0x35F).data, 4) == pytest.approx(rig.setting("capa"), abs=1.0)


@pytest.mark.requirement("R2Q-CAN-SELECT")
def test_pylontech_layout(rig, battery):
    """0x359: protections in the first two bytes, alarms in the next two. 0x35C: bit 7 charging, bit 6 discharging."""
    battery(named("pylontech"))
    assert rig.can.message(0x359).data[0:4] == bytes(4)
    assert rig.can.message(0x35C).data[0] & 0xC0 == 0xC0
    current.apply(rig, 0.0)
    rig.cells.set(2.70)
    rig.line("relay").expect_inactive()
    wait_for_all(rig)
    flags = rig.can.message(0x359).data
    assert flags[0] & 0b100 or flags[2] & 0b100, "neither under-voltage bit is set"
    assert not (flags[0] | flags[2]) & 0b1010, "a bit of another cause is set"
    assert rig.can.message(0x35C).data[0] & 0xC0 == 0x80


@pytest.mark.requirement("R2Q-CAN-SELECT")
def test_growatt_layout(rig, battery):
    """0x311 to 0x319 with their high bytes first, the voltages of 0x319 astride of the even bytes."""
    cells = battery(named("growatt"))
    limits = rig.can.message(0x311).data
    assert big(limits, 0) * 0.1 == pytest.approx(len(cells) * rig.setting("char"), abs=0.11)
    assert big(limits, 2) * 0.1 == pytest.approx(rig.setting("maxc"), abs=0.11)
    assert big(limits, 4) * 0.1 == pytest.approx(rig.setting("maxd"), abs=0.11)
    assert rig.can.message(0x312).data[0:2] == bytes(2)
    assert rig.can.message(0x312).data[7] == len(cells)
    measured = rig.can.message(0x313).data
    assert big(measured, 0, signed=True) * 0.01 == pytest.approx(sum(cells), abs=VOLTS)
    assert abs(big(measured, 2, signed=True)) * 0.1 == pytest.approx(-AMPERES, abs=AMPERE)
    assert big(measured, 4, signed=True) * 0.1 == pytest.approx(DEGREES, abs=KELVIN)
    charge, health = rig.rs485.array("LCD1")[5:7]
    assert measured[6] == pytest.approx(100 * charge, abs=1.0)
    assert measured[7] & 0x7F == pytest.approx(100 * health, abs=1.0)
    capacities = rig.can.message(0x314).data
    assert big(capacities, 2) * 0.01 == pytest.approx(rig.setting("capa"), abs=0.02)
    assert big(capacities, 4) * 0.001 == pytest.approx(max(cells) - min(cells), abs=0.004)
    for number, volts in enumerate(cells):
        data = rig.can.message(0x315 + number // 4).data
        assert big(data, 2 * (number % 4)) * 0.001 == pytest.approx(volts, abs=0.0025)
    ends = rig.can.message(0x319).data
    assert ends[0] & 0xC0 == 0xC0
    assert big(ends, 1) * 0.001 == pytest.approx(max(cells), abs=0.0025)
    assert big(ends, 3) * 0.001 == pytest.approx(min(cells), abs=0.0025)
    assert (ends[5], ends[6]) == (len(cells), 1)


@pytest.mark.requirement("R2Q-CAN-SELECT")
def test_charger_layout(rig, battery):
    """TC: voltage and current with their high bytes first, then 0 for charging and three reserved bytes."""
    cells = battery(named("tc"))
    for identifier in named("tc").own:
        data = rig.can.message(identifier, extended=True).data
        assert big(data, 0) * 0.1 == pytest.approx(len(cells) * rig.setting("char"), abs=0.11)
        assert big(data, 2) * 0.1 == pytest.approx(rig.setting("maxc"), abs=0.11)
        assert data[4:8] == bytes(4)
