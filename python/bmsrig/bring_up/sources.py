"""Every output set and read back at three points, and every contact, with the UUT switched off."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from statistics import fmean, median, pstdev

from bmsrig import InputError, RatingError, RigError, _core
from bmsrig.bring_up.finding import Finding, amount

READINGS = 10
"""How often an output is read at each point, for its noise."""


@dataclass(slots=True)
class Output:
    """What was seen of one output."""

    port: str
    low: float
    middle: float
    high: float
    worst: float = 0.0
    """The deviation that is furthest from nothing, of the mean reading from the value in force."""
    worst_at: float = math.nan
    noise: float = 0.0
    set_to: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    """Of wall time, for each reading."""
    left_alone: str = ""
    problem: str = ""


def outputs(core: _core.Rig, baseline: dict[str, float]) -> list[Finding]:
    """Set them: at the baseline, and half way from there to both ends of what the UUT stands."""
    core.begin_unpowered(core.seed)
    found = [_plan(core, port, baseline) for port in sorted(core.analog_inputs, key=_natural)]
    for point in ("low", "middle", "high"):
        in_force = {each.port: _set(core, each, getattr(each, point)) for each in found}
        _settle(core)
        for each in found:
            if not math.isnan(in_force[each.port]):
                _read(core, each, in_force[each.port])
    core.make_safe()
    return [*(_judge(core, each) for each in found), *_latencies(core, found)]


def _latencies(core: _core.Rig, outputs: list[Output]) -> list[Finding]:
    """How long a reading takes, of each instrument at the end of a wire; virtual ones answer in no time."""
    real = {spec.name for spec in core.bench.instruments if not spec.driver.startswith("virtual_")}
    taken: dict[str, list[float]] = {}
    instruments = {port: instrument for port, instrument, *_ in core.fixture.sources}
    for output in outputs:
        taken.setdefault(instruments[output.port], []).extend(output.seconds)
    return [latency(instrument, seconds) for instrument, seconds in taken.items() if seconds and instrument in real]


def latency(instrument: str, seconds: list[float]) -> Finding:
    """The finding on these times in s, each from sending a query to having its answer."""
    middle, worst = median(seconds), max(seconds)
    seen = f"{len(seconds)} queries, each answered in {amount(middle, 's')}, at worst in {amount(worst, 's')}"
    return Finding(f"latency {instrument}", True, seen, figures={"median_s": middle, "worst_s": worst})


def _natural(port: str) -> list[tuple[int, str]]:
    """Sorts cell.2 before cell.10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in port.split(".")]


def _settle(core: _core.Rig) -> None:
    core.run_for(max(0.0, core.settled_at - core.now))


def _plan(core: _core.Rig, port: str, baseline: dict[str, float]) -> Output:
    ratings = {name: (low, high) for name, _, low, high in core.fixture.sources}
    rest = baseline.get(port, math.nan)
    low, high = ratings[port]
    if math.isnan(rest):
        return Output(port, rest, rest, rest, left_alone="open at the baseline, so nobody knows what to set")
    # Half way, for what stands beyond the product's range has no place in a first power-on.
    return Output(port, rest if low is None else (rest + low) / 2, rest, rest if high is None else (rest + high) / 2)


def _set(core: _core.Rig, output: Output, value: float) -> float:
    """Set it, nearer to the middle where the instrument's own range ends before: the value in force, NaN if none."""
    if output.left_alone or output.problem:
        return math.nan
    refusal = ""
    for _ in range(4):
        try:
            in_force = core.apply(output.port, value)
        except RatingError as beyond:
            refusal = str(beyond)
            value = (value + output.middle) / 2
        except InputError as conflict:
            output.left_alone = str(conflict)
            return math.nan
        except RigError as problem:
            output.problem = str(problem)
            return math.nan
        else:
            output.set_to.append(in_force)
            return in_force
    output.problem = refusal
    return math.nan


def _read(core: _core.Rig, output: Output, in_force: float) -> None:
    try:
        readings = [_timed(core, output) for _ in range(READINGS)]
    except RigError as problem:
        output.problem = str(problem)
        return
    if any(math.isnan(reading) for reading in readings):
        output.problem = (
            f"set to {in_force:.5g} {core.unit(output.port)}, nothing is read: the output or its sense is open"
        )
        return
    deviation = fmean(readings) - in_force
    if abs(deviation) > abs(output.worst) or math.isnan(output.worst_at):
        output.worst, output.worst_at = deviation, in_force
    output.noise = max(output.noise, pstdev(readings))


def _timed(core: _core.Rig, output: Output) -> float:
    start = time.perf_counter()
    value = core.read(output.port)
    output.seconds.append(time.perf_counter() - start)
    return value


def _judge(core: _core.Rig, output: Output) -> Finding:
    what = f"output {output.port}"
    if output.problem:
        return Finding(what, False, output.problem)
    if output.left_alone:
        return Finding(what, True, f"not set: {output.left_alone}")
    unit = core.unit(output.port)
    # The source may be off by its accuracy and the readback by as much again.
    allowed = 2 * core.accuracy(output.port)
    points = " ".join(f"{value:.5g}" for value in output.set_to)
    seen = (
        f"set to {points} {unit}: reads {amount(output.worst, unit)} off at {output.worst_at:.5g} {unit}, allowed "
        f"+/- {amount(allowed, unit)}; noise {amount(output.noise, unit)} rms"
    )
    figures = {f"deviation_{unit}": output.worst, f"allowed_{unit}": allowed, f"noise_rms_{unit}": output.noise}
    if abs(output.worst) <= allowed:
        return Finding(what, True, seen, figures=figures)
    advice = (
        "look for sense wires that are swapped, broken or on another channel, then for a load that should not be there "
        "(current shows as an error of the wires), then at the calibration; the accuracy that counts stands in the "
        "bench file"
    )
    return Finding(what, False, seen, advice, figures)


def contacts(core: _core.Rig) -> list[Finding]:
    """Close and open each of them."""
    core.begin_unpowered(core.seed)
    findings = [_contact(core, port) for port, *_ in core.fixture.sources if core.is_contact(port)]
    core.make_safe()
    return findings


def _contact(core: _core.Rig, port: str) -> Finding:
    what = f"contact {port}"
    try:
        for state in (1.0, 0.0):
            core.apply(port, state)
            _settle(core)
            told = core.read(port)
            if told != state:
                word = "closed" if state else "open"
                seen = f"was told to be {word}, and its driver says that it is not"
                return Finding(what, False, seen, "look at the relay's supply and its line")
    except InputError as conflict:
        return Finding(what, True, f"left alone: {conflict}")
    except RigError as problem:
        return Finding(what, False, str(problem))
    return Finding(what, True, "closes and opens as told; the bench does not see the contact itself")
