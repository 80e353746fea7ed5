"""The unit's own temperature: no document says when it is too hot, so what it does is recorded."""

import pytest

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
