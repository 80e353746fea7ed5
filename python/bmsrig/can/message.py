"""The frames of one identifier on a CAN bus."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bmsrig import _core
from bmsrig._core import InputError
from bmsrig.failure import ExpectationFailed

MISSING_AFTER = 5.0
"""A message that has not come for so long, in s, is missing: what it said last counts no more.

REC units send a message in each slot of a rotation, up to 3 s long (log captured on a REC 9M).
"""

LAST_STANDARD, LAST_EXTENDED = 0x7FF, 0x1FFFFFFF
"""The highest identifiers of 11 and 29 bits (ISO 11898-1)."""


@dataclass(frozen=True, slots=True)
class Periods:
    """Times from one frame to the next, in s; not numbers before a second frame has come."""

    last: float
    shortest: float
    mean: float
    longest: float


class CanMessage:
    """The frames of one identifier, as far as they have come since the UUT was switched on."""

    def __init__(self, core: _core.Rig, bus: str, identifier: int, *, extended: bool | None = False) -> None:
        """extended: whether the identifier has 29 bits; None: whichever of the two formats came last.

        Raises InputError if no frame can have the identifier.
        """
        check_identifier(identifier, extended=bool(extended))
        self._core = core
        self._extended = extended
        self.bus = bus
        self.identifier = identifier

    def __repr__(self) -> str:
        return f"<CAN message {self}: {self.history()}>"

    def __str__(self) -> str:
        return f"0x{self.identifier:0{8 if self.extended else 3}X}"

    @property
    def extended(self) -> bool:
        """Whether the identifier has 29 bits."""
        if self._extended is not None:
            return self._extended
        heard = self._heard()
        return heard is not None and heard.extended

    @property
    def count(self) -> int:
        """How many frames have come."""
        heard = self._heard()
        return heard.count if heard else 0

    @property
    def time(self) -> float:
        """When the last frame had come completely, in s since the start of the test; not a number if none has."""
        heard = self._heard()
        return heard.time if heard else math.nan

    @property
    def age(self) -> float:
        """How long ago that was, in s; infinite if none has come."""
        time = self.time
        return math.inf if math.isnan(time) else self._core.now - time

    @property
    def period(self) -> float:
        """The time from the last frame but one to the last, in s; not a number before a second frame has come."""
        return self.periods.last

    @property
    def periods(self) -> Periods:
        """The last, the shortest, the mean and the longest time from one frame to the next."""
        heard = self._heard()
        if heard is None or heard.count < 2:
            return Periods(math.nan, math.nan, math.nan, math.nan)
        return Periods(heard.period, heard.shortest, heard.mean, heard.longest)

    @property
    def data(self) -> bytes:
        """The bytes of the last frame; none if none has come."""
        heard = self._heard()
        return heard.data if heard else b""

    @property
    def text(self) -> str:
        """The bytes of the last frame as a text, as far as its first 0."""
        return self.data.partition(b"\0")[0].decode("ascii", errors="replace")

    def expect_next(self, within: float = MISSING_AFTER) -> float:
        """Run until another frame comes, and return its time.

        Raises ExpectationFailed if none does within so long, InputError if the test has switched the UUT off.
        """
        check_uut_is_on(self._core, f"bus {self.bus}: frame {self}")
        start = self._core.now
        if not self.wait(within):
            raise ExpectationFailed(
                f"bus {self.bus}: expected a frame {self} within {within:g} s of {start:.6f} s, but {self.history()} "
                f"(now {self._core.now:.6f} s)"
            )
        return self.time

    def wait(self, seconds: float) -> bool:
        """Run until another frame comes, for so long at the most; whether one came."""
        return self._core.can_wait(self.bus, self.identifier, self._extended, seconds)

    def history(self) -> str:
        """What is known of it, in words."""
        if self.count:
            return f"the last of {self.count} came at {self.time:.6f} s with {self.data.hex(' ') or 'no data'}"
        counts = self._core.can_counts(self.bus)
        others = f"{counts['received']} frames and {counts['error_frames']} error frames"
        return f"none has come since the UUT was switched on; in this test {others} have"

    def _heard(self) -> _core.CanIdentifier | None:
        return self._core.can_identifier(self.bus, self.identifier, self._extended)


def check_uut_is_on(core: _core.Rig, what: str) -> None:
    """Raises InputError if the test waits for what a UUT that it has switched off would send."""
    if core.uut_is_off:
        raise InputError(f"{what}: nobody sends it: this test has switched the UUT off and not on again")


def check_identifier(identifier: int, *, extended: bool) -> None:
    """Raises InputError if no frame can have this identifier."""
    highest = LAST_EXTENDED if extended else LAST_STANDARD
    if not isinstance(identifier, int) or not 0 <= identifier <= highest:
        seen = f"{identifier:#x}" if isinstance(identifier, int) else repr(identifier)
        longer = "" if extended else "; one of 29 bits needs extended=True"
        raise InputError(f"{seen} is no CAN identifier; expected a number of 0 to {highest:#x}{longer}")
