"""Which requirement each deliberate defect of the BMS processes breaks first and foremost."""

from __future__ import annotations

SMALLBMS, VEBUS, SMART = "victron_smallbms", "victron_vebus_bms", "victron_smart_bms_12_200"
REC_2Q, REC_ABMS = "rec_2q", "rec_abms"

# What any BMS of the Victron family may do wrong, and the requirement of each product that catches it.
_FAMILY = {
    "lead_29s5": ("VSB-PRE-LEAD", "VVB-PRE", "VS2-PRE"),
    "lead_not_restarted": ("VSB-PRE-LEAD", "VVB-PRE", "VS2-PRE"),
    "fast_fall_skips_lead": ("VSB-PRE-FASTFALL", "VVB-PRE", "VS2-PRE"),
    "cancel_ignored": ("VSB-PRE-CANCEL", "VVB-PRE", "VS2-PRE"),
    "pre_alarm_ends_early": ("VSB-PRE-END", "VVB-PRE", "VS2-PRE"),
    "pre_alarm_stays_after_release": ("VSB-PRE-END", "VVB-PRE", "VS2-PRE"),
    "slow_sampling": ("VSB-PRE-TRIP", "VVB-PRE", "VS2-PRE"),
    "threshold_20mv_low": ("VSB-LOAD-UV", "VVB-THRESHOLDS", "VS2-LOAD"),
    "pre_alarm_20mv_low": ("VSB-PRE-TRIP", "VVB-PRE", "VS2-PRE"),
    "over_voltage_20mv_high": ("VSB-CHG-OV", "VVB-THRESHOLDS", "VS2-CHG"),
    "no_recovery_hysteresis": ("VSB-LOAD-RECOVER", "VVB-THRESHOLDS", "VS2-LOAD"),
    "charge_recovers_at_threshold": ("VSB-CHG-OV-RECOVER", "VVB-THRESHOLDS", "VS2-CHG"),
    "no_low_temperature": ("VSB-CHG-UT", "VVB-CHG", "VS2-CHG"),
    "over_temperature_55": ("VSB-CHG-OT", "VVB-THRESHOLDS", "VS2-CHG"),
    "dead_below_10_volt": ("VSB-SUPPLY", "VVB-SUPPLY", None),
    "far_values_ignored": ("VSB-CHG-OT", "VVB-CHG", "VS2-CHG"),
    "low_cell_allows_charging": ("VSB-CHG-OV", "VVB-CHG", "VS2-CHG"),
    "charge_causes_cancel": ("VSB-CHG-OV", "VVB-CHG", "VS2-CHG"),
    "last_cell_ignored": ("VSB-EVERY-CELL", "VVB-THRESHOLDS", "VS2-LOAD"),
    "first_cell_only_pre_alarm": ("VSB-EVERY-CELL", "VVB-PRE", "VS2-PRE"),
    "first_cell_only_recovery": ("VSB-LOAD-RECOVER", "VVB-THRESHOLDS", "VS2-LOAD"),
    "load_releases_charge": ("VSB-INDEPENDENT", "VVB-CHG", "VS2-CHG"),
    "charge_releases_load": ("VSB-INDEPENDENT", "VVB-LOAD", "VS2-LOAD"),
    "released_load_sinks": ("VSB-LOAD-FLOAT", "VVB-LOAD", "VS2-LOAD"),
    "resting_pre_alarm_sinks": ("VSB-PRE-FLOAT", "VVB-PRE", "VS2-PRE"),
    "remote_h_ignored": ("VSB-REMOTE-H", "VVB-REMOTE-H", "VS2-REMOTE-TABLE"),
    "remote_l_ignored": ("VSB-REMOTE-L", "VVB-REMOTE-L", "VS2-REMOTE-TABLE"),
    "remote_h_500mv_low": (None, "VVB-REMOTE-H", "VS2-REMOTE-TABLE"),
    "remote_h_500mv_high": (None, "VVB-REMOTE-H", "VS2-REMOTE-TABLE"),
    "remote_l_500mv_low": (None, "VVB-REMOTE-L", "VS2-REMOTE-TABLE"),
    "remote_l_500mv_high": (None, "VVB-REMOTE-L", "VS2-REMOTE-TABLE"),
}

