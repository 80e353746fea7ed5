"""Each layout with its bytes taken by hand: an error in the layout that rig and BMS processes share would be seen.

Sources of the layouts: frames captured on REC units (Victron), SMA FSS-ConnectingBat-TI-en-10, Pylontech LV CAN V1.2,
Growatt BMS CAN-Bus-protocol-low-voltage Rev 04, and the Elcon CAN commands for TC chargers.
"""

import pytest
from bmsrig.steps.rec import current
from bmsrig.steps.rec.arbiter import SETTLED
from bmsrig.steps.rec.protocols import INVERTERS, expect_all_messages, for_each, named, select, wait_for_all

AMPERES = -12.4
DEGREES = -7.0
VOLTS, AMPERE, KELVIN = 0.021, 0.13, 0.65
"""What rounding and the unit's accuracy may make of a pack's voltage, a current and a temperature in tenths."""

HEATING = 1
"""In the sixth byte to a TC charger."""

LITTLE = [each for each in INVERTERS if 0x351 in each.own]
"""Protocols whose numbers have their low byte first."""


def little(data, start, signed=False):
    """Two bytes, the low one first."""
    return int.from_bytes(data[start : start + 2], "little", signed=signed)


def big(data, start, signed=False):
    """Two bytes, the high one first."""
    return int.from_bytes(data[start : start + 2], "big", signed=signed)


def expect_discharge_voltage(rig, volts):
    """No document says how it is made up: it lies about the lowest voltage of all cells, and far below CVL."""
    assert 0.9 * len(rig.cells) * rig.setting("cmin") < volts < len(rig.cells) * rig.setting("char")


def expect_named(rig, database, **by_hand):
    """The layout that rig and BMS processes share has these values under these names.

    What they mean to a unit, or whether it uses them, is another matter.
    """
    by_name = {name: rig.can[database].signal(name).value for name in by_hand}
    assert by_name == by_hand


@pytest.fixture
def battery(rig):
    """A battery of unequal cells, cold and discharging, in the protocol that is asked for; returns the cells."""

    def ready(protocol):
        select(rig, protocol, tmin=-20, socs=0.63, cycl=1700)  # the limits may be reduced near TMIN
        cells = [3.200 + 0.010 * number for number in range(1, len(rig.cells) + 1)]
        rig.cells.set(cells)
        rig.temperature(1).set(DEGREES)
        current.apply(rig, AMPERES)
        rig.wait(SETTLED)
        expect_all_messages(rig, protocol)
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
    if 0x35A in protocol.own:  # reserved by Pylontech
        expect_discharge_voltage(rig, little(limits, 6) * 0.1)
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
    """0x372, 0x373, 0x379 and 0x380 as real units were seen to send them.

    The installed capacity is not always CAPA: a REC 9M was seen to say 1440 Ah beside the 1400 Ah that were set. The
    order of the fields of 0x372 is disputed.
    """
    cells = battery(named("victron"))
    extremes = rig.can.message(0x373).data
    assert little(extremes, 0) * 0.001 == pytest.approx(min(cells), abs=0.0025)
    assert little(extremes, 2) * 0.001 == pytest.approx(max(cells), abs=0.0025)
    assert [little(extremes, start) - 273 for start in (4, 6)] == pytest.approx([DEGREES] * 2, abs=1.6)
    installed = little(rig.can.message(0x379).data, 0)
    expect_named(rig, "victron", InstalledCapacity=installed)
    rig.measure("victron_installed_capacity", installed / rig.setting("capa"), comment=f"{installed} Ah")
    modules = rig.can.message(0x372).data
    expect_named(rig, "victron", ModulesOnline=little(modules, 0), ModulesOffline=little(modules, 6))
    assert rig.can.message(0x380).text.isprintable(), "a serial number"
    assert rig.can.message(0x380).text, "a serial number"
    current.apply(rig, 0.0)
    rig.cells.set(3.95)
    rig.line("relay").expect_inactive()
    wait_for_all(rig)
    modules = rig.can.message(0x372).data
    expect_named(rig, "victron", ModulesBlockingCharge=little(modules, 2), ModulesBlockingDischarge=little(modules, 4))


