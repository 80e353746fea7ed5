"""What a plan asks of every row of a REC unit's instruction table (see :func:`bmsrig.rs485.instructions`)."""

from __future__ import annotations

from bmsrig._core import Rs485Instruction
from bmsrig.failure import ExpectationFailed
from bmsrig.rig import Rig


def expect_typed_answer(rig: Rig, instruction: Rs485Instruction) -> None:
    """A query is answered with its type: a number reads as one, a text has letters, an array its two frames."""
    name = instruction.name
    if instruction.type in ("floats", "bytes"):
        if not (rig.rs485.array(name) if instruction.type == "floats" else rig.rs485.bytes(name)):
            raise ExpectationFailed(f"rs485 {name}?: expected an array, but it is empty")
        return
    value = rig.rs485.read(name)
    if instruction.type == "text":
        fits = isinstance(value, str) and bool(value.strip())
    else:
        fits = isinstance(value, float) and (instruction.type == "float" or value == int(value))
    if not fits:
        raise ExpectationFailed(f"rs485 {name}?: expected {instruction.type}, but the answer is {value!r}")


def expect_range_taken(rig: Rig, instruction: Rs485Instruction) -> None:
    """A setting is written and read back at its ends, at those of its choices, and at its default, where it stays."""
    ends = [float(value) for part in instruction.choices for value in part]
    for value in dict.fromkeys([instruction.minimum, instruction.maximum, *ends, instruction.default]):
        rig.rs485.write(instruction.name, value)


def expect_beyond_refused(rig: Rig, instruction: Rs485Instruction) -> None:
    """A setting refuses what lies a step outside its ends, or beside its choices, and keeps its value."""
    step = 10**-instruction.decimals
    beside = [value for first, last in instruction.choices for value in (first - 1.0, last + 1.0)]
    for value in (instruction.minimum - step, instruction.maximum + step, *beside):
        rig.rs485.refused(instruction.name, value)
