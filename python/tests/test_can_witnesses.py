"""Other tools read the same values out of a recorded run as the rig did: python-can, cantools, asammdf."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import can
import cantools.database
import pytest
from asammdf import MDF
from bmsrig import _core
from bmsrig.cli import main
from bmsrig_reports.can_export import Frames
from bmsrig_reports.can_frames import CanEvent
from bmsrig_reports.record import RecordFile
from conftest import Done

DBC = Path(__file__).resolve().parents[2] / "drivers" / "can" / "dbc"

PLAN = """\
def test_speaks(rig):
    rig.wait(20)
    rig.cell(3).set(3.41)
    rig.can.send(0x305, bytes(8))
    rig.can.send(0x18FF50E5, bytes(range(8)), extended=True)
    rig.wait(20)
    for cell in range(1, 17):
        rig.cell(cell).set(3.2 + cell / 100)
    rig.wait(20)
    rig.can.bit_rate = 125_000
    rig.wait(1)
"""
"""What the UUT says changes twice; the rig speaks too, and the last second is error frames."""

SUFFIXES = (".log", ".asc", ".blf", ".mf4")
LOSS = 1e-6
"""s; half a microsecond of rounding, and what a reader's seconds since 1970 lose."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A recorded run, and what the rig and its record say of it."""

    record: Path
    start: float
    events: list[CanEvent]
    trace: dict[str, list[tuple[int, float]]]
    """Changes of each CAN signal: time in ns, value."""
    messages: set[tuple[str, str]]
    """Database and message of what the protocol sends."""

    @property
    def received(self) -> Iterator[CanEvent]:
        return (event for event in self.events if event.kind == "received")


@pytest.fixture(scope="module")
def witnesses() -> dict[str, Witness]:
    return {}


@pytest.fixture(params=_core.can_protocols(), ids=lambda protocol: protocol.name)
def witness(
    request: pytest.FixtureRequest,
    witnesses: dict[str, Witness],
    plan: Callable[[str], Path],
    bmsrig: Callable[..., Done],
) -> Witness:
    """A run for each protocol, made once."""
    protocol = request.param
    if protocol.name not in witnesses:
        done = bmsrig(plan(PLAN), "--set", f"chrg={protocol.chrg}", fixture="rec_2q")
        assert done.verdict() == "pass", done.output
        witnesses[protocol.name] = read(done.record, protocol)
    return witnesses[protocol.name]


def read(record: Path, protocol: _core.CanProtocol) -> Witness:
    with RecordFile(record) as file:
        (test,) = file.read().tests
        events = [event for block in file.can_frames(test.id, "can") for event in block]
        names = {signal.id: signal.name for signal in test.signals if signal.name.startswith("can.")}
        trace: dict[str, list[tuple[int, float]]] = {name: [] for name in names.values()}
        for times, signals, values in file.trace(test.id):
            for time, signal, value in zip(times, signals, values, strict=True):
                if signal in names:
                    trace[names[signal]].append((time, value))
        start = Frames(file, test.id, ["can"]).start_ns / 1e9
    messages = {(message.database, message.name) for message in protocol.messages}
    return Witness(record, start, events, trace, messages)


def library(name: str) -> cantools.database.can.Database:
    database = cantools.database.load_file(DBC / f"{name}.dbc")
    assert isinstance(database, cantools.database.can.Database)
    return database


def decoded(events: Iterable[CanEvent], name: str) -> dict[str, list[tuple[int, float]]]:
    """What cantools reads out of frames: signal of the trace -> time in ns and value, in each frame."""
    database = library(name)
    layouts = {(message.frame_id, message.is_extended_frame): message for message in database.messages}
    found: dict[str, list[tuple[int, float]]] = {}
    for event in events:
        layout = layouts.get((event.id, event.extended))
        if layout is None:
            continue
        values = layout.decode(event.data, decode_choices=False, allow_truncated=True)
        assert isinstance(values, dict)
        for signal in layout.signals:
            value = float(values.get(signal.name, math.nan))
            found.setdefault(f"can.{name}.{signal.name.lower()}", []).append((event.time_ns, value))
    return found