@pytest.mark.requirement("R2Q-CAN-SELECT")
@for_each([named("victron"), named("sma")])
def test_identification(rig, battery, protocol):
    """0x35F: the firmware's version, of which the first number is that of SWVR, then the capacity. 0x35E: a name."""
    battery(protocol)
    identification = rig.can.message(0x35F).data
    assert identification[2] == int(rig.rs485.read("SWVR").split(".")[0])
    assert little(identification, 4) == pytest.approx(rig.setting("capa"), abs=1.0)
    name = rig.can.message(0x35E).data.rstrip(b"\0 ")
    assert name
    assert name.isascii()


@pytest.mark.requirement("R2Q-CAN-SELECT")
def test_pylontech_layout(rig, battery):
    """0x359: protections in the first two bytes, alarms in the next two. 0x35C: bit 7 charging, bit 6 discharging."""
    battery(named("pylontech"))
    assert rig.can.message(0x359).data[0:4] == bytes(4)
    assert rig.can.message(0x35C).data[0] & 0xC0 == 0xC0, "both enabled; when a unit requests something is not said"
    current.apply(rig, 0.0)
    rig.cells.set(2.70)
    rig.line("relay").expect_inactive()
    wait_for_all(rig)
    flags = rig.can.message(0x359).data
    assert flags[0] & 0b100 or flags[2] & 0b100, "neither under-voltage bit is set"
    assert not (flags[0] | flags[2]) & 0b1010, "a bit of another cause is set"
    requests = rig.can.message(0x35C).data[0]
    assert requests & 0xC0 == 0x80
    expect_named(rig, "pylontech", ForceCharge1=requests >> 5 & 1, ForceCharge2=requests >> 4 & 1)
    expect_named(rig, "pylontech", FullChargeRequest=requests >> 3 & 1)
    named_bytes = rig.can.message(0x359).data
    expect_named(rig, "pylontech", ModuleCount=named_bytes[4], MakerLetter1=named_bytes[5], MakerLetter2=named_bytes[6])


