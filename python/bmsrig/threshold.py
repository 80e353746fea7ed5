"""Finding the value at which a UUT trips, as a measurement with an uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

from bmsrig import _core
from bmsrig.failure import expectation_failed


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where a line changed while a value was moved in steps."""

    value: float
    """The middle between the last step without the change and the first with it."""
    uncertainty: float
    """Half a step plus the accuracy of the source."""
    time: float
    """When the line changed, in s since the start of the test."""
    unit: str
    """Of value and uncertainty."""


def find_threshold(
    core: _core.Rig, port: str, line: str, becomes: str, start: float, stop: float, step: float, dwell: float | None
) -> Threshold:
    """See :meth:`bmsrig.stimulus.Cell.find_threshold`."""
    if dwell is None:
        dwell = core.fixture.reaction_time + core.debounce(line)
    unit = core.unit(port)
    core.mark(f"{port} from {start:g} to {stop:g} {unit} in steps of {step:g} {unit} until {line} is {becomes}")
    result = core.find_threshold(port, line, becomes, start, stop, step, dwell)
    what = f"moving {port} from {start:g} to {stop:g} {unit}: line {line} "
    if result.outcome == "already":
        raise expectation_failed(
            core, what + f"was {becomes} at the start already", [f"line.{line}", f"uut.{line}", port]
        )
    if result.outcome == "never":
        raise expectation_failed(core, what + f"never became {becomes}", [f"line.{line}", f"uut.{line}", port])
    return Threshold(result.value, result.uncertainty, result.time, unit)
