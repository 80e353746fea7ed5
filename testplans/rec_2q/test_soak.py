"""A day of random stimuli: at no moment may an output contradict the requirements."""

import pytest
from bmsrig.failure import ExpectationFailed
from bmsrig.steps.rec import current
from bmsrig.steps.rec.arbiter import wrong_reports
from bmsrig.steps.rec.oracle import Oracle

DAY = 86_400
OFF = 5.0
"""s without REMOTE; long enough for everything inside the unit to stop."""

HEALTHY_START = 13.0
"""s; a unit that is started without a sensor need not recover (REC 2Q manual, Table 25, error 8)."""

QUERIES = ["CMAX", "CAPA", "SOCS", "WHIN", "TIME", "CYCL", "SWVR"]


def cells_move_together(rig):
    """As a battery in use does."""
    volts = rig.random.uniform(2.95, 3.50)
    rig.cells.set([volts + rig.random.uniform(-0.02, 0.02) for _ in rig.cells])


def cells_are_full_or_empty(rig):
    """All cells beyond a threshold, or near one."""
    volts = rig.random.choice([rig.random.uniform(3.55, 4.20), rig.random.uniform(2.60, 2.95)])
    rig.cells.set(volts)


def a_cell_deviates(rig):
    """One cell alone, from dead to badly overcharged."""
    rig.random.choice(rig.cells).set(rig.random.choice([rig.random.uniform(0.0, 5.0), rig.random.uniform(2.7, 3.9)]))


def temperature_moves(rig):
    """A sensor, or the case, from freezing to too hot."""
    sensor = rig.temperature(rig.random.choice([1, 2, "case_temp"]))
    sensor.set(rig.random.choice([rig.random.uniform(-20, 65), rig.random.uniform(10, 40)]))


def sensor_is_absent(rig):
    """Not plugged in, for a while."""
    rig.temperature(rig.random.choice([1, 2])).fault("absent")


def current_flows(rig):
    """Charging or discharging, rarely a short circuit; nothing flows through an open contactor."""
    if not rig.line("relay").is_active:
        return
    if rig.random.random() < 0.05:
        current.apply(rig, rig.random.choice([-1060.0, 1060.0]))
    else:
        current.apply(rig, rig.random.choice([rig.random.uniform(-150, 150), rig.random.uniform(-15, 15)]))


def host_asks(rig):
    """Somebody reads the unit over RS-485."""
    rig.rs485.read(rig.random.choice(QUERIES))


def battery_heals(rig):
    """Everything as at the beginning."""
    for sensor in (1, 2):
        rig.temperature(sensor).fault("none")
        rig.temperature(sensor).set(25)
    rig.temperature("case_temp").set(25)
    rig.cells.set(3.30)


STIMULI = {
    cells_move_together: 6,
    cells_are_full_or_empty: 3,
    a_cell_deviates: 3,
    temperature_moves: 3,
    sensor_is_absent: 1,
    current_flows: 6,
    battery_heals: 8,
}
"""Stimulus -> how often it comes, beside the others."""


@pytest.mark.virtual_time("it lasts a day")
@pytest.mark.requirement("R2Q-HYST-EVERY", "R2Q-PRECHARGE", "R2Q-WARN")
def test_a_day_of_random_stimuli(rig):
    """24 h: the relay, its pre-charge and announcement, limits, balancing and reports fit what is applied."""
    rig.restart(sensors=2)
    oracle = Oracle(rig)
    end = rig.now + DAY
    applied = 0
    while rig.now < end:
        stimulus = rig.random.choices(list(STIMULI), list(STIMULI.values()))[0]
        stimulus(rig)
        oracle.applied()
        oracle.hold(min(120.0, 0.3 + rig.random.expovariate(1 / 25)))
        applied += 1
        if oracle.may_sleep or rig.random.random() < 0.01:
            switch_off_and_on(rig, oracle)
        elif oracle.reports_are_settled:
            expect_true_reports(rig)
            if rig.random.random() < 0.05:
                host_asks(rig)
    rig.measure("soak_stimuli", float(applied))


def switch_off_and_on(rig, oracle):
    """Whatever the unit is doing: off, healed, and on again."""
    rig.switch("remote").open()
    current.apply(rig, 0.0)
    battery_heals(rig)
    rig.wait(OFF)
    if rig.line("relay").is_active:
        raise ExpectationFailed(f"the relay is closed {OFF:g} s after the unit was switched off")
    rig.switch("remote").close()
    oracle.switched_on()
    oracle.hold(HEALTHY_START)


def expect_true_reports(rig):
    """What CAN says is what stands at the unit."""
    wrong = wrong_reports(rig)
    if wrong:
        raise ExpectationFailed("reports that do not fit what is applied:\n  " + "\n  ".join(map(str, wrong)))
