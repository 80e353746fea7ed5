"""The alternator port: charges above 13 V, never the other way, and not against an alarm of the battery."""

import pytest
from bmsrig.steps.independence import measure_stops_with_charge
from bmsrig.steps.lines import measure_reaction

ENGINE_OFF, ENGINE_ON = 12.0, 14.0
BELOW_START = 12.5
"""V of a battery that lies below the 13 V at which the port closes, so that the two are told apart."""


@pytest.mark.requirement("VS2-ALT-START")
def test_port_charges_only_above_13_volt(rig):
    """Searched rising and falling, with a battery well below: it is the alternator's own voltage that counts."""
    rig.supply.set(BELOW_START)
    alternator, limit = rig.source("alternator"), "alternator_start_threshold"
    closes = alternator.raise_through(13.0, until="alternator.on", becomes="active", span=0.2, step=0.01)
    rig.measure(limit, closes, comment="rising")
    opens = alternator.lower_through(13.0, until="alternator.on", becomes="inactive", span=0.2, step=0.01)
    rig.measure(limit, opens, comment="falling")


@pytest.mark.requirement("VS2-ALT-START")
def test_port_follows_the_engine(rig):
    """The engine starts, runs and stops."""
    port = rig.line("alternator.on")
    port.expect_stays_inactive(seconds=60)
    started = rig.source("alternator").set(ENGINE_ON)
    measure_reaction(rig, started.time, "alternator.on", "active", "alternator_on_time")
    port.expect_stays_active(seconds=120)
    stopped = rig.source("alternator").set(ENGINE_OFF)
    measure_reaction(rig, stopped.time, "alternator.on", "inactive", "alternator_off_time")
    port.expect_stays_inactive(seconds=60)


@pytest.mark.requirement("VS2-ALT-ONEWAY")
@pytest.mark.parametrize("battery", [13.3, 13.8, 14.4, 15.0], ids=lambda v: f"battery-{v:g}V")
def test_nothing_flows_back_to_the_starter_battery(rig, battery):
    """Searched downwards from an alternator above the battery: the port opens before the starter side is below it.

    All of it lies above 13 V and below the charge limit, so that nothing else opens the port.
    """
    rig.restart(charge_limit=15.3)
    in_force = rig.supply.set(battery).value
    alternator = rig.source("alternator")
    opens = alternator.lower_through(battery, until="alternator.on", becomes="inactive", span=0.3, step=0.01)
    uncertainty = opens.uncertainty + rig.supply.accuracy
    rig.measure("alternator_reverse_margin", opens.value - in_force, uncertainty, comment=f"battery at {battery:g} V")
    alternator.set(battery - 0.2)
    rig.line("alternator.on").expect_stays_inactive(seconds=60)


@pytest.mark.requirement("VS2-ALT-ONEWAY")
@pytest.mark.parametrize("volts", [13.0, 12.0, 8.0, 0.0], ids=lambda v: f"starter-{v:g}V")
def test_starter_side_that_falls_below_the_battery_is_cut_off(rig, start_engine, volts):
    """The engine stops, is cranked, or the starter battery is missing: the port opens in time, and stays open."""
    start_engine(rig)
    rig.supply.set(13.4)
    rig.settle()
    rig.line("alternator.on").expect_active(within=0)
    fallen = rig.source("alternator").set(volts)
    measure_reaction(
        rig, fallen.time, "alternator.on", "inactive", "alternator_reverse_time", comment=f"starter side at {volts:g} V"
    )
    rig.line("alternator.on").expect_stays_inactive(seconds=60)


@pytest.mark.requirement("VS2-ALT-PROTECT")
def test_battery_alarms_open_the_port(rig, start_engine):
    """Over-voltage, heat and cold of the battery open the port along with Charge, and it stays open.

    When it closes again afterwards is recorded.
    """
    start_engine(rig)
    measure_stops_with_charge(
        rig,
        "alternator.on",
        stop_limit="alternator_stop_delay",
        return_limit="alternator_return_delay",
        return_within=60,
    )


@pytest.mark.requirement("VS2-ALT-ONEWAY")
def test_battery_that_rises_above_the_starter_side_opens_the_port(rig, start_engine):
    """The port minds both sides: here the battery rises past an alternator that stays."""
    start_engine(rig)
    rig.source("alternator").set(13.8)
    rig.line("alternator.on").expect_stays_active(seconds=10)
    rig.supply.set(14.0)
    rig.line("alternator.on").expect_inactive()
    rig.line("alternator.on").expect_stays_inactive(seconds=30)
