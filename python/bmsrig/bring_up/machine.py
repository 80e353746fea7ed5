"""The computer under the bench: how punctual the rig is on it, its clock, its kernel."""

from __future__ import annotations

import ctypes
import os
import platform
from pathlib import Path

from bmsrig import _core
from bmsrig.bring_up.finding import Finding

PERIOD, DURATION = 1e-3, 1.0
"""s: the rig has something to do once a millisecond, for a second."""
GRANT = "the lines in quotes go into /etc/security/limits.d/bmsrig.conf; join the group bmsrig, and log in again"
_NOT_SYNCHRONISED = 5
"""What adjtimex(2) returns of such a clock (TIME_ERROR)."""
_CAN_INTERFACE = "280"
"""The type of a CAN interface in /sys (ARPHRD_CAN in linux/if_arp.h)."""


def machine(core: _core.Rig) -> list[Finding]:
    """All of it."""
    return [*timing(core), clock(), kernel()]


def timing(core: _core.Rig) -> list[Finding]:
    """How late the rig is in real time; in virtual time nothing is late."""
    if not core.bench.is_real_time:
        return [Finding("timing", True, "virtual time: nothing is ever late")]
    granted = core.real_time
    missing = "" if "SCHED_FIFO" in granted and "memory locked" in granted else GRANT
    core.begin_unpowered(core.seed)
    text, problem, worst = core.measure_punctuality(PERIOD, DURATION)
    core.make_safe()
    late = Finding("timing", not problem, text, missing if problem else "", {"lateness_worst_s": worst})
    return [Finding("priority", True, granted, missing), late]


def clock() -> Finding:
    """Whether the wall clock is kept right, for the dates in the records and of calibrations."""
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(1024))
    if state == _NOT_SYNCHRONISED:
        advice = "records carry this computer's date: let systemd-timesyncd or chrony set its clock"
        return Finding("clock", True, "is not synchronised to any other", advice)
    return Finding("clock", True, "is synchronised" if state >= 0 else "nothing is known of its synchronisation")


def kernel() -> Finding:
    """What the kernel has to offer that drivers need."""
    parts = [f"Linux {platform.release()}"]
    chips = sorted(Path("/dev").glob("gpiochip*"))
    closed = [chip.name for chip in chips if not os.access(chip, os.R_OK | os.W_OK)]
    parts.append(f"libgpiod {_core.libgpiod_version()}")
    parts.append(f"GPIO {', '.join(chip.name for chip in chips)}" if chips else "no GPIO chip")
    parts.append(f"CAN {', '.join(names)}" if (names := _can_interfaces()) else "no CAN interface")
    advice = f"you may not open {', '.join(closed)}: add yourself to the group gpio, see the guide" if closed else ""
    return Finding("kernel", True, "; ".join(parts), advice)


def _can_interfaces() -> list[str]:
    found = []
    for interface in sorted(Path("/sys/class/net").glob("*")):
        kind = interface / "type"
        if kind.is_file() and kind.read_text().strip() == _CAN_INTERFACE:
            found.append(interface.name)
    return found
