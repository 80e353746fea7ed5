"""The ``bmsrig`` command: a module for each of its jobs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from bmsrig_reports.record import RecordError

from bmsrig import RigError, __version__
from bmsrig.cli import check_bench, export, instruments, listing, make_safe, replay, report, run
from bmsrig.verdict import EXIT_BAD_INPUT

_EPILOG = """\
exit status: 0 pass, 1 fail, 2 inconclusive, 3 error (ours, not the UUT's), 4 bad input or usage, 130 aborted
"""


class _Parser(argparse.ArgumentParser):
    """Exits with our status for bad usage instead of argparse's 2, which means inconclusive here."""

    def error(self, message: str) -> None:  # type: ignore[override]
        self.print_usage(sys.stderr)
        self.exit(EXIT_BAD_INPUT, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = _Parser(
        prog="bmsrig",
        description="Test battery management systems in the loop.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"bmsrig {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    for module in (run, listing, report, export, replay, check_bench, make_safe, instruments):
        module.add_to(commands)
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command != "run":
        parser.error(f"unknown argument {rest[0][:200]!r}; see bmsrig {options.command} --help")
    options.rest = rest
    try:
        status: int = options.action(options)
    except (RigError, RecordError, OSError) as problem:
        print(f"bmsrig: {problem}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except KeyboardInterrupt:
        return 130
    return status
