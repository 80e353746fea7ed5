"""REC's own CAN protocol (CHRG 0): identifiers, periods, and the values of the unit."""

from itertools import pairwise

import pytest
from bmsrig.steps.rec import current
from bmsrig.steps.rec.arbiter import SETTLED, measure_reports
from bmsrig.steps.rec.protocols import OWN
from bmsrig.steps.rec.states import STATES, apply_state


@pytest.mark.requirement("R2Q-CAN-REC")
def test_identifiers_and_periods(rig):
    """0x031 to 0x038 and no others, each again and again."""
    allowed = rig.limit("can_rec_period").high
    seen = rig.can.watch(4 * allowed)
    assert sorted(seen) == list(OWN)
    for identifier, times in sorted(seen.items()):
        gaps = [after - before for before, after in pairwise(times)]
        assert gaps, f"0x{identifier:03X} was sent once only in {4 * allowed:g} s"
        rig.measure("can_rec_period", max(gaps), comment=f"0x{identifier:03X}, the longest")
        rig.measure("can_rec_mean_period", round(sum(gaps) / len(gaps), 3), comment=f"0x{identifier:03X}, to 1 ms")
        assert len(rig.can.message(identifier).data) == 8


@pytest.mark.requirement("R2Q-CAN-REC")
@pytest.mark.parametrize("state", STATES)
def test_values_are_those_that_stand_at_the_unit(rig, state):
    """Cells, temperatures, pack voltage and current, in many states of the battery."""
    rig.restart(sensors=4)
    apply_state(rig, STATES[state])
    measure_reports(rig, comment=state)


