"""The CAN protocols that CHRG selects, as the REC 2Q manual lists them (CAN Communication and Table 11).

The table is the plan's own: what a unit sends is held against the manual, not against the layouts that the rig and the
BMS processes share.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from bmsrig.failure import ExpectationFailed
from bmsrig.rig import Rig

BIT_RATES = {0: 100_000, 1: 125_000, 2: 250_000, 3: 500_000, 4: 1_000_000}
"""CANS -> bit/s with identifiers of 11 bits (Table 12)."""

LONG = 128
"""What CANS is higher by for identifiers of 29 bits (Table 12)."""

LISTENING = 3.0
"""s at each bit rate: longer than a unit pauses that sends in every measuring cycle, one message after the other."""

LENGTHS = {0x355: {4, 6, 8}, 0x356: {6, 8}, 0x359: {7, 8}, 0x35A: {7, 8}, 0x35C: {2, 8}}
"""How many bytes a message may have that real units were seen to send in several lengths; all others have 8.

In 0x355 the state of charge in fine steps is optional, in any protocol.
"""

LIMITS_WITHOUT_DVL = {6, 8}
"""0x351 where the lowest discharge voltage is not defined (Pylontech LV CAN V1.2)."""

ANY_LENGTH = set(range(9))
"""Of messages of which no layout is published."""

OWN = tuple(range(0x031, 0x039))
PYLONTECH = (0x351, 0x355, 0x356, 0x359, 0x35C, 0x35E)


@dataclass(frozen=True, slots=True)
class Protocol:
    """What a unit speaks with one CHRG."""

    name: str
    chrg: int
    cans: tuple[int, ...]
    """The settings of CANS that the manual names for it, the default first."""
    cycle: float
    """s between two of the same message, by the manual."""
    own: tuple[int, ...]
    """The protocol's own identifiers: of 29 bits if they are too large for 11."""
    database: str = ""
    """The layout by which its messages are read; none where nobody has published one."""
    is_confirmed: bool = True
    """A public document, or frames of a real unit, show this layout for this protocol."""
    with_rec: bool = False
    """REC's own protocol goes beside it."""
    beside: frozenset[int] = frozenset()
    """Identifiers that the manual does not list for it, but units were seen to send beside its own."""
    keep_alive: bool = True
    """The other side sends something of its own, which the unit has to bear and need not wait for."""

    def __str__(self) -> str:
        return self.name

    @property
    def identifiers(self) -> set[int]:
        """All that it sends."""
        return {*self.own, *(OWN if self.with_rec else ())}

    def lengths(self, identifier: int) -> set[int]:
        """How many bytes a message of it may have."""
        if not self.database and identifier in self.own:
            return ANY_LENGTH
        if identifier == 0x351 and self.database == "pylontech":
            return LIMITS_WITHOUT_DVL
        return LENGTHS.get(identifier, {8})


def _pylontech(name: str, chrg: int, cycle: float, own: tuple[int, ...] = PYLONTECH) -> Protocol:
    """A protocol with Pylontech's identifiers: that its layout is Pylontech's too, no public document says."""
    return Protocol(name, chrg, (3,), cycle, own, "pylontech", is_confirmed=False)


PROTOCOLS = [
    Protocol("rec", 0, (2, 0, 1, 3, 4), 0.1, OWN, "rec", keep_alive=False),
    Protocol(
        "victron",
        1,
        (3, 2),
        0.1,
        (0x351, 0x355, 0x356, 0x35A, 0x35E, 0x35F, 0x360, *range(0x372, 0x378), 0x379, 0x380, 0x381),
        "victron",
        beside=frozenset({0x370, 0x371, 0x378, 0x382, 0x404}),
    ),
    Protocol("sma", 2, (3,), 0.2, (0x351, 0x355, 0x356, 0x35A, 0x35E, 0x35F), "sma"),
    _pylontech("solax", 3, 0.2),
    _pylontech("studer", 4, 0.2),
    Protocol("growatt", 5, (3,), 0.1, (*range(0x311, 0x31A), 0x320, 0x321), "growatt"),
    _pylontech("solis", 6, 0.2, own=(0x351, 0x355, 0x356, 0x359)),
    Protocol("pylontech", 7, (3,), 0.1, PYLONTECH, "pylontech"),
    _pylontech("tbb", 8, 0.2),
    Protocol("tc", 9, (130, 131), 0.1, (0x1806E5F4, 0x1806E6F4, 0x1806E7F4), "tc", with_rec=True),
    Protocol("zivan", 10, (2, 1, 3), 0.1, (0x6C1, 0x6A1), is_confirmed=False, with_rec=True, keep_alive=False),
]
"""By CHRG."""

INVERTERS = [each for each in PROTOCOLS if each.is_confirmed and each.name not in ("rec", "tc")]
"""Inverters' protocols with a public layout."""

UNCONFIRMED = [each for each in PROTOCOLS if each.database and not each.is_confirmed]
"""Inverters' protocols of which only the identifiers are known."""


def named(name: str) -> Protocol:
    """The protocol of this name. Raises StopIteration if there is none."""
    return next(each for each in PROTOCOLS if each.name == name)


def for_each(protocols: Iterable[Protocol] = PROTOCOLS) -> pytest.MarkDecorator:
    """A test for each of these protocols."""
    return pytest.mark.parametrize("protocol", protocols, ids=str)


def bit_rate(cans: int) -> int:
    """bit/s that this CANS stands for."""
    return BIT_RATES[cans % LONG]


def select(rig: Rig, protocol: Protocol, cans: int | None = None, **settings: float | str) -> None:
    """Write CHRG and CANS over RS-485, start the unit anew with these settings, and listen at the rate of CANS.

    cans: by default the first that the manual names. Before the unit has surely sent all of its messages nothing is
    known of them; see :func:`wait_for_all`.
    """
    chosen = protocol.cans[0] if cans is None else cans
    rig.rs485.write("CHRG", protocol.chrg)
    rig.rs485.write("CANS", chosen)
    rig.can.bit_rate = bit_rate(chosen)  # before the start: a node at another rate would break off the first frames
    rig.restart(**settings)


def expect_bit_rate(rig: Rig, expected: int) -> None:
    """The bus works at this rate: found by listening, as a tester does who does not know the unit.

    Raises ExpectationFailed if it is another, or there is none at which the unit can be understood.
    """
    found = rig.can.detect_bit_rate(listening=LISTENING)
    if found != expected:
        raise ExpectationFailed(f"expected frames at {expected} bit/s, but the unit sends at {found} bit/s")


def rejoin(rig: Rig) -> None:
    """Let the rig's node return to the bus if errors have taken it off; the unit's has to return by itself."""
    if rig.can.state == "bus_off":
        rig.can.recover()


def wait_for_all(rig: Rig) -> None:
    """Wait until every message has been sent anew, however slowly the unit may take turns."""
    longest = rig.limit("can_period").high
    assert longest is not None
    rig.wait(longest)


def expect_all_messages(rig: Rig, protocol: Protocol) -> None:
    """The unit sends all messages of the protocol within the longest period, and no others."""
    longest = rig.limit("can_period").high
    assert longest is not None
    seen = set(rig.can.watch(longest)) - protocol.beside
    if seen != protocol.identifiers:
        missing, foreign = (
            ", ".join(f"0x{each:03X}" for each in sorted(others)) or "none"
            for others in (protocol.identifiers - seen, seen - protocol.identifiers)
        )
        raise ExpectationFailed(
            f"protocol {protocol}: expected all of its messages within {longest:g} s and no others, but of its own "
            f"{missing} did not come, and of others {foreign} did"
        )
