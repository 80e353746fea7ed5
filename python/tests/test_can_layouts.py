"""The generator of CAN codecs refuses layouts on which the rig could not rely, and says where they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from bmsrig_dbc.__main__ import main

GOOD = """VERSION ""

BU_: BMS Inverter Rig

BO_ 16 State: 4 BMS
 SG_ Voltage : 0|16@1+ (0.1,0) [0|100] "V" Rig
 SG_ Mode : 16|2@1+ (1,0) [0|3] "" Rig
 SG_ Count : 31|8@0- (1,0) [-128|127] "" Rig

BO_ 17 Name: 2 BMS
 SG_ Name1 : 0|8@1+ (1,0) [0|255] "" Rig
 SG_ Name2 : 8|8@1+ (1,0) [0|255] "" Rig

BO_ 2147483666 KeepAlive: 2 Inverter
 SG_ Voltage2 : 0|16@1+ (0.1,0) [0|100] "V" BMS

CM_ BO_ 16 "A manual, Table 1";
CM_ SG_ 16 Count "How often";
CM_ BO_ 17 "A manual, Table 2";
CM_ BO_ 2147483666 "A manual, Table 3";

VAL_ 16 Mode 0 "off" 1 "on" ;
"""

COLUMNS = "name,chrg,sends,cycle_ms,cans,hears,hears_data,hears_ms,receiver_timeout_s,layout,source"
ALPHA = "alpha,0,small.State small.Name small.State,100,3 130,small.KeepAlive,00FF,1000,60,confirmed,A manual"
BETA = "beta,4,small.State,200,2,,,,,unknown,Nobody"
PROTOCOLS = f"{COLUMNS}\n{ALPHA}\n{BETA}\n"
TEXTS = "database,message\nsmall,Name\n"


@dataclass(frozen=True)
class Done:
    """What the generator gave back, and said on its standard error."""

    code: int
    said: str


Generate = Callable[..., Done]


@pytest.fixture
def generate(tmp_path: Path, monkeypatch, capsys) -> Generate:
    """Run the generator on the good layout with something in it replaced, or some of its files missing."""

    def generate(
        old: str = "", new: str = "", *, protocols: str = PROTOCOLS, texts: str = TEXTS, missing: str = ""
    ) -> Done:
        assert old in GOOD
        files = {"small.dbc": GOOD.replace(old, new, 1), "protocols.csv": protocols, "texts.csv": texts}
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        if missing:
            (tmp_path / missing).unlink()
        monkeypatch.chdir(tmp_path)
        return Done(main("protocols.csv", "texts.csv", "out", "small.dbc"), capsys.readouterr().err)

    return generate


def test_a_good_layout_becomes_sources_that_are_the_same_each_time(generate, tmp_path):
    done = generate()
    assert (done.code, done.said) == (0, "")
    names = ["catalogue_lists.cpp", "protocols.c", "protocols.h", "small.c", "small.h", "small_database.cpp"]
    out = tmp_path / "out"
    assert sorted(path.name for path in out.iterdir()) == names
    first = {name: ((out / name).read_text(), (out / name).stat().st_mtime_ns) for name in names}
    generate()
    assert first == {name: ((out / name).read_text(), (out / name).stat().st_mtime_ns) for name in names}


def test_controllers_get_the_rotation_of_each_protocol(generate, tmp_path):
    generate()
    header, source = ((tmp_path / "out" / name).read_text() for name in ("protocols.h", "protocols.c"))
    assert "enum can_database_number { CAN_SMALL };" in header
    rotation = "".join(f"    {{CAN_SMALL, {identifier}u, false}},\n" for identifier in ("0x10", "0x11", "0x10"))
    assert f"alpha_rotation[] = {{\n{rotation}}};" in source
    assert '{0, "alpha", 100u, 3u, alpha_rotation},\n    {4, "beta", 200u, 1u, beta_rotation},' in source
    assert "can_protocol_count = 2u;" in source


def test_only_what_has_changed_is_written(generate, tmp_path):
    generate()
    codec = (tmp_path / "out" / "small.c").stat().st_mtime_ns
    generate(protocols=PROTOCOLS.replace("alpha,0", "alpha,1"))
    assert (tmp_path / "out" / "small.c").stat().st_mtime_ns == codec
    assert '{1, "alpha"' in (tmp_path / "out" / "protocols.c").read_text()


NO_SIGNALS = ' SG_ Name1 : 0|8@1+ (1,0) [0|255] "" Rig\n SG_ Name2 : 8|8@1+ (1,0) [0|255] "" Rig\n'


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("16|2@1+", "12|2@1+", 7, "The signals Mode and Voltage are overlapping in message State"),
        ("31|8@0-", "27|8@0-", 8, "The signal Count does not fit in message State"),
        ("BO_ 17 Name: 2 BMS", "BO_ 17 Name 2 BMS", 10, "Invalid syntax"),
        ("BO_ 17 Name: 2 BMS", "BO_ 16 Name: 2 BMS", 10, "message Name has the identifier 0x10 of message State"),
        ("KeepAlive: 2", "STATE: 2", 14, "message STATE has the name of message State"),
        ("BO_ 17 Name: 2 BMS", "BO_ 17 Name: 2 Vector__XXX", 10, "message Name has no sender; expected a node"),
        ("Name1", "count", 11, "signal Name.count is not named in CamelCase"),
        ("Name1", "VOLTAGE", 11, "signal Name.VOLTAGE has the name of a signal of message State"),
        ('CM_ BO_ 16 "A manual, Table 1";', "", 5, "message State has no comment (CM_ BO_)"),
        ('CM_ SG_ 16 Count "How often";', "", 8, "signal State.Count has neither unit nor value words (VAL_) nor a"),
        ("State: 4", "State: 12", 5, "message State has 12 bytes; expected 1 to 8"),
        ("[0|100]", "[0|0]", 6, "signal State.Voltage has no range"),
        ("[0|100]", "[5|5]", 6, "signal State.Voltage has no range"),
        ("[0|100]", "[0|100.05]", 6, "has 100.05 as an end of its range, which is between its steps of 0.1"),
        ('[0|100] "V"', '[0|100] "Volt"', 6, "signal State.Voltage has unit 'Volt'; expected one of %, A, Ah, V, degC"),
        ('1 "on"', '4 "on"', 7, "signal State.Mode has a word for 4, but its bits hold 0 to 3"),
        (NO_SIGNALS, "", 10, "has no signals"),
        ("Mode :", "Mode M :", 5, "message State is multiplexed"),
        ("VAL_ 16 Mode", "SIG_VALTYPE_ 2147483666 Voltage2 : 1;\nVAL_ 16 Mode", 15, "is a floating point number"),
        (
            "Name2 : 8|8@1+ (1,0) [0|255]",
            "Name2 : 8|7@1+ (1,0) [0|127]",
            10,
            "message Name is a text by texts.csv; expected 2 little endian",
        ),
    ],
)
def test_a_layout_against_the_house_rules_is_refused_with_its_line(generate, tmp_path, old, new, where, what):
    done = generate(old, new)
    assert done.code == 1
    assert done.said.startswith(f"small.dbc:{where}: ")
    assert what in done.said
    assert not (tmp_path / "out").exists()


def altered(row: str, **columns: str) -> str:
    """The table with something else in some columns of a row."""
    names = COLUMNS.split(",")
    cells = row.split(",")
    for column, value in columns.items():
        cells[names.index(column)] = value
    return PROTOCOLS.replace(row, ",".join(cells))


@pytest.mark.parametrize(
    ("protocols", "where", "what"),
    [
        (PROTOCOLS.replace("cycle_ms", "cycle"), 1, "has columns ['name', 'chrg', 'sends', 'cycle',"),
        (PROTOCOLS + "gamma,5\n", 4, "expected 11 columns, name, chrg, sends, cycle_ms,"),
        (altered(BETA, name="alpha"), 3, "name is 'alpha'; expected a name in lower case that no other protocol has"),
        (altered(BETA, name="Beta"), 3, "name is 'Beta'; expected a name in lower case"),
        (altered(BETA, chrg="0"), 3, "chrg is '0'; expected more than 0 of the line before"),
        (altered(BETA, chrg="x"), 3, "chrg is 'x'; expected a whole number"),
        (altered(BETA, sends=""), 3, "sends is ''; expected messages of node BMS"),
        (altered(BETA, sends="State"), 3, "sends has State, but no database has such a message"),
        (altered(BETA, sends="small.Other"), 3, "sends has small.Other, but no database has such a message"),
        (altered(BETA, sends="other.State"), 3, "sends has other.State, but no database has such a message"),
        (altered(BETA, sends="small.KeepAlive"), 3, "expected messages of node BMS"),
        (altered(BETA, cycle_ms="0"), 3, "cycle_ms is '0'; expected 1 or more"),
        (altered(BETA, cycle_ms="0.1"), 3, "cycle_ms is '0.1'; expected a whole number"),
        (altered(BETA, cans=""), 3, "cans is ''; expected settings of CANS, 0 to 4 or 128 to 132"),
        (altered(BETA, cans="2 5"), 3, "cans is '2 5'; expected settings of CANS"),
        (altered(BETA, cans="2 x"), 3, "cans is '2 x'; expected settings of CANS"),
        (altered(ALPHA, hears="small.State"), 2, "hears is 'small.State'; expected a message of another node than BMS"),
        (altered(ALPHA, hears=""), 2, "hears_data is '00FF'; expected nothing, as hears is empty"),
        (altered(ALPHA, hears="", hears_data=""), 2, "hears_ms is '1000'; expected nothing, as hears is empty"),
        (altered(ALPHA, hears_data="00"), 2, "hears_data is '00'; expected 2 bytes in hexadecimal digits, or nothing"),
        (altered(ALPHA, hears_data="00fg"), 2, "hears_data is '00fg'; expected 2 bytes"),
        (altered(ALPHA, hears_ms="0"), 2, "hears_ms is '0'; expected 1 or more"),
        (altered(ALPHA, receiver_timeout_s="soon"), 2, "receiver_timeout_s is 'soon'; expected a whole number"),
        (altered(ALPHA, layout="sure"), 2, "layout is 'sure'; expected confirmed or unconfirmed or unknown"),
        (altered(ALPHA, source=""), 2, "source is ''; expected who says so"),
    ],
)
def test_a_bad_table_of_protocols_is_refused_with_its_line(generate, protocols, where, what):
    done = generate(protocols=protocols)
    assert done.code == 1
    assert done.said.startswith(f"protocols.csv:{where}: ")
    assert what in done.said


@pytest.mark.parametrize(
    ("texts", "where", "what"),
    [
        ("database,text\nsmall,Name\n", 1, "has columns ['database', 'text']; expected ['database', 'message']"),
        (TEXTS + "small\n", 3, "expected 2 columns, database, message"),
        (TEXTS + "small,Other\n", 3, "message has small.Other, but no database has such a message"),
        (TEXTS + "other,Name\n", 3, "message has other.Name, but no database has such a message"),
    ],
)
def test_a_bad_table_of_texts_is_refused_with_its_line(generate, texts, where, what):
    done = generate(texts=texts)
    assert done.code == 1
    assert done.said.startswith(f"texts.csv:{where}: ")
    assert what in done.said


@pytest.mark.parametrize("missing", ["small.dbc", "protocols.csv", "texts.csv"])
def test_a_missing_file_is_named(generate, missing):
    done = generate(missing=missing)
    assert done.code == 1
    assert missing in done.said
