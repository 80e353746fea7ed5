"""What a measurement, a step and whole test plans cost from Python, each against its limit."""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bmsrig import Rig, _core, paths

FIXTURE = paths.fixtures_folder() / "victron_smallbms"
PLANS = ("victron_smallbms", "victron_vebus_bms", "victron_smart_bms_12_200")
REC_PLANS = ("rec_abms", "rec_2q")
SHARED_OBJECT = paths.process_folder() / "victron_smallbms.so"


def seconds_each(action: Callable[[], object], count: int) -> float:
    """The mean wall time of an action."""
    start = time.perf_counter()
    for _ in range(count):
        action()
    return (time.perf_counter() - start) / count


def report(what: str, seconds: float, limit: float, unit: str, scale: float) -> bool:
    """Print a figure beside its limit; whether it keeps it."""
    ratio = seconds / limit
    print(f"{what:<40} {seconds * scale:9.2f} {unit}  (limit {limit * scale:g} {unit}, ratio {ratio:.2f})")
    return seconds <= limit


def open_rig(folder: Path) -> tuple[Rig, _core.Rig, _core.Record]:
    """A rig with the shared object in the loop, writing a record."""
    core = _core.Rig(
        fixture=FIXTURE,
        bench=paths.find_bench("virtual", FIXTURE),
        settings=[],
        uut=f'"{SHARED_OBJECT}"',
        process_folder="",
        seed=1,
        answer_timeout=5.0,
    )
    words = ("id", "started_utc", "plan", "bench", "serial", "operator", "uut_command")
    record = _core.Record.create(folder / "speed.db", dict.fromkeys(words, "speed"), {}, [], core.fixture, 1)
    core.attach(record)
    record.begin_test("speed", "speed", "", [])
    core.begin_test(1)
    return Rig(core), core, record


def run_plan(plan: str, cells: int, workers: int) -> float:
    """The wall time of a plan as a user runs it: process, wiring self-test, record and report included."""
    command = [str(Path(sys.executable).parent / "bmsrig"), "run", plan, "--set", f"cells={cells}"]
    command += ["-n", str(workers)] if workers else []
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        subprocess.run([*command, "--record", f"{folder}/plan.db"], check=True, capture_output=True)
        return time.perf_counter() - start


def main() -> int:
    """Print the figures; 0 if every limit is kept."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rig, core, record = open_rig(folder)
        load = rig.line("load")

        volts = itertools.cycle([3.31, 3.30])  # a new value every time, so that the UUT is called

        def step() -> None:
            rig.cell(1).set(next(volts))
            rig.wait(0.5)
            assert load.is_active

        good = report(
            "a measurement with limit, recorded",
            seconds_each(lambda: rig.measure("under_voltage_threshold", 2.80, 0.001, "cell 1"), 50_000),
            20e-6, "us", 1e6,
        )  # fmt: skip
        good &= report("a step: set, wait, check", seconds_each(step, 20_000), 50e-6, "us", 1e6)
        core.end_test()
        record.end_test("pass", "", "", 1.0, core.now, core)

        good &= report("the smallBMS plan, report included", run_plan(PLANS[0], 4, 0), 10.0, "s", 1.0)
        for workers, words in ((0, "alone"), (2, "with -n 2")):
            for cells in (4, 16):
                family = sum(run_plan(plan, cells, workers) for plan in PLANS)
                good &= report(f"the Victron plans, {cells} cells, {words}", family, 60.0, "s", 1.0)
        for plan in REC_PLANS:
            good &= report(f"the plan {plan}, 16 cells", run_plan(plan, 16, 0), 60.0, "s", 1.0)
    print("all within their limits" if good else "A LIMIT IS MISSED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
