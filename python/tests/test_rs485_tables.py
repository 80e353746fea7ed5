"""The generator of the RS-485 instruction tables refuses what makes no sense, with file and line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RS485 = Path(__file__).resolve().parents[2] / "drivers" / "rs485"
HEADER = "mnemonic,group,access,type,unit,minimum,maximum,default,decimals,choices,counts,source,note\n"
GOOD = "CMAX,voltage,RW,float,V,2.0,4.25,3.85,2,,,manual,\n"


def generate(folder: Path, text: str) -> tuple[int, str, str]:
    table, made = folder / "table.csv", folder / "table.cpp"
    table.write_text(text)
    done = subprocess.run(
        [sys.executable, str(RS485 / "generate_instructions.py"), str(table), str(made)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr.replace(str(folder) + "/", ""), made.read_text() if made.exists() else ""


def test_a_good_table_becomes_a_function_of_its_name(tmp_path):
    text = 'CANS,bus,RW,integer,1,0,132,3,0,0-4 7,,manual,"say ""this"""\n'
    status, errors, made = generate(tmp_path, HEADER + GOOD + text)
    assert (status, errors) == (0, "")
    assert "const Table& table() {" in made
    assert '"CMAX"_name' in made
    assert "2.0, 4.25, 3.85, 2" in made
    assert "{{0, 4}, {7, 7}}" in made
    assert r'"say \"this\""' in made


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (GOOD, "table.csv:3: CMAX stands twice, first at table.csv:2"),
        ("CMIN,g,RW,float,V,4,2,3,2,,,m,\n", "table.csv:3: the range of CMIN is the wrong way round: 4 to 2"),
        ("CMIN,g,RW,float,V,2,4,5,2,,,m,\n", "table.csv:3: the default 5 of CMIN lies outside 2 to 4"),
        ("CMIN,g,RW,double,V,2,4,3,2,,,m,\n", "table.csv:3: type is 'double'; expected one of float, integer"),
        ("CMIN,g,rw,float,V,2,4,3,2,,,m,\n", "table.csv:3: access is 'rw'; expected one of R, W, RW, X"),
        ("Cmin,g,RW,float,V,2,4,3,2,,,m,\n", "table.csv:3: mnemonic is 'Cmin'"),
        ("CMIN,g,RW,float,V,2,high,3,2,,,m,\n", "table.csv:3: maximum is 'high'; expected a decimal number"),
        ("CMIN,g,RW,float,V,2,,3,2,,,m,\n", "table.csv:3: CMIN has one end of a range"),
        ("CMIN,g,RW,float,V,,,,2,,,m,\n", "table.csv:3: CMIN can be set but has no range or no default"),
        ("CMIN,g,RW,float,V,2,4,3,,,,m,\n", "table.csv:3: decimals is ''"),
        ("CMIN,g,RW,float,V,2,4,3,2,,,,\n", "table.csv:3: CMIN has no source"),
        ("CMIN,g,RW,float,V,2,4,3,2,,units,m,\n", "table.csv:3: CMIN is no array, but has counts"),
        ("CHEM,g,RW,integer,1,1,7,2.5,0,,,m,\n", "table.csv:3: CHEM is an integer, but its range or default"),
        ("CANS,g,RW,integer,1,0,9,3,0,4-0,,m,\n", "table.csv:3: the choices 4-0 are the wrong way round"),
        ("CANS,g,RW,integer,1,0,9,3,0,a,,m,\n", "table.csv:3: choices has 'a'"),
        ("CANS,g,RW,integer,1,0,9,3,0,5-9,,m,\n", "table.csv:3: the default 3 of CANS is none of its choices"),
        ("CANS,g,RW,integer,1,0,9,3,0,0-10,,m,\n", "table.csv:3: choices of CANS lie outside 0 to 9"),
        ("CELL,g,R,floats,V,,,,,,,m,\n", "table.csv:3: counts is ''; expected one of bytes, units"),
        ("TIME,g,R,text,,1,2,,,,,m,\n", "table.csv:3: TIME is no number, but has a range"),
        ("CMIN,g,RW,float\n", "table.csv:3: expected 13 columns"),
    ],
)
def test_a_row_that_makes_no_sense_stops_the_build(tmp_path, row, complaint):
    status, errors, made = generate(tmp_path, HEADER + GOOD + row)
    assert status == 1
    assert errors.startswith(complaint)
    assert made == ""


def test_other_columns_stop_the_build(tmp_path):
    status, errors, _ = generate(tmp_path, "mnemonic,type\nCMAX,float\n")
    assert status == 1
    assert errors.startswith("table.csv:1: expected the columns mnemonic,group,access")
