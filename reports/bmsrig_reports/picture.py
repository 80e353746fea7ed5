"""A test's trace made small enough to draw: what the HTML report embeds for each test."""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from bmsrig_reports.record import Changes, Signal, Test

MOST_POINTS = 4000
"""A signal with more changes is thinned."""
BUCKETS = 1300
"""Spans of time of a thinned signal, more than a screen has pixels; each keeps its extremes and its last."""


@dataclass(slots=True)
class Curve:
    """The changes of one signal, thinned while they come in once there are too many to draw."""

    start_ns: int
    end_ns: int
    times: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    changes: int = 0
    _bucket: int = -1
    _kept: dict[str, tuple[int, int, float]] = field(default_factory=dict)

    @property
    def thinned(self) -> bool:
        """Whether changes were left out."""
        return self.changes > MOST_POINTS

    def add(self, time: int, value: float) -> None:
        """Take a change; times never go back."""
        self.changes += 1
        if self.changes <= MOST_POINTS:
            self.times.append(time)
            self.values.append(value)
            return
        if self.changes == MOST_POINTS + 1:
            times, values, self.times, self.values = self.times, self.values, [], []
            for number, (early_time, early_value) in enumerate(zip(times, values, strict=True)):
                self._thin(number, early_time, early_value)
        self._thin(self.changes, time, value)

    def finish(self) -> None:
        """All changes are in."""
        for _, time, value in sorted(set(self._kept.values()), key=lambda kept: kept[0]):
            self.times.append(time)
            self.values.append(value)
        self._kept = {}

    def _thin(self, number: int, time: int, value: float) -> None:
        bucket = (time - self.start_ns) * BUCKETS // max(self.end_ns - self.start_ns, 1)
        if bucket != self._bucket:
            self.finish()
            self._bucket = bucket
        change = (number, time, value)
        kept = self._kept
        kept["last"] = change
        if math.isnan(value):
            kept["open"] = change  # a gap must stay visible, however short
        else:
            if "low" not in kept or value < kept["low"][2]:
                kept["low"] = change
            if "high" not in kept or value > kept["high"][2]:
                kept["high"] = change


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
        for time, signal, value in zip(times, signals, values, strict=True):
            curve = curves.get(signal)
            if curve is None:
                curve = curves[signal] = Curve(0, end_ns)
            curve.add(time, value)
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
    return base64.b64encode(zlib.compress(text.encode("ascii"), 9)).decode("ascii")
