"""The unit's own temperature: no document says when it is too hot, so what it does is recorded."""

import pytest
from bmsrig.steps.lines import expect_unchanged

WARM, HOTTEST = 25.0, 125.0


@pytest.mark.requirement("VS2-CASE")
def test_own_over_temperature(rig, start_engine):
    """Heat the unit until its red LED is lit, see what it opens, and cool it until the LED is dark."""
    start_engine(rig)
    case = rig.temperature("case_temp")
    trips = case.find_threshold("led.over_temperature", "active", start=WARM, stop=HOTTEST, step=1.0)
    rig.measure("own_over_temperature_threshold", trips)
    rig.wait(rig.reaction_time)
    rig.measure("own_over_temperature_opens_alternator", float(not rig.line("alternator.on").is_active))
    rig.measure("own_over_temperature_opens_system_charge", float(not rig.line("system.charge").is_active))

    returns = case.find_threshold("led.over_temperature", "inactive", start=trips.value, stop=WARM, step=1.0)
    rig.measure("own_over_temperature_return", returns)


@pytest.mark.requirement("VS2-LOAD", "VS2-CHG", "VS2-SYS-OV")
def test_heat_inside_the_specification_changes_nothing(rig, start_engine):
    """The unit is made for up to 60 degC (manual, 4); beyond, Load and Charge are still the battery's business."""
    start_engine(rig)
    with expect_unchanged(rig, ["system.charge", "system.discharge", "alternator.on", "led.over_temperature"]):
        rig.temperature("case_temp").set(60.0)
        rig.wait(60)
    with expect_unchanged(rig, ["load", "charge"]):
        rig.temperature("case_temp").set(HOTTEST)
        rig.wait(60)
