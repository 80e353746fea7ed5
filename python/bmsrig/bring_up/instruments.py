"""Who the instruments say they are, and whether their calibration holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bmsrig import _core
from bmsrig.bring_up.finding import Finding, attempt
from bmsrig.calibration import Calibration, calibrations


def identities(core: _core.Rig, today: date) -> list[Finding]:
    """Of all instruments of an opened bench."""
    told = core.identities
    addresses = _addresses(core.bench)
    findings = [_identity(facts, addresses[facts["name"]]) for facts in told]
    return findings + [_calibration(each) for each in calibrations(told, core.bench, today)]


def opened_apart(bench: str) -> list[Finding]:
    """Open the instruments one by one, where they cannot be opened all. Raises InputError if the file is wrong."""
    probe = _core.BenchProbe(bench)
    addresses = _addresses(_core.Bench.load(bench))
    findings = []
    for name, _, problem in probe.found:
        if problem:
            findings.append(Finding(f"instrument {name}", False, problem))
        else:
            what = f"instrument {name}"
            findings += attempt(what, lambda name=name: [_identity(probe.identify(name), addresses[name])])  # type: ignore[misc]
    return findings


def _calibration(found: Calibration) -> Finding:
    """Whether it holds, and if not, what becomes of that until it does: the bench file's choice."""
    choice = "no plan runs here, the bench file refuses it" if found.is_refused else "plans run and records are marked"
    advice = f"have it calibrated or replaced; until then {choice}" if found.flaw else ""
    return Finding(f"calibration {found.instrument}", not found.is_refused, str(found), advice)


def _addresses(bench: _core.Bench) -> dict[str, str]:
    return {spec.name: spec.address for spec in bench.instruments}


def _identity(facts: Mapping[str, str], address: str) -> Finding:
    who = " ".join(word for word in (facts["manufacturer"], facts["model"], facts["serial"], facts["firmware"]) if word)
    channels = "1 channel" if facts["channels"] == "1" else f"{facts['channels']} channels"
    return Finding(f"instrument {facts['name']}", True, f"{who}, {channels}{f' at {address}' if address else ''}")
