"""A run that is over: its verdict, its records, and what is made from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from bmsrig_reports.merged import MergedRecords
from bmsrig_reports.record import RecordError, RecordFile
from bmsrig_reports.text import summary

from bmsrig.verdict import Verdict


@dataclass(slots=True)
class FinishedRun:
    """What pytest leaves behind for the end of the terminal's output and for the exit status."""

    verdict: Verdict
    record_files: list[Path]
    """One; or one of each worker that ran tests."""
    problems: list[str] = field(default_factory=list)
    """What went wrong outside the tests."""
    notes: list[str] = field(default_factory=list)
    """What the user should know beside the verdict."""
    message: str = ""
    """Of a run with several records: why it is worse than each of them."""

    def open(self) -> RecordFile | MergedRecords:
        """The record, or all of them as one. Raises RecordError."""
        if len(self.record_files) == 1 and not self.message:
            return RecordFile(self.record_files[0])
        return MergedRecords(self.record_files, self.verdict.word, self.message)

    def summary(self) -> str:
        """The coverage of the requirements, the tests that did not pass, and the totals. Raises RecordError."""
        with self.open() as file:
            return summary(file.read())

    def write_html(self, file: Path) -> None:
        """Write the report; a failure is a problem of the run, whose record is good."""
        from bmsrig_reports.html import write_page

        try:
            with self.open() as record:
                write_page(record, file)
        except (OSError, RecordError) as problem:
            self.problems.append(
                f"the report could not be written ({problem}); `bmsrig report` makes it from the record"
            )
