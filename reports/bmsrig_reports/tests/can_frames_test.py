from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bmsrig_reports.can_frames import add_up
from bmsrig_reports.html import write_html, write_page
from bmsrig_reports.merged import MergedRecords
from bmsrig_reports.record import RecordError, RecordFile
from bmsrig_reports.tests.can_sample import CAN_BLOCK, CAN_EVENTS, add_frames
from bmsrig_reports.tests.html_test import Page
from bmsrig_reports.tests.sample import HOSTILE, SampleRun, SampleTest, write_record

TWO_TESTS = SampleRun(tests=[SampleTest(), SampleTest(name="test_other")])


def test_reads_frames_bus_by_bus_and_block_by_block(tmp_path: Path) -> None:
    path = add_frames(write_record(tmp_path / "r.db", TWO_TESTS), 2, "can", "charger")
    add_frames(path, 1, "can", blocks=2)
    with RecordFile(path) as file:
        assert file.can_buses(1) == ["can"]
        assert file.can_buses(2) == ["can", "charger"]
        assert file.can_buses(3) == []
        assert list(file.can_frames(1, "can")) == [CAN_EVENTS, CAN_EVENTS]
        assert list(file.can_frames(2, "charger")) == [CAN_EVENTS]
        assert list(file.can_frames(2, "none")) == []


def test_a_record_of_schema_1_has_no_frames_and_is_read(tmp_path: Path) -> None:
    path = write_record(tmp_path / "r.db", SampleRun())
    with sqlite3.connect(path) as database:
        database.executescript("DROP TABLE can_block; DROP TABLE can_message; UPDATE run SET schema = 1")
    database.close()
    with RecordFile(path) as file:
        assert file.read().tests[0].name == SampleTest().name
        assert file.can_buses(1) == []
        assert list(file.can_frames(1, "can")) == []
        assert file.can_table(1) == []
    write_html(path, tmp_path / "r.html")


def test_frames_that_are_damaged_are_named(tmp_path: Path) -> None:
    path = add_frames(write_record(tmp_path / "r.db", SampleRun()), 1, "can")
    with sqlite3.connect(path) as database:
        database.execute("UPDATE can_block SET data = substr(data, 1, 40)")
    database.close()
    words = r"r\.db: what stood on bus can in test 1 is damaged: these 40 bytes are not a block of CAN frames"
    with RecordFile(path) as file:
        with pytest.raises(RecordError, match=words):
            list(file.can_frames(1, "can"))
        with pytest.raises(RecordError, match=words):
            file.can_table(1)


def test_frames_are_found_in_the_record_of_their_worker(tmp_path: Path) -> None:
    paths = []
    for number, name in enumerate(["test_b", "test_a"]):
        run = SampleRun(id=f"run-{number}", properties={"worker.group": "one"}, tests=[SampleTest(name=name)])
        paths.append(write_record(tmp_path / f"{number}.db", run))
    add_frames(paths[0], 1, "can")
    with MergedRecords(paths) as file:
        assert [test.name for test in file.read().tests] == ["test_a", "test_b"]
        assert (file.can_buses(1), file.can_buses(2)) == ([], ["can"])
        assert list(file.can_frames(2, "can")) == [CAN_EVENTS]
        assert len(file.can_table(2)) == 3


def test_the_table_counts_and_times_each_identifier(tmp_path: Path) -> None:
    path = add_frames(write_record(tmp_path / "r.db", SampleRun()), 1, "can")
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO can_message VALUES ('can', 849, 0, 'Limits')")
    database.close()
    with RecordFile(path) as file:
        limits, remote, error = file.can_table(1)
    assert (limits.bus, limits.identifier, limits.name, limits.origin) == ("can", "0x351", "Limits", "UUT")
    assert (limits.count, limits.shortest_ns, limits.mean_ns, limits.longest_ns) == (2, 10**8, 10**8, 10**8)
    assert limits.data_text == "3B 02"
    assert (remote.identifier, remote.name, remote.origin) == ("0x1806E5F4", "", "rig")
    assert (remote.data_text, remote.count, remote.shortest_ns, remote.mean_ns) == ("remote, 8 bytes", 1, None, None)
    assert (error.identifier, error.is_error, error.origin) == ("error frame: acknowledge", True, "")


def test_blocks_of_a_long_test_are_added_up() -> None:
    def summary(count: int, first: int, last: int, shortest: int, longest: int) -> list[object]:
        return [(count, first, shortest, longest, (last, 1, "received", "none", 1, False, False, b"\1"))]

    blocks = [summary(3, 100, 310, 100, 110), summary(1, 400, 400, 0, 0), summary(2, 620, 710, 90, 90)]
    (row,) = add_up("can", blocks, {("can", 1, False): "One", ("can", 1, True): "Other"})  # type: ignore[arg-type]
    assert (row.name, row.count, row.first_ns, row.last.time_ns) == ("One", 6, 100, 710)
    # 90 within the third block and 90 between the first two; 220 between the last two.
    assert (row.shortest_ns, row.longest_ns) == (90, 220)
    assert row.mean_ns == pytest.approx(122)


def test_the_report_has_a_table_of_identifiers(tmp_path: Path) -> None:
    path = add_frames(write_record(tmp_path / "r.db", TWO_TESTS), 1, "can")
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO can_message VALUES ('can', 849, 0, ?)", (HOSTILE,))
    database.close()
    with RecordFile(path) as file:
        write_page(file, tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text()
    page = Page(text)
    assert page.open == []
    for words in ("CAN (3 frames, 1 error frames)", "0x351", "0x1806E5F4", "100.000", "3B 02", "error frame: ack"):
        assert words in page.text, words
    assert "</script><script>alert" in page.text, "as text"
    assert len(page.scripts) == 1
    assert text.count('<table class="can">') == 1, "the other test has no frames"


def test_the_block_is_the_events() -> None:
    from bmsrig._core import decode_can_frames

    assert [tuple(event) for event in CAN_EVENTS] == decode_can_frames(bytes.fromhex(CAN_BLOCK))
