"""The generator of CAN codecs refuses layouts on which the rig could not rely, and says where they stand."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CAN = Path(__file__).resolve().parents[2] / "drivers" / "can"

GOOD = """VERSION ""

BU_: BMS Rig

BO_ 16 State: 4 BMS
 SG_ Voltage : 0|16@1+ (0.1,0) [0|100] "V" Rig
 SG_ Mode : 16|2@1+ (1,0) [0|3] "" Rig
 SG_ Count : 31|8@0- (1,0) [-128|127] "" Rig

BO_ 17 Name: 2 BMS
 SG_ Name1 : 0|8@1+ (1,0) [0|255] "" Rig
 SG_ Name2 : 8|8@1+ (1,0) [0|255] "" Rig

CM_ BO_ 16 "A manual, Table 1";
CM_ SG_ 16 Count "How often";
CM_ BO_ 17 "A manual, Table 2";

BA_DEF_ "SlotTime" INT 1 10000;
BA_DEF_DEF_ "SlotTime" 100;
BA_ "SlotTime" 100;

VAL_ 16 Mode 0 "off" 1 "on" ;
"""

TABLE = "message,slots,text,note\nState,1 3,no,\nName,2,yes,\n"

Generate = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def generate(tmp_path: Path) -> Generate:
    """Run the generator on the good layout with something in it replaced."""

    def run(old: str = "", new: str = "", *, table: str = TABLE) -> subprocess.CompletedProcess[str]:
        assert old in GOOD
        (tmp_path / "small.dbc").write_text(GOOD.replace(old, new, 1))
        (tmp_path / "small.csv").write_text(table)
        command = [sys.executable, "-B", str(CAN / "generator"), "small.dbc", "out"]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=60)

    return run


def test_a_good_layout_becomes_sources_that_are_the_same_each_time(generate, tmp_path):
    done = generate()
    assert (done.returncode, done.stderr) == (0, "")
    names = ("small.c", "small.h", "small_rotation.h", "small_database.cpp")
    first = {name: (tmp_path / "out" / name).read_text() for name in names}
    generate()
    assert first == {name: (tmp_path / "out" / name).read_text() for name in names}
    assert "SMALL_STATE_FRAME_ID,\n    SMALL_NAME_FRAME_ID,\n    SMALL_STATE_FRAME_ID," in first["small_rotation.h"]
    assert "SMALL_SLOT_MS (100u)" in first["small_rotation.h"]


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("16|2@1+", "12|2@1+", 7, "The signals Mode and Voltage are overlapping in message State"),
        ("31|8@0-", "27|8@0-", 8, "The signal Count does not fit in message State"),
        ("BO_ 17 Name: 2 BMS", "BO_ 17 Name 2 BMS", 10, "Invalid syntax"),
        (
            "BO_ 17 Name: 2 BMS",
            "BO_ 16 Name: 2 BMS",
            10,
            "message Name has the name or the identifier of message State",
        ),
        ("Name1", "count", 11, "signal Name.count is not named in CamelCase"),
        ("Name1", "VOLTAGE", 11, "signal Name.VOLTAGE has the name of a signal of message State"),
        ('CM_ BO_ 16 "A manual, Table 1";', "", 5, "message State has no comment (CM_ BO_)"),
        ('CM_ SG_ 16 Count "How often";', "", 8, "signal State.Count has neither unit nor value words (VAL_) nor a"),
        ("State: 4", "State: 12", 5, "message State has 12 bytes; expected 1 to 8"),
        ("(0.1,0)", "(0,0)", 6, "signal State.Voltage has the scale 0"),
        ("[0|100]", "[0|0]", 6, "signal State.Voltage has no range"),
        ("[0|100]", "[100|0]", 6, "signal State.Voltage has no range"),
        ("[0|100]", "[0|6553.6]", 6, "has 6553.6 as an end of its range, but its bits hold 0 to 6553.5"),
        ("[0|100]", "[-0.1|100]", 6, "has -0.1 as an end of its range"),
        ("[0|100]", "[0|100.05]", 6, "in steps of 0.1"),
        ("[-128|127]", "[-128|128]", 8, "has 128 as an end of its range, but its bits hold -128 to 127"),
        ('[0|100] "V"', '[0|100] "Volt"', 6, "signal State.Voltage has unit 'Volt'; expected one of %, A, Ah, V, degC"),
        ('1 "on"', '4 "on"', 7, "signal State.Mode has a word for 4, but its bits hold 0 to 3"),
        (
            ' SG_ Name1 : 0|8@1+ (1,0) [0|255] "" Rig\n SG_ Name2 : 8|8@1+ (1,0) [0|255] "" Rig\n',
            "",
            10,
            "has no signals",
        ),
        ("Mode :", "Mode M :", 5, "message State is multiplexed"),
        ('BA_DEF_ "SlotTime" INT 1 10000;\nBA_DEF_DEF_ "SlotTime" 100;\nBA_ "SlotTime" 100;', "", 1, "how long a slot"),
        (
            "VAL_ 16 Mode",
            "SIG_VALTYPE_ 16 Count : 1;\nVAL_ 16 Mode",
            8,
            "Count is a floating point number",
        ),
        ("Name2 : 8|8", "Name2 : 8|7", 10, "message Name is a text in the table beside; expected 2 little endian"),
    ],
)
def test_a_bad_layout_is_refused_with_its_line(generate, tmp_path, old, new, where, what):
    done = generate(old, new)
    assert done.returncode == 1
    assert done.stderr.startswith(f"small.dbc:{where}: ")
    assert what in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("table", "where", "what"),
    [
        ("message,slots,text\nState,1,no\n", 1, "has columns ['message', 'slots', 'text']; expected"),
        ("message,slots,text,note\nState,1,no,\n", 1, "has no line for message Name of the DBC file"),
        (TABLE.replace("State,1 3,no,", "State,1 3"), 2, "expected 4 columns, message, slots, text, note"),
        (TABLE + "Other,4,no,\n", 4, "message Other is not in the DBC file"),
        (TABLE + "Name,4,yes,\n", 4, "message Name stands already in line 3"),
        (TABLE.replace("yes", "true"), 3, "message Name: text is 'true'; expected yes or no"),
        (TABLE.replace("1 3", "1 x"), 2, "message State: slots are '1 x'; expected numbers from 1"),
        (TABLE.replace("1 3", "0"), 2, "message State: slots are '0'; expected numbers from 1"),
        (TABLE.replace("1 3", ""), 2, "message State: slots are ''; expected numbers from 1"),
        (TABLE.replace("1 3", "1 2"), 3, "message Name: slot 2 has message State already"),
        (TABLE.replace("1 3", "1 4"), 1, "has no message in slot 3 of 4"),
    ],
)
def test_a_bad_table_is_refused_with_its_line(generate, table, where, what):
    done = generate(table=table)
    assert done.returncode == 1
    assert done.stderr.startswith(f"small.csv:{where}: ")
    assert what in done.stderr


def test_a_layout_without_its_table_is_refused(generate, tmp_path):
    generate()
    (tmp_path / "small.csv").unlink()
    command = [sys.executable, "-B", str(CAN / "generator"), "small.dbc", "out"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=60)
    assert done.returncode == 1
    assert "small.csv" in done.stderr
