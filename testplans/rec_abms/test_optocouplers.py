"""The charge optocoupler, and optocoupler 2 with its level and hysteresis."""

import pytest
from bmsrig.steps.lines import expect_levels_stay

CHARGE, SECOND = "opto.charge", "opto.2"

FORBIDDEN = {
    "over-voltage": lambda rig: rig.cells.set(3.95),
    "over-temperature": lambda rig: rig.temperature(1).set(60),
    "low temperature": lambda rig: rig.temperature(1).set(-15),
    "absent sensor": lambda rig: rig.temperature(1).fault("absent"),
}
"""What disables charging (REC 2Q manual, Table 25)."""


@pytest.mark.requirement("RAB-OPTO")
def test_charge_optocoupler_conducts_beside_a_healthy_battery(rig):
    """Charging is allowed, and the optocoupler says so all the time."""
    rig.line(CHARGE).expect_active()
    rig.line(CHARGE).expect_stays_active(seconds=60)


@pytest.mark.requirement("RAB-OPTO")
@pytest.mark.parametrize("cause", FORBIDDEN)
def test_charge_optocoupler_floats_while_charging_is_forbidden(rig, cause):
    """With each error that disables charging, and until it is gone; after over-voltage the battery may be full."""
    rig.line(CHARGE).expect_active()
    FORBIDDEN[cause](rig)
    rig.line(CHARGE).expect_inactive()
    rig.line(CHARGE).expect_stays_inactive(seconds=30)
    rig.cells.set(3.30)
    rig.temperature(1).fault("none")
    rig.temperature(1).set(25)
    if cause != "over-voltage":
        rig.line(CHARGE).expect_active(within=20)


@pytest.mark.requirement("RAB-OPTO")
def test_charge_optocoupler_minds_charging_only(rig):
    """Under-voltage forbids discharging: charging is what such a battery needs."""
    rig.cells.set(2.70)
    rig.line("relay.dch").expect_inactive()
    rig.line(CHARGE).expect_active(within=0)
    rig.line(CHARGE).expect_stays_active(seconds=15)


@pytest.mark.requirement("RAB-OPTO")
def test_charge_optocoupler_of_a_full_battery(rig):
    """Charged to the end: whether it still conducts is recorded."""
    rig.cells.set(rig.setting("char") + 0.001)
    rig.wait(300)
    rig.measure("opto_charge_when_full", float(rig.line(CHARGE).is_active))


@pytest.mark.requirement("RAB-OPTO")
@pytest.mark.parametrize(
    ("level", "hysteresis", "off", "inside", "on"),
    [(3.00, 0.10, 2.98, 3.08, 3.12), (3.50, -0.10, 3.52, 3.42, 3.38)],
    ids=["under-voltage", "over-voltage"],
)
def test_optocoupler_2_follows_its_settings(rig, level, hysteresis, off, inside, on):
    """Beyond OP2L it floats; inside the hysteresis it stays as it is; beyond OP2L + OP2H it conducts again."""
    rig.restart(op2l=level, op2h=hysteresis)
    rig.line(SECOND).expect_active()
    rig.cells.set(inside)
    expect_levels_stay(rig, {SECOND: "active"}, seconds=10)
    rig.cells.set(off)
    rig.line(SECOND).expect_inactive()
    rig.cells.set(inside)
    expect_levels_stay(rig, {SECOND: "inactive"}, seconds=10)
    rig.cells.set(on)
    rig.line(SECOND).expect_active()


@pytest.mark.requirement("RAB-OPTO")
@pytest.mark.parametrize("number", [1, -1], ids=["first-cell", "last-cell"])
def test_optocoupler_2_of_a_single_cell(rig, number):
    """The lowest cell counts for a positive hysteresis, the highest for a negative one."""
    cell = rig.cells[number if number < 0 else number - 1]
    for level, hysteresis, volts in ((3.10, 0.05, 3.05), (3.50, -0.05, 3.55)):
        rig.restart(op2l=level, op2h=hysteresis)
        rig.line(SECOND).expect_active()
        cell.set(volts)
        rig.line(SECOND).expect_inactive()


@pytest.mark.requirement("RAB-OPTO")
def test_where_optocoupler_2_switches(rig):
    """Searched with all healthy but the first cell."""
    rig.restart(op2l=3.10, op2h=0.05)
    rig.line(SECOND).expect_active()
    opened = rig.cell(1).find_threshold(SECOND, "inactive", 3.11, 3.09, 0.001)
    rig.measure("opto_2_threshold_error", opened.value - rig.setting("op2l"), opened.uncertainty)