def changes(values: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """The first value, and each that differs from the one before."""
    kept = values[:1]
    for time, value in values[1:]:
        if value != kept[-1][1] and not (math.isnan(value) and math.isnan(kept[-1][1])):
            kept.append((time, value))
    return kept


def databases(witness: Witness) -> list[str]:
    return sorted({name.split(".")[1] for name in witness.trace})


def test_the_run_has_what_it_takes(witness):
    kinds = {event.kind for event in witness.events}
    assert kinds == {"received", "sent", "error"}
    assert {database for database, _ in witness.messages} <= set(databases(witness))
    heard = {event.id for event in witness.received}
    for name, message in witness.messages:
        assert library(name).get_message_by_name(message).frame_id in heard, message


def test_cantools_reads_the_values_of_the_trace(witness):
    """Every change of every signal, at the nanosecond of its frame, and no other."""
    expected = {}
    for name in databases(witness):
        expected |= {signal: changes(values) for signal, values in decoded(witness.received, name).items()}
    assert witness.trace.keys() == expected.keys()
    assert any(len(values) > 2 for values in expected.values()), "values that never change prove little"
    for signal, values in expected.items():
        told = witness.trace[signal]
        assert [time for time, _ in told] == [time for time, _ in values], signal
        assert [value for _, value in told] == pytest.approx([value for _, value in values], nan_ok=True), signal


def exported(witness: Witness, suffix: str) -> Path:
    file = witness.record.with_suffix(suffix)
    if not file.exists():
        assert main(["export", str(witness.record), str(file)]) == 0
    return file


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_python_can_reads_every_frame_in_order_and_none_more(witness, suffix):
    options = {"relative_timestamp": False} if suffix == ".asc" else {}
    with can.LogReader(exported(witness, suffix), **options) as reader:
        messages = list(reader)
    assert len(messages) == len(witness.events)
    for message, event in zip(messages, witness.events, strict=True):
        assert abs(message.timestamp - (witness.start + event.time_ns / 1e9)) < LOSS
        assert message.is_error_frame == (event.kind == "error")
        if event.kind != "error":
            assert message.is_rx == (event.kind == "received")
            assert (message.arbitration_id, message.is_extended_id) == (event.id, event.extended)
            assert bytes(message.data) == event.data


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_cantools_reads_the_values_of_the_trace_out_of_an_export(witness, suffix):
    """From a file of another tool's format and the DBC file alone to the values that the rig has judged by."""
    last: dict[str, float] = {}
    layouts = {name: library(name) for name in databases(witness)}
    with can.LogReader(exported(witness, suffix)) as reader:
        for message in reader:
            if message.is_error_frame or not message.is_rx:
                continue
            for name, database in layouts.items():
                with contextlib.suppress(KeyError):
                    layout = database.get_message_by_frame_id(message.arbitration_id)
                    values = layout.decode(message.data, decode_choices=False, allow_truncated=True)
                    last |= {f"can.{name}.{signal.lower()}": float(value) for signal, value in values.items()}
    told = {signal: values[-1][1] for signal, values in witness.trace.items() if not math.isnan(values[-1][1])}
    assert last == pytest.approx(told)


def test_asammdf_reads_the_values_of_the_trace(witness):
    """Its own reader of bus logging, with the DBC file given to it; it reads what the rig has sent as well."""
    spoken = [event for event in witness.events if event.kind != "error"]
    with MDF(exported(witness, ".mf4")) as mdf:
        for name in databases(witness):
            expected = decoded(spoken, name)
            assert expected.keys() & witness.trace.keys()
            with mdf.extract_bus_logging(database_files={"CAN": [(DBC / f"{name}.dbc", 0)]}) as values:
                places = [
                    (None, group, index)
                    for group, contents in enumerate(values.groups)
                    for index in range(1, len(contents.channels))  # 0 is the time
                ]
                for found in values.select(places, ignore_value2text_conversions=True):
                    frames = expected.pop(f"can.{name}.{found.name.lower()}")
                    assert [round(time * 1e9) for time in found.timestamps] == [time for time, _ in frames]
                    for sample, (time, told) in zip(found.samples, frames, strict=True):
                        # Where a frame is too short for a signal asammdf reads the zeros behind it.
                        assert sample == pytest.approx(0 if math.isnan(told) else told), f"{found.name} at {time} ns"
            assert not expected, "asammdf has found no such signals"
