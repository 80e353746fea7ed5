"""``bmsrig export``: write the CAN frames of a test for other tools."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from bmsrig_reports.merged import MergedRecords
from bmsrig_reports.record import RecordFile, Test

from bmsrig import InputError, _core


def add_to(commands: Any) -> None:
    """Add this job to the command line."""
    parser = commands.add_parser(
        "export",
        help="write a test's CAN frames for other tools",
        description="Write what stood on the CAN buses in a test of a record, error frames and the rig's own frames "
        "included: .log (candump), .asc and .blf (Vector), .mf4 (ASAM MDF 4). Times are the start of the run and the "
        "test's own time added up.",
    )
    parser.add_argument("records", metavar="RECORD", nargs="+", help="the record of a run, or those of its workers")
    parser.add_argument("file", metavar="FILE", help="what to write; its suffix names the format")
    parser.add_argument(
        "--test",
        default="",
        metavar="NAME|N",
        help="by its name in the report, or by its number in the run (default: the only one that has frames)",
    )
    parser.add_argument(
        "--bus", default="", metavar="NAME", help="default: all, as channels in the order of their names"
    )
    parser.add_argument("--force", action="store_true", help="overwrite a file that exists")
    parser.set_defaults(action=main)


def main(options: argparse.Namespace) -> int:
    """Write the file and say what is in it."""
    from bmsrig_reports.can_export import Frames, export_frames

    file = Path(options.file)
    records = [Path(record) for record in options.records]
    _check_place(file, records, options.force)
    with RecordFile(records[0]) if len(records) == 1 else MergedRecords(records) as opened:
        test = _find_test(opened, options.test, str(records[0]))
        buses = _choose_buses(opened.can_buses(test.id), options.bus, f"{records[0]}: test {test.name}")
        try:
            count = export_frames(Frames(opened, test.id, buses), file)
        except OSError as problem:
            why = problem.strerror or problem
            raise InputError(
                f"{file}: cannot be written: {why}; choose a folder that exists and can be written to"
            ) from None
    channels = f"channel {', '.join(f'{channel} {bus}' for channel, bus in enumerate(buses, 1))}"
    print(f"export: {file}: {count} events of {test.name}, {channels}")
    return 0


def _check_place(file: Path, records: list[Path], force: bool) -> None:
    from bmsrig_reports.can_export import FORMATS

    if file.suffix.lower() not in FORMATS:
        raise InputError(f"{file}: suffix {file.suffix!r} names no format; expected one of {', '.join(FORMATS)}")
    if any(file.resolve() == record.resolve() for record in records):
        raise InputError(f"{file}: the export would overwrite the record; choose another name")
    if file.exists() and not force:
        raise InputError(f"{file}: exists already; choose another name, or overwrite it with --force")


def _find_test(opened: RecordFile | MergedRecords, wanted: str, record: str) -> Test:
    tests = opened.read().tests
    with_frames = [test for test in tests if opened.can_buses(test.id)]
    if not with_frames:
        raise InputError(f"{record}: no test has CAN frames")
    if not wanted:
        if len(with_frames) > 1:
            names = "\n  ".join(f"{test.id}: {test.name}" for test in with_frames)
            raise InputError(f"{record}: {len(with_frames)} tests have CAN frames; choose one with --test:\n  {names}")
        return with_frames[0]
    found = [test for test in tests if test.name == wanted or (wanted.isdecimal() and test.id == int(wanted))]
    if not found:
        suggestion = _core.suggest(wanted, [test.name for test in with_frames])
        raise InputError(f"{record}: there is no test {wanted[:200]!r}; {suggestion}")
    if found[0] not in with_frames:
        raise InputError(f"{record}: test {found[0].name} has no CAN frames; nothing stood on a CAN bus in it")
    return found[0]


def _choose_buses(buses: list[str], wanted: str, where: str) -> list[str]:
    if not wanted:
        return buses
    if wanted not in buses:
        raise InputError(f"{where}: nothing stood on a CAN bus {wanted[:200]!r}; there are: {', '.join(buses)}")
    return [wanted]
