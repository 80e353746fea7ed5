"""The rig as a test plan sees it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bmsrig import _core
from bmsrig._core import InputError
from bmsrig.can import CanBus
from bmsrig.failure import ExpectationFailed, time_to_react
from bmsrig.line import Line
from bmsrig.meter import Meter, Reading
from bmsrig.rs485 import Rs485
from bmsrig.stimulus import Cell, Cells, Source, Supply, Switch, Temperature
from bmsrig.threshold import Threshold


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line that the UUT logged."""

    time: float
    """When, in s since the start of the test."""
    text: str


class Rig:
    """One bench with one UUT, during one test.

    A test starts from the fixture's baseline: a healthy battery, the system on, everything settled. Time passes only in
    the calls that say so: :meth:`wait`, :meth:`settle`, :meth:`restart`, expectations, searches and ramps.
    """

    def __init__(self, core: _core.Rig) -> None:
        self._core = core
        self._log_seen = 0
        self._rs485: Rs485 | None = None
        self.random = random.Random(core.seed)
        """Random choices of a test: the same seed of the run gives the same test."""
        self.cells = Cells(core)
        """All cells; ``rig.cells.set(3.30)`` applies one voltage to all of them in the same instant."""

    @property
    def now(self) -> float:
        """Seconds since the start of the test."""
        return self._core.now

    def cell(self, number: int) -> Cell:
        """A cell by its number from 1. Raises InputError if the battery has no such cell."""
        return Cell(self._core, number)

    def temperature(self, sensor: int | str = 1) -> Temperature:
        """A temperature sensor: the battery's by its number from 1, another by the UUT's port (``case_temp``)."""
        return Temperature(self._core, sensor)

    def source(self, port: str) -> Source:
        """A voltage source of the bench by the UUT's port it stands at, such as ``alternator``."""
        return Source(self._core, port)

    def meter(self, name: str) -> Meter:
        """An analogue output of the UUT by its name in the wiring. Raises RigError naming the readings there are."""
        return Meter(self._core, name)

    @property
    def can(self) -> CanBus:
        """The UUT's CAN bus of that name. Raises InputError if the wiring has none."""
        return self.can_bus("can")

    def can_bus(self, name: str) -> CanBus:
        """A CAN bus by its name in the wiring, where there are several. Raises InputError naming those there are."""
        return CanBus(self._core, name)

    @property
    def rs485(self) -> Rs485:
        """The unit on the UUT's RS-485 bus, at the address that the setting ``address`` says."""
        address = int(self.setting("address"))
        if self._rs485 is None or self._rs485.address != address:
            self._rs485 = Rs485(self._core, address)
        return self._rs485

    @property
    def supply(self) -> Supply:
        """The voltage at the UUT's supply terminals."""
        return Supply(self._core)

    def switch(self, port: str) -> Switch:
        """A contact of the bench by the UUT's port it stands at, such as ``remote.link``."""
        return Switch(self._core, port)

    def line(self, name: str) -> Line:
        """A line by its name in the wiring. Raises RigError naming the lines there are."""
        return Line(self._core, name)

    def wait(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self._core.run_for(seconds)

    def settle(self) -> None:
        """Wait until all that was applied stands at the terminals and the UUT has had its reaction time since."""
        self._core.settle()

    def restart(self, **settings: float | str) -> None:
        """Switch the UUT off, back to the baseline, and on again with these settings over the run's, and settle.

        Faults that were injected are taken back.

        The names are the fixture's settings (``under_voltage=2.60``, ``cells=16``, ``variant="minibms"``). Limits that
        refer to a setting follow it. Raises InputError for an unknown name or a value out of range.
        """
        self._core.power_cycle([(name, _setting_text(value)) for name, value in settings.items()])

    def power_off(self) -> None:
        """Switch the UUT off. It stays off until :meth:`power_on`; its files may be looked at and changed meanwhile."""
        self._core.turn_off()

    def power_on(self, **settings: float | str) -> None:
        """Switch the UUT on after :meth:`power_off`, as :meth:`restart` does."""
        self.restart(**settings)

    def file(self, setting: str) -> Path:
        """The UUT's file that stands behind a setting, such as ``memory``: new for every test, kept over a restart.

        It is there once the UUT has written it. Raises RigError naming the files there are.
        """
        return Path(self._core.scratch_file(setting))

    def setting(self, name: str) -> float:
        """A setting in force, as a number in its base unit. Raises RigError if there is none or it is not a number."""
        return self._core.fixture.setting_number(name)

    def setting_text(self, name: str) -> str:
        """A setting in force, in its own words (``v2``). Raises RigError if there is none."""
        return self._core.fixture.setting_text(name)

    def limit(self, name: str) -> _core.Limit:
        """A limit of the fixture by its name. Raises RigError naming those that are most alike."""
        return self._core.fixture.limit(name)

    @property
    def reaction_time(self) -> float:
        """The longest that this product may take from a stimulus to its reaction, in s (from its fixture)."""
        return self._core.fixture.reaction_time

    def measure(
        self, name: str, value: float | Threshold | Reading, uncertainty: float | None = None, comment: str = ""
    ) -> _core.Measurement:
        """Judge a value by the fixture's limit of this name and put it into the record.

        uncertainty: half width in the limit's unit; by default the threshold's or the reading's own, or for a time
        between two edges what their time stamps leave open, otherwise 0.
        A measurement outside its limit does not end the test: all that a test measures is recorded, and the worst of
        it is the test's verdict. Raises RigError if there is no such limit or the value is not finite.
        """
        if isinstance(value, Threshold | Reading):
            if value.unit != self.limit(name).unit:
                raise InputError(
                    f"limit {name} is in {self.limit(name).unit}, but the value in {value.unit}; is it the right limit?"
                )
            uncertainty = value.uncertainty if uncertainty is None else uncertainty
            value = value.value
        if uncertainty is None:
            is_time = self.limit(name).unit == "s"
            uncertainty = 2 * max(map(self._core.stamp_uncertainty, self._core.fixture.lines)) if is_time else 0.0
        return self._core.measure(name, value, uncertainty, comment)

    @property
    def log_lines(self) -> list[LogLine]:
        """What the UUT has logged in this test, oldest first."""
        return [LogLine(time, text) for time, text in self._core.uut_log]

    def expect_log(self, text: str, within: float | None = None) -> LogLine:
        """Run until the UUT has logged a line that contains this text, and return it.

        Lines that an earlier call has returned, and those before them, do not count again.
        within: how long the UUT may take from now, in s; by default as an expectation of a line has it.
        Raises ExpectationFailed with the last lines of the log.
        """
        core = self._core
        start = core.now
        allowed = time_to_react(core) if within is None else within
        found = core.wait_for_log(text, self._log_seen, allowed)
        if found is None:
            last = "\n".join(f"    {time:14.6f} s  {line}" for time, line in core.uut_log[-8:]) or "    nothing"
            raise ExpectationFailed(
                f"log: expected a line with {text!r} within {allowed:g} s of {start:.6f} s, but there is none\n"
                f"  the UUT's last lines:\n{last}"
            )
        self._log_seen = found + 1
        return self.log_lines[found]

    def history(self, signal: str, most: int) -> list[tuple[float, str]]:
        """The last changes of a signal of the trace, oldest first: when, in s since the test's start, and to what."""
        return self._core.history(signal, most)

    def mark(self, text: str) -> None:
        """Put a remark on the test's time line; the report shows it in the picture."""
        self._core.mark(text)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Name a part of a test: marked in the picture, and named in the error if something goes wrong inside."""
        self._core.mark(text)
        try:
            yield
        except BaseException as problem:
            problem.add_note(f"in step: {text}")
            raise

    @property
    def trace_text(self) -> str:
        """Every change of this test, a line each: ``<ns> <signal> <value>``. The same run gives the same bytes."""
        return self._core.trace_text


def _setting_text(value: float | str) -> str:
    return value if isinstance(value, str) else repr(value)
