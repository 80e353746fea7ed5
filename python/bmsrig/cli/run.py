"""``bmsrig run``: run a test plan and exit with its verdict."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from bmsrig import InputError, paths, pytest_plugin
from bmsrig.finished import FinishedRun
from bmsrig.run import default_record
from bmsrig.stop import heed_stop_signals
from bmsrig.verdict import EXIT_BAD_INPUT, EXIT_STATUS, Verdict

_OWN_CONFIGURATION = ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")


def add_to(commands: Any) -> None:
    """Add this job to the command line."""
    parser = commands.add_parser(
        "run",
        help="run a test plan",
        description="Run a test plan: a folder or a file of tests, or the name of one that bmsrig brings. "
        "All other options are those of pytest and of bmsrig's plugin.",
        epilog="bmsrig run PLAN --help-options prints them all. With -n 4 four processes share the plan, each on a "
        "virtual bench of its own with a record of its own; verdict, summary and report are of all together.",
    )
    parser.add_argument("plan", metavar="PLAN", help="a folder, a file, or a name from `bmsrig list`")
    parser.add_argument("--help-options", action="store_true", help="print all options of a run and stop")
    parser.set_defaults(action=main)


def find_plan(name: str) -> Path:
    """A plan's folder or file. Raises InputError naming the plans there are."""
    if Path(name).exists():
        return Path(name).resolve()
    if name and "/" not in name and (paths.plans_folder() / name).is_dir():
        return paths.plans_folder() / name
    known = ", ".join(paths.names_in(paths.plans_folder()))
    raise InputError(f"there is no test plan {name[:200]!r}; expected a folder, a file, or one of: {known}")


class _Keeper:
    """Keeps the run that pytest did, for its verdict."""

    def __init__(self) -> None:
        self.run: FinishedRun | None = None
        self.stopped_by_operator = False

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        # What pytest itself stops for, such as a plan that does not parse, comes as a kind of it.
        self.stopped_by_operator = excinfo.type is KeyboardInterrupt

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        self.run = config.stash.get(pytest_plugin.FINISHED, None)


def main(options: argparse.Namespace) -> int:
    """Run pytest on the plan in this process; the verdict is the exit status."""
    if options.help_options:
        pytest.main(["--help", "-p", "no:cacheprovider"])
        return 0
    plan = find_plan(options.plan)
    folder = plan if plan.is_dir() else plan.parent
    arguments = [str(plan), "-v", "--no-header", "--tb=short", "-p", "no:cacheprovider", "--import-mode=importlib"]
    # This command has imported the plugin before pytest could rewrite its asserts; it has none that a plan sees.
    arguments += ["-W", "ignore:Module already imported so cannot be rewritten:pytest.PytestAssertRewriteWarning"]
    arguments.append(f"--rootdir={folder}")
    if not any((folder / name).is_file() for name in _OWN_CONFIGURATION):
        arguments += ["-c", os.devnull]
    arguments += _report_places(folder.name, options.rest)
    arguments += options.rest

    heed_stop_signals()
    keeper = _Keeper()
    status = pytest.main(arguments, plugins=[keeper])
    if keeper.run is not None:
        return EXIT_STATUS[keeper.run.verdict]
    if keeper.stopped_by_operator:
        print("bmsrig: stopped before the run began", file=sys.stderr)
        return EXIT_STATUS[Verdict.ABORTED]
    if status in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) and not _only_looks(options.rest):
        print(f"bmsrig: {plan} has no test that uses the rig, or none was selected", file=sys.stderr)
        return EXIT_BAD_INPUT
    return 0 if status == pytest.ExitCode.OK else EXIT_BAD_INPUT


def _only_looks(rest: list[str]) -> bool:
    return any(
        option in rest for option in ("--collect-only", "--co", "--markers", "--fixtures", "--version", "-h", "--help")
    )


def _report_places(plan: str, rest: list[str]) -> list[str]:
    """A run always leaves a record and a report; the user may say where."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for name in ("--record", "--html", "--serial"):
        parser.add_argument(name, default="")
    given, _ = parser.parse_known_args(rest)
    record = Path(given.record) if given.record else default_record(plan, given.serial)
    places = []
    if not given.record:
        record.parent.mkdir(parents=True, exist_ok=True)
        places += ["--record", str(record)]
    if not given.html:
        places += ["--html", str(record.with_suffix(".html"))]
    return places
