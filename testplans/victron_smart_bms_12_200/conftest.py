"""What the tests of this plan share: an engine that charges the battery."""

import pytest

RESTING_BATTERY = 13.2
RUNNING = 14.0


@pytest.fixture
def start_engine():
    """Bring the alternator to 14 V beside a battery below its charge limit, and see the alternator port close."""

    def start(rig):
        # Clear of the voltage below which the port closes again, however low the charge limit was set.
        rig.supply.set(min(RESTING_BATTERY, rig.setting("charge_limit") - 0.7))
        rig.source("alternator").set(RUNNING)
        rig.line("alternator.on").expect_active(within=10 + 2 * rig.reaction_time)

    return start
