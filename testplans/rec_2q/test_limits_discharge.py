"""The discharge limits on CAN: the manual's example, and the protection of low cells before under-voltage."""

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

EXAMPLE = {"capa": 100.0, "dchc": 1.5, "maxd": 100.0}
"""REC 2Q manual, Table 24: 100 A."""

EMPTY_SOC, HYSTERESIS = 0.03, 0.05
"""Of the SOC (REC 2Q manual, ESS Discharging Algorithm)."""


@pytest.mark.requirement("R2Q-DCL")
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (EXAMPLE, 100.0),
        (EXAMPLE | {"capa": 60.0}, 90.0),
        (EXAMPLE | {"sisn": 2}, 150.0),
        (EXAMPLE | {"capa": 500.0, "sisn": 3}, 300.0),
        (EXAMPLE | {"dchc": 0.3}, 30.0),
        ({}, 200.0),
    ],
    ids=["example", "capacity", "two-inverters", "three-inverters", "slow", "defaults"],
)
def test_discharge_limit(rig, settings, expected):
    """DCL is the smaller of DCHC x CAPA and MAXD for each inverter."""
    rig.restart(**settings)
    measure_limit(rig, "DCL", expected, "discharge_limit_error")
    rig.measure("discharge_voltage", read_limit(rig, "DVL"))


@pytest.mark.requirement("R2Q-DCL")
@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("under-voltage", lambda rig: rig.cells.set(2.72)),
        ("over-temperature", lambda rig: rig.temperature(1).set(60)),
        ("absent sensor", lambda rig: rig.temperature(1).fault("absent")),
    ],
    ids=["under-voltage", "hot", "no-sensor"],
)
def test_no_discharging_with_an_error_that_forbids_it(rig, name, cause):
    """With each error that disables discharging DCL is 0."""
    cause(rig)
    expect_limit(rig, "DCL", 0, 0, within=rig.reaction_time + refresh(rig))
    rig.wait(20)
    if read_limit(rig, "DCL") > 0:
        raise ExpectationFailed(
            f"DCL: expected 0 A for as long as {name} lasts, but it is {read_limit(rig, 'DCL'):g} A"
        )


@pytest.mark.requirement("R2Q-DCL")
@pytest.mark.parametrize(
    "cause",
    [lambda rig: rig.cells.set(3.95), lambda rig: rig.temperature(1).set(-15)],
    ids=["over-voltage", "low-temperature"],
)
def test_discharging_goes_on_where_only_charging_is_forbidden(rig, cause):
    """Over-voltage and low temperature disable charging and leave discharging: DCL is not 0."""
    cause(rig)
    expect_limit(rig, "CCL", 0, 0, within=rig.reaction_time + refresh(rig))
    assert read_limit(rig, "DCL") > 0


@pytest.mark.requirement("R2Q-DCL")
def test_charging_goes_on_where_only_discharging_is_forbidden(rig):
    """Under-voltage disables discharging and leaves charging: CCL is not 0."""
    rig.cells.set(2.72)
    expect_limit(rig, "DCL", 0, 0, within=rig.reaction_time + refresh(rig))
    rig.line("relay").expect_inactive()
    rig.wait(refresh(rig))
    assert read_limit(rig, "CCL") > 0


@pytest.mark.requirement("R2Q-CCL-TEMP")
@pytest.mark.parametrize("end", ["tmax", "tmin"])
@pytest.mark.parametrize(("capacity", "expected"), [(60.0, 27.0), (10.0, 5.0)])
def test_discharge_limit_near_the_ends_of_the_temperature(rig, end, capacity, expected):
    """1 degC inside TMAX and TMIN: 30 % of the limit, but at least 5 A."""
    rig.restart(**EXAMPLE | {"capa": capacity})
    measure_limit(rig, "DCL", 1.5 * capacity, "discharge_limit_error")
    rig.temperature(1).set(rig.setting(end) + (1.0 if end == "tmin" else -1.0))
    rig.settle()
    measure_limit(rig, "DCL", expected, "discharge_limit_error", comment=f"1 degC inside {end.upper()}")
    rig.temperature(1).set(25)
    rig.settle()
    measure_limit(rig, "DCL", 1.5 * capacity, "discharge_limit_error", comment="back at 25 degC")


def sink(rig, amperes=0.0):
    """All cells sink between CLOW and CMIN while so much flows: the limit comes down, at last to 0 within 60 s."""
    expect_limit(rig, "DCL", 100 - RESOLUTION, 100 + RESOLUTION)
    current.apply(rig, amperes)
    fallen = rig.cells.set((rig.setting("clow") + rig.setting("cmin")) / 2)
    seen = follow(rig, 60, min(amperes, -0.001), step=0.5)
    expect_ramp_down(seen, "low cells")
    stopped = next((time for time, limit in seen if limit == 0), None)
    rig.measure("discharge_stop_time", rig.now - fallen if stopped is None else stopped, 0.5)
    return seen


def state_of_charge(rig):
    """As LCD1 answers it, 0 to 1."""
    return rig.rs485.array("LCD1")[5]


