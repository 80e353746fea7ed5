"""The V1: on whenever it is supplied. Its wiring has neither remote terminals, Aux-In, GX-Pow nor a status LED.

That the V1 has none of them is checked by the wiring of every test here: a unit with more inputs or outputs is refused.
"""

import pytest
from bmsrig.steps.lead import measure_fast_fall
from bmsrig.steps.lines import expect_levels_stay, expect_released
from bmsrig.steps.remote import measure_switching
from bmsrig.steps.supply import expect_all_outputs_work

ON = {"load": "active", "charge": "active", "vebus.charge": "active", "vebus.discharge": "active"}


@pytest.fixture
def v1(rig):
    """The rig with a V1 as the UUT."""
    rig.restart(variant="v1")
    return rig


@pytest.mark.requirement("VVB-V1-NO-REMOTE", "VVB-GXPOW")
def test_v1_is_on_whenever_it_is_supplied(v1):
    """Without anything to switch it on, all outputs and both permissions are given, and stay so."""
    expect_levels_stay(v1, ON, seconds=120)


@pytest.mark.requirement("VVB-V1-NO-REMOTE")
def test_v1_is_switched_by_its_supply(v1):
    """A switch in the plus supply line is the V1's on/off switch; off, its outputs float."""
    rig, battery = v1, 3.30 * len(v1.cells)
    measure_switching(
        rig,
        on=lambda: rig.supply.set(battery),
        off=lambda: rig.supply.set(0.0),
        lines=list(ON),
        on_limit="supply_on_time",
        off_limit="supply_off_time",
    )
    expect_released(rig, ["load", "charge", "pre_alarm"])


@pytest.mark.requirement("VVB-V1-NO-REMOTE")
def test_v1_warns_sheds_and_stops_as_the_v2(v1):
    """The same three outputs: a low last cell, a high one, and a fast fall that leaves the user 30 s."""
    expect_all_outputs_work(v1)
    measure_fast_fall(v1, seconds=0.1)
