"""A small drawing of a value within its limit, as SVG that stands in a table's row."""

from __future__ import annotations

from dataclasses import dataclass

from bmsrig_reports.record import Measurement

WIDTH = 132
HEIGHT = 20
EDGE = 8
"""Room at both ends for values that lie beyond the scale."""
MARGIN = 0.35
"""How far the scale reaches beyond the limit, as a part of the limit's width."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """Positions in the drawing, in pixels."""

    band_left: float
    band_width: float
    interval_left: float
    interval_width: float
    value: float
    beyond: str
    """"low" or "high": the value lies outside the scale and is an arrow at its end; otherwise empty."""
    low_end: bool
    high_end: bool


def make_gauge(measurement: Measurement) -> Gauge | None:
    """Place everything; None without a limit."""
    low, high = measurement.low, measurement.high
    if low is None and high is None:
        return None
    start, stop = _scale(measurement)

    def place(value: float) -> float:
        part = (value - start) / (stop - start)
        return round(EDGE + min(max(part, 0.0), 1.0) * (WIDTH - 2 * EDGE), 1)

    band_left = 0.0 if low is None else place(low)
    band_right = float(WIDTH) if high is None else place(high)
    interval_left = place(measurement.value - measurement.uncertainty)
    interval_right = place(measurement.value + measurement.uncertainty)
    beyond = "low" if measurement.value < start else "high" if measurement.value > stop else ""
    return Gauge(
        band_left,
        round(band_right - band_left, 1),
        interval_left,
        round(interval_right - interval_left, 1),
        place(measurement.value),
        beyond,
        low is not None,
        high is not None,
    )


def _scale(measurement: Measurement) -> tuple[float, float]:
    """Choose the values at both ends of the drawing."""
    low, high, value = measurement.low, measurement.high, measurement.value
    if low is not None and high is not None:
        width = (high - low) or abs(low) * 0.1 or 1.0
        return low - MARGIN * width, high + MARGIN * width
    end = low if low is not None else high
    assert end is not None, "a gauge needs a limit"
    # With one end the scale reaches beyond the value, and shows at least a tenth of the limit itself.
    distance = 1.25 * (abs(value - end) + measurement.uncertainty)
    width = max(distance, abs(end) * 0.1, 1e-12)
    outside = distance if (value < end) == (low is not None) and value != end else MARGIN * width
    return (end - outside, end + width) if low is not None else (end - width, end + outside)
