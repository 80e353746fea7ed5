"""Lamps that follow an output, and lamps that flash."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from bmsrig.failure import ExpectationFailed
from bmsrig.line import Level
from bmsrig.rig import Rig
from bmsrig.steps.battery import LOW_CELL, charge_stops, heal
from bmsrig.steps.lead import release_time, shortest_lead
from bmsrig.steps.lines import expect_levels_stay, measure_reaction
from bmsrig.steps.thresholds import OPPOSITE


def measure_lamp(
    rig: Rig, lamp: str, becomes: Level, *, since: float, limit: str, comment: str = "", seconds: float = 30
) -> None:
    """The lamp becomes lit (active) or dark along with its output, and stays so for these seconds.

    since: when the output changed, in s since the start of the test. limit: how far the lamp trails it, in s; negative
    if the lamp changes first.
    """
    measure_reaction(rig, since, lamp, becomes, limit, comment=comment)
    expect_levels_stay(rig, {lamp: becomes}, seconds)


def measure_lamp_of_load(rig: Rig, lamp: str, limit: str) -> None:
    """The lamp is lit exactly while Load is high: through the warning, dark from the release to the return.

    Leaves the battery healthy.
    """
    rig.line(lamp).expect_active()
    with rig.step("warned, not yet released"):
        rig.cell(1).set(LOW_CELL)
        rig.line("pre_alarm").expect_active()
        rig.line(lamp).expect_stays_active(seconds=shortest_lead(rig) / 2)
    with rig.step("released"):
        shed = rig.line("load").expect_inactive(within=release_time(rig))
        measure_lamp(rig, lamp, "inactive", since=shed.time, limit=limit, comment="release")
    with rig.step("recovered"):
        heal(rig)
        back = rig.line("load").expect_active()
        measure_lamp(rig, lamp, "active", since=back.time, limit=limit, comment="return")


def measure_lamp_of_charge(rig: Rig, lamp: str, limit: str, *, while_stopped: Level) -> None:
    """The lamp has one level exactly while Charge is released, for over-voltage, heat or cold, and otherwise the other.

    while_stopped: active if the lamp warns that charging stopped, inactive if it says that charging is allowed.
    Ends with empty cells, which must leave the lamp alone.
    """
    while_allowed = OPPOSITE[while_stopped]
    expect_levels_stay(rig, {lamp: while_allowed}, seconds=30)
    for name, cause in charge_stops(rig).items():
        with rig.step(name):
            cause()
            stopped = rig.line("charge").expect_inactive()
            measure_lamp(rig, lamp, while_stopped, since=stopped.time, limit=limit, comment=name)
        with rig.step(f"no longer {name}"):
            heal(rig)
            back = rig.line("charge").expect_active()
            measure_lamp(rig, lamp, while_allowed, since=back.time, limit=limit, comment=f"after {name}")
    with rig.step("under-voltage"):
        rig.cells.set(LOW_CELL)
        expect_levels_stay(rig, {lamp: while_allowed}, seconds=2 * shortest_lead(rig))


@dataclass(frozen=True, slots=True)
class Flashes:
    """What a flashing lamp did while it was watched."""

    starts: list[float]
    """When it was lit, in s since the start of the test."""
    durations: list[float]
    """How long it stayed lit, in s, for each flash that ended while it was watched."""

    @property
    def periods(self) -> list[float]:
        """From the start of each flash to that of the next, in s."""
        return [later - earlier for earlier, later in pairwise(self.starts)]


def watch_flashes(rig: Rig, lamp: str, seconds: float) -> Flashes:
    """Run for so long and return the flashes that began in that time; one that is lit already does not count."""
    starts: list[float] = []
    durations: list[float] = []
    for edge in rig.line(lamp).edges(seconds):
        if edge.level == "active":
            starts.append(edge.time)
        elif starts:
            durations.append(edge.time - starts[-1])
    return Flashes(starts, durations)


def measure_flashes(
    rig: Rig, lamp: str, seconds: float, *, count_limit: str, period_limit: str, duration_limit: str, comment: str = ""
) -> Flashes:
    """Watch a lamp for so long, and measure how often it flashed, how regularly and how long.

    count_limit: flashes in these seconds. period_limit, duration_limit: in s; the shortest and the longest are judged.
    """
    seen = watch_flashes(rig, lamp, seconds)
    rig.measure(count_limit, len(seen.starts), comment=f"{comment} in {seconds:g} s".strip())
    for words, limit, values in (("period", period_limit, seen.periods), ("flash", duration_limit, seen.durations)):
        if not values:
            raise ExpectationFailed(
                f"line {lamp}: expected flashes for {seconds:g} s, but saw {len(seen.starts)}\n{rig.line(lamp)!r}"
            )
        rig.measure(limit, min(values), comment=f"{comment} shortest {words}".strip())
        rig.measure(limit, max(values), comment=f"{comment} longest {words}".strip())
    return seen
