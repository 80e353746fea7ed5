"""Each step that plans share passes a good unit, and fails one that does wrong what the step is about."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest
from bmsrig import paths
from defects import REC_2Q, SMART, VEBUS

IMPORTS = """\
from bmsrig.steps import adjustment, disturbances, independence, lamps, lead, lines
from bmsrig.steps import recovery, remote, supply, temperatures, thresholds
from bmsrig.steps import blinks
from bmsrig.steps.rec import errors, guards, precharge, silence
"""

CALLS = {
    VEBUS: {
        "levels": 'rig.cell(1).set(3.0); lines.expect_levels(rig, {"load": "active", "pre_alarm": "active"})',
        "levels_stay": """
            rig.cell(1).set(2.5)
            rig.wait(20)
            rig.cell(1).set(3.3)
            lines.expect_levels_stay(rig, {"load": "active"}, seconds=60)""",
        "reaction": """
            fallen = rig.cell(4).set(3.0)
            lines.measure_reaction(rig, fallen.time, "pre_alarm", "active", "pre_alarm_reaction_time")""",
        "sources": 'lines.expect_sources(rig, "load", seconds=5)',
        "released": 'lines.expect_released(rig, ["pre_alarm"], seconds=5)',
        "falling": """
            nominal = adjustment.adjust(rig, "pre_alarm", 3.0)
            thresholds.measure_falling_thresholds(
                rig, nominal, until="pre_alarm", becomes="active", limit="pre_alarm_threshold")""",
        "falling_after_the_lead": """
            thresholds.measure_falling_thresholds(
                rig, adjustment.adjust(rig, "under_voltage", None), until="load", becomes="inactive",
                limit="under_voltage_threshold", lead=lead.shortest_lead(rig))""",
        "rising": """
            thresholds.measure_rising_thresholds(
                rig, 3.75, until="charge", becomes="inactive", limit="over_voltage_threshold")""",
        "recovery": """
            recovery.measure_recovery_thresholds(
                rig, 3.20, tripped_at=2.5, line="load", limit="load_recovery_threshold", within=32)""",
        "recovery_downwards": """
            recovery.measure_recovery_thresholds(
                rig, 3.60, tripped_at=3.9, line="charge", limit="charge_recovery_threshold")""",
        "return_with_the_last_cell": """
            recovery.measure_return_with_the_last_cell(
                rig, tripped_at=2.5, held_at=3.15, line="load", limit="load_recovery_time", within=32)""",
        "lead": "rig.cell(1).set(2.5); lead.measure_lead(rig)",
        "lead_of_each_cell": "lead.measure_lead_of_each_cell(rig)",
        "fast_fall": "lead.measure_fast_fall(rig, seconds=0.5)",
        "long_warning": "lead.measure_release_after_a_long_warning(rig)",
        "cancelled": "lead.measure_cancelled_warning(rig, lowest=2.5)",
        "lead_after_cancel": "lead.measure_lead_after_a_cancelled_warning(rig)",
        "end_of_the_warning": "lead.measure_end_of_the_warning(rig)",
        "under_voltage_leaves": 'independence.expect_under_voltage_leaves(rig, {"charge": "active"})',
        "stops_with_charge": """
            independence.measure_stops_with_charge(
                rig, "vebus.charge", stop_limit="inverter_charge_stop_delay",
                return_limit="inverter_charge_return_delay")""",
        "each_cell": "independence.expect_each_cell_triggers_all_outputs(rig)",
        "over_temperature": "temperatures.measure_over_temperature(rig)",
        "low_temperature": "temperatures.measure_low_temperature(rig)",
        "return_temperatures": "temperatures.record_return_temperatures(rig)",
        "switching": """
            high = rig.source("remote.h")
            rig.switch("remote.link").open()
            remote.measure_switching(
                rig, on=lambda: high.set(3.1), off=lambda: high.set(2.7), lines=["load", "charge"],
                on_limit="remote_h_on_time")""",
        "bounce": 'remote.expect_bounce_counts_once(rig, "remote.link", ["load", "charge"])',
        "all_outputs": "supply.expect_all_outputs_work(rig)",
        "lowest_supply": "supply.measure_lowest_supply(rig, 9.0)",
        "highest_supply": "supply.measure_highest_supply(rig, 70.0)",
        "dip": 'supply.expect_dip_is_ridden_through(rig, to=9.1, seconds=2, lines=["load", "charge"])',
        "noise_near_a_threshold": "disturbances.expect_noise_trips_nothing(rig)",
        "noise_across_a_threshold": "disturbances.expect_noise_releases_once(rig)",
        "open_wires": "disturbances.record_open_cell_wires(rig)",
        "absent_sensor": "disturbances.record_absent_sensor(rig)",
        "flashes": """
            lamps.measure_flashes(
                rig, "led.status", 60, count_limit="status_flash_count", period_limit="status_flash_period",
                duration_limit="status_flash_duration")""",
    },
    SMART: {
        "lamp_of_load": 'lamps.measure_lamp_of_load(rig, "led.load", "led_load_lag")',
        "lamp_of_charge": 'lamps.measure_lamp_of_charge(rig, "led.charge", "led_charge_lag", while_stopped="inactive")',
        "flashes_of_any_rhythm": """
            lamps.measure_flashes(
                rig, "led.bluetooth", 10, count_limit="bluetooth_flash_period", period_limit="bluetooth_flash_period",
                duration_limit="bluetooth_flash_period")""",
    },
    REC_2Q: {
        "trip_and_release": """
            errors.measure_trip(rig, 1, rig.cells.set(3.95))
            errors.measure_release(rig, 1, rig.cells.set(3.3))""",
        "trip_that_leaves_the_relay": "errors.measure_trip(rig, 7, rig.temperature(1).set(-15).time)",
        "element_of_one_cell": """
            rig.restart(razl=1.0)
            rig.cell(3).set(3.9)
            errors.expect_error(rig, 1, element=3)""",
        "no_error": """
            rig.cells.set(3.9)
            errors.wait_for_error(rig, 1)
            rig.cells.set(3.5)
            errors.expect_no_error(rig)""",
        "error_stays": """
            rig.temperature(1).fault("absent")
            errors.wait_for_error(rig, 8)
            rig.temperature(1).fault("none")
            errors.expect_error_stays(rig, 8, seconds=4)""",
        "opening": "rig.cells.set(3.9); errors.measure_announced_opening(rig)",
        "logged": """
            rig.cells.set(3.9)
            errors.wait_for_error(rig, 1)
            assert errors.logged_errors(rig) == [1]""",
        "closing": """
            rig.temperature(1).set(60)
            rig.line("relay").expect_inactive()
            rig.temperature(1).set(25)
            precharge.measure_closing(rig, within=6)""",
        "trip_threshold": "guards.measure_trip_threshold(rig, guards.GUARDS[1])",
        "release_threshold": """
            guards.trip(rig, guards.GUARDS[3])
            guards.measure_release_threshold(rig, guards.GUARDS[3])""",
        "band": 'guards.expect_band_changes_nothing(rig, guards.GUARDS[3], ["relay"], seconds=20)',
        "number": """
            rig.temperature(1).set(-15)
            errors.wait_for_error(rig, 7)
            rig.wait(1)
            blinks.expect_number(rig, "led.error", 7, seconds=30)""",
        "off": """
            rig.line("led.power").expect_active()
            rig.switch("remote").open()
            rig.settle()
            silence.expect_off(rig, seconds=5)""",
    },
}
"""Product -> name of a step -> how a plan calls it."""

BAD = [
    (VEBUS, "levels", "--set pre_alarm=2.9"),
    (VEBUS, "levels_stay", "--defect cancel_ignored"),
    (VEBUS, "reaction", "--defect first_cell_only_pre_alarm"),
    (VEBUS, "released", "--defect resting_pre_alarm_sinks"),
    (VEBUS, "falling", "--defect pre_alarm_20mv_low"),
    (VEBUS, "falling", "--defect last_cell_ignored"),
    (VEBUS, "falling_after_the_lead", "--defect threshold_20mv_low"),
    (VEBUS, "rising", "--defect over_voltage_20mv_high"),
    (VEBUS, "recovery", "--defect no_recovery_hysteresis"),
    (VEBUS, "recovery_downwards", "--defect charge_recovers_at_threshold"),
    (VEBUS, "return_with_the_last_cell", "--defect first_cell_only_recovery"),
    (VEBUS, "lead", "--defect lead_29s5"),
    (VEBUS, "lead_of_each_cell", "--defect last_cell_ignored"),
    (VEBUS, "fast_fall", "--defect fast_fall_skips_lead"),
    (VEBUS, "long_warning", "--set pre_alarm=2.85"),
    (VEBUS, "cancelled", "--defect cancel_ignored"),
    (VEBUS, "lead_after_cancel", "--defect lead_not_restarted"),
    (VEBUS, "end_of_the_warning", "--defect pre_alarm_stays_after_release"),
    (VEBUS, "under_voltage_leaves", "--defect load_releases_charge"),
    (VEBUS, "stops_with_charge", "--defect high_cell_keeps_vebus_charge"),
    (VEBUS, "each_cell", "--defect last_cell_ignored"),
    (VEBUS, "over_temperature", "--defect over_temperature_55"),
    (VEBUS, "low_temperature", "--defect no_low_temperature"),
    (VEBUS, "return_temperatures", "--defect no_low_temperature"),
    (VEBUS, "switching", "--defect remote_h_500mv_low"),
    (VEBUS, "bounce", "--defect off_leaves_charge"),
    (VEBUS, "all_outputs", "--defect last_cell_ignored"),
    (VEBUS, "lowest_supply", "--defect dead_below_10_volt"),
    (VEBUS, "highest_supply", "--defect last_cell_ignored"),
    (VEBUS, "dip", "--defect dead_below_10_volt"),
    (VEBUS, "noise_near_a_threshold", "--set pre_alarm=3.112"),
    (VEBUS, "noise_across_a_threshold", "--defect no_recovery_hysteresis"),
    (VEBUS, "flashes", "--defect led_status_12s"),
    (SMART, "lamp_of_load", "--defect led_load_always_lit"),
    (SMART, "lamp_of_charge", "--defect led_charge_inverted"),
    (SMART, "flashes_of_any_rhythm", "--defect led_bluetooth_steady"),
    (REC_2Q, "trip_and_release", "--defect delay_of_two_cycles"),
    (REC_2Q, "trip_and_release", "--defect release_without_delay"),
    (REC_2Q, "trip_that_leaves_the_relay", "--defect low_temperature_opens_relay"),
    (REC_2Q, "element_of_one_cell", "--defect cell_number_off_by_one"),
    (REC_2Q, "no_error", "--set maxh=0.5"),
    (REC_2Q, "error_stays", "--defect release_without_delay"),
    (REC_2Q, "opening", "--defect announces_one_second_ahead"),
    (REC_2Q, "opening", "--defect opens_before_announcement"),
    (REC_2Q, "opening", "--defect announcement_missing"),
    (REC_2Q, "logged", "--defect error_not_logged"),
    (REC_2Q, "closing", "--defect precharge_once"),
    (REC_2Q, "closing", "--defect precharge_one_second_long"),
    (REC_2Q, "trip_threshold", "--set cmax=3.90"),
    (REC_2Q, "release_threshold", "--defect difference_without_hysteresis"),
    (REC_2Q, "band", "--defect difference_without_hysteresis"),
    (REC_2Q, "number", "--defect error_led_one_more"),
    (REC_2Q, "number", "--defect error_led_without_pause"),
    (REC_2Q, "off", "--defect off_keeps_lamps"),
]
"""Product, step, and how a unit is started that the step has to catch: a defect, or a wrong adjustment."""


def test_of(product: str, name: str) -> str:
    body = CALLS[product][name]
    lines = dedent(body).strip() if body.startswith("\n") else body
    return f"def test_{name}(rig):\n{indent(lines, '    ')}\n"


test_of.__test__ = False  # type: ignore[attr-defined]


def process(product: str, arguments: str = "") -> str:
    return f'"{paths.process_folder() / product}.so" {arguments}'


@pytest.mark.parametrize("product", CALLS)
def test_steps_pass_a_good_unit(plan, bmsrig, product):
    text = IMPORTS + "\n\n".join(test_of(product, name) for name in CALLS[product])
    done = bmsrig(plan(text), fixture=product)
    assert done.status == 0, done.output
    assert done.rows("SELECT count(*) FROM test") == [(len(CALLS[product]),)]


@pytest.mark.parametrize(("product", "name", "arguments"), BAD)
def test_a_step_fails_a_bad_unit(plan, bmsrig, product, name, arguments):
    done = bmsrig(plan(IMPORTS + test_of(product, name)), "--uut", process(product, arguments), fixture=product)
    assert done.status == 1, done.output


def test_a_step_that_wants_a_driven_output_fails_a_floating_one(plan, bmsrig):
    text = IMPORTS + "def test_it(rig):\n    lines.expect_sources(rig, 'pre_alarm')\n"
    assert bmsrig(plan(text), fixture=VEBUS).status == 1


@pytest.mark.parametrize(
    ("arguments", "warns"), [("", [1, 1, 1, 1]), ("--defect first_cell_only_pre_alarm", [1, 0, 0, 0])]
)
def test_a_step_that_records_shows_what_each_unit_does(plan, bmsrig, arguments, warns):
    text = IMPORTS + test_of(VEBUS, "open_wires")
    done = bmsrig(plan(text), "--uut", process(VEBUS, arguments), fixture=VEBUS)
    assert done.status == 0, done.output
    rows = done.rows("SELECT comment, value FROM measurement WHERE name = 'open_wire_warns' ORDER BY id")
    assert rows == [(f"cell {number + 1}", value) for number, value in enumerate(warns)]
