"""The pytest plugin: options, the ``rig`` pytest fixture, verdicts, the record and the coverage of requirements."""

from __future__ import annotations

import argparse
import difflib
import math
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from bmsrig_reports.record import NOT_RUN, RecordError

from bmsrig import _core
from bmsrig.controller import Controller
from bmsrig.finished import FinishedRun
from bmsrig.line import Line
from bmsrig.paths import find_bench, find_fixture, fixture_of_bench
from bmsrig.rig import Rig
from bmsrig.run import Outcome, Run, RunOptions, default_record, parse_setting
from bmsrig.selection import Times, parse_duration
from bmsrig.stop import heed_stop_signals
from bmsrig.verdict import Verdict
from bmsrig.worker import NOTES, PROBLEMS, REFUSAL, Worker

RUN = pytest.StashKey[Run]()
OUTCOME = pytest.StashKey[Outcome]()
FINISHED = pytest.StashKey[FinishedRun]()
TIMES = pytest.StashKey[Times]()
LEFT_OUT = pytest.StashKey[list[tuple[pytest.Item, str]]]()
CONTROLLER = pytest.StashKey[Controller]()


def command(text: str) -> str:
    """The type of an option that takes a command: not empty, as a variable that is not set would be."""
    if not text.strip():
        raise argparse.ArgumentTypeError("is empty; expected a command, or leave it out for what the bench says")
    return text


def _seed(text: str) -> int:
    most = 2**64 - 1
    if not text.isdecimal() or int(text) > most:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} stands here; expected a whole number from 0 to {most}")
    return int(text)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of a run; ``bmsrig run`` takes the same."""
    group = parser.getgroup("bmsrig", "bmsrig: test a battery management system in the loop")
    add = group.addoption
    add(
        "--fixture",
        default="",
        metavar="NAME",
        help="the product's fixture: a name or a folder; default: as the plan's",
    )
    add("--bench", default="virtual", metavar="NAME", help="a bench of the fixture, or a .yaml file (default: virtual)")
    add(
        "--uut",
        default=None,
        type=command,
        metavar="COMMAND",
        help="the BMS process to test, or a .so; default: what the bench says",
    )
    add("--reference", default="", metavar="COMMAND", help="reserved: a second BMS process beside the UUT")
    add("--serial", default="", metavar="TEXT", help="the UUT's serial number, for the record")
    add("--operator", default="", metavar="TEXT", help="who runs this, for the record; default: the user's name")
    add(
        "--record",
        default="",
        metavar="FILE",
        help="where the record goes; default: a new file in records/; with -n one for each worker, FILE.gw0.db",
    )
    add("--html", default="", metavar="FILE", help="write the report as one HTML file, with -n one for all workers")
    add("--set", action="append", default=[], dest="settings", metavar="NAME=VALUE", help="a setting of the product")
    add(
        "--requirement",
        action="append",
        default=[],
        metavar="ID",
        help="run only the tests that trace this requirement; may be given several times",
    )
    add(
        "--longest",
        type=_duration,
        default=None,
        metavar="TIME",
        help="leave out tests that took longer on the rig's clock, such as 60s or 2min; with --times-from",
    )
    add(
        "--times-from",
        action="append",
        default=[],
        metavar="RECORD",
        help="an earlier run of this plan, such as one in virtual time: how long its tests took; several may be given",
    )
    add("--seed", type=_seed, default=None, metavar="N", help="seed of the bench's noise; default: the bench file's")
    add(
        "--metrics",
        default="",
        metavar="HOST:PORT",
        help="serve Prometheus metrics, such as 127.0.0.1:9464; without -n",
    )
    add(
        "--metrics-network",
        action="store_true",
        help="let --metrics listen beyond this machine, such as at 0.0.0.0:9464",
    )
    add("--no-self-test", action="store_true", help="leave out the proof of the bench's wiring before the first test")
    add("--answer-timeout", type=float, default=5.0, metavar="S", help="wall time a BMS process has for an answer")


def _duration(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known; stand over the workers where a plan is shared by several."""
    config.addinivalue_line("markers", "requirement(*ids): the requirements of the fixture that this test verifies")
    config.addinivalue_line(
        "markers", "no_transcript: the record keeps no transcript of this test; for soak tests with millions of lines"
    )
    config.addinivalue_line("markers", "virtual_time(why): left out on a bench in real time, for this reason")
    config.stash[TIMES] = _times(config)
    if Controller.is_wanted(config):
        option = config.option
        record = Path(option.record) if option.record else default_record(_plan_name(config), option.serial)
        controller = config.stash[CONTROLLER] = Controller(record)
        config.pluginmanager.register(controller, "bmsrig-controller")


