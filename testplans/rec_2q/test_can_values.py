"""The same battery in every protocol with a public layout: what a unit says is what stands at it."""

import re

import pytest
from bmsrig.steps.rec import current
from bmsrig.steps.rec.arbiter import SETTLED, measure_reports
from bmsrig.steps.rec.protocols import INVERTERS, for_each, named, select, wait_for_all
from bmsrig.steps.rec.states import STATES, apply_state

FINE = [each for each in INVERTERS if each.name in ("victron", "sma")]
"""Protocols that tell the state of charge in hundredths of a percent beside whole ones."""

WITH_OUTPUTS = [each for each in INVERTERS if each.name in ("pylontech", "growatt")]
"""Protocols that tell by bits whether charging and discharging are allowed."""


@pytest.mark.requirement("R2Q-CAN-SELECT")
@for_each(INVERTERS)
@pytest.mark.parametrize("state", STATES)
def test_values_are_those_that_stand_at_the_unit(rig, protocol, state):
    """Voltage, current, temperatures and the ends of the cells, in many states of the battery."""
    select(rig, protocol, sensors=4)
    apply_state(rig, STATES[state])
    measure_reports(rig, databases=[protocol.database], comment=state)


@pytest.mark.requirement("R2Q-CAN-SELECT")
@for_each(INVERTERS)
@pytest.mark.parametrize("soc", [0.01, 0.30, 1.0])
def test_state_of_charge_and_health(rig, protocol, soc):
    """Whole percents as LCD1 has them, cut off or rounded; hundredths where the protocol has them."""
    select(rig, protocol, socs=soc)
    current.apply(rig, -50.0 if soc > 0.5 else 50.0)
    rig.wait(100)  # 0.5 % of the default capacity: between two whole percents
    current.apply(rig, 0.0)
    rig.wait(SETTLED)
    wait_for_all(rig)
    charge, health = (100 * value for value in rig.rs485.array("LCD1")[5:7])
    database = rig.can[protocol.database]
    measure_percents(rig, "can_soc_error", database.signal("SOC"), charge)
    measure_percents(rig, "can_soc_error", database.signal("SOH"), health)
    if protocol in FINE and len(rig.can.message(0x355).data) >= 6:  # real units send it, some do not
        measure_percents(rig, "can_fine_soc_error", database.signal("SOCHighResolution"), charge)


def measure_percents(rig, limit, signal, expected):
    """How far what CAN says lies from what RS-485 says, both in percent."""
    said = signal.read().value
    rig.measure(limit, (said - expected) / 100, 0.0, comment=f"{signal.name} {said:g} %, {expected:.3f} % by RS-485")


@pytest.mark.requirement("R2Q-CAN-SELECT")
def test_growatt_capacities(rig):
    """0x314: what is left of the capacity and the capacity, as RS-485 has them.

    The cycles, whose unit Growatt's text prints as hours, and the cells of 0x312 are recorded.
    """
    protocol = named("growatt")
    select(rig, protocol, socs=0.40, capa=280.0, cycl=17)
    rig.wait(SETTLED)
    wait_for_all(rig)
    database = rig.can["growatt"]
    capacity = rig.rs485.read("CAPA")
    left = capacity * rig.rs485.array("LCD1")[5]
    for name, expected in (("RemainingCapacity", left), ("FullChargeCapacity", capacity)):
        said = database.signal(name).read().value
        rig.measure("can_capacity_error", (said - expected) / capacity, 0.0, comment=f"{name} {said:g} Ah")
    for name, expected in (("Cycles", rig.rs485.read("CYCL")), ("CellCount", len(rig.cells))):
        said = database.signal(name).read().value
        rig.measure("growatt_count", said - expected, comment=f"{name} {said:g}, {expected:g} by the unit")


@pytest.mark.requirement("R2Q-CAN-LAYOUT")
@pytest.mark.parametrize("capacity", [655.0, 656.0, 5000.0])
def test_growatt_capacity_beyond_its_field(rig, capacity):
    """0x314 can carry 655.35 Ah; what a unit says of more no document tells."""
    select(rig, named("growatt"), capa=capacity, socs=0.5)
    wait_for_all(rig)
    said = rig.can["growatt"].signal("FullChargeCapacity").read().value
    rig.measure("growatt_large_capacity", said / capacity, comment=f"{said:g} Ah of {capacity:g} Ah")


def spread(rig, protocol, lowest, highest, volts):
    """Select the protocol, and move two cells so far down and up; -1 is the last one. Returns their numbers."""
    select(rig, named(protocol))
    lowest, highest = (number % (len(rig.cells) + 1) for number in (lowest, highest))
    rig.cell(lowest).set(3.30 - volts)
    rig.cell(highest).set(3.30 + volts)
    rig.wait(SETTLED)
    wait_for_all(rig)
    return lowest, highest


