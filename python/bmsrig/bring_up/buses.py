"""What the buses of the bench carry while the UUT is on at the baseline."""

from __future__ import annotations

from bmsrig import RigError, _core
from bmsrig.bring_up.finding import Finding
from bmsrig.can import CanBus
from bmsrig.failure import ExpectationFailed

LISTENS = 2.0
"""s for which a CAN bus is listened to."""


def can_bus(core: _core.Rig, bus: str) -> Finding:
    """Listen: frames, identifiers, load, error frames."""
    frames, _ = core.can_watch(bus, LISTENS)
    errors = core.can_counts(bus)["error_frames"]
    identifiers = len({(frame[1], frame[2]) for frame in frames})
    heard = f"{len(frames)} frames of {identifiers} identifiers in {LISTENS:g} s" if frames else "no frame heard"
    load = core.can_load(bus)
    wrong = f", {errors:g} error frames: {_heard_rate(core, bus)}" if errors else ""
    seen = f"{core.can_bit_rate(bus)} bit/s, {heard}{f', load {load:.1f} %' if frames else ''}{wrong}"
    figures = {"frames": float(len(frames)), "error_frames": float(errors), "load_percent": load}
    advice = "look at the two terminations of 120 ohm (60 ohm between the wires), at CAN-H and CAN-L, and at the rate"
    if errors:
        return Finding(f"bus {bus}", False, seen, advice, figures)
    silent = "" if frames else f"a unit that should speak: {advice}"
    return Finding(f"bus {bus}", True, seen, silent, figures)


def _heard_rate(core: _core.Rig, bus: str) -> str:
    """What listening says of the rate at which the UUT speaks."""
    try:
        rate = CanBus(core, bus).detect_bit_rate()
    except (RigError, ExpectationFailed) as problem:
        return str(problem)
    return f"the UUT speaks at {rate} bit/s; set the adapter's bit_rate in the bench file, or look at the wires"


def serial_bus(core: _core.Rig, bus: str) -> Finding:
    """Its rate; a unit speaks there only when it is asked."""
    rate = core.serial_bit_rate(bus)
    return Finding(f"bus {bus}", True, f"{rate} bit/s; who answers there is a plan's business")
