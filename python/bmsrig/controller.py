"""The controlling process of a plan that several workers of pytest-xdist share: it runs no test itself."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest
from bmsrig_reports.record import RecordError

from bmsrig import worker
from bmsrig.finished import FinishedRun
from bmsrig.run import NOTHING_RUN
from bmsrig.verdict import Verdict


class Controller:
    """A pytest plugin that puts the workers' records together to one run."""

    def __init__(self, record: Path) -> None:
        self._record = record
        self._nodes: dict[str, Any] = {}
        self._refusals: dict[str, None] = {}
        self._problems: dict[str, None] = {}
        self._notes: dict[str, None] = {}
        self._collected: dict[str, None] = {}
        self._finished: set[str] = set()
        self._lost: dict[str, str] = {}
        self._stopped_by_operator = False
        self._stopped_early = ""

    @staticmethod
    def is_wanted(config: pytest.Config) -> bool:
        """Whether this process is one that distributes tests."""
        is_worker = hasattr(config, "workerinput")
        return not is_worker and getattr(config.option, "dist", "no") != "no" and bool(config.option.tx)

    # The workers come and go.

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, specs: Sequence[Any]) -> None:
        """Refuse to overwrite a record before anything runs."""
        for spec in specs:
            file = worker.record_of(spec.id, self._record)
            if file.exists():
                raise pytest.UsageError(
                    f"{file}: exists already, and a record is never overwritten; choose another name"
                )

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker what it cannot find out."""
        node.workerinput[worker.RECORD] = str(self._record)
        self._nodes[node.gateway.id] = node

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Remember what there is to run."""
        self._collected.update(dict.fromkeys(ids))

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Remember what was run to its end."""
        self._finished.add(nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, report: pytest.TestReport) -> None:
        """Count a test that took its worker with it as an error of ours."""
        report.bmsrig_verdict = Verdict.ERROR.word  # type: ignore[attr-defined]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object | None) -> None:
        """Take what a worker hands back. Most of it every worker says, and it is told once."""
        output = getattr(node, "workeroutput", {})
        self._refusals.update(dict.fromkeys([output[worker.REFUSAL]] if worker.REFUSAL in output else []))
        self._problems.update(dict.fromkeys(output.get(worker.PROBLEMS, [])))
        self._notes.update(dict.fromkeys(output.get(worker.NOTES, [])))
        if error == "keyboard-interrupt":
            self._stop()
        elif error:
            self._lost[node.gateway.id] = f"the worker {node.gateway.id} was lost ({error})"

    # The run.

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Say once what every worker refused."""
        try:
            return (yield)
        except KeyboardInterrupt:
            if self._refusals and not self._records():
                raise pytest.UsageError(next(iter(self._refusals))) from None
            raise

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Tell Ctrl-C from pytest-xdist's own way to end a run early."""
        if type(excinfo.value) is KeyboardInterrupt:
            self._stop()
        else:
            self._stopped_early = str(excinfo.value)

    def _stop(self) -> None:
        """Pass Ctrl-C on: not everybody who sends it sends it to all."""
        if self._stopped_by_operator:
            return
        self._stopped_by_operator = True
        for id_, node in self._nodes.items():
            # Only to a process of ours that is still there, and that knows how to take it twice.
            uses_rig = worker.record_of(id_, self._record).is_file()
            if uses_rig and node.gateway.spec.popen and node.gateway.hasreceiver():
                os.kill(node.gateway._rinfo().pid, signal.SIGINT)

    # The end.

    def finish(self, exitstatus: int) -> FinishedRun | None:
        """Put the records together; None if no worker used the rig. Call it when all workers have ended."""
        files = self._records()
        if not files and not self._lost:
            return None
        floor, reasons = self._floor(exitstatus)
        problems = reasons if floor == Verdict.ERROR else []
        finished = FinishedRun(floor, files, list(problems), list(self._notes), "\n".join(reasons))
        if not files:
            return finished
        try:
            with finished.open() as opened:
                record = opened.read()
            finished.verdict = Verdict.from_word(record.verdict)
            if record.left_out and not record.tests and finished.verdict == Verdict.PASS:
                finished.verdict, finished.message = Verdict.INCONCLUSIVE, NOTHING_RUN
        except RecordError as problem:
            finished.verdict = Verdict.ERROR
            finished.problems.append(str(problem))
        return finished

    def _records(self) -> list[Path]:
        files = [worker.record_of(id_, self._record) for id_ in self._nodes]
        return [file for file in files if file.is_file()]

    def _floor(self, exitstatus: int) -> tuple[Verdict, list[str]]:
        """What is known of the run beside its records: no better than this verdict, for these reasons."""
        problems = [*self._lost.values(), *self._refusals, *self._problems]
        if not self._stopped_by_operator and not self._stopped_early:
            left = [test for test in self._collected if test not in self._finished]
            if left:
                problems.append(
                    f"{len(left)} of {len(self._collected)} tests were not run to their end: {', '.join(left)}"
                )
        if exitstatus == pytest.ExitCode.INTERNAL_ERROR:
            problems.append("pytest had an internal error")
        if problems:
            return Verdict.ERROR, problems
        if self._stopped_by_operator:
            return Verdict.ABORTED, ["stopped by the operator"]
        return Verdict.PASS, [self._stopped_early] if self._stopped_early else []
