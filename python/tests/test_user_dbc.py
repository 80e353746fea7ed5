"""A user's DBC file at run time: what it says is read as the format means it, and what is not sound is refused."""

from __future__ import annotations

import math
import random
import re
import struct
from collections.abc import Callable
from pathlib import Path

import bmsrig_dbc
import pytest
from bmsrig import _core, dbc_file

CAN = Path(__file__).resolve().parents[2] / "drivers" / "can"

PAGES = """VERSION ""

BU_: BMS Rig

BO_ 16 Pages: 8 BMS
 SG_ Page M : 0|4@1+ (1,0) [0|0] "" Rig
 SG_ Sub m1M : 4|4@1+ (1,0) [0|0] "" Rig
 SG_ Cell m0 : 8|16@1+ (0.001,0) [0|5] "V" Rig
 SG_ Temperature m2 : 15|16@0- (0.1,-40) [0|0] "°C" Rig
 SG_ Deep m3 : 8|16@1- (-0.5,0) [0|0] "bar" Rig
 SG_ Ratio : 32|32@1- (2,0) [0|0] "" Rig

BO_ 2566834697 Other: 3 BMS
 SG_ temperature : 8|16@1- (0.1,-40) [-50|200] "°C" Rig
 SG_ Mode : 0|2@1+ (1,0) [0|3] "" Rig

BO_ 17 Long: 12 BMS
 SG_ Far : 64|8@1+ (1,0) [0|0] "" Rig

BO_ 18 Nothing: 0 BMS

SIG_VALTYPE_ 16 Ratio : 1;
VAL_ 2566834697 Mode 0 "aus" 1 "für Könner" 4294967295 "beyond" ;
SG_MUL_VAL_ 16 Sub Page 1-1;
SG_MUL_VAL_ 16 Cell Page 0-0;
SG_MUL_VAL_ 16 Temperature Page 2-3, 5-6;
SG_MUL_VAL_ 16 Deep Sub 3-3;
"""

HEAD = 'VERSION ""\n\nBU_: BMS Rig\n\n'
ONE = 'BO_ 16 State: 8 BMS\n SG_ Voltage : 0|16@1+ (0.1,0) [0|100] "V" Rig\n SG_ Mode : 16|2@1+ (1,0) [0|3] "" Rig\n'

FLOAT_MAX = 3.4028234663852886e38
"""The greatest number of 32 bits (IEEE 754)."""

Load = Callable[..., bmsrig_dbc.Layouts]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load(text: str | bytes, name: str = "mine.dbc") -> bmsrig_dbc.Layouts:
        file = tmp_path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return bmsrig_dbc.load(file)

    return load


def values(layouts: bmsrig_dbc.Layouts, message: int, data: bytes) -> dict[str, float]:
    """What a frame says, without what is not in it."""
    names = [signal.name for signal in layouts.messages[message].signals]
    decoded = zip(names, layouts.decode(message, data), strict=True)
    return {name: value for name, value in decoded if not math.isnan(value)}


def test_messages_are_those_of_the_file(load):
    layouts = load(PAGES)
    assert layouts.name == "mine"
    assert [(m.name, m.id, m.extended, m.length) for m in layouts.messages] == [
        ("Pages", 0x10, False, 8),
        ("Other", 0x18FECA09, True, 3),
        ("Nothing", 0x12, False, 0),
    ]
    (skipped,) = layouts.skipped
    assert skipped.endswith("mine.dbc:17: message Long has 12 bytes, a frame at most 8: left out")


