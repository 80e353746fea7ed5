"""GX-Pow: feeds a GX device from the higher of battery and Aux-In, and in a low-cell state from Aux-In alone."""

import math

import pytest
from bmsrig.steps.battery import LOW_CELL, charge_stops, heal
from bmsrig.steps.lead import release_time

APART = 3.0
"""V between the two sources, so that it shows from which of them GX-Pow comes."""


def battery_volts(rig):
    """What stands at the unit's battery terminal."""
    return rig.supply.set(3.30 * len(rig.cells)).value


def measure_gx_power(rig, expected, limit, comment):
    """Within the reaction time GX-Pow comes from the source that has this voltage, less a drop that is measured."""
    rig.settle()
    seen = rig.meter("gx_pow").expect_near(expected, tolerance=APART / 2, within=0)
    rig.measure(limit, expected - seen.value, seen.uncertainty + rig.supply.accuracy, comment=comment)


def measure_gx_power_down(rig):
    """Within the reaction time GX-Pow drops; a meter may see nothing at all there, which is 0 V."""
    limit = "gx_pow_low_cell_voltage"
    seen = rig.meter("gx_pow").expect_below(rig.limit(limit).high)
    rig.measure(limit, 0.0 if math.isnan(seen.value) else seen.value, seen.uncertainty)


@pytest.mark.requirement("VVB-GXPOW")
def test_gx_power_comes_from_the_higher_source(rig):
    """Battery alone, Aux-In below it, Aux-In above it, and Aux-In gone."""
    battery, aux = battery_volts(rig), rig.source("aux_in")
    measure_gx_power(rig, battery, "gx_pow_drop", "Aux-In open")
    aux.set(battery - APART)
    measure_gx_power(rig, battery, "gx_pow_drop", "Aux-In below the battery")
    higher = aux.set(battery + APART).value
    measure_gx_power(rig, higher, "gx_pow_drop", "Aux-In above the battery")
    aux.open()
    measure_gx_power(rig, battery, "gx_pow_drop", "Aux-In gone")


@pytest.mark.requirement("VVB-GXPOW")
def test_gx_power_follows_the_battery(rig):
    """The battery rises above Aux-In and falls below it."""
    battery = battery_volts(rig)
    aux = rig.source("aux_in").set(battery).value
    higher = rig.supply.set(battery + APART).value
    measure_gx_power(rig, higher, "gx_pow_drop", "battery above Aux-In")
    rig.supply.set(battery - APART)
    measure_gx_power(rig, aux, "gx_pow_drop", "battery below Aux-In")


@pytest.mark.requirement("VVB-GXPOW-LOW")
@pytest.mark.parametrize("apart", [-APART, APART], ids=["aux-in-below-battery", "aux-in-above-battery"])
def test_gx_power_in_a_low_cell_state_comes_from_aux_in(rig, apart):
    """After the release of Load the battery feeds it no longer: up from Aux-In, down without it, and up again."""
    aux = rig.source("aux_in")
    volts = aux.set(battery_volts(rig) + apart).value
    rig.cell(1).set(LOW_CELL)
    rig.line("load").expect_inactive(within=release_time(rig))
    rig.wait(rig.reaction_time)
    measure_gx_power(rig, volts, "gx_pow_low_cell_drop", "fed by Aux-In")

    aux.open()
    measure_gx_power_down(rig)
    aux.set(volts)
    measure_gx_power(rig, volts, "gx_pow_low_cell_drop", "fed by Aux-In again")


@pytest.mark.requirement("VVB-GXPOW-LOW", "VVB-GXPOW")
def test_gx_power_without_aux_in_drops_in_a_low_cell_state(rig):
    """Without Aux-In the GX device is fed through the warning, not after the release, and again after recovery."""
    battery = battery_volts(rig)
    rig.cell(1).set(LOW_CELL)
    rig.line("pre_alarm").expect_active()
    measure_gx_power(rig, battery, "gx_pow_drop", "warned")
    rig.line("load").expect_inactive(within=release_time(rig))
    measure_gx_power_down(rig)
    rig.wait(60)
    measure_gx_power_down(rig)

    heal(rig)
    rig.line("load").expect_active()
    measure_gx_power(rig, battery, "gx_pow_drop", "recovered")


@pytest.mark.requirement("VVB-GXPOW")
@pytest.mark.parametrize("cause", ["over-voltage", "too hot", "too cold"])
def test_gx_power_stays_while_charging_is_stopped(rig, cause):
    """What stops the chargers leaves the GX device its power from the battery."""
    battery = rig.supply.set(3.30 * len(rig.cells)).value
    charge_stops(rig)[cause]()
    rig.line("charge").expect_inactive()
    rig.settle()
    rig.meter("gx_pow").expect_near(battery, tolerance=1.0, within=0)


@pytest.mark.requirement("VVB-GXPOW", "VVB-GXPOW-LOW")
def test_gx_power_without_the_battery(rig):
    """Beside mains too a low cell takes the battery off GX-Pow; Aux-In feeds it, also without any battery supply."""
    rig.switch("mains").close()
    rig.cell(1).set(LOW_CELL)
    rig.line("load").expect_inactive(within=release_time(rig))
    rig.settle()
    rig.meter("gx_pow").expect_below(1.0, within=0)
    aux = rig.source("aux_in").set(13.0).value
    rig.supply.set(0.0)
    rig.settle()
    rig.meter("gx_pow").expect_near(aux, tolerance=1.0, within=0)
