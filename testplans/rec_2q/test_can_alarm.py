"""The alarms of the inverters' protocols: the matching one is on the bus before the relay opens, and goes with it."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from bmsrig.steps.rec import current
from bmsrig.steps.rec.alarms import ALARMS, AMPERES, CHARGING, COLD, HIGH, HOT, INTERNAL, LOW, RAISED, UNEQUAL, raised
from bmsrig.steps.rec.protocols import INVERTERS, UNCONFIRMED, for_each, select, wait_for_all


@dataclass(frozen=True, slots=True)
class Cause:
    """What brings an alarm about."""

    apply: Callable
    kinds: set[str]
    """The alarm is of one of these kinds."""
    beside: frozenset[str] = frozenset()
    """Kinds that may come with it."""


OPENING = {
    "over-voltage": Cause(lambda rig: rig.cells.set(4.0), {HIGH}),
    "under-voltage": Cause(lambda rig: rig.cells.set(2.6), {LOW}),
    "over-temperature": Cause(lambda rig: rig.temperature(1).set(65), {HOT}),
    "absent sensor": Cause(lambda rig: rig.temperature(1).fault("absent"), {INTERNAL}, frozenset({HOT, COLD})),
    "measurement": Cause(lambda rig: rig.cells.set(4.7), {INTERNAL, HIGH}, frozenset({INTERNAL, HIGH})),
    "over-current in discharge": Cause(lambda rig: current.apply(rig, -1100.0), {AMPERES}),
    "over-current in charge": Cause(lambda rig: current.apply(rig, 1100.0), {CHARGING}, frozenset({AMPERES})),
}
"""Causes of errors that open the relay (REC 2Q manual, Table 25)."""

STAYING = {
    "low temperature": Cause(lambda rig: rig.temperature(1).set(-15), {COLD}),
    "cell difference": Cause(lambda rig: rig.cell(1).set(3.30 + rig.setting("razl") + 0.02), {UNEQUAL}),
}
"""Causes of errors that leave it closed."""


PAIRS = {
    name: (number // 4, number % 4 * 2)
    for number, name in enumerate(
        [
            "AlarmGeneral",
            "AlarmHighVoltage",
            "AlarmLowVoltage",
            "AlarmHighTemperature",
            "AlarmLowTemperature",
            "AlarmHighTemperatureCharge",
            "AlarmLowTemperatureCharge",
            "AlarmHighCurrent",
            "AlarmHighChargeCurrent",
            "AlarmContactor",
            "AlarmShortCircuit",
            "AlarmBmsInternal",
            "AlarmCellImbalance",
        ]
    )
}
"""Alarms of 0x35A, in the order of their pairs of bits; each has its warning four bytes later."""

BITS = {
    0x35A: PAIRS | {name.replace("Alarm", "Warning"): (byte + 4, bit) for name, (byte, bit) in PAIRS.items()},
    0x359: {
        "ProtectionOverVoltage": (0, 1),
        "ProtectionUnderVoltage": (0, 2),
        "ProtectionOverTemperature": (0, 3),
        "ProtectionUnderTemperature": (0, 4),
        "ProtectionDischargeOverCurrent": (0, 7),
        "ProtectionChargeOverCurrent": (1, 0),
        "ProtectionSystemError": (1, 3),
        "AlarmHighVoltage": (2, 1),
        "AlarmLowVoltage": (2, 2),
        "AlarmHighTemperature": (2, 3),
        "AlarmLowTemperature": (2, 4),
        "AlarmHighCurrent": (2, 7),
        "AlarmHighChargeCurrent": (3, 0),
        "AlarmInternalCommunication": (3, 3),
    },
    0x312: {
        "ProtectionDischargeOverCurrent": (0, 7),
        "ProtectionChargeOverCurrent": (0, 6),
        "ProtectionShortCircuit": (0, 5),
        "ProtectionCellOverVoltage": (0, 4),
        "ProtectionCellUnderVoltage": (0, 3),
        "ProtectionModuleOverVoltage": (0, 2),
        "ProtectionModuleUnderVoltage": (0, 1),
        "ProtectionSoftStart": (0, 0),
        "ProtectionDischargeOverTemperature": (1, 7),
        "ProtectionChargeOverTemperature": (1, 6),
        "ProtectionDischargeUnderTemperature": (1, 5),
        "ProtectionChargeUnderTemperature": (1, 4),
        "ProtectionSystemError": (1, 3),
        "ProtectionCellImbalance": (1, 2),
        "WarningHighCurrent": (2, 7),
        "WarningHighChargeCurrent": (2, 6),
        "WarningCellHighVoltage": (2, 4),
        "WarningCellLowVoltage": (2, 3),
        "WarningModuleHighVoltage": (2, 2),
        "WarningModuleLowVoltage": (2, 1),
        "WarningHighTemperature": (3, 7),
        "WarningHighTemperatureCharge": (3, 6),
        "WarningLowTemperature": (3, 5),
        "WarningLowTemperatureCharge": (3, 4),
        "WarningCellImbalance": (3, 2),
        "WarningTurningOff": (3, 1),
        "WarningInternalCommunication": (3, 0),
    },
}
"""Identifier -> name -> byte and lowest bit: a witness to the layouts that rig and BMS processes share.

