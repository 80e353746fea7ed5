"""The CAN bus of the UUT: what its frames mean, when they came, and frames of the rig's own."""

from bmsrig.can.bus import HIGHEST_RATE, CanBus
from bmsrig.can.message import MISSING_AFTER, CanMessage, Periods
from bmsrig.can.protocol import CanProtocol
from bmsrig.can.signal import CanSignal

__all__ = ["HIGHEST_RATE", "MISSING_AFTER", "CanBus", "CanMessage", "CanProtocol", "CanSignal", "Periods"]
