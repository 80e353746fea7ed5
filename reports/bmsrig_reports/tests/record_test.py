from __future__ import annotations

import math
import sqlite3
from pathlib import Path

import pytest

from bmsrig_reports.record import CUT_OFF, RecordError, RecordFile, read_record
from bmsrig_reports.tests.sample import (
    HOSTILE,
    SampleMeasurement,
    SampleRun,
    SampleTest,
    decode_json,
    write_record,
)


def record_path(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


def test_reads_what_was_written(tmp_path: Path) -> None:
    test = SampleTest(
        measurements=[SampleMeasurement(), SampleMeasurement(name="lead", low=None, high=None)],
        marks=[(5, "cells to 2.7 V")],
        log=[(7, "uut", "hello")],
        signals=[("cells.1", "analog", "V"), ("line.load", "line", "")],
    )
    record = read_record(write_record(record_path(tmp_path), SampleRun(tests=[test])))
    assert (record.serial, record.operator, record.verdict) == ("SN0001", "Ada", "pass")
    assert record.seed == "18446744073709551615"
    assert record.title == "Victron smallBMS"
    assert record.input_files[0].content == "title: <b>smallBMS</b>"
    (read,) = record.tests
    assert (read.title, read.requirements) == (test.title, ("VSB-LOAD-UV",))
    assert [m.name for m in record.measurements] == ["under_voltage_threshold", "lead"]
    first = read.measurements[0]
    assert (first.value, first.uncertainty, first.low, first.high) == (2.8, 0.0015, 2.795, 2.805)
    assert first.comment == "cell 3"
    assert (read.measurements[1].low, read.measurements[1].high) == (None, None)
    assert [(m.time_ns, m.text) for m in read.marks] == [(5, "cells to 2.7 V")]
    assert [(line.time_ns, line.source, line.text) for line in read.log] == [(7, "uut", "hello")]
    assert [(s.id, s.name, s.kind) for s in read.signals] == [
        (0, "cells.1", "analog"),
        (1, "line.load", "line"),
    ]


def test_coverage_takes_the_worst_verdict_and_names_what_has_no_test(tmp_path: Path) -> None:
    tests = [
        SampleTest(verdict="pass"),
        SampleTest(verdict="inconclusive"),
        SampleTest(verdict="error", requirements=()),
    ]
    record = read_record(write_record(record_path(tmp_path), SampleRun(tests=tests, verdict="error")))
    covered, missing = record.coverage
    assert (covered.requirement.id, covered.verdict, len(covered.tests)) == ("VSB-LOAD-UV", "inconclusive", 2)
    assert (missing.requirement.id, missing.verdict, missing.tests) == ("VSB-CHARGE-OV", None, ())


def test_a_run_without_a_verdict_was_cut_off(tmp_path: Path) -> None:
    record = read_record(write_record(record_path(tmp_path), SampleRun(verdict=None)))
    assert (record.verdict, record.message, record.ended_utc) == ("aborted", CUT_OFF, None)


def test_a_run_that_was_cut_off_after_an_error_is_an_error(tmp_path: Path) -> None:
    run = SampleRun(verdict=None, tests=[SampleTest(verdict="error")])
    assert read_record(write_record(record_path(tmp_path), run)).verdict == "error"


def test_reads_a_record_that_is_still_being_written(tmp_path: Path) -> None:
    path = write_record(record_path(tmp_path), SampleRun())
    writer = sqlite3.connect(path)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("UPDATE test SET title = 'newer'")
    writer.commit()
    writer.execute("UPDATE test SET title = 'not yet committed'")
    assert read_record(path).tests[0].title == "newer"
    writer.close()


def test_reads_a_trace_block_by_block(tmp_path: Path) -> None:
    changes = [(0, 0, 3.3), (5, 1, 1), (9, 0, None)]
    run = SampleRun(tests=[SampleTest(), SampleTest(changes=changes)])
    with RecordFile(write_record(record_path(tmp_path), run), decode_json) as file:
        assert list(file.trace(1)) == []
        assert file.trace_end(1) == 0
        blocks = list(file.trace(2))
        assert file.trace_end(2) == 9
    assert [times for times, _, _ in blocks] == [[0, 5], [9]]
    assert [signals for _, signals, _ in blocks] == [[0, 1], [0]]
    assert math.isnan(blocks[1][2][0])


def test_reads_transcripts_by_session(tmp_path: Path) -> None:
    path = write_record(record_path(tmp_path), SampleRun())
    with sqlite3.connect(path) as database:
        rows = [(1, 1, 1, b"third\n"), (1, 1, 0, b"first\n"), (1, 2, 0, b"other\n")]
        database.executemany("INSERT INTO transcript_block VALUES (?, ?, ?, ?)", rows)
    database.close()
    with RecordFile(path, decode_text=bytes.decode) as file:
        assert file.transcripts(1) == {1: "first\nthird\n", 2: "other\n"}


def test_keeps_hostile_texts_as_they_are(tmp_path: Path) -> None:
    run = SampleRun(serial=HOSTILE, tests=[SampleTest(name=HOSTILE, title="x" * 10_000)])
    record = read_record(write_record(record_path(tmp_path), run))
    assert record.serial == HOSTILE
    assert record.tests[0].name == HOSTILE
    assert len(record.tests[0].title) == 10_000


def test_text_that_is_no_utf8_is_read_with_replacements(tmp_path: Path) -> None:
    path = write_record(record_path(tmp_path), SampleRun())
    with sqlite3.connect(path) as database:
        database.execute("UPDATE run SET serial = CAST(x'61FF' AS TEXT)")
    database.close()
    assert read_record(path).serial == "a\ufffd"


def test_a_path_with_special_characters_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "a?mode=rw#b%20 c.db"
    assert read_record(write_record(path, SampleRun())).serial == "SN0001"


def expect_refusal(path: Path, *words: str) -> None:
    with pytest.raises(RecordError) as caught:
        read_record(path)
    for word in (str(path), *words):
        assert word in str(caught.value)


def test_refuses_a_missing_file(tmp_path: Path) -> None:
    expect_refusal(tmp_path / "none.db", "no such file")
    expect_refusal(tmp_path, "no such file")


def test_refuses_a_file_that_is_not_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_text("hello " * 1000)
    expect_refusal(path, "not a database")


def test_refuses_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    expect_refusal(path, "no record", "empty")


def test_refuses_a_database_of_somebody_else(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE run (id)")
    database.close()
    expect_refusal(path, "no record of bmsrig")


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE run SET schema = 4", "schema 4"),
        ("DELETE FROM run", "0 runs"),
        ("DROP TABLE measurement", "no such table: measurement"),
        ("UPDATE run SET verdict = 'fine'", "'fine' is no verdict"),
        ("UPDATE test SET verdict = 'fine'", "'fine' is no verdict"),
    ],
)
def test_refuses_what_it_does_not_understand(tmp_path: Path, sql: str, words: str) -> None:
    path = write_record(record_path(tmp_path), SampleRun())
    with sqlite3.connect(path) as database:
        database.execute(sql)
    database.close()
    expect_refusal(path, words)


