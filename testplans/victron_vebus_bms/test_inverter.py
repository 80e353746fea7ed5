"""What the unit allows the inverter/charger over VE.Bus: discharging and charging."""

import pytest
from bmsrig.steps.battery import LOW_CELL, heal
from bmsrig.steps.independence import measure_stops_with_charge
from bmsrig.steps.lead import LONGEST_LEAD, release_time
from bmsrig.steps.lines import expect_levels, expect_levels_stay, expect_unchanged, measure_reaction

ALLOWED = {"vebus.charge": "active", "vebus.discharge": "active"}


def measure_low_cell_shutdown(rig):
    """Let cell 1 fall: both permissions hold through the warning, then discharging ends with the release of Load."""
    rig.cell(1).set(LOW_CELL)
    rig.line("pre_alarm").expect_active()
    expect_levels(rig, ALLOWED)
    shed = rig.line("load").expect_inactive(within=LONGEST_LEAD)
    measure_reaction(rig, shed.time, "vebus.discharge", "inactive", "inverter_discharge_stop_delay")


@pytest.mark.requirement("VVB-INVERTER-LOW", "VVB-NO-GX-ALARM")
def test_low_cell_with_mains_leaves_charging(rig):
    """The inverter/charger becomes a charger, and goes on charging; recovered, it may discharge again."""
    rig.switch("mains").close()
    expect_levels(rig, ALLOWED)
    with expect_unchanged(rig, ["vebus.charge"]):
        measure_low_cell_shutdown(rig)
        rig.line("vebus.discharge").expect_stays_inactive(seconds=60)

        heal(rig)
        back = rig.line("load").expect_active()
        measure_reaction(rig, back.time, "vebus.discharge", "active", "inverter_discharge_return_delay")
        expect_levels_stay(rig, ALLOWED, seconds=30)


@pytest.mark.requirement("VVB-INVERTER-LOW", "VVB-NO-GX-ALARM")
def test_low_cell_without_mains_stops_the_inverter(rig):
    """The inverter stops; whether it may charge then is recorded. Recovered, it may do both."""
    measure_low_cell_shutdown(rig)
    rig.wait(rig.reaction_time)
    rig.measure("inverter_charge_without_mains", float(rig.line("vebus.charge").is_active))
    rig.line("vebus.discharge").expect_stays_inactive(seconds=60)

    heal(rig)
    back = rig.line("load").expect_active()
    measure_reaction(rig, back.time, "vebus.discharge", "active", "inverter_discharge_return_delay")
    expect_levels(rig, ALLOWED)
    expect_levels_stay(rig, ALLOWED, seconds=30)


@pytest.mark.requirement("VVB-MAINS")
def test_return_of_mains_after_a_low_cell_allows_charging(rig):
    """A battery that shut the system down can be charged as soon as there is mains; discharging stays forbidden."""
    measure_low_cell_shutdown(rig)
    rig.wait(60)
    returned = rig.switch("mains").close()
    measure_reaction(rig, returned.time, "vebus.charge", "active", "mains_return_time")
    expect_levels_stay(rig, {"vebus.charge": "active", "vebus.discharge": "inactive"}, seconds=60)


@pytest.mark.requirement("VVB-INVERTER-HIGH")
@pytest.mark.parametrize("mains", [False, True], ids=["without-mains", "with-mains"])
def test_high_cell_or_temperature_stops_charging_only(rig, mains):
    """Over-voltage, heat and cold end the permission to charge along with Charge; discharging stays allowed."""
    if mains:
        rig.switch("mains").close()
    expect_levels(rig, ALLOWED)
    with expect_unchanged(rig, ["vebus.discharge"]):
        measure_stops_with_charge(
            rig,
            "vebus.charge",
            stop_limit="inverter_charge_stop_delay",
            return_limit="inverter_charge_return_delay",
        )


@pytest.mark.requirement("VVB-MAINS", "VVB-LOAD")
def test_mains_that_comes_and_goes_is_followed_each_time(rig):
    """Every return of mains allows charging again, and none of them makes Load high."""
    rig.cell(1).set(LOW_CELL)
    rig.line("load").expect_inactive(within=release_time(rig))
    with expect_unchanged(rig, ["load"]):
        for _ in range(2):
            rig.switch("mains").close()
            rig.line("vebus.charge").expect_active()
            rig.wait(30)
            rig.switch("mains").open()
            rig.wait(30)
