"""A REC unit that is off, or in deep sleep: nothing conducts, shines or speaks."""

from __future__ import annotations

from bmsrig.failure import ExpectationFailed
from bmsrig.rig import Rig
from bmsrig.steps.lines import expect_levels_stay

LINES = ["precharge", "opto.1", "opto.2", "led.power", "led.error", "buzzer"]


def expect_off(rig: Rig, seconds: float, relays: tuple[str, ...] = ("relay",)) -> None:
    """Every output is released now and for so long, CAN is silent all that time, and RS-485 gives no answer."""
    balancing = [f"balance.{number}" for number in range(1, len(rig.cells) + 1)]
    expect_levels_stay(rig, dict.fromkeys([*relays, *LINES, *balancing], "inactive"), seconds / 2)
    rig.can.stays_silent(seconds / 2)
    answer = rig.rs485.exchange(b"LCD1?")
    if answer:
        raise ExpectationFailed(f"expected no answer on RS-485 from a unit that is off, but it sent {answer}")
    expect_levels_stay(rig, dict.fromkeys([*relays, *LINES, *balancing], "inactive"), 0)
