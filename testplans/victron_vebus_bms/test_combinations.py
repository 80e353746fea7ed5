"""Causes that come together, values far out of range, cells half recovered, and outages."""

import pytest
from bmsrig.steps.battery import COLD, HOT, LOW_CELL
from bmsrig.steps.combinations import (
    FAR_TEMPERATURES,
    expect_charge_waits_for_every_cause,
    expect_far_cells_count,
    expect_far_temperature_stops,
    expect_followers_of_each_cell,
    expect_no_charging_beside_a_low_cell,
    expect_outage_is_forgotten,
)
from bmsrig.steps.independence import expect_each_cell_triggers_all_outputs
from bmsrig.steps.lead import release_time
from bmsrig.steps.lines import expect_levels_stay

CHARGING = ["charge", "vebus.charge"]


@pytest.mark.requirement("VVB-INVERTER-HIGH", "VVB-CHG")
@pytest.mark.parametrize("cause", ["over-voltage", "too hot", "too cold"])
def test_a_low_cell_never_allows_charging_against_a_stop(rig, cause):
    """An empty cell wants charging, mains is there, but something else forbids it: neither of the two happens."""
    rig.switch("mains").close()
    expect_no_charging_beside_a_low_cell(rig, cause, off=[*CHARGING, "vebus.discharge"])


@pytest.mark.requirement("VVB-CHG", "VVB-INVERTER-HIGH")
@pytest.mark.parametrize("temperature", [HOT, COLD], ids=["hot", "cold"])
def test_charging_waits_until_no_cause_is_left(rig, temperature):
    """Over-voltage beside heat or cold: the end of one does not end the other."""
    expect_charge_waits_for_every_cause(rig, temperature, off=CHARGING)


@pytest.mark.requirement("VVB-CHG")
@pytest.mark.parametrize("temperature", FAR_TEMPERATURES)
def test_temperatures_far_out_stop_charging(rig, temperature):
    """A battery that is far too hot or too cold is not taken for a broken reading and charged."""
    expect_far_temperature_stops(rig, temperature, off=CHARGING)


@pytest.mark.requirement("VVB-LOAD", "VVB-CHG")
def test_cells_far_out_count(rig):
    """A dead cell and one that is badly overcharged count as the low and high cells that they are."""
    expect_far_cells_count(rig)


@pytest.mark.requirement("VVB-INVERTER-LOW", "VVB-INVERTER-HIGH", "VVB-LED-LOW", "VVB-LED-HIGH")
@pytest.mark.parametrize("variant", ["v2", "v1"])
def test_permissions_and_leds_follow_every_cell_to_its_recovery(rig, variant):
    """Whichever cell it is, and until it is recovered: what the outputs do, the permissions and the LEDs do too."""
    rig.restart(variant=variant)
    rig.switch("mains").close()
    expect_followers_of_each_cell(
        rig,
        low={"load": "inactive", "vebus.discharge": "inactive", "led.low_cell": "inactive", "vebus.charge": "active"},
        high={"charge": "inactive", "vebus.charge": "inactive", "led.high_cell": "active", "vebus.discharge": "active"},
    )


@pytest.mark.requirement("VVB-THRESHOLDS", "VVB-SUPPLY")
def test_every_cell_of_a_48_volt_system_counts(rig):
    """Sixteen cells, each alone low and each alone high."""
    rig.restart(cells=16)
    expect_each_cell_triggers_all_outputs(rig)


@pytest.mark.requirement("VVB-SUPPLY")
def test_an_outage_of_the_supply_is_forgotten(rig):
    """The supply goes for 5 s and returns: outputs and permissions are given again."""
    expect_outage_is_forgotten(rig, ["load", "charge", "vebus.charge", "vebus.discharge"])


@pytest.mark.requirement("VVB-LOAD")
def test_switched_on_at_an_empty_battery(rig):
    """A cell that was low before the system was switched on is shed as well, and stays so."""
    rig.switch("remote.link").open()
    rig.line("load").expect_inactive()
    rig.cell(1).set(LOW_CELL)
    rig.settle()
    rig.switch("remote.link").close()
    rig.wait(release_time(rig))
    expect_levels_stay(rig, {"load": "inactive", "vebus.discharge": "inactive"}, seconds=60)
