"""A bench with the unit of can_unit.py, for the tests of the CAN bus."""

from __future__ import annotations

import sys
from pathlib import Path

from bmsrig import _core

UNIT = Path(__file__).parent / "can_unit.py"

FILES = {
    "fixture.yaml": """\
format: 1
title: A unit with CAN
products: [test.can_unit]
process: none
reaction_time: 0.5 s
settings: {}
baseline: {cells: 3.3 V, temperatures: 25 degC, supply: 53.12 V, switches: {}}
self_test: {dead_supply: 2 V, baseline: {lamp: inactive}, steps: []}
""",
    "wiring.yaml": """\
format: 1
inputs:
  supply: {source: supply.1, unit: V, rating: [0 V, 70 V]}
loads: {}
lines:
  lamp: {port: lamp, reader: lines.1, debounce: 0 s}
buses:
  can: {adapter: can.1, databases: [rec, victron]}
""",
    "bench.yaml": """\
format: 1
bench: virtual
fixture: unit
clock: virtual
seed: 1
instruments:
  supply: {driver: virtual_power_supply, channels: 1, maximum: 80 V, settling_time: 0 s}
  lines: {driver: virtual_line_bank, channels: 1}
  can: {driver: virtual_can_adapter, channels: 1}
""",
    "limits.yaml": "format: 1\nlimits:\n  pack_voltage: {requirement: TALKS, low: 53 V, high: 54 V, source: test}\n",
    "requirements.csv": "id,title,requirement,observe,kind,source\nTALKS,Talks,The unit talks,can,verify,test\n",
}


def can_rig(folder: Path, databases: str = "[rec, victron]", files: dict[str, str] | None = None) -> _core.Rig:
    """A rig in a new folder; the wiring names these databases at the bus, and further files lie beside it."""
    for name, text in {**FILES, **(files or {})}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.replace("[rec, victron]", databases))
    return _core.Rig(folder, folder / "bench.yaml", [], f"{sys.executable} {UNIT}", str(folder), None, 5.0)
