"""The CAN protocols that CHRG selects: exactly their identifiers, at their cycle, at the bit rate of CANS."""

from itertools import pairwise

import pytest
from bmsrig.steps.rec.protocols import (
    BIT_RATES,
    LONG,
    OWN,
    PROTOCOLS,
    bit_rate,
    expect_all_messages,
    expect_bit_rate,
    for_each,
    named,
    select,
)

PERIODS = {0x351: "can_fast_period", 0x311: "can_fast_period"} | dict.fromkeys(
    (0x355, 0x356, 0x313), "can_measured_period"
)
"""Limits of what an inverter lives by; can_period of all else."""

ROUNDS = 4
"""For how many of the longest period the bus is watched."""

LONGEST = 0x7FF
"""The highest identifier of 11 bits."""

NAMED = [(each, cans) for each in PROTOCOLS for cans in each.cans[1:] if each.name != "rec"]
"""What the manual allows beside the default of a protocol."""


@pytest.mark.requirement("R2Q-CAN-SELECT")
@for_each()
def test_exactly_its_identifiers(rig, protocol):
    """All of the protocol's messages and no others, in their lengths, each at its cycle."""
    select(rig, protocol)
    seen = rig.can.watch(ROUNDS * rig.limit("can_period").high)
    beside = sorted(map(hex, protocol.beside & set(seen)))
    rig.measure("can_identifiers_beside", float(len(beside)), comment=f"{protocol}: {', '.join(beside) or 'none'}")
    seen = {identifier: times for identifier, times in seen.items() if identifier not in protocol.beside}
    assert sorted(map(hex, seen)) == sorted(map(hex, protocol.identifiers))
    for identifier, times in sorted(seen.items()):
        gaps = [after - before for before, after in pairwise(times)]
        name = f"{protocol}, 0x{identifier:03X}"
        assert gaps, f"{name} was sent only once"
        rig.measure(PERIODS.get(identifier, "can_period"), max(gaps), comment=f"{name}, longest")
        mean = sum(gaps) / len(gaps)
        rig.measure("can_cycle_ratio", round(mean / protocol.cycle, 2), comment=f"{name}, mean {mean:.3f} s")
        expect_format(rig, protocol, identifier)


def expect_format(rig, protocol, identifier):
    """The identifier has 11 or 29 bits as the manual lists it, and the message a length that its layout can have.

    Which bits REC's own messages have beside those of 29 bits is recorded.
    """
    long = rig.can.message(identifier, extended=True)
    short = None if identifier > LONGEST else rig.can.message(identifier)
    if protocol.cans[0] >= LONG and identifier in OWN:
        rig.measure("can_long_identifiers", float(long.count > 0), comment=f"{protocol}, 0x{identifier:03X}")
    else:
        assert identifier > LONGEST or long.count == 0, f"0x{identifier:03X} has 29 bits"
    message = short if short is not None and short.count else long
    assert len(message.data) in protocol.lengths(identifier), f"{message} has {len(message.data)} bytes"


@pytest.mark.requirement("R2Q-CAN-SELECT")
@for_each()
def test_bit_rate_of_the_protocol(rig, protocol):
    """Found by listening, as a tester does who does not know the unit: it is that of CANS."""
    select(rig, protocol)
    expect_bit_rate(rig, bit_rate(protocol.cans[0]))


@pytest.mark.requirement("R2Q-CAN-SELECT")
@pytest.mark.parametrize(("protocol", "cans"), NAMED, ids=str)
def test_the_other_rates_that_a_protocol_may_have(rig, protocol, cans):
    """Where the manual leaves a choice of CANS: the same messages at the other rate."""
    select(rig, protocol, cans)
    expect_bit_rate(rig, bit_rate(cans))
    expect_all_messages(rig, protocol)


@pytest.mark.requirement("R2Q-CAN-SELECT")
@pytest.mark.parametrize("selected", BIT_RATES, ids=lambda value: f"CANS-{value}")
def test_bit_rate_after_a_restart(rig, selected):
    """CANS acts with the next start, not before."""
    default = bit_rate(int(rig.setting("cans")))
    rig.rs485.write("CANS", selected)
    rig.wait(2)
    expect_bit_rate(rig, default)
    rig.restart()
    expect_bit_rate(rig, bit_rate(selected))
    rig.can.bit_rate = bit_rate(selected)
    assert sorted(rig.can.watch(2 * rig.limit("can_rec_period").high)) == list(OWN)
    long = [f"0x{identifier:03X}" for identifier in OWN if rig.can.message(identifier, extended=True).count]
    assert not long, f"these identifiers have 29 bits: {long}"


@pytest.mark.requirement("R2Q-CAN-SELECT")
@pytest.mark.parametrize("selected", [LONG + value for value in BIT_RATES], ids=lambda value: f"CANS-{value}")
def test_bit_rate_with_long_identifiers(rig, selected):
    """The rate is that of the value less 128, and REC's own identifiers have 29 bits (Table 12)."""
    rig.rs485.write("CANS", selected)
    rig.restart()
    expect_bit_rate(rig, bit_rate(selected))
    rig.can.bit_rate = bit_rate(selected)
    assert sorted(rig.can.watch(2 * rig.limit("can_rec_period").high)) == list(OWN)
    short = [f"0x{identifier:03X}" for identifier in OWN if rig.can.message(identifier).count]
    assert not short, f"these identifiers have 11 bits: {short}"


@pytest.mark.requirement("R2Q-CAN-SELECT")
@pytest.mark.parametrize("start", ["restart", "remote"])
def test_protocol_is_another_after_the_next_start(rig, switch_off, switch_on, start):
    """CHRG is in force from the next start on, be it by the remote contact; whether it is so before is recorded."""
    other = named("growatt")
    rig.rs485.write("CHRG", other.chrg)
    rig.wait(1)
    at_once = set(rig.can.watch(rig.limit("can_period").high)) - set(OWN)
    rig.measure("can_protocol_at_once", float(bool(at_once)))
    if start == "restart":
        rig.restart()
    else:
        switch_off(rig)
        switch_on(rig)
    rig.line("relay").expect_active()
    expect_all_messages(rig, other)
    assert rig.rs485.read("CHRG") == other.chrg


@pytest.mark.requirement("R2Q-CAN-SELECT")
@pytest.mark.parametrize("chrg", [11, 12])
def test_custom_protocol(rig, chrg):
    """CHRG 11 and 12 are for protocols made to order: how many identifiers a unit without one sends is recorded."""
    rig.rs485.write("CHRG", chrg)
    rig.restart()
    seen = rig.can.watch(rig.limit("can_period").high)
    rig.measure("can_custom_identifiers", float(len(seen)), comment=", ".join(f"0x{each:X}" for each in sorted(seen)))
    rig.line("relay").expect_active(within=0)
