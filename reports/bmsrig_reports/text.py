"""A run's summary as plain text, for the end of a run and for ``bmsrig report``."""

from __future__ import annotations

from collections.abc import Sequence

from bmsrig_reports import words
from bmsrig_reports.record import Record
from bmsrig_reports.verdict import VERDICTS

WIDEST = 60
"""Longer titles are cut, so that the table stays a table."""


def summary(record: Record) -> str:
    """Write a line for each requirement, the tests that did not pass, and the totals.

    Of a run that ended before its first test there is nothing to say but why.
    """
    if not record.tests:
        parts = [_left_out(record), ["no test was run", _verdict(record)]]
    else:
        parts = [_requirements(record), _bad_tests(record), _left_out(record), _totals(record)]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def _requirements(record: Record) -> list[str]:
    rows = [(row.requirement.id, row.word, str(len(row.tests)), row.requirement.title) for row in record.coverage]
    return _table(("requirement", "verdict", "tests", "title"), rows) if rows else []


def _bad_tests(record: Record) -> list[str]:
    rows = [(test.verdict, test.name, test.message or test.title) for test in record.tests if test.verdict != "pass"]
    return _table(("verdict", "test", "why"), rows) if rows else []


def _left_out(record: Record) -> list[str]:
    """The reasons whole: what is left out is nobody's fault, but somebody has to know it."""
    reasons: dict[str, list[str]] = {}
    for test in record.left_out:
        reasons.setdefault(test.message, []).append(test.name)
    lines = []
    for reason, tests in reasons.items():
        lines += [f"not run: {words.printable(reason)}", *(f"  {words.printable(name)}" for name in tests)]
    return lines


def _totals(record: Record) -> list[str]:
    counts = [f"{record.count(verdict)} {verdict}" for verdict in VERDICTS if record.count(verdict)]
    plural = "" if len(record.tests) == 1 else "s"
    untested = [row.requirement.id for row in record.coverage if not row.tests]
    simulated = words.seconds(sum(test.simulated_seconds for test in record.tests))
    wall = words.seconds(sum(test.wall_seconds for test in record.tests))
    lines = [
        f"{len(record.tests)} test{plural}: {', '.join(counts)}; "
        f"{len(record.measurements)} measurements; {simulated} on the rig's clock, {wall} of wall time"
    ]
    if record.left_out:
        plural = " was" if len(record.left_out) == 1 else "s were"
        lines.append(f"{len(record.left_out)} more test{plural} not run; the verdict is without")
    if untested:
        names = ", ".join(untested)
        lines.append(f"{len(untested)} of {len(record.coverage)} requirements have no test: {names}")
    return [*lines, _verdict(record)]


def _verdict(record: Record) -> str:
    reason = f" ({_one_line(record.message)})" if record.message else ""
    return f"verdict: {record.verdict.upper()}{reason}"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    cells = [head, *(tuple(_one_line(cell) for cell in row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]


def _one_line(text: str) -> str:
    line = words.printable(" ".join(text.split()))
    return line if len(line) <= WIDEST else line[: WIDEST - 3] + "..."
