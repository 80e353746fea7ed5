"""The three stages in which a REC ABMS shuts down: the limit on CAN, the CH relay, the DCH relay, and back.

When each of them moved is read from the trace, so that no step misses what lies between two looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bmsrig.failure import ExpectationFailed
from bmsrig.rig import Rig
from bmsrig.steps.rec.limits import RESOLUTION

CH, DCH = "relay.ch", "relay.dch"
"""The CHARGE relay of the second stage, and the main relay of the third."""

LONG = 100_000
"""More changes than any signal has in one of these tests."""


@dataclass(frozen=True, slots=True)
class Stages:
    """When each stage moved, in s since the start of the test; nothing if it did not."""

    limit: float | None
    """The limit on CAN left its value: it began to fall, or was no longer 0."""
    zero: float | None
    """The limit on CAN was 0 A."""
    ch: float | None
    dch: float | None
    moves: dict[str, int]
    """How often each relay moved."""

    def __str__(self) -> str:
        words = {"limit": self.limit, "0 A": self.zero, CH: self.ch, DCH: self.dch}
        return ", ".join(
            f"{name} {'did not move' if time is None else f'at {time:.3f} s'}" for name, time in words.items()
        )


def order_of_settings(rig: Rig, clow: float | None = None) -> list[str]:
    """What is wrong with the order CLOW > RE1L > CMIN for a shutdown in three stages; nothing where it is right.

    RE1L counts only where the CH relay guards against under-voltage (RE1H > 0). clow: instead of the setting in force.
    """
    stage_1 = rig.setting("clow") if clow is None else clow
    stage_2, stage_3 = rig.setting("re1l"), rig.setting("cmin")
    wrong = []
    if stage_1 <= stage_3:
        wrong.append(f"CLOW {stage_1:g} V is not above CMIN {stage_3:g} V: loads are cut off before they are asked")
    if rig.setting("re1h") > 0:
        if stage_1 <= stage_2:
            wrong.append(f"CLOW {stage_1:g} V is not above RE1L {stage_2:g} V: CH opens before loads are asked")
        if stage_2 <= stage_3:
            wrong.append(f"RE1L {stage_2:g} V is not above CMIN {stage_3:g} V: CH opens with DCH, or after it")
    return wrong


def check_order_of_settings(rig: Rig) -> list[str]:
    """Warn in the record, as remarks on the time line, of settings in an order that skips stages; returns the warnings.

    Measures settings_in_order: 1 if they are ordered, 0 if not.
    """
    warnings = order_of_settings(rig)
    for warning in warnings:
        rig.mark(f"warning: {warning}")
    rig.measure("settings_in_order", float(not warnings), comment="; ".join(warnings))
    return warnings


def _history(rig: Rig, signal: str, since: float) -> list[tuple[float, str]]:
    return [(time, words) for time, words in rig.history(signal, LONG) if time > since]


def _first(changes: Iterable[tuple[float, str]], fits: Callable[[str], bool]) -> float | None:
    return next((time for time, words in changes if fits(words)), None)


def _number(words: str) -> float:
    return float(words.split(maxsplit=1)[0])


def stages_down(rig: Rig, since: float, limit: str, full: float) -> Stages:
    """What has moved since then on the way down. limit: DCL or CCL; full: A, what it was."""
    sent = _history(rig, f"can.rec.{limit.lower()}", since)
    return _stages(
        rig,
        since,
        _first(sent, lambda words: _number(words) < full - RESOLUTION / 2),
        _first(sent, lambda words: _number(words) == 0),
        "inactive",
    )


def stages_up(rig: Rig, since: float, limit: str) -> Stages:
    """What has moved since then on the way back. limit: DCL or CCL."""
    sent = _history(rig, f"can.rec.{limit.lower()}", since)
    return _stages(rig, since, _first(sent, lambda words: _number(words) > 0), None, "active")


def _stages(rig: Rig, since: float, limit: float | None, zero: float | None, level: str) -> Stages:
    edges = {relay: _history(rig, f"line.{relay}", since) for relay in (CH, DCH)}
    ch, dch = (_first(edges[relay], lambda words: words.startswith(level)) for relay in (CH, DCH))
    return Stages(limit, zero, ch, dch, {relay: len(moves) for relay, moves in edges.items()})


def measure_order_down(rig: Rig, stages: Stages, comment: str = "", *, zero_before_ch: bool = False) -> None:
    """Limit, CH, DCH: each moved, once, in this order; measures stage_1_to_2 and stage_2_to_3.

    zero_before_ch: the way down was so slow that the limit had to be 0 A before CH opened.
    Raises ExpectationFailed for a stage that was skipped, came twice, or out of order.
    """
    _expect_each_once(stages)
    assert stages.limit is not None
    assert stages.ch is not None
    assert stages.dch is not None
    rig.measure("stage_1_to_2", stages.ch - stages.limit, comment=comment)
    rig.measure("stage_2_to_3", stages.dch - stages.ch, comment=comment)
    if zero_before_ch and (stages.zero is None or stages.zero > stages.ch):
        raise ExpectationFailed(f"stages: expected the limit at 0 A before {CH} opens, but {stages}")
    if stages.zero is None or stages.zero > stages.dch:
        raise ExpectationFailed(f"stages: expected the limit at 0 A before {DCH} opens, but {stages}")


def measure_order_up(rig: Rig, stages: Stages, comment: str = "") -> None:
    """DCH, CH, limit: each came back, once, in this order; measures stage_3_to_2_back and stage_2_to_1_back."""
    _expect_each_once(stages)
    assert stages.limit is not None
    assert stages.ch is not None
    assert stages.dch is not None
    rig.measure("stage_3_to_2_back", stages.ch - stages.dch, comment=comment)
    rig.measure("stage_2_to_1_back", stages.limit - stages.ch, comment=comment)


def _expect_each_once(stages: Stages) -> None:
    if None in (stages.limit, stages.ch, stages.dch) or set(stages.moves.values()) != {1}:
        raise ExpectationFailed(f"stages: expected each to move once, but {stages} (relays moved: {stages.moves})")