def _times(config: pytest.Config) -> Times:
    """Of earlier runs; a mistake is told before a worker starts."""
    records = config.option.times_from
    if config.option.longest is not None and not records:
        raise pytest.UsageError("--longest: nobody knows yet how long the tests take; say --times-from RECORD as well")
    try:
        return Times.read(records)
    except RecordError as problem:
        raise pytest.UsageError(str(problem)) from None


# What is run: known once the tests are collected.


def _plan_name(config: pytest.Config) -> str:
    first = Path(config.args[0].split("::")[0]) if config.args else Path()
    folder = first.resolve() if first.is_dir() else first.resolve().parent
    return folder.name


def _options(config: pytest.Config) -> RunOptions:
    option = config.option
    plan = _plan_name(config)
    if option.reference:
        raise _core.InputError("--reference is reserved: a reference beside the UUT is not built yet; leave it out")
    if option.html and not Path(option.html).absolute().parent.is_dir():
        raise _core.InputError(f"--html {option.html[:200]}: there is no folder {Path(option.html).absolute().parent}")
    fixture = find_fixture(option.fixture or fixture_of_bench(option.bench) or plan)
    return RunOptions(
        plan=plan,
        fixture=fixture,
        bench=find_bench(option.bench, fixture),
        uut=option.uut or "",
        serial=option.serial,
        operator=option.operator,
        settings=tuple(parse_setting(text) for text in option.settings),
        seed=option.seed,
        record=Path(option.record) if option.record else None,
        metrics=option.metrics,
        metrics_network=option.metrics_network,
        answer_timeout=option.answer_timeout,
        worker=Worker.of(config),
    )


def _check_requirements(session: pytest.Session, run: Run) -> None:
    known = {requirement.id for requirement in run.fixture.requirements}
    for item in session.items:
        for unknown in set(_requirements(item)) - known:
            raise _core.InputError(
                f"{item.location[0]}:{(item.location[1] or 0) + 1}: {item.name} traces requirement {unknown!r}, which "
                f"fixture {run.fixture.name} does not have; expected an id of its requirements.csv"
            )


