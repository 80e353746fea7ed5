"""Disturbances that a unit must not answer, and broken wires whose answer no document gives."""

from __future__ import annotations

from bmsrig.line import Level
from bmsrig.rig import Rig
from bmsrig.steps.battery import HEALTHY_CELL
from bmsrig.steps.lead import release_time
from bmsrig.steps.lines import expect_levels_stay

NOISE = 0.002
"""V rms; of a sense wire beside an inverter, say."""

CLEAR = 0.015
"""V; a cell this far from a threshold is on its side of it, whatever that noise and the threshold's tolerance do."""


def expect_noise_trips_nothing(rig: Rig, seconds: float = 60) -> None:
    """Noise on a cell just above the pre-alarm threshold, then on one just below over-voltage, changes no output.

    Leaves the battery healthy.
    """
    healthy: dict[str, Level] = {"load": "active", "charge": "active", "pre_alarm": "inactive"}
    for volts in (rig.setting("pre_alarm") + CLEAR, rig.setting("over_voltage") - CLEAR):
        with rig.step(f"noise of {1000 * NOISE:g} mV on {volts:.3f} V"):
            cell = rig.cells[-1]
            cell.set(volts)
            rig.settle()
            with cell.noise(rms=NOISE, interval=0.1):
                expect_levels_stay(rig, healthy, seconds)
            rig.cells.set(HEALTHY_CELL)


def expect_noise_releases_once(rig: Rig) -> None:
    """A cell that noise takes to and fro across the under-voltage threshold releases Load once, and it stays released.

    Load returns at 3.20 V only, which such noise does not reach.
    """
    cell = rig.cells[-1]
    cell.set(rig.setting("under_voltage"))
    with cell.noise(rms=NOISE, interval=0.1):
        rig.line("load").expect_inactive(within=release_time(rig) + 5)
        rig.line("load").expect_stays_inactive(seconds=60)


def record_open_cell_wires(rig: Rig) -> None:
    """Break the sense wire of each cell alone, and record whether the unit warns, and releases Load and Charge.

    Records open_wire_warns, open_wire_releases_load and open_wire_releases_charge. A whole wire again shows a healthy
    battery: Load and Charge must be high.
    """
    for cell in rig.cells:
        with rig.step(f"the sense wire of cell {cell.number} is broken"):
            comment = f"cell {cell.number}"
            cell.fault("open")
            rig.wait(2 * rig.reaction_time)
            rig.measure("open_wire_warns", float(rig.line("pre_alarm").is_active), comment=comment)
            rig.wait(release_time(rig))
            rig.measure("open_wire_releases_load", float(not rig.line("load").is_active), comment=comment)
            rig.measure("open_wire_releases_charge", float(not rig.line("charge").is_active), comment=comment)
            cell.fault("none")
            rig.line("load").expect_active()
            rig.line("charge").expect_active()


def record_absent_sensor(rig: Rig) -> None:
    """Disconnect the temperature sensor, and record whether the unit releases Charge (absent_sensor_releases_charge).

    With the sensor back it shows a healthy temperature: Charge must be high.
    """
    rig.temperature().fault("absent")
    rig.wait(2 * rig.reaction_time)
    rig.measure("absent_sensor_releases_charge", float(not rig.line("charge").is_active))
    rig.temperature().fault("none")
    rig.line("charge").expect_active()
