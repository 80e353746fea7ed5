"""Thresholds that are adjusted outside the running system: tests at the default and across the range."""

from __future__ import annotations

import pytest

from bmsrig.rig import Rig


def adjusted_to(*values: float) -> pytest.MarkDecorator:
    """Run a test once as the run was set up and once for each of these values, in V, as its argument ``adjusted``."""
    return pytest.mark.parametrize(
        "adjusted", [None, *values], ids=lambda volts: "as-set" if volts is None else f"{volts:.2f}V"
    )


def adjust(rig: Rig, setting: str, adjusted: float | None) -> float:
    """Restart the UUT with this value of a setting, or leave it as it is, and return the value in force."""
    if adjusted is not None:
        rig.restart(**{setting: adjusted})
    return rig.setting(setting)
