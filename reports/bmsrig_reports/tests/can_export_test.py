from __future__ import annotations

import builtins
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import can
import pytest

from bmsrig_reports.can_export import Frames, export_frames
from bmsrig_reports.can_frames import CanEvent
from bmsrig_reports.record import RecordError, RecordFile
from bmsrig_reports.tests.can_sample import CAN_EVENTS, add_frames
from bmsrig_reports.tests.sample import SampleRun, write_record

START = 1_714_979_289.123
"""2024-05-06T07:08:09.123Z, the start of the sample run, as `date -u +%s` has it."""

OTHER_BUS = [  # the last but one: a time that doubles of seconds lose when cut off, and a low identifier of 29 bits
    CanEvent(0, 90_000, "received", "none", 0x7FF, False, False, b""),
    CanEvent(1_100_250_001, 250_000, "sent", "none", 0x1FFFFFFF, True, False, bytes(range(248, 256))),
    CanEvent(2_000_000_003, 150_000, "received", "none", 0x031, True, False, b"\x8e"),
    CanEvent(86_400_000_000_003, 250_000, "received", "none", 0x305, False, True, b""),
]
SUFFIXES = (".log", ".asc", ".blf", ".mf4")
LOSS = 1e-6
"""s; half a microsecond of rounding, and what a reader's seconds since 1970 lose."""


class TwoBuses:
    """Stands where a record stands; its second bus comes in blocks of one."""

    def __init__(self, record: RecordFile) -> None:
        self.read = record.read

    def can_frames(self, _test: int, bus: str) -> Iterator[list[CanEvent]]:
        return iter([CAN_EVENTS] if bus == "can" else [[event] for event in OTHER_BUS])


@pytest.fixture
def frames(tmp_path: Path) -> Iterator[Frames]:
    with RecordFile(write_record(tmp_path / "r.db", SampleRun())) as record:
        yield Frames(TwoBuses(record), 1, ["can", "charger"])  # type: ignore[arg-type]


IN_ORDER = [(2, OTHER_BUS[0]), *((1, event) for event in CAN_EVENTS[:2]), (2, OTHER_BUS[1])]
IN_ORDER += [*((1, event) for event in CAN_EVENTS[2:]), *((2, event) for event in OTHER_BUS[2:])]


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".ASC"])
def test_every_event_comes_back_in_order(frames: Frames, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"frames{suffix}"
    assert export_frames(frames, file) == 8
    options = {"relative_timestamp": False} if suffix.lower() == ".asc" else {}
    with can.LogReader(file, **options) as reader:
        messages = list(reader)
    assert len(messages) == 8
    for (channel, event), message in zip(IN_ORDER, messages, strict=True):
        told = START + event.time_ns / 1e9
        assert message.timestamp == pytest.approx(told, abs=LOSS)
        assert message.is_error_frame == (event.kind == "error")
        if message.is_error_frame:
            continue
        assert (message.arbitration_id, message.is_extended_id) == (event.id, event.extended)
        assert message.is_remote_frame == event.remote
        assert bytes(message.data) == (b"" if event.remote else event.data)
        # candump's notation has no length of a remote frame.
        assert message.dlc == (0 if event.remote and suffix == ".log" else len(event.data))
        assert message.is_rx == (event.kind == "received")
        # python-can counts the channels of Vector's files from 0.
        expected = {".log": ["can", "charger"][channel - 1], ".mf4": channel}.get(suffix, channel - 1)
        assert message.channel == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([file.name, "r.db"])


def test_a_start_early_in_its_second_is_the_start(tmp_path: Path) -> None:
    path = add_frames(write_record(tmp_path / "r.db", SampleRun()), 1, "can")
    with sqlite3.connect(path) as database:
        database.execute("UPDATE run SET started_utc = '2024-05-06T07:08:09.045Z'")
    database.close()
    for suffix in SUFFIXES:
        file = tmp_path / f"frames{suffix}"
        with RecordFile(path) as record:
            export_frames(Frames(record, 1, ["can"]), file)
        options = {"relative_timestamp": False} if suffix == ".asc" else {}
        with can.LogReader(file, **options) as reader:
            first = next(iter(reader))
        assert first.timestamp == pytest.approx(1_714_979_289.045 + 1.00025, abs=LOSS), suffix


def test_nanoseconds_are_kept_where_the_format_has_them(frames: Frames, tmp_path: Path) -> None:
    exact = [event.time_ns for _, event in IN_ORDER]
    export_frames(frames, tmp_path / "frames.blf")
    with can.BLFReader(tmp_path / "frames.blf") as reader:
        assert reader.start_timestamp == START
        reader.start_timestamp = 0.0  # seconds since 1970 in a double would lose them again
        assert [round(message.timestamp * 1e9) for message in reader] == exact
    export_frames(frames, tmp_path / "frames.mf4")
    from asammdf import MDF

    with MDF(tmp_path / "frames.mf4") as mdf:
        assert mdf.header.start_time.timestamp() == START
        found = [round(time * 1e9) for group in range(3) for time in mdf.get_master(group)]
    assert sorted(found) == exact


def test_an_export_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    path = add_frames(write_record(tmp_path / "r.db", SampleRun()), 1, "can")

    class Broken(RecordFile):
        def can_frames(self, test: int, bus: str) -> Iterator[list[CanEvent]]:
            yield from super().can_frames(test, bus)
            raise RecordError("the second block is damaged")

    for suffix in SUFFIXES:
        kept = tmp_path / f"kept{suffix}"
        kept.write_text("precious")
        with Broken(path) as record, pytest.raises(RecordError, match="second block"):
            export_frames(Frames(record, 1, ["can"]), kept)
        assert kept.read_text() == "precious"
    assert not list(tmp_path.glob("*.part"))


def test_without_asammdf_it_is_said_what_to_install(
    frames: Frames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: object, **more: object) -> object:
        if name.split(".", maxsplit=1)[0] == "asammdf":
            raise ImportError("No module named 'asammdf'")
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.delitem(sys.modules, "bmsrig_reports.can_mf4", raising=False)
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(RecordError, match=r"frames\.mf4: .*pip install 'bmsrig\[mf4\]'"):
        export_frames(frames, tmp_path / "frames.mf4")
    assert not (tmp_path / "frames.mf4").exists()
