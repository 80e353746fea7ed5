"""``bmsrig instruments``: a laboratory without hardware, whose instruments real drivers can talk to."""

from __future__ import annotations

import argparse
import signal
import sys
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any

from bmsrig import _core, paths
from bmsrig.cli.bench_options import settings_of


def add_to(commands: Any) -> None:
    """Add this job to the command line."""
    parser = commands.add_parser(
        "instruments",
        help="serve virtual instruments",
        description="Serve the virtual instruments of a bench over real sockets, terminals, CAN interfaces and GPIO "
        "lines, with the BMS process behind them, until Ctrl-C. `bmsrig run --bench OUT.yaml` then tests with real "
        "drivers.",
    )
    parser.add_argument("--bench", default="lab", metavar="NAME", help="a bench of the fixture, or a .yaml file")
    parser.add_argument(
        "--fixture", default="", metavar="NAME", help="a fixture's name or folder; default: what a bench file says"
    )
    parser.add_argument("--set", action="append", default=[], dest="settings", metavar="NAME=VALUE", help="a setting")
    parser.add_argument(
        "--write-bench", metavar="OUT.yaml", help="write the bench file by which a rig reaches them; then all is ready"
    )
    parser.add_argument("--log", action="store_true", help="print every message on its way")
    parser.set_defaults(action=main)


def main(options: argparse.Namespace) -> int:
    """Serve until a signal comes."""
    fixture = paths.find_fixture(options.fixture or paths.fixture_of_bench(options.bench))
    laboratory = _core.Laboratory(
        fixture=fixture,
        bench=paths.find_bench(options.bench, fixture),
        settings=settings_of(options),
        process_folder=str(paths.process_folder()),
        today=date.today().isoformat(),
        log=_print_line if options.log else None,
    )
    print(table(laboratory.served))
    if options.write_bench:
        write_bench(Path(options.write_bench), laboratory.bench_text)
        print(f"bench file: {options.write_bench}")
    print("ready; Ctrl-C ends it", flush=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        laboratory.run()
    except KeyboardInterrupt:
        print("ended")
    return 0


def table(served: list[tuple[str, str, str]]) -> str:
    """What is served where: a line for each instrument, its name, the driver for it and its address."""
    rows = [("instrument", "driver", "address"), *served]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return "\n".join(f"{name:<{widths[0]}}  {driver:<{widths[1]}}  {address}" for name, driver, address in rows)


def write_bench(file: Path, text: str) -> None:
    """Write a whole file at one go: whoever waits for it never reads half of it. Raises OSError."""
    beside = file.with_name(file.name + ".part")
    beside.write_text(text)
    beside.rename(file)


def _print_line(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
