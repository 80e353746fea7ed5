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

CHARGING = ["charge", "system.charge", "alternator.on"]


@pytest.mark.requirement("VS2-CHG", "VS2-SYS-OV", "VS2-ALT-PROTECT")
@pytest.mark.parametrize("cause", ["over-voltage", "too hot", "too cold"])
def test_a_low_cell_never_allows_charging_against_a_stop(rig, start_engine, cause):
    """An empty cell wants charging and the engine runs, but something else forbids it: nothing flows either way."""
    start_engine(rig)
    expect_no_charging_beside_a_low_cell(rig, cause, off=[*CHARGING, "system.discharge"])


@pytest.mark.requirement("VS2-CHG", "VS2-SYS-OV", "VS2-ALT-PROTECT")
@pytest.mark.parametrize("temperature", [HOT, COLD], ids=["hot", "cold"])
def test_charging_waits_until_no_cause_is_left(rig, start_engine, temperature):
    """Over-voltage beside heat or cold: the end of one does not end the other."""
    start_engine(rig)
    expect_charge_waits_for_every_cause(rig, temperature, off=CHARGING)


@pytest.mark.requirement("VS2-CHG")
@pytest.mark.parametrize("temperature", FAR_TEMPERATURES)
def test_temperatures_far_out_stop_charging(rig, start_engine, temperature):
    """A battery that is far too hot or too cold is not taken for a broken reading and charged."""
    start_engine(rig)
    expect_far_temperature_stops(rig, temperature, off=CHARGING)


@pytest.mark.requirement("VS2-LOAD", "VS2-CHG")
def test_cells_far_out_count(rig):
    """A dead cell and one that is badly overcharged count as the low and high cells that they are."""
    expect_far_cells_count(rig)


@pytest.mark.requirement("VS2-SYS-UV", "VS2-SYS-OV", "VS2-ALT-PROTECT", "VS2-LEDS")
def test_ports_and_leds_follow_every_cell_to_its_recovery(rig, start_engine):
    """Whichever cell it is, and until it is recovered: what the outputs do, the power ports and the LEDs do too.

    An empty battery may be charged, from System+ and by the alternator.
    """
    start_engine(rig)
    expect_followers_of_each_cell(
        rig,
        low={
            "load": "inactive",
            "system.discharge": "inactive",
            "led.load": "inactive",
            "system.charge": "active",
            "alternator.on": "active",
        },
        high={
            "charge": "inactive",
            "system.charge": "inactive",
            "alternator.on": "inactive",
            "led.charge": "inactive",
            "system.discharge": "active",
        },
        return_within=60,
    )


@pytest.mark.requirement("VS2-LOAD", "VS2-CHG", "VS2-PRE")
def test_every_cell_of_five_batteries_counts(rig):
    """Five batteries in parallel: each of their twenty cells, alone low and alone high."""
    rig.restart(cells=20)
    expect_each_cell_triggers_all_outputs(rig)


@pytest.mark.requirement("VS2-LOAD", "VS2-CHG")
def test_an_outage_of_the_supply_is_forgotten(rig):
    """The supply goes for 5 s and returns: outputs and System+ are given again."""
    expect_outage_is_forgotten(rig, ["load", "charge", "system.charge", "system.discharge"])


@pytest.mark.requirement("VS2-LOAD", "VS2-SYS-UV")
def test_supplied_at_an_empty_battery(rig):
    """A cell that was low before the unit had its supply is shed as well, and stays so."""
    rig.supply.set(0.0)
    rig.wait(5)
    rig.cell(1).set(LOW_CELL)
    rig.supply.set(13.2)
    rig.wait(release_time(rig))
    expect_levels_stay(rig, {"load": "inactive", "system.discharge": "inactive"}, seconds=60)
