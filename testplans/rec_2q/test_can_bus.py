"""The CAN bus in every protocol: silence when off, the frames of the other side, and frames that nobody may send."""

import pytest
from bmsrig.steps.rec.arbiter import measure_reports
from bmsrig.steps.rec.protocols import (
    INVERTERS,
    LONG,
    OWN,
    PROTOCOLS,
    expect_all_messages,
    for_each,
    named,
    rejoin,
    select,
    wait_for_all,
)

HEARING = [each for each in PROTOCOLS if each.keep_alive]
"""Protocols whose other side sends something of its own."""

REPORTING = [named("rec"), *INVERTERS]
"""Protocols whose values the arbiter knows."""

COUNTED = 30.0
"""s in which frames are counted: long enough for a unit that sends one of them every 150 ms."""

UNHEARD = 660.0
"""s; longer than any document lets a battery wait for the other side before it may count it as gone: 10 minutes
(integration guide of Safiery for Victron's 0x305). By the REC 2Q manual it is neglected."""


@pytest.mark.requirement("R2Q-CAN-SELECT", "R2Q-OFF")
@for_each()
def test_silence_when_off(rig, switch_off, switch_on, protocol):
    """Without REMOTE nothing is sent in any protocol; with it all messages come again."""
    select(rig, protocol)
    wait_for_all(rig)
    switch_off(rig)
    rig.can.stays_silent(30)
    switch_on(rig)
    rig.line("relay").expect_active()
    expect_all_messages(rig, protocol)


@pytest.mark.requirement("R2Q-CAN-SELECT", "R2Q-SLEEP")
@for_each()
def test_silence_in_deep_sleep(rig, protocol):
    """Asleep for low cells the unit sends nothing in any protocol."""
    select(rig, protocol)
    rig.cells.set(0.9 * rig.setting("cmin"))
    rig.wait(rig.limit("sleep_delay").high + 1)
    rig.can.stays_silent(30)


def frames_in(rig, seconds):
    """How many frames the unit sends."""
    return sum(map(len, rig.can.watch(seconds).values()))


@pytest.mark.requirement("R2Q-CAN-SELECT")
@for_each(HEARING)
def test_keep_alive_changes_nothing(rig, protocol):
    """With the other side's frames every second, and long after the last of them, the unit sends all it has to."""
    select(rig, protocol)
    wait_for_all(rig)
    unheard = frames_in(rig, COUNTED)
    with rig.can.keep_alive(protocol.name):
        expect_all_messages(rig, protocol)
        rig.wait(10)
        expect_all_messages(rig, protocol)
        assert frames_in(rig, COUNTED) >= 0.9 * unheard  # it may answer beside what it sends by itself
    rig.wait(UNHEARD)
    expect_all_messages(rig, protocol)
    assert frames_in(rig, COUNTED) == pytest.approx(unheard, rel=0.1)
    rig.line("relay").expect_active(within=0)


def is_long(protocol, identifier):
    """Whether the unit sends this identifier with 29 bits."""
    return identifier > 0x7FF or (identifier in OWN and protocol.cans[0] >= LONG)


def send_to_all(rig, protocol, data, *, remote=False):
    """A frame with this data for each identifier of the unit's own."""
    for identifier in protocol.identifiers:
        rig.can.send(identifier, data, extended=is_long(protocol, identifier), remote=remote)


def send_in_the_other_length(rig, protocol):
    """The unit's own identifiers with 29 bits for 11, and the last 11 bits of those that have 29."""
    for identifier in protocol.identifiers:
        if is_long(protocol, identifier):
            rig.can.send(identifier & 0x7FF, b"\xff" * 8)
        else:
            rig.can.send(identifier, b"\xff" * 8, extended=True)


def send_garbage(rig):
    """Identifiers, lengths and data at random, among them the highest and the lowest identifier."""
    for identifier in [0x000, 0x7FF, *(rig.random.randrange(0x800) for _ in range(50))]:
        rig.can.send(identifier, rig.random.randbytes(rig.random.randrange(9)))
        rig.can.send(rig.random.randrange(0x20000000), rig.random.randbytes(8), extended=True)


WRONG = {
    "full": lambda rig, protocol: send_to_all(rig, protocol, b"\xff" * 8),
    "zeros": lambda rig, protocol: send_to_all(rig, protocol, bytes(8)),
    "short": lambda rig, protocol: send_to_all(rig, protocol, b"\xff"),
    "empty": lambda rig, protocol: send_to_all(rig, protocol, b""),
    "remote": lambda rig, protocol: send_to_all(rig, protocol, b"", remote=True),
    "the other length of identifiers": send_in_the_other_length,
    "garbage": lambda rig, _: send_garbage(rig),
}
"""Frames that nobody may send, or that mean nothing."""


@pytest.mark.requirement("R2Q-CAN-SELECT")
@for_each()
def test_wrong_frames_change_nothing(rig, protocol):
    """The unit's own identifiers, short, remote and random frames: it goes on as before, and so does its relay."""
    select(rig, protocol)
    wait_for_all(rig)
    relay = rig.line("relay").last_edge
    for name, send in WRONG.items():
        with rig.step(name):
            send(rig, protocol)
            rig.wait(1)
            rejoin(rig)  # equal identifiers with different data can take both nodes off the bus
            expect_all_messages(rig, protocol)
    assert rig.line("relay").last_edge.number == relay.number, f"the relay moved\n{rig.line('relay')!r}"
    assert rig.rs485.read("CHRG") == protocol.chrg
    if protocol in REPORTING:
        measure_reports(rig, databases=[protocol.database], comment="after wrong frames")
