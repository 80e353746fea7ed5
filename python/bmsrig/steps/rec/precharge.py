"""The pre-charge of the REC units before their relay closes."""

from __future__ import annotations

from bmsrig.line import Edge
from bmsrig.rig import Rig

RESERVE = 1.0
"""s; how much longer than it should a pre-charge is waited for."""


def precharge_time(rig: Rig) -> float:
    """How long the pre-charge is on before the relay closes: PRCT less 1, in s (REC 2Q manual, Table 10, PRCT)."""
    return rig.setting("prct") - 1


def measure_closing(rig: Rig, within: float, relay: str = "relay", comment: str = "") -> Edge:
    """The pre-charge closes, then, after its time and not before, the relay; the pre-charge ends with that.

    within: how long the pre-charge may take to close from now, in s. Measures precharge_deviation, and records how
    long the pre-charge outlasts the relay's closing (precharge_end_lag). Returns the closing of the relay.
    """
    began = rig.line("precharge").expect_active(within=within)
    closed = rig.line(relay).expect_active(within=precharge_time(rig) + RESERVE)
    rig.measure("precharge_deviation", closed.time - began.time - precharge_time(rig), comment=comment)
    ended = rig.line("precharge").expect_inactive()
    rig.measure("precharge_end_lag", ended.time - closed.time, comment=comment)
    rig.line(relay).expect_active(within=0)
    return closed
