"""bmsrig: test battery management systems in the loop.

A test plan is plain pytest; its tests take the pytest fixture ``rig`` (a :class:`Rig`) and say what they apply, what
they expect and what they measure::

    @pytest.mark.requirement("VSB-LOAD-UV")
    def test_load_is_released(rig):
        rig.cell(3).set(2.70)
        rig.line("load").expect_inactive(within=60)

Times are seconds since the start of the test, voltages are in V, temperatures in degC.
"""

from importlib.metadata import version

from bmsrig._core import BenchCannot, InputError, InstrumentError, LinkError, RatingError, RigError, WiringError
from bmsrig.failure import ExpectationFailed
from bmsrig.line import Edge, Line
from bmsrig.meter import Meter, Reading
from bmsrig.rig import LogLine, Rig
from bmsrig.stimulus import Applied, Cell, Cells, Source, Supply, Switch, Temperature
from bmsrig.threshold import Threshold
from bmsrig.verdict import Verdict

__version__ = version("bmsrig")

__all__ = [
    "Applied",
    "BenchCannot",
    "Cell",
    "Cells",
    "Edge",
    "ExpectationFailed",
    "InputError",
    "InstrumentError",
    "Line",
    "LinkError",
    "LogLine",
    "Meter",
    "RatingError",
    "Reading",
    "Rig",
    "RigError",
    "Source",
    "Supply",
    "Switch",
    "Temperature",
    "Threshold",
    "Verdict",
    "WiringError",
]