def test_signals_are_those_of_the_file(load):
    pages, other, nothing = (message.signals for message in load(PAGES).messages)
    assert [signal.name for signal in pages] == ["Page", "Sub", "Cell", "Pages.Temperature", "Deep", "Ratio"]
    assert [signal.name for signal in other] == ["Mode", "Other.temperature"]
    assert nothing == ()
    by_name = {signal.name: signal for signal in pages + other}
    assert by_name["Page"].multiplexer == ""
    cell = by_name["Cell"]
    assert (cell.unit, cell.resolution, cell.low, cell.high) == ("V", 0.001, 0, 5)
    assert (cell.multiplexer, cell.multiplexer_values) == ("Page", (0,))
    temperature = by_name["Pages.Temperature"]
    assert temperature.unit == "°C"
    assert temperature.multiplexer_values == (2, 3, 5, 6)
    # No range in the file: 16 bits, signed, in steps of 0.1 from -40 on.
    assert (temperature.low, temperature.high) == pytest.approx((-3316.8, 3236.7))
    deep = by_name["Deep"]
    assert (deep.multiplexer, deep.unit, deep.resolution, deep.is_signed) == ("Sub", "bar", 0.5, True)
    ratio = by_name["Ratio"]
    assert (ratio.is_float, ratio.resolution) == (True, 0)
    assert by_name["Mode"].words == {0: "aus", 1: "für Könner"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        # Page in the low half of byte 1, Sub in the high one; the rest by hand from the layout.
        ("00 3412", {"Page": 0, "Cell": 4.660}),
        ("02 01F4", {"Page": 2, "Pages.Temperature": 10}),
        ("06 FFFF", {"Page": 6, "Pages.Temperature": -40.1}),
        ("04 FFFF", {"Page": 4}),
        ("31 FEFF", {"Page": 1, "Sub": 3, "Deep": 1}),
        ("21 FEFF", {"Page": 1, "Sub": 2}),
        ("0F 0000", {"Page": 15}),
    ],
)
def test_a_signal_is_there_when_its_multiplexer_says_so(load, data, expected):
    layouts = load(PAGES)
    frame = bytes.fromhex(data) + b"\0" + struct.pack("<f", 1.5)
    assert values(layouts, 0, frame) == pytest.approx(expected | {"Ratio": 3})
    assert layouts.encode(0, layouts.decode(0, frame))[0] == frame[0]


def test_what_is_encoded_is_decoded(load):
    layouts = load(PAGES)
    dice = random.Random(1)
    for _ in range(500):
        page, sub = dice.randrange(16), dice.randrange(16)
        cell, bar, degrees, ratio = (
            dice.randint(0, 5000) / 1000,
            dice.randint(-9, 9) / 2,
            dice.randint(-400, 400) / 10,
            0.5,
        )
        there = {"Page": page, "Ratio": ratio}
        there |= {"Cell": cell} if page == 0 else {"Sub": sub} if page == 1 else {}
        there |= {"Deep": bar} if page == 1 and sub == 3 else {}
        there |= {"Pages.Temperature": degrees} if page in (2, 3, 5, 6) else {}
        frame = layouts.encode(0, [page, sub, cell, degrees, bar, ratio])
        assert len(frame) == 8
        assert values(layouts, 0, frame) == pytest.approx(there)


def test_a_value_beyond_its_range_is_taken_as_the_nearest_end(load):
    layouts = load(PAGES)
    for said, sent in ((250, 200), (-60, -50), (math.inf, 200), (-math.inf, -50), (math.nan, -50), (21.26, 21.3)):
        assert layouts.decode(1, layouts.encode(1, [3, said]))[1] == pytest.approx(sent)
    assert layouts.decode(1, layouts.encode(1, [7, 0]))[0] == 3
    assert values(layouts, 0, layouts.encode(0, [15, 0, 0, 0, 0, math.inf])) == {"Page": 15, "Ratio": 2 * FLOAT_MAX}


def test_a_short_frame_says_what_is_whole_in_it(load):
    layouts = load(PAGES)
    assert values(layouts, 0, b"\0\x34\x12") == pytest.approx({"Page": 0, "Cell": 4.660})
    assert values(layouts, 0, b"\0\x34") == {"Page": 0}
    assert values(layouts, 0, b"") == {}
    assert values(layouts, 1, b"\x01\0") == {"Mode": 1}
    assert values(layouts, 1, b"\x01\0\0\xff\xff") == {"Mode": 1, "Other.temperature": -40}
    assert layouts.decode(2, b"\x01") == []


def test_every_frame_there_can_be_is_taken(load):
    layouts = load(PAGES)
    dice = random.Random(2)
    for _ in range(500):
        for index, message in enumerate(layouts.messages):
            decoded = layouts.decode(index, dice.randbytes(dice.randrange(9)))
            assert len(decoded) == len(message.signals)
            assert len(layouts.encode(index, decoded)) == message.length


