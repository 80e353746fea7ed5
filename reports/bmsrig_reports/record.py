"""A record, read into typed values. The schema stands in record_schema.sql; times are integer nanoseconds."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self, TypeVar
from urllib.parse import quote

from bmsrig_reports.can_frames import CanEvent, CanRow, add_up
from bmsrig_reports.verdict import VERDICTS, worst

APPLICATION_ID = 1112363858
"""What marks an SQLite file as a record: "BMSR"."""
SCHEMA = 3
"""The newest schema that this version reads; it reads the older ones too."""
CAN_SCHEMA = 2
"""The schema since which a record holds the frames of CAN buses."""
NOT_RUN = "not_run"
"""Stands where a test has its verdict if it was left out; since schema 3."""
CUT_OFF = "the rig ended without closing the record"
"""The message of a run that has no verdict: the rig was killed, or lost power."""

RUN_COLUMNS = (
    *(
        "id",
        "started_utc",
        "ended_utc",
        "plan",
        "fixture",
        "bench",
        "serial",
        "operator",
        "uut_command",
        "seed",
    ),
    *("verdict", "message"),
)

Changes = tuple[list[int], list[int], list[float]]
"""One block of a trace: times in ns, signal ids, values."""


T = TypeVar("T")


class RecordError(ValueError):
    """The file is no record that can be read. The text names the file, what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement of the product as the fixture states it."""

    id: str
    title: str
    text: str
    observe: str
    kind: str
    """"verify" or "characterise"."""
    source: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """A reading with its unit, uncertainty (half width), limit and verdict."""

    test: int
    name: str
    value: float
    unit: str
    uncertainty: float
    low: float | None
    high: float | None
    acceptance: str
    """"guarded" (the whole interval must lie inside the limit) or "simple"."""
    verdict: str
    time_ns: int
    requirement: str
    source: str
    """Where the limit's numbers come from."""
    comment: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A remark in time: the start of a step, an applied fault."""

    time_ns: int
    text: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line that the UUT, the rig or an instrument said."""

    time_ns: int
    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Signal:
    """A named signal of a test's trace; since schema 2 only what has changed in the test is named."""

    id: int
    name: str
    kind: str
    """"analog", "line", "stage", "contact" or "level"."""
    unit: str


