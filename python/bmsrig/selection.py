"""Choosing tests by the time they take: in real time, what costs a millisecond in virtual time costs minutes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bmsrig_reports import words
from bmsrig_reports.record import RecordFile

from bmsrig import _core

_SECONDS = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}


def parse_duration(text: str) -> float:
    """``60``, ``60s``, ``1.5 min`` or ``2 h`` in s. Raises ValueError for anything else, and for nothing or less."""
    match = re.fullmatch(r"\s*(\d+\.?\d*)\s*(ms|s|min|h)?\s*", text)
    if match is None or float(match[1]) == 0:
        raise ValueError(f"{text[:40]!r} stands here; expected a time above zero, such as 60s, 2min or 1h")
    return float(match[1]) * _SECONDS[match[2] or "s"]


@dataclass(frozen=True, slots=True)
class Times:
    """How long tests took on the rig's clock in earlier runs."""

    seconds: Mapping[str, float] = field(default_factory=dict)
    """By the test's name. A test that was cut short is not among them: nobody knows what it takes."""
    records: str = ""

    @classmethod
    def read(cls, files: Sequence[str]) -> Times:
        """Of these records; the longest time counts. Raises RecordError."""
        seconds: dict[str, float] = {}
        for file in files:
            with RecordFile(Path(file)) as opened:
                tests = opened.read().tests
            for test in tests:
                if test.verdict not in ("aborted", "error"):
                    seconds[test.name] = max(test.simulated_seconds, seconds.get(test.name, 0.0))
        return cls(seconds, ", ".join(Path(file).name for file in files))

    def check(self, tests: Sequence[str]) -> None:
        """Raise InputError if they say nothing of any of these tests: they are those of another plan."""
        if self.seconds and not self.seconds.keys() & set(tests):
            example = next(iter(self.seconds))
            raise _core.InputError(
                f"--times-from {self.records}: holds none of the {len(tests)} tests that were collected, but "
                f"{len(self.seconds)} others such as {example}; expected a record of the same plan"
            )

    def why_too_long(self, test: str, longest: float | None) -> str:
        """Why a test is left out; empty if it is run. One that nobody has timed is run."""
        if longest is None or self.seconds.get(test, 0.0) <= longest:
            return ""
        return f"takes more than {words.seconds(longest)}, by the times of {self.records}"

    def forecast(self, tests: Sequence[str], real_time: bool) -> str:
        """Say how long these tests will take; empty without any times."""
        if not self.seconds:
            return ""
        unknown = sum(test not in self.seconds for test in tests)
        total = words.seconds(sum(self.seconds.get(test, 0.0) for test in tests))
        where = "on this bench" if real_time else "on the rig's clock, which costs nothing on this bench"
        more = f"; of {unknown} of them no record tells the time" if unknown else ""
        return f"{len(tests)} test{'' if len(tests) == 1 else 's'}, about {total} {where}{more}"
