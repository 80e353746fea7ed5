from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from bmsrig_reports.html import write_page
from bmsrig_reports.junit import render_junit
from bmsrig_reports.merged import MergedRecords
from bmsrig_reports.record import CUT_OFF, RecordError, RecordFile
from bmsrig_reports.tests.sample import SampleMeasurement, SampleRun, SampleTest, decode_json, write_record
from bmsrig_reports.text import summary


def open_sample(path: Path | str) -> RecordFile:
    return RecordFile(path, decode_changes=decode_json)


def worker(number: int, *tests: SampleTest, group: str = "one-run", **more: str | None) -> SampleRun:
    properties = {"worker.id": f"gw{number}", "worker.group": group, "setting.cells": "4"}
    return SampleRun(id=f"run-{number}", properties=properties, tests=tests, **more)  # type: ignore[arg-type]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., list[Path]]:
    def write(*runs: SampleRun) -> list[Path]:
        folder = tmp_path / runs[0].id
        folder.mkdir()
        return [write_record(folder / f"r.gw{number}.db", run) for number, run in enumerate(runs)]

    return write


LOAD = SampleTest(name="test_load.py::test_it[2]", measurements=[SampleMeasurement(name="first")])
CHARGE = SampleTest(
    name="test_load.py::test_it[10]",
    requirements=["VSB-CHARGE-OV"],
    measurements=[SampleMeasurement(name="second")],
    signals=[("cells.1", "analog", "V")],
    changes=[(0, 0, 3.3), (5, 0, 2.7)],
)


def test_requirements_are_covered_by_all_workers_together(write: Callable[..., list[Path]]) -> None:
    with MergedRecords(write(worker(0, CHARGE), worker(1, LOAD))) as file:
        record = file.read()
    assert record.id == "one-run"
    assert [test.name for test in record.tests] == [LOAD.name, CHARGE.name], "the order of the names, 2 before 10"
    assert [test.id for test in record.tests] == [1, 2]
    assert [(m.test, m.name) for m in record.measurements] == [(1, "first"), (2, "second")]
    assert [len(row.tests) for row in record.coverage] == [1, 1]
    assert "no test" not in summary(record)
    assert record.properties == {"worker.id": "gw0, gw1", "worker.group": "one-run", "setting.cells": "4"}
    assert (record.verdict, record.message) == ("pass", "")
    assert record.ended_utc == "2024-05-06T07:09:00.000Z"


def test_a_trace_is_found_in_the_record_of_its_worker(write: Callable[..., list[Path]], tmp_path: Path) -> None:
    with MergedRecords(write(worker(0, CHARGE), worker(1, LOAD)), open_file=open_sample) as file:
        assert list(file.trace(2)) == [([0], [0], [3.3]), ([5], [0], [2.7])]
        assert file.trace_end(2) == 5
        assert list(file.trace(1)) == []
        write_page(file, tmp_path / "all.html")
    page = (tmp_path / "all.html").read_text()
    assert page.count('id="trace-2"') == 1
    assert 'id="trace-1"' not in page
    assert 'id="test-1"' in page


def test_the_worst_decides(write: Callable[..., list[Path]]) -> None:
    failed = worker(1, SampleTest(verdict="fail"), verdict="fail", message="the bench cannot go on")
    files = write(worker(0, LOAD), failed)
    with MergedRecords(files) as file:
        assert (file.read().verdict, file.read().message) == ("fail", "the bench cannot go on")
    with MergedRecords(files, "error", "gw2 was lost") as file:
        record = file.read()
    assert (record.verdict, record.message) == ("error", "gw2 was lost\nthe bench cannot go on")
    assert b'name="(the run itself)"' in render_junit(record)


def test_a_worker_that_did_not_close_its_record_is_an_error(write: Callable[..., list[Path]]) -> None:
    with MergedRecords(write(worker(0, LOAD), worker(1, CHARGE, verdict=None))) as file:
        record = file.read()
    assert (record.verdict, record.message) == ("error", f"gw1: {CUT_OFF}")
    assert record.ended_utc is None


def test_records_of_different_runs_are_not_put_together(write: Callable[..., list[Path]]) -> None:
    first, second = write(worker(0, LOAD), worker(1, CHARGE, group="another-run"))
    with pytest.raises(RecordError, match=r"r\.gw1\.db: is not of the same run as .*r\.gw0\.db"):
        MergedRecords([first, second])
    with pytest.raises(RecordError, match=r"r\.gw0\.db: is the same record as .*r\.gw0\.db"):
        MergedRecords([first, first])
    alone = write(SampleRun(id="a"), SampleRun(id="b"))
    with pytest.raises(RecordError, match="is not of the same run"):
        MergedRecords(alone)
    with MergedRecords(alone[:1]) as file:
        assert file.read().id == "a"


def test_files_are_closed_when_one_of_them_is_bad(write: Callable[..., list[Path]], tmp_path: Path) -> None:
    (tmp_path / "bad.db").write_bytes(b"no record")
    good = open_sample(write(worker(0, LOAD))[0])
    with pytest.raises(RecordError, match=r"bad\.db"):
        MergedRecords(
            ["good", tmp_path / "bad.db"], open_file=lambda path: good if path == "good" else RecordFile(path)
        )
    with pytest.raises((RecordError, sqlite3.ProgrammingError)):
        good.read()
