"""Switching the system on and off at its remote terminals, by contacts or by voltages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bmsrig.line import Level
from bmsrig.rig import Rig
from bmsrig.steps.lines import expect_all, expect_levels_stay
from bmsrig.stimulus import Applied

Use = Callable[[], Applied]
"""Something done at the terminals, such as ``rig.switch("remote.link").close``."""


def measure_switching(
    rig: Rig,
    *,
    on: Use,
    off: Use,
    lines: Sequence[str],
    on_limit: str,
    off_limit: str = "remote_off_time",
    comment: str = "",
) -> None:
    """From off: `on` alone makes all of these lines active, and they stay so; `off` makes all of them inactive again.

    Measures by on_limit and off_limit, in s, how long the slowest of the lines took each time.
    """
    off()
    expect_all(rig, lines, "inactive")
    with rig.step(f"switched on {comment}".strip()):
        applied = on()
        last = expect_all(rig, lines, "active")
        rig.measure(on_limit, last - applied.time, comment=comment)
        expect_levels_stay(rig, dict.fromkeys(lines, "active"), seconds=30)
    with rig.step(f"switched off {comment}".strip()):
        applied = off()
        last = expect_all(rig, lines, "inactive")
        rig.measure(off_limit, last - applied.time, comment=comment)
        expect_levels_stay(rig, dict.fromkeys(lines, "inactive"), seconds=30)


def expect_bounce_counts_once(rig: Rig, contact: str, lines: Sequence[str]) -> None:
    """The contact bounces as it opens, then as it closes: the lines follow where it ends, and stay there.

    contact: closed at the beginning; as long as it is, the system is on.
    """
    levels: tuple[Level, Level] = ("inactive", "active")
    for level in levels:
        with rig.step(f"{contact} bounces, the lines end {level}"):
            rig.switch(contact).bounce(times=5, interval=0.01)
            expect_all(rig, lines, level)
            rig.settle()
            expect_levels_stay(rig, dict.fromkeys(lines, level), seconds=30)
