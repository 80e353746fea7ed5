"""A bench with a real serial port: what its driver has no means for, and a port that is pulled out."""

from __future__ import annotations

import os
import shutil
import threading
import tty
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from bmsrig import paths
from bmsrig_reports.record import read_record

ASKS = '''
def test_disturbs_the_wire(rig):
    """Half of all bits arrive inverted."""
    with rig.rs485.wire.bit_errors(0.5):
        rig.wait(0.1)


def test_goes_on(rig):
    """The run goes on."""
    assert rig.now >= 0
'''


class Adapter:
    """A pseudo terminal: its path is the rig's port, its other end is ours."""

    def __init__(self, folder: Path) -> None:
        self._ours, theirs = os.openpty()
        tty.setraw(theirs)
        self.path = os.ttyname(theirs)
        os.close(theirs)
        self.signal = folder / "pull"
        os.mkfifo(self.signal)
        self._pulled = threading.Thread(target=self._wait_to_be_pulled, daemon=True)

    def _wait_to_be_pulled(self) -> None:
        self.signal.read_text()  # ends when somebody has written
        self.pull()

    def pull_when_told(self) -> None:
        self._pulled.start()

    def pull(self) -> None:
        if self._ours >= 0:
            os.close(self._ours)
            self._ours = -1


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Adapter]:
    made = Adapter(tmp_path)
    yield made
    made.pull()


@pytest.fixture
def fixture(tmp_path: Path) -> str:
    """A board of which nothing but its RS-485 bus is joined to the bench."""
    folder = tmp_path / "board"
    folder.mkdir()
    rec = paths.fixtures_folder() / "rec_2q"
    table = (rec / "../../drivers/rs485/rec_2q.csv").resolve()
    (folder / "fixture.yaml").write_text(
        "format: 1\ntitle: A board\nproducts: [rec.2q]\nprocess: rec_2q\nreaction_time: 10 ms\n"
        f"settings_table: {os.path.relpath(table, folder)}\n"
        "baseline: {cells: 3.3 V, temperatures: 25 degC, supply: 0 V, switches: {}}\n"
        "self_test: {dead_supply: 0 V, baseline: {}, steps: []}\n"
        "settings:\n  address: {choices: [1, 2], default: 1, source: its switch}\n"
    )
    (folder / "wiring.yaml").write_text(
        "format: 1\ninputs: {}\nloads: {}\nlines: {}\nbuses:\n  rs485: {adapter: rs485.1}\n"
    )
    (folder / "limits.yaml").write_text("format: 1\nlimits: {}\n")
    shutil.copy(rec / "requirements.csv", folder)
    return str(folder)


@pytest.fixture
def bench(tmp_path: Path, adapter: Adapter) -> Callable[[str], str]:
    """Write a bench file with nothing but the port, and with this line."""

    def write(line: str = "") -> str:
        file = tmp_path / "with_port.yaml"
        file.write_text(
            "format: 1\nbench: with_port\nfixture: board\nclock: real\nuut: none\ntiming: {lateness: 10 s}\n"
            f"{line}\ninstruments:\n"
            f"  rs485:\n    driver: serial_port\n    devices: {adapter.path}\n    bit_rate: 56000\n"
        )
        return str(file)

    return write


def test_what_a_driver_cannot_is_left_out_by_name_where_the_bench_file_says_so(plan, bmsrig, bench, fixture, adapter):
    done = bmsrig(plan(ASKS), "--bench", bench("cannot: [serial_faults]"), "--no-self-test", fixture=fixture)
    assert done.status == 0, done.output
    (asked, other) = done.rows("SELECT verdict, message FROM test ORDER BY id")
    assert asked[0] == "not_run"
    assert str(asked[1]).startswith("this bench cannot ")
    assert f'(serial_faults): instrument "rs485", channel 1 ({adapter.path}): a port cannot spoil' in str(asked[1])
    assert other == ("pass", "")
    assert f"not run: {asked[1]}\n" in done.output
    assert str(asked[1]) in unescape(done.record.with_suffix(".html").read_text())
    record = read_record(done.record)
    assert [test.verdict for test in record.tests] == ["pass"]
    assert [test.message for test in record.left_out] == [asked[1]]


def test_what_a_driver_cannot_is_inconclusive_otherwise(plan, bmsrig, bench, fixture):
    done = bmsrig(plan(ASKS), "--bench", bench(), "--no-self-test", fixture=fixture)
    assert done.status == 2, done.output
    (asked, other) = done.rows("SELECT verdict, message FROM test ORDER BY id")
    assert asked[0] == "inconclusive"
    assert str(asked[1]).startswith("the bench cannot do what the test asks (serial_faults): ")
    assert other[0] == "pass"


def test_a_port_that_is_pulled_out_in_a_test_is_an_error_of_the_bench(plan, bmsrig, bench, fixture, adapter):
    body = f'''
def test_is_pulled_out(rig):
    """The adapter goes while the UUT is expected to say something."""
    with open({str(adapter.signal)!r}, "w") as told:
        told.write("now")
    rig.wait(60)
    assert not "the UUT was silent"


def test_comes_after(rig):
    """The bench cannot go on."""
'''
    adapter.pull_when_told()
    done = bmsrig(plan(body), "--bench", bench(), "--no-self-test", fixture=fixture)
    assert done.status == 3, done.output
    ((verdict, message),) = done.rows("SELECT verdict, message FROM test")
    assert verdict == "error"
    assert f'instrument "rs485", channel 1: {adapter.path} cannot be read' in str(message)
    assert "has vanished" in str(message)
    assert "the bench cannot go on" in done.output
    assert done.verdict() == "error"
