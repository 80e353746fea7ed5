"""The charge and discharge limits that a REC unit sends on CAN, and a charger or load that heeds them.

database: the protocol that the unit speaks, where it is not REC's own.
"""

from __future__ import annotations

import math
from itertools import pairwise

from bmsrig.failure import ExpectationFailed
from bmsrig.meter import Reading
from bmsrig.rig import Rig
from bmsrig.steps.rec import current
from bmsrig.steps.rec.arbiter import SETTLED

RESOLUTION = 0.1
"""A, and V of CVL: what one step of a limit on CAN is (REC 2Q manual, Table 19)."""


def read_limit(rig: Rig, name: str, database: str = "rec") -> float:
    """CVL, CCL, DCL or DVL as the unit sent it last, in V or A."""
    return rig.can[database].signal(name).value


def refresh(rig: Rig) -> float:
    """How long the unit may take until a limit on CAN is a newer one, in s: a cycle to measure, and to send it."""
    allowed = rig.limit("can_refresh_time").high
    assert allowed is not None
    return SETTLED + allowed


def measure_limit(
    rig: Rig,
    name: str,
    expected: float,
    limit: str,
    within: float | None = None,
    comment: str = "",
    database: str = "rec",
) -> None:
    """Expect a limit on CAN to come near a value, and measure how far from it it is.

    limit: in the unit of the limit on CAN, of the deviation. within: s, by default until the unit had to send it anew.
    """
    rig.wait(SETTLED)
    allowed = refresh(rig) if within is None else within
    signal = rig.can[database].signal(name)
    try:
        reading: Reading = signal.expect_near(expected, RESOLUTION, within=allowed)
        value = reading.value
    except ExpectationFailed:
        value = signal.value
        if math.isnan(value):  # nothing has come that could be judged
            raise
    rig.measure(limit, value - expected, 0.0, comment=f"{comment} {name} {value:g}, expected {expected:g}".strip())


def expect_limit(
    rig: Rig, name: str, low: float, high: float, within: float | None = None, database: str = "rec"
) -> float:
    """Run until a limit on CAN lies between two values, their ends included, and return it."""
    allowed = refresh(rig) if within is None else within
    reading: Reading = rig.can[database].signal(name).expect_between(low - 1e-6, high + 1e-6, within=allowed)
    return reading.value


def follow(
    rig: Rig, seconds: float, wanted: float, step: float = 1.0, database: str = "rec"
) -> list[tuple[float, float]]:
    """Let a charger (wanted > 0) or a load (wanted < 0) take what it wants, but never more than the limit allows.

    Looks every `step` s. Returns the limit each time: s since the call, A.
    """
    name = "CCL" if wanted > 0 else "DCL"
    start = rig.now
    seen = []
    while rig.now < start + seconds - 1e-9:
        allowed = read_limit(rig, name, database)
        current.apply(rig, min(wanted, allowed) if wanted > 0 else max(wanted, -allowed))
        rig.wait(min(step, start + seconds - rig.now))
        seen.append((rig.now - start, read_limit(rig, name, database)))
    return seen


def expect_ramp_down(seen: list[tuple[float, float]], words: str) -> None:
    """The limits only ever fell. Raises ExpectationFailed naming the first that rose."""
    for (_, before), (time, after) in pairwise(seen):
        if after > before + RESOLUTION + 1e-6:
            raise ExpectationFailed(
                f"{words}: expected the limit only to fall, but after {time:g} s it rose to {after:g} A"
            )
