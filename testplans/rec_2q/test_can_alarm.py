"""The alarm of the inverter protocols: on the bus before the relay opens."""

import pytest
from bmsrig.steps.rec import current

RAISED, QUIET = 1, (0, 2, 3)
"""Values of an alarm: raised; gone, or not supported."""

HIGH, LOW, HEAT, AMPERES = "AlarmHighVoltage", "AlarmLowVoltage", "AlarmHighTemperature", "AlarmHighCurrent"
ALARMS = [HIGH, LOW, HEAT, AMPERES, "AlarmHighTemperatureCharge", "AlarmHighChargeCurrent", "AlarmBmsInternal"]

CAUSES = {
    "over-voltage": (lambda rig: rig.cells.set(4.0), {HIGH}),
    "under-voltage": (lambda rig: rig.cells.set(2.6), {LOW}),
    "over-temperature": (lambda rig: rig.temperature(1).set(65), {HEAT, "AlarmHighTemperatureCharge"}),
    "over-current in discharge": (lambda rig: current.apply(rig, -1100.0), {AMPERES}),
    "over-current in charge": (lambda rig: current.apply(rig, 1100.0), {"AlarmHighChargeCurrent", AMPERES}),
}
"""Cause -> how to bring it about, and the alarms of which one has to be raised."""


@pytest.mark.requirement("R2Q-CAN-ALARM")
@pytest.mark.parametrize("cause", CAUSES)
def test_alarm_before_the_relay_opens(rig, cause):
    """The matching alarm is raised while the relay is still closed, and stays until the cause is gone."""
    rig.rs485.write("CHRG", 1)
    rig.restart()
    rig.wait(rig.limit("can_period").high)
    database = rig.can["victron"]
    apply, alarms = CAUSES[cause]
    for name in ALARMS:
        assert database.signal(name).value in QUIET, f"{name} is raised beside a healthy battery"
    apply(rig)
    while rig.line("relay").is_active and not raised(database, alarms):
        rig.wait(0.02)
        assert rig.now < 120, "neither an alarm nor an open relay"
    seen = max((database.signal(name).time for name in raised(database, alarms)), default=rig.now)
    opened = rig.line("relay").expect_inactive()
    current.apply(rig, 0.0)
    rig.measure("can_alarm_lead", opened.time - seen, 0.0, comment=cause)
    assert raised(database, alarms), f"none of {sorted(alarms)} was raised before the relay opened"
    others = {HIGH, LOW, HEAT} - alarms
    assert not raised(database, others), f"{sorted(raised(database, others))} raised for {cause}"


def raised(database, names):
    """Those of these alarms that are raised now."""
    return {name for name in names if database.signal(name).value == RAISED}


@pytest.mark.requirement("R2Q-CAN-ALARM")
@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("AlarmLowTemperatureCharge", lambda rig: rig.temperature(1).set(-15)),
        ("WarningCellImbalance", lambda rig: rig.cell(1).set(3.30 + rig.setting("razl") + 0.02)),
    ],
    ids=["low-temperature", "cell-difference"],
)
def test_errors_that_leave_the_relay_closed_are_told(rig, name, cause):
    """Errors 7 and 3 open no relay: the inverter learns of them by the alarm or the warning alone."""
    rig.rs485.write("CHRG", 1)
    rig.restart()
    rig.wait(rig.limit("can_period").high)
    database = rig.can["victron"]
    assert database.signal(name).value in QUIET
    cause(rig)
    database.signal(name).expect_near(RAISED, 0, within=6 + rig.limit("can_period").high)
    assert not raised(database, [HIGH, LOW, HEAT])
    rig.line("relay").expect_active(within=0)
