"""The battery's BMS cable: without it the unit knows nothing of the cells."""

import pytest
from bmsrig.steps.lead import release_time
from bmsrig.steps.lines import expect_levels_stay, expect_released, measure_reaction


@pytest.mark.requirement("VS2-CABLE")
def test_missing_cable_releases_load_and_charge(rig):
    """Both float and stay released, and the unit says E-B32; whether they return with the cable is recorded."""
    pulled = rig.switch("cable").open()
    measure_reaction(rig, pulled.time, "charge", "inactive", "cable_charge_release_time")
    rig.expect_log("E-B32")
    measure_reaction(rig, pulled.time, "load", "inactive", "cable_load_release_time", within=release_time(rig))
    expect_released(rig, ["load", "charge"], seconds=120)

    rig.switch("cable").close()
    rig.wait(2 * rig.reaction_time)
    returned = rig.line("load").is_active and rig.line("charge").is_active
    rig.measure("cable_return_restores", float(returned))


@pytest.mark.requirement("VS2-CABLE")
def test_cable_missing_from_the_start_releases_load_and_charge(rig):
    """A unit that is switched on again without the cable does not take the battery for a healthy one."""
    rig.switch("cable").open()
    rig.line("charge").expect_inactive()
    rig.line("load").expect_inactive(within=release_time(rig))
    rig.supply.set(0.0)
    rig.wait(5)
    rig.supply.set(13.2)
    rig.wait(2 * rig.reaction_time)
    expect_levels_stay(rig, {"load": "inactive", "charge": "inactive"}, seconds=120)
