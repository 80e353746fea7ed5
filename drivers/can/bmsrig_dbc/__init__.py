"""CAN layouts from DBC files: checked, turned into C and C++ when building, and read when a test runs."""

from bmsrig_dbc.layouts import Layouts, load
from bmsrig_dbc.message import Message, Signal
from bmsrig_dbc.mistake import Mistake

__all__ = ["Layouts", "Message", "Mistake", "Signal", "load"]