def _requirements(item: pytest.Item) -> list[str]:
    ids: list[str] = []
    for marker in item.iter_markers("requirement"):
        ids.extend(str(id_) for id_ in marker.args if str(id_) not in ids)
    return ids


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that were asked for, by their requirements and by the time they take."""
    _keep_requirements(config, items)
    _keep_short_ones(config, items)


def _keep_short_ones(config: pytest.Config, items: list[pytest.Item]) -> None:
    longest, times = config.option.longest, config.stash[TIMES]
    try:
        times.check([_name(item) for item in items])
    except _core.RigError as problem:
        raise pytest.UsageError(str(problem)) from None
    left_out = config.stash[LEFT_OUT] = [
        (item, why) for item in items if (why := _only_virtual(item) or times.why_too_long(_name(item), longest))
    ]
    if not left_out:
        return
    gone = [item for item, _ in left_out]
    apart = set(gone)
    kept = [item for item in items if item not in apart]
    if not kept:
        raise pytest.UsageError(f"no test is left of {len(items)}: {_name(gone[0])} {left_out[0][1]}")
    config.hook.pytest_deselected(items=gone)
    items[:] = kept


def _only_virtual(item: pytest.Item) -> str:
    """Why this test is left out on the bench of this run, if it is one in real time."""
    marker = item.get_closest_marker("virtual_time")
    if marker is None or not _is_real_time(item.config):
        return ""
    return f"is run in virtual time only: {marker.args[0] if marker.args else 'its plan says so'}"


def _is_real_time(config: pytest.Config) -> bool:
    try:
        options = _options(config)
    except _core.RigError:
        return False  # told when the run begins
    return _core.Bench.load(options.bench).is_real_time


def _keep_requirements(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = set(config.option.requirement)
    if not wanted:
        return
    traced = {id_ for item in items for id_ in _requirements(item)}
    for missing in sorted(wanted - traced):
        near = difflib.get_close_matches(missing, traced, 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "see the requirements.csv of the fixture"
        raise pytest.UsageError(f"--requirement {missing[:64]}: no test that was collected traces it; {hint}")
    kept = [item for item in items if wanted.intersection(_requirements(item))]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Open the rig and the record, if any of the collected tests uses the rig."""
    config = session.config
    uses_rig = any("rig" in getattr(item, "fixturenames", ()) for item in session.items)
    if not uses_rig or config.option.collectonly:
        return None
    is_worker = Worker.of(config) is not None
    if session.testsfailed and not config.option.continue_on_collection_errors:
        return _leave_to_controller(session, f"{session.testsfailed} errors during collection") if is_worker else None
    if is_worker:
        heed_stop_signals(same_wish=math.inf)  # the controlling process passes on what we may have had ourselves
    try:
        run = Run(_options(config))
        _check_requirements(session, run)
        run.start()
        for item, why in config.stash[LEFT_OUT]:
            run.leave_out_test(_name(item), _words(item)[0], _requirements(item), why)
    except (_core.RigError, OSError) as problem:
        if is_worker:
            config.workeroutput[REFUSAL] = str(problem)  # type: ignore[attr-defined]
            return _leave_to_controller(session, str(problem))
        raise pytest.UsageError(str(problem)) from None
    config.stash[RUN] = run
    _announce(session, run)
    if run.prove_wiring(wanted=not config.option.no_self_test):
        return None
    return _leave_to_controller(session, run.problems[0]) if is_worker else True


def _announce(session: pytest.Session, run: Run) -> None:
    """Say what is left out and how long the rest takes, before anybody waits for it."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None:
        return
    for item, why in session.config.stash[LEFT_OUT]:
        terminal.write_line(f"left out: {_name(item)} {why}")
    tests = [_name(item) for item in session.items]
    forecast = session.config.stash[TIMES].forecast(tests, run.core.bench.is_real_time)
    if forecast:
        terminal.write_line(forecast)


def _leave_to_controller(session: pytest.Session, why: str) -> bool:
    """Run no test in this worker. The controlling process says why, once for all of them."""
    session.shouldstop = why
    return True


# A test.


def _name(item: pytest.Item) -> str:
    name = item.nodeid.partition("::")[2]
    if getattr(item.config.option, "loadgroup", False) and item.get_closest_marker("xdist_group"):
        name = name.rpartition("@")[0]  # pytest-xdist has added the group; a test has one name however it is run
    return f"{item.path.name}::{name}"


@contextmanager
def _recording(run: Run, session: pytest.Session) -> Iterator[None]:
    """A run that cannot be recorded (a full disk) ends: nobody could say later what was tested."""
    try:
        yield
    except _core.RigError as problem:
        run.problem(problem)
        session.shouldstop = f"the run cannot be recorded: {problem}"
        pytest.exit(f"the run cannot be recorded: {problem}", returncode=pytest.ExitCode.INTERNAL_ERROR)


def _words(item: pytest.Item) -> tuple[str, str]:
    """Title and description of a test: its docstring, and which of its parameters it runs with."""
    docstring = getattr(getattr(item, "function", None), "__doc__", None) or ""
    title, _, description = docstring.strip().partition("\n")
    parameters = getattr(getattr(item, "callspec", None), "id", "")
    return f"{title.strip()} [{parameters}]" if parameters else title.strip(), description.strip()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Put every test of a run into the record, also one that the operator interrupts."""
    run = item.config.stash.get(RUN, None)
    if run is None:
        return (yield)
    outcome = item.stash[OUTCOME] = Outcome()
    with _recording(run, item.session):
        run.begin_test(_name(item), *_words(item), _requirements(item))
    try:
        return (yield)
    except BaseException as stop:
        word = type(stop).__name__
        outcome.worsen(Verdict.ABORTED, f"stopped by the operator ({word})", "")
        run.core.end_test()
        raise
    finally:
        with _recording(run, item.session):
            run.end_test(outcome)


