"""Every instruction of the table: queries answer with their type, settings take their range and nothing else."""

import pytest
from bmsrig.failure import ExpectationFailed
from bmsrig.rs485 import instructions
from bmsrig.steps.rec.instructions import expect_beyond_refused, expect_range_taken, expect_typed_answer

TABLE = instructions("rec_2q")
QUERIES = [each for each in TABLE if each.is_readable]
SETTINGS = [each for each in TABLE if each.is_setting]


def named(rows):
    """A test for each of these instructions."""
    return pytest.mark.parametrize("instruction", rows, ids=lambda each: each.name)


@pytest.mark.requirement("R2Q-485-TABLE")
@named(QUERIES)
def test_every_query_is_answered_with_its_type(rig, instruction):
    """A number reads as a number, a text has letters or digits, an array has its two frames."""
    expect_typed_answer(rig, instruction)


@pytest.mark.requirement("R2Q-485-TABLE")
@named(SETTINGS)
def test_every_setting_takes_its_range(rig, instruction):
    """Written and read back at its minimum, its maximum and its default."""
    expect_range_taken(rig, instruction)


@pytest.mark.requirement("R2Q-485-RANGE")
@named(SETTINGS)
def test_every_setting_refuses_what_lies_outside(rig, instruction):
    """One step below its minimum and above its maximum: NOT OK, and the old value stays."""
    expect_beyond_refused(rig, instruction)


@pytest.mark.requirement("R2Q-485-RANGE")
@named([each for each in SETTINGS if each.name in ("CMAX", "TMIN", "CAPA", "CHEM", "SISN")])
def test_a_value_far_outside_or_no_number_is_refused(rig, instruction):
    """A thousand times too much, the other sign, no number: the value stays."""
    before = rig.rs485.read(instruction.name)
    for words in (f"{1000 * instruction.maximum:g}", f"-{instruction.maximum + 100:g}", "nan", "inf", "abc", "3,7", ""):
        with rig.step(f"{instruction.name} {words}"):
            answer = rig.rs485.exchange(f"{instruction.name} {words}".encode())
            if any(each.payload in (b"OK", b"SET") for each in answer):
                raise ExpectationFailed(f"rs485: expected {instruction.name} {words} to be refused, but it is OK")
            assert rig.rs485.read(instruction.name) == before


@pytest.mark.requirement("R2Q-485-TABLE")
def test_settings_outlive_a_restart(rig):
    """What was written is in force after the unit was switched off and on, for every setting that does not count on."""
    other = {
        each.name: each.minimum if each.default != each.minimum else each.minimum + 10**-each.decimals
        for each in SETTINGS
        if each.name in ("BVOL", "MAXH", "RAZL", "BMTH", "IOFF", "CAPA", "CHEM", "CHAC", "MAXC", "SISN", "PRCT")
    }
    for mnemonic, value in other.items():
        rig.rs485.write(mnemonic, value)
    rig.restart()
    for mnemonic, value in other.items():
        with rig.step(mnemonic):
            assert rig.rs485.read(mnemonic) == pytest.approx(value, rel=1e-4, abs=1e-9)


@pytest.mark.requirement("R2Q-485-TABLE")
def test_identification(rig):
    """*IDN? answers with the name that the manual prints."""
    assert rig.rs485.read("*IDN") == "REC-BMS 2Q"


@pytest.mark.requirement("R2Q-485-TABLE")
def test_clock_answers_in_its_form(rig):
    """TIME as HH:MM:SS, DATE as DD:MM:YYYY, and the clock goes."""
    first = _seconds(rig.rs485.read("TIME"))
    started = rig.now
    day, month, year = map(int, rig.rs485.read("DATE").split(":"))
    assert 1 <= day <= 31
    assert 1 <= month <= 12
    assert year >= 2000
    rig.wait(90)
    passed = (_seconds(rig.rs485.read("TIME")) - first) % 86_400
    rig.measure("clock_deviation", passed - (rig.now - started))


def _seconds(text):
    hours, minutes, seconds = map(int, text.split(":"))
    assert 0 <= hours < 24
    assert 0 <= minutes < 60
    assert 0 <= seconds < 60
    return 3600 * hours + 60 * minutes + seconds


@pytest.mark.requirement("R2Q-485-TABLE")
def test_capacity_in_lcd3(rig):
    """The Ah of LCD3, high byte first: CAPA, or what is left of it, for no document says which."""
    rig.restart(capa=300.0)
    data = rig.rs485.bytes("LCD3")
    assert len(data) == 8
    assert int.from_bytes(bytes(data[6:8]), "big") in (300, round(300 * rig.rs485.array("LCD1")[5]))


@pytest.mark.requirement("R2Q-485-TABLE")
@pytest.mark.parametrize(("name", "first"), [("ODDC", 1), ("EAVC", 2)])
def test_correction_acts_on_its_own_cells(rig, name, first):
    """ODDC moves cells 1, 3, 5, ... and EAVC cells 2, 4, 6, ..., the others stay."""
    before = rig.rs485.array("CELL")
    rig.rs485.write(name, 0.005)
    rig.wait(3)
    for number, (was, volts) in enumerate(zip(before, rig.rs485.array("CELL"), strict=True), start=1):
        moved = 0.005 if number % 2 == first % 2 else 0.0
        assert volts - was == pytest.approx(moved, abs=0.0022), f"{name} 0.005: cell {number}"
