"""What a REC unit must and must not do under any stimuli, from its manual alone: an oracle for long random tests.

The oracle is told when something was applied, reads it back, and judges what relay, pre-charge, limits and balancing do
(see :mod:`bmsrig.steps.rec.conditions` for what it knows of each error). Between two changes of the stimuli nothing
else moves, so that what holds at both ends holds between.
"""

from __future__ import annotations

from typing import NoReturn

from bmsrig.failure import ExpectationFailed
from bmsrig.line import Edge
from bmsrig.rig import Rig
from bmsrig.steps.rec import current
from bmsrig.steps.rec.conditions import CELL_DOUBT, ROUNDING, Condition, Stimuli, conditions_of
from bmsrig.steps.rec.timing import ANNOUNCED, CYCLE, LONGEST_DELAY

START = 5.0
"""s until the first measurement at the latest: the unit waits for new firmware, for how long is not said, and tests
itself for 2 s (REC 2Q manual, BMS Unit Start Procedure)."""
SETTLES = 0.3
"""s until everything that was applied stands at the terminals."""
DEEP, SLEEPS_AFTER = 0.95, 30.0
"""Of CMIN, and s for which a cell is lower: deep sleep (REC 2Q manual, ESS Discharging Algorithm)."""


class Oracle:
    """Follows one unit from a healthy state on; :meth:`hold` lets time pass and judges what the unit does in it."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._conditions = conditions_of(rig)
        self._on_since = rig.now - 10 * START
        self._low_since: float | None = None
        self._may_be_asleep = False
        self._stimuli = Stimuli.of(rig)
        self._stable_since = rig.now
        refresh = rig.limit("can_refresh_time").high
        assert refresh is not None
        self._refresh = refresh

    @property
    def may_sleep(self) -> bool:
        """A cell has been so low for so long that the unit may be in deep sleep: it has to be switched off and on."""
        return self._may_be_asleep

    def switched_on(self) -> None:
        """The unit was off and is on again, since now; what it remembered of errors is gone."""
        self._conditions = conditions_of(self._rig)
        self._on_since = self._rig.now
        self._low_since = None
        self._may_be_asleep = False
        self.applied()

    def applied(self) -> None:
        """Something was applied just now; lets it settle, and judges what the unit did meanwhile."""
        self._pass_time(SETTLES)
        self._stimuli = Stimuli.of(self._rig)
        self._stable_since = self._rig.now
        deep = DEEP * self._rig.setting("cmin") + CELL_DOUBT
        if self._stimuli.lowest >= deep:
            self._low_since = None
        elif self._low_since is None:
            self._low_since = self._rig.now

    def hold(self, seconds: float) -> None:
        """Let so many seconds pass and judge all that the unit did; a current ends when the relay opens."""
        self._pass_time(seconds)
        self._judge_outputs()

    def _pass_time(self, seconds: float) -> None:
        end = self._rig.now + seconds
        while self._rig.now < end - 1e-9:
            start = self._rig.now
            edge = self._rig.line("relay").next_edge(end - start)
            self._judge(start, edge)
            if self._low_since is not None and self._rig.now - self._low_since > SLEEPS_AFTER - LONGEST_DELAY:
                self._may_be_asleep = True
            if edge is not None and edge.level == "inactive" and current.read(self._rig).amperes != 0:
                current.apply(self._rig, 0.0)
                self.applied()

    def _judge(self, start: float, edge: Edge | None) -> None:
        now = self._rig.now
        for condition in self._conditions:
            condition.passes(self._stimuli, start, now)
        closed = edge.level == "inactive" if edge else self._rig.line("relay").is_active
        self._judge_level(start, now, closed)
        if edge is not None:
            (self._judge_opening if edge.level == "inactive" else self._judge_closing)(edge)
        for condition in self._conditions:
            condition.settle(now)

    def _judge_level(self, start: float, end: float, closed: bool) -> None:
        """The relay stood like this from start to end."""
        if closed:
            for condition in self._conditions:
                raised = condition.surely_raised_from(end)
                if raised is not None and raised + ANNOUNCED < end:
                    self._contradiction(f"the relay is closed though error {condition.number} has persisted")
            return
        gone = max(condition.surely_gone_from() for condition in self._conditions)
        precharge = self._rig.setting("prct") - 1
        closes = max(gone, self._on_since + START) + precharge + 2 * CYCLE + ROUNDING
        if end > closes and end - start > ROUNDING and not self.may_sleep:
            self._contradiction("the relay is open though no error can be present")

    def _judge_opening(self, edge: Edge) -> None:
        earliest = edge.time - ANNOUNCED - LONGEST_DELAY
        causes = [condition.number for condition in self._conditions if condition.last_possible >= earliest]
        if not causes:
            self._contradiction("the relay opens without a cause")
        announced = self._last_change("can.rec.shutdownannounced", "1")
        if announced is None or not ANNOUNCED - 1.0 < edge.time - announced < ANNOUNCED + 1.0:
            self._contradiction(f"the relay opens, but its opening was announced at {announced} s")

    def _judge_closing(self, edge: Edge) -> None:
        for condition in self._conditions:
            if condition.raised_at is not None and condition.raised_at < edge.time:
                self._contradiction(f"the relay closes though error {condition.number} is present")
        joined = self._last_change("line.precharge", "active")
        expected = self._rig.setting("prct") - 1
        if joined is None or abs(edge.time - joined - expected) > ROUNDING:
            self._contradiction(f"the relay closes, but the pre-charge closed at {joined} s, not {expected:g} s before")
        for condition in self._conditions:
            if joined < condition.surely_present_until():
                self._contradiction(f"the pre-charge closes though error {condition.number} cannot be over yet")

    def _judge_outputs(self) -> None:
        """What has to be so now that the stimuli have stood for a while."""
        now = self._rig.now
        if self.may_sleep or now - self._on_since < START + 2 * CYCLE + self._refresh:
            return
        for condition in self._conditions:
            raised = condition.surely_raised_from(now)
            since = None if raised is None else max(raised, self._stable_since)
            if since is not None and since + CYCLE + self._refresh < now:
                self._judge_forbidden(condition)

    def _judge_forbidden(self, condition: Condition) -> None:
        for name in condition.forbids:
            allowed = self._rig.can["rec"].signal(name).value
            if allowed > 0:
                self._contradiction(f"{name} is {allowed:g} A though error {condition.number} is present")
        if condition.number != 1:  # an over-voltage is balanced down
            for cell in self._rig.cells:
                if self._rig.line(f"balance.{cell.number}").is_active:
                    self._contradiction(f"cell {cell.number} is balanced though error {condition.number} is present")
        if self._rig.can["rec"].signal("ErrorNumber").value == 0:
            self._contradiction(f"no error is reported though error {condition.number} is present")

    @property
    def reports_are_settled(self) -> bool:
        """The stimuli have stood for so long that what the unit reports speaks of them."""
        now = self._rig.now
        since = max(self._stable_since, self._on_since + START)
        return now - since > 2 * CYCLE + ROUNDING + self._refresh and not self.may_sleep

    def _last_change(self, signal: str, to: str) -> float | None:
        """When the signal last changed to what these words begin with."""
        found = None
        for time, words in reversed(self._rig.history(signal, 8)):
            if words.startswith(to):
                found = time
            elif found is not None:
                break
        return found

    def _contradiction(self, sentence: str) -> NoReturn:
        known = "\n".join(f"    {each.describe(self._stimuli)}" for each in self._conditions)
        raise ExpectationFailed(
            f"at {self._rig.now:.3f} s {sentence}; CAN shows error "
            f"{self._rig.can['rec'].signal('ErrorNumber').value:g}\n"
            f"  applied since {self._stable_since:.3f} s: {self._stimuli}\n{known}\n"
            f"{self._rig.line('relay')!r}{self._rig.line('precharge')!r}"
        )