@pytest.mark.parametrize("name", _core.can_databases())
def test_our_own_files_are_read_as_the_catalogue_reads_them(name):
    layouts, catalogue = bmsrig_dbc.load(CAN / "dbc" / f"{name}.dbc"), _core.can_database(name)
    dice = random.Random(3)
    for index, message in enumerate(layouts.messages):
        assert message.name == catalogue.messages[index].name
        for _ in range(50):
            frame = dice.randbytes(dice.randrange(9))
            assert layouts.decode(index, frame) == pytest.approx(catalogue.decode(index, frame), nan_ok=True)
            wanted = [dice.uniform(2 * s.low - 1, 2 * s.high + 1) for s in message.signals]
            assert layouts.encode(index, wanted) == catalogue.encode(index, wanted), (message.name, wanted)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-8-sig"])
def test_units_are_read_whatever_the_encoding(load, encoding):
    signal = load(PAGES.encode(encoding)).messages[1].signals[1]
    assert (signal.name, signal.unit) == ("Other.temperature", "°C")


def test_names_longer_than_the_format_allows_are_those_of_its_attributes(load):
    long_name = "VoltageOfTheWholePackAsMeasuredAtItsTerminals"
    text = HEAD + ONE + 'BA_DEF_ SG_ "SystemSignalLongSymbol" STRING ;\n' + 'BA_DEF_DEF_ "SystemSignalLongSymbol" "";\n'
    text += f'BA_ "SystemSignalLongSymbol" SG_ 16 Voltage "{long_name}";\n'
    assert load(text).messages[0].signals[0].name == long_name
    with pytest.raises(bmsrig_dbc.Mistake, match=rf"mine.dbc:6: signal State.{long_name} has the scale 0"):
        load(text.replace("(0.1,0)", "(0,0)"))