@pytest.mark.requirement("R2Q-CAN-SELECT")
@pytest.mark.parametrize(("lowest", "highest"), [(1, -1), (-1, 1), (2, 3)])
def test_growatt_names_the_ends_of_the_cells(rig, lowest, highest):
    """0x319 has the numbers of the highest and the lowest cell beside their voltages."""
    lowest, highest = spread(rig, "growatt", lowest, highest, 0.05)
    assert rig.can["growatt"].signal("MinCellNumber").value == lowest
    assert rig.can["growatt"].signal("MaxCellNumber").value == highest


def place(rig, identifier):
    """Letter and number of a cell or sensor in a name: C7SU1 is cell 7.

    What follows is the slave's number with a REC 9M; a stand-alone unit has none.
    """
    name = rig.can.message(identifier).text
    found = re.match(r"([A-Z])(\d+)", name)
    assert found, f"0x{identifier:X} names no place: {name!r}"
    return found[1], int(found[2])


@pytest.mark.requirement("R2Q-CAN-SELECT")
@pytest.mark.parametrize(("lowest", "highest"), [(1, -1), (2, 3)])
def test_victron_names_the_ends_of_the_cells(rig, lowest, highest):
    """0x374 and 0x375 name the lowest and the highest cell, as real units were seen to do: C and its number."""
    lowest, highest = spread(rig, "victron", lowest, highest, 0.10)
    assert place(rig, 0x374) == ("C", lowest)
    assert place(rig, 0x375) == ("C", highest)


@pytest.mark.requirement("R2Q-CAN-SELECT")
@pytest.mark.parametrize(("coldest", "hottest"), [(1, 4), (3, 2)])
def test_victron_names_the_ends_of_the_sensors(rig, coldest, hottest):
    """0x376 and 0x377 name the sensor of the lowest and of the highest temperature: T and its number."""
    select(rig, named("victron"), sensors=4)
    rig.temperature(coldest).set(15)
    rig.temperature(hottest).set(35)
    rig.wait(SETTLED)
    wait_for_all(rig)
    assert place(rig, 0x376) == ("T", coldest)
    assert place(rig, 0x377) == ("T", hottest)
    extremes = rig.can.message(0x373).data  # by hand
    kelvin = [int.from_bytes(extremes[start : start + 2], "little") for start in (4, 6)]
    assert kelvin == pytest.approx([273 + 15, 273 + 35], abs=1.6)


@pytest.mark.requirement("R2Q-CAN-SELECT")
@for_each(WITH_OUTPUTS)
@pytest.mark.parametrize(
    ("cause", "allowed"),
    [
        (lambda rig: rig.cells.set(3.30), (1, 1)),
        (lambda rig: rig.cells.set(3.95), (0, 1)),
        (lambda rig: rig.cells.set(2.70), (1, 0)),
        (lambda rig: rig.temperature(1).set(60), (0, 0)),
        (lambda rig: rig.temperature(1).set(-15), (0, 1)),
    ],
    ids=["healthy", "over-voltage", "under-voltage", "over-temperature", "low-temperature"],
)
def test_bits_that_allow_charging_and_discharging(rig, protocol, cause, allowed):
    """ChargeEnable and DischargeEnable are what Table 25 leaves of charging and discharging."""
    select(rig, protocol)
    cause(rig)
    rig.settle()
    wait_for_all(rig)
    database = rig.can[protocol.database]
    seen = tuple(database.signal(name).value for name in ("ChargeEnable", "DischargeEnable"))
    assert seen == allowed, f"(charging, discharging) is {seen}, expected {allowed}"


@pytest.mark.requirement("R2Q-CAN-LAYOUT")
@pytest.mark.parametrize("amperes", [60.0, -60.0])
def test_growatt_sign_of_the_current(rig, amperes):
    """Growatt's text does not say which sign charging has: what this unit makes of it is recorded."""
    select(rig, named("growatt"))
    current.apply(rig, amperes)
    rig.wait(SETTLED)
    wait_for_all(rig)
    said = rig.can["growatt"].signal("Current").read().value
    rig.measure("growatt_charging_is_positive", float(said * amperes > 0), comment=f"{said:g} A for {amperes:g} A")


@pytest.mark.requirement("R2Q-CAN-LAYOUT")
@pytest.mark.parametrize("amperes", [0.0, 60.0, -60.0])
def test_growatt_state(rig, amperes):
    """Standby, charging or discharging in 0x311, and its switched outputs: recorded, the text leaves them open."""
    select(rig, named("growatt"))
    current.apply(rig, amperes)
    rig.wait(SETTLED)
    wait_for_all(rig)
    for name in ("State", "ChargeOutput", "DischargeOutput"):
        rig.measure(
            "growatt_status", rig.can["growatt"].signal(name).read().value, comment=f"{name} with {amperes:g} A"
        )
