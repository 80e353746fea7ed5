"""A line of the table that ``bmsrig check-bench`` prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from bmsrig import RigError


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, and what was seen."""

    what: str
    ok: bool
    seen: str
    advice: str = ""
    """What to do about it; also of something that does not make the bench unfit."""
    figures: dict[str, float] = field(default_factory=dict)
    """The numbers behind it, for whoever keeps the history of a bench; their units stand in their names."""

    @property
    def mark(self) -> str:
        """How it is told at a glance."""
        if not self.ok:
            return "BAD"
        return "see" if self.advice else "ok"

    @property
    def as_json(self) -> dict[str, Any]:
        """For a file."""
        return asdict(self)


def attempt(what: str, check: Callable[[], list[Finding]]) -> list[Finding]:
    """Make a check; one that ends with a problem does not keep the others from being made."""
    try:
        return check()
    except RigError as problem:
        return [Finding(what, False, str(problem))]


_PREFIXES = ((1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n"))


def amount(value: float, unit: str) -> str:
    """Write a small amount as one says it: ``0.3 mV``, ``20 uV``, ``0.05 degC``."""
    if unit not in ("V", "A", "s", "ohm") or value == 0:
        return f"{value:.3g} {unit}".strip()
    size = abs(value)
    scale, prefix = next((each for each in _PREFIXES if size >= each[0]), _PREFIXES[-1])
    return f"{value / scale:.3g} {prefix}{unit}"
