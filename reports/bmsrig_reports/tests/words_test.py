from __future__ import annotations

import pytest

from bmsrig_reports import words
from bmsrig_reports.gauge import WIDTH, make_gauge
from bmsrig_reports.record import Measurement
from bmsrig_reports.verdict import worst


def measured(
    value: float,
    uncertainty: float = 0.0,
    low: float | None = None,
    high: float | None = None,
    unit: str = "V",
) -> Measurement:
    return Measurement(1, "name", value, unit, uncertainty, low, high, "guarded", "pass", 0, "", "", "")


@pytest.mark.parametrize(
    ("measurement", "text"),
    [
        (measured(2.799, 0.0015), "2.7990 \u00b1 0.0015 V"),
        (measured(30.25, 0.5, unit="s"), "30.25 \u00b1 0.50 s"),
        (measured(2.8), "2.8 V"),
        (measured(25.0, unit="degC"), "25 \u00b0C"),
        (measured(1234.5, 20.0, unit=""), "1234 \u00b1 20"),
        (measured(123456.0, 200.0), "123456 \u00b1 2e+02 V"),
    ],
)
def test_a_reading_has_the_decimals_of_its_uncertainty(measurement: Measurement, text: str) -> None:
    assert words.reading(measurement) == text


def test_limits_read_as_sentences() -> None:
    assert words.limit(measured(1, low=2.795, high=2.805)) == "2.795 to 2.805 V"
    assert words.limit(measured(1, low=30, unit="s")) == "at least 30 s"
    assert words.limit(measured(1, high=5, unit="ohm")) == "at most 5 \u03a9"
    assert words.limit(measured(1)) == "recorded only"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 s"), (0.02, "0.02 s"), (59.94, "59.9 s"), (125, "2 min 05 s"), (86_400, "24 h 00 min")],
)
def test_durations(value: float, text: str) -> None:
    assert words.seconds(value) == text


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [(0, "0.0 s"), (12_345_000_000, "12.345 s"), (1_000, "0.000001 s"), (60 * 10**9, "60.0 s")],
)
def test_moments(time_ns: int, text: str) -> None:
    assert words.moment(time_ns) == text


def test_control_characters_become_visible() -> None:
    assert words.printable("a\x00b\x1b[31m\tc\n\x7f\x85\ud800") == "a\u2400b\u241b[31m\tc\n\u2421\ufffd\ufffd"


def test_the_worst_verdict_wins() -> None:
    assert worst([]) == "pass"
    assert worst(["inconclusive", "pass"]) == "inconclusive"
    assert worst(["fail", "inconclusive", "aborted"]) == "aborted"
    assert worst(["error", "aborted"]) == "error"


def test_a_gauge_shows_the_value_within_its_limit() -> None:
    gauge = make_gauge(measured(2.8, 0.0015, 2.795, 2.805))
    assert gauge is not None
    assert gauge.value == WIDTH / 2
    assert gauge.band_left < gauge.interval_left < gauge.value
    assert gauge.interval_left + gauge.interval_width < gauge.band_left + gauge.band_width
    assert gauge.beyond == ""


def test_a_gauge_has_an_arrow_for_a_value_far_outside() -> None:
    low = make_gauge(measured(1.0, 0, 2.795, 2.805))
    high = make_gauge(measured(4.0, 0, 2.795, 2.805))
    assert low is not None
    assert high is not None
    assert (low.beyond, high.beyond) == ("low", "high")


@pytest.mark.parametrize("value", [0.0, 29.0, 30.0, 30.2, 3000.0, -5.0])
def test_a_gauge_with_one_end_shows_on_which_side_the_value_lies(value: float) -> None:
    at_least = make_gauge(measured(value, 0.01, low=30))
    at_most = make_gauge(measured(value, 0.01, high=30))
    assert at_least is not None
    assert at_most is not None
    assert (at_least.value >= at_least.band_left) == (value >= 30)
    assert (at_most.value <= at_most.band_left + at_most.band_width) == (value <= 30)
    assert (at_least.beyond, at_most.beyond) == ("", "")
    assert (at_least.low_end, at_least.high_end, at_most.low_end, at_most.high_end) == (
        True,
        False,
        False,
        True,
    )


def test_no_gauge_without_a_limit() -> None:
    assert make_gauge(measured(1)) is None


def test_a_gauge_copes_with_a_limit_of_no_width() -> None:
    assert make_gauge(measured(0, 0, 0, 0)) is not None
    assert make_gauge(measured(0, 0, low=0)) is not None
