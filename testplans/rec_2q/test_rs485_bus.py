"""Several units on one bus: the unit answers its own address, and others' traffic is none of its business."""

import pytest
from bmsrig.failure import ExpectationFailed
from bmsrig.steps.rec import frames

ADDRESSES = range(1, 16)
OTHERS_ANSWER = frames.frame(b"28", 0, 2) + frames.frame(bytes(range(0x40, 0x5C)), 0, 2)
"""What unit 2 sends when the host asks it for LCD1."""


@pytest.mark.requirement("R2Q-485-ADDR")
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_unit_answers_its_own_address_only(rig, address):
    """Of queries to all addresses, those to its own are answered, and the answer comes from it."""
    rig.restart(address=address)
    for asked in ADDRESSES:
        answer = frames.take_apart(rig.rs485.send(frames.frame(b"*IDN?", asked)))
        if bool(answer) != (asked == address):
            raise ExpectationFailed(
                f"rs485: the unit has address {address} and {'answers' if answer else 'does not answer'} a query to "
                f"{asked}"
            )
        for each in answer:
            assert {each.destination, each.sender} == {0, address}


@pytest.mark.requirement("R2Q-485-ADDR")
def test_settings_for_another_unit_are_not_taken(rig):
    """A set to unit 2, whose answer the bench plays: unit 1 keeps its own value and stays silent."""
    before = rig.rs485.read("CMAX")
    assert not rig.rs485.send(frames.frame(b"CMAX 3.60", 2))
    assert not rig.rs485.send(frames.frame(b"OK", 0, 2))
    assert rig.rs485.read("CMAX") == before


@pytest.mark.requirement("R2Q-485-ADDR")
def test_traffic_of_other_units_does_not_disturb(rig):
    """Queries to unit 2 and its answers, which hold start and end marks, straight before each of our own."""
    for _ in range(20):
        assert not rig.rs485.send(frames.frame(b"LCD1?", 2) + OTHERS_ANSWER)
        count, data = frames.expect_frames(rig.rs485.send(OTHERS_ANSWER + frames.frame(b"LCD1?")), 2)
        assert (count.payload, len(data.payload)) == (b"28", 28)


@pytest.mark.requirement("R2Q-485-ADDR")
def test_an_answer_from_its_own_address_starts_nothing(rig):
    """Frames to the host that look like the unit's own answers are not answered: no echo goes in circles."""
    for payload in (b"OK", b"28", b"LCD1?"):
        assert not rig.rs485.send(frames.frame(payload, 0, 1))
