"""The alarms of the inverters' protocols on CAN, by what they are about.

Each protocol has its own set of alarms; those that mean the same thing are a kind. A unit may raise any alarm of a
kind, and a general one beside it.
"""

from __future__ import annotations

from bmsrig.rig import Rig
from bmsrig.steps.rec.protocols import Protocol

RAISED = 1
"""Value of an alarm: in pairs of bits 2 is gone, and 0 and 3 are not supported; a single bit is raised or not."""

HIGH, LOW, HOT, COLD, AMPERES, CHARGING, INTERNAL, UNEQUAL = (
    "high voltage",
    "low voltage",
    "high temperature",
    "low temperature",
    "discharge current",
    "charge current",
    "internal",
    "unequal cells",
)

PAIRS = {
    HIGH: {"AlarmHighVoltage"},
    LOW: {"AlarmLowVoltage"},
    HOT: {"AlarmHighTemperature", "AlarmHighTemperatureCharge"},
    COLD: {"AlarmLowTemperature", "AlarmLowTemperatureCharge"},
    AMPERES: {"AlarmHighCurrent"},
    CHARGING: {"AlarmHighChargeCurrent", "AlarmHighCurrent"},
    INTERNAL: {"AlarmBmsInternal", "AlarmGeneral"},
    UNEQUAL: {"AlarmCellImbalance", "WarningCellImbalance"},
}
"""Kind -> the pairs of bits in 0x35A."""

PYLONTECH = {
    HIGH: {"ProtectionOverVoltage", "AlarmHighVoltage"},
    LOW: {"ProtectionUnderVoltage", "AlarmLowVoltage"},
    HOT: {"ProtectionOverTemperature", "AlarmHighTemperature"},
    COLD: {"ProtectionUnderTemperature", "AlarmLowTemperature"},
    AMPERES: {"ProtectionDischargeOverCurrent", "AlarmHighCurrent"},
    CHARGING: {"ProtectionChargeOverCurrent", "AlarmHighChargeCurrent"},
    INTERNAL: {"ProtectionSystemError", "AlarmInternalCommunication"},
}
"""Kind -> the bits of protection and alarm in 0x359, which has none for unequal cells."""

ALARMS = {
    "victron": PAIRS,
    "sma": PAIRS,
    "pylontech": PYLONTECH,
    "growatt": {
        HIGH: {"ProtectionCellOverVoltage", "ProtectionModuleOverVoltage"},
        LOW: {"ProtectionCellUnderVoltage", "ProtectionModuleUnderVoltage"},
        HOT: {"ProtectionDischargeOverTemperature", "ProtectionChargeOverTemperature"},
        COLD: {"ProtectionChargeUnderTemperature", "ProtectionDischargeUnderTemperature"},
        AMPERES: {"ProtectionDischargeOverCurrent", "ProtectionShortCircuit"},
        CHARGING: {"ProtectionChargeOverCurrent", "ProtectionShortCircuit"},
        INTERNAL: {"ProtectionSystemError"},
        UNEQUAL: {"ProtectionCellImbalance", "WarningCellImbalance"},
    },
}
"""Database -> kind -> its alarms."""


def raised(rig: Rig, protocol: Protocol) -> dict[str, set[str]]:
    """The kinds of which an alarm is raised now, each with those alarms."""
    database = rig.can[protocol.database]
    kinds = {
        kind: {name for name in names if database.signal(name).value == RAISED}
        for kind, names in ALARMS[protocol.database].items()
    }
    return {kind: names for kind, names in kinds.items() if names}
