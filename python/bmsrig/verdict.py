"""The five verdicts and the rule that the worst wins."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Verdict(IntEnum):
    """Ordered from best to worst. ERROR is the rig's own problem and never reported as FAIL, which is the UUT's."""

    PASS = 0
    INCONCLUSIVE = 1
    FAIL = 2
    ABORTED = 3
    ERROR = 4

    @property
    def word(self) -> str:
        """The verdict as records spell it: ``pass``, ``inconclusive``, ``fail``, ``aborted``, ``error``."""
        return self.name.lower()

    @classmethod
    def from_word(cls, word: str) -> Verdict:
        """The inverse of :attr:`word`. Raises KeyError for any other word."""
        return cls[word.upper()]

    @classmethod
    def worst(cls, verdicts: Iterable[Verdict]) -> Verdict:
        """The worst of them; PASS if there are none."""
        return max(verdicts, default=cls.PASS)


EXIT_STATUS = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INCONCLUSIVE: 2, Verdict.ERROR: 3, Verdict.ABORTED: 130}
"""What ``bmsrig run`` exits with, by the run's verdict."""

EXIT_BAD_INPUT = 4
"""What the ``bmsrig`` command exits with when a file, an option or an argument is wrong."""
