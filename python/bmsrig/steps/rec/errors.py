"""Errors of the REC units: how they come, what they switch, how they go.

Limits by the number of the error: ``error_<n>_delay`` and ``error_<n>_release_time``, in s. Table 25 is that of the REC
2Q manual.
"""

from __future__ import annotations

from dataclasses import dataclass

from bmsrig.failure import ExpectationFailed
from bmsrig.meter import Reading
from bmsrig.rig import Rig
from bmsrig.steps.rec.precharge import measure_closing
from bmsrig.steps.rec.timing import ANNOUNCED, CAN_ROUND, SHOWN_WITHIN

RESERVE = 1.0
"""s; how much longer than that a relay is watched that has to stay closed."""

ANY_CELL = 0
"""As the element of an error: whichever."""


@dataclass(frozen=True, slots=True)
class Effects:
    """What an error leaves of the unit's work."""

    charging: bool
    discharging: bool
    relay: bool


EFFECTS = {
    1: Effects(charging=False, discharging=True, relay=False),
    2: Effects(charging=True, discharging=False, relay=False),
    3: Effects(charging=True, discharging=True, relay=True),
    4: Effects(charging=False, discharging=False, relay=False),
    5: Effects(charging=True, discharging=True, relay=True),
    6: Effects(charging=False, discharging=False, relay=False),
    7: Effects(charging=False, discharging=True, relay=True),
    8: Effects(charging=False, discharging=False, relay=False),
    10: Effects(charging=False, discharging=False, relay=False),
    11: Effects(charging=False, discharging=False, relay=False),
    12: Effects(charging=False, discharging=False, relay=False),
    13: Effects(charging=False, discharging=False, relay=False),
    14: Effects(charging=True, discharging=True, relay=True),
    15: Effects(charging=False, discharging=False, relay=False),
    16: Effects(charging=False, discharging=False, relay=False),
    17: Effects(charging=True, discharging=True, relay=True),
}
"""By the number of the error (Table 25)."""


def wait_for_error(rig: Rig, number: int, within: float = SHOWN_WITHIN) -> Reading:
    """Run until CAN shows this error, 0 for none; the reading's time is when it did."""
    return rig.can["rec"].signal("ErrorNumber").expect_near(number, 0.0, within=within)


def expect_error(rig: Rig, number: int, element: int = ANY_CELL, within: float = SHOWN_WITHIN) -> Reading:
    """CAN and ERRO show this error; where an element is given, its cell or sensor too. Returns CAN's reading."""
    raised = wait_for_error(rig, number, within)
    expect_element(rig, number, element)
    return raised


def expect_element(rig: Rig, number: int, element: int = ANY_CELL) -> None:
    """ERRO shows this error now; where an element is given, ERRO and CAN name that cell or sensor."""
    shown = rig.rs485.bytes("ERRO")
    if len(shown) != 4 or shown[0] != 1 or shown[2] != number:
        raise ExpectationFailed(f"ERRO: expected error {number} (1, unit, {number}, element), but it is {list(shown)}")
    if element == ANY_CELL:
        return
    if shown[3] != element:
        raise ExpectationFailed(f"ERRO: expected error {number} of element {element}, but it names {shown[3]}")
    rig.can["rec"].signal("ErrorElement").expect_near(element, 0.0, within=CAN_ROUND)


def expect_no_error(rig: Rig, within: float = SHOWN_WITHIN) -> Reading:
    """CAN and ERRO show no error. Returns CAN's reading."""
    cleared = wait_for_error(rig, 0, within)
    shown = rig.rs485.bytes("ERRO")
    if len(shown) != 4 or shown[0] != 0:
        raise ExpectationFailed(f"ERRO: expected no error, which begins with 0, but it is {list(shown)}")
    return cleared


def expect_error_stays(rig: Rig, number: int, seconds: float) -> None:
    """CAN shows this error, 0 for none, now and for so long."""
    rig.can["rec"].signal("ErrorNumber").stays_between(number, number, seconds)


def expect_directions(rig: Rig, number: int) -> None:
    """CAN allows charging and discharging as far as this error does: a limit of 0 A, or more."""
    effects = EFFECTS[number]
    for signal, allowed in (("CCL", effects.charging), ("DCL", effects.discharging)):
        limit = rig.can["rec"].signal(signal)
        if allowed:
            limit.expect_above(2 * limit.resolution, within=SHOWN_WITHIN)
        else:
            limit.expect_near(0.0, 0.0, within=SHOWN_WITHIN)


