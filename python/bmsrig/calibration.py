"""Whether the calibration of the bench's instruments still holds on the day of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bmsrig import _core


@dataclass(frozen=True, slots=True)
class Calibration:
    """What is known of one instrument's calibration."""

    instrument: str
    serial: str
    text: str
    """In words: ``calibrated 2024-05-01, 530 days before the run; valid for 365 days``."""
    flaw: str = ""
    """``EXPIRED`` or ``UNKNOWN``; empty if there is nothing to say against it."""
    is_refused: bool = False

    def __str__(self) -> str:
        return f"{self.flaw}: {self.text}" if self.flaw else self.text

    @property
    def sentence(self) -> str:
        """What a person has to know: which instrument, and what is wrong."""
        return f"instrument {self.instrument} (serial number {self.serial or 'not told'}): {self.text}"


def calibrations(identity: Sequence[Mapping[str, str]], bench: _core.Bench, today: date) -> list[Calibration]:
    """Judge the instruments that have something to calibrate, by the bench file's rule and the day of the run.

    A virtual instrument that tells no date is as true as its options say, and is left out.
    """
    drivers = {spec.name: spec.driver for spec in bench.instruments}
    return [
        _judge(facts, bench.calibration, today)
        for facts in identity
        if facts["figures"] and (facts["calibrated"] or not drivers[facts["name"]].startswith("virtual_"))
    ]


def refuse(found: Sequence[Calibration], bench: _core.Bench) -> None:
    """Raise InputError if the bench file refuses one of them, naming all that it refuses."""
    refused = [each.sentence for each in found if each.is_refused]
    if refused:
        raise _core.InputError(
            f"{bench.calibration.place}: calibration: the bench is not to be used like this: {'; '.join(refused)}; "
            "have it calibrated or replaced, or let the bench file mark it (expired: mark, required: false)"
        )


def _judge(facts: Mapping[str, str], rule: _core.CalibrationRule, today: date) -> Calibration:
    name, serial, told = facts["name"], facts["serial"], facts["calibrated"]
    if not told:
        text = "it tells no date of calibration, and the bench file gives none (calibrated: 2026-03-31)"
        return Calibration(name, serial, text, "UNKNOWN", rule.is_required)
    try:
        day = date.fromisoformat(told)
    except ValueError:
        text = f"its date of calibration is {told[:40]!r}; expected a day such as 2026-03-31"
        return Calibration(name, serial, text, "UNKNOWN", rule.is_required)
    age = (today - day).days
    if age < 0:
        text = f"calibrated {told}, which is {-age} days after the run: its date or this computer's is wrong"
        return Calibration(name, serial, text, "UNKNOWN", rule.is_required)
    text = f"calibrated {told}, {age} days before the run; valid for {rule.valid_for_days} days"
    if age > rule.valid_for_days:
        return Calibration(name, serial, text, "EXPIRED", rule.refuses_expired)
    return Calibration(name, serial, text)
