"""The errors that open a REC unit's relay, as conditions of what is applied: what is sure, and what is possible.

For each error it is known since when its condition surely holds, and whether it may possibly hold; where unit and bench
leave a doubt, both answers are right.

Windows (REC 2Q manual, System Error Indication and Table 25): an error comes after three measurements, 2.5 s to 5.0 s;
the relay opens 2 s after the announcement; an error goes when its condition for that has held for its hysteresis.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from bmsrig.rig import Rig
from bmsrig.steps.rec import current
from bmsrig.steps.rec.timing import ANNOUNCED, CYCLE, LONGEST_DELAY

ROUNDING = 0.5
"""s for what settles, is averaged and is sent."""

CELL_DOUBT, TEMPERATURE_DOUBT, CURRENT_DOUBT = 0.003, 0.75, 2.0
"""V, degC, A: where the unit's accuracy and resolution and the bench leave open on which side of a threshold it is."""


@dataclass(frozen=True, slots=True)
class Stimuli:
    """What is applied, as the oracle needs it."""

    lowest: float
    highest: float
    temperatures: tuple[float, ...]
    """NaN: absent."""
    current: float

    @staticmethod
    def of(rig: Rig) -> Stimuli:
        """What the instruments read back now."""
        cells = rig.cells.read()
        sensors = range(1, int(rig.setting("sensors")) + 1)
        return Stimuli(
            min(cells), max(cells), tuple(rig.temperature(s).read() for s in sensors), current.read(rig).amperes
        )


@dataclass(slots=True)
class Condition:
    """One error's condition, and what is known of it."""

    number: int
    beyond: Callable[[Stimuli], float]
    """How far the stimuli lie beyond the threshold, negative if inside."""
    hysteresis: float
    """How far inside the stimuli have to be for the error to go."""
    doubt: float
    least: float
    """s for which they have to be there at least."""
    holds: float
    """s for which they have to be there at most."""
    forbids: tuple[str, ...]
    """Limits on CAN that are 0 meanwhile."""
    sure_since: float | None = None
    """Since when the condition surely holds."""
    raised_at: float | None = None
    """When it was surely raised at the latest, as long as it is not possibly released."""
    inside_at: float | None = None
    """Since when an error that was surely raised may have been on its way to go."""
    possible: bool = False
    """Possibly raised, and not yet surely released."""
    last_possible: float = -math.inf
    """When the condition last possibly held."""
    inside_since: float | None = None
    """Since when the condition for its end surely holds."""
    gone_at: float = -math.inf
    """When it was surely gone the last time."""

    def passes(self, stimuli: Stimuli, now: float, until: float) -> None:
        """These stimuli stand from now until then."""
        beyond = self.beyond(stimuli)
        if beyond > self.doubt:
            self.sure_since = now if self.sure_since is None else self.sure_since
        else:
            self.sure_since = None
        if beyond > -self.doubt:
            self.possible = True
            self.last_possible = until
        if beyond < -self.hysteresis - self.doubt:
            self.inside_since = now if self.inside_since is None else self.inside_since
        else:
            self.inside_since = None
        if beyond < -self.hysteresis + self.doubt:
            if self.raised_at is not None:
                self.inside_at = now
            self.raised_at = None

    def surely_raised_from(self, until: float) -> float | None:
        """From when on the error is surely present, if it is before then."""
        if self.raised_at is not None:
            return self.raised_at
        if self.sure_since is None or self.sure_since + LONGEST_DELAY + ROUNDING > until:
            return None
        return self.sure_since + LONGEST_DELAY + ROUNDING

    def surely_present_until(self) -> float:
        """Until when an error that was surely raised is surely present, once it may be on its way to go."""
        return -math.inf if self.inside_at is None else self.inside_at + self.least - ROUNDING

    def surely_gone_from(self) -> float:
        """From when on the error is surely not present."""
        if not self.possible:
            return self.gone_at
        if self.inside_since is None:
            return math.inf
        return self.inside_since + self.holds + 2 * CYCLE + ROUNDING

    def describe(self, stimuli: Stimuli) -> str:
        """What is known of it, for a failure."""
        return (
            f"error {self.number}: {self.beyond(stimuli):+.4g} beyond its threshold, surely since {self.sure_since} s, "
            f"last possible at {self.last_possible:g} s, surely gone from {self.surely_gone_from():g} s"
        )

    def settle(self, until: float) -> None:
        """Remember at the end of a piece what it has made certain."""
        self.raised_at = self.surely_raised_from(until)
        if self.possible and self.surely_gone_from() <= until:
            self.gone_at = self.surely_gone_from()
            self.possible = False


def conditions_of(rig: Rig) -> list[Condition]:
    """The errors that open the relay and that stimuli can bring about, with the settings in force."""
    setting = rig.setting
    both = ("CCL", "DCL")

    def hottest(stimuli: Stimuli) -> float:
        return max((t for t in stimuli.temperatures if not math.isnan(t)), default=-math.inf)

    def absent(stimuli: Stimuli) -> float:
        return 1.0 if any(map(math.isnan, stimuli.temperatures)) else -1.0

    def out_of_range(stimuli: Stimuli) -> float:
        return max(stimuli.highest - 4.5, 0.8 - stimuli.lowest)

    def over_current(stimuli: Stimuli) -> float:
        return max(stimuli.current - setting("ccmx"), -stimuli.current - setting("dcmx"))

    pause = 15.0 + ANNOUNCED + LONGEST_DELAY
    return [
        Condition(1, lambda s: s.highest - setting("cmax"), setting("maxh"), CELL_DOUBT, 2.5, 2.5, ("CCL",)),
        Condition(2, lambda s: setting("cmin") - s.lowest, setting("minh"), CELL_DOUBT, 2.5, 2.5, ("DCL",)),
        Condition(4, lambda s: hottest(s) - setting("tmax"), 2.0, TEMPERATURE_DOUBT, 2.5, 2.5, both),
        Condition(8, absent, 0.0, 0.5, 5.0, 5.0 + CYCLE, both),
        Condition(10, out_of_range, 0.010, CELL_DOUBT, 15.0, 15.0, both),
        Condition(12, over_current, 0.0, CURRENT_DOUBT, 15.0, pause, both),
    ]
