"""The other jobs of the bmsrig command: list, report, replay, check-bench."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from bmsrig import paths
from conftest import BMSRIG

PASSING = 'def test_it(rig):\n    rig.cell(1).set(2.7)\n    rig.line("load").expect_inactive(within=60)\n'


def command(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BMSRIG, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, timeout=120, check=False
    )


def test_list_names_plans_fixtures_benches_and_drivers():
    done = command("list")
    assert done.returncode == 0, done.stderr
    for words in (
        "victron_smallbms",
        "27 requirements",
        "virtual",
        "under_voltage=2.8",
        "virtual_cell_simulator",
        "PackVoltage [V]",
    ):
        assert words in done.stdout


@pytest.mark.parametrize("arguments", [[], ["no-such-job"], ["report"], ["list", "--no-such"], ["run"]])
def test_bad_usage_exits_4(arguments):
    done = command(*arguments)
    assert done.returncode == 4
    assert "usage" in done.stderr


def test_the_reports_are_made_from_the_record_alone(plan, bmsrig, tmp_path):
    done = bmsrig(plan(PASSING), "--serial", "SN-77")
    first = done.record.with_suffix(".html").read_bytes()
    moved = tmp_path / "elsewhere" / "r.db"
    moved.parent.mkdir()
    done.record.rename(moved)
    (tmp_path / "plan" / "test_plan.py").unlink()
    again = command("report", moved, "--html", tmp_path / "again.html", "--junit", tmp_path / "junit.xml")
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again.html").read_bytes() == first
    assert "SN-77" in (tmp_path / "again.html").read_text()
    assert "<testcase" in (tmp_path / "junit.xml").read_text()


@pytest.mark.parametrize("content", [None, b"", b"not a database at all", b"SQLite format 3\0" + b"\xff" * 4096])
def test_what_is_no_record_is_bad_input(tmp_path, content):
    file = tmp_path / "r.db"
    if content is not None:
        file.write_bytes(content)
    done = command("report", file)
    assert done.returncode == 4
    assert "r.db" in done.stderr
    assert "Traceback" not in done.stderr


def test_check_bench_finds_the_virtual_bench_ready():
    done = command("check-bench", "--fixture", "victron_smallbms")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ready" in done.stdout
    assert "line pre_alarm" in done.stdout
    assert "floats; inactive (baseline)" in done.stdout


def test_check_bench_listens_to_the_buses(tmp_path):
    done = command("check-bench", "--fixture", "rec_2q")
    assert done.returncode == 0, done.stdout
    assert "500000 bit/s, 160 frames of 8 identifiers in 2 s" in done.stdout  # every 100 ms (manual, Tables 13 to 20)
    assert "56000 bit/s" in done.stdout
    bench = paths.fixtures_folder() / "rec_2q" / "benches" / "virtual.yaml"
    slow = bench.read_text().replace("driver: virtual_can_adapter", "driver: virtual_can_adapter\n    bit_rate: 250000")
    (tmp_path / "slow.yaml").write_text(slow)
    done = command("check-bench", "--fixture", "rec_2q", "--bench", tmp_path / "slow.yaml")
    assert done.returncode == 3
    assert "error frames: the UUT speaks at 500000 bit/s; set the adapter's bit_rate" in done.stdout


def test_check_bench_says_what_is_bad(tmp_path):
    bench = tmp_path / "bench.yaml"
    good = (paths.fixtures_folder() / "victron_smallbms" / "benches" / "virtual.yaml").read_text()
    misspelt = good.replace("virtual_cell_simulator", "virtual_cell_simulater")
    for text in (misspelt, misspelt.replace("clock: virtual ", "clock: real ")):
        bench.write_text(text)
        done = command("check-bench", "--fixture", "victron_smallbms", "--bench", bench)
        assert done.returncode == 4
        assert f"{bench}:" in done.stderr
        assert "virtual_cell_simulator" in done.stderr

    done = command("check-bench", "--fixture", "victron_smallbms", "--uut", "false")
    assert done.returncode == 3
    assert "BAD" in done.stdout

    done = command("check-bench", "--fixture", "victron_smallbms", "--uut", "")
    assert done.returncode == 4
    assert "--uut: is empty" in done.stderr


def test_check_bench_doubts_a_line_that_answers_wrongly(tmp_path):
    bench = tmp_path / "bench.yaml"
    good = (paths.fixtures_folder() / "victron_smallbms" / "benches" / "virtual.yaml").read_text()
    bench.write_text(good + "wiring_faults: [{line: led.alarm, fault: wired_to, with: led.load}]\n")
    done = command("check-bench", "--fixture", "victron_smallbms", "--bench", bench)
    assert done.returncode == 3, done.stdout
    assert "BAD  line led.alarm" in done.stdout
    assert "exactly as led.load should" in done.stdout


def test_replay_repeats_a_run_and_names_the_first_different_line(plan, bmsrig):
    done = bmsrig(plan(PASSING))
    program = paths.process_folder() / "victron_smallbms"
    same = command("replay", done.record)
    assert same.returncode == 0, same.stdout + same.stderr
    assert "identical" in same.stdout

    other = command("replay", done.record, "--uut", f'"{program}" --defect lead_29s5')
    assert other.returncode == 1
    assert "expected" in other.stdout
    assert "next" in other.stdout


def test_a_transcript_can_be_written_and_replayed(plan, bmsrig, tmp_path):
    done = bmsrig(plan(PASSING))
    written = command("replay", done.record, "--write", tmp_path / "run.transcript")
    assert written.returncode == 0, written.stderr
    lines = (tmp_path / "run.transcript").read_text().splitlines()
    assert any(line.startswith("> at 0 ") for line in lines)
    again = command("replay", tmp_path / "run.transcript")
    assert again.returncode == 0, again.stdout + again.stderr
    damaged = tmp_path / "damaged.transcript"
    damaged.write_text("nonsense\n")
    assert command("replay", damaged).returncode == 4


def test_a_bench_file_outside_the_fixture_names_its_fixture(plan, bmsrig, tmp_path):
    bench = tmp_path / "mine.yaml"
    bench.write_text((paths.fixtures_folder() / "victron_smallbms" / "benches" / "virtual.yaml").read_text())
    done = bmsrig(plan(PASSING), "--bench", str(bench), fixture="")
    assert done.status == 0, done.output


TWO_REQUIREMENTS = """
import pytest

@pytest.mark.requirement("VSB-LOAD-UV")
def test_load(rig):
    rig.line("load").expect_active()

@pytest.mark.requirement("VSB-CHG-OV", "VSB-CHG-OT")
def test_charge(rig):
    rig.line("charge").expect_active()
"""


def test_only_the_tests_of_a_requirement_are_run(plan, bmsrig):
    folder = plan(TWO_REQUIREMENTS)
    done = bmsrig(folder, "--requirement", "VSB-CHG-OT")
    assert done.status == 0, done.output
    assert done.rows("SELECT name FROM test") == [("test_plan.py::test_charge",)]
    done = bmsrig(folder, "--requirement", "VSB-CHG-OT", "--requirement", "VSB-LOAD-UV")
    assert done.rows("SELECT count(*) FROM test") == [(2,)]


def test_a_requirement_that_no_test_traces_is_bad_usage(plan, bmsrig):
    done = bmsrig(plan(TWO_REQUIREMENTS), "--requirement", "VSB-CHG-0V")
    assert done.status == 4, done.output
    assert "--requirement VSB-CHG-0V: no test that was collected traces it; did you mean VSB-CHG-OV" in done.output
