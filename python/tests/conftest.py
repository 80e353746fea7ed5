"""What the tests of the Python side share."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from bmsrig import _core
from bmsrig.rig import Rig
from can_bench import can_rig

BMSRIG = str(Path(sys.executable).parent / "bmsrig")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs the kernel's lines, buses and ports where no variable names any."""
    if item.get_closest_marker("kernel") and "BMSRIG_GPIO_CHIP" not in os.environ:
        pytest.skip("BMSRIG_GPIO_CHIP names no lines (.ci/kernel/README.md)")


@dataclass(frozen=True, slots=True)
class Done:
    """What a run of the command left behind."""

    status: int
    output: str
    record: Path

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(f"file:{self.record}?mode=ro", uri=True) as database:
            return database.execute(query).fetchall()

    def verdict(self) -> object:
        return self.rows("SELECT verdict FROM run")[0][0]


@pytest.fixture
def plan(tmp_path: Path) -> Callable[[str], Path]:
    """Write a test plan of one file and return its path."""

    def write(text: str) -> Path:
        folder = tmp_path / "plan"
        folder.mkdir(exist_ok=True)
        file = folder / "test_plan.py"
        file.write_text("import pytest\n\n\n" + text)
        return file

    return write


@pytest.fixture
def bmsrig(tmp_path: Path) -> Callable[..., Done]:
    """Run `bmsrig run PLAN ...` in a process of its own and return what came of it."""

    def run(plan: Path | str, *options: str, fixture: str = "victron_smallbms") -> Done:
        record = tmp_path / "record.db"
        record.unlink(missing_ok=True)
        command = [BMSRIG, "run", str(plan), "--record", str(record), *options]
        if fixture:
            command += ["--fixture", fixture]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False, env=environment()
        )
        return Done(done.returncode, done.stdout + done.stderr, record)

    return run


def environment() -> dict[str, str]:
    """The environment without what the outer pytest puts there."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> _core.Rig:
    """A rig with a unit that speaks on CAN."""
    return can_rig(tmp_path_factory.mktemp("can") / "unit")


@pytest.fixture
def unit(core: _core.Rig) -> Iterator[Rig]:
    """That unit, freshly switched on."""
    core.begin_test(1)
    yield Rig(core)
    core.end_test()
