"""What the tests of this plan share: switching the unit off and on within a test."""

import pytest

DEAD = 6.0
"""s; long enough without REMOTE for everything inside the unit to stop."""


@pytest.fixture
def switch_off():
    """Open REMOTE and wait until the unit is surely off; what stands at its terminals may then be changed."""

    def off(rig):
        opened = rig.switch("remote").open()
        rig.wait(DEAD)
        return opened.time

    return off


@pytest.fixture
def switch_on():
    """Close REMOTE; returns when."""

    def on(rig):
        return rig.switch("remote").close().time

    return on
