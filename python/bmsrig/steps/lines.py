"""Lines by the level that they should have, their reaction times, and stages that source or float."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from bmsrig.failure import ExpectationFailed
from bmsrig.line import Edge, Level
from bmsrig.rig import Rig


def expect_level(rig: Rig, line: str, level: Level, within: float | None = None) -> Edge:
    """Run until the line has this level; see :meth:`bmsrig.line.Line.expect_active`. Within 0 s: it has it now."""
    watched = rig.line(line)
    return watched.expect_active(within) if level == "active" else watched.expect_inactive(within)


def expect_all(rig: Rig, lines: Iterable[str], level: Level, within: float | None = None) -> float:
    """All of these lines get this level; returns when the last of them did. within: for each of them, from now on."""
    return max(expect_level(rig, line, level, within).time for line in lines)


def expect_levels(rig: Rig, levels: Mapping[str, Level]) -> None:
    """Give the UUT its reaction time to what was applied; then each of these lines has its level."""
    rig.settle()
    for line, level in levels.items():
        expect_level(rig, line, level, within=0)


@contextmanager
def expect_unchanged(rig: Rig, lines: Iterable[str]) -> Iterator[None]:
    """None of these lines changes, not for a moment, while the body runs."""
    before = {line: rig.line(line).last_edge for line in lines}
    start = rig.now
    yield
    for line, edge in before.items():
        if rig.line(line).last_edge.number != edge.number:
            raise ExpectationFailed(
                f"line {line}: expected it to stay {edge.level} from {start:.6f} s on, but it changed\n"
                f"{rig.line(line)!r}"
            )


def expect_levels_stay(rig: Rig, levels: Mapping[str, Level], seconds: float) -> None:
    """Each of these lines has its level now and keeps it for so long, without a moment of another."""
    for line, level in levels.items():
        expect_level(rig, line, level, within=0)
    with expect_unchanged(rig, levels):
        rig.wait(seconds)


def measure_reaction(
    rig: Rig, since: float, line: str, becomes: Level, limit: str, *, within: float | None = None, comment: str = ""
) -> Edge:
    """Expect the line to change, and measure how long after a stimulus or another edge it did.

    since: when that was, in s since the start of the test. limit: in s.
    """
    edge = expect_level(rig, line, becomes, within)
    rig.measure(limit, edge.time - since, comment=comment)
    return edge


def expect_sources(rig: Rig, line: str, seconds: float = 120) -> None:
    """The output is driven high, and stays so."""
    rig.line(line).expect_active()
    rig.line(line).expect_driven_high()
    rig.line(line).expect_stays_active(seconds)


def expect_released(rig: Rig, lines: Iterable[str], seconds: float = 30) -> None:
    """All of these outputs are released within the reaction time, float (neither source nor sink), and stay so."""
    names = list(lines)
    expect_all(rig, names, "inactive")
    for line in names:
        rig.line(line).expect_floating()
    expect_levels_stay(rig, dict.fromkeys(names, "inactive"), seconds)
