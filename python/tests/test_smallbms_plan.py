"""The smallBMS plan must pass good units and catch bad ones, by the requirement that they break."""

from __future__ import annotations

import subprocess
import sys

import pytest
from bmsrig import paths

PROGRAM = paths.process_folder() / "victron_smallbms"
IN_PYTHON = paths.fixtures_folder() / "victron_smallbms" / "bms" / "in_python.py"

CAUGHT_BY = {
    "lead_29s5": "VSB-PRE-LEAD",
    "lead_not_restarted": "VSB-PRE-LEAD",
    "fast_fall_skips_lead": "VSB-PRE-FASTFALL",
    "cancel_ignored": "VSB-PRE-CANCEL",
    "pre_alarm_ends_early": "VSB-PRE-END",
    "pre_alarm_stays_after_release": "VSB-PRE-END",
    "slow_sampling": "VSB-PRE-TRIP",
    "threshold_20mv_low": "VSB-LOAD-UV",
    "pre_alarm_20mv_low": "VSB-PRE-TRIP",
    "over_voltage_20mv_high": "VSB-CHG-OV",
    "no_recovery_hysteresis": "VSB-LOAD-RECOVER",
    "charge_recovers_at_threshold": "VSB-CHG-OV-RECOVER",
    "no_low_temperature": "VSB-CHG-UT",
    "over_temperature_55": "VSB-CHG-OT",
    "dead_below_10_volt": "VSB-SUPPLY",
    "last_cell_ignored": "VSB-EVERY-CELL",
    "first_cell_only_pre_alarm": "VSB-EVERY-CELL",
    "first_cell_only_recovery": "VSB-LOAD-RECOVER",
    "load_releases_charge": "VSB-INDEPENDENT",
    "charge_releases_load": "VSB-INDEPENDENT",
    "released_load_sinks": "VSB-LOAD-FLOAT",
    "resting_pre_alarm_sinks": "VSB-PRE-FLOAT",
    "led_alarm_inverted": "VSB-LED-ALARM",
    "led_load_always_lit": "VSB-LED-LOAD",
    "remote_h_ignored": "VSB-REMOTE-H",
    "remote_l_ignored": "VSB-REMOTE-L",
    "off_leaves_charge": "VSB-REMOTE-OFF",
}
"""The requirement that each deliberate defect of the BMS process breaks first and foremost."""


def failed_requirements(done) -> set[object]:
    return {
        row[0]
        for row in done.rows(
            "SELECT requirement FROM test_requirement JOIN test ON test.id = test WHERE verdict = 'fail'"
        )
    }


def test_the_list_of_defects_is_complete():
    done = subprocess.run([str(PROGRAM), "--list-defects"], capture_output=True, text=True, check=True)
    assert sorted(done.stdout.split()) == sorted(CAUGHT_BY)


@pytest.mark.parametrize("defect", CAUGHT_BY)
def test_a_defective_unit_is_caught_by_the_requirement_it_breaks(bmsrig, defect):
    done = bmsrig("victron_smallbms", "--uut", f'"{PROGRAM}" --defect {defect}', "-q")
    assert done.status == 1, done.output
    assert done.rows("SELECT count(*) FROM test WHERE verdict IN ('error', 'aborted')") == [(0,)]
    assert CAUGHT_BY[defect] in failed_requirements(done), done.output


@pytest.mark.parametrize("cells", [4, 8, 16])
def test_a_good_unit_passes_every_requirement(bmsrig, cells):
    done = bmsrig("victron_smallbms", "--set", f"cells={cells}")
    assert done.status == 0, done.output
    assert "have no test" not in done.output


def test_a_good_unit_passes_on_a_noisy_bench(bmsrig):
    done = bmsrig("victron_smallbms", "--bench", "virtual_noisy")
    assert done.status == 0, done.output


def test_a_unit_written_in_python_passes(bmsrig):
    done = bmsrig("victron_smallbms", "--uut", f"{sys.executable} {IN_PYTHON}")
    assert done.status == 0, done.output


@pytest.mark.parametrize("period", ["200_000_000", "1_000_000_000"], ids=["200ms", "1s"])
def test_units_that_look_often_or_as_seldom_as_allowed_pass_alike(bmsrig, tmp_path, period):
    good = IN_PYTHON.read_text()
    other = good.replace("SAMPLE, LEAD = 500_000_000", f"SAMPLE, LEAD = {period}")
    assert other != good
    (tmp_path / "other.py").write_text(other)
    chosen = "not each_cell and not minibms"  # the searches take this slow process too long
    done = bmsrig("victron_smallbms", "--uut", f"{sys.executable} {tmp_path / 'other.py'}", "-k", chosen)
    assert done.status == 0, done.output


def test_a_bad_unit_written_in_python_fails(bmsrig, tmp_path):
    good = IN_PYTHON.read_text()
    bad = good.replace("30_000_000_000", "29_000_000_000")
    assert bad != good
    (tmp_path / "bad.py").write_text(bad)
    done = bmsrig("victron_smallbms", "--uut", f"{sys.executable} {tmp_path / 'bad.py'}")
    assert done.status == 1, done.output
    assert {"VSB-PRE-LEAD", "VSB-PRE-FASTFALL"} <= failed_requirements(done)
