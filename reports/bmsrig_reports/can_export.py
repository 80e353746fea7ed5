"""The frames of a test in the formats of other CAN tools, written by python-can and asammdf."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import can

from bmsrig_reports.can_frames import CanEvent
from bmsrig_reports.merged import MergedRecords
from bmsrig_reports.record import RecordError, RecordFile

MF4_MISSING = "MDF4 is written by asammdf, which is not installed here; pip install 'bmsrig[mf4]'"


class Frames:
    """What stood on some CAN buses in a test, in the order of time, and when the test's time line begins.

    The record knows when the run began, and each test's time begins at zero; so the absolute time of a frame is the
    start of the run plus the frame's time in its test.
    """

    def __init__(self, file: RecordFile | MergedRecords, test: int, buses: Sequence[str]) -> None:
        """Read from an open record. buses: their places in the list, counted from 1, become the channels."""
        self._file = file
        self._test = test
        self._buses = buses
        self.start = datetime.fromisoformat(file.read().started_utc).astimezone(UTC)
        """The start of the run, which the record knows to the millisecond."""
        self.start_ns = round(self.start.timestamp() * 1000) * 1_000_000

    def __iter__(self) -> Iterator[tuple[int, str, CanEvent]]:
        """Read all of them: channel, bus, event."""
        each = [self._events(channel, bus) for channel, bus in enumerate(self._buses, 1)]
        return heapq.merge(*each, key=lambda frame: frame[2].time_ns)

    def _events(self, channel: int, bus: str) -> Iterator[tuple[int, str, CanEvent]]:
        for block in self._file.can_frames(self._test, bus):
            for event in block:
                yield channel, bus, event


def export_frames(frames: Frames, file: Path) -> int:
    """Write frames to a file, in the format that its suffix names, and return how many events there were.

    The file appears when it is whole. Raises RecordError if the record is damaged or what a format needs is not
    installed, OSError if the file cannot be written, KeyError if no format has this suffix.
    """
    write = FORMATS[file.suffix.lower()]
    part = file.with_name(file.name + ".part")
    try:
        count = write(frames, part)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return count


def _write_candump(frames: Frames, file: Path) -> int:
    """Microseconds since 1970."""
    count = 0
    with can.CanutilsLogWriter(file) as writer:
        for _, bus, event in frames:
            writer(_message(event, (frames.start_ns + event.time_ns) / 1e9, bus))
            count += 1
    return count


def _write_asc(frames: Frames, file: Path) -> int:
    """Microseconds since the full second in which the run began."""
    count = 0
    start = frames.start_ns / 1e9
    with can.ASCWriter(file) as writer:
        # The first line decides where the time begins. At a full second, because the writer leaves out the zeros of
        # 0.045 s, which readers then take for 0.45 s.
        writer.log_event("Start of run", frames.start_ns // 10**9)
        for channel, _, event in frames:
            writer(_message(event, start + event.time_ns / 1e9, channel - 1))
            count += 1
    return count


def _write_blf(frames: Frames, file: Path) -> int:
    """Nanoseconds since the start, of which the header knows the millisecond."""
    count = 0
    with can.BLFWriter(file) as writer:
        # Seconds since 1970 in a double are good to a quarter of a microsecond only. The writer is therefore given
        # seconds since the start, and half a nanosecond because it cuts off; the header is written at the end.
        writer.start_timestamp = 0.0
        for channel, _, event in frames:
            writer(_message(event, (event.time_ns + 0.5) / 1e9, channel - 1))
            count += 1
        end = writer.stop_timestamp or 0.0
        writer.start_timestamp = frames.start_ns / 1e9
        writer.stop_timestamp = frames.start_ns / 1e9 + end
    return count


def _write_mf4(frames: Frames, file: Path) -> int:
    """Seconds since the start as doubles, which hold the nanoseconds of a month."""
    try:
        from bmsrig_reports.can_mf4 import write_mf4
    except ImportError as problem:
        raise RecordError(f"{file.with_suffix('')}: {MF4_MISSING} ({problem})") from None
    return write_mf4(frames.start, ((channel, event) for channel, _, event in frames), file)


def _message(event: CanEvent, timestamp: float, channel: int | str) -> can.Message:
    return can.Message(
        timestamp=timestamp,
        arbitration_id=event.id,
        is_extended_id=event.extended,
        is_remote_frame=event.remote,
        is_error_frame=event.kind == "error",
        channel=channel,
        dlc=len(event.data),
        data=None if event.remote else event.data,
        is_rx=event.kind != "sent",
    )


FORMATS: dict[str, Callable[[Frames, Path], int]] = {
    ".log": _write_candump,
    ".asc": _write_asc,
    ".blf": _write_blf,
    ".mf4": _write_mf4,
}
"""Suffix of a file -> what writes it: candump -L, Vector ASC, Vector BLF, ASAM MDF 4."""
