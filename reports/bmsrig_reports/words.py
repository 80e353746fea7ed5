"""How numbers, limits and times are written for people."""

from __future__ import annotations

import math

from bmsrig_reports.record import Measurement

UNITS = {"degC": "\u00b0C", "ohm": "\u03a9"}
"""Units that people write otherwise than files do."""


def _unit(measurement: Measurement) -> str:
    return f" {UNITS.get(measurement.unit, measurement.unit)}" if measurement.unit else ""


def number(value: float) -> str:
    """At most seven significant digits, without trailing zeros: "2.8", "1e-06"."""
    return f"{value:.7g}"


def reading(measurement: Measurement) -> str:
    """Write the value with as many decimals as two digits of its uncertainty have: 2.7990 ± 0.0015 V."""
    unit = _unit(measurement)
    if not 0 < measurement.uncertainty < math.inf:
        return number(measurement.value) + unit
    decimals = 1 - math.floor(math.log10(measurement.uncertainty))
    if not 0 <= decimals <= 12:
        return f"{number(measurement.value)} \u00b1 {measurement.uncertainty:.2g}{unit}"
    return f"{measurement.value:.{decimals}f} \u00b1 {measurement.uncertainty:.{decimals}f}{unit}"


def limit(measurement: Measurement) -> str:
    """Write a limit: "2.795 to 2.805 V", "at least 30 s", "at most 5 A", "recorded only"."""
    unit = _unit(measurement)
    low, high = measurement.low, measurement.high
    if low is not None and high is not None:
        return f"{number(low)} to {number(high)}{unit}"
    if low is not None:
        return f"at least {number(low)}{unit}"
    if high is not None:
        return f"at most {number(high)}{unit}"
    return "recorded only"


def seconds(value: float) -> str:
    """Write a duration as one says it: "0.25 s", "12.3 s", "2 min 05 s", "24 h 00 min"."""
    if value < 60:
        return f"{value:.3g} s"
    whole = round(value)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def moment(time_ns: int) -> str:
    """Write a time on the test's time line, to the microsecond: "12.345 s"."""
    text = f"{time_ns / 1e9:.6f}".rstrip("0")
    return f"{text}0 s" if text.endswith(".") else f"{text} s"


def milliseconds(time_ns: float | None) -> str:
    """Write a period to the microsecond, so that jitter is seen: "99.996"; nothing if there is none."""
    return "" if time_ns is None else f"{time_ns / 1e6:.3f}"


def printable(text: str) -> str:
    """Put the pictures of control characters in place of the characters, line ends and tabs excepted."""
    return text.translate(_PICTURES)


_PICTURES: dict[int, int] = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n\r"},
    0x7F: 0x2421,
    **dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], 0xFFFD),
}
