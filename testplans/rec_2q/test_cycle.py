"""The measuring cycle, the delay from a condition to its error, and the announcement of a shutdown."""

import pytest
from bmsrig.steps.battery import HEALTHY_CELL
from bmsrig.steps.rec import current
from bmsrig.steps.rec.errors import (
    expect_error_stays,
    expect_no_error,
    logged_errors,
    measure_announced_opening,
    measure_shown,
    wait_for_error,
)
from bmsrig.steps.rec.timing import CYCLE, SHORTEST_DELAY, SHOWN_WITHIN

PHASES = [0.0, 0.27, 0.54, 0.81, 1.08]
"""s; where in a cycle a stimulus falls is unknown, so it is tried at five places of it."""

LOOKS = 0.05
"""s between two looks at what CAN said last."""


@pytest.mark.requirement("R2Q-CYCLE")
def test_cells_are_measured_every_1_25_seconds(rig):
    """A cell that rises all the time: the times at which CAN shows a new value are a cycle apart."""
    cell, shown = rig.cell(1), rig.can["rec"].signal("Cell1")
    changes, last = [], shown.read().value
    for look in range(int(20 / LOOKS)):
        cell.set(HEALTHY_CELL + 0.0002 * (look + 1))
        rig.wait(LOOKS)
        if shown.value != last:
            changes.append(shown.time)
            last = shown.value
    assert len(changes) > 10, f"expected a new value every {CYCLE:g} s for 20 s, but {len(changes)} came"
    rig.measure("measuring_cycle", (changes[-1] - changes[0]) / (len(changes) - 1))


@pytest.mark.requirement("R2Q-CYCLE")
def test_current_is_measured_four_times_in_a_second(rig):
    """A pulse of 100 A for 0.35 s is never missed, wherever in the cycle it falls: it shows in the cycle's average."""
    shown = rig.can["rec"].signal("Current")
    for phase in PHASES:
        rig.wait(3 * CYCLE + phase)
        current.apply(rig, 100)
        rig.wait(0.35)
        current.apply(rig, 0)
        highest = 0.0
        for _ in range(int(2.5 * CYCLE / LOOKS)):
            rig.wait(LOOKS)
            highest = max(highest, shown.value)
        rig.measure("short_current_seen", highest, comment=f"{phase:g} s later")


@pytest.mark.requirement("R2Q-DELAY")
@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: f"{phase:g}s")
def test_error_takes_three_measurements(rig, phase):
    """2.5 s to 5.0 s from a step to its error, wherever in a cycle the step is, for a cell and for a sensor."""
    rig.wait(phase)
    applied = rig.cells.set(rig.setting("cmax") + 0.05)
    raised = wait_for_error(rig, 1, within=SHOWN_WITHIN + 1)
    measure_shown(rig, "error_delay", applied, raised, "ErrorNumber", "a cell")
    rig.cells.set(HEALTHY_CELL)
    expect_no_error(rig)
    rig.wait(phase)
    applied = rig.temperature(1).set(rig.setting("tmax") + 3).time
    raised = wait_for_error(rig, 4, within=SHOWN_WITHIN + 1)
    measure_shown(rig, "error_delay", applied, raised, "ErrorNumber", "a sensor")


@pytest.mark.requirement("R2Q-DELAY")
@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: f"{phase:g}s")
def test_what_lasts_for_less_than_three_measurements_is_no_error(rig, phase):
    """A cell that is high, and a battery that is hot, for just under 2.5 s: no error, not even in the log."""
    rig.rs485.command("ERRD 1", armed=True)
    rig.wait(phase)
    for _ in range(3):
        rig.cells.set(rig.setting("cmax") + 0.05)
        rig.wait(SHORTEST_DELAY - 0.05)
        rig.cells.set(HEALTHY_CELL)
        rig.temperature(1).set(25.0)
        expect_error_stays(rig, 0, seconds=2 * CYCLE)
        rig.temperature(1).set(rig.setting("tmax") + 3)
        rig.wait(SHORTEST_DELAY - 0.35)  # a sensor takes a moment to get there and back
        rig.temperature(1).set(25.0)
        expect_error_stays(rig, 0, seconds=2 * CYCLE)
    rig.line("relay").expect_active(within=0)
    assert logged_errors(rig) == []


@pytest.mark.requirement("R2Q-DELAY")
@pytest.mark.parametrize("phase", PHASES[::2], ids=lambda phase: f"{phase:g}s")
def test_measurements_that_do_not_follow_one_another_are_no_error(rig, phase):
    """High for two measurements and healthy for one or two, ten times: three in a row are never bad."""
    rig.rs485.command("ERRD 1", armed=True)
    rig.wait(phase)
    for _ in range(10):
        rig.cells.set(rig.setting("cmax") + 0.05)
        rig.wait(SHORTEST_DELAY - 0.05)
        rig.cells.set(HEALTHY_CELL)
        rig.wait(CYCLE + 0.05)
        rig.line("relay").expect_active(within=0)
    assert logged_errors(rig) == []


@pytest.mark.requirement("R2Q-WARN")
@pytest.mark.parametrize(
    "cause",
    {
        "over-voltage": lambda rig: rig.cells.set(rig.setting("cmax") + 0.05),
        "under-voltage": lambda rig: rig.cells.set(rig.setting("cmin") - 0.05),
        "over-temperature": lambda rig: rig.temperature(1).set(rig.setting("tmax") + 3),
        "sensor": lambda rig: rig.temperature(1).fault("absent"),
        "measurement": lambda rig: rig.cells.set(4.6),
        "over-current": lambda rig: current.apply(rig, rig.setting("dcmx") * -1.05),
    }.items(),
    ids=lambda cause: cause[0],
)
def test_shutdown_is_announced_two_seconds_ahead(rig, cause):
    """Whatever error opens the relay: CAN says so 2 s before, and the relay is closed until then."""
    name, apply = cause
    announced = rig.can["rec"].signal("ShutdownAnnounced")
    announced.stays_between(0, 0, 3)
    apply(rig)
    measure_announced_opening(rig, comment=name)


@pytest.mark.requirement("R2Q-WARN")
def test_shutdown_without_an_error_is_not_announced(rig):
    """Errors that leave the relay closed announce nothing."""
    rig.temperature("case_temp").set(rig.setting("tbal") + 3)
    wait_for_error(rig, 5)
    rig.can["rec"].signal("ShutdownAnnounced").stays_between(0, 0, 10)
    rig.line("relay").expect_active(within=0)
