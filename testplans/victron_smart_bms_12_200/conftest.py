"""What the tests of this plan share: an engine that charges the battery, and a unit that is too hot itself."""

import pytest

RESTING_BATTERY = 13.2
RUNNING = 14.0

OWN_HEAT, OWN_WARMTH = 120.0, 25.0
"""degC at the unit itself: twice its highest operating temperature (manual, 4), and the baseline."""


@pytest.fixture
def start_engine():
    """Bring the alternator to 14 V beside a battery below its charge limit, and see the alternator port close."""

    def start(rig):
        # Clear of the voltage below which the port closes again, however low the charge limit was set.
        rig.supply.set(min(RESTING_BATTERY, rig.setting("charge_limit") - 0.7))
        rig.source("alternator").set(RUNNING)
        rig.line("alternator.on").expect_active(within=10 + 2 * rig.reaction_time)

    return start


@pytest.fixture
def overheat():
    """Make the unit itself far too hot, or let it cool down again."""

    def set_temperature(rig, too_hot=True):
        rig.temperature("case_temp").set(OWN_HEAT if too_hot else OWN_WARMTH)

    return set_temperature
