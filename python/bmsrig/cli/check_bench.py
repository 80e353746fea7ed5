"""``bmsrig check-bench``: look whether a bench is fit to test with."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bmsrig import RigError, _core, paths
from bmsrig.can import CanBus
from bmsrig.cli.bench_options import add_bench_options, settings_of
from bmsrig.failure import ExpectationFailed
from bmsrig.verdict import EXIT_STATUS, Verdict

LISTENS = 2.0
"""s for which a CAN bus is listened to."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table."""

    what: str
    ok: bool
    seen: str


def add_to(commands: Any) -> None:
    """Add this job to the command line."""
    parser = commands.add_parser(
        "check-bench",
        help="check a bench",
        description="Check a bench: its files, its instruments' identities, every readback against its set-point, the "
        "UUT's greeting, what its buses carry, and the wiring of every line as before a run. Exits 0 if all is well, "
        "3 otherwise.",
    )
    add_bench_options(parser)
    parser.set_defaults(action=main)


def main(options: argparse.Namespace) -> int:
    """Print the table."""
    fixture = paths.find_fixture(options.fixture)
    core = _core.Rig(
        fixture=fixture,
        bench=paths.find_bench(options.bench, fixture),
        settings=settings_of(options),
        uut=options.uut or "",
        process_folder=str(paths.process_folder()),
        seed=None,
        answer_timeout=5.0,
    )
    findings = check(core)
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        print(f"{'ok ' if finding.ok else 'BAD'}  {finding.what:<{width}}  {finding.seen}")
    bad = sum(not finding.ok for finding in findings)
    print(f"bench {core.bench.name}: " + (f"{bad} of {len(findings)} checks are bad" if bad else "ready"))
    return EXIT_STATUS[Verdict.ERROR if bad else Verdict.PASS]


def check(core: _core.Rig) -> list[Finding]:
    """All checks, the bench in its safe state afterwards."""
    findings = [Finding("bench file", True, str(Path(core.bench.file)))]
    for fact in core.identities:
        words = f"{fact['manufacturer']} {fact['model']} {fact['serial']}, {fact['channels']} channels"
        findings.append(Finding(f"instrument {fact['name']}", True, words))
    try:
        core.begin_test(core.seed)
    except RigError as problem:
        return [*findings, Finding("power-on at the baseline", False, str(problem))]
    uut = core.greeting
    findings.append(Finding("UUT", True, f"{uut['product']} {uut['firmware']}" if uut else "a board on the bench"))
    findings += [_readback(core, port) for port in core.analog_inputs]
    findings += [
        Finding(f"reading {name}", True, f"{core.read_meter(name):g} {core.meter_unit(name)}")
        for name in core.fixture.readings
    ]
    findings += [_can_bus(core, bus) for bus in core.can_buses]
    findings += [
        Finding(f"bus {bus}", True, f"{core.serial_bit_rate(bus)} bit/s; who answers there is a plan's business")
        for bus in core.serial_buses
    ]
    core.end_test()
    return [*findings, *_wiring(core)]


def _can_bus(core: _core.Rig, bus: str) -> Finding:
    frames, _ = core.can_watch(bus, LISTENS)
    errors = core.can_counts(bus)["error_frames"]
    identifiers = len({(frame[1], frame[2]) for frame in frames})
    heard = f"{len(frames)} frames of {identifiers} identifiers in {LISTENS:g} s" if frames else "no frame heard"
    load = f", load {core.can_load(bus):.1f} %" if frames else ""
    wrong = f", {errors:g} error frames: {_heard_rate(core, bus)}" if errors else ""
    return Finding(f"bus {bus}", not errors, f"{core.can_bit_rate(bus)} bit/s, {heard}{load}{wrong}")


def _heard_rate(core: _core.Rig, bus: str) -> str:
    """What listening says of the rate at which the UUT speaks."""
    try:
        rate = CanBus(core, bus).detect_bit_rate()
    except (RigError, ExpectationFailed) as problem:
        return str(problem)
    return f"the UUT speaks at {rate} bit/s; set the adapter's bit_rate in the bench file, or look at the wires"


def _wiring(core: _core.Rig) -> list[Finding]:
    try:
        report = core.prove_wiring(core.seed)
    except RigError as problem:
        return [Finding("wiring", False, str(problem))]
    findings = [Finding(f"line {line.line}", line.ok, str(line)) for line in report.lines]
    findings += [Finding("wiring", False, fault) for fault in report.faults]
    return findings + [Finding("note", True, note) for note in (*report.notes, *report.blind_spots)]


def _readback(core: _core.Rig, port: str) -> Finding:
    applied = core.value_at(port, core.now)
    seen = core.read(port)
    if applied is not None and math.isnan(applied):
        return Finding(f"readback {port}", True, "open, as the baseline has it")
    accuracy = core.accuracy(port)
    unit = core.unit(port)
    # The source may be off by its accuracy and the readback by as much again.
    ok = applied is not None and abs(seen - applied) <= 2 * accuracy
    return Finding(
        f"readback {port}", ok, f"{seen:.5g} {unit} for {applied} {unit}, allowed +/- {2 * accuracy:.3g} {unit}"
    )
