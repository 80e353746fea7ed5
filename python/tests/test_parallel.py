"""A plan that several workers share (`bmsrig run PLAN -n 2`) gives what it gives without, and loses nothing."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from bmsrig import InputError, paths
from bmsrig.worker import Worker
from conftest import BMSRIG, environment
from processes import becomes_true, children, is_running, start
from test_robustness import BAD_OPTIONS

PROGRAM = paths.process_folder() / "victron_smallbms"
PASSING = 'def test_first(rig):\n    rig.line("load").expect_active()\n\n\ndef test_second(rig):\n    rig.wait(1)\n'
SIX = "@pytest.mark.parametrize('n', range(6))\ndef test_it(rig, n):\n    rig.measure('pre_alarm_lead_time', 31 + n)\n"


def query(record: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{record}?mode=ro", uri=True)) as database:
        return database.execute(sql).fetchall()


def workers_records(folder: Path) -> list[Path]:
    return sorted(folder.glob("record.gw*.db"))


def rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    """Rows of all workers' records."""
    return [row for record in workers_records(folder) for row in query(record, sql)]


def verdicts(folder: Path) -> dict[object, object]:
    return dict(rows(folder, "SELECT name, verdict FROM test"))


def said(done, sentence: str) -> int:
    return sum(sentence in line for line in done.output.splitlines())


# The same as without workers.


def test_two_workers_measure_what_one_process_measures(bmsrig, tmp_path):
    by_name = "SELECT test.name, {} FROM {} JOIN test ON test.id = test ORDER BY {}"
    queries = [
        "SELECT name, title, description, verdict, message, simulated_seconds FROM test",
        by_name.format(
            "m.name, value, unit, uncertainty, low, high, m.verdict, time, comment", "measurement AS m", "m.id"
        ),
        by_name.format("hex(data)", "trace_block", "first"),
        by_name.format("hex(data)", "transcript_block", "session, block"),
        by_name.format("time, text", "mark", "mark.rowid"),
    ]
    alone = bmsrig("victron_smallbms", "--bench", "virtual_noisy")
    assert alone.status == 0, alone.output
    expected = [alone.rows(sql) for sql in queries]
    shared = bmsrig("victron_smallbms", "--bench", "virtual_noisy", "-n", "2")
    assert shared.status == 0, shared.output
    assert len(workers_records(tmp_path)) == 2
    for sql, wanted in zip(queries, expected, strict=True):
        assert len(wanted) > 10
        assert sorted(rows(tmp_path, sql)) == sorted(wanted), "a test may run on any worker, and on no two"
    assert summary_of(shared) == summary_of(alone), "the requirements are covered by all workers together"
    assert "have no test" not in shared.output


def summary_of(done) -> list[str]:
    """The table of the requirements and the verdict."""
    lines = done.output.splitlines()
    return [line for line in lines if line.startswith(("VSB-", "VMB-", "verdict:"))]


def test_the_records_are_apart_complete_and_know_each_other(plan, bmsrig, tmp_path):
    done = bmsrig(plan(SIX), "-n", "2", "--serial", "SN-1")
    assert done.status == 0, done.output
    assert not done.record.exists()
    first, second = workers_records(tmp_path)
    assert (first.name, second.name) == ("record.gw0.db", "record.gw1.db")
    groups = set()
    for record, worker in ((first, "gw0"), (second, "gw1")):
        ((verdict, ended, serial, bench),) = query(record, "SELECT verdict, ended_utc, serial, bench FROM run")
        assert (verdict, serial, bench) == ("pass", "SN-1", "virtual")
        assert ended
        properties = dict(query(record, "SELECT name, value FROM property"))
        assert (properties["worker.id"], properties["worker.count"]) == (worker, "2")
        assert properties["uut.product"] == "victron.smallbms"
        groups.add(properties["worker.group"])
        assert len(query(record, "SELECT name FROM input_file")) == 5
        assert query(record, "SELECT count(*) FROM test")[0][0] in range(1, 6)
        assert said(done, f"record:  {record}") == 1
    assert len(groups) == 1
    assert len(set(rows(tmp_path, "SELECT id FROM run"))) == 2
    assert len(verdicts(tmp_path)) == 6


def test_a_worker_that_had_nothing_to_do_leaves_no_record(plan, bmsrig, tmp_path):
    done = bmsrig(plan("def test_it(rig):\n    pass\n"), "-n", "2")
    assert done.status == 0, done.output
    assert len(workers_records(tmp_path)) == 1
    assert len(verdicts(tmp_path)) == 1


