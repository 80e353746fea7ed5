"""The arbiter: what a REC unit reports on CAN and RS-485, compared with what the bench applied.

Applied is what the instruments read back, not what they were set to. A report may deviate from it by the unit's stated
accuracy, by the resolution of the report, and by what the bench does not know of its own readings. The last two are
taken off each deviation; what is left is judged by the limits

``reported_cell_error``         V, of each cell, the lowest and the highest
``reported_cell_difference``    V, of the difference of the highest and the lowest
``reported_pack_error``         V, of the sum of the cells
``reported_temperature_error``  degC, of each sensor, the highest and the unit itself
``reported_current_error``      steps of the unit's converter

once for each of them with the worst deviation, whose signal the measurement's comment names. Counts and numbers of
cells and sensors have to be right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bmsrig.failure import ExpectationFailed
from bmsrig.rig import Rig
from bmsrig.steps.rec import current
from bmsrig.steps.rec.timing import CYCLE

SETTLED = 2 * CYCLE + 0.25
"""s after a change: a whole cycle has seen it, and averaged the current over it, whatever the phase."""

UNSIGNED = ("can.growatt.Current",)
"""Currents whose sign no public source gives: their magnitude counts."""


@dataclass(frozen=True, slots=True)
class Report:
    """One value that the unit reports, beside what the bench applied."""

    signal: str
    """Where it is reported: `can.rec.Cell3`, `rs485 CELL 3`."""
    limit: str
    """The limit that judges it."""
    unit: str
    applied: float
    reported: float
    open: float
    """What the bench's uncertainty and the report's resolution leave open."""
    scale: float = 1.0
    """One unit of the limit, in the unit of applied and reported."""

    @property
    def excess(self) -> float:
        """The deviation that neither resolution nor bench explains, in the limit's unit, with its sign."""
        deviation = self.reported - self.applied
        return math.copysign(max(0.0, abs(deviation) - self.open), deviation) / self.scale

    def __str__(self) -> str:
        return f"{self.signal}: applied {self.applied:.6g} {self.unit}, reported {self.reported:.6g} {self.unit}"


@dataclass(frozen=True, slots=True)
class Applied:
    """What stands at the unit's terminals by the bench's own readings: value and half width of each."""

    cells: list[tuple[float, float]]
    temperatures: list[tuple[float, float]]
    case: tuple[float, float]
    current: tuple[float, float]

    @property
    def pack(self) -> tuple[float, float]:
        """The sum of the cells."""
        return math.fsum(value for value, _ in self.cells), math.fsum(half for _, half in self.cells)

    @staticmethod
    def read(rig: Rig) -> Applied:
        """Read every instrument once, now."""
        sensors = [rig.temperature(number) for number in range(1, int(rig.setting("sensors")) + 1)]
        case = rig.temperature("case_temp")
        flowing = current.read(rig)
        return Applied(
            cells=[(cell.read(), cell.accuracy) for cell in rig.cells],
            temperatures=[(sensor.read(), sensor.accuracy) for sensor in sensors],
            case=(case.read(), case.accuracy),
            current=(flowing.amperes, flowing.uncertainty),
        )


def measure_reports(rig: Rig, comment: str = "", databases: Iterable[str] = ("rec",), offset: float = 0.0) -> None:
    """Wait until the reports speak of what stands now, then compare all that the unit reports on CAN and RS-485.

    offset: A, what the unit was told to add to the current that flows.
    Raises ExpectationFailed, naming each signal with what was applied and reported, if one deviates too much.
    """
    rig.wait(SETTLED)
    applied = Applied.read(rig)
    reports = [report for database in databases for report in can_reports(rig, applied, database, offset)]
    expect_counts(rig, applied)
    judge(rig, reports + rs485_reports(rig, applied, offset), comment)


