"""Protocols with Pylontech's identifiers whose layout nobody has published: Solax, Studer, Solis and TBB.

Identifiers, lengths, periods and that something changes are judged with those of the other protocols (test_can_select,
test_can_alarm); what the messages say is recorded, read by Pylontech's layout.
"""

import pytest
from bmsrig.steps.rec import current
from bmsrig.steps.rec.arbiter import SETTLED
from bmsrig.steps.rec.limits import refresh
from bmsrig.steps.rec.protocols import UNCONFIRMED, for_each, select, wait_for_all

CHANGING = {
    "voltage": (0x356, lambda rig: rig.cells.set(3.40)),
    "current": (0x356, lambda rig: current.apply(rig, -60.0)),
    "temperature": (0x356, lambda rig: rig.temperature(1).set(35)),
    "charge limit": (0x351, lambda rig: rig.rs485.write("MAXC", 40.0)),
    "discharge limit": (0x351, lambda rig: rig.rs485.write("MAXD", 40.0)),
    "state of charge": (0x355, lambda rig: rig.rs485.write("SOCS", 0.9)),
}
"""What is changed -> in which message it shows, and how."""


@pytest.mark.requirement("R2Q-CAN-SELECT")
@for_each(UNCONFIRMED)
def test_messages_change_with_what_they_tell_of(rig, protocol):
    """Each message changes with what its namesakes of other protocols tell of; that others change is recorded."""
    select(rig, protocol)
    wait_for_all(rig)
    for name, (identifier, change) in CHANGING.items():
        before = {each: rig.can.message(each).data for each in protocol.own}
        change(rig)
        rig.wait(refresh(rig))
        wait_for_all(rig)
        assert rig.can.message(identifier).data != before[identifier], f"{name}: 0x{identifier:X} is as before"
    for identifier in sorted({0x359, 0x35C, 0x35E} & set(protocol.own)):
        changed = rig.can.message(identifier).data != before[identifier]
        rig.measure("unconfirmed_change", float(changed), comment=f"{protocol}, 0x{identifier:X}")


@pytest.mark.requirement("R2Q-CAN-LAYOUT")
@for_each(UNCONFIRMED)
def test_values_by_the_layout_of_pylontech(rig, protocol):
    """How far the values that Pylontech's layout gives lie from what stands at the unit."""
    select(rig, protocol, capa=100.0, chac=0.6, maxd=90.0)
    current.apply(rig, -45.0)
    rig.temperature(1).set(31)
    rig.wait(SETTLED)
    wait_for_all(rig)
    applied = {
        "Voltage": sum(rig.cells.read()),
        "Current": current.read(rig).amperes,
        "Temperature": rig.temperature(1).read(),
        "CVL": len(rig.cells) * rig.setting("char"),
        "CCL": 60.0,
        "DCL": 90.0,
        "SOC": 100 * rig.rs485.array("LCD1")[5],
        "SOH": 100 * rig.rs485.array("LCD1")[6],
    }
    for name, value in applied.items():
        signal = rig.can["pylontech"].signal(name)
        said = signal.read().value
        words = f"{protocol} {name}: {said:g} {signal.unit}, applied {value:.6g}"
        rig.measure("unconfirmed_deviation", round((said - value) / signal.resolution, 1), comment=words)
