"""The host on RS-485, against a unit that shares no line with it."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bmsrig import ExpectationFailed, InputError, Rig, _core
from bmsrig.rs485 import instructions

ROOT = Path(__file__).resolve().parents[2]
UNIT = Path(__file__).parent / "rs485_unit" / "unit.py"
HABITS = (
    *("none", "sender_first", "low_byte_first", "binary_count", "says_set", "mute", "lazy", "deaf"),
    *("takes_all", "takes_refused"),
)

FIXTURE = f"""\
format: 1
title: A unit on RS-485
products: [rec.stand_in]
process: none
reaction_time: 10 ms
settings_table: {ROOT}/drivers/rs485/TABLE.csv
settings:
  address: {{low: 0, high: 16, default: 1, source: "REC 2Q manual, Table 9"}}
  habit: {{choices: [{", ".join(HABITS)}], default: none, source: rs485_unit/unit.py}}
baseline: {{cells: 3 V, temperatures: 25 degC, supply: 3.3 V, switches: {{}}}}
self_test: {{dead_supply: 0 V, baseline: {{}}, steps: []}}
"""
WIRING = """\
format: 1
inputs:
  supply: {source: supply.1, unit: V, rating: [0 V, 60 V]}
loads: {}
lines:
  lamp: {port: lamp, reader: lines.1, debounce: 0 s}
buses:
  rs485: {adapter: rs485.1}
"""
BENCH = """\
format: 1
bench: virtual
fixture: unit
clock: virtual
seed: 1
instruments:
  supply: {driver: virtual_power_supply}
  lines: {driver: virtual_line_bank}
  rs485: {driver: virtual_serial_adapter}
