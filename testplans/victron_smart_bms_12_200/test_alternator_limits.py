"""The alternator's limits: current by the fuse, and the battery voltage at which charging ends and begins again."""

import pytest
from bmsrig.steps.lines import measure_reaction

FUSES = ["125", "100", "80", "60", "2x30", "2x20", "2x15", "2x10", "2x7.5"]
STRONG_ALTERNATOR = 15.8
"""V; above every battery voltage of these tests, so that the port is never open because the battery is higher."""

FULL, FALLEN, BETWEEN = 0.2, -0.6, -0.3
"""V from the charge limit: above it; clearly low enough to begin again; too high for that, yet below the limit."""

COUNT = 10.0
"""s for which the battery has to stay low."""


@pytest.mark.requirement("VS2-ALT-FUSE")
@pytest.mark.parametrize("fuse", FUSES)
def test_fuse_decides_the_current_limit(rig, start_engine, fuse):
    """With each of the nine fuses the unit limits what it takes from the alternator as the table says."""
    rig.restart(fuse=fuse)
    start_engine(rig)
    limit = rig.limit(f"alternator_limit.{fuse}")
    seen = rig.meter("alternator.limit").expect_between(limit.low, limit.high)
    rig.measure(limit.name, seen)


@pytest.fixture(params=[None, 13.0, 13.5, 14.2, 15.0, 15.3], ids=lambda v: "as-set" if v is None else f"{v:g}V")
def charge_limit(request, rig):
    """The charge limit in force, as set and at points of its range, with the alternator charging below it."""
    if request.param is not None:
        rig.restart(charge_limit=request.param)
    limit = rig.setting("charge_limit")
    rig.supply.set(limit + FALLEN)
    rig.source("alternator").set(STRONG_ALTERNATOR)
    rig.line("alternator.on").expect_active(within=COUNT + 2 * rig.reaction_time)
    return limit


@pytest.mark.requirement("VS2-ALT-LIMIT")
def test_port_opens_at_the_charge_limit(rig, charge_limit):
    """Searched with a rising battery, then reached at once."""
    threshold = rig.supply.raise_through(charge_limit, until="alternator.on", becomes="inactive", span=0.2, step=0.01)
    rig.measure("charge_limit_threshold", threshold)

    rig.supply.set(charge_limit + FALLEN)
    rig.line("alternator.on").expect_active(within=COUNT + 2 * rig.reaction_time)
    reached = rig.supply.set(charge_limit + FULL)
    measure_reaction(rig, reached.time, "alternator.on", "inactive", "charge_limit_reaction_time")
    rig.line("alternator.on").expect_stays_inactive(seconds=60)


@pytest.mark.requirement("VS2-ALT-RESTART")
def test_port_closes_half_a_volt_below_the_limit(rig, charge_limit):
    """Searched with a falling battery that is held long enough at each step."""
    rig.supply.set(charge_limit + FULL)
    rig.line("alternator.on").expect_inactive()
    threshold = rig.supply.find_threshold(
        "alternator.on",
        "active",
        start=charge_limit + BETWEEN,
        stop=charge_limit - 0.7,
        step=0.01,
        dwell=COUNT + 2 * rig.reaction_time,
    )
    rig.measure("alternator_restart_threshold", threshold)


@pytest.mark.requirement("VS2-ALT-RESTART")
def test_port_closes_after_ten_seconds(rig, charge_limit):
    """A battery that falls and stays low: not before 10 s, and then within the reaction time."""
    rig.supply.set(charge_limit + FULL)
    rig.line("alternator.on").expect_inactive()
    rig.wait(30)
    fallen = rig.supply.set(charge_limit + FALLEN)
    measure_restart(rig, fallen.time, "uninterrupted")


@pytest.mark.requirement("VS2-ALT-RESTART")
def test_an_interruption_starts_the_count_anew(rig, charge_limit):
    """9 s low, up for as long as a unit may take to see it, 9 s low: still open; it closes after 10 s on end."""
    rig.supply.set(charge_limit + FULL)
    rig.line("alternator.on").expect_inactive()
    rig.supply.set(charge_limit + FALLEN)
    rig.line("alternator.on").expect_stays_inactive(seconds=9)
    rig.supply.set(charge_limit + BETWEEN)
    rig.line("alternator.on").expect_stays_inactive(seconds=rig.reaction_time + 0.1)
    fallen = rig.supply.set(charge_limit + FALLEN)
    rig.line("alternator.on").expect_stays_inactive(seconds=9)
    measure_restart(rig, fallen.time, "after an interruption")


@pytest.mark.requirement("VS2-ALT-RESTART")
def test_a_short_interruption(rig, charge_limit):
    """9 s low, 0.2 s up, 9 s low: a unit that looks once a second may miss it; record whether it counted anew."""
    rig.supply.set(charge_limit + FULL)
    rig.line("alternator.on").expect_inactive()
    rig.supply.set(charge_limit + FALLEN)
    rig.line("alternator.on").expect_stays_inactive(seconds=9)
    rig.supply.set(charge_limit + BETWEEN)
    rig.line("alternator.on").expect_stays_inactive(seconds=0.2)
    fallen = rig.supply.set(charge_limit + FALLEN)
    rig.wait(9)
    rig.measure("short_interruption_restarts_count", float(not rig.line("alternator.on").is_active))
    rig.line("alternator.on").expect_active(within=fallen.time + COUNT + 2 * rig.reaction_time - rig.now)


@pytest.mark.requirement("VS2-ALT-LIMIT")
def test_engine_that_starts_beside_a_full_battery_does_not_charge(rig):
    """The limit counts whether or not the port was closed before, and so does the count of 10 s."""
    limit = rig.setting("charge_limit")
    rig.supply.set(limit + FULL)
    rig.settle()
    rig.source("alternator").set(STRONG_ALTERNATOR)
    rig.line("alternator.on").expect_stays_inactive(seconds=30)
    rig.supply.set(limit + BETWEEN)
    rig.line("alternator.on").expect_stays_inactive(seconds=30)


@pytest.mark.requirement("VS2-ALT-RESTART")
@pytest.mark.parametrize("how", ["engine", "remote"])
def test_only_a_battery_at_rest_ends_the_pause(rig, charge_limit, how):
    """Stopping the engine, or switching off and on, while the battery is still too high does not begin anew."""
    rig.supply.set(charge_limit + FULL)
    rig.line("alternator.on").expect_inactive()
    rig.supply.set(charge_limit + BETWEEN)
    rig.settle()
    if how == "engine":
        rig.source("alternator").set(12.0)
        rig.wait(5)
        rig.source("alternator").set(STRONG_ALTERNATOR)
    else:
        rig.switch("remote.link").open()
        rig.wait(5)
        rig.switch("remote.link").close()
    rig.line("alternator.on").expect_stays_inactive(seconds=30)


def measure_restart(rig, since, comment):
    """The port closes 10 s after the battery fell, and stays closed."""
    within = since + COUNT + 2 * rig.reaction_time - rig.now
    measure_reaction(rig, since, "alternator.on", "active", "alternator_restart_delay", within=within, comment=comment)
    rig.line("alternator.on").expect_stays_active(seconds=30)
