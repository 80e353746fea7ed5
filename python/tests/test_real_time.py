"""A bench in real time: how late the rig was is counted and recorded, and too late makes a test inconclusive."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from bmsrig import paths

PLAN = '''
def test_a_line_follows_its_cell(rig):
    """A cell sinks, and the lamp lights."""
    rig.cell(1).set(2.90)
    assert rig.line("pre_alarm").expect_active(within=5).time < rig.now
'''


def real_bench(folder: Path, lateness: str) -> Path:
    """Virtual instruments, paced by the monotonic clock."""
    virtual = paths.fixtures_folder() / "victron_smallbms" / "benches" / "virtual.yaml"
    file = folder / "real.yaml"
    text = virtual.read_text().replace("clock: virtual", "clock: real").replace("bench: virtual", "bench: real")
    file.write_text(f"{text}\ntiming:\n  lateness: {lateness}\n")
    return file


def timing_lines(record: Path) -> list[str]:
    with sqlite3.connect(record) as database:
        rows = database.execute("SELECT text FROM log WHERE text LIKE 'timing: %'").fetchall()
    return [text for (text,) in rows]


def test_a_punctual_run_passes_and_its_record_says_how_late_it_was(plan, bmsrig, tmp_path):
    bench = real_bench(tmp_path, "10 s")
    done = bmsrig(plan(PLAN), "--bench", str(bench), "--no-self-test", "--record", "r.db")
    assert done.status == 0, done.output
    (line,) = timing_lines(tmp_path / "r.db")
    assert "overruns (more than 10 s): 0" in line
    assert "worst" in line
    with sqlite3.connect(tmp_path / "r.db") as database:
        (granted,) = database.execute("SELECT value FROM property WHERE name = 'host.real_time'").fetchone()
    assert "memory" in granted


def test_a_run_whose_rig_was_late_is_inconclusive_and_says_when(plan, bmsrig, tmp_path):
    bench = real_bench(tmp_path, "1 ns")  # no machine is as punctual
    done = bmsrig(plan(PLAN), "--bench", str(bench), "--no-self-test", "--record", "r.db")
    assert done.status == 2, done.output
    assert "the rig was late for" in done.output
    assert "timing: lateness: in the bench file" in done.output
    with sqlite3.connect(tmp_path / "r.db") as database:
        (overruns,) = database.execute("SELECT count(*) FROM signal WHERE name = 'rig.lateness'").fetchone()
    assert overruns == 1


def test_an_unknown_timing_key_is_refused(plan, bmsrig, tmp_path):
    bench = real_bench(tmp_path, "10 ms")
    bench.write_text(bench.read_text().replace("lateness:", "jitter:"))
    done = bmsrig(plan(PLAN), "--bench", str(bench))
    assert done.status == 4, done.output
    assert "expected lateness" in done.output
