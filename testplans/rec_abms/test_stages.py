"""The shutdown in three stages on under-voltage: limit on CAN, relay CH, relay DCH, and back in reverse."""

import pytest
from bmsrig.steps.lines import expect_levels_stay
from bmsrig.steps.rec import current
from bmsrig.steps.rec.errors import measure_lead
from bmsrig.steps.rec.limits import RESOLUTION, expect_limit, follow, read_limit, refresh
from bmsrig.steps.rec.protocols import INVERTERS, for_each, select
from bmsrig.steps.rec.stages import CH, DCH, measure_order_down, measure_order_up, stages_down, stages_up

HEALTHY, EMPTY = 3.20, 2.60

RAMPS = [0.0, 1.0, 5.0, 20.0, 120.0, 1800.0]
"""s for 0.6 V; from a short circuit to a load of some hours."""

SLOW = 1800.0
"""s; so slow that the limit has come down before CH opens: 0.1 V in 300 s."""

CLOSED = {CH: "active", DCH: "active"}


def full_limit(rig):
    """DCL beside a healthy battery, both relays closed."""
    rig.line(DCH).expect_active()
    rig.line(CH).expect_active()
    expected = min(rig.setting("dchc") * rig.setting("capa"), rig.setting("maxd"))
    return expect_limit(rig, "DCL", expected - 0.1, expected + 0.1)


@pytest.mark.requirement("RAB-STAGE1")
@pytest.mark.parametrize("number", [None, 1, -1], ids=["all-cells", "first-cell", "last-cell"])
def test_stage_1_asks(rig, low_stages, number):
    """Between CLOW and RE1L: the limit comes down to 0 A, and neither relay opens, however long it lasts."""
    full_limit(rig)
    asked = (low_stages["clow"] + low_stages["re1l"]) / 2
    cells = [HEALTHY] * len(rig.cells) if number else [asked] * len(rig.cells)
    if number:
        cells[number if number < 0 else number - 1] = asked
    fallen = rig.cells.set(cells)
    seen = follow(rig, 60, -0.001, step=0.5)
    zero = next((time for time, limit in seen if limit == 0), rig.now - fallen)
    rig.measure("stage_1_zero_time", zero, 0.5)
    expect_levels_stay(rig, CLOSED, seconds=120)
    assert read_limit(rig, "DCL") == 0


@pytest.mark.requirement("RAB-STAGE1")
@for_each(INVERTERS)
def test_stage_1_asks_in_the_language_of_each_inverter(rig, low_stages, protocol):
    """The limit comes down to 0 A in every protocol that has one, and neither relay opens."""
    select(rig, protocol, **low_stages)
    expect_limit(rig, "DCL", 30 - RESOLUTION, 30 + RESOLUTION, database=protocol.database)
    rig.cells.set((low_stages["clow"] + low_stages["re1l"]) / 2)
    expect_limit(rig, "DCL", 0, 0, within=60 + refresh(rig), database=protocol.database)
    expect_levels_stay(rig, CLOSED, seconds=60)


@pytest.mark.requirement("RAB-STAGE2")
def test_stage_2_opens_ch_alone(rig, low_stages):
    """Between RE1L and CMIN: CH opens, DCH stays closed."""
    full_limit(rig)
    rig.cells.set((low_stages["re1l"] + low_stages["cmin"]) / 2)
    rig.line(CH).expect_inactive()
    expect_levels_stay(rig, {CH: "inactive", DCH: "active"}, seconds=60)


@pytest.mark.requirement("RAB-STAGE3")
@pytest.mark.parametrize("wait", [0.0, 0.35, 0.7, 1.05])
def test_stage_3_opens_dch(rig, low_stages, wait):
    """Below CMIN: DCH opens too, 2 s after CAN announced it, at any phase of the measuring cycle."""
    full_limit(rig)
    rig.wait(wait)
    fallen = rig.cells.set(low_stages["cmin"] - 0.03)
    announced = rig.can["rec"].signal("ShutdownAnnounced").expect_near(1, 0, within=7)
    opened = measure_lead(rig, announced, DCH, "announcement_lead", within=4)
    rig.measure("main_relay_delay", opened - fallen)
    rig.line(DCH).expect_stays_inactive(seconds=10)


