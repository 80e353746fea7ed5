"""The wiring self-test before a run: a fault of the bench is our error and never the unit's failure."""

from __future__ import annotations

import shutil

import pytest
from bmsrig import paths

PASSING = '''
@pytest.mark.requirement("VSB-LOAD-HIGH")
def test_load_is_high(rig):
    """A line that any fault of Load would turn into a failure of the unit."""
    rig.line("load").expect_active()
    rig.line("charge").expect_active()
'''


@pytest.fixture
def bench_with(tmp_path):
    """Write a bench file with these wiring faults, based on the fixture's own."""

    def write(*faults: str):
        shutil.copy(paths.fixtures_folder() / "victron_smallbms" / "benches" / "virtual.yaml", tmp_path)
        file = tmp_path / "faulty.yaml"
        lines = "".join(f"  - {fault}\n" for fault in faults)
        file.write_text(f"format: 1\nbench: faulty\nbased_on: virtual.yaml\nwiring_faults:\n{lines}")
        return file

    return write


FAULTS = {
    "{line: load, fault: no_pull_down}": "the pull-down is missing",
    "{line: load, fault: wired_to, with: charge}": "wired to the wrong net",
    "{line: charge, fault: short_to_minus}": "it is shorted to battery minus",
    "{line: charge, fault: short_to_plus}": "it is shorted to battery plus",
    "{line: load, fault: swapped, with: charge}": "their wires are swapped",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.split("fault: ")[1].strip("}").partition(",")[0])
def test_a_wiring_fault_ends_the_run_before_the_first_test(plan, bmsrig, bench_with, fault):
    done = bmsrig(plan(PASSING), "--bench", str(bench_with(fault)))
    assert done.status == 3, done.output
    assert FAULTS[fault] in done.output
    line = fault.split("line: ")[1].partition(",")[0]
    assert f"line {line} (lines." in done.output
    assert done.verdict() == "error"
    assert done.rows("SELECT count(*) FROM test") == [(0,)]
    (seen,) = done.rows(f"SELECT value FROM property WHERE name = 'self_test.line {line}'")
    assert "FAULT: " in str(seen[0])


def test_the_self_test_can_be_left_out(plan, bmsrig, bench_with):
    bench = str(bench_with("{line: load, fault: short_to_minus}"))
    done = bmsrig(plan(PASSING), "--bench", bench, "--no-self-test")
    assert done.status == 1, "nobody has proven the line, so its silence is told as the unit's failure"
    assert done.rows("SELECT value FROM property WHERE name = 'self_test.result'") == [("left out",)]


def test_a_proven_bench_is_in_the_record(plan, bmsrig):
    done = bmsrig(plan(PASSING))
    assert done.status == 0, done.output
    seen = dict(done.rows("SELECT name, value FROM property WHERE name LIKE 'self_test%'"))
    assert seen["self_test.result"] == "proven"
    assert str(seen["self_test.line charge"]).startswith("floats; active (baseline), inactive (cell.1 at 3.85)")
    assert "note:" not in done.output


def test_a_broken_wire_is_noted_beside_the_failure(plan, bmsrig, bench_with):
    done = bmsrig(plan(PASSING), "--bench", str(bench_with("{line: load, fault: open}")))
    assert done.status == 1, done.output
    assert "a broken wire looks like a dead output" in done.output


def test_a_unit_that_dies_in_the_self_test_is_an_error(plan, bmsrig):
    done = bmsrig(plan(PASSING), "--uut", "false")
    assert done.status == 3, done.output
    assert "wiring self-test: " in done.output