"""
REQUIREMENTS = "id,title,requirement,observe,kind,source\nU-1,Unit,It answers,rs485,verify,here\n"


@pytest.fixture
def make_rig(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """A rig whose UUT is the unit, with these settings."""
    folder = tmp_path / "unit"
    (folder / "benches").mkdir(parents=True)
    (folder / "wiring.yaml").write_text(WIRING)
    (folder / "limits.yaml").write_text("format: 1\nlimits: {}\n")
    (folder / "requirements.csv").write_text(REQUIREMENTS)
    (folder / "benches" / "virtual.yaml").write_text(BENCH)
    made: list[_core.Rig] = []

    def make(table: str = "rec_2q", **settings: object) -> Rig:
        (folder / "fixture.yaml").write_text(FIXTURE.replace("TABLE", table))
        core = _core.Rig(
            folder,
            folder / "benches" / "virtual.yaml",
            [(name, str(value)) for name, value in settings.items()],
            f"{sys.executable} {UNIT}",
            "",
            None,
            5.0,
        )
        made.append(core)
        core.begin_test(1)
        return Rig(core)

    yield make
    for core in made:
        core.end_test()


def test_numbers_texts_and_arrays_are_read(make_rig):
    unit = make_rig().rs485
    assert unit.read("CMAX") == 3.85
    assert unit.read("CHEM") == 3
    assert unit.number("IOJA") == 0.019531
    assert unit.read("*IDN") == unit.text("*IDN") == "REC-BMS 2Q"
    assert unit.array("LCD1") == pytest.approx([3.3, 3.35, -12.5, 25, 53.2, 0.71, 0.98])
    assert unit.array("CELL") == pytest.approx([3.3, 3.31, 3.32, 3.33])
    assert unit.bytes("ERRO") == bytes([1, 1, 2, 5])
    assert unit.sender_first is False


def test_the_time_of_an_answer_is_that_on_the_wire(make_rig):
    """12 bytes to the unit, 4 ms, and the 15 bytes of 3.8500e0 back, at 56,000 bit/s."""
    rig = make_rig()
    rig.rs485.read("CMAX")
    assert rig.rs485.answer_time == pytest.approx(0.004 + 15 * 10 / 56_000, abs=2e-5)
    assert rig.rs485.attempts == 1
    start = rig.now
    rig.rs485.read("CMAX")
    assert rig.now - start == pytest.approx(0.020 + 12 * 10 / 56_000 + rig.rs485.answer_time, abs=2e-5)


def test_settings_are_written_and_read_back(make_rig):
    unit = make_rig().rs485
    assert unit.write("CMAX", 3.7) == 3.7
    assert unit.read("CMAX") == 3.7
    assert unit.write("CMAX", 3.655) == 3.655
    assert unit.write("CHEM", 5) == 5
    assert unit.write("IOJA", 0.0078125) == pytest.approx(0.0078125, rel=1e-4)


def test_what_is_out_of_range_is_refused_and_the_old_value_stays(make_rig):
    unit = make_rig().rs485
    assert unit.refused("CMAX", 4.26) == 3.85
    assert unit.read("CMAX") == 3.85


@pytest.mark.parametrize("habit", ["sender_first", "binary_count", "says_set"])
def test_the_habits_of_other_units_are_understood(make_rig, habit):
    unit = make_rig(habit=habit).rs485
    assert unit.write("CMAX", 3.7) == 3.7
    assert unit.array("LCD1")[4] == pytest.approx(53.2)
    assert unit.sender_first is (habit == "sender_first")


def test_an_instruction_that_is_not_heard_is_sent_again(make_rig):
    unit = make_rig(habit="lazy").rs485
    assert unit.read("CMAX") == 3.85
    assert unit.attempts == 3


def test_a_unit_that_does_not_answer_fails(make_rig):
    rig = make_rig(habit="mute")
    with pytest.raises(ExpectationFailed, match=r'rs485 1: CMAX\?: no answer to "CMAX\?" within 350 ms, sent 5 times'):
        rig.rs485.read("CMAX")
    assert rig.now == pytest.approx(5 * (0.350 + 12 * 10 / 56_000), abs=0.1)


def test_a_unit_that_the_test_has_switched_off_is_not_blamed(make_rig):
    rig = make_rig()
    rig.power_off()
    with pytest.raises(InputError, match="this test has switched the UUT off"):
        rig.rs485.read("CMAX")
    assert rig.rs485.send(b"U") == b"", "that nobody answers may be tested"
    rig.power_on()
    assert rig.rs485.read("CMAX") == 3.85


def test_a_unit_whose_crc_is_turned_fails(make_rig):
    unit = make_rig(habit="low_byte_first").rs485
    with pytest.raises(ExpectationFailed, match=r"no answer.*5 frames .* were damaged"):
        unit.read("CMAX")


def test_a_setting_that_is_accepted_but_not_taken_fails(make_rig):
    unit = make_rig(habit="deaf").rs485
    with pytest.raises(ExpectationFailed, match=r"CMAX was accepted as 3.70, but reads back as 3.8500e0"):
        unit.write("CMAX", 3.7)


def test_a_value_that_is_refused_but_taken_fails(make_rig):
    unit = make_rig(habit="takes_refused").rs485
    with pytest.raises(ExpectationFailed, match=r"CMAX 9: expected the old value 3.85 after NOT OK, but it is 9"):
        unit.refused("CMAX", 9.0)


def test_a_value_out_of_range_that_is_accepted_fails(make_rig):
    unit = make_rig(habit="takes_all").rs485
    with pytest.raises(ExpectationFailed, match=r"CMAX 9: expected NOT OK, but it was accepted and reads back as 9"):
        unit.refused("CMAX", 9.0)


def test_an_instruction_that_the_unit_does_not_know_fails(make_rig):
    unit = make_rig().rs485
    with pytest.raises(ExpectationFailed, match=r'MAXH\?: "MAXH\?" was refused: NOT OK'):
        unit.read("MAXH")
    with pytest.raises(ExpectationFailed, match=r"refused: NOT OK"):
        unit.write("MAXC", 100)


def test_commands_are_only_sent_armed(make_rig):
    unit = make_rig().rs485
    with pytest.raises(InputError, match="armed=True"):
        unit.command("WHRE 1")
    assert unit.command("WHRE 1", armed=True) == "Cleared energy counter"
    assert unit.command("RESE?", armed=True) == ""
    with pytest.raises(ExpectationFailed, match=r"ERRD 1.*refused"):
        unit.command("ERRD 1", armed=True)
    for wrong in ("WHRE", "WHRE 2", "CMAX 1", "RESE 1", "ABCD 1"):
        with pytest.raises(InputError, match="is no command"):
            unit.command(wrong, armed=True)


def test_frames_and_bytes_can_be_sent_as_they_are(make_rig):
    unit = make_rig().rs485
    count, data = unit.exchange(b"ERRO?")
    assert (count.text, data.payload) == ("4", bytes([1, 1, 2, 5]))
    assert (count.destination, count.sender) == (0, 1)
    assert unit.answer_time == pytest.approx(0.004 + 8 * 10 / 56_000, abs=2e-5)
    assert data.time > count.time
    assert [frame.text for frame in unit.exchange(b"ABCD?")] == ["NOT OK"]
    # The manual's example, and an answer computed elsewhere.
    assert unit.frame(b"LCD1?") == bytes.fromhex("550100054C4344313F46D0AA")
    assert unit.send(unit.frame(b"CMAX?")) == bytes.fromhex("55000108332E383530306530F117AA")
    assert unit.send(unit.frame(b"CMAX?", low_byte_first=True)) == b""
    assert unit.send(b"\x00\xff") == b""


def test_units_answer_their_own_address_alone(make_rig):
    rig = make_rig(address=5)
    assert rig.rs485.address == 5
    assert rig.rs485.read("CMAX") == 3.85
    assert rig.rs485.to(1).exchange(b"CMAX?") == []
    with pytest.raises(ExpectationFailed, match="rs485 2: CMAX"):
        rig.rs485.to(2).read("CMAX")
    rig.restart(address=6)
    assert rig.rs485.read("CMAX") == 3.85
    with pytest.raises(InputError, match="256 is no RS-485 address"):
        rig.rs485.to(256)


def test_a_bad_wire_costs_retries_only(make_rig):
    unit = make_rig().rs485
    with unit.wire.bit_errors(0.0005):
        for _ in range(20):
            assert unit.read("CMAX") == 3.85
            assert unit.array("LCD1")[4] == pytest.approx(53.2)
    with unit.wire.lost_bytes(1.0), pytest.raises(ExpectationFailed, match="no answer"):
        unit.read("CMAX")
    assert unit.read("CMAX") == 3.85
    assert unit.attempts == 1


def test_the_bit_rate_is_the_units(make_rig):
    rig = make_rig()
    assert rig.rs485.wire.bit_rate == 56_000
    rig.restart(rsbr=2)
    assert rig.rs485.wire.bit_rate == 115_200
    assert rig.rs485.read("CMAX") == 3.85
    assert rig.rs485.answer_time == pytest.approx(0.004 + 15 * 10 / 115_200, abs=2e-5)
    rig.rs485.wire.bit_rate = 56_000
    with pytest.raises(ExpectationFailed, match=r"no answer.*; this test set the port at 56000 bit/s"):
        rig.rs485.read("CMAX")
    rig.rs485.wire.bit_rate = 0
    assert rig.rs485.read("CMAX") == 3.85


def test_misuse_is_ours(make_rig):
    unit = make_rig().rs485
    with pytest.raises(InputError, match=r"rec_2q has no instruction 'STRN'"):
        unit.read("STRN")
    with pytest.raises(InputError, match=r'no instruction \'cmax\'; did you mean "CMAX"'):
        unit.read("cmax")
    with pytest.raises(InputError, match=r"CMAX cannot be the text '3.7'; expected a number, 2 to 4.25 V"):
        unit.write("CMAX", "3.7")
    for rate in (-1, 10_000_000_000):
        with pytest.raises(InputError, match=r"is no rate of RS-485"):
            unit.wire.bit_rate = rate
    with pytest.raises(InputError, match=r"WHRE cannot be read"):
        unit.read("WHRE")
    with pytest.raises(InputError, match=r"CELL is of type floats; use array\(\)"):
        unit.read("CELL")
    with pytest.raises(InputError, match=r"ERRO is of type bytes; use bytes\(\)"):
        unit.array("ERRO")
    with pytest.raises(InputError, match=r"CMAX is of type float; use read\(\)"):
        unit.bytes("CMAX")
    with pytest.raises(InputError, match=r"WHIN is no setting"):
        unit.write("WHIN", 1)
    with pytest.raises(InputError, match=r"CMAX 9 is out of range; expected 2 to 4.25 V"):
        unit.write("CMAX", 9)
    with pytest.raises(InputError, match=r"CANS 5 is out of range; expected 0 to 4, 128 to 132"):
        unit.write("CANS", 5)
    with pytest.raises(InputError, match=r"only a finite number"):
        unit.refused("CMAX", math.nan)
    with pytest.raises(InputError, match=r"255 at most"):
        unit.exchange(bytes(256))


def test_the_dialect_is_that_of_the_fixtures_settings(make_rig):
    unit = make_rig("rec_abms").rs485
    assert unit.table == "rec_abms"
    with pytest.raises(InputError, match="has no instruction 'SISN'"):
        unit.read("SISN")
    with pytest.raises(InputError, match="ERLD 1"):
        unit.command("ERRD 1")


def test_a_fixture_without_such_settings_has_no_dialect(make_rig, tmp_path):
    rig = make_rig()
    fixture = tmp_path / "unit" / "fixture.yaml"
    fixture.write_text("".join(line for line in FIXTURE.splitlines(keepends=True) if "settings_table" not in line))
    assert rig.rs485.table == "rec_2q"
    core = _core.Rig(
        fixture.parent, fixture.parent / "benches" / "virtual.yaml", [], f"{sys.executable} {UNIT}", "", None, 5.0
    )
    with pytest.raises(InputError, match="has the settings of no RS-485 table"):
        _ = Rig(core).rs485


def test_the_tables_can_be_read_without_a_rig():
    cmax = next(row for row in instructions("rec_2q") if row.name == "CMAX")
    assert (cmax.minimum, cmax.maximum, cmax.default, cmax.unit, cmax.decimals) == (2.0, 4.25, 3.85, "V", 2)
    assert (cmax.access, cmax.type, cmax.group, cmax.choices) == ("RW", "float", "voltage", [])
    assert cmax.is_setting
    assert cmax.is_readable
    assert not cmax.is_command
    assert cmax.allows(4.25)
    assert cmax.source == "REC 2Q manual, Tables 2 and 10"
    assert "over-voltage" in cmax.note
    cans = next(row for row in instructions("rec_abms") if row.name == "CANS")
    assert cans.choices == [(0, 4), (128, 132)]
    assert next(row for row in instructions("rec_2q") if row.name == "*IDN").text == "REC-BMS 2Q"
    with pytest.raises(InputError, match="expected rec_2q or rec_abms"):
        instructions("rec_1q")
