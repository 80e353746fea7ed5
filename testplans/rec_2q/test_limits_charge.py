"""The charge limits on CAN: the manual's example, the taper at the top, a full battery, the ends of the temperature."""

import pytest
from bmsrig.failure import ExpectationFailed
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

EXAMPLE = {"capa": 100.0, "chac": 0.6, "maxc": 75.0}
"""REC 2Q manual, Table 23: 60 A."""

LEAST, REDUCED = 5.0, 0.3
"""A, and the part of the limit, near the ends of the temperature and when empty (manual, ESS Charging Algorithm)."""

TAPER_END = 1.1
"""A for each inverter (manual, ESS Charging Algorithm)."""


@pytest.mark.requirement("R2Q-CCL")
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (EXAMPLE, 60.0),
        (EXAMPLE | {"capa": 200.0}, 75.0),
        (EXAMPLE | {"capa": 200.0, "sisn": 2}, 120.0),
        (EXAMPLE | {"capa": 500.0, "sisn": 3}, 225.0),
        (EXAMPLE | {"chac": 0.2}, 20.0),
        (EXAMPLE | {"chac": 3.0, "maxc": 360.0}, 300.0),
        ({}, 100.0),
    ],
    ids=["example", "maxc", "two-inverters", "three-inverters", "slow", "fast", "defaults"],
)
def test_charge_limit(rig, settings, expected):
    """CCL is the smaller of CHAC x CAPA and MAXC for each inverter; CVL is that of all cells at CHAR."""
    rig.restart(**settings)
    measure_limit(rig, "CCL", expected, "charge_limit_error")
    measure_limit(rig, "CVL", len(rig.cells) * rig.setting("char"), "charge_voltage_error")


@pytest.mark.requirement("R2Q-CCL")
def test_charge_limit_follows_a_written_setting(rig):
    """MAXC written over RS-485 acts without a restart."""
    rig.restart(**EXAMPLE)
    measure_limit(rig, "CCL", 60.0, "charge_limit_error")
    rig.rs485.write("MAXC", 40.0)
    measure_limit(rig, "CCL", 40.0, "charge_limit_error")


@pytest.mark.requirement("R2Q-CCL")
@pytest.mark.parametrize("coefficient", [0.1, 0.5, 1.0])
def test_coefficient_for_other_chargers(rig, coefficient):
    """What 0x037 says is multiplied by CHCU (manual, Table 19)."""
    rig.restart(**EXAMPLE, chcu=coefficient)
    measure_limit(rig, "CCL", 60.0 * coefficient, "charge_limit_error")


@pytest.mark.requirement("R2Q-CCL")
@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("over-voltage", lambda rig: rig.cells.set(3.95)),
        ("over-temperature", lambda rig: rig.temperature(1).set(60)),
        ("low temperature", lambda rig: rig.temperature(1).set(-15)),
        ("absent sensor", lambda rig: rig.temperature(1).fault("absent")),
    ],
    ids=["over-voltage", "hot", "cold", "no-sensor"],
)
def test_no_charging_with_an_error_that_forbids_it(rig, name, cause):
    """With each error that disables charging CCL is 0."""
    cause(rig)
    expect_limit(rig, "CCL", 0, 0, within=rig.reaction_time + refresh(rig))
    seen = max(limit for _, limit in follow(rig, 30, 1.0))
    if seen > 0:
        raise ExpectationFailed(f"CCL: expected 0 A for as long as {name} lasts, but it was {seen:g} A")


def charge_to_the_top(rig, **settings):
    """Charge with 20 A, the highest cell at CHAR and the others behind, until the limit is at its lowest."""
    rig.restart(**EXAMPLE | settings)
    full = rig.setting("char")
    expect_limit(rig, "CCL", 60 - RESOLUTION, 60 + RESOLUTION)
    current.apply(rig, 20.0)
    rig.cells.set(full - 0.10)
    rig.wait(5)
    rig.cells.set([full - 0.06] * (len(rig.cells) - 1) + [full + 0.001])
    lowest = TAPER_END * rig.setting("sisn")
    seen = follow(rig, rig.limit("taper_time").high, 20.0)
    expect_ramp_down(seen, "taper")
    reached = [time for time, limit in seen if limit <= lowest + 0.1]
    if not reached:
        raise ExpectationFailed(f"taper: expected CCL to reach {lowest:g} A, but it is {seen[-1][1]:g} A")
    rig.measure("taper_time", reached[0])
    return lowest