def test_one_report_tells_of_all_workers(plan, bmsrig, tmp_path):
    done = bmsrig(plan(SIX), "-n", "2", "--html", "all.html", "--junitxml", "all.xml")
    assert done.status == 0, done.output
    assert said(done, "report:  all.html") == 1
    page = (tmp_path / "all.html").read_text()
    assert all(page.count(f'<span class="test-name mono">test_plan.py::test_it[{n}]') == 1 for n in range(6))
    assert "gw0, gw1" in page
    cases = list(ET.parse(tmp_path / "all.xml").iter("testcase"))
    assert sorted(case.get("name") for case in cases) == [f"test_it[{n}]" for n in range(6)]

    again = subprocess.run(
        [BMSRIG, "report", *map(str, workers_records(tmp_path))], capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, again.stderr
    assert "6 tests: 6 pass" in again.stdout
    assert (tmp_path / "record.html").read_text() == page


def test_a_group_of_tests_keeps_its_names_and_its_seeds(plan, bmsrig, tmp_path):
    grouped = SIX.replace("def", "@pytest.mark.xdist_group('one')\ndef")
    done = bmsrig(plan(grouped), "-n", "2", "--dist", "loadgroup")
    assert done.status == 0, done.output
    assert sorted(verdicts(tmp_path)) == [f"test_plan.py::test_it[{n}]" for n in range(6)]
    assert len(workers_records(tmp_path)) == 1


def test_pytest_itself_shares_a_plan_too(plan, tmp_path):
    command = [sys.executable, "-m", "pytest", str(plan(SIX)), "-n", "2", "--fixture", "victron_smallbms"]
    command += ["-p", "no:cacheprovider", "--serial", "SN-2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment())
    assert done.returncode == 0, done.stdout + done.stderr
    first, second = sorted((tmp_path / "records").glob("*-plan-SN-2.gw?.db"))
    assert first.name.removesuffix(".gw0.db") == second.name.removesuffix(".gw1.db")
    assert "6 tests: 6 pass" in done.stdout


# Verdicts.


def test_a_defect_fails(bmsrig, tmp_path):
    done = bmsrig("victron_smallbms", "--uut", f'"{PROGRAM}" --defect lead_29s5', "-n", "2")
    assert done.status == 1, done.output
    assert "verdict: FAIL" in done.output
    failed = rows(
        tmp_path, "SELECT DISTINCT requirement FROM test_requirement JOIN test ON id = test WHERE verdict = 'fail'"
    )
    assert ("VSB-PRE-LEAD",) in failed
    assert not rows(tmp_path, "SELECT name FROM test WHERE verdict IN ('error', 'aborted')")


def test_the_first_failure_may_end_the_run(plan, bmsrig, tmp_path):
    failing = SIX.replace("31 + n", "20 + n").replace("range(6)", "range(40)")
    done = bmsrig(plan(failing), "-n", "2", "-x")
    assert done.status == 1, done.output
    assert 0 < len(verdicts(tmp_path)) < 40
    assert "were not run" not in done.output, "whoever says -x wants that"


def test_an_inconclusive_test_exits_2(plan, bmsrig):
    done = bmsrig(plan(SIX + "\n\ndef test_skip(rig):\n    pytest.skip('no time today')\n"), "-n", "2")
    assert done.status == 2, done.output
    assert "INCONCLUSIVE" in done.output
    assert "no time today" in done.output


def test_an_error_of_ours_exits_3_and_is_an_error_in_junit(plan, bmsrig, tmp_path):
    done = bmsrig(plan(SIX + "\n\ndef test_slip(rig):\n    1 / 0\n"), "-n", "2", "--junitxml", "out.xml")
    assert done.status == 3, done.output
    assert verdicts(tmp_path)["test_plan.py::test_slip"] == "error"
    (suite,) = ET.parse(tmp_path / "out.xml").iter("testsuite")
    assert (suite.get("errors"), suite.get("failures"), suite.get("tests")) == ("1", "0", "7")


@pytest.mark.parametrize("uut", ["false", "sh -c 'kill -SEGV $$'", "echo hello"], ids=["exits", "crashes", "babbles"])
def test_a_uut_that_dies_is_an_error(plan, bmsrig, tmp_path, uut):
    done = bmsrig(plan(SIX), "-n", "2", "--uut", uut, "--answer-timeout", "0.3")
    assert done.status == 3, done.output
    assert "the bench cannot go on" in done.output
    assert set(verdicts(tmp_path).values()) == {"error"}
    assert "Traceback" not in done.output
    assert "INTERNALERROR" not in done.output


def test_a_fault_of_the_wiring_is_told_once_and_no_test_is_run(plan, bmsrig, tmp_path):
    good = (paths.fixtures_folder() / "victron_smallbms" / "benches" / "virtual.yaml").read_text()
    (tmp_path / "good.yaml").write_text(good)
    bad = "format: 1\nbench: bad\nbased_on: good.yaml\nwiring_faults: [{line: load, fault: no_pull_down}]\n"
    (tmp_path / "bad.yaml").write_text(bad)
    done = bmsrig(plan(SIX), "-n", "2", "--bench", "bad.yaml")
    assert done.status == 3, done.output
    assert said(done, "problem: wiring self-test: ") == 1, done.output
    assert "were not run" not in done.output
    assert rows(tmp_path, "SELECT verdict FROM run") == [("error",), ("error",)], "a worker without tests says it too"
    assert not verdicts(tmp_path)
    assert bmsrig(plan(SIX), "--bench", "bad.yaml").status == done.status

    (tmp_path / "bad.yaml").write_text(bad.replace("no_pull_down", "open"))
    doubtful = bmsrig(plan(SIX), "-n", "2", "--bench", "bad.yaml", "--record", "doubtful.db")
    assert doubtful.status == 0, doubtful.output
    assert said(doubtful, "note:    wiring self-test: ") == 1


# Bad input: the sentence and the exit status of a run without workers.


@pytest.mark.parametrize(
    ("options", "words"),
    [
        *BAD_OPTIONS,
        (["--fixture", "victron_smallbms", "--uut", "none"], "uut: none means a board on the bench"),
        (["--fixture", "victron_smallbms", "--bench", "real.yaml"], "leave -n out: the bench left has clock: real"),
        (["--fixture", "victron_smallbms", "--metrics", "127.0.0.1:0"], "leave -n out: --metrics 127.0.0.1:0"),
        (
            ["--fixture", "victron_smallbms", "--record", "no/such/folder/r.db", "--html", "r.html"],
            "choose a folder that exists",
        ),
    ],
)
def test_bad_options_exit_4_with_one_sentence(plan, bmsrig, tmp_path, options, words):
    virtual = (paths.fixtures_folder() / "victron_smallbms" / "benches" / "virtual.yaml").read_text()
    real = virtual.replace("clock: virtual", "clock: real").replace("bench: virtual", "bench: left")
    (tmp_path / "real.yaml").write_text(real)
    done = bmsrig(plan(SIX), "-n", "2", *options, fixture="")
    assert done.status == 4, done.output
    assert said(done, words) == 1, done.output
    assert "Traceback" not in done.output
    assert not list(tmp_path.glob("**/*.db"))


def test_a_requirement_that_does_not_exist_exits_4_with_one_sentence(plan, bmsrig, tmp_path):
    done = bmsrig(plan(SIX.replace("def", '@pytest.mark.requirement("VSB-NO")\ndef')), "-n", "2")
    assert done.status == 4, done.output
    assert said(done, "traces requirement 'VSB-NO'") == 1
    assert not workers_records(tmp_path)


def test_a_plan_that_cannot_be_read_exits_4(plan, bmsrig, tmp_path):
    file = plan(SIX)
    (file.parent / "test_other.py").write_text("def test_it(rig:\n")
    done = bmsrig(file.parent, "-n", "2")
    assert done.status == 4, done.output
    assert "SyntaxError" in done.output
    assert not workers_records(tmp_path), "no part of a plan is run"
    assert bmsrig(plan("def test_it():\n    pass\n"), "-n", "2", "-k", "test_it").status == 4


def test_no_record_of_a_worker_is_overwritten(plan, bmsrig, tmp_path):
    kept = tmp_path / "record.gw1.db"
    kept.write_bytes(b"kept")
    done = bmsrig(plan(SIX), "-n", "2")
    assert done.status == 4, done.output
    assert said(done, f"{kept}: exists already, and a record is never overwritten") == 1
    assert kept.read_bytes() == b"kept"
    assert workers_records(tmp_path) == [kept]


def test_an_instrument_that_is_not_virtual_is_not_shared():
    worker = Worker("gw0", 2, "group", Path("record.db"))
    cells = SimpleNamespace(name="cells", driver="virtual_cell_simulator")
    supply = SimpleNamespace(name="supply", driver="maker_supply")
    bench = SimpleNamespace(name="left", is_real_time=False, instruments=[cells])
    worker.refuse_to_share(bench, "./my_bms", metrics="")
    bench.instruments.append(supply)
    with pytest.raises(InputError, match=r"the bench left has real instruments \(supply\)"):
        worker.refuse_to_share(bench, "./my_bms", metrics="")


# Workers that are lost.

CRASH = SIX.replace("rig.measure", "n == 3 and __import__('os').kill(__import__('os').getpid(), 9)\n    rig.measure")


def test_a_lost_worker_is_an_error_and_its_tests_go_to_others(plan, bmsrig, tmp_path):
    done = bmsrig(plan(CRASH), "-n", "2")
    assert done.status == 3, done.output
    assert "problem: 1 of 6 tests were not run to their end: " in done.output
    assert "problem: the worker gw" in done.output
    expected = {f"test_plan.py::test_it[{n}]": "aborted" if n == 3 else "pass" for n in range(6)}
    assert verdicts(tmp_path) == expected
    run_verdicts = [verdict for (verdict,) in rows(tmp_path, "SELECT verdict FROM run")]
    assert run_verdicts.count(None) == 1, "its record is not closed"
    assert set(run_verdicts) == {None, "pass"}
    report = subprocess.run(
        [BMSRIG, "report", *map(str, workers_records(tmp_path))], capture_output=True, text=True, check=False
    )
    assert "verdict: ERROR" in report.stdout, "the records say it too"


def test_tests_that_nobody_ran_are_named(plan, bmsrig, tmp_path):
    done = bmsrig(plan(CRASH.replace("n == 3", "True")), "-n", "2", "--max-worker-restart", "0")
    assert done.status == 3, done.output
    assert "of 6 tests were not run to their end: " in done.output
    assert "test_it[5]" in done.output
    assert set(verdicts(tmp_path).values()) == {"aborted"}
    assert "verdict: ERROR" in done.output


def test_workers_that_are_lost_before_their_first_test_are_an_error(plan, bmsrig, tmp_path):
    file = plan(SIX)
    conftest = "import os\n\n\ndef pytest_collection_finish(session):\n    if hasattr(session.config, 'workerinput'):\n"
    (file.parent / "conftest.py").write_text(conftest + "        os._exit(1)\n")
    done = bmsrig(file, "-n", "2", "--max-worker-restart", "0")
    assert done.status == 3, done.output
    assert "problem: the worker gw0 was lost" in done.output
    assert not workers_records(tmp_path)


# The operator.

LONG = """
import os
from pathlib import Path


@pytest.mark.parametrize('n', range(8))
def test_for_ever(rig, n):
    Path(f"running-{os.getpid()}").touch()
    while True:
        rig.wait(1)
"""


@pytest.fixture
def long_run(plan, tmp_path):
    """A run whose two workers are in a test that does not end, and the processes below it."""
    command = [BMSRIG, "run", str(plan(LONG)), "-n", "2", "--fixture", "victron_smallbms", "--record", "record.db"]
    process = start(command, tmp_path)
    assert becomes_true(lambda: len(list(tmp_path.glob("running-*"))) == 2)
    workers = [int(file.name.removeprefix("running-")) for file in tmp_path.glob("running-*")]
    uuts = [uut for worker in workers for uut in children(worker)]
    assert len(uuts) == 2
    yield process, workers, uuts
    for pid in [process.pid, *workers, *uuts]:
        if is_running(pid):
            os.kill(pid, signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize("to", [["one"], ["all"], ["one", "all"]], ids=["to-one", "to-all", "to-one-and-all"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminate"])
def test_an_interrupted_run_is_aborted_with_its_records_closed(long_run, tmp_path, how, to):
    process, workers, uuts = long_run
    for whom in to:
        os.killpg(process.pid, how) if whom == "all" else process.send_signal(how)
        time.sleep(0.02)  # two signals that wait at the same time would be one
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert not any(is_running(pid) for pid in [*workers, *uuts])
    assert "verdict: ABORTED (stopped by the operator)" in output
    assert "Traceback" not in output
    assert rows(tmp_path, "SELECT verdict FROM run") == [("aborted",), ("aborted",)]
    assert list(verdicts(tmp_path).values()) == ["aborted", "aborted"]


def test_a_killed_controller_leaves_closed_records_and_no_process(long_run, tmp_path):
    process, workers, uuts = long_run
    process.kill()
    process.communicate(timeout=60)
    assert becomes_true(lambda: not any(is_running(pid) for pid in [*workers, *uuts]))
    assert rows(tmp_path, "SELECT verdict FROM run") == [("aborted",), ("aborted",)]