SMA FSS-ConnectingBat-TI-en-10 (0x35A, in pairs of bits), Pylontech LV CAN V1.2 (0x359), Growatt BMS
CAN-Bus-protocol-low-voltage Rev 04 (0x312).
"""


def expect_bits_of_the_layout(rig, protocol):
    """What is raised by name is raised in the bytes, taken by hand, and nothing else is."""
    identifier = next(each for each in BITS if each in protocol.own)
    mask = 0b11 if identifier == 0x35A else 0b1
    data = rig.can.message(identifier).data.ljust(8, b"\0")
    database = rig.can[protocol.database]
    by_hand = {name for name, (byte, bit) in BITS[identifier].items() if data[byte] >> bit & mask == RAISED}
    by_name = {name for name in BITS[identifier] if database.signal(name).value == RAISED}
    assert by_hand == by_name, f"raised by hand {sorted(by_hand)}, by name {sorted(by_name)} in {data.hex(' ')}"


def expect_others_quiet(rig, protocol, cause):
    """No alarm of a kind that has nothing to do with the cause is raised."""
    own = {name for kind in cause.kinds | cause.beside for name in ALARMS[protocol.database].get(kind, ())}
    names = {name for each in raised(rig, protocol).values() for name in each}
    general = {"AlarmGeneral"}  # whatever the cause
    assert not names - own - general, f"raised beside those of the cause: {sorted(names - own - general)}"


def wait_until_told(rig, told):
    """Run until this holds, or the relay opens without."""
    while rig.line("relay").is_active and not told():
        rig.wait(0.02)
        assert rig.now < 120, "neither told nor an open relay"


def heal(rig):
    """Take the cause back."""
    current.apply(rig, 0.0)
    rig.temperature(1).fault("none")
    rig.temperature(1).set(25)
    rig.cells.set(3.30)


@pytest.mark.requirement("R2Q-CAN-ALARM")
@for_each(INVERTERS)
@pytest.mark.parametrize("name", OPENING)
def test_alarm_before_the_relay_opens(rig, protocol, name):
    """The matching alarm is raised while the relay is still closed, and is gone when the relay is closed again."""
    cause = OPENING[name]
    select(rig, protocol)
    wait_for_all(rig)
    assert not raised(rig, protocol), "raised beside a healthy battery"
    cause.apply(rig)
    wait_until_told(rig, lambda: cause.kinds & set(raised(rig, protocol)))
    seen = rig.now
    alarms = raised(rig, protocol)
    expect_bits_of_the_layout(rig, protocol)
    opened = rig.line("relay").expect_inactive()
    rig.measure("can_alarm_lead", opened.time - seen, 0.02, comment=f"{protocol}, {name}: {alarms}")
    assert cause.kinds & set(alarms), f"no alarm of {sorted(cause.kinds)} before the relay opened, but {alarms}"
    expect_others_quiet(rig, protocol, cause)
    heal(rig)
    rig.line("relay").expect_active(within=40)
    wait_for_all(rig)
    assert not raised(rig, protocol), "raised though the cause has gone"


@pytest.mark.requirement("R2Q-CAN-ALARM")
@for_each(INVERTERS)
@pytest.mark.parametrize("name", STAYING)
def test_alarms_of_errors_that_leave_the_relay_closed(rig, protocol, name):
    """Errors 7 and 3 open no relay, and the manual promises no alarm. What is raised is theirs, and goes with them."""
    cause = STAYING[name]
    select(rig, protocol)
    wait_for_all(rig)
    cause.apply(rig)
    rig.settle()
    wait_for_all(rig)
    alarms = raised(rig, protocol)
    rig.measure("can_alarm_of_closed_relay", float(bool(cause.kinds & set(alarms))), comment=f"{protocol}: {alarms}")
    expect_bits_of_the_layout(rig, protocol)
    expect_others_quiet(rig, protocol, cause)
    rig.line("relay").expect_active(within=0)
    heal(rig)
    rig.settle()
    wait_for_all(rig)
    assert not raised(rig, protocol), "raised though the cause has gone"


@pytest.mark.requirement("R2Q-CAN-ALARM")
@for_each(UNCONFIRMED)
@pytest.mark.parametrize("name", ["over-voltage", "under-voltage", "over-temperature"])
def test_something_is_told_before_the_relay_opens(rig, protocol, name):
    """Where the layout is not published the alarms' message has to change; what Pylontech's bits say is recorded."""
    cause = OPENING[name]
    select(rig, protocol)
    wait_for_all(rig)
    message = rig.can.message(0x359)
    before = message.data
    cause.apply(rig)
    wait_until_told(rig, lambda: message.data != before)
    assert rig.line("relay").is_active, f"the relay opened while 0x359 still said {before.hex(' ')}"
    matching = bool(cause.kinds & set(raised(rig, protocol)))
    rig.measure("unconfirmed_alarm_matches", float(matching), comment=f"{protocol}, {name}: {message.data.hex(' ')}")
    rig.line("relay").expect_inactive()
