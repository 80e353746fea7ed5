"""The battery current, as the shunt shows it to the unit: volts across the sense pair, by the setting `ioja`."""

from __future__ import annotations

from dataclasses import dataclass

from bmsrig import BenchCannot
from bmsrig.rig import Rig
from bmsrig.stimulus import Applied

VOLTS_PER_LSB = 1.953125e-6
"""One step of the unit's 18-bit converter (REC 2Q manual, BMS Current Measurement: 0.05 V / 300 A at 0.01171875 A)."""

SHUNTS = {100: 0.00390625, 200: 0.0078125, 300: 0.01171875, 500: 0.01953125}
"""A at 50 mV -> ioja in A (REC 2Q manual, Table 21)."""


@dataclass(frozen=True, slots=True)
class Current:
    """A current that flows; charging is positive."""

    amperes: float
    """In force, after the instrument's quantising."""
    uncertainty: float
    """Half width of what the bench does not know of it, in A."""
    time: float
    """Since when, in s since the start of the test."""


def volts_of(rig: Rig, amperes: float) -> float:
    """What stands across the shunt at this current."""
    return amperes / rig.setting("ioja") * VOLTS_PER_LSB


def amperes_of(rig: Rig, volts: float) -> float:
    """The current at which this voltage stands across the shunt."""
    return volts / VOLTS_PER_LSB * rig.setting("ioja")


def apply(rig: Rig, amperes: float) -> Current:
    """Let a current flow, charging if positive; takes no time. Raises RatingError beyond the shunt input's rating."""
    return _in_force(rig, rig.source("shunt").set(volts_of(rig, amperes)))


def ramp(rig: Rig, to: float, seconds: float, steps: int = 100) -> Current:
    """Move in equal steps from the current that flows to another in so many seconds; returns when it is reached."""
    return _in_force(rig, rig.source("shunt").ramp(volts_of(rig, to), seconds, steps))


def read(rig: Rig) -> Current:
    """The current that the instrument reads back now."""
    return _in_force(rig, Applied(rig.source("shunt").read(), rig.now))


def require_accuracy(rig: Rig, volts: float) -> None:
    """Raise BenchCannot, so that the test is inconclusive, if the source at the shunt is not as accurate as this."""
    accuracy = rig.source("shunt").accuracy
    if accuracy > volts:
        raise BenchCannot(
            f"the source at the shunt is accurate to {accuracy * 1e6:g} uV; this takes {volts * 1e6:.2g} uV or better"
        )


def _in_force(rig: Rig, applied: Applied) -> Current:
    uncertainty = amperes_of(rig, rig.source("shunt").accuracy)
    return Current(amperes_of(rig, applied.value), uncertainty, applied.time)
