"""``bmsrig report``: make the reports of a run again, from its record alone."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from bmsrig import InputError


def add_to(commands: Any) -> None:
    """Add this job to the command line."""
    parser = commands.add_parser("report", help="make reports from a record")
    parser.add_argument("records", metavar="RECORD", nargs="+", help="the record of a run, or those of its workers")
    parser.add_argument("--html", metavar="FILE", help="default: beside the record, unless --junit is given alone")
    parser.add_argument("--junit", metavar="FILE", help="write JUnit XML")
    parser.set_defaults(action=main)


def main(options: argparse.Namespace) -> int:
    """Write what was asked for and print the summary."""
    from bmsrig_reports.html import write_page
    from bmsrig_reports.junit import render_junit
    from bmsrig_reports.merged import MergedRecords
    from bmsrig_reports.record import RecordFile
    from bmsrig_reports.text import summary

    records = [Path(record) for record in options.records]
    html = Path(options.html) if options.html else None if options.junit else _beside(records)
    for record in records:
        if html is not None and html.resolve() == record.resolve():
            raise InputError(f"{record}: the report would overwrite the record; say --html FILE")
    with RecordFile(records[0]) if len(records) == 1 else MergedRecords(records) as file:
        print(summary(file.read()))
        if html is not None:
            write_page(file, html)
            print(f"report: {html}")
        if options.junit:
            Path(options.junit).write_bytes(render_junit(file.read()))
            print(f"junit:  {options.junit}")
    return 0


def _beside(records: list[Path]) -> Path:
    """The place where the run itself has put its report."""
    first = records[0]
    return (first if len(records) == 1 else first.with_suffix("")).with_suffix(".html")
