"""The thresholds that the REC units guard: where their errors trip and are released, and how a test gets there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bmsrig.failure import ExpectationFailed
from bmsrig.rig import Rig
from bmsrig.steps.battery import HEALTHY_CELL, HEALTHY_TEMPERATURE
from bmsrig.steps.lines import expect_unchanged
from bmsrig.steps.rec.errors import expect_error_stays, wait_for_error
from bmsrig.steps.rec.timing import SHOWN_WITHIN
from bmsrig.threshold import Threshold


@dataclass(frozen=True, slots=True)
class Guard:
    """A threshold, and the quantity that it guards."""

    error: int
    trip: Callable[[Rig], float]
    """Where the error trips: beyond this value, which itself is good."""
    release: Callable[[Rig], float]
    """Where it is released: at this value and on its healthy side."""
    apply: Callable[[Rig, float], float]
    """Puts the quantity on a value, and returns when."""
    accuracy: Callable[[Rig], float]
    """Half width of what the bench does not know of the value."""
    rises: bool
    """Whether the error trips upwards."""
    healthy: float
    clear: float
    """How far from a threshold a value is surely on its side of it."""
    step: float
    """Of a search."""
    unit: str

    def beyond(self, rig: Rig, by: float = 1.0) -> float:
        """A value that trips, so many times `clear` beyond the threshold."""
        return self.trip(rig) + self.outwards * by * self.clear

    @property
    def outwards(self) -> int:
        """The sign of the direction in which the error trips."""
        return 1 if self.rises else -1


def _difference(rig: Rig, value: float) -> float:
    """Cell 1 above the others by this much."""
    return rig.cells.set([HEALTHY_CELL + value] + [HEALTHY_CELL] * (len(rig.cells) - 1))


CELL_CLEAR, TEMPERATURE_CLEAR = 0.010, 1.5
"""V and degC; beyond the unit's accuracy, its resolution and the bench's."""

GUARDS = {
    1: Guard(
        error=1,
        trip=lambda rig: rig.setting("cmax"),
        release=lambda rig: rig.setting("cmax") - rig.setting("maxh"),
        apply=lambda rig, value: rig.cells.set(value),
        accuracy=lambda rig: rig.cell(1).accuracy,
        rises=True,
        healthy=HEALTHY_CELL,
        clear=CELL_CLEAR,
        step=0.001,
        unit="V",
    ),
    2: Guard(
        error=2,
        trip=lambda rig: rig.setting("cmin"),
        release=lambda rig: rig.setting("cmin") + rig.setting("minh"),
        apply=lambda rig, value: rig.cells.set(value),
        accuracy=lambda rig: rig.cell(1).accuracy,
        rises=False,
        healthy=HEALTHY_CELL,
        clear=CELL_CLEAR,
        step=0.001,
        unit="V",
    ),
    3: Guard(
        error=3,
        trip=lambda rig: rig.setting("razl"),
        release=lambda rig: rig.setting("razl") - 0.020,
        apply=_difference,
        accuracy=lambda rig: 2 * rig.cell(1).accuracy,
        rises=True,
        healthy=0.0,
        clear=CELL_CLEAR,
        step=0.001,
        unit="V",
    ),
    4: Guard(
        error=4,
        trip=lambda rig: rig.setting("tmax"),
        release=lambda rig: rig.setting("tmax") - 2,
        apply=lambda rig, value: rig.temperature(1).set(value).time,
        accuracy=lambda rig: rig.temperature(1).accuracy,
        rises=True,
        healthy=HEALTHY_TEMPERATURE,
        clear=TEMPERATURE_CLEAR,
        step=0.125,
        unit="degC",
    ),
    5: Guard(
        error=5,
        trip=lambda rig: rig.setting("tbal"),
        release=lambda rig: rig.setting("tbal") - rig.setting("bmth"),
        apply=lambda rig, value: rig.temperature("case_temp").set(value).time,
        accuracy=lambda rig: rig.temperature("case_temp").accuracy,
        rises=True,
        healthy=HEALTHY_TEMPERATURE,
        clear=TEMPERATURE_CLEAR,
        step=0.125,
        unit="degC",
    ),
    7: Guard(
        error=7,
        trip=lambda rig: rig.setting("tmin"),
        release=lambda rig: rig.setting("tmin") + 2,
        apply=lambda rig, value: rig.temperature(1).set(value).time,
        accuracy=lambda rig: rig.temperature(1).accuracy,
        rises=False,
        healthy=HEALTHY_TEMPERATURE,
        clear=TEMPERATURE_CLEAR,
        step=0.125,
        unit="degC",
    ),
}
"""By the number of the error (REC 2Q manual, Table 25)."""


def trip(rig: Rig, guard: Guard) -> None:
    """Go clearly beyond the threshold and wait for the error; takes as long as that."""
    guard.apply(rig, guard.beyond(rig))
    wait_for_error(rig, guard.error)


def heal(rig: Rig, guard: Guard) -> None:
    """Make the quantity healthy again and wait until no error is left."""
    guard.apply(rig, guard.healthy)
    wait_for_error(rig, 0)


def measure_trip_threshold(rig: Rig, guard: Guard, comment: str = "") -> None:
    """Search the value at which the error trips, in steps that are held for the longest delay (error_<n>_threshold).

    Leaves the error there.
    """
    nominal = guard.trip(rig)
    found = _search(rig, guard, nominal, outwards=True, becomes=guard.error)
    rig.measure(f"error_{guard.error}_threshold", found, comment=f"{comment} nominal {nominal:g} {guard.unit}".strip())


def measure_release_threshold(rig: Rig, guard: Guard, comment: str = "") -> None:
    """With the error there, search the value that releases it (error_<n>_release_threshold). Leaves no error."""
    nominal = guard.release(rig)
    found = _search(rig, guard, nominal, outwards=False, becomes=0)
    rig.measure(
        f"error_{guard.error}_release_threshold", found, comment=f"{comment} nominal {nominal:g} {guard.unit}".strip()
    )


def _search(rig: Rig, guard: Guard, nominal: float, *, outwards: bool, becomes: int) -> Threshold:
    shown = rig.can["rec"].signal("ErrorNumber")
    sign = guard.outwards if outwards else -guard.outwards
    steps = round(guard.clear / guard.step)
    for number in range(-steps, steps + 1):
        value = nominal + sign * number * guard.step
        guard.apply(rig, value)
        rig.wait(SHOWN_WITHIN)
        number_shown = round(shown.read().value)
        if number_shown == becomes:
            if number == -steps:
                break
            uncertainty = guard.step / 2 + guard.accuracy(rig)
            return Threshold(value - sign * guard.step / 2, uncertainty, rig.now, guard.unit)
    raise ExpectationFailed(
        f"error {guard.error}: expected the error number {becomes} to come near {nominal:g} {guard.unit}, but at "
        f"{value:g} {guard.unit} it is {number_shown}"
    )


def expect_band_changes_nothing(rig: Rig, guard: Guard, lines: list[str], seconds: float) -> None:
    """Between release and trip nothing changes: not on the way out, and not on the way back.

    Moves to and fro in the band for so many seconds each; none of these lines may change, nor the error. Leaves it
    healthy.
    """
    inside = [
        guard.release(rig) + guard.outwards * guard.clear / 2,
        guard.trip(rig) - guard.outwards * guard.clear / 2,
    ]
    with rig.step(f"error {guard.error}: in the band without the error"):
        _move_inside(rig, guard, inside, lines, seconds, shows=0)
    trip(rig, guard)
    rig.settle()
    with rig.step(f"error {guard.error}: in the band with the error"):
        _move_inside(rig, guard, inside, lines, seconds, shows=guard.error)
    heal(rig, guard)


def _move_inside(rig: Rig, guard: Guard, inside: list[float], lines: list[str], seconds: float, shows: int) -> None:
    with expect_unchanged(rig, lines):
        for value in inside * 2:
            guard.apply(rig, value)
            expect_error_stays(rig, shows, seconds / 4)