@pytest.mark.requirement("R2Q-CAN-REC")
def test_bytes_stand_where_the_manual_has_them(rig):
    """Each value taken from its bytes by hand: an error in the shared layout would be seen."""
    rig.restart(tmin=-20, sensors=4, socs=0.63)  # the limits may be reduced near TMIN
    cells = [3.200 + 0.010 * number for number in range(1, len(rig.cells) + 1)]
    rig.cells.set(cells)
    sensors = [-7.0, -4.0, 3.0, 12.0]
    for number, degrees in enumerate(sensors, start=1):
        rig.temperature(number).set(degrees)
    rig.temperature("case_temp").set(33.0)
    current.apply(rig, -12.4)
    rig.wait(SETTLED + rig.limit("can_refresh_time").high)

    main = rig.can.message(0x031).data
    soc, soh = rig.rs485.array("LCD1")[5:7]
    assert main[0] * 0.005 == pytest.approx(soc, abs=0.0051)
    assert main[1] * 0.005 == pytest.approx(soh, abs=0.0051)
    assert int.from_bytes(main[2:4], "big") * 0.010 == pytest.approx(sum(cells), abs=0.021)
    assert int.from_bytes(main[4:6], "big", signed=True) * 0.020 == pytest.approx(-12.4, abs=0.061)
    assert main[6:8] == bytes([0, 0])
    temperatures = rig.can.message(0x032).data
    seen = [int.from_bytes(temperatures[number : number + 1], "big", signed=True) for number in range(4)]
    assert seen == pytest.approx(sensors, abs=1.6)
    for number, volts in enumerate(cells):
        data = rig.can.message(0x033 + number // 4).data
        position = 2 * (number % 4)
        assert int.from_bytes(data[position : position + 2], "big") * 0.001 == pytest.approx(volts, abs=0.0025)
    limits = rig.can.message(0x037).data
    assert int.from_bytes(limits[0:2], "big") * 0.1 == pytest.approx(len(cells) * rig.setting("char"), abs=0.11)
    assert int.from_bytes(limits[2:4], "big") * 0.1 == pytest.approx(rig.setting("maxc"), abs=0.11)
    assert int.from_bytes(limits[4:6], "big") * 0.1 == pytest.approx(rig.setting("maxd"), abs=0.11)
    lowest, highest = len(cells) * rig.setting("cmin"), len(cells) * rig.setting("char")
    assert 0.9 * lowest < int.from_bytes(limits[6:8], "big") * 0.1 < highest  # how it is made up is not said
    status = rig.can.message(0x038).data
    assert int.from_bytes(status[2:3], "big", signed=True) == pytest.approx(33, abs=1.6)
    assert status[3] & 0b11 == 0b10  # no pre-charge, the relay closed
    assert status[7] == 0


@pytest.mark.requirement("R2Q-CAN-REC")
def test_capacity_of_a_full_battery(rig):
    """Table 20, bytes 1 and 2: Ah, be it what the battery can hold or what is in it, which is the same when full."""
    rig.restart(capa=1111.0, socs=1.0)
    rig.wait(SETTLED + rig.limit("can_refresh_time").high)
    assert int.from_bytes(rig.can.message(0x038).data[0:2], "big") == pytest.approx(1111, abs=12)


@pytest.mark.requirement("R2Q-CAN-REC")
@pytest.mark.parametrize(("cells", "error"), [(3.95, 1), (2.70, 2)], ids=["over-voltage", "under-voltage"])
def test_error_is_the_same_on_both_buses(rig, cells, error):
    """Number and cell of an error, on CAN as ERRO answers them; nothing while there is none."""
    refresh = rig.limit("can_refresh_time").high
    status = rig.can["rec"]
    status.signal("ErrorNumber").expect_near(0, 0, within=refresh)
    last = len(rig.cells)
    rig.cells.set([cells] * (last - 1) + [cells + (0.05 if error == 1 else -0.05)])
    rig.line("relay").expect_inactive()
    status.signal("ErrorNumber").expect_near(error, 0, within=refresh)
    present, unit, number, where = rig.rs485.bytes("ERRO")
    assert (present, unit, number) == (1, int(rig.setting("address")), error)
    status.signal("ErrorElement").expect_near(where, 0, within=refresh)
    assert tuple(rig.can.message(0x031).data[6:8]) == (error, where), "bytes 7 and 8 of Table 13"


@pytest.mark.requirement("R2Q-CAN-REC")
def test_outputs_are_reported_as_they_are(rig):
    """Relay and pre-charge in 0x038 follow the outputs, through an opening and a closing."""
    refresh = rig.limit("can_refresh_time").high
    status = rig.can["rec"]
    for cells, level in ((3.95, 0), (3.30, 1)):
        rig.cells.set(cells)
        (rig.line("relay").expect_active if level else rig.line("relay").expect_inactive)(20)
        status.signal("Relay").expect_near(level, 0, within=refresh)
        status.signal("Precharge").expect_near(0, 0, within=refresh)
        assert rig.line("relay").is_active == bool(level)


@pytest.mark.requirement("R2Q-CAN-REC")
def test_steps_of_opening_and_closing_are_reported(rig):
    """0x038 says closed for as long as it only announces the opening, and pre-charge before it says closed again."""
    refresh = rig.limit("can_refresh_time").high
    rig.restart(prct=31)
    rig.line("relay").expect_active(within=35)
    status = rig.can["rec"]
    rig.cells.set(3.95)
    status.signal("ShutdownAnnounced").expect_near(1, 0, within=7)
    assert rig.line("relay").is_active
    assert status.signal("Relay").value == 1
    assert rig.can.message(0x038).data[7] == 1, "byte 8 of Table 20"
    rig.line("relay").expect_inactive()
    rig.cells.set(3.30)
    rig.line("precharge").expect_active(within=20)
    status.signal("Precharge").expect_near(1, 0, within=refresh)
    assert status.signal("Relay").value == 0
    assert rig.can.message(0x038).data[3] & 0b11 == 0b01, "bits 1 and 2 of Table 20"


@pytest.mark.requirement("R2Q-CAN-REC")
@pytest.mark.parametrize("opto", [1, 2])
def test_optocouplers_are_reported_each_for_itself(rig, opto):
    """One of them has a task and the other has none: bits of 0x038 and outputs agree."""
    rig.restart(**{f"op{opto}t": 1, f"op{opto}l": 4.15, f"op{opto}h": -0.1})
    rig.wait(SETTLED + rig.limit("can_refresh_time").high)
    switched = [rig.line(f"opto.{number}").is_active for number in (1, 2)]
    assert [rig.can["rec"].signal(f"Opto{number}").value for number in (1, 2)] == switched
    outputs = rig.can.message(0x038).data[3]  # Table 20: bit 3 and bit 4, of which pre-charge is bit 1
    assert [bool(outputs & 0b0100), bool(outputs & 0b1000)] == switched


@pytest.mark.requirement("R2Q-CAN-REC")
def test_balancing_is_reported_as_it_is(rig):
    """The mask in 0x038 and WCIB name the cells whose resistors are joined."""
    highest = len(rig.cells) - 2
    rig.cells.set([3.45] * highest + [3.62, 3.65])
    rig.line(f"balance.{len(rig.cells)}").expect_active()
    rig.wait(rig.limit("can_refresh_time").high)
    joined = sum(1 << cell.number - 1 for cell in rig.cells if rig.line(f"balance.{cell.number}").is_active)
    assert joined
    assert int(rig.can["rec"].signal("BalancingMask").value) == joined
    assert int.from_bytes(rig.can.message(0x038).data[5:7], "big") == joined, "Table 20: the high byte first"
    assert rig.rs485.read("WCIB") == joined


@pytest.mark.requirement("R2Q-CAN-REC")
@pytest.mark.parametrize("amperes", [650.0, 660.0, -650.0, -660.0])
def test_current_at_the_end_of_its_field(rig, amperes):
    """0x031 can carry 655.34 A; what is sent beyond that no document says. The sign must never turn."""
    applied = current.apply(rig, amperes)
    rig.wait(SETTLED + rig.limit("can_refresh_time").high)
    reported = rig.can["rec"].signal("Current").value
    rig.measure("can_current_far_out", reported, comment=f"{applied.amperes:.2f} A applied")
    assert reported * amperes > 0
