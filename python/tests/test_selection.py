"""Tests chosen by the time they take on the rig's clock."""

from __future__ import annotations

import shutil

import pytest
from bmsrig import InputError, paths
from bmsrig.selection import Times, parse_duration

PLAN = '''
@pytest.mark.requirement("VSB-LOAD-HIGH")
def test_short(rig):
    """Two seconds."""
    rig.wait(2)


def test_long(rig):
    """Two minutes."""
    rig.wait(120)
'''


@pytest.mark.parametrize(
    ("text", "seconds"), [("60", 60), ("60s", 60), ("1.5 min", 90), ("2h", 7200), ("250 ms", 0.25), (" 5 s ", 5)]
)
def test_a_duration_is_read(text, seconds):
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "0", "0 s", "-3 s", "1 day", "s", "1 2", "inf", "nan"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="expected a time above zero"):
        parse_duration(text)


def test_the_forecast_counts_what_is_known():
    times = Times({"a": 600.0, "b": 125.0}, "earlier.db")
    assert times.forecast(["a", "b"], real_time=True) == "2 tests, about 12 min 05 s on this bench"
    assert times.forecast(["b", "c"], real_time=True).endswith("; of 1 of them no record tells the time")
    assert Times().forecast(["a"], real_time=True) == ""


def test_a_record_of_another_plan_is_refused():
    with pytest.raises(InputError, match="holds none of the 1 tests that were collected, but 1 others such as a"):
        Times({"a": 1.0}, "earlier.db").check(["b"])


@pytest.fixture
def timed(plan, bmsrig, tmp_path):
    """The plan and a record of its times."""
    done = bmsrig(plan(PLAN))
    assert done.status == 0, done.output
    earlier = tmp_path / "earlier.db"
    done.record.rename(earlier)
    return tmp_path / "plan" / "test_plan.py", str(earlier)


def test_tests_that_take_too_long_are_left_out_by_name(bmsrig, timed):
    file, earlier = timed
    new = "\n\ndef test_new(rig):\n    rig.wait(1)\n"
    file.write_text(file.read_text() + new)
    done = bmsrig(file, "--longest", "60s", "--times-from", earlier)
    assert done.status == 0, done.output
    reason = "takes more than 1 min 00 s, by the times of earlier.db"
    assert f"left out: test_plan.py::test_long {reason}\n2 tests, about " in done.output
    assert "of 1 of them no record tells the time" in done.output
    assert sorted(done.rows("SELECT name, verdict, message FROM test")) == [
        ("test_plan.py::test_long", "not_run", reason),
        ("test_plan.py::test_new", "pass", ""),
        ("test_plan.py::test_short", "pass", ""),
    ]
    assert f"not run: {reason}" in done.output.partition("summary")[2]
    assert reason in done.record.with_suffix(".html").read_text()


def test_two_workers_leave_out_the_same(bmsrig, timed):
    file, earlier = timed
    done = bmsrig(file, "--longest", "60s", "--times-from", earlier, "-n", "2")
    assert done.status == 0, done.output
    assert "1 more test was not run" in done.output
    assert "1 test: 1 pass" in done.output


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--longest", "60s"], "say --times-from RECORD as well"),
        (["--longest", "60s", "-n", "2"], "say --times-from RECORD as well"),
        (["--longest", "1 day", "--times-from", "RECORD"], "expected a time above zero"),
        (["--longest", "1s", "--times-from", "RECORD"], "no test is left of 2: test_plan.py::test_short takes more"),
        (["--times-from", "missing.db"], "missing.db: there is no such file"),
    ],
)
def test_bad_usage_is_refused(bmsrig, timed, options, words):
    file, earlier = timed
    done = bmsrig(file, *(earlier if option == "RECORD" else option for option in options))
    assert done.status == 4, done.output
    assert words in done.output


def test_what_is_for_virtual_time_alone_is_left_out_in_real_time(plan, bmsrig, tmp_path):
    body = """
@pytest.mark.virtual_time("it lasts a day")
def test_soak(rig):
    rig.wait(1)


def test_quick(rig):
    rig.wait(0.01)
"""
    shutil.copy(paths.fixtures_folder() / "victron_smallbms" / "benches" / "virtual.yaml", tmp_path)
    bench = tmp_path / "real.yaml"
    bench.write_text("format: 1\nbench: real\nbased_on: virtual.yaml\nclock: real\n")
    done = bmsrig(plan(body), "--bench", str(bench), "--no-self-test")
    assert done.status == 0, done.output
    assert done.rows("SELECT name, message FROM test WHERE verdict = 'not_run'") == [
        ("test_plan.py::test_soak", "is run in virtual time only: it lasts a day")
    ]
    done = bmsrig(plan(body))
    assert done.rows("SELECT count(*) FROM test WHERE verdict = 'pass'") == [(2,)]
