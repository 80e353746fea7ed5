"""What the tests of this plan share."""

import pytest


@pytest.fixture
def lead(rig):
    """How long after the pre-alarm Load is released at the earliest, in s."""
    return rig.limit("pre_alarm_lead_time").low
