"""The miniBMS: the same three outputs as the smallBMS."""

import pytest


@pytest.fixture
def minibms(rig):
    """The rig with a miniBMS as the UUT."""
    rig.restart(variant="minibms")
    return rig


@pytest.mark.requirement("VMB-VARIANT")
def test_minibms_warns_and_sheds_as_the_smallbms(minibms):
    """The same pre-alarm threshold, lead, release and recovery of Load, for every cell."""
    rig = minibms
    nominal = rig.setting("pre_alarm")
    for cell in rig.cells:
        with rig.step(f"cell {cell.number}"):
            threshold = cell.lower_through(nominal, until="pre_alarm", becomes="active")
            rig.measure("pre_alarm_threshold", threshold, comment=f"miniBMS, cell {cell.number}")
            rig.cells.set(3.30)
            rig.line("pre_alarm").expect_inactive()

            cell.set(2.70)
            warned = rig.line("pre_alarm").expect_active()
            shed = rig.line("load").expect_inactive(within=60)
            rig.measure("pre_alarm_lead_time", shed.time - warned.time, comment=f"miniBMS, cell {cell.number}")
            rig.line("pre_alarm").expect_inactive()
            threshold = cell.raise_through(3.20, until="load", becomes="active")
            rig.measure("load_recovery_threshold", threshold, comment=f"miniBMS, cell {cell.number}")
            rig.cells.set(3.30)
            rig.settle()


@pytest.mark.requirement("VMB-VARIANT")
def test_minibms_stops_charging_as_the_smallbms(minibms):
    """The same over-voltage threshold and recovery for every cell, and the same temperatures."""
    rig = minibms
    nominal = rig.setting("over_voltage")
    for cell in rig.cells:
        with rig.step(f"cell {cell.number}"):
            threshold = cell.raise_through(nominal, until="charge", becomes="inactive")
            rig.measure("over_voltage_threshold", threshold, comment=f"miniBMS, cell {cell.number}")
            threshold = cell.lower_through(3.60, until="charge", becomes="active")
            rig.measure("charge_recovery_threshold", threshold, comment=f"miniBMS, cell {cell.number}")
            rig.cells.set(3.30)
    for temperature in (55.0, 0.0):
        rig.temperature().set(temperature)
        rig.line("charge").expect_inactive()
        rig.temperature().set(25)
        rig.line("charge").expect_active()


@pytest.mark.requirement("VMB-VARIANT")
def test_minibms_floats_when_switched_off(minibms):
    """Off releases all three outputs."""
    rig = minibms
    rig.switch("remote.link").open()
    for line in ("load", "charge", "pre_alarm"):
        rig.line(line).expect_inactive()
        rig.line(line).expect_floating()
