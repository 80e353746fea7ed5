"""What the tests of this plan share: levels of the three stages that lie well apart, for either end."""

import pytest

LOW_STAGES = {"clow": 2.95, "re1l": 2.85, "re1h": 0.08, "cmin": 2.70, "minh": 0.10, "capa": 20.0, "razl": 1.0}
HIGH_STAGES = {"char": 3.55, "re1l": 3.68, "re1h": -0.10, "cmax": 3.80, "maxh": 0.15, "capa": 20.0, "razl": 1.0}


@pytest.fixture
def low_stages(rig):
    """The unit set up for three stages on under-voltage."""
    rig.restart(**LOW_STAGES)
    return LOW_STAGES


@pytest.fixture
def high_stages(rig):
    """The unit set up for three stages on over-voltage."""
    rig.restart(**HIGH_STAGES)
    return HIGH_STAGES
