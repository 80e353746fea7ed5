"""Which requirements a run's tests verify, and with what result."""

from __future__ import annotations

from dataclasses import dataclass

from bmsrig import _core
from bmsrig.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Covered:
    """One requirement with the tests that trace it."""

    requirement: _core.Requirement
    tests: list[str]
    verdict: Verdict | None
    """The worst of its tests; None if it has none."""


def coverage(
    requirements: list[_core.Requirement], traced: dict[str, list[str]], verdicts: dict[str, Verdict]
) -> list[Covered]:
    """A row for each requirement. traced: test -> requirement ids; verdicts: test -> verdict, of the tests that ran."""
    rows = []
    for requirement in requirements:
        tests = [test for test, ids in traced.items() if requirement.id in ids and test in verdicts]
        verdict = Verdict.worst(verdicts[test] for test in tests) if tests else None
        rows.append(Covered(requirement, tests, verdict))
    return rows


def coverage_table(rows: list[Covered]) -> list[str]:
    """The table as text, a line for each requirement; those without a test are named at the end."""
    width = max((len(row.requirement.id) for row in rows), default=0)
    lines = []
    for row in rows:
        word = row.verdict.name if row.verdict is not None else "NO TEST"
        kind = "" if row.requirement.kind == "verify" else f" ({row.requirement.kind})"
        lines.append(f"{row.requirement.id:<{width}}  {word:<12}  {len(row.tests):>3} tests  {row.requirement.title}{kind}")
    missing = [row.requirement.id for row in rows if not row.tests]
    covered = f"{len(rows) - len(missing)} of {len(rows)} requirements have a test"
    lines.append(covered + (f"; without one: {', '.join(missing)}" if missing else ""))
    return lines