MULTIPLEXED = ONE.replace("Voltage :", "Voltage m0 :").replace("Mode :", "Mode M :")


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("", 1, "is empty; expected a DBC file"),
        ("\n\n", 1, "is empty; expected a DBC file"),
        (HEAD, 1, "has no messages (BO_)"),
        ("Sehr geehrte Damen und Herren,\n", 1, "Invalid syntax"),
        (b"\x7fELF\x02\x01\n\x00\x00", 2, "has a byte of 0, so it is no text; expected a DBC file"),
        (bytes(range(1, 256)), 1, "Invalid syntax"),
        (HEAD + ONE.replace("BO_ 16 State:", "BO_ 16 State"), 5, "Invalid syntax"),
        (HEAD + ONE.replace("16|2", "15|2"), 7, "The signals Mode and Voltage are overlapping in message State"),
        (HEAD + ONE.replace("16|2", "63|2"), 7, "The signal Mode does not fit in message State"),
        (HEAD + ONE.replace("State: 8", "State: 1"), 6, "The signal Voltage does not fit in message State"),
        (HEAD + ONE.replace("16|2", "16|0"), 7, "The signal Mode length 0 is not greater than 0"),
        (
            HEAD + ONE.replace("State: 8", "State: 9999999999"),
            5,
            "message State has 9999999999 bytes; expected up to 17",
        ),
        (HEAD + ONE.replace("16|2", "16|65"), 7, "signal Mode has 65 bits from 16 on; expected up to 64"),
        (HEAD + ONE.replace("16|2", "9999999999|2"), 7, "signal Mode has 2 bits from 9999999999 on; expected up to 64"),
        (
            HEAD + MULTIPLEXED + "SG_MUL_VAL_ 16 Voltage Mode 0-0, 1-9999999999;\n",
            8,
            "signal Voltage has multiplexer values 1 to 9999999999; expected up to 65536",
        ),
        (HEAD + ONE.replace("(0.1,0)", "(1e307,0)"), 6, "has a scale or an offset by which its values are no numbers"),
        (
            HEAD + ONE.replace("(0.1,0)", f"({'9' * 400},0)"),
            6,
            "has a scale or an offset by which its values are no numb",
        ),
        (HEAD + ONE.replace("16|2", "-10|2"), 7, "signal Mode has 2 bits from -10 on; expected up to 64"),
        (HEAD + ONE.replace("(0.1,0)", "(0,0)"), 6, "signal State.Voltage has the scale 0, with which it says nothing"),
        (
            HEAD + ONE.replace("[0|100]", "[0|6553.6]"),
            6,
            "has 6553.6 as an end of its range, but its bits hold 0 to 65",
        ),
        (HEAD + ONE.replace("[0|100]", "[-0.1|100]"), 6, "has -0.1 as an end of its range, but its bits hold 0 to 65"),
        (
            HEAD + ONE.replace("[0|100]", "[100|0]"),
            6,
            "signal State.Voltage has a range [100|0]; expected [<low>|<high>]",
        ),
        (HEAD + ONE.replace("16|2@1+", "16|2@1- "), 7, "has 3 as an end of its range, but its bits hold -2 to 1"),
        (HEAD + ONE.replace("Mode", "Voltage"), 7, "The signals Voltage and Voltage are overlapping"),
        (HEAD + ONE.replace("Mode", "VOLTAGE"), 7, "signal State.VOLTAGE differs from State.Voltage by capitals alone"),
        (
            HEAD + ONE + "\n" + ONE.replace("State", "Again"),
            9,
            "message Again has the identifier 0x10 of message State",
        ),
        (HEAD + ONE + "\n" + ONE.replace("16 State", "17 State"), 9, "message State stands in the file already"),
        (HEAD + ONE.replace("BO_ 16", "BO_ 2048"), 5, "Standard frame id 0x800 is more than 11 bits in message State"),
        (HEAD + ONE[: ONE.index("[0|3]")], 7, "signal State.Mode could not be read; expected SG_ <name> :"),
        (HEAD + ONE + 'VAL_ 16 Other 1 "on" ;\n', 8, "unused VAL_ entries in DBC: VAL_ 16 Other"),
        (HEAD + ONE + "SIG_VALTYPE_ 16 Mode : 1;\n", 7, "signal State.Mode is a floating point number of 2 bits"),
        (
            HEAD + ONE.replace("Mode :", "Mode m0 :"),
            7,
            "is multiplexed, but no signal of its message is the multiplexer",
        ),
        (
            HEAD + ONE.replace("Mode :", "Mode M :").replace("Voltage :", "Voltage M :"),
            7,
            "signal State.Mode is a second multiplexer beside Voltage",
        ),
        (
            HEAD + MULTIPLEXED.replace("m0", "m4"),
            6,
            "signal State.Voltage is there when Mode is 4, but its bits hold 0 to 3",
        ),
        (
            HEAD + MULTIPLEXED + ' SG_ Power m0 : 8|16@1+ (1,0) [0|0] "W" Rig\n',
            8,
            "The signals Power and Voltage are overlapping in message State",
        ),
        (
            HEAD + MULTIPLEXED + ' SG_ Voltage m1 : 0|16@1+ (1,0) [0|0] "V" Rig\n',
            8,
            "signal State.Voltage stands in its message already",
        ),
        (
            HEAD + MULTIPLEXED + "SG_MUL_VAL_ 16 Voltage Page 0-0;\n",
            8,
            "SG_MUL_VAL_ names Page, which is no signal of message 16",
        ),
        (
            HEAD + MULTIPLEXED + "SG_MUL_VAL_ 16 Voltage Mode 0-0;\nSG_MUL_VAL_ 16 Voltage Mode 1-1;\n",
            9,
            "signal Voltage has its multiplexer values twice, in line 8 already",
        ),
    ],
)
def test_a_file_that_is_not_sound_is_refused_with_its_line(load, tmp_path, text, where, what):
    with pytest.raises(bmsrig_dbc.Mistake) as refused:
        load(text)
    assert str(refused.value).startswith(f"{tmp_path}/mine.dbc:{where}: ")
    assert what in str(refused.value)


def test_a_damaged_file_is_read_or_refused(load):
    dice = random.Random(4)
    words = re.findall(r"\w+|\s+|[^\w\s]", PAGES)
    wrong = [*words, "", "-1", "65", "99999999999999999999", "1e308"]
    refused = []
    for _ in range(300):
        damaged = list(words)
        for _ in range(dice.randint(1, 3)):
            damaged[dice.randrange(len(damaged))] = dice.choice(wrong)
        try:
            layouts = load("".join(damaged))
        except bmsrig_dbc.Mistake as mistake:
            refused.append(str(mistake))
            continue
        for index in range(len(layouts.messages)):
            layouts.encode(index, layouts.decode(index, dice.randbytes(dice.randrange(9))))
    assert 0 < len(refused) < 300
    assert all(re.search(r"mine.dbc:\d+: .", said) for said in refused)


