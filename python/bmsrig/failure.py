"""What a test plan raises when the UUT does not do what it should: verdict FAIL."""

from __future__ import annotations

from collections.abc import Iterable

from bmsrig import _core

HISTORY = 8
"""How many changes of a signal a failure shows."""


class ExpectationFailed(AssertionError):  # noqa: N818 (what it says is not an error, it is the UUT's failure)
    """The UUT did not do what the test expected. The text shows the recent history of the signals concerned."""


def time_to_react(core: _core.Rig) -> float:
    """How long an expectation waits unless the test says so, in s from now.

    Until what was applied has settled at the terminals, and the fixture's reaction time after that.
    """
    return core.settled_at - core.now + core.fixture.reaction_time


def describe_history(core: _core.Rig, signals: Iterable[str], most: int = HISTORY) -> str:
    """The last changes of these signals, oldest first, a block for each signal that has any."""
    known = set(core.signals)
    blocks = []
    for signal in signals:
        if signal not in known:
            continue
        changes = core.history(signal, most)
        rows = [f"    {time:14.6f} s  {value}" for time, value in changes]
        if rows:
            blocks.append("\n".join([f"  last changes of {signal}:", *rows]))
    return "\n".join(blocks)


def expectation_failed(core: _core.Rig, sentence: str, signals: Iterable[str]) -> ExpectationFailed:
    """The failure with this sentence, the present time and the history of these signals."""
    history = describe_history(core, signals)
    return ExpectationFailed(f"{sentence} (now {core.now:.6f} s)\n{history}".rstrip())
