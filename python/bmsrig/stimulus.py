"""What the rig applies to the UUT: cells, temperatures, the supply, switches."""

from __future__ import annotations

import math
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


def _kind(core: _core.Rig, port: str) -> str:
    if core.is_contact(port):
        return "a contact"
    if port.startswith("cell."):
        return "a cell"
    return "a temperature" if core.unit(port) == "degC" else "a source"


class _Input:
    """An input of the UUT that an instrument drives, by the name of the UUT's port."""

    _meant = ""
    """The kind of input that this is for; a typing error must not put a contact's 0 on a supply."""

    def __init__(self, core: _core.Rig, port: str, words: str) -> None:
        if not core.has_input(port):
            raise _core.InputError(f"{words}: the wiring of {core.fixture.name} has no input {port!r}")
        if _kind(core, port) != self._meant:
            raise _core.InputError(f"{words}: the input {port!r} is {_kind(core, port)}; expected {self._meant}")
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
        if start is None or math.isnan(start) or steps < 1 or not seconds >= 0:
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

    def lower_through(
        self, nominal: float, until: str, becomes: str, span: float | None = None, step: float | None = None
    ) -> Threshold:
        """Search downwards for the value, expected near `nominal`, at which line `until` becomes active or inactive.

        From `span` above it (by default search_span) to as much below, in steps of `step` (search_step); see
        :meth:`find_threshold`.
        """
        return self._search(nominal, until, becomes, self.search_span if span is None else span, step)

    def raise_through(
        self, nominal: float, until: str, becomes: str, span: float | None = None, step: float | None = None
    ) -> Threshold:
        """Search upwards; otherwise like :meth:`lower_through`."""
        return self._search(nominal, until, becomes, -(self.search_span if span is None else span), step)

    def _search(self, nominal: float, until: str, becomes: str, start: float, step: float | None) -> Threshold:
        return self.find_threshold(
            until, becomes, nominal + start, nominal - start, self.search_step if step is None else step
        )


class Noise:
    """Noise that is on; as a context manager it ends with the context."""

    def __init__(self, core: _core.Rig, port: str, words: str) -> None:
        self._core = core
        self._port = port
        self._words = words

    def stop(self) -> None:
        """End it: what was applied last stands still again. Harmless if it has ended."""
        self._core.stop_noise(self._port)
        self._core.mark(f"{self._words} quiet")

    def __enter__(self) -> Noise:
        return self

    def __exit__(self, *_problem: object) -> None:
        self.stop()


class Cell(_Analog):
    """One cell, by its number from 1."""

    _meant = "a cell"

    def __init__(self, core: _core.Rig, number: int) -> None:
        if not 1 <= number <= core.cells:
            raise _core.InputError(f"cell {number}: the battery has cells 1 to {core.cells}")
        super().__init__(core, f"cell.{number}", f"cell {number}")
        self.number = number

    def fault(self, fault: str) -> None:
        """Inject ``open``, ``short`` or ``reversed`` between the cell and the UUT, or clear it with ``none``.

        Raises InputError, and changes nothing, if the wiring does not allow it or another fault stands there already.
        """
        self._core.set_fault(self.port, fault)
        self._core.mark(f"{self._words} fault: {fault}")

    def noise(self, rms: float, interval: float = 0.1) -> Noise:
        """Let the cell's voltage move at random about what is applied, from now to the end of the context.

        Without ``with`` it goes on to the end of the test, or until its ``stop()``.
        rms: standard deviation in V; no draw is further away than 4 times this. interval: a new draw every so many s.
        The same seed of the run gives the same noise. Raises RatingError if a draw could leave the cell's rating,
        InputError if the wiring does not allow noise there or another fault stands there already.
        """
        self._core.start_noise(self.port, rms, interval)
        self._core.mark(f"{self._words} noise of {rms:g} V rms every {interval:g} s")
        return Noise(self._core, self.port, self._words)


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

    def ramp(self, to: float, seconds: float, interval: float = 0.25) -> float:
        """Move each cell in equal steps from the voltage in force to another in so many seconds; 0: at once.

        interval: s between two steps, about. Returns the instant at which the cells have arrived.
        """
        if not seconds >= 0 or not interval > 0:
            raise _core.InputError(
                f"cells: a ramp takes seconds >= 0 and an interval > 0, not {seconds:g} and {interval:g}"
            )
        start = [self._core.value_at(cell.port, self._core.now) for cell in self]
        steps = max(1, round(seconds / interval))
        self._core.mark(f"all cells ramp to {to:g} V in {seconds:g} s")
        for step in range(1, steps + 1):
            self._core.run_for(seconds / steps)
            self._core.apply_cells([(volts or 0.0) + (to - (volts or 0.0)) * step / steps for volts in start])
        return self._core.now

    def swap(self, one: int, other: int) -> None:
        """Exchange the wires of two cells at the UUT's plug; the same two again puts them back.

        Raises InputError, and changes nothing, if the wiring does not allow it or a fault stands at one of them.
        """
        swapped = self._core.swap_cells(one, other)
        self._core.mark(f"cells {one} and {other} {'swapped' if swapped else 'back in their places'}")

    def read(self) -> list[float]:
        """What the cell simulator reads back of each cell now, in V."""
        return [cell.read() for cell in self]


