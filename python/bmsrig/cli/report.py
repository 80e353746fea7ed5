"""``bmsrig report``: make the reports of a run again, from its record alone."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from bmsrig import InputError


def add_to(commands: Any) -> None:
    """Add this job to the command line."""
    parser = commands.add_parser("report", help="make reports from a record")
    parser.add_argument("record", metavar="RECORD", help="the record of a run")
    parser.add_argument("--html", metavar="FILE", help="default: beside the record, unless --junit is given alone")
    parser.add_argument("--junit", metavar="FILE", help="write JUnit XML")
    parser.set_defaults(action=main)


def main(options: argparse.Namespace) -> int:
    """Write what was asked for and print the summary."""
    from bmsrig_reports.html import write_html
    from bmsrig_reports.junit import write_junit
    from bmsrig_reports.record import read_record
    from bmsrig_reports.text import summary

    record = Path(options.record)
    html = Path(options.html) if options.html else None if options.junit else record.with_suffix(".html")
    if html is not None and html.resolve() == record.resolve():
        raise InputError(f"{record}: the report would overwrite the record; say --html FILE")
    print(summary(read_record(record)))
    if html is not None:
        write_html(record, html)
        print(f"report: {html}")
    if options.junit:
        write_junit(record, Path(options.junit))
        print(f"junit:  {options.junit}")
    return 0
