"""The five verdicts in order, and the rule that the worst wins."""

from __future__ import annotations

from collections.abc import Iterable

VERDICTS = ("pass", "inconclusive", "fail", "aborted", "error")
"""From best to worst, as in a record."""


def worst(verdicts: Iterable[str]) -> str:
    """Return the worst of the verdicts, "pass" if there are none. Each must be one of VERDICTS."""
    return VERDICTS[max((VERDICTS.index(verdict) for verdict in verdicts), default=0)]
