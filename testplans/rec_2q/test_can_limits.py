"""The limits of charging and discharging are the same in every protocol of an inverter, whatever reduces them."""

import pytest
from bmsrig.steps.rec import current
from bmsrig.steps.rec.limits import (
    RESOLUTION,
    expect_limit,
    expect_ramp_down,
    follow,
    measure_limit,
    read_limit,
    refresh,
)
from bmsrig.steps.rec.protocols import INVERTERS, for_each, select, wait_for_all

EXAMPLE = {"capa": 100.0, "chac": 0.6, "maxc": 75.0, "dchc": 1.5, "maxd": 100.0}
"""REC 2Q manual, Tables 23 and 24: 60 A and 100 A."""

REDUCED = 0.3
"""Of the limits near the ends of the temperature (manual, ESS Charging Algorithm)."""

TAPER_END = 1.1
"""A for each inverter (manual, ESS Charging Algorithm)."""

WITH_DVL = ("victron", "sma")
"""Protocols that have a lowest discharge voltage. Pylontech's bytes for it are reserved, Growatt has none."""

CAUSES = {
    "healthy": (lambda rig: rig.cells.set(3.30), 60.0, 100.0),
    "over-voltage": (lambda rig: rig.cells.set(3.95), 0.0, 100.0),
    "under-voltage": (lambda rig: rig.cells.set(2.72), None, 0.0),
    "over-temperature": (lambda rig: rig.temperature(1).set(60), 0.0, 0.0),
    "low temperature": (lambda rig: rig.temperature(1).set(-15), 0.0, None),
    "near TMAX": (lambda rig: rig.temperature(1).set(rig.setting("tmax") - 1), REDUCED * 60.0, REDUCED * 100.0),
}
"""Cause -> how to bring it about, CCL and DCL; none where the manual leaves one open."""


@pytest.mark.requirement("R2Q-CAN-SELECT")
@for_each(INVERTERS)
@pytest.mark.parametrize("cause", CAUSES)
def test_limits_are_those_of_the_manual(rig, protocol, cause):
    """CCL and DCL of a healthy battery, near an end of the temperature, and with errors."""
    select(rig, protocol, **EXAMPLE)
    apply, charge, discharge = CAUSES[cause]
    apply(rig)
    rig.settle()
    options = {"comment": f"{protocol}, {cause}", "database": protocol.database}
    if charge is not None:
        measure_limit(rig, "CCL", charge, "charge_limit_error", **options)
    if discharge is not None:
        measure_limit(rig, "DCL", discharge, "discharge_limit_error", **options)


@pytest.mark.requirement("R2Q-CAN-SELECT")
@for_each(INVERTERS)
def test_limits_are_those_of_the_own_protocol(rig, protocol):
    """CVL, CCL, DCL and DVL are those of 0x037, but for one step of rounding."""
    rig.restart(**EXAMPLE)
    rig.wait(refresh(rig))
    own = {name: read_limit(rig, name) for name in ("CVL", "CCL", "DCL", "DVL")}
    select(rig, protocol, **EXAMPLE)
    wait_for_all(rig)
    for name in own if protocol.name in WITH_DVL else ("CVL", "CCL", "DCL"):
        rig.can[protocol.database].signal(name).expect_near(own[name], 0.11, within=refresh(rig))
    if protocol.name == "pylontech" and len(rig.can.message(0x351).data) == 8:
        rig.measure("pylontech_discharge_voltage", read_limit(rig, "DVL", "pylontech"), comment=f"{own['DVL']:g} V")


@pytest.mark.requirement("R2Q-CAN-SELECT")
@for_each(INVERTERS)
def test_devices_multiply_the_limits(rig, protocol):
    """Two inverters (SISN): MAXC and MAXD count twice, the voltage of all cells at CHAR does not."""
    select(rig, protocol, **EXAMPLE | {"capa": 200.0, "sisn": 2})
    options = {"comment": f"{protocol}, two inverters", "database": protocol.database}
    measure_limit(rig, "CCL", 120.0, "charge_limit_error", **options)
    measure_limit(rig, "DCL", 200.0, "discharge_limit_error", **options)
    measure_limit(rig, "CVL", len(rig.cells) * rig.setting("char"), "charge_voltage_error", **options)


@pytest.mark.requirement("R2Q-CAN-SELECT")
@for_each(INVERTERS)
def test_coefficient_of_chargers_leaves_inverters_alone(rig, protocol):
    """CHCU is for non-ESS systems (REC 2Q manual, Table 10): an inverter is told the whole charge limit."""
    select(rig, protocol, **EXAMPLE, chcu=0.5)
    measure_limit(rig, "CCL", 60.0, "charge_limit_error", comment=f"{protocol}, CHCU 0.5", database=protocol.database)


@pytest.mark.requirement("R2Q-CAN-SELECT")
@for_each(INVERTERS)
def test_limits_follow_the_taper_to_the_end(rig, protocol):
    """Charged until one cell is at CHAR the limit tapers to 1.1 A, and with CFVC 0 is 0 when the last one is."""
    select(rig, protocol, **EXAMPLE, cfvc=0.0)
    full, name = rig.setting("char"), protocol.database
    expect_limit(rig, "CCL", 60 - RESOLUTION, 60 + RESOLUTION, database=name)
    current.apply(rig, 20.0)
    rig.cells.set([full - 0.06] * (len(rig.cells) - 1) + [full + 0.001])
    seen = follow(rig, 60.0, 20.0, database=name)
    expect_ramp_down(seen, f"{protocol}, taper")
    left = rig.limit("taper_time").high - 60
    expect_limit(rig, "CCL", TAPER_END - 0.1, TAPER_END + 0.1, within=left, database=name)
    rig.cells.set(full + 0.001)
    current.apply(rig, 1.0)
    expect_limit(rig, "CCL", 0, 0, within=rig.limit("full_time").high, database=name)


@pytest.mark.requirement("R2Q-CAN-SELECT")
@for_each(INVERTERS)
def test_low_cells_take_the_discharge_limit_away(rig, protocol):
    """Cells between CLOW and CMIN: DCL falls and is 0 within 60 s, while the relay stays closed."""
    select(rig, protocol, **EXAMPLE)
    expect_limit(rig, "DCL", 100 - RESOLUTION, 100 + RESOLUTION, database=protocol.database)
    rig.cells.set((rig.setting("clow") + rig.setting("cmin")) / 2)
    expect_limit(rig, "DCL", 0, 0, within=60 + refresh(rig), database=protocol.database)
    rig.line("relay").expect_active(within=0)