class Temperature(_Analog):
    """One temperature sensor: the battery's by its number from 1, another one by the UUT's port (``case_temp``)."""

    _unit = "degC"
    _meant = "a temperature"
    search_span = 2.0
    search_step = 0.125

    def __init__(self, core: _core.Rig, sensor: int | str) -> None:
        port = sensor if isinstance(sensor, str) else f"temp.{sensor}"
        super().__init__(core, port, f"temperature {sensor}")

    def fault(self, fault: str) -> None:
        """Make the sensor ``absent`` or ``stuck``, or clear it with ``none``; raises InputError like a cell's."""
        self._core.set_fault(self.port, fault)
        self._core.mark(f"{self._words} fault: {fault}")


class Supply(_Analog):
    """The voltage at the UUT's supply terminals."""

    _meant = "a source"

    def __init__(self, core: _core.Rig) -> None:
        super().__init__(core, "supply", "supply")

    def dip(self, to: float, seconds: float) -> Applied:
        """Let the supply fall to a voltage, stay there so many seconds, and return to what it was.

        Returns the return: its value and its time. The slew is the supply's own.
        """
        before = self._core.value_at(self.port, self._core.now)
        if before is None or math.isnan(before) or not seconds >= 0:
            raise _core.InputError(f"supply: a dip needs a value in force and 0 s or more, not {seconds:g} s")
        self.set(to)
        self._core.run_for(seconds)
        return self.set(before)


class Source(_Analog):
    """A voltage source at one of the UUT's ports, such as ``alternator`` or ``aux_in``; it can be open."""

    _meant = "a source"

    def __init__(self, core: _core.Rig, port: str) -> None:
        super().__init__(core, port, f"source {port}")

    def open(self) -> Applied:
        """Switch the source off: nothing stands at the port. Raises InputError where something else drives it."""
        self._core.open(self.port)
        self._core.mark(f"{self._words} open")
        return Applied(math.nan, self._core.now)


class Switch(_Input):
    """A contact of the bench at the UUT, by the port it stands at (``remote.link``)."""

    _meant = "a contact"

    def __init__(self, core: _core.Rig, port: str) -> None:
        super().__init__(core, port, f"switch {port}")

    def close(self) -> Applied:
        """Close the contact."""
        return self._apply(1, "closed")

    def open(self) -> Applied:
        """Open the contact."""
        return self._apply(0, "opened")

    def bounce(self, times: int = 5, interval: float = 0.01) -> Applied:
        """Move to the other position and bounce: `times` more changes there and back, `interval` s between any two.

        Ends in the other position than before, and returns the first contact.
        """
        present = self._core.value_at(self.port, self._core.now)
        if present is None or times < 0 or interval <= 0:
            raise _core.InputError(f"{self._words}: a bounce needs a position, times >= 0 and an interval above 0 s")
        other = 1.0 - present
        first = self._apply(other, f"bounces {times} times, every {interval:g} s")
        for _ in range(times):
            for value in (present, other):
                self._core.run_for(interval)
                self._core.apply(self.port, value)
        return first