def test_a_file_whose_name_cannot_name_signals_is_refused(load):
    with pytest.raises(bmsrig_dbc.Mistake, match=r"my file.dbc:1: gives its name to the signals; expected a file name"):
        load(HEAD + ONE, "my file.dbc")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(bmsrig_dbc.Mistake, match=r"mine.dbc:1: cannot be read: No such file or directory"):
        bmsrig_dbc.load(tmp_path / "mine.dbc")


def test_what_our_own_files_must_have_is_not_asked_of_users(load):
    text = HEAD + ONE.replace("Voltage", "pack_voltage").replace('"V"', '"Volt"').replace("[0|100]", "[0|0]")
    signal = load(text).messages[0].signals[0]
    assert (signal.name, signal.unit, signal.low, signal.high) == ("pack_voltage", "Volt", 0, 6553.5)


def test_the_rig_gets_it_as_a_database(tmp_path):
    (tmp_path / "mine.dbc").write_text(PAGES)
    database = dbc_file.load(tmp_path / "mine.dbc")
    assert isinstance(database, _core.CanDatabase)
    assert database.name == "mine"
    assert [message.id for message in database.messages] == [0x10, 0x18FECA09, 0x12]
    assert database.messages[1].signals[0].words == {0: "aus", 1: "für Könner"}
    assert database.decode(1, b"\x01\x90\x01") == pytest.approx([1, 0])
    assert database.encode(1, [1, 0]) == b"\x01\x90\x01"
    (tmp_path / "mine.dbc").write_text(HEAD)
    with pytest.raises(_core.InputError, match=r"mine.dbc:1: has no messages"):
        dbc_file.load(tmp_path / "mine.dbc")


class Wrong(_core.CanDatabase):
    """Answers what it is told to."""

    def __init__(self, answer: object) -> None:
        signal = _core.CanSignal("Count", "", 1, 0, 255, {})
        super().__init__("wrong", [_core.CanMessage(1, False, "State", 2, [signal])])
        self.answer = answer

    def decode(self, *_: object) -> object:  # type: ignore[override]
        return self._said()

    def encode(self, *_: object) -> object:  # type: ignore[override]
        return self._said()

    def _said(self) -> object:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def of_the_rig(database: _core.CanDatabase, data: bytes) -> list[float]:
    """As the rig calls it, which does not know of Python."""
    return _core.CanDatabase.decode(database, 0, data)


def test_the_rig_calls_what_python_brings(tmp_path):
    assert of_the_rig(Wrong([7.0]), b"\1\2") == [7]
    assert _core.CanDatabase.encode(Wrong(b"\1\2"), 0, [7.0]) == b"\1\2"
    (tmp_path / "mine.dbc").write_text(PAGES)
    assert of_the_rig(dbc_file.load(tmp_path / "mine.dbc"), b"\0\x34\x12")[2] == pytest.approx(4.660)


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (ValueError("no such thing"), r"decode\(\) failed: ValueError: no such thing$"),
        ([1.0, 2.0], r"decode\(\) gave 2 values; expected 1, one for each signal"),
        ("text", r"decode\(\) failed"),
    ],
)
def test_what_goes_wrong_in_python_is_an_error_of_the_rig(answer, what):
    with pytest.raises(_core.RigError, match=f"CAN database wrong, message State: {what}"):
        of_the_rig(Wrong(answer), b"\1\2")


def test_a_frame_of_another_length_than_the_message_is_an_error_of_the_rig():
    with pytest.raises(_core.RigError, match=r"message State: encode\(\) gave 3 bytes; expected 2"):
        _core.CanDatabase.encode(Wrong(b"\1\2\3"), 0, [7.0])


def test_a_class_without_its_methods_is_an_error_of_the_rig():
    database = _core.CanDatabase("bare", [_core.CanMessage(1, False, "State", 2, [])])
    with pytest.raises(_core.RigError, match=r"CAN database bare, message State: its class has no decode\(\)"):
        database.decode(0, b"\1\2")
