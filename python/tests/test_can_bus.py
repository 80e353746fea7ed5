"""What a plan sees of a CAN bus: signals, messages, silence, and the words of a failure."""

from __future__ import annotations

import math

import pytest
from bmsrig import InputError, _core
from bmsrig.can import MISSING_AFTER, CanBus
from bmsrig.failure import ExpectationFailed
from can_bench import can_rig


def test_a_signal_has_the_value_of_the_last_frame(unit):
    unit.wait(1)
    voltage = unit.can["rec"].signal("PackVoltage")
    assert voltage.value == pytest.approx(53.12, abs=0.02)
    assert (voltage.unit, voltage.resolution, voltage.uncertainty) == ("V", 0.01, 0.005)
    assert voltage.message.identifier == 0x031
    assert 0 <= voltage.age <= 0.1
    assert voltage.time == pytest.approx(unit.now - voltage.age)
    error = unit.can["rec"].signal("ErrorNumber")
    assert (error.value, error.word, error.uncertainty) == (2, "cell under-voltage", 0)
    assert unit.can["rec"].signal("ErrorElement").word == "5"
    assert "can.rec.packvoltage: it is 53.1" in repr(voltage)
    assert repr(unit.can["rec"]) == "<CAN protocol rec with 42 signals>"


def test_a_value_that_is_there_counts_at_once(unit):
    unit.wait(0.55)
    before = unit.now
    reading = unit.can["rec"].signal("Current").expect_near(-12.4, 0.05)
    assert unit.now == before
    assert (reading.value, reading.uncertainty, reading.unit) == (pytest.approx(-12.4), 0.01, "A")
    assert reading.time == unit.can.message(0x031).time < before


def test_an_expectation_waits_for_the_frame_that_says_so(unit):
    unit.supply.set(48.00)
    applied = unit.now
    reading = unit.can["rec"].signal("PackVoltage").expect_between(47.97, 48.03, within=0.3)
    assert reading.time == unit.now
    assert applied < unit.now <= applied + 0.3
    unit.measure("pack_voltage", unit.can["rec"].signal("PackVoltage").read())


def test_the_default_time_is_the_fixtures(unit):
    start = unit.now
    with pytest.raises(ExpectationFailed, match=r"expected 60 V or more within 0\.5 s of"):
        unit.can["rec"].signal("PackVoltage").expect_above(60)
    assert unit.now == pytest.approx(start + 0.5)


def test_half_a_step_is_on_the_units_side(unit):
    current = unit.can["rec"].signal("Current")
    current.expect_below(-12.409, within=0.2)
    with pytest.raises(ExpectationFailed):
        current.expect_below(-12.411, within=0.2)
    # A number of something has no half step.
    with pytest.raises(ExpectationFailed):
        unit.can["rec"].signal("ErrorNumber").expect_above(2.4, within=0.2)


def test_a_failure_tells_what_was_said_and_when(unit):
    unit.supply.set(48.00)
    unit.wait(0.3)
    with pytest.raises(ExpectationFailed) as failure:
        unit.can["rec"].signal("PackVoltage").expect_near(50, 1, within=0.2)
    text = str(failure.value)
    assert "signal can.rec.packvoltage: expected 49 to 51 V within 0.2 s of" in text
    assert "but it is 48 V in the frame 0x031 at" in text
    assert "last changes of can.rec.packvoltage:" in text
    with pytest.raises(ExpectationFailed, match=r"it is 2 \(cell under-voltage\) in the frame 0x031"):
        unit.can["rec"].signal("ErrorNumber").expect_below(0, within=0.2)


def test_a_message_that_never_came_is_said(unit):
    cell = unit.can["rec"].signal("Cell1")
    assert math.isnan(cell.value)
    assert math.isnan(cell.time)
    assert cell.age == math.inf
    assert cell.word == "nan"
    assert cell.message.data == b""
    with pytest.raises(
        ExpectationFailed,
        match=r"no frame 0x033 that carries it: none has come since the UUT was switched on; in this test \d+ frames",
    ):
        cell.expect_between(0, 5, within=1)
    with pytest.raises(
        ExpectationFailed, match=r"bus can: expected a frame 0x033 within 1 s of .* s, but none has come"
    ):
        cell.message.expect_next(within=1)


def test_a_unit_that_the_test_has_switched_off_is_not_blamed(unit):
    unit.power_off()
    with pytest.raises(InputError, match="this test has switched the UUT off"):
        unit.can["rec"].signal("SOC").expect_near(99, 1, within=60)
    unit.wait(0.01)  # a frame may have been on the wire
    unit.can.stays_silent(1)
    unit.power_on()