@pytest.fixture
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """The rig, at the fixture's baseline with the UUT freshly powered; put into its safe state after the test."""
    run = request.config.stash[RUN]
    core = run.begin_rig(keep_transcript=request.node.get_closest_marker("no_transcript") is None)
    yield Rig(core)
    core.end_test()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn what happened into a verdict: an AssertionError is the UUT's failure, every other exception our error."""
    report = yield
    run = item.config.stash.get(RUN, None)
    if run is None:
        return report
    outcome = item.stash[OUTCOME]
    if report.skipped:
        outcome.worsen(Verdict.INCONCLUSIVE, _one_line(report.longreprtext) or "skipped", report.longreprtext)
    elif call.excinfo is not None:
        problem = call.excinfo.value
        if isinstance(problem, _core.BenchCannot):
            return _bench_cannot(item, run, report, problem)
        is_failure = isinstance(problem, AssertionError | pytest.fail.Exception) and report.when == "call"
        verdict = (
            (Verdict.INCONCLUSIVE if _only_characterises(item, run) else Verdict.FAIL) if is_failure else Verdict.ERROR
        )
        outcome.worsen(verdict, _one_line(f"{problem}") or type(problem).__name__, report.longreprtext)
        if isinstance(problem, _core.InstrumentError):
            run.instrument_error()
        if isinstance(problem, _core.LinkError | _core.InstrumentError | _core.WiringError):
            item.session.shouldstop = f"the bench cannot go on: {_one_line(str(problem))}"
    if report.when == "call":
        run.judge_rig(outcome)
        if outcome.verdict != Verdict.PASS and report.outcome == "passed":
            report.outcome = "failed"
            report.longrepr = outcome.details[-1]
    return _told(item, report, outcome.verdict.word)


def _bench_cannot(
    item: pytest.Item, run: Run, report: pytest.TestReport, problem: _core.BenchCannot
) -> pytest.TestReport:
    """Leave the test out if the bench file says so; inconclusive otherwise. A failure that it measured before stays."""
    outcome = item.stash[OUTCOME]
    run.judge_rig(outcome)
    outcome.left_out = run.cannot(problem)
    if not outcome.left_out:
        reason = f"the bench cannot do what the test asks ({problem.ability}): {problem}"
        outcome.worsen(Verdict.INCONCLUSIVE, _one_line(reason), report.longreprtext)
    if not outcome.is_not_run:
        return _told(item, report, outcome.verdict.word)
    report.outcome = "skipped"
    report.longrepr = (str(item.path), (item.location[1] or 0) + 1, outcome.left_out)
    return _told(item, report, NOT_RUN)


def _told(item: pytest.Item, report: pytest.TestReport, verdict: str) -> pytest.TestReport:
    """The report with the verdict for whoever reads it; a word, for a worker sends reports."""
    report.user_properties.append(("verdict", verdict))
    if report.when == "call":
        report.user_properties.append(("requirements", " ".join(_requirements(item))))
    report.bmsrig_verdict = verdict  # type: ignore[attr-defined]
    return report


