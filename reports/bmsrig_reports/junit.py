"""A run as JUnit XML, made from its record alone, for whatever collects test results."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # writes only; nothing from outside is parsed
from pathlib import Path

from bmsrig_reports.record import Record, Test, read_record
from bmsrig_reports.verdict import VERDICTS, worst

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 does not allow, even escaped."""


def write_junit(record_file: Path | str, xml_file: Path | str) -> None:
    """Write the JUnit file of a record.

    Raises RecordError if the record cannot be read, OSError if the file cannot be written.
    """
    Path(xml_file).write_bytes(render_junit(read_record(record_file)))


def render_junit(record: Record) -> bytes:
    """Render the XML. A ``<failure>`` is the UUT's, its type fail or inconclusive; an ``<error>`` is ours."""
    cases = [*(_test_case(test) for test in record.tests), *(_left_out(test) for test in record.left_out)]
    if VERDICTS.index(record.verdict) > VERDICTS.index(worst(test.verdict for test in record.tests)):
        # The run is worse than each of its tests: it was cut off, or something went wrong between them.
        case = _element("testcase", classname=record.plan, name="(the run itself)", time="0")
        _add_problem(case, record.verdict, record.message, "")
        cases.append(case)
    suite = _element(
        "testsuite",
        name=record.plan,
        tests=str(len(cases)),
        failures=str(sum(case.find("failure") is not None for case in cases)),
        errors=str(sum(case.find("error") is not None for case in cases)),
        skipped=str(len(record.left_out)),
        time=_seconds(sum(test.wall_seconds for test in record.tests)),
        timestamp=record.started_utc,
        hostname=record.properties.get("host", ""),
    )
    _add_properties(suite, _run_properties(record))
    suite.extend(cases)
    root = _element("testsuites", name="bmsrig")
    root.append(suite)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _run_properties(record: Record) -> list[tuple[str, str]]:
    return [
        ("run", record.id),
        ("verdict", record.verdict),
        ("serial", record.serial),
        ("operator", record.operator),
        ("fixture", record.fixture),
        ("bench", record.bench),
        ("seed", record.seed),
        ("uut_command", record.uut_command),
        *record.properties.items(),
    ]


def _left_out(test: Test) -> ET.Element:
    case = _named(test)
    _add_properties(case, [("requirement", requirement) for requirement in test.requirements])
    case.append(_element("skipped", message=test.message))
    return case


def _named(test: Test) -> ET.Element:
    file, separator, name = test.name.partition("::")
    classname, name = (file.removesuffix(".py").replace("/", "."), name) if separator else ("", test.name)
    return _element("testcase", classname=classname, name=name, time=_seconds(test.wall_seconds))


def _test_case(test: Test) -> ET.Element:
    case = _named(test)
    properties = [("requirement", requirement) for requirement in test.requirements]
    for each in test.measurements:
        low = "" if each.low is None else repr(each.low)
        high = "" if each.high is None else repr(each.high)
        text = f"{each.value!r} {each.unit} +/- {each.uncertainty!r} [{low}, {high}] {each.verdict}"
        properties.append((f"measurement.{each.name}", f"{text} {each.comment}".strip()))
    _add_properties(case, [("verdict", test.verdict), *properties])
    if test.verdict != "pass":
        _add_problem(case, test.verdict, test.message, test.details)
    return case


def _add_problem(case: ET.Element, verdict: str, message: str, details: str) -> None:
    tag = "failure" if verdict in ("fail", "inconclusive") else "error"
    problem = _element(tag, type=verdict, message=message)
    problem.text = _clean(details or message)
    case.append(problem)


def _add_properties(parent: ET.Element, properties: list[tuple[str, str]]) -> None:
    if properties:
        holder = ET.SubElement(parent, "properties")
        for name, value in properties:
            holder.append(_element("property", name=name, value=value))


def _element(tag: str, **attributes: str) -> ET.Element:
    return ET.Element(tag, {name: _clean(value) for name, value in attributes.items()})


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def _seconds(value: float) -> str:
    return f"{value:.6f}"