@pytest.mark.requirement("R2Q-CLOW")
def test_low_cells_take_the_discharge_limit_away(rig):
    """Below CLOW the limit falls to 0.02 C and then to 0 A, the SOC becomes 3 %; the relay stays closed."""
    rig.restart(**EXAMPLE)
    seen = sink(rig)
    least = min((limit for _, limit in seen if limit > 0), default=0.0)
    rig.measure("discharge_limit_before_zero", least)
    rig.wait(5)
    rig.measure("empty_soc", state_of_charge(rig))
    rig.line("relay").expect_stays_active(seconds=30)


@pytest.mark.requirement("R2Q-CLOW")
@pytest.mark.parametrize("number", [1, -1])
def test_one_low_cell_is_enough(rig, number):
    """The lowest cell counts, the first as well as the last."""
    rig.restart(**EXAMPLE)
    expect_limit(rig, "DCL", 100 - RESOLUTION, 100 + RESOLUTION)
    rig.cells.set(3.00)
    rig.cells[number if number < 0 else number - 1].set((rig.setting("clow") + rig.setting("cmin")) / 2)
    expect_limit(rig, "DCL", 0, 0, within=60)


@pytest.mark.requirement("R2Q-CLOW")
def test_nothing_happens_just_above(rig):
    """Cells 15 mV above CLOW: the whole limit."""
    rig.restart(**EXAMPLE)
    rig.cells.set(rig.setting("clow") + 0.015)
    rig.wait(60)
    measure_limit(rig, "DCL", 100.0, "discharge_limit_error")


@pytest.mark.requirement("R2Q-CLOW")
def test_voltage_under_load_does_not_count(rig):
    """Cells that only a load of 100 A pulls below CLOW, by their resistance of 1 mohm: the limit stays whole."""
    rig.restart(**EXAMPLE, clow=3.0, cmin=2.5)
    for amperes in [0.0, -100.0] * 8:  # the unit gets to know the resistance
        current.apply(rig, amperes)
        rig.cells.set(3.30 + amperes * 0.001)
        rig.wait(2.5)
    rig.cells.set(3.0 - 0.05)
    for _, limit in follow(rig, 30, -100.0):
        assert limit == pytest.approx(100.0, abs=0.11), "CLOW was compared with the voltage under load"


@pytest.mark.requirement("R2Q-CLOW")
@pytest.mark.parametrize("volts", [2.7, 3.0, 3.2])
def test_the_level_follows_its_setting(rig, volts):
    """CLOW adjusted: the limit is whole 15 mV above it, and 0 after it has been 15 mV below."""
    rig.restart(**EXAMPLE, clow=volts, cmin=2.5)
    rig.cells.set(volts + 0.015)
    rig.wait(30)
    expect_limit(rig, "DCL", 100 - RESOLUTION, 100 + RESOLUTION)
    rig.cells.set(volts - 0.015)
    expect_limit(rig, "DCL", 0, 0, within=60)


@pytest.mark.requirement("R2Q-CLOW")
def test_the_way_back_takes_five_percent(rig):
    """With healthy cells again the limit stays 0 until 5 % have been charged."""
    rig.restart(**EXAMPLE)
    sink(rig)
    rig.wait(5)
    rig.cells.set(3.30)
    rig.wait(30)
    measure_limit(rig, "DCL", 0.0, "discharge_limit_error", comment="cells healthy, SOC 3 %")
    charge(rig, HYSTERESIS - 0.01)
    measure_limit(rig, "DCL", 0.0, "discharge_limit_error", comment="SOC 7 %")
    charge(rig, 0.02)
    measure_limit(rig, "DCL", 100.0, "discharge_limit_error", within=30, comment="SOC 9 %")


@pytest.mark.requirement("R2Q-CLOW")
def test_the_soc_is_not_reset_under_load(rig):
    """While more than 0.05 C is drawn a low cell may be the load's doing: what the SOC becomes is recorded."""
    rig.restart(**EXAMPLE)
    expect_limit(rig, "DCL", 100 - RESOLUTION, 100 + RESOLUTION)
    before = state_of_charge(rig)
    current.apply(rig, -20.0)
    rig.cells.set((rig.setting("clow") + rig.setting("cmin")) / 2)
    rig.wait(20)
    rig.measure("soc_of_low_cells_under_load", state_of_charge(rig), comment=f"{before:g} before")


@pytest.mark.requirement("R2Q-CLOW")
def test_the_way_back_after_under_voltage(rig):
    """After an error 2 the cells recover: what the discharge limit is then is recorded."""
    rig.restart(**EXAMPLE)
    rig.cells.set(2.72)
    rig.line("relay").expect_inactive()
    rig.cells.set(3.30)
    rig.line("relay").expect_active(within=20)
    rig.wait(refresh(rig))
    rig.measure("discharge_limit_after_under_voltage", read_limit(rig, "DCL"))


def charge(rig, part):
    """Charge this part of the capacity with 0.2 C; the cells stay at what they are."""
    current.apply(rig, 0.2 * rig.setting("capa"))
    rig.wait(3600 * part / 0.2)
    current.apply(rig, 0.0)
    rig.wait(5)
