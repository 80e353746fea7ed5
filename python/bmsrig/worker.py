"""A worker of pytest-xdist: one of several processes that share a plan, each with a virtual bench of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bmsrig import _core

RECORD = "bmsrig_record"
"""Under this name the controlling process hands down where the record goes if nobody says so."""
REFUSAL = "bmsrig_refusal"
"""Under this name a worker hands back why it cannot begin."""
PROBLEMS, NOTES = "bmsrig_problems", "bmsrig_notes"
"""Under these names a worker hands back what went wrong outside its tests, and what else the user should know."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Which of the workers this process is."""

    id: str
    """``gw0``, ``gw1``, ..."""
    count: int
    group: str
    """The same for all workers of one run."""
    default_record: Path

    @classmethod
    def of(cls, config: pytest.Config) -> Worker | None:
        """The worker that this process is; None if it runs a plan alone."""
        handed: dict[str, Any] | None = getattr(config, "workerinput", None)
        if handed is None:
            return None
        return cls(handed["workerid"], handed["workercount"], handed["testrunuid"], Path(handed[RECORD]))

    @property
    def properties(self) -> dict[str, str]:
        """What a record says of it."""
        return {"worker.id": self.id, "worker.count": str(self.count), "worker.group": self.group}

    def take_a_processor(self) -> None:
        """Stay on a processor of one's own, as far as there are so many: a worker and its UUT share one anyway."""
        processors = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {processors[int(self.id.removeprefix("gw")) % len(processors)]})

    def refuse_to_share(self, bench: _core.Bench, uut_command: str, metrics: str) -> None:
        """Raise InputError if a second process must not use this bench at the same time."""
        only = "leave -n out: "
        real = [each.name for each in bench.instruments if not each.driver.startswith("virtual_")]
        if uut_command == "none":
            raise _core.InputError(f"{only}there is one UUT, a board on the bench {bench.name}")
        if bench.is_real_time or real:
            instruments = f"real instruments ({', '.join(real)})" if real else "clock: real"
            raise _core.InputError(
                f"{only}the bench {bench.name} has {instruments}, and there is one of it; expected a virtual bench"
            )
        if metrics:
            raise _core.InputError(f"{only}--metrics {metrics[:200]} is one address, and every worker has figures")


def record_of(worker: str, record: Path) -> Path:
    """Where a worker's record goes: ``run.gw0.db`` where that of a run without workers would be ``run.db``."""
    return record.with_suffix(f".{worker}{record.suffix}")
