"""The guide to the first real bench: its files are what they say, and agree with one another."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from bmsrig import _core, paths

GUIDE = Path(__file__).resolve().parents[2] / "drivers" / "guide"
BENCH = GUIDE / "my_bench.yaml"
DRAWING = GUIDE / "wiring.svg"
WIRING = paths.fixtures_folder() / "rec_2q" / "wiring.yaml"


def words_of_the_drawing() -> str:
    return "\n".join(ET.parse(DRAWING).getroot().itertext())


def test_its_bench_names_real_drivers_that_there_are():
    bench = _core.Bench.load(BENCH)
    known = {name for name, *_ in _core.drivers()}
    assert {spec.driver for spec in bench.instruments} <= known
    assert not [spec.name for spec in bench.instruments if spec.driver.startswith("virtual_")]
    assert bench.is_real_time
    assert bench.uut == "none"


def test_its_bench_has_every_instrument_that_the_wiring_needs():
    needed = set(re.findall(r"(?:source|reader|meter|adapter): (\w+)\.", WIRING.read_text()))
    assert "shunt" in needed
    assert {spec.name for spec in _core.Bench.load(BENCH).instruments} == needed


def test_no_pin_of_the_computer_has_two_wires():
    pins = [
        pin
        for line in BENCH.read_text().splitlines()
        if "active_low" not in line
        for pin in re.findall("GPIO\\d+", line)
    ]
    assert len(pins) == 25
    assert len(set(pins)) == len(pins)


def test_the_drawing_has_the_pins_of_the_bench_file():
    drawn = set()
    for told in re.findall(r"GPIO[^\n]*?((?:\d+[, to]*)+)", words_of_the_drawing()):
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", told):
            drawn |= set(range(int(first), int(last or first) + 1))
    assert drawn == {int(pin) for pin in re.findall(r"GPIO(\d+)", BENCH.read_text())}


@pytest.mark.parametrize(
    "words", ["4.7 kΩ", "10 kΩ", "120 Ω", "470 to 1200 Ω", "3.5 V", "8 V", "E-stop", "bench earth"]
)
def test_the_drawing_tells_the_values(words):
    assert words in words_of_the_drawing()


def test_the_drawing_needs_nothing_from_outside():
    text = DRAWING.read_text()
    assert set(re.findall(r"https?://[^\"'<\s]+", text)) == {"http://www.w3.org/2000/svg"}
    assert "<script" not in text


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", (GUIDE / "README.md").read_text()))))
def test_its_links_lead_somewhere(link):
    assert (GUIDE / link).exists()


def test_the_limits_are_those_that_the_rig_asks_for():
    asked = re.findall(
        r'"(@bmsrig - [^\\"]+)', (GUIDE.parents[1] / "rig" / "real_time.cpp").read_text().replace('\\"', '"')
    )
    assert len(asked) == 2
    for line in asked:
        assert line in (GUIDE / "limits.conf").read_text()