@pytest.mark.requirement("R2Q-CAN-SELECT")
def test_growatt_layout(rig, battery):
    """0x311 to 0x319 with their high bytes first, the voltages of 0x319 astride of the even bytes."""
    cells = battery(named("growatt"))
    limits = rig.can.message(0x311).data
    assert big(limits, 0) * 0.1 == pytest.approx(len(cells) * rig.setting("char"), abs=0.11)
    assert big(limits, 2) * 0.1 == pytest.approx(rig.setting("maxc"), abs=0.11)
    assert big(limits, 4) * 0.1 == pytest.approx(rig.setting("maxd"), abs=0.11)
    expect_named(rig, "growatt", State=limits[7] & 0b11, Balancing=limits[7] >> 3 & 1, Sleep=limits[7] >> 4 & 1)
    expect_named(rig, "growatt", TerminalOpen=limits[7] >> 7 & 1)
    alarms = rig.can.message(0x312).data
    assert alarms[0:4] == bytes(4)
    expect_named(rig, "growatt", PacksInParallel=alarms[4], CellCount=alarms[7])
    measured = rig.can.message(0x313).data
    assert big(measured, 0, signed=True) * 0.01 == pytest.approx(sum(cells), abs=VOLTS)
    assert abs(big(measured, 2, signed=True)) * 0.1 == pytest.approx(-AMPERES, abs=AMPERE)
    assert big(measured, 4, signed=True) * 0.1 == pytest.approx(DEGREES, abs=KELVIN)
    charge, health = rig.rs485.array("LCD1")[5:7]
    assert measured[6] == pytest.approx(100 * charge, abs=1.0)
    assert measured[7] & 0x7F == pytest.approx(100 * health, abs=1.0)
    capacities = rig.can.message(0x314).data
    assert big(capacities, 0) * 0.01 == pytest.approx(rig.setting("capa") * charge, rel=0.01)
    assert big(capacities, 2) * 0.01 == pytest.approx(rig.setting("capa"), abs=0.02)
    assert big(capacities, 4) * 0.001 == pytest.approx(max(cells) - min(cells), abs=0.004)
    expect_named(rig, "growatt", Cycles=big(capacities, 6))
    for number, volts in enumerate(cells):
        data = rig.can.message(0x315 + number // 4).data
        assert big(data, 2 * (number % 4)) * 0.001 == pytest.approx(volts, abs=0.0025)
    ends = rig.can.message(0x319).data
    assert ends[0] & 0xC0 == 0xC0, "both enabled; when a charge is forced is not said"
    expect_named(rig, "growatt", Chemistry=ends[0] & 0b11)
    assert big(ends, 1) * 0.001 == pytest.approx(max(cells), abs=0.0025)
    assert big(ends, 3) * 0.001 == pytest.approx(min(cells), abs=0.0025)
    assert (ends[5], ends[6]) == (len(cells), 1)
    expect_named(rig, "growatt", PackInProtection=ends[7])
    expect_named(rig, "growatt", UpdateStatus=rig.can.message(0x321).data[0])


@pytest.mark.requirement("R2Q-CAN-SELECT")
def test_growatt_flags_and_clock(rig, battery):
    """0x311, 0x319 and 0x320 of a battery with an error: each field by hand what it is by name."""
    battery(named("growatt"))
    current.apply(rig, 0.0)
    rig.cells.set(2.70)
    rig.line("relay").expect_inactive()
    wait_for_all(rig)
    flags = rig.can.message(0x311).data[7]
    expect_named(rig, "growatt", State=flags & 0b11, ErrorValid=flags >> 2 & 1, Balancing=flags >> 3 & 1)
    expect_named(rig, "growatt", Sleep=flags >> 4 & 1, DischargeOutput=flags >> 5 & 1, ChargeOutput=flags >> 6 & 1)
    flags = rig.can.message(0x319).data[0]
    assert flags & 0xC0 == 0x80
    expect_named(rig, "growatt", ForceCharge1=flags >> 5 & 1, ForceCharge2=flags >> 4 & 1, Chemistry=flags & 0b11)
    identification = rig.can.message(0x320).data
    expect_named(rig, "growatt", HardwareVersion=identification[2], SoftwareVersion=identification[3])
    clock = int.from_bytes(identification[4:8], "big")
    expect_named(rig, "growatt", Second=clock & 0x3F, Minute=clock >> 6 & 0x3F, Hour=clock >> 12 & 0x1F)
    expect_named(rig, "growatt", Day=clock >> 17 & 0x1F, Month=clock >> 22 & 0xF, Year=2000 + (clock >> 26))


@pytest.mark.requirement("R2Q-CAN-SELECT")
def test_charger_layout(rig, battery):
    """TC: voltage and current with their high bytes first, then 0 for charging.

    Newer chargers heat with 1 in the byte after it, older ones have it reserved, and so are the last two with all.
    """
    cells = battery(named("tc"))
    for identifier in named("tc").own:
        data = rig.can.message(identifier, extended=True).data
        assert big(data, 0) * 0.1 == pytest.approx(len(cells) * rig.setting("char"), abs=0.11)
        assert big(data, 2) * 0.1 == pytest.approx(rig.setting("maxc"), abs=0.11)
        assert (data[4], data[5] != HEATING) == (0, True), "not to charge"
    rig.temperature(1).set(rig.setting("tmax") + 3)
    rig.line("relay").expect_inactive()
    wait_for_all(rig)
    for identifier in named("tc").own:
        data = rig.can.message(identifier, extended=True).data
        assert data[4] != 0 or data[0:2] == bytes(2) or data[2:4] == bytes(2), f"0x{identifier:X} does not stop"
        assert data[5] != HEATING
