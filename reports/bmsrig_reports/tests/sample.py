"""Records for the tests, written with nothing but the schema file; their trace blocks are JSON."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bmsrig_reports.record import Changes

SCHEMA_FILE = Path(__file__).parents[2] / "record_schema.sql"

HOSTILE = "</script><script>alert(1)</script> & \"quotes\" 'single' \u2028 {{ 7 * 7 }} ../../etc \x00\x1b[31m \u20ac"
"""A name that breaks what is careless."""


def decode_json(blob: bytes) -> Changes:
    """Stand where the C++ decoder stands."""
    times, signals, values = json.loads(blob)
    return times, signals, [float("nan") if value is None else value for value in values]


@dataclass
class SampleMeasurement:
    name: str = "under_voltage_threshold"
    value: float = 2.8
    unit: str = "V"
    uncertainty: float = 0.0015
    low: float | None = 2.795
    high: float | None = 2.805
    acceptance: str = "guarded"
    verdict: str = "pass"
    time: int = 5_000_000_000
    requirement: str = "VSB-LOAD-UV"
    source: str = "manual, section 6"
    comment: str = "cell 3"


@dataclass
class SampleTest:
    name: str = "test_load.py::test_load_disconnect[4]"
    title: str = "Load disconnects on cell under-voltage"
    description: str = "Any one cell below its threshold releases the Load output."
    verdict: str = "pass"
    message: str = ""
    details: str = ""
    wall: float = 0.02
    simulated: float = 60.0
    requirements: Sequence[str] = ("VSB-LOAD-UV",)
    measurements: Sequence[SampleMeasurement] = ()
    marks: Sequence[tuple[int, str]] = ()
    log: Sequence[tuple[int, str, str]] = ()
    signals: Sequence[tuple[str, str, str]] = ()
    """Name, kind and unit; the place in the list is the id."""
    changes: Sequence[tuple[int, int, float | None]] = ()
    """Time in ns, signal id, value."""


@dataclass
class SampleRun:
    id: str = "5a7bb7a5-3c1e-4d77-9d38-0f4d9a6c2e11"
    serial: str = "SN0001"
    plan: str = "victron_smallbms"
    verdict: str | None = "pass"
    message: str = ""
    properties: dict[str, str] = field(
        default_factory=lambda: {
            "fixture.title": "Victron smallBMS",
            "version.bmsrig": "0.1.0",
            "setting.cells": "4",
            "host": "bench-7",
        }
    )
    requirements: Sequence[tuple[str, str]] = (
        ("VSB-LOAD-UV", "Load released on cell under-voltage"),
        ("VSB-CHARGE-OV", "Charge released on over-voltage"),
    )
    tests: Sequence[SampleTest] = (SampleTest(),)


def write_record(path: Path, run: SampleRun) -> Path:
    """Write a record as the rig does."""
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA synchronous = OFF")
        database.executescript(SCHEMA_FILE.read_text(encoding="utf-8"))
        database.execute(
            "INSERT INTO run VALUES (?, 3, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                run.id,
                "2024-05-06T07:08:09.123Z",
                "2024-05-06T07:09:00.000Z" if run.verdict else None,
                run.plan,
                "victron_smallbms",
                "virtual",
                run.serial,
                "Ada",
                "smallbms --set cells=4",
                "18446744073709551615",
                run.verdict,
                run.message,
            ),
        )
        database.executemany("INSERT INTO property VALUES (?, ?)", run.properties.items())
        database.execute("INSERT INTO input_file VALUES ('fixture.yaml', 'ab12', 'title: <b>smallBMS</b>')")
        for position, (id_, title) in enumerate(run.requirements):
            database.execute(
                "INSERT INTO requirement VALUES (?, ?, ?, 'load line', 'verify', 'smallBMS page', ?)",
                (id_, title, f"What {id_} asks for.", position),
            )
        for number, test in enumerate(run.tests, 1):
            _write_test(database, number, test)
    database.close()
    return path


def _write_test(database: sqlite3.Connection, number: int, test: SampleTest) -> None:
    database.execute(
        "INSERT INTO test VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number,
            test.name,
            test.title,
            test.description,
            test.verdict,
            test.message,
            test.details,
            test.wall,
            test.simulated,
        ),
    )
    database.executemany("INSERT INTO test_requirement VALUES (?, ?)", ((number, each) for each in test.requirements))
    for m in test.measurements:
        database.execute(
            "INSERT INTO measurement VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                m.name,
                m.value,
                m.unit,
                m.uncertainty,
                m.low,
                m.high,
                m.acceptance,
                m.verdict,
                m.time,
                m.requirement,
                m.source,
                m.comment,
            ),
        )
    database.executemany("INSERT INTO mark VALUES (?, ?, ?)", ((number, *mark) for mark in test.marks))
    database.executemany("INSERT INTO log VALUES (?, ?, ?, ?)", ((number, *line) for line in test.log))
    for id_, signal in enumerate(test.signals):
        database.execute("INSERT INTO signal VALUES (?, ?, ?, ?, ?)", (number, id_, *signal))
    half = (len(test.changes) + 1) // 2
    for first, part in ((0, test.changes[:half]), (half, test.changes[half:])):
        if part:
            times, signals, values = zip(*part, strict=True)
            blob = json.dumps([times, signals, values]).encode()
            database.execute("INSERT INTO trace_block VALUES (?, ?, ?, ?)", (number, first, len(part), blob))
