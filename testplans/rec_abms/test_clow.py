"""CLOW above CMIN: loads are asked before they are cut off, and the rig warns of settings that do not allow it."""

import pytest
from bmsrig.steps.lines import expect_levels_stay
from bmsrig.steps.rec.limits import expect_limit
from bmsrig.steps.rec.stages import CH, DCH, check_order_of_settings


@pytest.mark.requirement("RAB-CLOW-ABOVE")
@pytest.mark.parametrize(("clow", "cmin"), [(2.90, 2.80), (3.10, 2.50), (3.00, 2.95)])
def test_loads_are_asked_before_they_are_cut_off(rig, clow, cmin):
    """Cells between CLOW and CMIN: the limit is 0 A, and both relays stay closed."""
    rig.restart(clow=clow, cmin=cmin)
    assert check_order_of_settings(rig) == []
    rig.line(DCH).expect_active()
    before = rig.line(CH).level
    rig.cells.set((clow + cmin) / 2)
    expect_limit(rig, "DCL", 0, 0, within=60)
    expect_levels_stay(rig, {DCH: "active", CH: before}, seconds=60)


@pytest.mark.requirement("RAB-CLOW-ABOVE")
@pytest.mark.parametrize(
    ("settings", "warnings"),
    [
        ({"clow": 2.95, "re1l": 2.85, "re1h": 0.1, "cmin": 2.75}, 0),
        ({"clow": 2.75, "re1l": 2.85, "re1h": 0.1, "cmin": 2.70}, 1),
        ({"clow": 2.95, "re1l": 2.70, "re1h": 0.1, "cmin": 2.80}, 1),
        ({"clow": 2.70, "re1l": 2.75, "re1h": 0.1, "cmin": 2.80}, 3),
        ({"clow": 2.70, "cmin": 2.80}, 1),
        ({"clow": 2.95, "re1l": 3.70, "re1h": -0.1, "cmin": 2.80}, 0),
    ],
    ids=["ordered", "CLOW-below-RE1L", "RE1L-below-CMIN", "reversed", "CLOW-below-CMIN", "RE1-for-over-voltage"],
)
def test_the_rig_warns_of_settings_out_of_order(rig, settings, warnings):
    """Each pair of CLOW, RE1L and CMIN that is the wrong way round is named in the record."""
    rig.restart(**settings)
    assert len(check_order_of_settings(rig)) == warnings