@pytest.mark.requirement("R2Q-CCL-TAPER")
@pytest.mark.parametrize("inverters", [1, 3])
def test_taper(rig, inverters):
    """With one cell at CHAR the limit ramps down to 1.1 A for each inverter, and stays there: not full yet."""
    lowest = charge_to_the_top(rig, sisn=inverters)
    measure_limit(rig, "CCL", lowest, "charge_limit_error")
    for _, limit in follow(rig, 30, 20.0):
        assert limit >= lowest - 0.11, "the limit fell below that of the taper before the last cell was full"


@pytest.mark.requirement("R2Q-CCL-TAPER")
def test_no_taper_below_the_end_voltage(rig):
    """Charged with the highest cell clearly below balancing and end of charge: the limit is the whole one."""
    rig.restart(**EXAMPLE)
    current.apply(rig, 20.0)
    rig.cells.set(rig.setting("bmin") - 0.03)
    rig.wait(60)
    measure_limit(rig, "CCL", 60.0, "charge_limit_error")


def charge_full(rig, **settings):
    """Charge until the last cell is at CHAR as well."""
    charge_to_the_top(rig, **settings)
    rig.cells.set(rig.setting("char") + 0.001)
    rig.wait(0.5)
    current.apply(rig, 1.0)
    rig.wait(rig.limit("full_time").high)


def state_of_charge(rig):
    """As LCD1 answers it, 0 to 1."""
    return rig.rs485.array("LCD1")[5]


@pytest.mark.requirement("R2Q-FULL")
def test_full(rig):
    """SOC 100 %, the charge voltage of the float, half the charge limit for the loads."""
    charge_full(rig)
    rig.measure("full_soc", state_of_charge(rig))
    cells, settings = len(rig.cells), rig.setting
    floated = cells * (settings("char") - settings("cfvc") * settings("chis"))
    measure_limit(rig, "CVL", floated, "charge_voltage_error")
    measure_limit(rig, "CCL", 30.0, "charge_limit_error")


@pytest.mark.requirement("R2Q-FULL")
def test_full_without_float_stops_charging(rig):
    """With CFVC 0 CCL is 0, until the cells have fallen by CHIS and the SOC by SOCH: neither alone is enough."""
    charge_full(rig, cfvc=0.0, capa=100.0)
    rig.measure("full_soc", state_of_charge(rig))
    measure_limit(rig, "CCL", 0.0, "charge_limit_error")

    with rig.step("the cells have fallen, the SOC has not"):
        current.apply(rig, 0.0)
        rig.cells.set(rig.setting("char") - rig.setting("chis") - 0.02)
        rig.wait(30)
        measure_limit(rig, "CCL", 0.0, "charge_limit_error", comment="cells low, SOC high")

    with rig.step("the SOC has fallen by less than SOCH"):
        discharge(rig, 0.03)
        measure_limit(rig, "CCL", 0.0, "charge_limit_error", comment="SOC 97 %")

    with rig.step("the SOC has fallen by more than SOCH, but the cells are high"):
        rig.cells.set(rig.setting("char") - rig.setting("chis") + 0.05)
        discharge(rig, 0.04)
        measure_limit(rig, "CCL", 0.0, "charge_limit_error", comment="cells high, SOC 93 %")

    with rig.step("both have fallen"):
        rig.cells.set(rig.setting("char") - rig.setting("chis") - 0.02)
        measure_limit(rig, "CCL", 60.0, "charge_limit_error", within=30, comment="cells low, SOC 93 %")


@pytest.mark.requirement("R2Q-FULL")
def test_battery_becomes_full_each_time(rig):
    """Emptied to 50 % and charged again: the SOC becomes 100 % the second time as well."""
    charge_full(rig)
    rig.measure("full_soc", state_of_charge(rig), comment="first time")
    rig.cells.set(rig.setting("char") - rig.setting("chis") - 0.05)
    discharge(rig, 0.5)
    rig.cells.set(rig.setting("char") + 0.001)
    current.apply(rig, 1.0)
    rig.wait(rig.limit("taper_time").high + rig.limit("full_time").high)
    rig.measure("full_soc", state_of_charge(rig), comment="second time")