def test_what_was_said_before_the_unit_was_switched_off_counts_no_more(unit):
    voltage = unit.can["rec"].signal("PackVoltage")
    voltage.expect_near(53.12, 0.02)
    unit.power_off()
    off = "nobody sends it: this test has switched the UUT off and not on again"
    with pytest.raises(_core.InputError, match=off):
        voltage.expect_near(53.12, 0.02)
    with pytest.raises(_core.InputError, match=off):
        voltage.stays_between(53, 54, 1)
    with pytest.raises(_core.InputError, match=f"bus can: frame 0x031: {off}"):
        unit.can.message(0x031).expect_next(1)
    unit.power_on()
    voltage.expect_near(53.12, 0.02)


def test_what_a_missing_message_said_counts_no_more(unit):
    limit = unit.can["rec"].signal("CVL")
    limit.expect_near(57.2, 0.1, within=0)
    unit.wait(MISSING_AFTER + 1)
    assert limit.value == pytest.approx(57.2)
    with pytest.raises(ExpectationFailed, match=r"frames 0x037 that carry it are missing since 0\.9\d+ s"):
        limit.expect_near(57.2, 0.1, within=1)
    with pytest.raises(ExpectationFailed, match=r"expected a frame 0x037 within 5 s .*the last of \d+ came at 0\.9"):
        limit.read()
    with pytest.raises(ExpectationFailed, match="missing since"):
        limit.stays_between(57, 58, seconds=1)


def test_a_frame_that_is_too_short_for_a_signal_is_said(unit):
    protocol = unit.can["victron"]
    assert protocol.signal("SOC").read().value == 88
    fine = protocol.signal("SOCHighResolution")
    assert math.isnan(fine.value)
    with pytest.raises(ExpectationFailed, match=r"the frame 0x355 at .* s is too short for it: 58 00 5e 00"):
        fine.expect_above(0, within=1.5)
    with pytest.raises(ExpectationFailed, match="expected a value in the frame, but the frame 0x355"):
        fine.read()


def test_a_reading_waits_for_the_next_frame(unit):
    cell = unit.can["rec"].signal("Cell9")
    unit.wait(0.2)
    start = unit.now
    reading = cell.read()
    assert reading.time == unit.now > start
    assert (reading.value, reading.uncertainty) == (pytest.approx(3.320), 0.0005)


def test_a_value_that_stays_is_looked_at_in_every_frame(unit):
    voltage = unit.can["rec"].signal("PackVoltage")
    start = unit.now
    voltage.stays_between(53, 54, seconds=20)
    assert unit.now == pytest.approx(start + 20)
    unit.can["rec"].signal("Cell9").stays_between(3.3, 3.4, seconds=20)
    unit.supply.ramp(48.0, seconds=10)
    with pytest.raises(ExpectationFailed, match=r"expected it to stay 53 to 54 V for 3 s from .* s on, but it is 4"):
        voltage.stays_between(53, 54, seconds=3)


def test_a_value_does_not_stay_when_its_message_stays_away(unit):
    start = unit.now
    with pytest.raises(ExpectationFailed, match=r"expected it to stay 57 V or more .* 0x037 that carry it are missing"):
        unit.can["rec"].signal("CVL").stays_between(57, math.inf, seconds=60)
    assert MISSING_AFTER < unit.now - start < MISSING_AFTER + 1


def test_frames_are_counted_and_timed(unit):
    times = unit.can.watch(2.0)
    assert set(times) == {0x031, 0x035, 0x037, 0x355}
    assert len(times[0x031]) in (20, 21)
    assert len(times[0x355]) == 2
    gaps = [b - a for a, b in zip(times[0x031], times[0x031][1:], strict=False)]
    assert all(0.099 < gap < 0.101 for gap in gaps)
    message = unit.can.message(0x031)
    before = message.count
    assert message.expect_next() == pytest.approx(unit.now)
    assert message.count == before + 1
    assert message.data[:2] == bytes([0x64, 0xC8])
    assert repr(message).startswith(f"<CAN message 0x031: the last of {before + 1} came at ")
    assert repr(unit.can.message(0x031, extended=True)).startswith("<CAN message 0x00000031: none has come")


