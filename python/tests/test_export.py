"""``bmsrig export``: what it says, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import can
import pytest
from bmsrig.cli import main
from bmsrig.verdict import EXIT_BAD_INPUT
from bmsrig_reports.record import RecordFile
from conftest import Done

TWO = "def test_one(rig):\n    rig.wait(3)\n\n\ndef test_two(rig):\n    rig.can.send(0x123, b'AB')\n    rig.wait(3)\n"


@pytest.fixture
def record(plan: Callable[[str], Path], bmsrig: Callable[..., Done]) -> Path:
    """The record of two tests, of which the second has a frame of the rig."""
    return bmsrig(plan(TWO), fixture="rec_2q").record


def identifiers(file: Path) -> set[int]:
    with can.LogReader(file) as reader:
        return {message.arbitration_id for message in reader}


@pytest.mark.parametrize("test", ["2", "test_plan.py::test_two"])
def test_one_test_of_several_is_chosen(record, tmp_path, capsys, test):
    file = tmp_path / "x.log"
    assert main(["export", str(record), "--test", test, str(file)]) == 0
    with RecordFile(record) as opened:
        (count,) = [sum(len(block) for block in opened.can_frames(2, "can"))]
    assert f"{file}: {count} events of test_plan.py::test_two, channel 1 can" in capsys.readouterr().out
    assert 0x123 in identifiers(file)
    assert main(["export", str(record), "--test", "1", "--bus", "can", "--force", str(file)]) == 0
    assert identifiers(file)
    assert 0x123 not in identifiers(file)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["x.log"], "2 tests have CAN frames; choose one with --test:\n  1: test_plan.py::test_one\n  2: test_plan"),
        (["x.log", "--test", "test_plan.py::test_too"], "there is no test 'test_plan.py::test_too'; did you mean"),
        (["x.log", "--test", "3"], "there is no test '3'"),
        (["x.log", "--test", "1", "--bus", "can2"], "nothing stood on a CAN bus 'can2'; there are: can"),
        (["x.txt", "--test", "1"], "suffix '.txt' names no format; expected one of .log, .asc, .blf, .mf4"),
        (["x", "--test", "1"], "suffix '' names no format"),
        (["there.log", "--test", "1"], "exists already; choose another name, or overwrite it with --force"),
        (["none/x.blf", "--test", "1"], "cannot be written: No such file or directory; choose a folder"),
        (["there.log/x.mf4", "--test", "1"], "cannot be written: Not a directory; choose a folder"),
    ],
)
def test_what_cannot_be_is_refused(record, tmp_path, capsys, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    Path("there.log").write_text("precious")
    assert main(["export", str(record), *arguments]) == EXIT_BAD_INPUT
    assert words in capsys.readouterr().err
    assert Path("there.log").read_text() == "precious"
    assert not list(tmp_path.glob("x.*"))


def test_the_record_itself_is_not_overwritten(record, tmp_path, capsys):
    named_like_one = record.rename(tmp_path / "r.log")
    before = named_like_one.read_bytes()
    assert main(["export", str(named_like_one), "--force", "--test", "1", str(named_like_one)]) == EXIT_BAD_INPUT
    assert "would overwrite the record" in capsys.readouterr().err
    assert named_like_one.read_bytes() == before


def test_a_product_without_can_has_nothing_to_export(plan, bmsrig, tmp_path, capsys):
    record = bmsrig(plan("def test_one(rig):\n    rig.wait(1)\n")).record
    assert main(["export", str(record), str(tmp_path / "x.log")]) == EXIT_BAD_INPUT
    assert "no test has CAN frames" in capsys.readouterr().err
