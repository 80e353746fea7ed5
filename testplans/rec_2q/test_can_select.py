"""The CAN protocols that CHRG selects: exactly their identifiers, at their cycle, at the bit rate of CANS."""

from itertools import pairwise

import pytest
from bmsrig.steps.rec import current
from bmsrig.steps.rec.arbiter import measure_reports

PROTOCOLS = {
    0: range(0x031, 0x039),
    1: [0x351, 0x355, 0x356, 0x35A, 0x35E, 0x35F, 0x360, *range(0x372, 0x378), 0x379, 0x380, 0x381],
}
"""CHRG -> identifiers (REC 2Q manual, CAN communication)."""

FAST = {0x351, 0x355, 0x356}
"""What an inverter lives by: sent more often than the rest by units that take turns."""

BIT_RATES = {0: 100_000, 1: 125_000, 2: 250_000, 3: 500_000, 4: 1_000_000}
"""CANS -> bit/s with identifiers of 11 bits; 128 more with those of 29 (REC 2Q manual, Table 12)."""

ROUNDS = 4
"""For how many of the longest period the bus is watched."""

KEEP_ALIVE = 0x305


def select(rig, protocol):
    """Write CHRG over RS-485 and start the unit anew."""
    rig.rs485.write("CHRG", protocol)
    rig.restart()


each_protocol = pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: f"CHRG-{protocol}")


@pytest.mark.requirement("R2Q-CAN-SELECT")
@each_protocol
def test_exactly_its_identifiers(rig, protocol):
    """All of the protocol's identifiers and no others; their periods are measured."""
    select(rig, protocol)
    seen = rig.can.watch(ROUNDS * rig.limit("can_period").high)
    assert sorted(map(hex, seen)) == sorted(map(hex, PROTOCOLS[protocol]))
    for identifier, times in sorted(seen.items()):
        gaps = [after - before for before, after in pairwise(times)]
        assert gaps, f"0x{identifier:03X} was sent only once"
        limit = "can_fast_period" if identifier in FAST else "can_period"
        rig.measure(limit, max(gaps), comment=f"CHRG {protocol}, 0x{identifier:03X}, the longest")


@pytest.mark.requirement("R2Q-CAN-SELECT")
@each_protocol
def test_keep_alive_changes_nothing(rig, protocol):
    """The inverter's 0x305 every second: neither more nor fewer identifiers, and the unit goes on sending."""
    select(rig, protocol)
    period = rig.limit("can_period").high
    seen = set()
    for _ in range(int(2 * period)):
        rig.can.send(KEEP_ALIVE, bytes(8))
        seen |= set(rig.can.watch(1.0))
    assert seen - {KEEP_ALIVE} == set(PROTOCOLS[protocol])


@pytest.mark.requirement("R2Q-CAN-SELECT")
@each_protocol
def test_foreign_frames_change_nothing(rig, protocol):
    """Frames that nobody expects, among them some with identifiers of its own: the unit goes on as before."""
    select(rig, protocol)
    for identifier in (0x000, 0x031, 0x351, 0x7FF):
        rig.can.send(identifier, b"\xff" * 8)
    rig.wait(1)
    seen = rig.can.watch(2 * rig.limit("can_period").high)
    assert set(seen) == set(PROTOCOLS[protocol])
    assert rig.line("relay").is_active


@pytest.mark.requirement("R2Q-CAN-SELECT")
@pytest.mark.parametrize("selected", BIT_RATES, ids=lambda value: f"CANS-{value}")
def test_bit_rate_after_a_restart(rig, selected):
    """CANS acts with the next start, not before."""
    default = BIT_RATES[int(rig.setting("cans"))]
    assert rig.can.bit_rate == default
    rig.rs485.write("CANS", selected)
    assert rig.can.watch(rig.limit("can_rec_period").high)
    assert rig.can.bit_rate == default
    rig.restart()
    assert rig.can.bit_rate == BIT_RATES[selected]
    assert sorted(rig.can.watch(2 * rig.limit("can_rec_period").high)) == list(PROTOCOLS[0])


