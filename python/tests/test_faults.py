"""Fault injection from a plan: what it does to the unit, and what is refused."""

from __future__ import annotations

import shutil

from bmsrig import paths

PASSING = """
def test_open_wire(rig):
    rig.cell(2).fault("open")
    rig.line("pre_alarm").expect_active()
    rig.cell(2).fault("none")
    rig.line("pre_alarm").expect_inactive()


def test_shorted_cell(rig):
    rig.cell(2).fault("short")
    rig.line("load").expect_inactive(within=60)


def test_sensor_absent_and_stuck(rig):
    rig.temperature().fault("stuck")
    rig.temperature().set(60)
    rig.line("charge").expect_stays_active(seconds=10)
    rig.temperature().fault("none")
    rig.line("charge").expect_inactive()
    rig.temperature().set(25)
    rig.line("charge").expect_active()
    rig.temperature().fault("absent")
    rig.line("charge").expect_inactive()


def test_swapped_cells_follow_each_other(rig):
    rig.cells.swap(1, 4)
    rig.cell(1).set(3.00)
    rig.line("pre_alarm").expect_active()
    rig.cells.swap(1, 4)
    rig.line("pre_alarm").expect_stays_active(seconds=10)


def test_noise_without_a_context_goes_on(rig):
    noise = rig.cell(3).noise(rms=0.002, interval=0.3)
    edges_before = rig.trace_text.count(" cell.3 ")
    rig.wait(30)
    assert rig.trace_text.count(" cell.3 ") > edges_before + 50
    noise.stop()
    quiet = rig.trace_text.count(" cell.3 ")
    rig.wait(30)
    assert rig.trace_text.count(" cell.3 ") == quiet


def test_noise_near_a_threshold(rig):
    rig.cell(3).set(3.11)
    with rig.cell(3).noise(rms=0.002, interval=0.3):
        rig.line("pre_alarm").expect_stays_inactive(seconds=60)
    rig.cell(3).set(3.101)
    with rig.cell(3).noise(rms=0.010, interval=0.3):
        edges = rig.line("pre_alarm").edges(60)
    assert len(edges) > 10
    assert {edge.level for edge in edges} == {"active", "inactive"}
    assert edges == sorted(edges, key=lambda edge: edge.time)


def test_supply_dip(rig):
    back = rig.supply.dip(to=5.0, seconds=3)
    assert back.value == 13.2
    assert rig.line("load").expect_active().time > back.time - 3
    rig.line("load").expect_stays_active(seconds=10)


def test_remote_bounce(rig):
    first = rig.switch("remote.link").bounce(times=7, interval=0.02)
    assert round(rig.now - first.time, 6) == 0.28
    rig.line("load").expect_inactive()
    rig.line("load").expect_stays_inactive(seconds=10)


def test_restart_takes_faults_back(rig):
    rig.cell(1).fault("open")
    rig.restart()
    rig.line("load").expect_stays_active(seconds=60)
"""

REFUSED = """
def test_two_faults_at_one_cell(rig):
    rig.cell(1).fault("open")
    with pytest.raises(bmsrig.InputError, match='"short" conflicts with "open"'):
        rig.cell(1).fault("short")


def test_noise_on_an_open_wire(rig):
    rig.cell(1).fault("open")
    with pytest.raises(bmsrig.InputError, match='"noise" conflicts with "open"'), rig.cell(1).noise(rms=0.001):
        pass


def test_all_remote_contacts(rig):
    rig.switch("remote.h").close()
    with pytest.raises(bmsrig.InputError, match="shorts the supply"):
        rig.switch("remote.l").close()


def test_a_fault_beyond_the_wiring(rig):
    with pytest.raises(bmsrig.InputError, match="allows: open, short, swapped, noise"):
        rig.cell(1).fault("reversed")


def test_opening_what_is_no_source(rig):
    with pytest.raises(bmsrig.InputError, match="'cell.1' is a cell; expected a source"):
        rig.source("cell.1").open()


def test_handles_of_the_wrong_kind(rig):
    with pytest.raises(bmsrig.InputError, match="'supply' is a source; expected a contact"):
        rig.switch("supply")
    with pytest.raises(bmsrig.InputError, match="'cell.1' is a cell; expected a contact"):
        rig.switch("cell.1")
    with pytest.raises(bmsrig.InputError, match="'remote.h' is a contact; expected a source"):
        rig.source("remote.h")
    with pytest.raises(bmsrig.InputError, match="'supply' is a source; expected a temperature"):
        rig.temperature("supply")
    with pytest.raises(bmsrig.InputError, match="cell 99: the battery has cells 1 to 4"):
        rig.cell(99)


def test_noise_twice(rig):
    with rig.cell(1).noise(rms=0.001), pytest.raises(bmsrig.InputError, match="noise is on already"):
        rig.cell(1).noise(rms=0.001)


def test_times_below_zero(rig):
    for action in (lambda: rig.wait(-1), lambda: rig.line("load").edges(-1)):
        with pytest.raises(bmsrig.InputError, match="expected 0 s or more"):
            action()
    with pytest.raises(bmsrig.InputError, match="0 s or more"):
        rig.supply.dip(to=8, seconds=-1)
    assert rig.supply.read() > 13


def test_a_value_in_the_wrong_unit(rig):
    threshold = rig.cell(1).lower_through(3.10, until="pre_alarm", becomes="active")
    with pytest.raises(bmsrig.InputError, match="pre_alarm_lead_time is in s, but the value in V"):
        rig.measure("pre_alarm_lead_time", threshold)


def test_a_reading_that_is_not_there(rig):
    with pytest.raises(bmsrig.RigError, match="no reading"):
        rig.meter("gx_pow")


def test_a_log_line_that_never_comes(rig):
    with pytest.raises(bmsrig.ExpectationFailed, match="expected a line with 'code A-B11' within 5 s"):
        rig.expect_log("code A-B11", within=5)
"""


