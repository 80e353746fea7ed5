"""A fixture that brings a DBC file of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from bmsrig import _core
from bmsrig.failure import ExpectationFailed
from bmsrig.rig import Rig
from can_bench import can_rig

OWN_DBC = """\
VERSION ""
NS_ :
BS_:
BU_: Unit Rig
BO_ 49 Pack: 8 Unit
 SG_ Counter : 7|8@0+ (1,0) [0|0] "rpm" Rig
 SG_ PackVoltage : 23|16@0+ (0.01,0) [0|655.35] "V" Rig
BO_ 55 Limits: 8 Unit
 SG_ Counter : 7|8@0+ (1,0) [0|0] "" Rig
"""


def own(folder: Path, dbc: str) -> _core.Rig:
    return can_rig(folder, "[rec, layouts/mine.dbc]", {"layouts/mine.dbc": dbc})


def test_a_fixture_brings_a_dbc_file_of_its_own(tmp_path):
    core = own(tmp_path / "unit", OWN_DBC)
    core.begin_test(1)
    rig = Rig(core)
    rig.wait(0.5)
    mine = rig.can["mine"]
    assert mine.signals == ["Pack.Counter", "PackVoltage", "Limits.Counter"]
    assert mine.signal("PackVoltage").value == pytest.approx(53.12, abs=0.02)
    assert mine.signal("Pack.Counter").value == 0x64
    assert mine.signal("Pack.Counter").unit == "rpm"
    assert rig.can["rec"].signal("PackVoltage").value == mine.signal("PackVoltage").value
    mine.send("Pack", PackVoltage=12.5)
    rig.wait(0.1)
    assert rig.can.message(0x032).data == (1250).to_bytes(2, "big").join([bytes(2), bytes(4)])[::-1]
    core.end_test()


LONG = 'BO_ 56 Long: 12 Unit\n SG_ Much : 0|32@1+ (1,0) [0|0] "" Rig\n'


@pytest.mark.parametrize(
    ("signal", "said"),
    [
        ("Counter", r"has no signal Counter; several of its messages have one: Pack\.Counter, Limits\.Counter$"),
        ("Much", r"has no signal Much; there are: .*mine\.dbc:10: message Long has 12 bytes, a frame at most 8"),
    ],
    ids=["several", "left out"],
)
def test_a_signal_that_there_is_not_is_looked_for(tmp_path, signal, said):
    core = own(tmp_path / "unit", OWN_DBC + LONG)
    with pytest.raises(_core.InputError, match=f"database mine {said}"):
        Rig(core).can["mine"].signal(signal)


@pytest.mark.parametrize("databases", ["[rec, layouts/rec.dbc]", "[layouts/rec.dbc, other/rec.dbc]"])
def test_two_databases_of_one_name_are_refused(tmp_path, databases):
    with pytest.raises(_core.WiringError, match=r"wiring\.yaml:8: bus can: .*rec\.dbc\" is called rec as one that "):
        can_rig(tmp_path / "unit", databases, {"layouts/rec.dbc": OWN_DBC, "other/rec.dbc": OWN_DBC})


@pytest.mark.parametrize(
    ("dbc", "said"),
    [
        (OWN_DBC.replace("23|16@0+", "7|16@0+"), r"mine\.dbc:7: .*overlap"),
        (OWN_DBC.replace("[0|655.35]", "[0|655.36]"), r"mine\.dbc:7: .*its bits hold 0 to 655\.35"),
        (
            OWN_DBC.replace("SG_ Counter :", "SG_ Counter m0 :", 1),
            r"mine\.dbc:6: .*no signal of its message is the mult",
        ),
        ("hello", r"mine\.dbc:1: "),
    ],
    ids=["overlap", "range", "multiplexing", "rubbish"],
)
def test_a_dbc_file_that_cannot_be_is_refused_by_its_line(tmp_path, dbc, said):
    with pytest.raises(_core.WiringError, match=rf"wiring\.yaml:8: bus can: .*{said}"):
        own(tmp_path / "unit", dbc)


def test_a_dbc_file_that_is_not_there_is_said(tmp_path):
    core = own(tmp_path / "unit", OWN_DBC)
    (tmp_path / "unit" / "layouts" / "mine.dbc").unlink()
    with pytest.raises(_core.WiringError, match=r"mine\.dbc: cannot be read as a DBC file: No such file"):
        core.begin_test(1)


PAGES = """\
VERSION ""
NS_ :
BS_:
BU_: Unit Rig
BO_ 774 Pages: 8 Unit
 SG_ Page M : 0|8@1+ (1,0) [0|0] "" Rig
 SG_ First m0 : 8|8@1+ (1,0) [0|0] "rpm" Rig
 SG_ Second m1 : 8|8@1+ (1,0) [0|0] "rpm" Rig
"""


def test_a_multiplexed_signal_waits_for_its_page(tmp_path):
    """can_unit answers 0x305 with 0x306 and the bytes in reverse: each frame sent is a page that comes."""
    core = can_rig(tmp_path / "unit", "[pages.dbc]", {"pages.dbc": PAGES})
    core.begin_test(1)
    rig = Rig(core)
    first, second = rig.can["pages"].signal("First"), rig.can["pages"].signal("Second")

    def page(number: int, value: int) -> bytes:
        return bytes([number, value, 0, 0, 0, 0, 0, 0])[::-1]

    with rig.can.repeat(0x305, page(1, 9), every=0.1):
        rig.wait(0.5)
        assert second.value == 9
        with pytest.raises(ExpectationFailed, match=r"none of the \d+ frames 0x306 carried it: it is multiplexed"):
            first.read(within=1)
        with rig.can.repeat(0x305, page(0, 7), every=0.5):
            assert first.read(within=1).value == 7
            first.stays_between(7, 7, seconds=3)
            second.stays_between(9, 9, seconds=3)
            assert first.age <= 0.51
        rig.wait(6)
        with pytest.raises(ExpectationFailed, match="frames 0x306 that carry it are missing since"):
            first.expect_between(7, 7, within=0.1)
    core.end_test()
