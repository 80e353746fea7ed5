"""CAN frames as ASAM MDF 4 bus logging. Importing this needs asammdf."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from asammdf import MDF, Signal
from asammdf.blocks.v4_blocks import SourceInformation
from asammdf.blocks.v4_constants import BUS_TYPE_CAN, SOURCE_BUS
from can.io.mf4 import ERR_DTYPE, RTR_DTYPE, STD_DTYPE

from bmsrig_reports.can_frames import CanEvent

GROUPS = (("CAN_DataFrame", STD_DTYPE), ("CAN_ErrorFrame", ERR_DTYPE), ("CAN_RemoteFrame", RTR_DTYPE))
"""Name and layout of each sort of event, a group of its own in the file."""
BATCH = 1 << 16
"""Events that are handed over at a time."""
TRANSPOSED_AND_DEFLATED: Final = 2


def write_mf4(start: datetime, events: Iterable[tuple[int, CanEvent]], file: Path) -> int:
    """Write events with their channels, in the order of time, and return how many there were.

    python-can's own writer takes its start from the clock, and frames one at a time; here the start is the record's.
    """
    count = 0
    mdf = MDF(version="4.10")
    try:
        mdf.header.start_time = start
        for name, layout in GROUPS:
            source = SourceInformation(source_type=SOURCE_BUS, bus_type=BUS_TYPE_CAN)
            mdf.append(Signal(np.array([], dtype=layout), np.array([], dtype="<f8"), name=name, source=source))
        left = iter(events)
        while batch := list(islice(left, BATCH)):
            count += len(batch)
            for group, (name, layout) in enumerate(GROUPS):
                chosen = [(channel, event) for channel, event in batch if _name(event) == name]
                if chosen:
                    times = np.array([event.time_ns for _, event in chosen]) / 1e9
                    mdf.extend(group, [(times, None), (_samples(name, layout, chosen), None)])
        with file.open("w+b") as opened:
            mdf.save(opened, compression=TRANSPOSED_AND_DEFLATED)
    finally:
        mdf.close()
    return count


def _name(event: CanEvent) -> str:
    if event.kind == "error":
        return "CAN_ErrorFrame"
    return "CAN_RemoteFrame" if event.remote else "CAN_DataFrame"


def _samples(name: str, layout: np.dtype[Any], chosen: Sequence[tuple[int, CanEvent]]) -> np.ndarray[Any, Any]:
    samples = np.zeros(len(chosen), dtype=layout)
    samples[f"{name}.BusChannel"] = [channel for channel, _ in chosen]
    samples[f"{name}.ID"] = [event.id for _, event in chosen]
    samples[f"{name}.IDE"] = [event.extended for _, event in chosen]
    samples[f"{name}.DLC"] = [len(event.data) for _, event in chosen]
    samples[f"{name}.Dir"] = [event.kind == "sent" for _, event in chosen]
    samples[f"{name}.DataLength"] = samples[f"{name}.DLC"]
    if f"{name}.DataBytes" in samples.dtype.names:
        width = samples[f"{name}.DataBytes"].shape[1]
        data = b"".join(event.data.ljust(width, b"\0") for _, event in chosen)
        samples[f"{name}.DataBytes"] = np.frombuffer(data, dtype="<u1").reshape(len(chosen), width)
    return samples