# What a product of its own may do wrong.
_OWN = {
    SMALLBMS: {
        "led_alarm_inverted": "VSB-LED-ALARM",
        "led_load_always_lit": "VSB-LED-LOAD",
        "off_leaves_charge": "VSB-REMOTE-OFF",
    },
    VEBUS: {
        "mains_return_ignored": "VVB-MAINS",
        "low_cell_stops_vebus_charge": "VVB-INVERTER-LOW",
        "low_cell_keeps_vebus_discharge": "VVB-INVERTER-LOW",
        "vebus_discharge_3s_late": "VVB-INVERTER-LOW",
        "high_cell_keeps_vebus_charge": "VVB-INVERTER-HIGH",
        "high_cell_stops_vebus_discharge": "VVB-INVERTER-HIGH",
        "pre_alarm_stops_vebus_discharge": "VVB-NO-GX-ALARM",
        "off_keeps_permissions": "VVB-REMOTE-OFF",
        "off_leaves_charge": "VVB-REMOTE-OFF",
        "gx_without_aux_in": "VVB-GXPOW",
        "gx_prefers_aux_in": "VVB-GXPOW",
        "gx_stays_up_in_low_cell": "VVB-GXPOW-LOW",
        "led_low_cell_inverted": "VVB-LED-LOW",
        "led_low_cell_follows_load": "VVB-LED-LOW",
        "led_high_cell_inverted": "VVB-LED-HIGH",
        "led_status_12s": "VVB-LED-STATUS",
        "led_status_in_low_power": "VVB-LED-STATUS",
    },
    SMART: {
        "alternator_starts_at_12v5": "VS2-ALT-START",
        "alternator_reverse_flow": "VS2-ALT-ONEWAY",
        "fuse_by_90_percent": "VS2-ALT-FUSE",
        "charge_limit_100mv_high": "VS2-ALT-LIMIT",
        "charge_limit_ignored": "VS2-ALT-LIMIT",
        "charge_restarts_at_limit": "VS2-ALT-RESTART",
        "charge_restarts_after_8s": "VS2-ALT-RESTART",
        "charge_restarts_after_9s_in_total": "VS2-ALT-RESTART",
        "alarm_leaves_alternator": "VS2-ALT-PROTECT",
        "alarm_leaves_system_charge": "VS2-SYS-OV",
        "alarm_stops_system_discharge": "VS2-SYS-OV",
        "low_cell_stops_system_charge": "VS2-SYS-UV",
        "low_cell_leaves_system_discharge": "VS2-SYS-UV",
        "intermittent_is_steady": "VS2-PRE-INT",
        "not_available_warns": "VS2-PRE-NA",
        "off_leaves_system": "VS2-REMOTE-DEFAULT",
        "off_leaves_alternator": "VS2-REMOTE-DEFAULT",
        "off_releases_load_and_charge": "VS2-REMOTE-DEFAULT",
        "everything_ignored": "VS2-REMOTE-ALL",
        "case_ignored": "VS2-CODES",
        "cable_ignored": "VS2-CABLE",
        "cable_leaves_charge": "VS2-CABLE",
        "low_cell_code_is_a_b15": "VS2-CODES",
        "pre_alarm_code_missing": "VS2-CODES",
        "cable_code_missing": "VS2-CODES",
        "led_alternator_shows_voltage": "VS2-LEDS",
        "led_over_temperature_inverted": "VS2-LEDS",
        "led_active_follows_remote": "VS2-LEDS",
        "led_bluetooth_steady": "VS2-LEDS",
        "led_charge_inverted": "VS2-LEDS",
        "led_load_always_lit": "VS2-LEDS",
        "led_system_charge_shows_discharge": "VS2-LEDS",
    },
}

