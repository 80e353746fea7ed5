"""A CAN bus that is broken or disturbed for a while: no output moves, and the unit goes on sending afterwards."""

import pytest
from bmsrig.steps.rec.limits import refresh
from bmsrig.steps.rec.protocols import (
    bit_rate,
    expect_all_messages,
    for_each,
    named,
    rejoin,
    select,
    wait_for_all,
)

SAMPLES = [named(name) for name in ("rec", "victron", "growatt", "tc")]
"""One protocol of each kind: REC's own, an inverter's of either byte order, and one with identifiers of 29 bits."""

BROKEN = [1.0, 20.0]
"""s for which the bus is broken: short, and long enough for a node to give up (bus-off)."""

RECOVERY = 5.0
"""s in which a unit has to be back; a node that was bus-off needs 128 x 11 bits of silence (ISO 11898-1), 14 ms."""


def expect_back(rig, protocol, relay):
    """The rig's node is back on the bus, and the unit goes on as if nothing had been."""
    rejoin(rig)
    rig.wait(RECOVERY)
    expect_all_messages(rig, protocol)
    assert rig.line("relay").last_edge.number == relay.number, f"the relay moved\n{rig.line('relay')!r}"


@pytest.mark.requirement("R2Q-CAN-BUS")
@for_each(SAMPLES)
@pytest.mark.parametrize("seconds", BROKEN)
@pytest.mark.parametrize("fault", ["short", "open"])
def test_broken_bus(rig, protocol, fault, seconds):
    """A bus that is short-circuited or open for a while: afterwards the unit goes on, its relay has not moved."""
    select(rig, protocol)
    wait_for_all(rig)
    relay = rig.line("relay").last_edge
    rig.can.fault(fault)
    rig.wait(0.1)
    assert not rig.can.watch(seconds), f"frames came through a bus that is {fault}"
    rig.can.fault("none")
    expect_back(rig, protocol, relay)


@pytest.mark.requirement("R2Q-CAN-BUS")
@for_each(SAMPLES)
def test_node_at_another_bit_rate(rig, protocol):
    """A node that listens and talks at another rate disturbs the bus: when it is gone the unit goes on."""
    select(rig, protocol)
    wait_for_all(rig)
    relay = rig.line("relay").last_edge
    right = bit_rate(protocol.cans[0])
    rig.can.bit_rate = 125_000
    for _ in range(20):
        rig.can.send(0x123, b"\x55" * 8)
        rig.wait(0.25)
    rig.can.bit_rate = right
    expect_back(rig, protocol, relay)


@pytest.mark.requirement("R2Q-CAN-BUS")
@pytest.mark.parametrize("fault", ["short", "open"])
def test_protection_does_not_need_the_bus(rig, fault):
    """Nobody hears the unit: over-voltage opens the relay in its time all the same, and afterwards CAN tells of it."""
    rig.wait(refresh(rig))
    rig.can.fault(fault)
    rig.wait(5)
    rig.cells.set(rig.setting("cmax") + 0.1)
    rig.line("relay").expect_inactive()
    rig.can.fault("none")
    rejoin(rig)
    rig.can["rec"].signal("ErrorNumber").expect_near(1, 0, within=RECOVERY + refresh(rig))
