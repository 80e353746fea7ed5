"""How what happens in a test becomes a verdict, an exit status and rows of the record."""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from bmsrig import paths

PASSING = '''
@pytest.mark.requirement("VSB-LOAD-HIGH")
def test_passes(rig):
    """Load is high."""
    rig.line("load").expect_active()
'''


def test_pass_exits_0(plan, bmsrig):
    done = bmsrig(plan(PASSING))
    assert done.status == 0, done.output
    assert done.verdict() == "pass"
    assert done.rows("SELECT name, title, verdict FROM test") == [
        ("test_plan.py::test_passes", "Load is high.", "pass")
    ]
    assert "PASS" in done.output
    assert done.record.with_suffix(".html").is_file()


def test_a_failed_expectation_exits_1_and_shows_the_lines_history(plan, bmsrig):
    done = bmsrig(plan("def test_it(rig):\n    rig.cell(1).set(2.5)\n    rig.line('load').expect_inactive(within=5)\n"))
    assert done.status == 1
    assert done.verdict() == "fail"
    ((message, details),) = done.rows("SELECT message, details FROM test")
    assert "line load: expected inactive within 5 s" in message
    assert "last changes of line.load" in details
    assert "last changes of uut.load" in details


def test_a_plain_assert_fails_too_and_shows_the_line(plan, bmsrig):
    done = bmsrig(plan("def test_it(rig):\n    assert not rig.line('charge').is_active\n"))
    assert done.status == 1
    assert "<line charge: active" in done.output


def test_all_measurements_are_recorded_and_the_worst_decides(plan, bmsrig):
    done = bmsrig(
        plan(
            "def test_it(rig):\n"
            "    rig.measure('under_voltage_threshold', 2.80, 0.001, 'first')\n"
            "    rig.measure('under_voltage_threshold', 2.70, 0.001, 'second')\n"
            "    rig.measure('under_voltage_threshold', 2.80, 0.001, 'third')\n"
        )
    )
    assert done.status == 1
    rows = done.rows("SELECT comment, verdict, low, high, unit, uncertainty FROM measurement ORDER BY id")
    assert [row[:2] for row in rows] == [("first", "pass"), ("second", "fail"), ("third", "pass")]
    assert rows[0][2:] == (2.795, 2.805, "V", 0.001)
    assert "second" in done.rows("SELECT message FROM test")[0][0]


def test_a_straddling_measurement_is_inconclusive_and_exits_2(plan, bmsrig):
    done = bmsrig(plan("def test_it(rig):\n    rig.measure('under_voltage_threshold', 2.7955, 0.001)\n"))
    assert done.status == 2
    assert done.verdict() == "inconclusive"
    assert "INCONCLUSIVE" in done.output


def test_a_skipped_test_proves_nothing(plan, bmsrig):
    done = bmsrig(plan(PASSING + "\n\ndef test_other(rig):\n    pytest.skip('no time')\n"))
    assert done.status == 2
    assert done.rows("SELECT verdict FROM test ORDER BY id") == [("pass",), ("inconclusive",)]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("rig.no_such_thing()", "no_such_thing"),
        ("rig.line('lod')", 'did you mean "load"?'),
        ("rig.measure('no_limit', 1.0)", "no_limit"),
        ("rig.cell(1).set(5.5)", "rated"),
        ("rig.cell(17)", "cell 17: the battery has cells 1 to 4"),
        ("rig.restart(under_voltage=1.0)", "under_voltage"),
        ("rig.wait(-1)", "a time of -1 s was asked for"),
        ("rig.measure('under_voltage_threshold', float('nan'))", "nan"),
    ],
)
def test_a_problem_of_ours_is_an_error_never_a_fail(plan, bmsrig, body, words):
    done = bmsrig(plan(f"def test_it(rig):\n    {body}\n"))
    assert done.status == 3, done.output
    assert done.verdict() == "error"
    assert words in done.rows("SELECT message FROM test")[0][0] + done.rows("SELECT details FROM test")[0][0]


def test_a_test_that_only_characterises_never_fails(plan, bmsrig):
    body = "def test_it(rig):\n    assert not rig.line('load').is_active\n"
    assert bmsrig(plan('@pytest.mark.requirement("VSB-CHG-T-HYST")\n' + body)).status == 2
    assert bmsrig(plan('@pytest.mark.requirement("VSB-CHG-T-HYST", "VSB-CHG-OT")\n' + body)).status == 1


