"""Bad input, hostile names, UUTs that misbehave, Ctrl-C and kill -9."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import BMSRIG, environment
from processes import becomes_true, children, is_running, start

LONG = """
def test_first(rig):
    rig.line("load").expect_active()


def test_for_ever(rig, capfd):
    with capfd.disabled():
        print("RUNNING", flush=True)
    while True:
        rig.wait(1)
"""
PASSING = 'def test_it(rig):\n    rig.line("load").expect_active()\n'
HOSTILE = ["SN'\"\\/../x", "<script>alert(1)</script>", "x" * 10_000, "Größe 🛥", "; DROP TABLE run; --", "a\nb\tc"]


@pytest.mark.parametrize("serial", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_serial_numbers_do_no_harm(plan, bmsrig, serial):
    done = bmsrig(plan(PASSING), "--serial", serial, "--operator", serial)
    assert done.status == 0, done.output
    assert done.rows("SELECT serial, operator FROM run") == [(serial, serial)]
    page = done.record.with_suffix(".html").read_text()
    assert "<script>alert(1)</script>" not in page


def test_a_hostile_serial_number_makes_a_sane_file_name(plan, tmp_path):
    command = [BMSRIG, "run", str(plan(PASSING)), "--fixture", "victron_smallbms", "--serial", "../../" + "x" * 5000]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment())
    assert done.returncode == 0, done.stdout
    (record,) = (tmp_path / "records").glob("*.db")
    assert len(record.name) < 150


BAD_OPTIONS = [
    (["--fixture", "no_such"], "no fixture 'no_such'"),
    (["--fixture", "victron_smallbms", "--bench", "no_such"], "no bench 'no_such'"),
    (["--fixture", "victron_smallbms", "--set", "cells"], "name=value"),
    (["--fixture", "victron_smallbms", "--set", "cells=5"], "4, 8, 12, 16"),
    (["--fixture", "victron_smallbms", "--set", "cels=4"], "cells"),
    (["--fixture", "victron_smallbms", "--set", "under_voltage=2.7 A"], "under_voltage"),
    (["--fixture", "victron_smallbms", "--reference", "x"], "reserved"),
    (["--fixture", "victron_smallbms", "--no-such-option"], "--no-such-option"),
    (["--fixture", "victron_smallbms", "--html", "no/such/folder/r.html"], "no folder"),
    (["--fixture", "victron_smallbms", "--seed", "x"], "--seed"),
]


@pytest.mark.parametrize(
    ("options", "words"),
    [*BAD_OPTIONS, (["--fixture", "victron_smallbms", "--metrics", "nonsense"], "nonsense")],
)
def test_bad_options_exit_4_with_a_clear_message(plan, bmsrig, options, words):
    done = bmsrig(plan(PASSING), *options, fixture="")
    assert done.status == 4, done.output
    assert words in done.output
    assert "Traceback" not in done.output
    assert not done.record.exists()


def test_metrics_may_be_served_while_a_plan_runs(plan, bmsrig):
    done = bmsrig(plan(PASSING), "--metrics", "127.0.0.1:0")
    assert done.status == 0, done.output


@pytest.mark.parametrize("workers", ["", "-n 2"], ids=["alone", "shared"])
def test_a_full_disk_ends_the_run_as_an_error(tmp_path, workers):
    command = f'ulimit -f 250; exec "{BMSRIG}" run victron_smallbms --record full.db {workers}'
    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False, env=environment()
    )
    assert done.returncode == 3, done.stdout
    assert "the run cannot be recorded: full." in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "INTERNALERROR" not in done.stdout


def test_an_unknown_plan_exits_4(bmsrig):
    done = bmsrig("no_such_plan")
    assert done.status == 4
    assert "victron_smallbms" in done.output


BAD_UUTS = {
    "does-not-exist": "/no/such/program",
    "exits": "false",
    "greets-wrongly": "echo hello",
    "says-nothing": "sleep 60",
    "crashes": "sh -c 'kill -SEGV $$'",
    "floods": "yes",
}


@pytest.mark.parametrize("uut", BAD_UUTS.values(), ids=BAD_UUTS.keys())
def test_a_bad_uut_is_an_error_with_its_log_and_no_orphan(plan, bmsrig, uut):
    done = bmsrig(plan(PASSING), "--uut", uut, "--answer-timeout", "0.3")
    assert done.status == 3, done.output
    assert done.verdict() == "error"
    assert uut.split()[0] in done.rows("SELECT message || details FROM test")[0][0]
    assert not _children_of_this_session("sleep 60")


def test_a_dead_uut_ends_the_run(plan, bmsrig):
    done = bmsrig(plan(PASSING + "\n\ndef test_other(rig):\n    pass\n"), "--uut", "false")
    assert done.rows("SELECT count(*) FROM test") == [(1,)], "the rest is not run on a bench that cannot go on"
    assert "the bench cannot go on" in done.output


def _children_of_this_session(text: str) -> list[str]:
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if line == text]


def _start(plan: Path, tmp_path: Path) -> tuple[subprocess.Popen[str], Path]:
    record = tmp_path / "record.db"
    command = [BMSRIG, "run", str(plan), "--fixture", "victron_smallbms", "--record", str(record)]
    process = start(command, tmp_path)
    assert process.stdout is not None
    for line in process.stdout:
        if "RUNNING" in line:
            return process, record
    raise AssertionError("the plan did not start")


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminate"])
def test_an_interrupted_run_is_aborted_with_its_record_closed(plan, tmp_path, how, times):
    process, record = _start(plan(LONG), tmp_path)
    (uut,) = children(process.pid)
    for _ in range(times):
        process.send_signal(how)
        time.sleep(0.005)  # two signals that wait at the same time would be one
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert becomes_true(lambda: not is_running(uut))
    with sqlite3.connect(record) as database:
        assert database.execute("SELECT verdict FROM run").fetchone() == ("aborted",)
        assert database.execute("SELECT name, verdict FROM test ORDER BY id").fetchall() == [
            ("test_plan.py::test_first", "pass"),
            ("test_plan.py::test_for_ever", "aborted"),
        ]


def test_a_killed_rig_leaves_a_record_with_every_finished_test_and_no_uut(plan, tmp_path):
    process, record = _start(plan(LONG), tmp_path)
    (uut,) = children(process.pid)
    process.kill()
    process.communicate(timeout=60)
    assert becomes_true(lambda: not is_running(uut))
    with sqlite3.connect(record) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT verdict FROM run").fetchone() == (None,)
        assert database.execute("SELECT name, verdict FROM test ORDER BY id").fetchall() == [
            ("test_plan.py::test_first", "pass"),
            ("test_plan.py::test_for_ever", "aborted"),
        ]
    report = subprocess.run(
        [BMSRIG, "report", str(record), "--html", str(tmp_path / "r.html")], capture_output=True, text=True, check=False
    )
    assert report.returncode == 0, report.stderr
    assert "aborted" in (tmp_path / "r.html").read_text().lower()


def test_python_is_the_interpreter_of_the_project():
    assert Path(BMSRIG).is_file(), f"{BMSRIG} belongs beside {sys.executable}"