def test_refuses_a_file_that_was_cut_short(tmp_path: Path) -> None:
    path = write_record(record_path(tmp_path), SampleRun())
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    expect_refusal(path, "damaged")


def test_names_a_trace_that_is_damaged(tmp_path: Path) -> None:
    path = write_record(record_path(tmp_path), SampleRun(tests=[SampleTest(changes=[(0, 0, 1)])]))
    with sqlite3.connect(path) as database:
        database.execute("UPDATE trace_block SET data = x'00'")
    database.close()
    with (
        RecordFile(path, decode_json) as file,
        pytest.raises(RecordError, match="trace of test 1 is damaged"),
    ):
        list(file.trace(1))


def test_the_record_stores_blocks_that_the_module_decodes(tmp_path: Path) -> None:
    path = write_record(record_path(tmp_path), SampleRun())
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO trace_block VALUES (1, 0, 3, ?)", (bytes.fromhex(CHANGES_BLOCK),))
        database.execute("INSERT INTO transcript_block VALUES (1, 1, 0, ?)", (bytes.fromhex(TEXT_BLOCK),))
    database.close()
    with RecordFile(path) as file:
        assert list(file.trace(1)) == [([0, 5, 1_000_000_000], [0, 1, 0], [3.3, 1.0, 2.7999])]
        assert file.transcripts(1) == {1: "> at 0\n< next -\n"}


CHANGES_BLOCK = "424d433128b52ffd241ff900000302070302030800000af6a7d6b9070100030000010101d08304a09c01914e45c7a9f9"
"""Signals 0, 1, 0 at 0 ns, 5 ns and 1 s with 3.3, 1 and 2.7999, as schema 1 packs them: readable for ever."""
TEXT_BLOCK = "424d543128b52ffd24108100003e20617420300a3c206e657874202d0ab51cf56c"
