"""``bmsrig check-bench``: look whether a bench is fit to test with, and say what to do where it is not."""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path
from typing import Any

from bmsrig import InstrumentError, RigError, _core, paths
from bmsrig.bring_up.buses import can_bus, serial_bus
from bmsrig.bring_up.finding import Finding, attempt
from bmsrig.bring_up.instruments import identities, opened_apart
from bmsrig.bring_up.machine import clock, kernel, machine
from bmsrig.bring_up.sources import contacts, outputs
from bmsrig.cli.bench_options import add_bench_options, settings_of
from bmsrig.run import utc_now
from bmsrig.verdict import EXIT_STATUS, Verdict


def add_to(commands: Any) -> None:
    """Add this job to the command line."""
    parser = commands.add_parser(
        "check-bench",
        help="check a bench",
        description="Check a bench: its files; each instrument's identity, calibration and time to answer; each output "
        "at three points within half of what the UUT stands, with its noise; each contact; the UUT's greeting and what "
        "its buses carry; the wiring of each line, as before a run; and the computer's timing, clock and kernel. One "
        "instrument that cannot be opened does not keep the others from being looked at. Exits 0 if all is well, 3 "
        "otherwise.",
    )
    add_bench_options(parser)
    parser.add_argument("--json", default="", metavar="FILE", help="write what was found for other programs")
    parser.set_defaults(action=main)


def main(options: argparse.Namespace) -> int:
    """Print the table."""
    started = utc_now()
    fixture = paths.find_fixture(options.fixture or paths.fixture_of_bench(options.bench))
    bench = paths.find_bench(options.bench, fixture)
    findings = [Finding("bench file", True, str(bench))]
    core = _opened(options, fixture, bench)
    if core is None:  # the probe says which and why
        findings += [*opened_apart(str(bench)), clock(), kernel()]
        findings.append(Finding("wiring", False, "not looked at: that takes all instruments", "mend the others first"))
    else:
        findings += check(core, date.fromisoformat(started[:10]))
    _print(findings, _core.Bench.load(bench).name)
    ready = all(finding.ok for finding in findings)
    if options.json:
        content = {
            "format": 1,
            "checked_utc": started,
            "bench": str(bench),
            "fixture": fixture.name,
            "ready": ready,
            "findings": [finding.as_json for finding in findings],
        }
        Path(options.json).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return EXIT_STATUS[Verdict.PASS if ready else Verdict.ERROR]


def _opened(options: argparse.Namespace, fixture: Path, bench: Path) -> _core.Rig | None:
    """The bench, if each of its instruments can be reached and is the one that the bench file means."""
    try:
        core = _core.Rig(
            fixture=fixture,
            bench=bench,
            settings=settings_of(options),
            uut=options.uut or "",
            process_folder=str(paths.process_folder()),
            seed=None,
            answer_timeout=5.0,
        )
        _ = core.identities  # most drivers connect only now
    except InstrumentError:
        return None
    return core


def _print(findings: list[Finding], bench: str) -> None:
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        print(f"{finding.mark:<3}  {finding.what:<{width}}  {finding.seen}")
        if finding.advice:
            print(f"     {'':<{width}}  -> {finding.advice}")
    bad = sum(not finding.ok for finding in findings)
    print(f"bench {bench}: " + (f"{bad} of {len(findings)} checks are bad" if bad else "ready"))


def check(core: _core.Rig, today: date) -> list[Finding]:
    """All checks of an opened bench, which is in its safe state afterwards."""
    findings = attempt("instruments", lambda: identities(core, today))
    is_on = True
    try:
        core.begin_test(core.seed)
        findings += _powered(core)
        core.end_test()
    except RigError as problem:
        is_on = False
        findings.append(Finding("power-on at the baseline", False, str(problem)))
    baseline = {port: _known(core.value_at(port, core.now)) for port in core.analog_inputs}
    findings += attempt("outputs", lambda: outputs(core, baseline))
    findings += attempt("contacts", lambda: contacts(core))
    if is_on:
        findings += attempt("wiring", lambda: _wiring(core))
    else:
        findings.append(Finding("wiring", False, "not looked at: the UUT did not come on", "mend the others first"))
    return [*findings, *attempt("machine", lambda: machine(core))]


def _known(value: float | None) -> float:
    return float("nan") if value is None else value


def _powered(core: _core.Rig) -> list[Finding]:
    """What can be seen of the UUT while it is on."""
    uut = core.greeting
    findings = [
        _guard(core),
        Finding("UUT", True, f"{uut['product']} {uut['firmware']}" if uut else "a board on the bench"),
    ]
    for name in core.fixture.readings:
        findings += attempt(f"reading {name}", lambda name=name: [_reading(core, name)])  # type: ignore[misc]
    for bus in core.can_buses:
        findings += attempt(f"bus {bus}", lambda bus=bus: [can_bus(core, bus)])  # type: ignore[misc]
    return findings + [serial_bus(core, bus) for bus in core.serial_buses]


def _guard(core: _core.Rig) -> Finding:
    """Who makes the bench safe if the rig dies; looked at while outputs are on."""
    if core.guard.startswith("off"):
        return Finding("guard", True, core.guard, "nobody switches anything off if this program dies")
    return Finding("guard", True, core.guard or "nothing on this bench needs one")


def _reading(core: _core.Rig, name: str) -> Finding:
    return Finding(f"reading {name}", True, f"{core.read_meter(name):g} {core.meter_unit(name)}")


def _wiring(core: _core.Rig) -> list[Finding]:
    report = core.prove_wiring(core.seed)
    findings = [Finding(f"line {line.line}", line.ok, str(line)) for line in report.lines]
    findings += [Finding("wiring", False, fault) for fault in report.faults]
    return findings + [Finding("note", True, note) for note in (*report.notes, *report.blind_spots)]
