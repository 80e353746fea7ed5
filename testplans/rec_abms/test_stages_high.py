"""The shutdown at the top: limit on CAN, relay CH where it guards against over-voltage, relay DCH, and back."""

import pytest
from bmsrig.steps.lines import expect_levels_stay
from bmsrig.steps.rec import current
from bmsrig.steps.rec.limits import expect_limit
from bmsrig.steps.rec.stages import CH, DCH, measure_order_down, measure_order_up, stages_down, stages_up

HEALTHY, OVERCHARGED = 3.30, 3.95

RAMPS = [0.0, 1.0, 5.0, 20.0, 120.0, 900.0]
"""s for 0.65 V."""


def charging(rig):
    """CCL beside a healthy battery that is charged, both relays closed."""
    rig.line(DCH).expect_active()
    rig.line(CH).expect_active()
    current.apply(rig, 2.0)
    expected = min(rig.setting("chac") * rig.setting("capa"), rig.setting("maxc"))
    return expect_limit(rig, "CCL", expected - 0.1, expected + 0.1)


@pytest.mark.requirement("RAB-ORDER-OV")
@pytest.mark.parametrize("seconds", RAMPS, ids=lambda s: f"in-{s:g}s")
def test_order_on_the_way_up(rig, high_stages, seconds):  # noqa: ARG001
    """All cells rise through the three levels at different speeds: each stage once, in its order."""
    full = charging(rig)
    start = rig.now
    rig.cells.ramp(OVERCHARGED, seconds)
    rig.line(DCH).expect_inactive()
    current.apply(rig, 0.0)
    rig.wait(3)
    measure_order_down(rig, stages_down(rig, start, "CCL", full), f"{seconds:g} s")


@pytest.mark.requirement("RAB-ORDER-OV")
@pytest.mark.parametrize("seconds", RAMPS, ids=lambda s: f"in-{s:g}s")
def test_order_on_the_way_back(rig, high_stages, seconds):  # noqa: ARG001
    """All cells sink again at different speeds: the stages return in reverse."""
    charging(rig)
    current.apply(rig, 0.0)
    rig.cells.set(OVERCHARGED)
    rig.line(DCH).expect_inactive()
    rig.line(CH).expect_inactive()
    expect_limit(rig, "CCL", 0, 0)
    start = rig.now
    rig.cells.ramp(3.20, seconds)
    rig.line(DCH).expect_active(within=20)
    rig.line(CH).expect_active(within=20)
    rig.wait(12)
    measure_order_up(rig, stages_up(rig, start, "CCL"), f"{seconds:g} s")


@pytest.mark.requirement("RAB-ORDER-OV")
def test_each_stage_by_itself(rig, high_stages):
    """Just above CHAR the limit falls and both relays stay closed; just above RE1L CH opens, and DCH stays closed."""
    full = charging(rig)
    rig.cells.set((high_stages["char"] + high_stages["re1l"]) / 2)
    expect_limit(rig, "CCL", 0, full / 2 + 0.1, within=120)
    expect_levels_stay(rig, {CH: "active", DCH: "active"}, seconds=60)
    rig.cells.set((high_stages["re1l"] + high_stages["cmax"]) / 2)
    rig.line(CH).expect_inactive()
    expect_levels_stay(rig, {CH: "inactive", DCH: "active"}, seconds=60)
    rig.cells.set(high_stages["cmax"] + 0.03)
    rig.line(DCH).expect_inactive()


@pytest.mark.requirement("RAB-ORDER-OV")
def test_ch_for_under_voltage_does_not_open_at_the_top(rig):
    """With RE1H above 0 V the second stage is one of the low end: between RE1L and CMAX CH stays closed."""
    rig.restart(re1l=2.90, re1h=0.10)
    charging(rig)
    rig.cells.set(rig.setting("cmax") - 0.02)
    expect_levels_stay(rig, {CH: "active", DCH: "active"}, seconds=60)
    rig.cells.set(OVERCHARGED)
    rig.line(DCH).expect_inactive()