REVERSED = """
def test_reversed_cell(rig):
    rig.cell(2).set(2.0)
    rig.cell(2).fault("reversed")
    rig.wait(1)
    rig.line("load").expect_inactive(within=60)
    with pytest.raises(bmsrig.RatingError, match="-3 V was asked for, but the UUT is rated -2.5 V to 5 V"):
        rig.cell(2).set(3.0)
    rig.cell(2).set(2.5)
    rig.cell(2).fault("none")
    rig.cells.set(3.3)
    rig.line("load").expect_active()
    with pytest.raises(bmsrig.RatingError, match="-3.3 V was asked for"):
        rig.cell(2).fault("reversed")
    rig.line("load").expect_stays_active(seconds=60)
"""


def test_a_reversed_cell_is_held_to_its_rating(plan, bmsrig, tmp_path):
    fixture = tmp_path / "victron_smallbms"
    shutil.copytree(paths.fixtures_folder() / "victron_smallbms", fixture)
    wiring = (fixture / "wiring.yaml").read_text()
    other = wiring.replace("rating: [0 V, 5 V]", "rating: [-2.5 V, 5 V]").replace("[open, short,", "[open, reversed,")
    assert other != wiring
    (fixture / "wiring.yaml").write_text(other)
    done = bmsrig(plan("import bmsrig\n" + REVERSED), fixture=str(fixture))
    assert done.status == 0, done.output


def test_faults_do_what_they_say(plan, bmsrig):
    done = bmsrig(plan(PASSING))
    assert done.status == 0, done.output


def test_what_cannot_be_is_refused_and_names_the_conflict(plan, bmsrig):
    done = bmsrig(plan("import bmsrig\n" + REFUSED))
    assert done.status == 0, done.output


def test_an_illegal_fault_is_the_plans_error_and_no_failure(plan, bmsrig):
    done = bmsrig(plan('def test_it(rig):\n    rig.cell(1).fault("open")\n    rig.cell(1).fault("short")\n'))
    assert done.status == 3, done.output
    assert "conflicts with" in done.output


CELLS_RAMP = """
import pytest
from bmsrig import InputError

def test_ramp(rig):
    rig.cell(2).set(3.20)
    start = rig.now
    assert rig.cells.ramp(3.00, seconds=10) == pytest.approx(start + 10)
    rig.settle()
    assert rig.cells.read() == pytest.approx([3.00] * 4, abs=0.002)
    halfway = [rig._core.value_at(f"cell.{number}", start + 5.0) for number in (1, 2)]
    assert halfway == pytest.approx([3.15, 3.10], abs=0.001)  # each from where it stood
    assert rig.cells.ramp(3.30, seconds=0) == rig.now
    rig.settle()
    assert rig.cells.read() == pytest.approx([3.30] * 4, abs=0.002)
    for wrong in ({"seconds": -1}, {"seconds": 1, "interval": 0}, {"seconds": float("nan")}):
        with pytest.raises(InputError, match="a ramp takes seconds >= 0"):
            rig.cells.ramp(3.0, **wrong)
"""


def test_all_cells_ramp_together(plan, bmsrig):
    done = bmsrig(plan(CELLS_RAMP))
    assert done.status == 0, done.output
