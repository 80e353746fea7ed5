from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

from bmsrig_reports.junit import write_junit
from bmsrig_reports.tests.sample import HOSTILE, SampleMeasurement, SampleRun, SampleTest, write_record


def junit(tmp_path: Path, run: SampleRun) -> ET.Element:
    path = tmp_path / "run.db"
    path.unlink(missing_ok=True)
    write_junit(write_record(path, run), tmp_path / "junit.xml")
    suite = ET.parse(tmp_path / "junit.xml").getroot().find("testsuite")
    assert suite is not None
    return suite


def problem(case: ET.Element) -> tuple[str, str | None] | None:
    for tag in ("failure", "error", "skipped"):
        found = case.find(tag)
        if found is not None:
            return tag, found.get("type")
    return None


def test_each_verdict_has_its_element(tmp_path: Path) -> None:
    tests = [SampleTest(verdict=verdict) for verdict in ("pass", "inconclusive", "fail", "aborted", "error")]
    suite = junit(tmp_path, SampleRun(tests=tests, verdict="error"))
    assert [problem(case) for case in suite.findall("testcase")] == [
        None,
        ("failure", "inconclusive"),
        ("failure", "fail"),
        ("error", "aborted"),
        ("error", "error"),
    ]
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "5", "failures": "2", "errors": "2", "skipped": "0"}


def test_a_case_says_what_was_tested_and_why_it_failed(tmp_path: Path) -> None:
    test = SampleTest(
        verdict="fail", message="stayed active", details="the history", measurements=[SampleMeasurement()]
    )
    suite = junit(tmp_path, SampleRun(tests=[test], verdict="fail"))
    (case,) = suite.findall("testcase")
    assert (case.get("classname"), case.get("name")) == ("test_load", "test_load_disconnect[4]")
    assert case.get("time") == "0.020000"
    failure = case.find("failure")
    assert failure is not None
    assert (failure.get("message"), failure.text) == ("stayed active", "the history")
    properties = [(each.get("name"), each.get("value")) for each in case.iter("property")]
    assert ("requirement", "VSB-LOAD-UV") in properties
    assert (
        "measurement.under_voltage_threshold",
        "2.8 V +/- 0.0015 [2.795, 2.805] pass cell 3",
    ) in properties
    assert (suite.get("timestamp"), suite.get("hostname")) == ("2024-05-06T07:08:09.123Z", "bench-7")
    holder = suite.find("properties")
    assert holder is not None
    assert {each.get("name"): each.get("value") for each in holder}["serial"] == "SN0001"


def test_a_run_that_was_cut_off_does_not_look_green(tmp_path: Path) -> None:
    suite = junit(tmp_path, SampleRun(verdict=None))
    last = suite.findall("testcase")[-1]
    error = last.find("error")
    assert error is not None
    assert error.get("message") == "the rig ended without closing the record"
    assert (suite.get("tests"), suite.get("errors")) == ("2", "1")


def test_hostile_texts_stay_text(tmp_path: Path) -> None:
    test = SampleTest(name=HOSTILE, verdict="error", message=HOSTILE, details=HOSTILE, requirements=[HOSTILE])
    suite = junit(tmp_path, SampleRun(plan=HOSTILE, serial=HOSTILE, tests=[test], verdict="error"))
    (case,) = suite.findall("testcase")
    clean = HOSTILE.replace("\x00", "\ufffd").replace("\x1b", "\ufffd")
    assert case.get("name") == clean
    error = case.find("error")
    assert error is not None
    assert error.text == clean
    assert suite.get("name") == clean


def test_the_same_record_gives_the_same_bytes(tmp_path: Path) -> None:
    junit(tmp_path, SampleRun())
    first = (tmp_path / "junit.xml").read_bytes()
    junit(tmp_path, SampleRun())
    assert (tmp_path / "junit.xml").read_bytes() == first