def judge(rig: Rig, reports: Iterable[Report], comment: str = "") -> None:
    """Measure the worst deviation of each quantity, and raise ExpectationFailed for those outside their limits."""
    worst: dict[str, Report] = {}
    for report in reports:
        if math.isnan(report.reported):
            raise ExpectationFailed(f"{report.signal}: expected a value, but the frame is too short for it")
        if report.limit not in worst or abs(report.excess) > abs(worst[report.limit].excess):
            worst[report.limit] = report
    failed = []
    for name, report in worst.items():
        measured = rig.measure(name, report.excess, 0.0, comment=f"{comment} {report}".strip())
        if measured.verdict == "fail":
            failed.append(str(report))
    if failed:
        raise ExpectationFailed(
            "reports beyond the unit's accuracy, the report's resolution and the bench's uncertainty:\n  "
            + "\n  ".join(failed)
        )


def wrong_reports(rig: Rig, database: str = "rec") -> list[Report]:
    """The CAN reports that deviate too much as they stand now, without waiting for newer ones and without a record."""
    reports = _known_can_reports(rig, Applied.read(rig), database, 0.0)
    return [report for report in reports if not _within(rig, report)]


def _within(rig: Rig, report: Report) -> bool:
    limit = rig.limit(report.limit)
    if math.isnan(report.reported):
        return False
    return (limit.low is None or report.excess >= limit.low) and (limit.high is None or report.excess <= limit.high)


def can_reports(rig: Rig, applied: Applied, database: str, offset: float = 0.0) -> list[Report]:
    """What the unit sends in this database's protocol, each value from a frame that it sends from now on."""
    allowed = rig.limit("can_refresh_time").high
    assert allowed is not None
    deadline = rig.now + allowed
    since = rig.now
    for name in _can_signals(rig, database):
        _expect_newer(rig, database, name, since, deadline)
    return list(_known_can_reports(rig, applied, database, offset))


def _expect_newer(rig: Rig, database: str, name: str, since: float, deadline: float) -> None:
    signal = rig.can[database].signal(name)
    if not signal.time > since:  # nor if none has come at all
        signal.message.expect_next(within=deadline - rig.now)


def _can_signals(rig: Rig, database: str) -> list[str]:
    cells = [f"Cell{cell.number}" for cell in rig.cells]
    sensors = [f"Temperature{number}" for number in range(1, int(rig.setting("sensors")) + 1)]
    measurements = ["Voltage", "Current", "Temperature"]
    return {
        "rec": [*cells, *sensors, "PackVoltage", "Current", "BmsTemperature"],
        "victron": [*measurements, "MinCell", "MaxCell", "MinTemperature", "MaxTemperature"],
        "sma": measurements,
        "pylontech": measurements,
        "growatt": [*cells, "Voltage", "Current", "MaxTemperature", "MinCell", "MaxCell", "CellDifference"],
    }[database]


def _known_can_reports(rig: Rig, applied: Applied, database: str, offset: float) -> Iterator[Report]:
    quantities = _quantities(rig, applied, offset)
    for name in _can_signals(rig, database):
        signal = rig.can[database].signal(name)
        yield quantities[name](f"can.{database}.{name}", signal.value, signal.resolution)


def _quantities(rig: Rig, applied: Applied, offset: float) -> dict[str, Callable[[str, float, float], Report]]:
    """How to compare a report with what was applied, by the name of its CAN signal."""

    def cell(values: tuple[float, float]) -> Callable[[str, float, float], Report]:
        return lambda signal, reported, step: Report(
            signal, "reported_cell_error", "V", values[0], reported, values[1] + step
        )

    def temperature(values: tuple[float, float]) -> Callable[[str, float, float], Report]:
        return lambda signal, reported, step: Report(
            signal, "reported_temperature_error", "degC", values[0], reported, values[1] + step
        )

    def any_temperature(signal: str, reported: float, step: float) -> Report:
        """Of which sensor, or of which mean, no source says: it has to lie between the coldest and the hottest."""
        coldest, hottest = min(applied.temperatures), max(applied.temperatures)
        nearest = (min(max(reported, coldest[0]), hottest[0]), max(coldest[1], hottest[1]))
        return temperature(nearest)(signal, reported, step)

    def difference(signal: str, reported: float, step: float) -> Report:
        (low, half_low), (high, half_high) = min(applied.cells), max(applied.cells)
        return Report(signal, "reported_cell_difference", "V", high - low, reported, half_low + half_high + step)

    def pack(signal: str, reported: float, step: float) -> Report:
        return Report(signal, "reported_pack_error", "V", applied.pack[0], reported, applied.pack[1] + step)

    def amperes(signal: str, reported: float, step: float) -> Report:
        flowing, half = applied.current
        scale = rig.setting("ioja")
        if signal in UNSIGNED:
            reported = math.copysign(reported, flowing + offset)
        return Report(signal, "reported_current_error", "A", flowing + offset, reported, half + step, scale)

    return {
        **{f"Cell{number}": cell(values) for number, values in enumerate(applied.cells, start=1)},
        **{f"Temperature{number}": temperature(values) for number, values in enumerate(applied.temperatures, start=1)},
        "MinCell": cell(min(applied.cells)),
        "MaxCell": cell(max(applied.cells)),
        "MinTemperature": temperature(min(applied.temperatures)),
        "MaxTemperature": temperature(max(applied.temperatures)),
        "Temperature": any_temperature,
        "BmsTemperature": temperature(applied.case),
        "CellDifference": difference,
        "PackVoltage": pack,
        "Voltage": pack,
        "Current": amperes,
    }


