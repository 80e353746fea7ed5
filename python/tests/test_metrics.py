"""Prometheus metrics of a run."""

from __future__ import annotations

import urllib.request

import pytest
from bmsrig import InputError, RigError
from bmsrig.metrics import Metrics
from bmsrig.verdict import Verdict
from test_determinism import open_rig


def scrape(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def test_a_runs_metrics_can_be_scraped():
    metrics = Metrics("127.0.0.1:0")
    core = open_rig()
    core.begin_test(1)
    core.run_for(60)
    core.power_cycle([])
    core.end_test()
    metrics.test_ended(Verdict.PASS, 0.25, core)
    metrics.test_ended(Verdict.FAIL, 0.5, core)
    metrics.instrument_error()
    metrics.run_ended(Verdict.FAIL)
    seen = scrape(metrics.port)
    assert seen['bmsrig_tests_total{verdict="pass"}'] == 1
    assert seen['bmsrig_tests_total{verdict="fail"}'] == 1
    assert seen['bmsrig_runs_total{verdict="fail"}'] == 1
    assert seen["bmsrig_test_duration_seconds_count"] == 2
    assert seen["bmsrig_link_exchanges_total"] == core.exchanges > 0
    assert seen["bmsrig_link_exchange_seconds_count"] == core.exchanges
    assert seen["bmsrig_uut_restarts_total"] == 1
    assert seen["bmsrig_instrument_errors_total"] == 1
    assert seen["bmsrig_trace_changes"] == core.trace_changes > 0
    assert seen["bmsrig_trace_bytes"] > 0


@pytest.mark.parametrize("address", ["", "9464", "127.0.0.1:", "127.0.0.1:70000", "0.0.0.0:0", "192.0.2.1:9464"])
def test_addresses_that_are_none_or_not_the_loopback_are_refused(address):
    with pytest.raises(InputError):
        Metrics(address)


def test_other_machines_may_read_where_that_was_said():
    assert Metrics("0.0.0.0:0", network=True).port > 0


def test_an_address_in_use_is_named():
    first = Metrics("127.0.0.1:0")
    with pytest.raises(RigError, match=str(first.port)):
        Metrics(f"127.0.0.1:{first.port}")
