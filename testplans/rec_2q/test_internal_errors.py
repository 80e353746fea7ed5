"""Errors 13 to 16, which arise inside the unit, error 9, which one unit alone never has, and what the memory keeps."""

import pytest
from bmsrig.steps.blinks import expect_number
from bmsrig.steps.lines import expect_levels_stay
from bmsrig.steps.rec.errors import expect_directions, expect_error, expect_error_stays, expect_no_error, measure_trip
from bmsrig.steps.rec.precharge import measure_closing

STARTED = 13.0
"""s after switch-on: the firmware's loader, the self-test, the pre-charge and a reserve."""

NOTHING = {"relay": "inactive", "precharge": "inactive"}


@pytest.mark.requirement("R2Q-E13")
def test_wrong_chemistry_keeps_the_relay_open(rig):
    """A chemistry that there is not is error 13; setting a right one ends it, and the relay closes."""
    rig.restart(fault="chemistry")
    expect_error(rig, 13)
    expect_levels_stay(rig, NOTHING, seconds=30)
    expect_directions(rig, 13)
    rig.rs485.write("CHEM", 3)
    expect_no_error(rig)
    measure_closing(rig, within=5)


@pytest.mark.requirement("R2Q-E14")
def test_lost_memory_comes_back_with_defaults(rig):
    """Settings that the memory has lost: error 14, the manual's defaults, and the relay is closed."""
    rig.restart(cmax=3.70, cmin=2.60, tmax=45, fault="memory")
    expect_error(rig, 14)
    rig.line("relay").expect_active()
    expect_restored(rig)
    expect_error_stays(rig, 14, seconds=20)
    rig.line("relay").expect_active(within=0)


@pytest.mark.requirement("R2Q-E14")
@pytest.mark.parametrize("damage", ["cut", "changed", "garbage"])
def test_corrupted_memory_comes_back_with_defaults(rig, damage):
    """The memory was damaged while the unit was off: error 14 and defaults, never a value out of its range."""
    rig.rs485.write("CMAX", 3.70)
    rig.rs485.write("CMIN", 2.60)
    rig.rs485.write("TMAX", 45.0)
    rig.power_off()
    memory = rig.file("memory")
    sound = memory.read_bytes() if memory.exists() else b""
    assert sound, "expected something in the memory after settings were written"
    memory.write_bytes(
        {
            "cut": sound[: len(sound) // 2],
            "changed": bytes(byte ^ (0x11 if index == len(sound) // 2 else 0) for index, byte in enumerate(sound)),
            "garbage": bytes(range(256)),
        }[damage]
    )
    rig.power_on()
    expect_error(rig, 14, within=STARTED)
    rig.line("relay").expect_active()
    expect_restored(rig)


def expect_restored(rig):
    """The settings that were changed have the values of the manual's Table 2 again."""
    for name, mnemonic in (("restored_cmax", "CMAX"), ("restored_cmin", "CMIN"), ("restored_tmax", "TMAX")):
        rig.measure(name, rig.rs485.read(mnemonic))


@pytest.mark.requirement("R2Q-E14")
def test_settings_outlive_a_restart(rig):
    """What was written is there after off and on, without an error, and the unit acts by it."""
    rig.rs485.write("CMAX", 3.70)
    rig.rs485.write("PRCT", 6)
    rig.restart()
    expect_no_error(rig)
    assert rig.rs485.read("CMAX") == pytest.approx(3.70, abs=5e-4)
    assert rig.rs485.read("PRCT") == 6
    rig.cells.set(3.75)
    expect_error(rig, 1)


@pytest.mark.requirement("R2Q-E15")
def test_balancing_failure_keeps_the_relay_open_until_restart(rig):
    """A balancing transistor that fails the self-test is error 15 until the unit is restarted without it."""
    rig.restart(fault="balancing")
    expect_error(rig, 15)
    expect_levels_stay(rig, NOTHING, seconds=60)
    rig.restart(fault="none")
    expect_no_error(rig)
    rig.line("relay").expect_active()


@pytest.mark.requirement("R2Q-E16")
def test_internal_bus_failure_does_not_start(rig):
    """Error 16, and none of the unit's work begins: no relay, no balancing of cells that are far too high."""
    rig.restart(fault="internal_bus")
    expect_error(rig, 16)
    rig.cells.set(rig.setting("bvol") + 0.05)
    balancing = {f"balance.{number}": "inactive" for number in range(1, len(rig.cells) + 1)}
    expect_levels_stay(rig, NOTHING | balancing, seconds=60)
    expect_number(rig, "led.error", 16, seconds=60)
    rig.restart(fault="none")
    expect_no_error(rig)


@pytest.mark.requirement("R2Q-E9")
def test_nothing_on_rs485_is_error_9(rig):
    """Frames to others, broken frames, noise and silence: no error, and the relay stays closed."""
    relay = rig.line("relay").last_edge
    query = bytes.fromhex("55 01 00 05 4C 43 44 31 3F 46 D0 AA")  # LCD1? to unit 1 (REC 2Q manual, Protocol)
    disturbances = [
        bytes([0x55]) * 20,
        query[:7],
        query[:-3] + bytes([0, 0, 0xAA]),
        bytes([0x55, 0x05]) + query[2:],
        bytes(range(256)),
        b"",
    ]
    for raw in disturbances:
        rig.rs485.send(raw)
        expect_error_stays(rig, 0, seconds=4)
    expect_error_stays(rig, 0, seconds=60)
    expect_no_error(rig)
    assert rig.line("relay").last_edge.number == relay.number, f"the relay moved\n{rig.line('relay')!r}"


@pytest.mark.requirement("R2Q-E9")
def test_silence_beside_an_error_is_not_error_9(rig):
    """With another error there, and nobody on RS-485, it is still that other one that is shown."""
    measure_trip(rig, 7, rig.temperature(1).set(rig.setting("tmin") - 5).time)
    expect_error_stays(rig, 7, seconds=60)
