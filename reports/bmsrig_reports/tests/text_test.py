from __future__ import annotations

from pathlib import Path

from bmsrig_reports.record import read_record
from bmsrig_reports.tests.sample import HOSTILE, SampleMeasurement, SampleRun, SampleTest, write_record
from bmsrig_reports.text import summary


def text_of(tmp_path: Path, run: SampleRun) -> str:
    return summary(read_record(write_record(tmp_path / "run.db", run)))


def test_shows_requirements_problems_and_totals(tmp_path: Path) -> None:
    tests = [
        SampleTest(measurements=[SampleMeasurement()]),
        SampleTest(name="test_b.py::test_x", verdict="fail", message="line load stayed active"),
    ]
    assert text_of(tmp_path, SampleRun(tests=tests, verdict="fail", message="done")) == (
        "requirement    verdict  tests  title\n"
        "-------------  -------  -----  -----------------------------------\n"
        "VSB-LOAD-UV    fail     2      Load released on cell under-voltage\n"
        "VSB-CHARGE-OV  no test  0      Charge released on over-voltage\n"
        "\n"
        "verdict  test               why\n"
        "-------  -----------------  -----------------------\n"
        "fail     test_b.py::test_x  line load stayed active\n"
        "\n"
        "2 tests: 1 pass, 1 fail; 1 measurements; 2 min 00 s on the rig's clock, 0.04 s of wall time\n"
        "1 of 2 requirements have no test: VSB-CHARGE-OV\n"
        "verdict: FAIL (done)\n"
    )


def test_an_empty_run_says_so(tmp_path: Path) -> None:
    text = text_of(tmp_path, SampleRun(tests=[], requirements=[]))
    assert text == "no test was run\nverdict: PASS\n"


def test_a_run_that_never_began_does_not_list_what_it_left_untested(tmp_path: Path) -> None:
    assert text_of(tmp_path, SampleRun(tests=[])) == "no test was run\nverdict: PASS\n"


def test_hostile_and_long_texts_stay_in_their_line(tmp_path: Path) -> None:
    test = SampleTest(name=HOSTILE, verdict="error", message="two\nlines " + "x" * 10_000)
    text = text_of(tmp_path, SampleRun(tests=[test], verdict="error"))
    assert "\x1b" not in text
    assert "\x00" not in text
    assert all(len(line) < 200 for line in text.splitlines())
    assert "two lines xxx" in text
