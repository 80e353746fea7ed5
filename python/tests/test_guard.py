"""A bench that was left unsafe, and how it is made safe again."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bmsrig import paths
from conftest import BMSRIG, Done, environment
from processes import becomes_true, start

PASSING = 'def test_it(rig):\n    rig.line("load").expect_active()\n'


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bench in real time whose state stands in a folder of this test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    virtual = paths.fixtures_folder() / "victron_smallbms" / "benches" / "virtual.yaml"
    file = tmp_path / "bench.yaml"
    file.write_text(virtual.read_text().replace("clock: virtual", "clock: real"))
    return file


def make_safe(bench: Path) -> subprocess.CompletedProcess[str]:
    command = [BMSRIG, "make-safe", "--bench", str(bench)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment())


def leave_unsafe(bench: Path) -> Path:
    """Leave the mark of a run that was ended by force, where a first look at the bench has put its lock."""
    assert make_safe(bench).returncode == 0
    (lock,) = Path(os.environ["XDG_STATE_HOME"], "bmsrig").glob("*.lock")
    marker = lock.with_suffix(".unsafe")
    marker.write_text('since:   2026-03-01 09:30:00 UTC\nby:      process 4711\nto do:   switches "supply" off\n')
    return marker


def test_a_bench_that_was_left_unsafe_is_refused_until_it_was_made_safe(
    plan: Callable[[str], Path], bmsrig: Callable[..., Done], bench: Path
):
    marker = leave_unsafe(bench)
    refused = bmsrig(plan(PASSING), "--bench", str(bench), "--no-self-test")
    assert refused.status == 4
    for words in (
        "this bench was left unsafe",
        "since:   2026-03-01 09:30:00 UTC",
        "process 4711",
        'switches "supply" off',
        f"bmsrig make-safe --bench {bench}",
        str(marker),
    ):
        assert words in refused.output

    done = make_safe(bench)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "bench virtual: safe" in done.stdout
    assert not marker.exists()
    assert bmsrig(plan(PASSING), "--bench", str(bench), "--no-self-test").status == 0


def test_make_safe_wants_a_bench_that_there_is(tmp_path: Path):
    done = make_safe(tmp_path / "none.yaml")
    assert done.returncode == 4
    assert "none.yaml" in done.stderr
    assert "Traceback" not in done.stderr


# A bench without hardware, whose instruments stand in another process.

ENDLESS = """
from pathlib import Path

def test_it(rig):
    rig.cells.set(3.4)
    rig.settle()
    Path("begun").touch()
    rig.wait(3600)
"""


@pytest.fixture
def laboratory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The bench file by which a rig reaches the instruments of a laboratory."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    bench = tmp_path / "out.yaml"
    serving = start([BMSRIG, "instruments", "--fixture", "victron_smallbms", "--write-bench", str(bench)], tmp_path)
    assert serving.stdout is not None
    assert any(line.startswith("ready") for line in serving.stdout)
    lines = "instruments:\n  lines: {driver: virtual_line_bank, channels: 5}\n"  # this machine may have no GPIO lines
    bench.write_text(bench.read_text().replace("instruments:\n", lines))
    yield bench
    serving.terminate()
    serving.communicate(timeout=30)


def test_a_plan_that_is_killed_leaves_a_safe_bench(plan: Callable[[str], Path], laboratory: Path, tmp_path: Path):
    command = [BMSRIG, "run", str(plan(ENDLESS)), "--fixture", "victron_smallbms", "--bench", str(laboratory)]
    running = start([*command, "--no-self-test", "--record", str(tmp_path / "r.db")], tmp_path)
    if not becomes_true((tmp_path / "begun").exists, within=60):
        os.killpg(running.pid, signal.SIGKILL)
        pytest.fail(running.communicate(timeout=30)[0])
    (marker,) = Path(os.environ["XDG_STATE_HOME"], "bmsrig").glob("*.unsafe")
    running.kill()
    running.communicate(timeout=30)
    assert becomes_true(lambda: not marker.exists())
    report = marker.with_suffix(".report").read_text()
    assert "the rig ended before it had made the bench safe" in report
    assert "the bench is safe" in report
    read_back = make_safe(laboratory)
    assert read_back.returncode == 0, read_back.stdout + read_back.stderr
