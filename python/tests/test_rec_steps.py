"""The arbiter, the oracle and the stages: each passes a good REC unit, and names what a bad one does."""

from __future__ import annotations

from textwrap import dedent

import pytest
from bmsrig import _core, paths
from bmsrig.failure import ExpectationFailed
from bmsrig.steps.rec import frames
from bmsrig.steps.rec.protocols import PROTOCOLS, named
from defects import REC_2Q, REC_ABMS

SHORT_SOAK = """
    from bmsrig.steps.rec.oracle import Oracle

    def test_it(rig):
        oracle = Oracle(rig)
        for volts in (3.95, 3.30, 2.72, 3.30, 3.0, 3.5, 3.30):
            rig.cells.set(volts)
            oracle.applied()
            oracle.hold(25)
            assert not oracle.may_sleep
        rig.temperature(1).set(60)
        oracle.applied()
        oracle.hold(20)
        rig.temperature(1).set(25)
        oracle.applied()
        oracle.hold(20)
    """

REPORTS = """
    from bmsrig.steps.rec import current
    from bmsrig.steps.rec.arbiter import measure_reports

    def test_it(rig):
        rig.restart(ioja=current.SHUNTS[300])
        rig.cells.set([3.20 + 0.01 * number for number in range(len(rig.cells))])
        rig.temperature(1).set(41)
        current.apply(rig, -80.0)
        measure_reports(rig)
    """

REPORTS_OF_INVERTERS = """
    from bmsrig.steps.rec import current
    from bmsrig.steps.rec.arbiter import measure_reports
    from bmsrig.steps.rec.limits import measure_limit
    from bmsrig.steps.rec.protocols import INVERTERS, for_each, select

    @for_each(INVERTERS)
    def test_it(rig, protocol):
        select(rig, protocol)
        rig.cells.set([3.20 + 0.01 * number for number in range(len(rig.cells))])
        rig.temperature(1).set(41)
        current.apply(rig, -80.0)
        measure_reports(rig, databases=[protocol.database])
        measure_limit(rig, "CCL", 100.0, "charge_limit_error", database=protocol.database)
    """


def bad_unit(product: str, defect: str) -> list[str]:
    return ["--uut", f'"{paths.process_folder() / product}.so" --defect {defect}'] if defect else []


@pytest.mark.parametrize(
    ("defect", "said"),
    [
        ("", ""),
        ("hysteresis_sign_wrong", "the relay is closed though error 1 has persisted"),
        ("opens_before_announcement", "the relay opens, but its opening was announced at"),
        ("announces_one_second_ahead", "the relay opens, but its opening was announced at"),
        ("release_without_delay", "the pre-charge closes though error 1 cannot be over yet"),
        ("precharge_once", "the relay closes, but the pre-charge closed at"),
    ],
)
def test_the_oracle_says_what_contradicts_the_requirements(plan, bmsrig, defect, said):
    done = bmsrig(plan(dedent(SHORT_SOAK)), *bad_unit(REC_2Q, defect), fixture=REC_2Q)
    assert done.status == bool(defect), done.output
    assert said in done.output


@pytest.mark.parametrize(
    ("product", "defect", "said"),
    [
        (REC_2Q, "", ""),
        (REC_ABMS, "", ""),
        (REC_2Q, "ioja_of_wrong_shunt", "rs485 LCD1 current: applied -79.99"),
        (REC_2Q, "last_cell_ignored", "rs485 LCD3 max cell: applied 3.3"),
    ],
)
def test_the_arbiter_names_signal_applied_and_reported(plan, bmsrig, product, defect, said):
    done = bmsrig(plan(dedent(REPORTS)), *bad_unit(product, defect), fixture=product)
    assert done.status == bool(defect), done.output
    assert said in done.output
    if not defect:
        rows = done.rows("SELECT name, verdict FROM measurement ORDER BY name")
        assert rows == [(f"reported_{each}_error", "pass") for each in ("cell", "current", "pack", "temperature")]


