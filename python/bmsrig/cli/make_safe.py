"""``bmsrig make-safe``: switch everything off on a bench that a run has left unsafe."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from bmsrig import RigError, _core, paths
from bmsrig.verdict import EXIT_STATUS, Verdict

OFF = 0.5
"""V that may still stand at an output that is off: the rest in its capacitors."""


def add_to(commands: Any) -> None:
    """Add this job to the command line."""
    parser = commands.add_parser(
        "make-safe",
        help="switch everything off on a bench that was left unsafe",
        description="Open the bench's instruments, switch their outputs off, open their contacts, read back what can "
        "be read back, and take away the mark that a run which was ended by force has left. Exits 0 if the bench is "
        "safe, 3 otherwise; the mark then stays.",
    )
    parser.add_argument("--bench", required=True, metavar="FILE", help="a .yaml file, or a bench of --fixture")
    parser.add_argument("--fixture", default="", metavar="NAME", help="default: the one that the bench file names")
    parser.set_defaults(action=main)


def main(options: argparse.Namespace) -> int:
    """Make the bench safe and say what was seen."""
    fixture = paths.find_fixture(options.fixture or _core.Bench.load(Path(options.bench)).fixture)
    bench = paths.find_bench(options.bench, fixture)
    core = None
    try:
        core = _core.Rig(
            fixture=fixture,
            bench=bench,
            settings=[],
            uut="",
            process_folder=str(paths.process_folder()),
            seed=None,
            answer_timeout=5.0,
            only_to_make_safe=True,
        )
        core.make_safe()
    except _core.BenchInUse:
        raise  # nothing of it may be opened
    except RigError as problem:
        core = None  # it has the bench for itself
        return _switch_off_one_by_one(bench, str(problem))
    problems = _read_back(core)
    if problems:
        return _report(bench, problems)
    core.confirm_safe()
    print(f"bench {core.bench.name}: safe")
    return EXIT_STATUS[Verdict.PASS]


def _switch_off_one_by_one(bench: Path, refused: str) -> int:
    """Say of each instrument whether it could be switched off; one that cannot be opened leaves no other on.

    refused: why that failed for the bench as a whole. Raises InputError if the bench file cannot be read.
    """
    probe = _core.BenchProbe(bench, only_to_make_safe=True)
    found = [name for name, _, _ in probe.found]
    problems = []
    for name, problem in zip(found, probe.make_safe(), strict=True):
        if problem:
            problems.append(problem if f'"{name}"' in problem else f"{name}: {problem}")
        else:
            print(f"     {name}: has been told to be safe, not read back")
    return _report(bench, problems or [refused])


def _report(bench: Path, problems: list[str]) -> int:
    """Say what may still be on, and what to do about it."""
    for problem in problems:
        print(f"BAD  {problem}")
    print(
        f"bench {_core.Bench.load(bench).name} may be unsafe: switch off by hand what is named after BAD, make it "
        f"reachable, then run again: bmsrig make-safe --bench {bench}\n"
        "if an instrument can no longer be reached, switch it off by hand and delete " + _core.unsafe_marker(bench)
    )
    return EXIT_STATUS[Verdict.ERROR]


def _read_back(core: _core.Rig) -> list[str]:
    """What does not look as if it were off."""
    try:
        core.run_for(max(0.0, core.settled_at - core.now))
        seen = [(port, core.read(port)) for port in core.voltages_to_be_off]
    except RigError as problem:
        return [str(problem)]
    for port, volts in seen:
        print(f"     {port}: " + ("open" if math.isnan(volts) else f"{volts:.3g} V"))
    return [
        f"{port}: {volts:.4g} V is read back with its output off, expected less than {OFF:g} V"
        for port, volts in seen
        if abs(volts) > OFF
    ]
