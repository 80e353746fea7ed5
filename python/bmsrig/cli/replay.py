"""``bmsrig replay``: play a recorded conversation to a BMS process again."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from bmsrig_reports.record import RecordFile

from bmsrig import InputError, _core
from bmsrig.verdict import EXIT_STATUS, Verdict


def add_to(commands: Any) -> None:
    """Add this job to the command line."""
    parser = commands.add_parser(
        "replay",
        help="replay a transcript",
        description="Start a BMS process, tell it what the rig told it, and compare its answers. Exits 0 if they are "
        "identical and 1 at the first difference.",
    )
    parser.add_argument("transcript", metavar="FILE", help="a transcript, or a record: then of one of its tests")
    parser.add_argument("--uut", default="", metavar="COMMAND", help="default: the command that was recorded")
    parser.add_argument(
        "--test", default="", metavar="NAME", help="of a record: the test (default: the first with a link)"
    )
    parser.add_argument("--session", type=int, default=1, metavar="N", help="of a record: the power-on within the test")
    parser.add_argument("--write", metavar="FILE", help="write the transcript to a file instead of replaying it")
    parser.add_argument("--answer-timeout", type=float, default=5.0, metavar="S", help="wall time for an answer")
    parser.set_defaults(action=main)


def main(options: argparse.Namespace) -> int:
    """Replay, and say where the answers part."""
    file = Path(options.transcript)
    text = _from_record(file, options) if _is_record(file) else _read(file)
    if options.write:
        Path(options.write).write_text(text)
        print(f"transcript: {options.write}")
        return 0
    command = options.uut or _core.transcript_header(text, str(file), "command")
    if not command:
        raise InputError(f"{file}: the transcript names no command; say --uut COMMAND")
    try:
        difference = _core.replay(text, str(file), command, options.answer_timeout)
    except _core.LinkError as problem:
        print(problem)
        return EXIT_STATUS[Verdict.ERROR]
    if difference is None:
        print(f"identical: {command} answers all {text.count(chr(10) + '> ')} lines of the rig as recorded")
        return EXIT_STATUS[Verdict.PASS]
    print(f"{file}: line {difference.line} is the first that differs")
    print(f"  expected: {difference.expected}")
    print(f"  seen:     {difference.seen}")
    return EXIT_STATUS[Verdict.FAIL]


def _is_record(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(15) == b"SQLite format 3"


def _read(file: Path) -> str:
    return file.read_bytes().decode("utf-8", "replace")


def _from_record(file: Path, options: argparse.Namespace) -> str:
    with RecordFile(file) as opened:
        for test in opened.read().tests:
            if options.test and options.test != test.name:
                continue
            sessions = opened.transcripts(test.id)
            if options.session in sessions:
                return sessions[options.session]
    wanted = options.test or "any test"
    raise InputError(f"{file}: no transcript of power-on {options.session} of {wanted}; see the report for the tests")