@pytest.mark.parametrize(
    ("defect", "said"),
    [
        ("", ""),
        ("pylontech_current_sign", "can.pylontech.Current: applied -80"),
        ("sma_limits_swapped", "CCL 200, expected 100"),
        ("growatt_little_endian", "expected 100"),
    ],
)
def test_the_arbiter_knows_the_protocols_of_inverters(plan, bmsrig, defect, said):
    done = bmsrig(plan(dedent(REPORTS_OF_INVERTERS)), *bad_unit(REC_2Q, defect), fixture=REC_2Q)
    assert done.status == bool(defect), done.output
    assert said in done.output
    verdicts = done.rows("SELECT verdict, count(*) FROM test GROUP BY verdict ORDER BY verdict")
    assert verdicts == ([("fail", 1), ("pass", 3)] if defect else [("pass", 4)])


def test_a_frame_too_short_for_a_signal_is_the_units_failure(plan, bmsrig):
    text = """
        from bmsrig.steps.rec.arbiter import Report, judge

        def test_it(rig):
            judge(rig, [Report("can.sma.Voltage", "reported_pack_error", "V", 52.8, float("nan"), 0.01)])
        """
    done = bmsrig(plan(dedent(text)), fixture=REC_2Q)
    assert done.status == 1, done.output
    assert "can.sma.Voltage: expected a value, but the frame is too short for it" in done.output


def test_the_plans_protocols_are_those_of_the_table():
    """The plan's own list, from the manual, and the table that rig and BMS processes share: one is the other's test."""
    shared = _core.can_protocols()
    assert [each.name for each in shared] == [each.name for each in PROTOCOLS]
    for row in shared:
        known = named(row.name)
        assert (row.chrg, row.cycle) == (known.chrg, known.cycle)
        assert tuple(row.bit_rate_settings) == known.cans
        assert {each.id for each in row.messages} == known.identifiers
        assert {each.id for each in row.messages if each.extended} == {each for each in known.own if each > 0x7FF}
        assert (row.layout == "confirmed") == known.is_confirmed
        assert (row.keep_alive is not None) == known.keep_alive


def test_a_frame_is_taken_apart_as_the_manual_prints_it():
    query = bytes.fromhex("55 01 00 05 4C 43 44 31 3F 46 D0 AA")
    assert frames.frame(b"LCD1?") == query
    assert frames.take_apart(2 * query) == 2 * [frames.RawFrame(1, 0, b"LCD1?")]
    assert frames.take_apart(b"") == []


@pytest.mark.parametrize(
    "data",
    [
        "55 01 00 05 4C 43 44 31 3F D0 46 AA",  # the CRC's low byte first
        "55 01 00 05 4C 43 44 31 3F 46 D0 55",
        "55 01 00 05 4C 43 44 31 3F 46 D0",
        "55 01 00",
        "00 55 01 00 05 4C 43 44 31 3F 46 D0 AA",
    ],
)
def test_what_is_no_whole_frame_is_the_units_failure(data):
    with pytest.raises(ExpectationFailed, match="expected whole frames"):
        frames.take_apart(bytes.fromhex(data))


def test_stages_out_of_order_are_named(plan, bmsrig):
    text = """
        from bmsrig.steps.rec.stages import check_order_of_settings

        def test_it(rig):
            rig.restart(clow=2.70, re1l=2.75, re1h=0.1, cmin=2.80)
            assert check_order_of_settings(rig)
        """
    done = bmsrig(plan(dedent(text)), fixture=REC_ABMS)
    assert done.status == 0, done.output
    ((value, comment),) = done.rows("SELECT value, comment FROM measurement WHERE name = 'settings_in_order'")
    assert value == 0
    for words in (
        "CLOW 2.7 V is not above CMIN 2.8 V",
        "CLOW 2.7 V is not above RE1L",
        "RE1L 2.75 V is not above CMIN",
    ):
        assert words in comment