@pytest.mark.requirement("RAB-ORDER")
@pytest.mark.parametrize("seconds", RAMPS, ids=lambda s: f"in-{s:g}s")
def test_order_on_the_way_down(rig, low_stages, seconds):  # noqa: ARG001
    """All cells sink through the three levels at different speeds: each stage once, in its order."""
    full = full_limit(rig)
    start = rig.now
    rig.cells.ramp(EMPTY, seconds)
    rig.line(DCH).expect_inactive()
    rig.wait(3)
    stages = stages_down(rig, start, "DCL", full)
    measure_order_down(rig, stages, f"{seconds:g} s", zero_before_ch=seconds >= SLOW)


@pytest.mark.requirement("RAB-ORDER")
@pytest.mark.parametrize("seconds", RAMPS, ids=lambda s: f"in-{s:g}s")
def test_order_on_the_way_up(rig, low_stages, seconds):  # noqa: ARG001
    """All cells rise again at different speeds, while the battery is charged: the stages return in reverse."""
    full_limit(rig)
    rig.cells.ramp(EMPTY, 0)
    rig.line(DCH).expect_inactive()
    rig.line(CH).expect_inactive()
    expect_limit(rig, "DCL", 0, 0)
    start = rig.now
    rig.cells.ramp(HEALTHY, seconds)
    rig.line(DCH).expect_active(within=20)
    rig.line(CH).expect_active(within=20)
    charge_a_tenth(rig)
    rig.wait(12)
    measure_order_up(rig, stages_up(rig, start, "DCL"), f"{seconds:g} s")


def charge_a_tenth(rig):
    """More than the 5 % of SOC for which the limit waits after a low cell."""
    current.apply(rig, 0.5 * rig.setting("capa"))
    rig.wait(720)
    current.apply(rig, 0.0)


@pytest.mark.requirement("RAB-ORDER", "RAB-STAGE1", "RAB-STAGE2")
def test_back_from_the_second_stage(rig, low_stages):
    """Down to CH and no further: CH returns first, and the limit only after 5 % have been charged."""
    full_limit(rig)
    rig.cells.set((low_stages["re1l"] + low_stages["cmin"]) / 2)
    rig.line(CH).expect_inactive()
    expect_limit(rig, "DCL", 0, 0, within=60)
    rig.cells.set(HEALTHY)
    rig.line(CH).expect_active()
    assert read_limit(rig, "DCL") == 0
    charge_a_tenth(rig)
    full_limit(rig)


@pytest.mark.requirement("RAB-ORDER")
def test_a_single_cell_is_enough_for_all_stages(rig, low_stages):
    """Each cell alone, straight to below CMIN and back: every stage, in its order."""
    for cell in rig.cells:
        with rig.step(f"cell {cell.number}"):
            full = full_limit(rig)
            start = rig.now
            cell.set(low_stages["cmin"] - 0.05)
            rig.line(DCH).expect_inactive()
            rig.wait(1)
            measure_order_down(rig, stages_down(rig, start, "DCL", full), f"cell {cell.number}")
            rig.cells.set(HEALTHY)
            rig.line(DCH).expect_active(within=20)
            rig.line(CH).expect_active(within=20)
            charge_a_tenth(rig)


@pytest.mark.requirement("RAB-STAGE3")
def test_precharge_before_dch_closes(rig, low_stages):  # noqa: ARG001
    """On the way back the pre-charge closes first; DCH follows after PRCT - 1 s."""
    full_limit(rig)
    rig.cells.ramp(EMPTY, 0)
    rig.line(DCH).expect_inactive()
    rig.line("precharge").expect_inactive(within=0)
    risen = rig.cells.set(HEALTHY)
    joined = rig.line("precharge").expect_active(within=20)
    closed = rig.line(DCH).expect_active(within=20)
    rig.measure("main_relay_release_delay", joined.time - risen)
    rig.measure("precharge_deviation", closed.time - joined.time - (rig.setting("prct") - 1))
