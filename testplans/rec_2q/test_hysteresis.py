"""Between trip and release nothing changes, for every threshold of the errors."""

import pytest
from bmsrig.steps.battery import HEALTHY_CELL
from bmsrig.steps.lines import expect_unchanged
from bmsrig.steps.rec.errors import expect_error, expect_no_error, logged_errors, wait_for_error
from bmsrig.steps.rec.guards import GUARDS, expect_band_changes_nothing

SURE = 0.4
"""Of what is clear: 4 mV and 0.6 degC, still beyond the unit's accuracy."""

OUTPUTS = ["relay", "precharge", "opto.1", "opto.2"]


@pytest.mark.requirement("R2Q-HYST-EVERY")
@pytest.mark.parametrize("error", GUARDS, ids=lambda error: f"error-{error}")
def test_inside_the_band_nothing_changes(rig, error):
    """On the way out nothing trips before the threshold; on the way back nothing returns before the release."""
    expect_band_changes_nothing(rig, GUARDS[error], OUTPUTS, seconds=32)


@pytest.mark.requirement("R2Q-HYST-EVERY")
@pytest.mark.parametrize("volts", [4.5, 0.8], ids=["high", "low"])
def test_inside_the_band_of_error_10_nothing_changes(rig, volts):
    """A cell that moves within 10 mV inside 0.8 V or 4.5 V leaves outputs and error as they are."""
    inwards = -1 if volts == 4.5 else 1
    rig.cell(1).set(volts - inwards * 0.005)
    rig.line("relay").expect_inactive()
    with expect_unchanged(rig, OUTPUTS):
        for offset in (0.004, 0.006, 0.004):
            rig.cell(1).set(volts + inwards * offset)
            rig.wait(7)
    assert 10 in logged_errors(rig)
    rig.cell(1).set(HEALTHY_CELL)
    expect_error(rig, 10)
    rig.line("relay").expect_stays_inactive(seconds=8)


@pytest.mark.requirement("R2Q-HYST-EVERY")
@pytest.mark.parametrize(
    ("error", "settings"),
    [(1, {"maxh": 0.005}), (1, {"maxh": 0.5}), (2, {"minh": 0.005}), (2, {"minh": 0.4}), (5, {"bmth": 2})],
    ids=["maxh-smallest", "maxh-wide", "minh-smallest", "minh-wide", "bmth-small"],
)
def test_hysteresis_that_was_adjusted_counts(rig, error, settings):
    """At the ends of its range and in between: short of the release the error stays, at it it ends."""
    rig.restart(**settings)
    guard = GUARDS[error]
    short = min(SURE * guard.clear, abs(guard.trip(rig) - guard.release(rig)) / 2)
    guard.apply(rig, guard.beyond(rig))
    wait_for_error(rig, error)
    guard.apply(rig, guard.release(rig) + guard.outwards * short)
    rig.can["rec"].signal("ErrorNumber").stays_between(error, error, 10)
    guard.apply(rig, guard.release(rig) - guard.outwards * SURE * guard.clear)
    expect_no_error(rig)
