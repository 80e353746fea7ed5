"""One run: the rig, its record, and the verdicts of its tests."""

from __future__ import annotations

import getpass
import hashlib
import importlib.metadata
import platform
import re
import shlex
import shutil
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from bmsrig import _core, paths
from bmsrig.calibration import calibrations, refuse
from bmsrig.metrics import Metrics
from bmsrig.verdict import Verdict
from bmsrig.worker import Worker, record_of

NOTHING_RUN = "every test was left out, so nothing was proven"
"""The message of such a run, which is inconclusive."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the user asked for on the command line."""

    plan: str
    fixture: Path
    bench: Path
    uut: str = ""
    serial: str = ""
    operator: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    seed: int | None = None
    record: Path | None = None
    metrics: str = ""
    metrics_network: bool = False
    answer_timeout: float = 5.0
    worker: Worker | None = None
    """Set if others run the rest of the plan at the same time."""


@dataclass(slots=True)
class Outcome:
    """How a test ended."""

    verdict: Verdict = Verdict.PASS
    message: str = ""
    details: list[str] = field(default_factory=list)
    left_out: str = ""
    """Why it was not run to its end although nobody is at fault; a failure that it saw before still counts."""

    @property
    def is_not_run(self) -> bool:
        """Whether it has no part in the run's verdict."""
        return bool(self.left_out) and self.verdict < Verdict.FAIL

    def worsen(self, verdict: Verdict, message: str, details: str) -> None:
        """Keep the worse verdict with its message; details add up."""
        if verdict > self.verdict or not self.message:
            self.message = message or self.message
        self.verdict = max(self.verdict, verdict)
        if details:
            self.details.append(details)


def utc_now() -> str:
    """The wall clock, once at the start and once at the end of a run: everything between is on the rig's own clock."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_setting(text: str) -> tuple[str, str]:
    """``name=value`` as a pair. Raises InputError."""
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise _core.InputError(f"--set {text[:200]!r}: expected name=value, such as --set under_voltage=2.70")
    return name, value


def default_record(plan: str, serial: str) -> Path:
    """``records/<UTC time>-<plan>-<serial number>.db``, the names reduced to what every file system takes."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    parts = [stamp, *(re.sub(r"[^A-Za-z0-9_-]+", "_", part)[:40] for part in (plan, serial) if part)]
    return Path("records") / ("-".join(parts) + ".db")