@pytest.mark.requirement("R2Q-FULL")
def test_hysteresis_of_the_soc_follows_its_setting(rig):
    """SOCH at 10 %: with 93 % the battery is full still, with 88 % it is not."""
    charge_full(rig, cfvc=0.0, soch=0.10)
    rig.cells.set(rig.setting("char") - rig.setting("chis") - 0.02)
    discharge(rig, 0.07)
    measure_limit(rig, "CCL", 0.0, "charge_limit_error", comment="SOC 93 %")
    discharge(rig, 0.05)
    measure_limit(rig, "CCL", 60.0, "charge_limit_error", within=30, comment="SOC 88 %")


@pytest.mark.requirement("R2Q-FULL")
def test_full_charging_returns_after_the_float(rig):
    """With a float the whole limit and the whole voltage come back by the same two hystereses."""
    charge_full(rig)
    current.apply(rig, 0.0)
    rig.cells.set(rig.setting("char") - rig.setting("chis") - 0.02)
    rig.wait(10)
    assert read_limit(rig, "CCL") <= 30.1
    discharge(rig, 0.07)
    measure_limit(rig, "CCL", 60.0, "charge_limit_error", within=30)
    measure_limit(rig, "CVL", len(rig.cells) * rig.setting("char"), "charge_voltage_error")


def discharge(rig, part):
    """Take this part of the capacity out of the battery, with 1 C; the cells stay at what they are."""
    amperes = rig.setting("capa")
    current.apply(rig, -amperes)
    rig.wait(3600 * part)
    current.apply(rig, 0.0)
    rig.wait(5)


@pytest.mark.requirement("R2Q-CCL-TEMP")
@pytest.mark.parametrize("end", ["tmax", "tmin"])
@pytest.mark.parametrize(("capacity", "expected"), [(100.0, REDUCED * 60.0), (20.0, LEAST)])
def test_charge_limit_near_the_ends_of_the_temperature(rig, end, capacity, expected):
    """1 degC inside TMAX and TMIN: 30 % of the limit, but at least 5 A; at a healthy temperature the whole one."""
    rig.restart(**EXAMPLE | {"capa": capacity})
    measure_limit(rig, "CCL", 0.6 * capacity, "charge_limit_error")
    rig.temperature(1).set(rig.setting(end) + (1.0 if end == "tmin" else -1.0))
    rig.settle()
    measure_limit(rig, "CCL", expected, "charge_limit_error", comment=f"1 degC inside {end.upper()}")
    rig.temperature(1).set(25)
    rig.settle()
    measure_limit(rig, "CCL", 0.6 * capacity, "charge_limit_error", comment="back at 25 degC")


@pytest.mark.requirement("R2Q-CCL-TEMP")
@pytest.mark.parametrize("number", [1, 2, 4])
@pytest.mark.parametrize("end", ["tmax", "tmin"])
def test_one_sensor_near_an_end_is_enough(rig, end, number):
    """Of four sensors one is near TMAX or TMIN, the others at 25 degC: 30 % of the limit."""
    rig.restart(**EXAMPLE, sensors=4)
    rig.temperature(number).set(rig.setting(end) + (1.0 if end == "tmin" else -1.0))
    rig.settle()
    measure_limit(rig, "CCL", REDUCED * 60.0, "charge_limit_error", comment=f"sensor {number} near {end.upper()}")


@pytest.mark.requirement("R2Q-CCL-TEMP")
@pytest.mark.parametrize("end", ["tmax", "tmin"])
def test_where_the_reduction_begins(rig, end):
    """Towards the end of the temperature in steps of 0.5 degC: how far inside of it the limit first falls."""
    rig.restart(**EXAMPLE)
    towards = 1.0 if end == "tmax" else -1.0
    distance = 15.0
    expect_limit(rig, "CCL", 60 - RESOLUTION, 60 + RESOLUTION)
    while distance > 0.5:
        rig.temperature(1).set(rig.setting(end) - towards * distance)
        rig.wait(refresh(rig))
        if read_limit(rig, "CCL") < 59.9:
            break
        distance -= 0.5
    rig.measure("temperature_reduction_distance", distance, 0.5, comment=end.upper())


@pytest.mark.requirement("R2Q-CCL-TEMP")
def test_charge_limit_of_an_empty_battery(rig):
    """When the discharge limit has come down to 0 the charge limit is 30 %."""
    rig.restart(**EXAMPLE)
    rig.cells.set((rig.setting("clow") + rig.setting("cmin")) / 2)
    expect_limit(rig, "DCL", 0, 0, within=60 + refresh(rig))
    rig.wait(refresh(rig))
    measure_limit(rig, "CCL", REDUCED * 60.0, "charge_limit_error")