@dataclass(frozen=True, slots=True)
class Test:
    """One test of the run with all that belongs to it but its trace and its transcripts."""

    __test__: ClassVar[bool] = False  # or pytest takes it for a class of tests

    id: int
    name: str
    title: str
    description: str
    verdict: str
    message: str
    details: str
    wall_seconds: float
    simulated_seconds: float
    requirements: tuple[str, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    marks: tuple[Mark, ...] = ()
    log: tuple[LogLine, ...] = ()
    signals: tuple[Signal, ...] = ()


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that decided the run, kept whole."""

    name: str
    sha256: str
    content: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """A requirement with the tests that trace it."""

    requirement: Requirement
    tests: tuple[Test, ...]
    left_out: tuple[Test, ...] = ()

    @property
    def verdict(self) -> str | None:
        """The worst of its tests; None if it has none."""
        return worst(test.verdict for test in self.tests) if self.tests else None

    @property
    def word(self) -> str:
        """The verdict, or why there is none."""
        return self.verdict or ("not run" if self.left_out else "no test")


@dataclass(frozen=True, slots=True)
class Record:
    """A run. A run without a verdict was cut off: it reads as aborted."""

    id: str
    started_utc: str
    ended_utc: str | None
    plan: str
    fixture: str
    bench: str
    serial: str
    operator: str
    uut_command: str
    seed: str
    verdict: str
    message: str
    properties: dict[str, str] = field(default_factory=dict)
    input_files: tuple[InputFile, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    tests: tuple[Test, ...] = ()
    left_out: tuple[Test, ...] = ()
    """Tests that were not run, or not to their end, through nobody's fault; their messages say why."""

    @property
    def title(self) -> str:
        """What the product is called."""
        return self.properties.get("fixture.title", "") or self.fixture

    @property
    def calibration_flaws(self) -> dict[str, str]:
        """Instruments whose calibration has run out or is not known, with what is said of it."""
        told = {
            name.removeprefix("calibration."): text
            for name, text in self.properties.items()
            if name.startswith("calibration.")
        }
        return {name: text for name, text in told.items() if text.startswith(("EXPIRED", "UNKNOWN"))}

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Those of all tests, in order."""
        return tuple(measurement for test in self.tests for measurement in test.measurements)

    @property
    def coverage(self) -> tuple[Coverage, ...]:
        """A row for each requirement, in the fixture's order."""
        tests, left_out = _by_requirement(self.tests), _by_requirement(self.left_out)
        return tuple(
            Coverage(each, tuple(tests.get(each.id, ())), tuple(left_out.get(each.id, ())))
            for each in self.requirements
        )

    def count(self, verdict: str) -> int:
        """How many tests have this verdict."""
        return sum(test.verdict == verdict for test in self.tests)


def _by_requirement(tests: tuple[Test, ...]) -> dict[str, list[Test]]:
    found: dict[str, list[Test]] = {}
    for test in tests:
        for requirement in dict.fromkeys(test.requirements):
            found.setdefault(requirement, []).append(test)
    return found


class RecordFile:
    """An open record, finished or still being written. Use it in a ``with`` statement."""

    def __init__(
        self,
        path: Path | str,
        decode_changes: Callable[[bytes], Changes] | None = None,
        decode_text: Callable[[bytes], str] | None = None,
    ) -> None:
        """Open the file for reading. The decoders are those of the C++ record store unless others are given.

        Raises RecordError if there is no such file, or it is no record, damaged, or of a later version.
        """
        self.path = Path(path)
        self._decode_changes = decode_changes
        self._decode_text = decode_text
        if not self.path.is_file():
            raise RecordError(f"{self.path}: there is no such file; expected the record of a run")
        with self._explained():
            self._database = sqlite3.connect(f"file:{quote(str(self.path.absolute()))}?mode=ro", uri=True)
        try:
            self._database.text_factory = lambda data: data.decode("utf-8", "replace")
            with self._explained():
                self._check()
        except RecordError:
            self._database.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def read(self) -> Record:
        """Everything but traces and transcripts."""
        with self._explained():
            return self._read()

    def trace_end(self, test: int) -> int:
        """Return the latest time in the last block of a test's trace, in ns; 0 without a trace."""
        with self._explained():
            rows = self._rows("SELECT max(first) FROM trace_block WHERE test = ?", test)
        if rows[0][0] is None:
            return 0
        times, _, _ = self._block(test, rows[0][0])
        return max(times, default=0)

    def trace(self, test: int) -> Iterator[Changes]:
        """Read the trace of a test block by block, so that a long one never lies in memory as a whole."""
        with self._explained():
            firsts = self._rows("SELECT first FROM trace_block WHERE test = ? ORDER BY first", test)
        for (first,) in firsts:
            yield self._block(test, first)

    def transcripts(self, test: int) -> dict[int, str]:
        """Read what rig and UUT said: session number -> lines that begin with who wrote them."""
        texts: dict[int, str] = {}
        with self._explained():
            rows = self._rows("SELECT session, data FROM transcript_block WHERE test = ? ORDER BY session, block", test)
            for session, data in rows:
                texts[session] = texts.get(session, "") + self._text(test, data)
        return texts

    def can_buses(self, test: int) -> list[str]:
        """Names of the CAN buses on which something stood in a test."""
        if not self._has_can:
            return []
        with self._explained():
            return [
                bus for (bus,) in self._rows("SELECT DISTINCT bus FROM can_block WHERE test = ? ORDER BY bus", test)
            ]

    def can_frames(self, test: int, bus: str) -> Iterator[list[CanEvent]]:
        """Read what stood on a CAN bus in a test, in the order of time and block by block."""
        from bmsrig._core import decode_can_frames

        for data in self._can_blocks(test, bus):
            yield [
                CanEvent(*row)
                for row in self._decoded(decode_can_frames, data, f"what stood on bus {bus} in test {test}")
            ]

    def can_table(self, test: int) -> list[CanRow]:
        """Count and time each identifier on the CAN buses of a test. Its frames need not lie in memory for it."""
        from bmsrig._core import summarise_can_frames

        rows: list[CanRow] = []
        names = self._can_names()
        for bus in self.can_buses(test):
            what = f"what stood on bus {bus} in test {test}"
            blocks = (self._decoded(summarise_can_frames, data, what) for data in self._can_blocks(test, bus))
            rows += add_up(bus, blocks, names)
        return rows

    def _can_blocks(self, test: int, bus: str) -> Iterator[bytes]:
        if not self._has_can:
            return
        with self._explained():
            blocks = self._rows("SELECT block FROM can_block WHERE test = ? AND bus = ? ORDER BY block", test, bus)
        for (block,) in blocks:
            with self._explained():
                ((data,),) = self._rows(
                    "SELECT data FROM can_block WHERE test = ? AND bus = ? AND block = ?", test, bus, block
                )
            yield data

    def _can_names(self) -> dict[tuple[str, int, bool], str]:
        """What identifiers are called: (bus, identifier, whether it has 29 bits) -> name."""
        if not self._has_can:
            return {}
        with self._explained():
            rows = self._rows("SELECT bus, id, extended, name FROM can_message")
        return {(bus, id_, bool(extended)): name for bus, id_, extended, name in rows}

    def _block(self, test: int, first: int) -> Changes:
        with self._explained():
            ((data,),) = self._rows("SELECT data FROM trace_block WHERE test = ? AND first = ?", test, first)
        if self._decode_changes is not None:
            return self._decoded(self._decode_changes, data, f"the trace of test {test}")
        from bmsrig._core import decode_changes

        return self._decoded(decode_changes, data, f"the trace of test {test}")

    def _text(self, test: int, data: bytes) -> str:
        if self._decode_text is not None:
            return self._decoded(self._decode_text, data, f"a transcript of test {test}")
        from bmsrig._core import decode_text

        return self._decoded(decode_text, data, f"a transcript of test {test}")

    def _decoded(self, decode: Callable[[bytes], T], data: bytes, what: str) -> T:
        try:
            return decode(data)
        except (RuntimeError, ValueError) as problem:
            raise RecordError(f"{self.path}: {what} is damaged: {problem}") from None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn SQLite's words into a sentence that names the file."""
        try:
            yield
        except sqlite3.Error as problem:
            advice = "it is damaged, or no record"
            if isinstance(problem, sqlite3.OperationalError) and "unable to open" in str(problem):
                advice = "the file must be readable, and its folder writable while the record is not closed"
            raise RecordError(f"{self.path}: cannot be read as a record ({problem}); {advice}") from None

    def _rows(self, sql: str, *values: object) -> list[Any]:
        return self._database.execute(sql, values).fetchall()

    def _check(self) -> None:
        application = self._rows("PRAGMA application_id")[0][0]
        tables = {name for (name,) in self._rows("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        if application != APPLICATION_ID or "run" not in tables:
            empty = "; it is empty, so the rig ended before the run began" if not tables else ""
            raise RecordError(f"{self.path}: is no record of bmsrig{empty}; expected what a run wrote")
        rows = self._rows("SELECT schema FROM run")
        if len(rows) != 1:
            raise RecordError(f"{self.path}: holds {len(rows)} runs; a record holds one")
        if rows[0][0] > SCHEMA:
            raise RecordError(
                f"{self.path}: was written with schema {rows[0][0]}, and this version of bmsrig reads up to "
                f"{SCHEMA}; use the version that wrote it, or a later one"
            )
        self._has_can = rows[0][0] >= CAN_SCHEMA

    def _read(self) -> Record:
        (row,) = self._rows(f"SELECT {', '.join(RUN_COLUMNS)} FROM run")
        head = dict(zip(RUN_COLUMNS, row, strict=True))
        verdict, message = head.pop("verdict"), head.pop("message")
        rows = self._read_tests()
        tests = tuple(test for test in rows if test.verdict != NOT_RUN)
        if verdict is None:
            verdict = worst(["aborted", *(test.verdict for test in tests)])
            message = CUT_OFF
        self._check_verdicts([verdict])
        files = self._rows("SELECT name, sha256, content FROM input_file ORDER BY rowid")
        requirements = self._rows("SELECT id, title, text, observe, kind, source FROM requirement ORDER BY position")
        return Record(
            **head,
            verdict=verdict,
            message=message,
            properties=dict(self._rows("SELECT name, value FROM property ORDER BY name")),
            input_files=tuple(InputFile(*row) for row in files),
            requirements=tuple(Requirement(*row) for row in requirements),
            tests=tests,
            left_out=tuple(test for test in rows if test.verdict == NOT_RUN),
        )

    def _read_tests(self) -> tuple[Test, ...]:
        rows = self._rows(
            "SELECT id, name, title, description, verdict, message, details, wall_seconds, simulated_seconds "
            "FROM test ORDER BY id"
        )
        requirements = self._by_test("SELECT test, requirement FROM test_requirement ORDER BY rowid")
        marks = self._by_test("SELECT test, time, text FROM mark ORDER BY rowid")
        log = self._by_test("SELECT test, time, source, text FROM log ORDER BY rowid")
        signals = self._by_test("SELECT test, id, name, kind, unit FROM signal ORDER BY test, id")
        measurements = self._by_test(
            "SELECT test, name, value, unit, uncertainty, low, high, acceptance, verdict, time, requirement, "
            "source, comment FROM measurement ORDER BY id"
        )
        tests = []
        for row in rows:
            test = Test(*row)
            tests.append(
                replace(
                    test,
                    requirements=tuple(each for (each,) in requirements.get(test.id, ())),
                    measurements=tuple(Measurement(test.id, *each) for each in measurements.get(test.id, ())),
                    marks=tuple(Mark(*each) for each in marks.get(test.id, ())),
                    log=tuple(LogLine(*each) for each in log.get(test.id, ())),
                    signals=tuple(Signal(*each) for each in signals.get(test.id, ())),
                )
            )
            verdict = [] if test.verdict == NOT_RUN else [test.verdict]
            self._check_verdicts([*verdict, *(each.verdict for each in tests[-1].measurements)])
        return tuple(tests)

    def _by_test(self, sql: str) -> dict[int, list[Any]]:
        """Group the rows of a table by their first column, the test's id, which is left out of them."""
        found: dict[int, list[Any]] = {}
        for test, *rest in self._rows(sql):
            found.setdefault(test, []).append(rest)
        return found

    def _check_verdicts(self, verdicts: list[str]) -> None:
        for verdict in verdicts:
            if verdict not in VERDICTS:
                raise RecordError(f"{self.path}: {verdict!r} is no verdict; the record is damaged")


def read_record(path: Path | str) -> Record:
    """Everything of a record but traces and transcripts. Raises RecordError."""
    with RecordFile(path) as file:
        return file.read()