def test_seed(seed: int, test: str) -> int:
    """A seed for each test that does not depend on which tests run before it."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{test}".encode()).digest()[:8], "big")


class Run:
    """A rig, opened for one run, and the record it writes. Raises RigError if a file or an option is wrong."""

    def __init__(self, options: RunOptions) -> None:
        self.options = options
        self.core = _core.Rig(
            fixture=options.fixture,
            bench=options.bench,
            settings=list(options.settings),
            uut=options.uut,
            process_folder=str(paths.process_folder()),
            seed=options.seed,
            answer_timeout=options.answer_timeout,
        )
        self.fixture = self.core.fixture
        if options.worker is not None:
            options.worker.refuse_to_share(self.core.bench, self.core.uut_command, options.metrics)
            options.worker.take_a_processor()
        self.verdict = Verdict.PASS
        self.problems: list[str] = []
        """What went wrong outside the tests, for the end of the terminal's output."""
        self.notes: list[str] = []
        """What the user should know beside the verdict."""
        self.record_file = self._choose_record_file()
        self._record: _core.Record | None = None
        self._metrics = Metrics(options.metrics, network=options.metrics_network) if options.metrics else None
        self._test = ""
        self._wall_start = 0.0
        self._rig_used = False
        self._tests = 0
        self._left_out = 0
        self._uut_known = False
        self._closed = False

    # The run.

    def _choose_record_file(self) -> Path:
        worker = self.options.worker
        if worker is None:
            return self.options.record or default_record(self.options.plan, self.options.serial)
        return record_of(worker.id, self.options.record or worker.default_record)

    def start(self) -> None:
        """Create the record. Raises InputError if the file exists already or cannot be written."""
        if self._record is not None:
            return
        if self.options.record is None:
            self.record_file.parent.mkdir(parents=True, exist_ok=True)
        started = utc_now()
        identities = self.core.identities
        found = calibrations(identities, self.core.bench, date.fromisoformat(started[:10]))
        refuse(found, self.core.bench)
        self.notes += [f"calibration {each.flaw}: {each.sentence}" for each in found if each.flaw]
        header = {
            "id": str(uuid.uuid4()),
            "started_utc": started,
            "plan": self.options.plan,
            "bench": self.core.bench.name,
            "serial": self.options.serial,
            "operator": self.options.operator or _user(),
            "uut_command": self.core.uut_command,
        }
        self._record = _core.Record.create(
            file=self.record_file,
            header=header,
            properties={
                **self._properties(identities),
                **{f"calibration.{each.instrument}": str(each) for each in found},
            },
            inputs=self._input_files(),
            fixture=self.fixture,
            seed=self.core.seed,
        )
        self._record.name_can_messages(self.core)
        for name in self._dbc_files():
            from bmsrig import dbc_file  # cantools takes longer to come up than all the rest, and few fixtures need it

            self.notes += dbc_file.load(Path(self.fixture.folder) / name).skipped

    def prove_wiring(self, wanted: bool = True) -> bool:
        """Prove the bench's lines, and put what was seen into the record; whether the plan may be trusted to them.

        A wiring fault makes the run an error. What else goes wrong is left to the first test to meet again and tell,
        with its transcript.
        """
        assert self._record is not None, "start() comes first"
        if not wanted:
            self._record.set_property("self_test.result", "left out")
            self.notes.append("the wiring self-test was left out: nobody has proven the lines")
            return True
        try:
            report = self.core.prove_wiring(test_seed(self.core.seed, "wiring self-test"))
        except _core.RigError as problem:
            self._record.set_property("self_test.result", "not finished")
            self.problem(_core.RigError(f"wiring self-test: {problem}"))
            return True
        self._record.set_property("self_test.result", "FAULT" if report.faults else "proven")
        for line in report.lines:
            self._record.set_property(f"self_test.line {line.line}", ("" if line.ok else "FAULT: ") + str(line))
        for number, note in enumerate([*report.notes, *report.blind_spots], 1):
            self._record.set_property(f"self_test.note {number}", note)
        self.notes += [f"wiring self-test: {note}" for note in report.notes]
        for fault in report.faults:
            self.problem(_core.WiringError(f"wiring self-test: {fault}"))
        return not report.faults

    def close(self, floor: Verdict = Verdict.PASS, message: str = "") -> None:
        """End the run: the bench safe, the record closed with the worst verdict. Harmless if called twice."""
        if self._closed:
            return
        self._closed = True
        self.verdict = max(self.verdict, floor)
        if self._left_out and self._tests == 0 and self.options.worker is None:
            self.verdict = max(self.verdict, Verdict.INCONCLUSIVE)
            message = message or NOTHING_RUN
        try:
            self.core.make_safe()
        except _core.RigError as problem:
            self.problem(problem)
            message = f"{message}\n{problem}".strip()
        if self._record is not None:
            try:
                if self.core.guard:
                    self._record.set_property("guard", self.core.guard)
                self._record.end_run(self.verdict.word, message, utc_now())
            except _core.RigError as problem:
                self.problem(problem)
            self._record = None
            if self._has_nothing_to_tell:
                self.record_file.unlink()
        if self._metrics is not None:
            self._metrics.run_ended(self.verdict)

    @property
    def _has_nothing_to_tell(self) -> bool:
        """Whether the other workers ran all tests."""
        ran_none = self._tests == 0 and self._left_out == 0
        return self.options.worker is not None and ran_none and self.verdict == Verdict.PASS

    def problem(self, problem: _core.RigError) -> None:
        """The bench or the record failed outside a test: the run is an error, whatever its tests were."""
        self.verdict = Verdict.ERROR
        if str(problem) not in self.problems:
            self.problems.append(str(problem))

    def _properties(self, identities: Sequence[Mapping[str, str]]) -> dict[str, str]:
        versions = {f"version.{name}": importlib.metadata.version(name) for name in ("bmsrig", "pytest", "jinja2")}
        settings = {f"setting.{name}": value for name, value in self.fixture.settings.items()}
        instruments = {
            f"instrument.{fact['name']}": " ".join(
                word for word in (fact["manufacturer"], fact["model"], fact["serial"], fact["firmware"]) if word
            )
            + (f", calibrated {fact['calibrated']}" if fact["calibrated"] else "")
            for fact in identities
        }
        return {
            **versions,
            "version.python": platform.python_version(),
            "version.compiler": _core.compiler,
            "host": platform.node(),
            "host.system": platform.platform(),
            **({"host.real_time": self.core.real_time} if self.core.real_time else {}),
            "fixture.title": self.fixture.title,
            **(self.options.worker.properties if self.options.worker else {}),
            **settings,
            **instruments,
            **_program_hash(self.core.uut_command),
        }

    def _input_files(self) -> list[tuple[str, str, str]]:
        folder = Path(self.fixture.folder)
        files = ["fixture.yaml", "wiring.yaml", "limits.yaml", "requirements.csv"]
        files += self._dbc_files()
        bench, *bases = self.core.bench.files
        named = [*((name, folder / name) for name in files), ("bench.yaml", bench)]
        rows = []
        # One of another product is known by its place there.
        names = [file.name if file.parent == bench.parent else "/".join(file.parts[-3:]) for file in bases]
        for name, file in [*named, *((f"based_on/{name}", file) for name, file in zip(names, bases, strict=True))]:
            content = file.read_bytes()
            rows.append((name, hashlib.sha256(content).hexdigest(), _text(content)))
        return rows

    def _dbc_files(self) -> list[str]:
        return [name for name in self.fixture.can_databases if name.endswith(".dbc")]

    def leave_out_test(self, name: str, title: str, requirements: list[str], reason: str) -> None:
        """Put a test into the record that is not even begun."""
        assert self._record is not None, "start() comes first"
        self._record.begin_test(name, title, "", requirements)
        self._record.leave_out_test(reason)
        self._left_out += 1

    def cannot(self, problem: _core.BenchCannot) -> str:
        """Why a test is left out that asks for what the bench file says it cannot; empty if it does not say so."""
        if problem.ability not in self.core.bench.cannot:
            return ""
        return f"this bench cannot {_core.abilities()[problem.ability]} ({problem.ability}): {problem}"

    # A test.

    def begin_test(self, name: str, title: str, description: str, requirements: list[str]) -> None:
        """A test starts; the rig itself is started by :meth:`begin_rig`, if the test uses it."""
        assert self._record is not None, "start() comes first"
        self._record.begin_test(name, title, description, requirements)
        self.core.attach(self._record)
        self._test = name
        self._tests += 1
        self._wall_start = time.monotonic()
        self._rig_used = False

    def begin_rig(self, keep_transcript: bool = True) -> _core.Rig:
        """Bring the rig to the baseline for the present test, the UUT freshly powered."""
        assert self._record is not None, "start() comes first"
        self._rig_used = True
        self.core.keep_transcripts(keep_transcript)
        self.core.begin_test(test_seed(self.core.seed, self._test))
        if not self._uut_known and self.core.greeting:
            self._uut_known = True
            for fact, value in self.core.greeting.items():
                self._record.set_property(f"uut.{fact}", str(value))
        return self.core

    def judge_rig(self, outcome: Outcome) -> None:
        """Add what the present test measured to its outcome."""
        if not self._rig_used:
            return
        if problem := self.core.timing_problem:
            outcome.worsen(Verdict.INCONCLUSIVE, problem, problem)
        if self.core.verdict == "pass":
            return
        worst = Verdict.from_word(self.core.verdict)
        lines = [str(measurement) for measurement in self.core.failed]
        first = next(line for line, m in zip(lines, self.core.failed, strict=True) if m.verdict == worst.word)
        outcome.worsen(worst, first, "Measurements that did not pass:\n  " + "\n  ".join(lines))

    def instrument_error(self) -> None:
        """An instrument had an error: count it."""
        if self._metrics is not None:
            self._metrics.instrument_error()

    def end_test(self, outcome: Outcome) -> None:
        """The present test has ended; commits it to the record."""
        assert self._record is not None, "start() comes first"
        wall = time.monotonic() - self._wall_start
        if outcome.is_not_run:
            self._record.leave_out_test(outcome.left_out)
            self.core.attach(None)
            self._tests -= 1
            self._left_out += 1
            return
        self.verdict = max(self.verdict, outcome.verdict)
        self._record.end_test(
            verdict=outcome.verdict.word,
            message=outcome.message,
            details="\n\n".join(outcome.details),
            wall_seconds=wall,
            simulated_seconds=self.core.now if self._rig_used else 0.0,
            rig=self.core if self._rig_used else None,
        )
        self.core.attach(None)  # what a board says between tests has no place in the record
        if self._metrics is not None:
            self._metrics.test_ended(outcome.verdict, wall, self.core)


def _text(content: bytes) -> str:
    """UTF-8 as bmsrig writes files, else cp1252, as editors of DBC files do."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _program_hash(command: str) -> dict[str, str]:
    """The hash of the program that a command starts, so that a record says which build it tested."""
    try:
        words = shlex.split(command)
    except ValueError:
        return {}
    program = shutil.which(words[0]) if words else None
    if program is None and words and Path(words[0]).is_file():
        program = words[0]
    if program is None:
        return {}
    return {"uut.program": program, "uut.sha256": hashlib.sha256(Path(program).read_bytes()).hexdigest()}
