"""The optocouplers' tasks and the control pilot: recorded, for no document says what they are by default.

A task is a number of bits whose meaning is not published. The tests set those of fixtures/rec_bms/README.md, and
record what the outputs do; another unit may well do something else.
"""

import math

import pytest
from bmsrig.steps.battery import HEALTHY_CELL
from bmsrig.steps.rec import current
from bmsrig.steps.rec.errors import wait_for_error
from bmsrig.steps.rec.timing import SHOWN_WITHIN

HIGHEST_CELL, LOWEST_CELL, HIGHEST_TEMPERATURE, LOWEST_TEMPERATURE, SOC, CURRENT, PACK = range(1, 8)
"""The variable of a task, its lowest four bits."""

FIRST_ERROR_BIT = 4
"""Of a task: error 1; the others follow."""

REACTS = 5.0
"""s; two cycles and a reserve."""

OPTOS = pytest.mark.parametrize("opto", [1, 2])


def set_task(rig, opto, task, level, hysteresis, **settings):
    """Deliver the unit with this task, and with these settings."""
    rig.restart(**{f"op{opto}t": task, f"op{opto}l": level, f"op{opto}h": hysteresis}, **settings)


def record(rig, opto, comment, limit="opto_conducts"):
    """Let the unit react, and record whether the output conducts."""
    rig.wait(REACTS)
    rig.measure(limit, float(rig.line(f"opto.{opto}").is_active), comment=f"opto {opto}: {comment}")


@pytest.mark.requirement("R2Q-OPTO")
@OPTOS
def test_optocoupler_without_a_task(rig, opto):
    """As delivered: whether it conducts, with the battery healthy and in error."""
    record(rig, opto, "no task, healthy")
    rig.temperature(1).set(rig.setting("tmax") + 3)
    record(rig, opto, "no task, error 4")


@pytest.mark.requirement("R2Q-OPTO")
@OPTOS
def test_optocoupler_watches_the_highest_cell(rig, opto):
    """The manual's own example: highest cell, compare value 4.15 V, hysteresis 0.1 V, negative logic, on at 3.783 V."""
    set_task(rig, opto, HIGHEST_CELL, 4.15, -0.1, cmax=4.25)
    for volts in (3.783, 4.10, 4.16, 4.10, 4.04):
        rig.cells.set(volts)
        record(rig, opto, f"highest cell {volts:g} V")


@pytest.mark.requirement("R2Q-OPTO")
@OPTOS
def test_optocoupler_watches_the_lowest_cell(rig, opto):
    """The other way round: off below 3.0 V, on again 0.1 V above."""
    set_task(rig, opto, LOWEST_CELL, 3.0, 0.1)
    for volts in (HEALTHY_CELL, 3.05, 2.95, 3.05, 3.15):
        rig.cells.set(volts)
        record(rig, opto, f"lowest cell {volts:g} V")


@pytest.mark.requirement("R2Q-OPTO")
@pytest.mark.parametrize(
    ("variable", "level", "hysteresis", "apply", "values"),
    [
        (HIGHEST_TEMPERATURE, 40, -5, lambda rig, value: rig.temperature(1).set(value), (25, 42, 37, 33)),
        (LOWEST_TEMPERATURE, 5, 5, lambda rig, value: rig.temperature(1).set(value), (25, 3, 8, 12)),
        (CURRENT, 50, -10, current.apply, (0, 60, 45, 35)),
        (PACK, 3.5, -0.1, lambda rig, value: rig.cells.set(value), (HEALTHY_CELL, 3.52, 3.48, 3.38)),
    ],
    ids=["highest-temperature", "lowest-temperature", "current", "pack-voltage"],
)
def test_optocoupler_watches_another_variable(rig, variable, level, hysteresis, apply, values):
    """Beyond its level, back inside its hysteresis, and back beyond that; the pack voltage in volts of a cell."""
    unit = len(rig.cells) if variable == PACK else 1
    set_task(rig, 1, variable, level * unit, hysteresis * unit)
    for value in values:
        apply(rig, value)
        record(rig, 1, f"variable {variable} at {value:g}")


@pytest.mark.requirement("R2Q-OPTO")
@OPTOS
@pytest.mark.parametrize("chosen", [True, False], ids=["chosen", "not-chosen"])
def test_error_that_switches_the_optocoupler_off(rig, opto, chosen):
    """Error 7 comes and goes, with its bit in the task and without."""
    task = HIGHEST_CELL | (1 << (FIRST_ERROR_BIT + 6) if chosen else 0)
    set_task(rig, opto, task, 4.15, -0.1)
    words = "chosen" if chosen else "not chosen"
    record(rig, opto, f"error 7 {words}, healthy")
    rig.temperature(1).set(rig.setting("tmin") - 5)
    wait_for_error(rig, 7)
    record(rig, opto, f"error 7 {words}, there", f"opto_conducts_in_{'chosen' if chosen else 'other'}_error")
    rig.temperature(1).set(25.0)
    wait_for_error(rig, 0)
    record(rig, opto, f"error 7 {words}, gone")


@pytest.mark.requirement("R2Q-CP")
@pytest.mark.parametrize("chrg", [0, 1, 9, 10])
@pytest.mark.parametrize("maxc", [10, 32, 100])
def test_duty_of_the_control_pilot(rig, chrg, maxc):
    """With different protocols and charge currents, healthy and while charging is forbidden: record the duty."""
    rig.restart(chrg=chrg, maxc=maxc)
    for words, temperature in (("healthy", 25.0), ("error 4", rig.setting("tmax") + 3)):
        rig.temperature(1).set(temperature)
        rig.wait(SHOWN_WITHIN + 3)
        duty = rig.meter("control_pilot").read()
        connected = not math.isnan(duty)  # not a number where the unit leaves the pilot open
        rig.measure(
            "control_pilot_duty",
            duty if connected else 0.0,
            comment=f"CHRG {chrg}, MAXC {maxc} A, {words}{'' if connected else ', open'}",
        )
