"""What a bench has no means for: inconclusive, or left out by name where the bench file says so."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from bmsrig import BenchCannot, RigError, _core, paths
from bmsrig_reports.junit import render_junit
from bmsrig_reports.record import read_record

ASKS = """
def ask():
    problem = bmsrig.BenchCannot("the adapter can0 has no switch for its wires")
    problem.ability = "can_faults"
    raise problem
"""
TWO = f'''import bmsrig
{ASKS}
@pytest.mark.requirement("VSB-LOAD-HIGH")
def test_passes(rig):
    """Load is high."""
    rig.line("load").expect_active()


@pytest.mark.requirement("VSB-LOAD-UV")
def test_asks(rig):
    """A frame is lost."""
    rig.measure("under_voltage_threshold", 2.80, 0.001)
    ask()
'''


@pytest.fixture
def bench_that(tmp_path):
    """Write a bench file with this line beside the fixture's own."""

    def write(line: str):
        shutil.copy(paths.fixtures_folder() / "victron_smallbms" / "benches" / "virtual.yaml", tmp_path)
        file = tmp_path / "poor.yaml"
        file.write_text(f"format: 1\nbench: poor\nbased_on: virtual.yaml\n{line}\n")
        return str(file)

    return write


def test_it_is_an_error_of_the_bench_by_type():
    assert issubclass(BenchCannot, RigError)
    assert "can_faults" in _core.abilities()


def test_a_test_that_the_bench_cannot_run_is_inconclusive(plan, bmsrig):
    done = bmsrig(plan(TWO))
    assert done.status == 2, done.output
    assert done.rows("SELECT verdict, message FROM test ORDER BY id") == [
        ("pass", ""),
        (
            "inconclusive",
            "the bench cannot do what the test asks (can_faults): the adapter can0 has no switch for its wires",
        ),
    ]


def test_it_is_left_out_by_name_where_the_bench_file_says_so(plan, bmsrig, bench_that):
    done = bmsrig(plan(TWO), "--bench", bench_that("cannot: [uut_settings, can_faults]"))
    assert done.status == 0, done.output
    assert done.verdict() == "pass"
    reason = (
        "this bench cannot break, short or disturb the wires of a CAN bus (can_faults): "
        "the adapter can0 has no switch for its wires"
    )
    assert done.rows("SELECT name, verdict, message FROM test ORDER BY id") == [
        ("test_plan.py::test_passes", "pass", ""),
        ("test_plan.py::test_asks", "not_run", reason),
    ]
    assert f"not run: {reason}\n  test_plan.py::test_asks\n" in done.output
    assert "1 test: 1 pass" in done.output
    assert "NOT RUN" in done.output
    page = done.record.with_suffix(".html").read_text()
    assert reason in page
    assert "<b>1 test was not run;</b>" in page
    record = read_record(done.record)
    words = {row.requirement.id: row.word for row in record.coverage}
    assert words["VSB-LOAD-UV"] == "not run"
    suite = ET.fromstring(render_junit(record)).find("testsuite")
    assert suite is not None
    assert suite.get("skipped") == "1"
    assert [each.get("message") for each in suite.iter("skipped")] == [reason]


def test_what_it_measured_before_still_counts(plan, bmsrig, bench_that):
    failing = TWO.replace("2.80, 0.001", "2.70, 0.001")
    done = bmsrig(plan(failing), "--bench", bench_that("cannot: [can_faults]"))
    assert done.status == 1, done.output
    assert done.rows("SELECT verdict FROM test ORDER BY id") == [("pass",), ("fail",)]
    assert "under_voltage_threshold" in str(done.rows("SELECT message FROM test WHERE id = 2"))


def test_a_run_of_which_nothing_is_left_proves_nothing(plan, bmsrig, bench_that):
    bench = bench_that("cannot: [can_faults]")
    for options in ((), ("-n", "2")):
        done = bmsrig(plan(f"import bmsrig\n{ASKS}\ndef test_it(rig):\n    ask()\n"), "--bench", bench, *options)
        assert done.status == 2, done.output
        assert "no test was run" in done.output
        assert "every test was left out, so nothing was proven" in done.output


def test_it_counts_in_a_setup_too(plan, bmsrig, bench_that):
    body = f"import bmsrig\n{ASKS}\n@pytest.fixture\ndef broken(rig):\n    ask()\n\ndef test_it(broken):\n    pass\n"
    passing = "\ndef test_other(rig):\n    rig.line('load').expect_active()\n"
    done = bmsrig(plan(body + passing), "--bench", bench_that("cannot: [can_faults]"))
    assert done.status == 0, done.output
    assert done.rows("SELECT verdict FROM test ORDER BY id") == [("not_run",), ("pass",)]


def test_every_ability_that_a_driver_lacks_can_be_named_in_a_bench_file():
    root = Path(__file__).resolve().parents[2]
    sources = [file for folder in ("rig", "drivers") for file in (root / folder).rglob("*.cpp")]
    thrown = {
        name
        for file in sources
        if not file.stem.endswith("_test")
        for name in re.findall(r'BenchCannot\(\s*"(\w+)"', file.read_text())
    }
    assert "can_faults" in thrown
    assert thrown <= _core.abilities().keys()


def test_an_unknown_ability_is_refused_with_the_known_ones(plan, bmsrig, bench_that):
    done = bmsrig(plan(TWO), "--bench", bench_that("cannot: [can_fault]"))
    assert done.status == 4, done.output
    assert 'poor.yaml:4: cannot[1]: unknown ability "can_fault"; did you mean "can_faults"?' in done.output
    assert "uut_settings" in done.output
