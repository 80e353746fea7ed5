"""The HTML report: one file without any reference to the outside, made from a record alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bmsrig_reports import words
from bmsrig_reports.can_frames import CanRow
from bmsrig_reports.gauge import make_gauge
from bmsrig_reports.merged import MergedRecords
from bmsrig_reports.picture import Picture, make_picture
from bmsrig_reports.record import Measurement, Record, RecordFile, Test
from bmsrig_reports.verdict import VERDICTS

FOLDER = Path(__file__).parent
UPLOT = FOLDER / "vendor" / "uplot"

GROUPS = (
    ("setting.", "Settings"),
    ("uut.", "Unit under test"),
    ("instrument.", "Instruments"),
    ("calibration.", "Calibration"),
    ("self_test.", "Wiring self-test"),
    ("version.", "Versions"),
    ("", "Further facts"),
)
"""Prefixes of a record's properties, and what the reader calls them."""


def write_html(record_file: Path | str, html_file: Path | str) -> None:
    """Make the report of a record. The same record gives the same bytes.

    Raises RecordError if the record cannot be read, OSError if the report cannot be written.
    """
    with RecordFile(record_file) as file:
        write_page(file, html_file)


def write_page(file: RecordFile | MergedRecords, html_file: Path | str) -> None:
    """Make the report of an open record, or of several that are read as one; otherwise as write_html()."""

    def draw(test: Test) -> Picture:
        return make_picture(test, file.trace(test.id), file.trace_end(test.id))

    page = render_html(file.read(), draw, lambda test: file.can_table(test.id))
    Path(html_file).write_text(page, encoding="utf-8", newline="\n")


def render_html(
    record: Record, draw: Callable[[Test], Picture], tell_can: Callable[[Test], list[CanRow]] = lambda _: []
) -> str:
    """Render the page. draw: makes the picture of a test; tell_can: the table of the frames on its CAN buses."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    environment.filters.update(
        reading=words.reading,
        limit=words.limit,
        seconds=words.seconds,
        moment=words.moment,
        milliseconds=words.milliseconds,
        gauge=make_gauge,
        by_title=by_title,
    )
    template = environment.get_template("template.html")
    return template.render(
        record=record,
        verdicts=VERDICTS,
        missing=[row.requirement for row in record.coverage if not row.tests],
        numbers=_number_measurements(record),
        facts=_facts(record.properties),
        draw=draw,
        tell_can=tell_can,
        style=_style(UPLOT / "uPlot.min.css", FOLDER / "report.css"),
        script=_script(UPLOT / "uPlot.iife.min.js", FOLDER / "report.js"),
    )


@dataclass(frozen=True, slots=True)
class Facts:
    """Properties of a run that belong together, without their common prefix."""

    title: str
    rows: tuple[tuple[str, str], ...]


def _facts(properties: dict[str, str]) -> list[Facts]:
    groups: list[Facts] = []
    left = dict(properties)
    for prefix, title in GROUPS:
        names = sorted(name for name in left if name.startswith(prefix))
        if names:
            groups.append(Facts(title, tuple((name.removeprefix(prefix), left.pop(name)) for name in names)))
    return groups


def _number_measurements(record: Record) -> list[tuple[Test, Measurement]]:
    return [(test, measurement) for test in record.tests for measurement in test.measurements]


def by_title(tests: Iterable[Test]) -> list[tuple[str, list[tuple[Test, str]]]]:
    """Put the runs of one test with several parameters together: "Title [2.60V]" and "Title [2.70V]"."""
    groups: dict[str, list[tuple[Test, str]]] = {}
    for test in tests:
        title, bracket, variant = test.title.rpartition(" [")
        if bracket and variant.endswith("]"):
            groups.setdefault(title, []).append((test, variant.removesuffix("]")))
        else:
            groups.setdefault(test.title or test.name, []).append((test, ""))
    return list(groups.items())


def _printable(value: object) -> object:
    """Pass every text of the record through here before it is escaped."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return words.printable(value)
    return value


def _style(*files: Path) -> Markup:
    return Markup("\n".join(_inlined(file, "</style") for file in files))


def _script(*files: Path) -> Markup:
    return Markup("\n".join(_inlined(file, "</script") for file in files))


def _inlined(file: Path, forbidden: str) -> str:
    """Read a file of ours that is to stand inside an element, which it must not close."""
    text = file.read_text(encoding="utf-8")
    if forbidden in text.lower():
        raise ValueError(f"{file}: contains {forbidden!r} and cannot be inlined")
    return text.strip()
