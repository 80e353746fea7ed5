"""The rig's node on a CAN bus: periods and load, frames of its own, the rate of the bus, and its faults."""

from __future__ import annotations

import math

import pytest
from bmsrig import _core
from bmsrig.failure import ExpectationFailed


def test_periods_are_measured(unit):
    message = unit.can.message(0x355)
    assert math.isnan(message.period)
    unit.wait(0.5)
    assert math.isnan(message.periods.mean), "it came once"
    unit.wait(4)
    periods = message.periods
    assert (periods.last, periods.shortest, periods.longest) == pytest.approx((1, 1, 1), abs=1e-3)
    assert periods.mean == pytest.approx(1, abs=1e-3)
    assert unit.history("bus.can.0x355.period", 8)[-1][1] == "1 s"


def test_a_gap_is_the_longest_period(unit):
    unit.wait(2)
    unit.supply.set(5)
    unit.wait(3)
    unit.supply.set(53.12)
    unit.wait(2)
    periods = unit.can.message(0x031).periods
    assert periods.shortest == pytest.approx(0.1, abs=1e-3)
    assert periods.longest == pytest.approx(3, abs=0.25)
    assert periods.shortest < periods.mean < periods.longest


def test_load_is_that_of_the_last_second(unit):
    unit.wait(3.05)
    # Ten frames 0x031, each 111 to 135 bits of 4 us, and two more a second.
    assert 0.44 <= unit.can.load <= 0.65
    unit.supply.set(5)
    unit.wait(3)
    assert unit.can.load == 0


def test_a_frame_is_repeated_while_time_passes_inside(unit):
    echo = unit.can.message(0x306)
    with unit.can.repeat(0x305, bytes(8), every=0.5):
        unit.wait(2.2)
        assert echo.count == 5
    unit.wait(3)
    assert echo.count == 5
    with pytest.raises(_core.InputError, match="expected more than 0 s"), unit.can.repeat(0x305, every=0):
        pass


def test_keep_alives_are_those_of_the_protocols(unit):
    echo = unit.can.message(0x306)
    with unit.can.keep_alive("victron"):
        unit.wait(2.5)
    assert echo.count == 3
    assert echo.data == bytes(8)
    with pytest.raises(_core.InputError, match="there is no CAN protocol Victron; did you mean"):
        unit.can.keep_alive("Victron").__enter__()
    with pytest.raises(_core.InputError, match="CAN protocol rec has no keep-alive"):
        unit.can.keep_alive("rec").__enter__()


def test_a_message_is_sent_by_its_signals(unit):
    unit.can["victron"].send("StateOfCharge", SOC=71, SOH=98, SOCHighResolution=71.99)
    unit.wait(0.1)
    assert unit.can.message(0x356).data == bytes.fromhex("470062001F1C")[::-1]
    with pytest.raises(_core.InputError, match=r"message victron\.StateOfCharge has no signal Soc; did you mean"):
        unit.can["victron"].send("StateOfCharge", Soc=1)
    with pytest.raises(_core.InputError, match="database victron has no message Limit; did you mean"):
        unit.can["victron"].send("Limit")


def test_the_rate_is_found_by_listening(unit):
    bus = unit.can
    assert bus.detect_bit_rate() == 250_000
    assert not bus.listen_only
    bus.bit_rate = 500_000
    assert bus.detect_bit_rate([100_000, 250_000]) == 250_000
    assert bus.bit_rate == 500_000, "set as before"
    bus.bit_rate = 0
    unit.supply.set(5)
    unit.wait(0.2)
    with pytest.raises(ExpectationFailed, match="500000 bit/s: silence, 250000 bit/s: silence, 125000 bit/s: silence"):
        bus.detect_bit_rate()
    with pytest.raises(_core.InputError, match="at least one bit rate"):
        bus.detect_bit_rate([])
    for wrong in ([0], [-5], "500k", [2_000_000]):
        with pytest.raises(_core.InputError, match="bit/s is no rate of CAN; expected 1 to 1000000"):
            bus.detect_bit_rate(wrong)


def test_who_only_listens_acknowledges_nothing(unit):
    bus = unit.can
    bus.listen_only = True
    assert bus.listen_only
    unit.wait(0.2)  # what stood on the wire has ended
    count = bus.message(0x031).count
    unit.wait(1)
    assert bus.message(0x031).count == count
    assert bus.error_frames > 100, "the unit sends one frame again and again"
    with pytest.raises(_core.InputError, match="listen"):
        bus.send(0x305)
    bus.listen_only = False
    unit.wait(1)
    assert bus.message(0x031).age < 0.2


def test_a_broken_bus_is_mended_again(unit):
    bus = unit.can
    bus.fault("short")
    unit.wait(1)
    assert bus.state == "error_active", "the rig's node has sent nothing into it"
    bus.fault("none")
    unit.wait(1)
    assert bus.message(0x031).age < 0.2, "the unit's node comes back by itself"
    bus.fault("open")
    unit.wait(1)
    assert bus.message(0x031).age > 0.8
    bus.fault("none")
    unit.wait(1)
    assert bus.message(0x031).age < 0.2


def test_a_node_that_is_off_the_bus_acknowledges_nothing(unit):
    bus = unit.can
    bus.fault("short")
    bus.send(0x305)
    unit.wait(1)
    assert bus.state == "bus_off"
    bus.fault("none")
    unit.wait(1)
    assert bus.message(0x031).age > 1
    bus.recover()
    unit.wait(1)
    assert bus.state == "error_active"
    assert bus.message(0x031).age < 0.2
    assert unit.can.message(0x306).count == 1, "what waited has been sent"


def test_what_is_no_fault_is_ours(unit):
    bus = unit.can
    with pytest.raises(_core.InputError, match="expected none, short or open"):
        bus.fault("broken")


def test_a_signal_is_found_in_either_format(unit):
    """can_unit sends an echo with 29 bits if it was asked with 29 bits; 0x373 is Victron's extremes."""
    extremes = bytes.fromhex("030F090F1D011F01")
    unit.can.send(0x372, extremes[::-1], extended=True)
    unit.wait(0.1)
    lowest = unit.can["victron"].signal("MinCell")
    assert lowest.value == pytest.approx(3.843)
    assert lowest.message.extended
    assert unit.can.message(0x373, extended=True).count == 1
    unit.can.send(0x372, extremes[::-1])
    assert lowest.read(within=1).value == pytest.approx(3.843)
    assert not lowest.message.extended
