"""The five verdicts in order, and the rule that the worst wins."""

from __future__ import annotations

from collections.abc import Iterable

VERDICTS = ("pass", "inconclusive", "fail", "aborted", "error")
"""From best to worst, as in a record."""


def worst(verdicts: Iterable[str]) -> str:
    """The worst of the verdicts; "pass" if there are none. Raises ValueError for a word that is no verdict."""
    return VERDICTS[max((VERDICTS.index(verdict) for verdict in verdicts), default=0)]