# What a REC 2Q may do wrong.
_REC_2Q = {
    "hysteresis_sign_wrong": "R2Q-E1-RELEASE",
    "delay_of_two_cycles": "R2Q-DELAY",
    "release_without_delay": "R2Q-E2-RELEASE",
    "start_errors_delayed": "R2Q-DELAY-START",
    "over_current_after_one_cycle": "R2Q-E12",
    "reconnects_after_5s": "R2Q-E12",
    "discharge_over_current_ignored": "R2Q-E12",
    "difference_without_hysteresis": "R2Q-E3",
    "welded_contactor_ignored": "R2Q-E11",
    "cell_number_off_by_one": "R2Q-EVERY-CELL",
    "error_not_logged": "R2Q-485-LOG",
    "last_cell_ignored": "R2Q-EVERY-CELL",
    "hottest_sensor_only": "R2Q-SENSORS",
    "ioja_of_wrong_shunt": "R2Q-CURRENT",
    "ioff_ignored": "R2Q-CURRENT",
    "odd_and_even_swapped": "R2Q-485-TABLE",
    "soc_reset_once": "R2Q-E2-TRIP",
    "clow_under_load": "R2Q-CLOW",
    "precharge_missing_on_can": "R2Q-CAN-REC",
    "optocouplers_swapped_on_can": "R2Q-CAN-REC",
    "opens_before_announcement": "R2Q-WARN",
    "announces_one_second_ahead": "R2Q-WARN",
    "announcement_missing": "R2Q-WARN",
    "precharge_once": "R2Q-PRECHARGE",
    "precharge_one_second_long": "R2Q-PRECHARGE",
    "low_temperature_opens_relay": "R2Q-E7",
    "soc_not_reset": "R2Q-E2-TRIP",
    "clow_ignored": "R2Q-CLOW",
    "limits_stay_during_error_17": "R2Q-E17",
    "balances_during_over_temperature": "R2Q-BAL-START",
    "enable_5v_ignored": "R2Q-REMOTE",
    "dead_below_12_volt": "R2Q-SUPPLY",
    "sleeps_after_20s": "R2Q-SLEEP",
    "wakes_by_itself": "R2Q-SLEEP",
    "off_keeps_lamps": "R2Q-OFF",
    "error_led_one_more": "R2Q-LED-ERROR",
    "error_led_without_pause": "R2Q-LED-ERROR",
    "power_led_hides_balancing": "R2Q-LED-POWER",
    "cans_ignored": "R2Q-CAN-SELECT",
    "crc_low_byte_first": "R2Q-485-FRAME",
    "refused_value_taken": "R2Q-485-RANGE",
    "settings_forgotten": "R2Q-E14",
}

# What a REC ABMS may do wrong.
_REC_ABMS = {
    "stages_swapped": "RAB-ORDER",
    "re1h_sign_ignored": "RAB-RE1-OV",
    "charge_relay_without_delay": "RAB-RE1-UV",
    "charge_relay_ignores_main": "RAB-ORDER",
    "zero_levels_open_charge_relay": "RAB-RE1-OFF",
    "limits_return_first": "RAB-ORDER",
    "charge_opto_ignores_errors": "RAB-OPTO",
    "clow_ignored": "RAB-STAGE1",
    "delay_of_two_cycles": "RAB-STAGE3",
    "release_without_delay": "RAB-STAGE3",
    "hysteresis_sign_wrong": "RAB-ORDER-OV",
    "opens_before_announcement": "RAB-STAGE3",
    "announces_one_second_ahead": "RAB-STAGE3",
    "announcement_missing": "RAB-STAGE3",
    "precharge_once": "RAB-STAGE3",
    "precharge_one_second_long": "RAB-STAGE3",
    "last_cell_ignored": "RAB-RE1-UV",
    "ioja_of_wrong_shunt": "RAB-485",
    "error_not_logged": "RAB-485",
    "crc_low_byte_first": "RAB-485",
    "refused_value_taken": "RAB-485",
}

CAUGHT_BY: dict[str, dict[str, str]] = {
    product: {defect: ids[column] for defect, ids in _FAMILY.items() if ids[column] is not None} | _OWN[product]
    for column, product in enumerate((SMALLBMS, VEBUS, SMART))
} | {REC_2Q: _REC_2Q, REC_ABMS: _REC_ABMS}
"""Product -> defect -> the requirement that a run on such a unit fails."""

RECORDED_BY: dict[str, dict[str, tuple[str, str, float, float]]] = {
    SMALLBMS: {},
    VEBUS: {},
    SMART: {
        "case_leaves_alternator": ("VS2-CASE", "own_over_temperature_opens_alternator", 1, 0),
        "case_leaves_system_charge": ("VS2-CASE", "own_over_temperature_opens_system_charge", 1, 0),
    },
    REC_2Q: {
        "frames_every_200ms": ("R2Q-CAN-REC", "can_rec_mean_period", 0.1, 0.2),
        "opto_ignores_errors": ("R2Q-OPTO", "opto_conducts_in_chosen_error", 0, 1),
    },
    REC_ABMS: {},
}
"""Product -> defect in what is only characterised -> its requirement, a measurement, and the value of that for a good
unit and for such a one."""

NOT_ASKED: dict[str, set[str]] = {
    REC_ABMS: {*_REC_2Q, *RECORDED_BY[REC_2Q]} - {*_REC_ABMS, "opto_ignores_errors"},
}
"""Product -> defects that its own requirements do not ask about; the plan of the product it shares them with does."""
