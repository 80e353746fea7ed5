"""Lamps that tell a number by blinks in a row and a longer pause."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from bmsrig.failure import ExpectationFailed
from bmsrig.rig import Rig

PAUSE = 1.5
"""A lamp that is dark for longer than this many of its blinks pauses."""


@dataclass(frozen=True, slots=True)
class Blinks:
    """One number that a lamp told: from the first of its blinks to the end of the pause after it."""

    lit: list[float]
    """How long each blink lasted, in s."""
    dark: list[float]
    """How long it was dark between two of them, in s."""
    pause: float
    """How long it was dark after the last, in s."""

    @property
    def count(self) -> int:
        """The number."""
        return len(self.lit)


def watch_blinks(rig: Rig, lamp: str, seconds: float) -> list[Blinks]:
    """Run for so long and return the numbers that the lamp told from beginning to end in that time."""
    pulses: list[tuple[float, float]] = []
    start: float | None = None
    for edge in rig.line(lamp).edges(seconds):
        if edge.level == "active":
            start = edge.time
        elif start is not None:
            pulses.append((start, edge.time))
            start = None
    if start is not None:
        pulses.append((start, start))  # only its beginning is known, which ends the pause before it
    longest = max((end - begin for begin, end in pulses), default=0.0)
    told: list[Blinks] = []
    group: list[tuple[float, float]] | None = None
    for pulse, following in pairwise(pulses):
        if group is not None:
            group.append(pulse)
        gap = following[0] - pulse[1]
        if gap > PAUSE * longest:
            if group is not None:
                told.append(_number(group, gap))
            group = []
    return told


def _number(pulses: list[tuple[float, float]], pause: float) -> Blinks:
    return Blinks(
        lit=[end - begin for begin, end in pulses],
        dark=[later[0] - earlier[1] for earlier, later in pairwise(pulses)],
        pause=pause,
    )


def expect_number(rig: Rig, lamp: str, number: int, seconds: float) -> list[Blinks]:
    """The lamp tells this number, whole, at least twice in so many seconds, and no other."""
    told = watch_blinks(rig, lamp, seconds)
    if len(told) < 2 or any(each.count != number for each in told):
        raise ExpectationFailed(
            f"line {lamp}: expected {number} blinks and a pause, again and again for {seconds:g} s, but it told "
            f"{[each.count for each in told] or 'nothing'}\n{rig.line(lamp)!r}"
        )
    return told
