"""Steps about combinations must pass a good unit and fail one that gets exactly that combination wrong."""

from __future__ import annotations

import pytest
from defects import SMALLBMS
from test_plans import bad_unit

STEPS = {
    "charge_causes_cancel": 'expect_charge_waits_for_every_cause(rig, 60.0, off=["charge"])',
    "low_cell_allows_charging": 'expect_no_charging_beside_a_low_cell(rig, "too hot", off=["charge"])',
    "far_values_ignored": "expect_far_cells_count(rig)",
    "no_low_temperature": 'expect_far_temperature_stops(rig, -39.0, off=["charge"])',
    "no_recovery_hysteresis": 'expect_followers_of_each_cell(rig, low={"load": "inactive"}, high={})',
    "charge_recovers_at_threshold": 'expect_followers_of_each_cell(rig, low={}, high={"led.alarm": "active"})',
}


@pytest.mark.parametrize("defect", STEPS)
def test_a_step_tells_a_bad_unit_from_a_good_one(plan, bmsrig, defect):
    file = plan(f"from bmsrig.steps.combinations import *\n\n\ndef test_it(rig):\n    {STEPS[defect]}\n")
    assert bmsrig(file).status == 0
    done = bmsrig(file, "--uut", bad_unit(SMALLBMS, defect))
    assert done.status == 1, done.output


def test_an_outage_that_is_not_forgotten(plan, bmsrig):
    file = plan(
        "from bmsrig.steps.combinations import expect_outage_is_forgotten\n\n\n"
        'def test_it(rig):\n    expect_outage_is_forgotten(rig, ["load", "charge"])\n\n\n'
        "def test_beside_a_low_cell(rig):\n    rig.cell(1).set(2.5)\n"
        '    rig.line("load").expect_inactive(within=60)\n    expect_outage_is_forgotten(rig, ["load"])\n'
    )
    done = bmsrig(file)
    assert done.status == 1
    assert done.rows("SELECT verdict FROM test") == [("pass",), ("fail",)]
