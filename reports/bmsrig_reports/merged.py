"""The records of one run that several workers shared, read as if they were one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from bmsrig_reports.can_frames import CanEvent, CanRow
from bmsrig_reports.record import CUT_OFF, Changes, Record, RecordError, RecordFile, Test
from bmsrig_reports.verdict import worst

GROUP, WORKER = "worker.group", "worker.id"
"""Properties of a record: the run whose workers wrote it and others, and which of the workers wrote this one."""


class MergedRecords:
    """Open records of one run. Reads like a RecordFile; the tests are numbered anew, in the order of their names."""

    def __init__(
        self,
        paths: Sequence[Path | str],
        verdict: str = "pass",
        message: str = "",
        open_file: Callable[[Path | str], RecordFile] = RecordFile,
    ) -> None:
        """Open the files, at least one, for reading.

        verdict, message: what is known of the run that stands in none of its records, such as a worker that was lost.
        Raises RecordError if a file cannot be read or they do not belong to one run.
        """
        self._known = verdict, message
        self._places: dict[int, tuple[RecordFile, int]] = {}
        with ExitStack() as opened:
            self._files = [opened.enter_context(open_file(path)) for path in paths]
            records = [file.read() for file in self._files]
            _check_group(paths, records)
            self._record = self._merge(records)
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def read(self) -> Record:
        """Everything but traces and transcripts."""
        return self._record

    def trace_end(self, test: int) -> int:
        """As of a RecordFile."""
        file, number = self._places[test]
        return file.trace_end(number)

    def trace(self, test: int) -> Iterator[Changes]:
        """As of a RecordFile."""
        file, number = self._places[test]
        return file.trace(number)

    def can_buses(self, test: int) -> list[str]:
        """As of a RecordFile."""
        file, number = self._places[test]
        return file.can_buses(number)

    def can_frames(self, test: int, bus: str) -> Iterator[list[CanEvent]]:
        """As of a RecordFile."""
        file, number = self._places[test]
        return file.can_frames(number, bus)

    def can_table(self, test: int) -> list[CanRow]:
        """As of a RecordFile."""
        file, number = self._places[test]
        return file.can_table(number)

    def _merge(self, records: list[Record]) -> Record:
        found = [(file, test) for file, record in zip(self._files, records, strict=True) for test in record.tests]
        tests = []
        # Which worker took which test, and when, is chance.
        for number, (file, test) in enumerate(sorted(found, key=lambda each: _natural(each[1].name)), start=1):
            self._places[number] = file, test.id
            tests.append(_renumbered(test, number))
        ends = [record.ended_utc for record in records]
        verdict, message = self._known
        messages = [message, *(_message(record) for record in records)]
        return replace(
            records[0],
            id=records[0].properties.get(GROUP, records[0].id),
            started_utc=min(record.started_utc for record in records),
            ended_utc=None if None in ends else max(end for end in ends if end is not None),
            verdict=worst([verdict, *(_verdict(record) for record in records)]),
            message="\n".join(dict.fromkeys(filter(None, messages))),
            properties=_properties(records),
            tests=tuple(tests),
            left_out=_each_once(test for record in records for test in record.left_out),
        )


def _check_group(paths: Sequence[Path | str], records: list[Record]) -> None:
    first = records[0].properties.get(GROUP)
    seen: dict[str, Path | str] = {}
    for path, record in zip(paths, records, strict=True):
        if len(records) > 1 and (first is None or record.properties.get(GROUP) != first):
            raise RecordError(
                f"{path}: is not of the same run as {paths[0]}; expected the records of one run's workers"
            )
        if record.id in seen:
            raise RecordError(f"{path}: is the same record as {seen[record.id]}; expected each once")
        seen[record.id] = path


def _is_cut_off(record: Record) -> bool:
    return record.ended_utc is None and record.message == CUT_OFF


def _verdict(record: Record) -> str:
    """A worker that ended without closing its record, while there is somebody to say so, took tests with it."""
    return "error" if _is_cut_off(record) else record.verdict


def _message(record: Record) -> str:
    worker = record.properties.get(WORKER, "")
    return f"{worker}: {record.message}" if record.message and worker and _is_cut_off(record) else record.message


def _properties(records: list[Record]) -> dict[str, str]:
    """What differs between workers is listed."""
    names = sorted({name for record in records for name in record.properties})
    values = {
        name: dict.fromkeys(record.properties[name] for record in records if name in record.properties)
        for name in names
    }
    return {name: ", ".join(different) for name, different in values.items()}


def _each_once(tests: Iterable[Test]) -> tuple[Test, ...]:
    """What every worker left out is one test; one that a single worker left out stands beside it."""
    by_name = {test.name: test for test in tests}
    return tuple(by_name[name] for name in sorted(by_name, key=_natural))


def _renumbered(test: Test, number: int) -> Test:
    return replace(
        test, id=number, measurements=tuple(replace(measurement, test=number) for measurement in test.measurements)
    )


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts test[2] before test[10]."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
