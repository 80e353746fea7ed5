"""Prometheus metrics of a run; off unless asked for."""

from __future__ import annotations

from bmsrig import _core
from bmsrig.verdict import Verdict


class Metrics:
    """Serves the metrics at HOST:PORT while the run lasts.

    Raises InputError for an address that is none, or not on the loopback unless network is true; RigError if it is in
    use.
    """

    def __init__(self, address: str, *, network: bool = False) -> None:
        self._server = _core.MetricsServer(address, network)
        self._seen_counts: list[int] = []
        self._seen_seconds = 0.0
        self._seen_power_cycles = 0

    @property
    def port(self) -> int:
        """The port that is served; useful where 0 was asked for."""
        return self._server.port

    def test_ended(self, verdict: Verdict, wall_seconds: float, core: _core.Rig) -> None:
        """Count a test and what its rig did since the last one."""
        self._server.count_test(verdict.word, wall_seconds)
        counts, seconds = core.exchange_times
        before = self._seen_counts or [0] * len(counts)
        self._server.add_exchanges(
            [new - old for new, old in zip(counts, before, strict=True)], seconds - self._seen_seconds
        )
        starts = core.power_cycles - self._seen_power_cycles
        self._server.count_uut_restarts(max(starts - 1, 0))  # the first belongs to every test
        self._server.set_trace(core.trace_changes, core.trace_bytes)
        self._seen_counts, self._seen_seconds, self._seen_power_cycles = counts, seconds, core.power_cycles

    def instrument_error(self) -> None:
        """Count an error of an instrument."""
        self._server.count_instrument_error()

    def run_ended(self, verdict: Verdict) -> None:
        """Count the run."""
        self._server.count_run(verdict.word)