def _only_characterises(item: pytest.Item, run: Run) -> bool:
    """Such a test records what the UUT does and never fails on it: what it could not record is inconclusive."""
    kinds = {requirement.id: requirement.kind for requirement in run.fixture.requirements}
    traced = _requirements(item)
    return bool(traced) and all(kinds[each] == "characterise" for each in traced)


def _one_line(text: str) -> str:
    return text.strip().splitlines()[0][:500] if text.strip() else ""


def pytest_report_teststatus(report: Any) -> tuple[str, str, str] | None:
    """Verdicts in the field's words."""
    verdict: str | None = getattr(report, "bmsrig_verdict", None)
    if verdict is None or (report.when != "call" and report.outcome == "passed"):
        return None
    if verdict == NOT_RUN:
        return "not run", "-", "NOT RUN"
    if verdict == Verdict.PASS.word:
        return "passed", ".", "PASS"
    if verdict == Verdict.FAIL.word:
        return "failed", "F", "FAIL"
    if verdict == Verdict.INCONCLUSIVE.word:
        return "inconclusive", "i", "INCONCLUSIVE"
    return "error", "E", "ERROR"


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> Generator[None, None, None]:
    """Let JUnit's writer count an error of ours during the call as an error: it calls all of them failures."""
    when = report.when
    is_error = when == "call" and getattr(report, "bmsrig_verdict", None) == Verdict.ERROR.word
    if is_error:
        report.when = "setup"
    try:
        yield
    finally:
        report.when = when


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Show a line's recent history where a plain assert compares it."""
    if isinstance(left, Line):
        return [f"{left.name} {op} {right!r}", *repr(left).splitlines()]
    return None


# The end.


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
    """Close the record and write the reports that were asked for."""
    yield
    config = session.config
    controller = config.stash.get(CONTROLLER, None)
    finished = _close(session, exitstatus) if controller is None else controller.finish(exitstatus)
    if finished is None:
        return
    config.stash[FINISHED] = finished
    if Worker.of(config) is not None:
        config.workeroutput.update({PROBLEMS: finished.problems, NOTES: finished.notes})  # type: ignore[attr-defined]
    elif config.option.html and finished.record_files:
        finished.write_html(Path(config.option.html))
    if finished.verdict != Verdict.PASS and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _close(session: pytest.Session, exitstatus: int) -> FinishedRun | None:
    run = session.config.stash.get(RUN, None)
    if run is None:
        return None
    interrupted = exitstatus == pytest.ExitCode.INTERRUPTED and not session.shouldstop
    floor = Verdict.PASS
    message = ""
    if run.problems:
        floor, message = Verdict.ERROR, "\n".join(run.problems)
    elif interrupted:
        floor, message = Verdict.ABORTED, "stopped by the operator"
    elif exitstatus == pytest.ExitCode.INTERNAL_ERROR:
        floor, message = Verdict.ERROR, "pytest had an internal error"
    elif session.shouldstop:
        message = str(session.shouldstop)
    run.close(floor, message)
    del session.config.stash[RUN]
    return FinishedRun(run.verdict, [run.record_file], run.problems, run.notes)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The coverage of the requirements, and where the record and the report are."""
    finished = config.stash.get(FINISHED, None)
    if finished is None:
        return
    for report in terminalreporter.getreports("inconclusive"):
        terminalreporter.write_sep("_", f"INCONCLUSIVE {report.head_line}", yellow=True)
        terminalreporter.write_line(report.longreprtext)
    terminalreporter.section("summary")
    try:
        if finished.record_files:
            terminalreporter.write_line(finished.summary())
    except RecordError as problem:
        finished.problems.append(str(problem))
    for text in finished.notes:
        terminalreporter.write_line(f"note:    {text}")
    for text in finished.problems:
        terminalreporter.write_line(f"problem: {text}", red=True)
    for file in finished.record_files:
        terminalreporter.write_line(f"record:  {file}")
    if config.option.html and finished.record_files:
        terminalreporter.write_line(f"report:  {Path(config.option.html)}")