def rs485_reports(rig: Rig, applied: Applied, offset: float = 0.0) -> list[Report]:
    """What the unit answers to LCD1, CELL, PTEM and BTEM; floats, whose resolution is finer than all else."""
    quantities = _quantities(rig, applied, offset)
    lcd1 = rig.rs485.array("LCD1")
    asked = [
        *((f"Cell{number}", f"CELL {number}", value) for number, value in enumerate(rig.rs485.array("CELL"), start=1)),
        *((f"Temperature{number}", f"PTEM {number}", t) for number, t in enumerate(rig.rs485.array("PTEM"), start=1)),
        ("MinCell", "LCD1 min cell", lcd1[0]),
        ("MaxCell", "LCD1 max cell", lcd1[1]),
        ("Current", "LCD1 current", lcd1[2]),
        ("MaxTemperature", "LCD1 max temperature", lcd1[3]),
        ("PackVoltage", "LCD1 pack voltage", lcd1[4]),
        ("BmsTemperature", "BTEM", rig.rs485.array("BTEM")[0]),
    ]
    return [quantities[name](f"rs485 {words}", value, 0.0) for name, words, value in asked]


def expect_counts(rig: Rig, applied: Applied) -> None:
    """CELL and PTEM have as many values as there are cells and sensors, and LCD3 names cells that are at the ends.

    Raises ExpectationFailed that says which does not. Of cells that differ by less than the unit and the bench can
    tell, LCD3 may name any.
    """
    for mnemonic, expected in (("CELL", len(applied.cells)), ("PTEM", len(applied.temperatures))):
        seen = len(rig.rs485.array(mnemonic))
        if seen != expected:
            raise ExpectationFailed(f"rs485 {mnemonic}: expected {expected} values, but the unit sent {seen}")
    _, lowest, _, highest, _, hottest = rig.rs485.bytes("LCD3")[:6]
    _expect_end(rig, "LCD3 min cell", lowest, applied.cells, min, "reported_cell_error")
    _expect_end(rig, "LCD3 max cell", highest, applied.cells, max, "reported_cell_error")
    _expect_end(rig, "LCD3 max temperature", hottest, applied.temperatures, max, "reported_temperature_error")


def _expect_end(
    rig: Rig,
    words: str,
    number: int,
    values: list[tuple[float, float]],
    end: Callable[[Iterable[tuple[float, float]]], tuple[float, float]],
    limit: str,
) -> None:
    accuracy = rig.limit(limit).high or 0.0
    extreme, half = end(values)
    if not 1 <= number <= len(values) or abs(values[number - 1][0] - extreme) > 2 * (accuracy + half):
        at_the_end = values.index((extreme, half)) + 1
        seen = f" at {values[number - 1][0]:.6g}" if 1 <= number <= len(values) else ""
        raise ExpectationFailed(
            f"rs485 {words}: applied {extreme:.6g} at number {at_the_end}, but the unit names number {number}{seen}"
        )