def measure_shown(rig: Rig, limit: str, since: float, shown: Reading, signal: str, comment: str = "") -> None:
    """Measure how long after something CAN showed something else, which it may do a frame late.

    A unit whose frames are farther apart than the limit allows for is not slower than its frames: of the time between
    two of them that is taken which is best for it. Waits for the frame after the one that showed it.
    """
    spent, high = shown.time - since, rig.limit(limit).high
    if high is not None and spent > high:
        spent = max(high, spent - _between_frames(rig, signal, shown.time))
    rig.measure(limit, spent, comment=comment)


def _between_frames(rig: Rig, signal: str, time: float) -> float:
    """From the frame that came then to the next one with this signal, in s."""
    return rig.can["rec"].signal(signal).message.expect_next() - time


def measure_lead(rig: Rig, announced: Reading, relay: str, limit: str, within: float, comment: str = "") -> float:
    """Expect the relay to open, and measure how long before CAN has announced it; returns when it opened.

    The announcement may have been there a frame earlier: of the time between two of them that is taken which is best
    for the unit.
    """
    apart = _between_frames(rig, "ShutdownAnnounced", announced.time)
    opened = rig.line(relay).expect_inactive(within=within)
    first = announced.time
    for time, words in reversed(rig.history("can.rec.shutdownannounced", 8)):  # seen again: since when it has been so
        if time <= announced.time:
            if not words.startswith("1"):
                break
            first = time
    lead = opened.time - first
    rig.measure(limit, min(max(ANNOUNCED, lead), lead + apart), comment=comment)
    return opened.time


def measure_trip(
    rig: Rig, number: int, applied: float, *, element: int = ANY_CELL, limit: str = "", comment: str = ""
) -> Reading:
    """The error comes in its time and does what Table 25 says, on CAN, in ERRO and at the relay.

    applied: when its cause was, in s since the start of the test. limit: of the delay, by default the error's own.
    Returns CAN's reading. A relay that opens is measured by shutdown_announcement_lead.
    """
    raised = wait_for_error(rig, number, within=applied + SHOWN_WITHIN + 1 - rig.now)
    measure_shown(rig, limit or f"error_{number}_delay", applied, raised, "ErrorNumber", comment)
    if not EFFECTS[number].relay:
        measure_announced_opening(rig, comment=comment)
    expect_element(rig, number, element)
    expect_directions(rig, number)
    if EFFECTS[number].relay:
        rig.line("relay").expect_stays_active(seconds=ANNOUNCED + RESERVE)
    return raised


def measure_announced_opening(rig: Rig, within: float = SHOWN_WITHIN, comment: str = "") -> float:
    """CAN announces the opening of the relay, and the relay opens 2 s later; returns when it did.

    within: how long the announcement may take from now, in s.
    """
    announced = rig.can["rec"].signal("ShutdownAnnounced").expect_near(1, 0.0, within=within)
    return measure_lead(rig, announced, "relay", "shutdown_announcement_lead", 2 * ANNOUNCED, comment)


def measure_release(
    rig: Rig, number: int, applied: float, *, within: float = SHOWN_WITHIN, limit: str = "", comment: str = ""
) -> Reading:
    """The error ends in its time after its cause has gone, and a relay that it opened closes again, pre-charged.

    applied: when the cause went, in s since the start of the test. limit: by default the error's own.
    Returns CAN's reading of no error.
    """
    cleared = expect_no_error(rig, within=within)
    measure_shown(rig, limit or f"error_{number}_release_time", applied, cleared, "ErrorNumber", comment)
    if EFFECTS[number].relay:
        rig.line("relay").expect_active(within=0)
    else:
        measure_closing(rig, within=SHOWN_WITHIN, comment=comment)
    return cleared


def logged_errors(rig: Rig) -> list[int]:
    """The numbers of the errors in the unit's log, as ERRL tells them; none twice in a row from one place.

    The log holds seven at most and begins again after the oldest; an empty one may tell of error 0.
    """
    entries: list[str] = []
    for _ in range(8):
        entry = str(rig.rs485.read("ERRL"))
        if not entry.startswith("ERR") or entry in entries:
            break
        entries.append(entry)
    return [number for number in (int(entry.split()[1]) for entry in entries) if number]