def test_an_error_outweighs_a_failure(plan, bmsrig):
    done = bmsrig(plan("def test_a(rig):\n    assert False\n\n\ndef test_b(rig):\n    1 / 0\n\n\n" + PASSING))
    assert done.status == 3
    assert done.rows("SELECT verdict FROM test ORDER BY id") == [("fail",), ("error",), ("pass",)]


def test_pytests_own_junit_counts_errors_as_errors(plan, bmsrig, tmp_path):
    junit = tmp_path / "junit.xml"
    bmsrig(plan("def test_a(rig):\n    assert False\n\n\ndef test_b(rig):\n    1 / 0\n"), f"--junitxml={junit}")
    suite = ET.parse(junit).getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("failures"), suite.get("errors"), suite.get("tests")) == ("1", "1", "2")
    cases = {case.get("name"): [child.tag for child in case] for case in suite.iter("testcase")}
    assert "failure" in cases["test_a"]
    assert "error" in cases["test_b"]


def test_requirements_without_a_test_are_named(plan, bmsrig):
    done = bmsrig(plan(PASSING))
    assert "26 of 27 requirements have no test: VSB-LOAD-UV, " in done.output
    assert done.rows("SELECT requirement FROM test_requirement") == [("VSB-LOAD-HIGH",)]


def test_an_unknown_requirement_is_bad_input(plan, bmsrig):
    done = bmsrig(plan('@pytest.mark.requirement("VSB-NO-SUCH")\ndef test_it(rig):\n    pass\n'))
    assert done.status == 4
    assert "VSB-NO-SUCH" in done.output
    assert not done.record.exists()


def test_a_plan_that_does_not_parse_is_bad_input(plan, bmsrig):
    done = bmsrig(plan("def test_it(rig:\n"))
    assert done.status == 4
    assert not done.record.exists()


def test_no_tests_is_bad_input(plan, bmsrig):
    assert bmsrig(plan("")).status == 4


def test_steps_name_where_an_error_happened(plan, bmsrig):
    done = bmsrig(plan("def test_it(rig):\n    with rig.step('cell 3 sinks'):\n        1 / 0\n"))
    assert "in step: cell 3 sinks" in done.output
    assert ("cell 3 sinks",) in done.rows("SELECT text FROM mark")


def test_the_record_knows_what_ran(plan, bmsrig):
    done = bmsrig(plan(PASSING), "--serial", "SN-1", "--operator", "Ada", "--set", "under_voltage=2.7")
    ((serial, operator, plan_name, fixture, bench),) = done.rows(
        "SELECT serial, operator, plan, fixture, bench FROM run"
    )
    assert (serial, operator, plan_name, fixture, bench) == ("SN-1", "Ada", "plan", "victron_smallbms", "virtual")
    properties = dict(done.rows("SELECT name, value FROM property"))
    assert properties["uut.product"] == "victron.smallbms"
    assert properties["setting.under_voltage"] == "2.7"
    assert len(str(properties["uut.sha256"])) == 64
    files = dict(done.rows("SELECT name, content FROM input_file"))
    assert {"fixture.yaml", "wiring.yaml", "limits.yaml", "requirements.csv", "bench.yaml"} == set(files)
    transcript = done.rows("SELECT count(*) FROM transcript_block")
    assert transcript[0][0] == 1


def test_the_record_keeps_the_files_that_its_bench_is_based_on(plan, bmsrig, tmp_path):
    base = (paths.fixtures_folder() / "victron_smallbms" / "benches" / "virtual.yaml").read_text()
    (tmp_path / "left.yaml").write_text(base)
    own = "format: 1\nbench: right\nbased_on: left.yaml\nseed: 12\nsettings: {cells: 8}\n"
    (tmp_path / "right.yaml").write_text(own)
    done = bmsrig(plan(PASSING), "--bench", "right.yaml", fixture="")
    assert done.status == 0, done.output
    assert done.rows("SELECT bench, seed, fixture FROM run") == [("right", "12", "victron_smallbms")]
    assert ("8",) in done.rows("SELECT value FROM property WHERE name = 'setting.cells'")
    files = {name: (hash_, content) for name, hash_, content in done.rows("SELECT * FROM input_file")}
    assert files["bench.yaml"] == (hashlib.sha256(own.encode()).hexdigest(), own)
    assert files["based_on/left.yaml"] == (hashlib.sha256(base.encode()).hexdigest(), base)


def test_a_record_is_never_overwritten(plan, bmsrig, tmp_path):
    bmsrig(plan(PASSING))
    kept = tmp_path / "kept.db"
    Path(tmp_path / "record.db").rename(kept)
    before = kept.read_bytes()
    done = bmsrig(plan(PASSING), "--record", str(kept))
    assert done.status == 4
    assert kept.read_bytes() == before
