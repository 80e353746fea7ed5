"""A test's trace made small enough to draw: what the HTML report embeds for each test."""

from __future__ import annotations

import base64
import json
import math
import zlib
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from bmsrig_reports.record import Changes, Signal, Test

MOST_POINTS = 4000
"""A signal with more changes is thinned."""
BUCKETS = 1300
"""Spans of time of a thinned signal, more than a screen has pixels; each keeps its extremes and its last."""


class Curve:
    """The changes of one signal, thinned while they come in once there are too many to draw.

    New changes are appended to ``waiting_times`` and ``waiting_values``; take() then looks at them. The work
    is done on slices, because a long test has tens of millions of changes.
    """

    def __init__(self, end_ns: int) -> None:
        self.times: list[int] = []
        self.values: list[float] = []
        self.changes = 0
        self.waiting_times: list[int] = []
        self.waiting_values: list[float] = []
        self._span = max(end_ns, 1)
        self._seen = 0

    @property
    def thinned(self) -> bool:
        """Whether changes were left out."""
        return self.changes > MOST_POINTS

    def take(self) -> None:
        """Look at the waiting changes. A span of time that may still go on keeps waiting."""
        self.changes += len(self.waiting_times) - self._seen
        if self.thinned:
            self._thin(to_the_end=False)
        self._seen = len(self.waiting_times)

    def finish(self) -> None:
        """All changes are in."""
        self.take()
        if self.thinned:
            self._thin(to_the_end=True)
        self.times += self.waiting_times
        self.values += self.waiting_values
        self.waiting_times, self.waiting_values = [], []

    def _thin(self, to_the_end: bool) -> None:
        times, values = self.waiting_times, self.waiting_values
        start = 0
        while start < len(times):
            bucket = times[start] * BUCKETS // self._span
            stop = bisect_left(times, -(-(bucket + 1) * self._span // BUCKETS), start)
            kept = _remarkable(values, start, stop)
            if stop == len(times) and not to_the_end:
                # It may go on; what is unremarkable so far will stay so.
                self.waiting_times = [times[number] for number in kept]
                self.waiting_values = [values[number] for number in kept]
                return
            self.times += [times[number] for number in kept]
            self.values += [values[number] for number in kept]
            start = stop
        self.waiting_times, self.waiting_values = [], []


def _remarkable(values: list[float], start: int, stop: int) -> list[int]:
    """Find the lowest, the highest and the last value of start..stop-1, and the first NaN, which is a gap."""
    if stop - start <= 3:
        return list(range(start, stop))
    part = values[start:stop]
    found = {stop - 1}
    if math.isnan(sum(part)):
        found.update([start + number for number, value in enumerate(part) if math.isnan(value)][:1])
        part = [value for value in part if not math.isnan(value)]
    for extreme in [min(part), max(part)] if part else []:
        found.add(values.index(extreme, start, stop))
    return sorted(found)


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn for one test."""

    data: str
    """The curves as JSON, deflated, in base64; empty if there is nothing to draw."""
    changes: int
    thinned: bool

    @property
    def caption(self) -> str:
        """What the reader must know about the drawing."""
        if not self.thinned:
            return f"{self.changes:,} changes, all of them drawn."
        return (
            f"{self.changes:,} changes. Signals with more than {MOST_POINTS:,} are drawn from the lowest, "
            f"highest and last value in each of {BUCKETS:,} spans of time; the record holds every change."
        )


def make_picture(test: Test, blocks: Iterable[Changes], end_ns: int = 0) -> Picture:
    """Draw a test's trace. end_ns: the time of its last change, up to which spans of time are counted."""
    if not test.signals:  # without names, as where the rig was killed during the test, nothing can be drawn
        return Picture("", 0, False)
    curves: dict[int, Curve] = {}
    end_ns = max([end_ns, round(test.simulated_seconds * 1e9), *(mark.time_ns for mark in test.marks)])
    changes = 0
    for times, signals, values in blocks:
        changes += len(times)
        for signal in set(signals).difference(curves):
            curves[signal] = Curve(end_ns)
        add = {id_: (curve.waiting_times.append, curve.waiting_values.append) for id_, curve in curves.items()}
        for time, signal, value in zip(times, signals, values, strict=True):
            add_time, add_value = add[signal]
            add_time(time)
            add_value(value)
        for curve in curves.values():
            curve.take()
    for curve in curves.values():
        curve.finish()
    drawn = [(signal, curves[signal.id]) for signal in test.signals if signal.id in curves]
    if not drawn:
        return Picture("", changes, False)
    end_ns = max([end_ns, *(curve.times[-1] for _, curve in drawn)])
    content = {
        "end": end_ns // 1000,
        "marks": [[mark.time_ns // 1000, mark.text] for mark in test.marks],
        "signals": [_signal(signal, curve) for signal, curve in drawn],
    }
    return Picture(_pack(content), changes, any(curve.thinned for _, curve in drawn))


def _signal(signal: Signal, curve: Curve) -> dict[str, object]:
    """Write times as microseconds, each as the difference to the one before, which compresses well."""
    micros = [time // 1000 for time in curve.times]
    return {
        "name": signal.name,
        "kind": signal.kind,
        "unit": signal.unit,
        "times": [now - before for before, now in zip([0, *micros], micros, strict=False)],
        "values": [_number(value) for value in curve.values],
    }


def _number(value: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    short = float(f"{value:.7g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short


def _pack(content: object) -> str:
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=True)
    return base64.b64encode(zlib.compress(text.encode("ascii"), 6)).decode("ascii")
