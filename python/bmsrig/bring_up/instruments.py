"""Who the instruments say they are, how quickly they answer, and whether their calibration holds."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from statistics import median

from bmsrig import RigError, _core
from bmsrig.bring_up.finding import Finding, amount
from bmsrig.calibration import calibrations

QUERIES = 5
"""How often an instrument is asked who it is."""


def identities(core: _core.Rig, today: date) -> list[Finding]:
    """Of all instruments of an opened bench."""
    told = core.identities
    addresses = {spec.name: spec.address for spec in core.bench.instruments}
    findings = [identity(facts, addresses[facts["name"]], lambda: core.identities, len(told)) for facts in told]
    for each in calibrations(told, core.bench, today):
        advice = "have it calibrated, or replaced" if each.flaw else ""
        findings.append(Finding(f"calibration {each.instrument}", not each.is_refused, str(each), advice))
    return findings


def identity(facts: dict[str, str], address: str, ask: Callable[[], object], shared_by: int = 1) -> Finding:
    """Who an instrument is, and the time of an answer; ``ask`` asks ``shared_by`` instruments at once."""
    seconds = []
    for _ in range(QUERIES):
        start = time.perf_counter()
        ask()
        seconds.append((time.perf_counter() - start) / shared_by)
    who = " ".join(word for word in (facts["manufacturer"], facts["model"], facts["serial"], facts["firmware"]) if word)
    where = f" at {address}" if address else ""
    figures = {"latency_median_s": median(seconds), "latency_worst_s": max(seconds)}
    latency = f"answers in {amount(median(seconds), 's')}, at worst {amount(max(seconds), 's')}"
    seen = f"{who}, {facts['channels']} channels{where}; {latency}"
    return Finding(f"instrument {facts['name']}", True, seen, figures=figures)


def opened_apart(bench: str) -> list[Finding]:
    """Open the instruments one by one, where they cannot be opened all. Raises InputError if the file is wrong."""
    probe = _core.BenchProbe(bench)
    addresses = {spec.name: spec.address for spec in _core.Bench.load(bench).instruments}
    findings = []
    for name, _, problem in probe.found:
        if problem:
            findings.append(Finding(f"instrument {name}", False, problem))
            continue
        try:
            facts = probe.identify(name)
            findings.append(identity(facts, addresses[name], lambda name=name: probe.identify(name)))  # type: ignore[misc]
        except RigError as silent:
            findings.append(Finding(f"instrument {name}", False, str(silent)))
    return findings
