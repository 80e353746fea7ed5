"""System+: loads and chargers at one port; each direction is stopped for its own causes."""

import pytest
from bmsrig.steps.battery import LOW_CELL, heal
from bmsrig.steps.independence import measure_stops_with_charge
from bmsrig.steps.lead import LONGEST_LEAD
from bmsrig.steps.lines import expect_levels, expect_levels_stay, expect_unchanged, measure_reaction

BOTH_WAYS = {"system.charge": "active", "system.discharge": "active"}
AT_SYSTEM = pytest.mark.parametrize("volts", [12.8, 14.4], ids=["load-at-system", "charger-at-system"])


@pytest.mark.requirement("VS2-SYS-UV", "VS2-SYS-OV")
@AT_SYSTEM
def test_healthy_battery_is_charged_and_discharged(rig, volts):
    """With nothing wrong both ways are open."""
    rig.source("system").set(volts)
    expect_levels(rig, BOTH_WAYS)
    expect_levels_stay(rig, BOTH_WAYS, seconds=120)


@pytest.mark.requirement("VS2-SYS-UV")
@AT_SYSTEM
def test_under_voltage_stops_discharging_only(rig, volts):
    """Discharging goes on through the warning and ends with the release of Load; charging is never stopped."""
    rig.source("system").set(volts)
    expect_levels(rig, BOTH_WAYS)
    with expect_unchanged(rig, ["system.charge"]):
        rig.cells[-1].set(LOW_CELL)
        rig.line("pre_alarm").expect_active()
        expect_levels(rig, BOTH_WAYS)
        shed = rig.line("load").expect_inactive(within=LONGEST_LEAD)
        measure_reaction(rig, shed.time, "system.discharge", "inactive", "system_discharge_stop_delay")
        rig.line("system.discharge").expect_stays_inactive(seconds=60)

        heal(rig)
        back = rig.line("load").expect_active()
        measure_reaction(rig, back.time, "system.discharge", "active", "system_discharge_return_delay")
        expect_levels_stay(rig, BOTH_WAYS, seconds=30)


@pytest.mark.requirement("VS2-SYS-OV")
@AT_SYSTEM
def test_over_voltage_and_temperature_stop_charging_only(rig, volts):
    """Charging ends with the release of Charge; discharging is never stopped."""
    rig.source("system").set(volts)
    expect_levels(rig, BOTH_WAYS)
    with expect_unchanged(rig, ["system.discharge"]):
        measure_stops_with_charge(
            rig, "system.charge", stop_limit="system_charge_stop_delay", return_limit="system_charge_return_delay"
        )
