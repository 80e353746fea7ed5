"""What the rig applies to the UUT: cells, temperatures, the supply, switches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bmsrig import _core
from bmsrig.threshold import Threshold, find_threshold


@dataclass(frozen=True, slots=True)
class Applied:
    """A stimulus was applied."""

    value: float
    """The value in force, after the instrument's quantising."""
    time: float
    """When, in s since the start of the test."""


class _Input:
    """An input of the UUT that an instrument drives, by the name of the UUT's port."""

    def __init__(self, core: _core.Rig, port: str, words: str) -> None:
        if not core.has_input(port):
            raise _core.InputError(f"{words}: the wiring of {core.fixture.name} has no input {port!r}")
        self._core = core
        self._words = words
        self.port = port

    def __repr__(self) -> str:
        return f"<{self._words}>"

    @property
    def accuracy(self) -> float:
        """Half width of what is not known of a value in force, from the instrument's data."""
        return self._core.accuracy(self.port)

    def _apply(self, value: float, text: str) -> Applied:
        in_force = self._core.apply(self.port, value)
        self._core.mark(f"{self._words} {text}")
        return Applied(in_force, self._core.now)


class _Analog(_Input):
    _unit = "V"
    search_span = 0.030
    """How far to either side of a nominal value a search looks; wider than any tolerance."""
    search_step = 0.001
    """The step of a search."""

    def set(self, value: float) -> Applied:
        """Apply a value and return it as it is in force; the call takes no time.

        Raises RatingError, and changes nothing, if the value lies outside what the UUT is rated for or the instrument
        can do.
        """
        return self._apply(value, f"to {value:g} {self._unit}")

    def read(self) -> float:
        """What the instrument reads back at its terminals now."""
        return self._core.read(self.port)

    def ramp(self, to: float, seconds: float, steps: int = 100) -> Applied:
        """Move in equal steps from the value in force to another in so many seconds; returns when it is reached."""
        start = self._core.value_at(self.port, self._core.now)
        if start is None or steps < 1 or seconds < 0:
            raise _core.InputError(f"{self._words}: a ramp needs a value in force, steps >= 1 and seconds >= 0")
        self._core.mark(f"{self._words} ramps to {to:g} {self._unit} in {seconds:g} s")
        in_force = start
        for step in range(1, steps + 1):
            self._core.run_for(seconds / steps)
            in_force = self._core.apply(self.port, start + (to - start) * step / steps)
        return Applied(in_force, self._core.now)

    def find_threshold(
        self, line: str, becomes: str, start: float, stop: float, step: float, dwell: float | None = None
    ) -> Threshold:
        """Move from start towards stop until a line changes, and return where it did.

        line, becomes: the line to watch and the level that ends the search (``active`` or ``inactive``).
        start, stop, step: in this input's unit; step > 0.
        dwell: how long each step is held, in s; by default as long as the UUT may take to react, so that a slow unit
        and a fast one give the same threshold.
        Raises ExpectationFailed if the line has that level at start already, or still has not at stop.
        """
        return find_threshold(self._core, self.port, line, becomes, start, stop, step, dwell)

    def lower_through(self, nominal: float, until: str, becomes: str) -> Threshold:
        """Search downwards for the value, expected near `nominal`, at which line `until` becomes active or inactive.

        From search_span above it to as much below, in steps of search_step; see :meth:`find_threshold`.
        """
        span = self.search_span
        return self.find_threshold(until, becomes, nominal + span, nominal - span, self.search_step)

    def raise_through(self, nominal: float, until: str, becomes: str) -> Threshold:
        """Search upwards; otherwise like :meth:`lower_through`."""
        span = self.search_span
        return self.find_threshold(until, becomes, nominal - span, nominal + span, self.search_step)


class Cell(_Analog):
    """One cell, by its number from 1."""

    def __init__(self, core: _core.Rig, number: int) -> None:
        super().__init__(core, f"cell.{number}", f"cell {number}")
        self.number = number

    def fault(self, fault: str) -> None:
        """Inject ``open``, ``short`` or ``reversed`` between the cell and the UUT, or clear it with ``none``."""
        self._core.set_fault(self.port, fault)
        self._core.mark(f"{self._words} fault: {fault}")


class Cells(Sequence[Cell]):
    """All cells of the battery; ``cells[0]`` is cell 1."""

    def __init__(self, core: _core.Rig) -> None:
        self._core = core

    def __len__(self) -> int:
        return self._core.cells

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        numbers = range(1, len(self) + 1)[index]
        if isinstance(numbers, range):
            return [Cell(self._core, number) for number in numbers]
        return Cell(self._core, numbers)

    def __iter__(self) -> Iterator[Cell]:
        return (Cell(self._core, number) for number in range(1, len(self) + 1))

    def set(self, volts: float | Sequence[float]) -> float:
        """Apply one voltage to all cells, or one to each, in the same instant; returns that instant.

        Raises RatingError, and changes nothing, if one of them is out of range.
        """
        if isinstance(volts, Sequence):
            self._core.apply_cells(list(volts))
            self._core.mark("cells to " + ", ".join(f"{v:g}" for v in volts) + " V")
        else:
            self._core.apply_cells([volts] * len(self))
            self._core.mark(f"all cells to {volts:g} V")
        return self._core.now

    def read(self) -> list[float]:
        """What the cell simulator reads back of each cell now, in V."""
        return [cell.read() for cell in self]


class Temperature(_Analog):
    """One temperature sensor, by its number from 1."""

    _unit = "degC"
    search_span = 2.0
    search_step = 0.125

    def __init__(self, core: _core.Rig, number: int) -> None:
        super().__init__(core, f"temp.{number}", f"temperature {number}")

    def fault(self, fault: str) -> None:
        """Make the sensor ``absent`` or ``stuck``, or clear it with ``none``."""
        self._core.set_fault(self.port, fault)
        self._core.mark(f"{self._words} fault: {fault}")


class Supply(_Analog):
    """The voltage at the UUT's supply terminals."""

    def __init__(self, core: _core.Rig) -> None:
        super().__init__(core, "supply", "supply")


class Switch(_Input):
    """A contact of the bench at the UUT, by the port it stands at (``remote.link``)."""

    def __init__(self, core: _core.Rig, port: str) -> None:
        super().__init__(core, port, f"switch {port}")

    def close(self) -> Applied:
        """Close the contact."""
        return self._apply(1, "closed")

    def open(self) -> Applied:
        """Open the contact."""
        return self._apply(0, "opened")
