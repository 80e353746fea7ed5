"""A bench that was left unsafe, and how it is made safe again."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bmsrig import paths
from conftest import BMSRIG, Done, environment
from laboratory import Laboratory
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


GONE = {
    "serial_port": ("/dev/no_such_port", '    devices: "/dev/no_such_port"\n    bit_rate: "9600"\n'),
    "gpio_line_bank": ("no_such_chip", "    chip: no_such_chip\n    lines: A\n"),
}
"""Drivers of which an instrument cannot be opened: what they say of it, and their options."""


@pytest.mark.parametrize("driver", GONE)
def test_an_instrument_that_cannot_be_opened_leaves_no_other_switched_on(tmp_path: Path, bench: Path, driver: str):
    says, options = GONE[driver]
    served = Laboratory(tmp_path, "victron_smallbms", "supply: {as: scpi_power_supply}")
    try:
        marker = leave_unsafe(bench)
        with served.connect("supply") as supply:
            supply.say("SOUR:VOLT 12;:OUTP ON")
            assert supply.ask("OUTP?") == "1"
            _, entry, address = served.out.read_text().partition("  supply:\n")
            text = re.sub(r"  supply:\n(?:    .*\n)+", entry + address, bench.read_text())
            bench.write_text(text.replace("instruments:\n", f"instruments:\n  spare:\n    driver: {driver}\n{options}"))
            done = make_safe(bench)
            assert done.returncode == 3, done.stdout + done.stderr
            bad = [line for line in done.stdout.splitlines() if line.startswith("BAD")]
            assert len(bad) == 1
            assert "spare" in bad[0]
            assert says in bad[0]
            assert supply.ask("OUTP?") == "0"
        assert "supply: has been told to be safe" in done.stdout
        assert "may be unsafe: switch off by hand what is named after BAD" in done.stdout
        assert f"run again: bmsrig make-safe --bench {bench}" in done.stdout
        assert f"delete {marker}" in done.stdout
        assert marker.exists()
    finally:
        served.end()


def test_every_instrument_that_may_still_be_on_is_named(tmp_path: Path, bench: Path):
    served = Laboratory(
        tmp_path, "victron_smallbms", "supply: {as: scpi_power_supply}\nswitches: {as: scpi_line_driver}"
    )
    try:
        entries = re.findall(r"  (?:supply|switches):\n(?:    .*\n)+", served.out.read_text())
    finally:
        served.end()  # they are only connected to when they are switched off
    assert len(entries) == 2
    text = bench.read_text()
    for entry in entries:
        name = entry.split(":")[0]
        text = re.sub(rf"{name}:\n(?:    .*\n)+", entry, text)
    bench.write_text(text)
    done = make_safe(bench)
    assert done.returncode == 3, done.stdout + done.stderr
    bad = [line for line in done.stdout.splitlines() if line.startswith("BAD")]
    assert len(bad) == 2
    assert all(re.search(r"tcp \S+:\d+", line) for line in bad)
    assert {word for line in bad for word in ("supply", "switches") if f'"{word}"' in line} == {"supply", "switches"}


def test_nothing_of_a_bench_in_use_is_opened(tmp_path: Path, bench: Path):
    served = Laboratory(tmp_path, "victron_smallbms", "supply: {as: scpi_power_supply}")
    try:
        marker = leave_unsafe(bench)
        with served.connect("supply") as supply, marker.with_suffix(".lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            supply.say("SOUR:VOLT 12;:OUTP ON")
            _, entry, address = served.out.read_text().partition("  supply:\n")
            bench.write_text(re.sub(r"  supply:\n(?:    .*\n)+", entry + address, bench.read_text()))
            done = make_safe(bench)
            assert done.returncode == 4, done.stdout + done.stderr
            assert "the bench is in use by" in done.stderr
            assert done.stdout == ""
            assert supply.ask("OUTP?") == "1"
        assert marker.exists()
    finally:
        served.end()


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
    # This machine may have no GPIO lines.
    serve = """
cells: {as: bloomy_abs, settling_time: 20 ms}
temperatures: {as: scpi_temperature_simulator, settling_time: 150 ms}
supply: {as: scpi_power_supply, settling_time: 100 ms}
switches: {as: scpi_line_driver}
uut: {as: hosted_uut}
"""
    serving = Laboratory(tmp_path, "victron_smallbms", serve)
    lines = "instruments:\n  lines: {driver: virtual_line_bank, channels: 5}\n"
    serving.out.write_text(serving.out.read_text().replace("instruments:\n", lines))
    yield serving.out
    serving.end()


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
