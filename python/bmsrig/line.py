"""A digital line that the UUT drives and the rig reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bmsrig import _core
from bmsrig.failure import describe_history, expectation_failed, time_to_react

Level = Literal["inactive", "active", "indeterminate"]
Drive = Literal["floating", "high", "low", "indeterminate"]

_LEVEL: tuple[Level, ...] = ("inactive", "active", "indeterminate")
_CODE: dict[str, float] = {level: float(code) for code, level in enumerate(_LEVEL)}


@dataclass(frozen=True, slots=True)
class Edge:
    """A line changed."""

    line: str
    level: Level
    time: float
    """When it changed, in s since the start of the test: the time of the first contact, not of the report."""
    uncertainty: float
    """Half width of the time stamp, in s."""
    number: int
    """Counts the changes of all signals of the test; a later change has a larger number."""


class Line:
    """A line by its name in the fixture's wiring, such as ``load``, ``charge`` or ``pre_alarm``.

    Active means: driven high, or lit. An output that floats is pulled down by the bench and reads inactive.
    """

    def __init__(self, core: _core.Rig, name: str) -> None:
        """Raises RigError, naming the lines there are, if the wiring has no line of this name."""
        self._core = core
        self._signal = core.line_signal(name)
        self.name = name

    def __repr__(self) -> str:
        history = describe_history(self._core, [f"line.{self.name}"], most=4)
        return f"<line {self.name}: {self.level} at {self._core.now:.6f} s>\n{history}\n"

    @property
    def level(self) -> Level:
        """What the line reads now."""
        level: Level = self._core.read_line(self.name)[0]  # type: ignore[assignment]
        return level

    @property
    def is_active(self) -> bool:
        """Whether the line reads active now."""
        return self.level == "active"

    @property
    def last_edge(self) -> Edge:
        """The change that brought the present level."""
        level, time, number = self._core.read_line(self.name)
        return Edge(self.name, level, time, self._core.stamp_uncertainty(self.name), number)  # type: ignore[arg-type]

    def expect_active(self, within: float | None = None) -> Edge:
        """Run until the line is active, and return the edge that made it so.

        within: how long the UUT may take from now, in s; by default until what was applied has settled at the
        terminals, and the fixture's reaction time after that. The edge counts by the time of its first contact.
        Returns at once if the line is active already.
        Raises ExpectationFailed with the line's recent history if it does not become active in time.
        """
        return self._expect("active", within)

    def expect_inactive(self, within: float | None = None) -> Edge:
        """Run until the line is inactive, and return the edge that made it so. Otherwise like :meth:`expect_active`."""
        return self._expect("inactive", within)

    def expect_stays_active(self, seconds: float) -> None:
        """Run for so long and raise ExpectationFailed unless the line is active all the time."""
        self._expect_stays("active", seconds)

    def expect_stays_inactive(self, seconds: float) -> None:
        """Run for so long and raise ExpectationFailed unless the line is inactive all the time."""
        self._expect_stays("inactive", seconds)

    def next_edge(self, within: float) -> Edge | None:
        """Run until the line changes and return that edge, or nothing if it has not changed within so many s."""
        change = self._core.watch(self._signal, within)
        if change is None:
            return None
        number, time, value = change
        return Edge(self.name, _LEVEL[int(value)], time, self._core.stamp_uncertainty(self.name), number)

    def edges(self, seconds: float) -> list[Edge]:
        """Run for so long and return every change of the line in that time, oldest first."""
        core = self._core
        seen = core.trace_changes
        core.run_for(seconds)
        uncertainty = core.stamp_uncertainty(self.name)
        return [
            Edge(self.name, _LEVEL[int(value)], time, uncertainty, number)
            for number, time, value in core.changes_since(self._signal, seen)
        ]

    def probe(self) -> Drive:
        """Find out how the output is driven, with a pull-down and then a weak pull-up on the line.

        ``floating``: it follows both; ``high``: it sources against both; ``low``: it sinks against both.
        Takes two debounce times; the pull resistor that it began with is joined again afterwards.
        """
        rest = self._core.resting_bias(self.name)
        levels = []
        for bias in ("up" if rest == "down" else "down", rest):
            self._core.set_bias(self.name, bias)
            levels.append(self.level)
        match levels:
            case ["active", "inactive"]:
                return "floating"
            case ["active", "active"]:
                return "high" if rest == "down" else "low"  # an open collector is active while it sinks
            case ["inactive", "inactive"]:
                return "low" if rest == "down" else "high"
        return "indeterminate"

    def expect_floating(self) -> None:
        """Raise ExpectationFailed unless the output floats: it neither sources nor sinks."""
        seen = self.probe()
        if seen != "floating":
            raise self._failed(
                f"line {self.name}: expected a floating output (active under a pull-up, inactive under a pull-down), "
                f"but it is driven {seen}"
            )

    def expect_driven_high(self) -> None:
        """Raise ExpectationFailed unless the output sources, whatever bias the bench joins."""
        seen = self.probe()
        if seen != "high":
            raise self._failed(f"line {self.name}: expected an output that is driven high, but it is {seen}")

    def _expect(self, level: Level, within: float | None) -> Edge:
        core = self._core
        start = core.now
        allowed = time_to_react(core) if within is None else within
        debounce = core.debounce(self.name)
        change = core.wait_for(self._signal, _CODE[level], allowed + debounce)
        if change is None:
            raise self._failed(
                f"line {self.name}: expected {level} within {allowed:g} s of {start:.6f} s, but it is {self.level}"
            )
        number, time, _ = change
        if time > start + allowed + 1e-12:
            raise self._failed(
                f"line {self.name}: expected {level} within {allowed:g} s of {start:.6f} s, but it took "
                f"{time - start:.6f} s"
            )
        return Edge(self.name, level, time, core.stamp_uncertainty(self.name), number)

    def _expect_stays(self, level: Level, seconds: float) -> None:
        start = self._core.now
        if self.level != level:
            raise self._failed(
                f"line {self.name}: expected it to stay {level} for {seconds:g} s, but it is {self.level}"
            )
        change = self._core.watch(self._signal, seconds)
        if change is not None:
            raise self._failed(
                f"line {self.name}: expected it to stay {level} for {seconds:g} s from {start:.6f} s on, but it "
                f"changed after {change[1] - start:.6f} s"
            )

    def _failed(self, sentence: str) -> AssertionError:
        signals = [f"line.{self.name}", f"uut.{self.name}"]
        return expectation_failed(self._core, sentence, signals)