def test_the_rig_sends_frames(unit):
    unit.can.send(0x305, b"\1\2\3")
    unit.wait(0.1)
    assert unit.can.message(0x306).data == b"\3\2\1"
    unit.can.send(0x1806E5F4, b"REC-BMS\0"[::-1], extended=True)
    unit.wait(0.1)
    assert unit.can.message(0x1806E5F5, extended=True).text == "REC-BMS"
    assert unit.can.message(0x306, extended=True).count == 0
    with pytest.raises(_core.InputError, match="one of 29 bits needs extended=True"):
        unit.can.message(0x1806E5F5)


def test_silence_is_silence(unit):
    with pytest.raises(
        ExpectationFailed, match=r"bus can: expected it to stay silent for 1 s, but there were \d+ frames"
    ):
        unit.can.stays_silent(1)
    unit.supply.set(5)
    unit.wait(0.2)
    unit.can.stays_silent(10)


def test_what_stood_on_the_wire_before_is_no_noise(unit):
    """Each of these moments lies a little later within the frames that can_unit sends every 100 ms."""
    for step in range(1, 9):
        start = unit.now
        unit.wait(math.ceil(start * 10) / 10 + 0.0001 * step - start)
        unit.supply.set(5)
        unit.wait(0.0001)
        unit.can.stays_silent(1)
        unit.supply.set(53.12)
        unit.wait(0.5)


def test_the_rigs_own_frames_are_no_noise_of_the_unit(unit):
    """A unit without power acknowledges nothing, so that each of them is broken off again and again."""
    unit.power_off()
    with unit.can.repeat(0x305, bytes(8), every=0.1):
        unit.can.stays_silent(1)
    assert unit.can.error_frames > 100


def test_frames_at_another_bit_rate_are_no_silence(unit):
    bus = unit.can
    assert bus.bit_rate == 250_000
    bus.bit_rate = 500_000
    assert bus.bit_rate == 500_000
    with pytest.raises(ExpectationFailed, match=r"but there were \d+ error frames"):
        bus.stays_silent(1)
    assert bus.error_frames > 0
    assert repr(bus).startswith("<CAN bus can: ")


def test_what_does_not_exist_is_refused_by_name(unit):
    with pytest.raises(_core.InputError, match="does not list the database sma at it; there are: rec, victron"):
        unit.can["sma"]
    with pytest.raises(_core.InputError, match='database rec has no signal Soc; did you mean "SOC"'):
        unit.can["rec"].signal("Soc")
    with pytest.raises(_core.InputError, match="has no signal Nothing; there are: SOC, SOH, PackVoltage"):
        unit.can["rec"].signal("Nothing")
    with pytest.raises(_core.InputError, match="database rec has no signal MinCell; it is one of victron"):
        unit.can["rec"].signal("MinCell")
    with pytest.raises(_core.InputError, match="can"):
        unit.can_bus("other")


def test_what_no_frame_can_be_is_ours(unit):
    bus = unit.can
    for identifier in (0x800, -1, "SOC"):
        with pytest.raises(_core.InputError, match="is no CAN identifier; expected a number of 0 to 0x7ff"):
            bus.message(identifier)
        with pytest.raises(_core.InputError, match="is no CAN identifier"):
            bus.send(identifier)
    with pytest.raises(_core.InputError, match="0x20000000 is no CAN identifier; expected a number of 0 to 0x1fffffff"):
        bus.message(0x20000000, extended=True)
    with pytest.raises(_core.InputError, match="9 bytes"):
        bus.send(0x305, bytes(9))
    with pytest.raises(_core.InputError, match="'00FF' is no data of a CAN frame; expected bytes"):
        bus.send(0x305, "00FF")
    for rate in (-1, 10_000_000_000):
        with pytest.raises(_core.InputError, match="is no rate of CAN"):
            bus.bit_rate = rate


def test_a_range_the_wrong_way_round_is_ours(unit):
    signal = unit.can["rec"].signal("SOC")
    for low, high in ((60, 40), (math.nan, 40)):
        with pytest.raises(_core.InputError, match=r"can\.rec\.soc: nothing lies between"):
            signal.expect_between(low, high)
        with pytest.raises(_core.InputError, match="expected low <= high"):
            signal.stays_between(low, high, 1.0)


def test_a_database_that_is_not_at_the_bus_is_refused(tmp_path):
    core = can_rig(tmp_path / "unit", "[rec]")
    with pytest.raises(
        _core.InputError, match="bus can: the fixture's wiring does not list the database victron at it"
    ):
        CanBus(core, "can")["victron"]
