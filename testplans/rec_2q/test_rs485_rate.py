"""The bit rate of RS-485, and how fast the unit answers."""

import pytest
from bmsrig.rs485 import instructions

RATES = {1: 56_000, 2: 115_200}
"""RSBR -> bit/s (REC 2Q manual, Table 10)."""

QUERIES = [each.name for each in instructions("rec_2q") if each.is_readable]

OTHER_NAMES = {"WCIB": "WCBI"}
"""Instruction of the manual -> what public drivers ask real units for."""


def restart_with_rate(rig, value):
    """The unit answers at the rate of RSBR from its next start on, and the rig with it."""
    rig.rs485.write("RSBR", value)
    rig.restart()
    rig.rs485.wire.bit_rate = RATES[value]


@pytest.mark.requirement("R2Q-485-RATE")
@pytest.mark.parametrize("value", RATES)
def test_rate_after_a_restart(rig, value):
    """After a restart the unit answers at the rate of RSBR alone. Whether it does so before, no document says."""
    other = 3 - value
    for chosen in (other, value):
        restart_with_rate(rig, chosen)
        assert rig.rs485.read("RSBR") == chosen
    rig.rs485.array("CELL")
    rig.rs485.wire.bit_rate = RATES[other]
    assert not rig.rs485.exchange(b"RSBR?"), f"the unit answers at {RATES[other]} bit/s too"


@pytest.mark.requirement("R2Q-485-RATE")
@pytest.mark.parametrize("value", RATES)
def test_answer_time(rig, value):
    """Every query, at any phase of the measuring cycle, is answered within 350 ms."""
    restart_with_rate(rig, value)
    longest, slowest = 0.0, ""
    for number, query in enumerate(QUERIES):
        answered = rig.rs485.exchange(query.encode() + b"?")
        if not answered and query in OTHER_NAMES:  # printed one way, heard the other way on the wire
            answered = rig.rs485.exchange(OTHER_NAMES[query].encode() + b"?")
        assert answered, f"{query}? has no answer"
        if rig.rs485.answer_time > longest:
            longest, slowest = rig.rs485.answer_time, query
        rig.wait(0.033 * (number % 7))
    rig.measure("rs485_answer_time", longest, comment=f"{RATES[value]} bit/s, the slowest is {slowest}")