@pytest.mark.requirement("R2Q-CAN-SELECT")
@pytest.mark.parametrize("selected", [128 + value for value in BIT_RATES], ids=lambda value: f"CANS-{value}")
def test_bit_rate_with_long_identifiers(rig, selected):
    """The rate is that of the value less 128. Whether REC's own identifiers become 29 bits long is recorded."""
    rig.rs485.write("CANS", selected)
    rig.restart()
    assert rig.can.bit_rate == BIT_RATES[selected - 128]
    seen = rig.can.watch(2 * rig.limit("can_rec_period").high)
    assert set(PROTOCOLS[0]) <= set(seen)
    long = rig.can.message(0x031, extended=True).count > 0
    rig.measure("can_long_identifiers", float(long), comment=f"CANS {selected}")


@pytest.mark.requirement("R2Q-CAN-SELECT")
def test_victron_values_are_those_that_stand_at_the_unit(rig):
    """The same battery in the other protocol: voltage, current, the ends of cells and temperatures."""
    select(rig, 1)
    rig.cells.set([3.25 + 0.006 * number for number in range(len(rig.cells))])
    rig.temperature(1).set(31)
    current.apply(rig, -45.0)
    measure_reports(rig, databases=["victron"])


@pytest.mark.requirement("R2Q-CAN-SELECT")
def test_limits_are_the_same_in_both_protocols(rig):
    """CVL, CCL and DCL in 0x351 are those of 0x037, but for the rounding of each."""
    refresh = rig.limit("can_refresh_time").high
    rig.wait(refresh)
    own = {name: rig.can["rec"].signal(name).value for name in ("CVL", "CCL", "DCL")}
    select(rig, 1)
    rig.wait(refresh)
    for name, value in own.items():
        rig.can["victron"].signal(name).expect_near(value, 0.11, within=refresh)


@pytest.mark.requirement("R2Q-CAN-SELECT")
def test_victron_layout_as_captured(rig):
    """Voltage, SOC and name in the bytes in which real units were seen to send them."""
    select(rig, 1)
    rig.wait(rig.limit("can_period").high)
    volts = sum(rig.cells.read())
    data = rig.can.message(0x356).data
    assert int.from_bytes(data[0:2], "little", signed=True) * 0.01 == pytest.approx(volts, abs=0.021)
    assert int.from_bytes(data[2:4], "little", signed=True) == 0
    assert int.from_bytes(data[4:6], "little", signed=True) * 0.1 == pytest.approx(25.0, abs=0.65)
    assert rig.can.message(0x35E).data.rstrip(b"\0") == b"REC-BMS"
    soc = int.from_bytes(rig.can.message(0x355).data[0:2], "little")
    assert soc == pytest.approx(100 * rig.rs485.array("LCD1")[5], abs=1.0)
    limits = rig.can.message(0x351).data
    assert int.from_bytes(limits[0:2], "little") * 0.1 == pytest.approx(len(rig.cells) * rig.setting("char"), abs=0.11)


@pytest.mark.requirement("R2Q-CAN-SELECT")
def test_victron_names_the_ends_and_the_health(rig):
    """0x374 and 0x375 name the lowest and the highest cell, and 0x355 has the health beside the charge."""
    select(rig, 1)
    rig.rs485.write("SOCS", 0.3)
    rig.cell(2).set(3.20)
    rig.cell(3).set(3.40)
    rig.wait(3 + rig.limit("can_period").high)
    assert rig.can.message(0x374).data.startswith(b"C2")
    assert rig.can.message(0x375).data.startswith(b"C3")
    health = int.from_bytes(rig.can.message(0x355).data[2:4], "little")
    assert health == pytest.approx(100 * rig.rs485.array("LCD1")[6], abs=1.0)
