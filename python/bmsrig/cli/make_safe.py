"""``bmsrig make-safe``: switch everything off on a bench that a run has left unsafe."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from bmsrig import InstrumentError, RigError, _core, paths
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
    except InstrumentError:  # below: which, and why
        return _switch_off_the_others(bench)
    problems = _switch_off(core)
    for problem in problems:
        print(f"BAD  {problem}")
    if problems:
        print(
            f"bench {core.bench.name} may be unsafe: switch off by hand what is named above, then run this again, or "
            f"delete {core.unsafe_marker} if an instrument can no longer be reached"
        )
        return EXIT_STATUS[Verdict.ERROR]
    core.confirm_safe()
    print(f"bench {core.bench.name}: safe")
    return EXIT_STATUS[Verdict.PASS]


def _switch_off_the_others(bench: Path) -> int:
    """One that cannot be opened leaves no other switched on. Raises InputError if the file is wrong."""
    probe = _core.BenchProbe(bench)
    for name, _, problem in probe.found:
        seen = problem
        try:
            if not problem:
                probe.identify(name)
        except RigError as silent:
            seen = str(silent)
        print(f"BAD  {seen}" if seen else f"     {name}: is told to be safe, not read back")
    del probe  # makes them safe
    print(
        f"bench {_core.Bench.load(bench).name} may be unsafe: switch off by hand what is named above and make it "
        "reachable, then run this again"
    )
    return EXIT_STATUS[Verdict.ERROR]


def _switch_off(core: _core.Rig) -> list[str]:
    """What could not be switched off, or does not look as if it were."""
    try:
        core.make_safe()
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
