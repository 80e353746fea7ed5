"""Instruments whose calibration has run out: refused or marked, as the bench file says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from bmsrig import InputError, _core, paths
from bmsrig.calibration import calibrations, refuse

PASSING = "def test_it(rig):\n    rig.line('load').expect_active()\n"
TODAY = date(2026, 3, 31)


def bench_file(tmp_path, calibrated: str, rule: str = "", driver: str = "virtual_power_supply"):
    good = (paths.fixtures_folder() / "victron_smallbms" / "benches" / "virtual.yaml").read_text()
    said = f"\n    calibrated: {calibrated}" if calibrated else ""
    file = tmp_path / "bench.yaml"
    file.write_text(good.replace("driver: virtual_power_supply", f"driver: {driver}{said}") + f"{rule}\n")
    return file


def identity(calibrated: str, figures: str = "yes"):
    return [{"name": "supply", "serial": "S-17", "calibrated": calibrated, "figures": figures}]


@pytest.mark.parametrize(
    ("day", "rule", "says"),
    [
        ("2025-03-31", "", "calibrated 2025-03-31, 365 days before the run; valid for 365 days"),
        ("2025-03-30", "", "EXPIRED: calibrated 2025-03-30, 366 days before the run; valid for 365 days"),
        (
            "2025-03-30",
            "calibration: {valid_for_days: 730}",
            "calibrated 2025-03-30, 366 days before the run; valid for 730 days",
        ),
        ("2026-04-01", "", "UNKNOWN: calibrated 2026-04-01, which is 1 days after the run"),
        ("31.03.26", "", "UNKNOWN: its date of calibration is '31.03.26'; expected a day such as 2026-03-31"),
        ("", "", "UNKNOWN: it tells no date of calibration"),
    ],
)
def test_a_date_is_judged_by_the_day_of_the_run(tmp_path, day, rule, says):
    bench = _core.Bench.load(bench_file(tmp_path, "", rule, driver="scpi_power_supply"))
    (found,) = calibrations(identity(day), bench, TODAY)
    assert str(found).startswith(says)
    assert not found.is_refused
    refuse([found], bench)  # it does not


def test_what_has_nothing_to_calibrate_is_left_out(tmp_path):
    real = _core.Bench.load(bench_file(tmp_path, "", driver="scpi_power_supply"))
    assert calibrations(identity("", figures=""), real, TODAY) == []
    virtual = _core.Bench.load(bench_file(tmp_path, ""))
    assert calibrations(identity(""), virtual, TODAY) == []
    assert len(calibrations(identity("2026-01-01"), virtual, TODAY)) == 1


@pytest.mark.parametrize(
    ("day", "rule"), [("2025-03-30", "calibration: {expired: refuse}"), ("", "calibration: {required: true}")]
)
def test_the_bench_file_may_refuse(tmp_path, day, rule):
    bench = _core.Bench.load(bench_file(tmp_path, "", rule, driver="scpi_power_supply"))
    found = calibrations(identity(day), bench, TODAY)
    with pytest.raises(InputError, match=r"bench\.yaml:\d+: calibration: .* instrument supply \(serial number S-17\)"):
        refuse(found, bench)


def days_ago(days: int) -> str:
    return (datetime.now(UTC).date() - timedelta(days=days)).isoformat()


def test_an_expired_one_is_marked_in_record_report_and_console(plan, bmsrig, tmp_path):
    day = days_ago(400)
    done = bmsrig(plan(PASSING), "--bench", str(bench_file(tmp_path, day)))
    assert done.status == 0, done.output
    ((said,),) = done.rows("SELECT value FROM property WHERE name = 'calibration.supply'")
    assert str(said).startswith(f"EXPIRED: calibrated {day}, 40")
    ((who,),) = done.rows("SELECT value FROM property WHERE name = 'instrument.supply'")
    assert str(who).endswith(f", calibrated {day}")
    assert "note:    calibration EXPIRED: instrument supply (serial number supply): calibrated" in done.output
    assert f"Calibration of supply: EXPIRED: calibrated {day}" in done.record.with_suffix(".html").read_text()


def test_an_expired_one_is_refused_before_the_first_test(plan, bmsrig, tmp_path):
    day = days_ago(400)
    bench = bench_file(tmp_path, day, "calibration: {expired: refuse}")
    done = bmsrig(plan(PASSING), "--bench", str(bench))
    assert done.status == 4, done.output
    assert f"instrument supply (serial number supply): calibrated {day}" in done.output
    assert "have it calibrated or replaced" in done.output
    assert not done.record.exists()
    bench = bench_file(tmp_path, days_ago(10), "calibration: {expired: refuse}")
    assert bmsrig(plan(PASSING), "--bench", str(bench)).status == 0
