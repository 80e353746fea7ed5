"""The UUT's RS-485: what a REC BMS is asked and told over it."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bmsrig import _core
from bmsrig._core import InputError, Rs485Instruction
from bmsrig.failure import ExpectationFailed, expectation_failed
from bmsrig.meter import SHORTEST_WAIT

BUS = "rs485"
"""The bus's name in the wiring."""

HOST = 0
"""The rig's own address."""

TIMEOUT = 0.350
"""How long an answer may take, in s (REC 2Q manual, below Table 10)."""

IDLE = 0.020
"""How long the bus is left silent before an instruction, in s."""

HIGHEST_RATE = 10_000_000
"""bit/s; the fastest that RS-485 is (TIA-485)."""

TABLES = ("rec_2q", "rec_abms")


def instructions(table: str) -> list[Rs485Instruction]:
    """The rows of ``rec_2q`` or ``rec_abms``; for parametrised tests."""
    return _core.rs485_instructions(table)


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that came from the bus."""

    destination: int
    sender: int
    payload: bytes
    time: float
    """When its last byte had come, in s since the start of the test."""

    @property
    def text(self) -> str:
        """The payload as text."""
        return self.payload.decode("latin-1")


class Wire:
    """The wire pair between the rig's port and the UUT's."""

    def __init__(self, core: _core.Rig) -> None:
        self._core = core
        self._own_rate = 0
        self._bit_errors = 0.0
        self._lost_bytes = 0.0

    @property
    def bit_rate(self) -> int:
        """The rate of the rig's port in bit/s; 0 while it is not known.

        Unless set otherwise it is the UUT's on a virtual bench and the bench file's on a real one, whose port
        cannot know what a test told the UUT.
        """
        return self._core.serial_bit_rate(BUS)

    @bit_rate.setter
    def bit_rate(self, bit_rate: int) -> None:
        """0: as it was before a test set it. Raises InputError if there is no such rate."""
        if not 0 <= bit_rate <= HIGHEST_RATE:
            raise InputError(f"bus {BUS}: {bit_rate} bit/s is no rate of RS-485; expected 0 to {HIGHEST_RATE}")
        self._core.set_serial_bit_rate(BUS, bit_rate)
        self._own_rate = bit_rate

    def describe(self) -> str:
        """What the test has made of the wire, for a failure; empty if nothing."""
        made = {
            "the port at {} bit/s": self._own_rate,
            "bit errors at a rate of {:g}": self._bit_errors,
            "lost bytes at a rate of {:g}": self._lost_bytes,
        }
        return " and ".join(words.format(value) for words, value in made.items() if value)

    @contextmanager
    def bit_errors(self, rate: float) -> Iterator[None]:
        """Inside, this part of all bits arrives inverted, in both directions."""
        before, self._bit_errors = self._bit_errors, rate
        try:
            self._apply()
            yield
        finally:
            self._bit_errors = before
            self._apply()

    @contextmanager
    def lost_bytes(self, rate: float) -> Iterator[None]:
        """Inside, this part of all bytes does not arrive, in both directions."""
        before, self._lost_bytes = self._lost_bytes, rate
        try:
            self._apply()
            yield
        finally:
            self._lost_bytes = before
            self._apply()

    def _apply(self) -> None:
        self._core.set_serial_faults(BUS, self._bit_errors, self._lost_bytes)


class Rs485:
    """One unit on the UUT's RS-485 bus, by its address.

    An instruction that is not answered within 350 ms is sent again, four times at most. Whatever the unit does wrong
    raises ExpectationFailed; what the instruction table does not have raises InputError.
    """

    def __init__(self, core: _core.Rig, address: int = 1, wire: Wire | None = None) -> None:
        if not 0 <= address <= 255:
            raise InputError(f"{address} is no RS-485 address; expected 0 to 255, of a REC BMS 1 to 15")
        self._core = core
        self.address = address
        self.table = _table_of(core.fixture)
        """Which table the fixture's settings are of: ``rec_2q`` or ``rec_abms``."""
        self.wire = wire or Wire(core)
        self.answer_time = 0.0
        """Of the last exchange: from the end of the instruction to the end of the first frame of its answer, in s."""
        self.attempts = 0
        """How often the last instruction was sent."""
        self._instructions = {row.name: row for row in instructions(self.table)}
        self._host = _core.Rs485Host(self.table, address)

    def __repr__(self) -> str:
        return f"<rs485 {self.address}>"

    def to(self, address: int) -> Rs485:
        """The unit at another address of the same bus."""
        return Rs485(self._core, address, self.wire)

    @property
    def sender_first(self) -> bool | None:
        """Whether answers name their sender first; none before the first answer. The manual leaves it open."""
        return self._host.sender_first

    def read(self, name: str) -> Any:
        """A number or a text by its mnemonic, such as ``CMAX`` or ``*IDN``."""
        row = self._require(name, "float", "integer", "text")
        reply = self._query(row)
        return _text(reply.text) if row.type == "text" else reply.number

    def number(self, name: str) -> float:
        """As :meth:`read`, of a number."""
        return self._query(self._require(name, "float", "integer")).number

    def text(self, name: str) -> str:
        """As :meth:`read`, of a text."""
        return _text(self._query(self._require(name, "text")).text)

    def array(self, name: str) -> list[float]:
        """CELL, PTEM, RINT, BTEM or LCD1; of several BMS units one behind the other."""
        return [value for unit in self._query(self._require(name, "floats")).floats for value in unit]

    def bytes(self, name: str) -> builtins.bytes:
        """LCD3 or ERRO."""
        return self._query(self._require(name, "bytes")).bytes

    def write(self, name: str, value: float) -> float:
        """Set a value, expect OK, and read it back; returns what was read.

        Raises InputError for a value out of its range (see :meth:`refused`).
        """
        row = self._setting(name)
        if isinstance(value, str):
            raise InputError(f"{name} cannot be the text {value!r}; expected a number, {_range(row)}")
        if not row.allows(value):
            raise InputError(
                f"{name} {value:g} is out of range; expected {_range(row)}. To see it refused, use refused()"
            )
        reply = self._keep(self._host.write(self._core, BUS, name, value))
        self._expect_answered(f"{name} {value:g}", reply)
        return reply.number

    def refused(self, name: str, value: float) -> float:
        """Send a value, expect NOT OK and the old value unchanged, and return that."""
        self._setting(name)
        old = self.number(name)
        reply = self._keep(self._host.write(self._core, BUS, name, value))
        what = f"{name} {value:g}"
        if reply.outcome in ("answered", "differs"):
            raise self._failed(f"{what}: expected NOT OK, but it was accepted and reads back as {reply.number:g}")
        if reply.outcome != "refused":
            self._expect_answered(what, reply)
        if reply.number != old:
            raise self._failed(f"{what}: expected the old value {old:g} after NOT OK, but it is {reply.number:g}")
        return old

    def command(self, text: str, armed: bool = False) -> str:
        """WHRE 1, ERRD 1 (ERLD 1), FUSE 1 or RESE?, and return the answer; RESE? has none.

        armed: must be true, for these erase what a test may still need, and RESE? stops the unit.
        """
        name, argument = text[:4], text[4:]
        row = self._instructions.get(name)
        is_reset = row is not None and row.access == "X"
        if row is None or not (row.is_command or is_reset) or argument != ("?" if is_reset else " 1"):
            raise InputError(f"{text!r} is no command; expected WHRE 1, {self._erase_log} 1, FUSE 1 or RESE?")
        if not armed:
            raise InputError(f"{text} is only sent with armed=True: it erases evidence or stops the unit")
        reply = self._keep(self._host.command(self._core, BUS, name, armed))
        self._expect_answered(text, reply)
        return _text(reply.text)

    def exchange(self, payload: builtins.bytes) -> list[Frame]:
        """Send a payload in a frame once, and return all frames until the wire was silent for 350 ms, from whomever."""
        self._core.run_for(IDLE)
        return self._frames(self._send(_core.rs485_encode(self.address, HOST, payload, low_byte_first=False)))

    def send(self, raw: builtins.bytes) -> builtins.bytes:
        """Send these bytes as they are, and return what has come until the wire was silent for 350 ms."""
        return bytes(byte for _, byte in self._send(raw))

    def frame(self, payload: builtins.bytes, low_byte_first: bool = False) -> builtins.bytes:
        """The bytes of a frame to this unit, for :meth:`send`; low_byte_first: with the CRC turned, a wrong frame."""
        return _core.rs485_encode(self.address, HOST, payload, low_byte_first)

    def _send(self, raw: builtins.bytes) -> list[tuple[float, int]]:
        core = self._core
        core.serial_received(BUS)  # what came before is no answer
        core.serial_send(BUS, raw)
        sending = len(raw) * 10 / self.wire.bit_rate if self.wire.bit_rate else 0.0
        self._sent_at = core.now + sending
        core.run_for(sending + TIMEOUT)
        heard = core.serial_received(BUS)
        while heard and (left := heard[-1][0] + TIMEOUT - core.now) > SHORTEST_WAIT:
            core.run_for(left)  # an answer has begun: each of its frames may take as long
            heard += core.serial_received(BUS)
        return heard

    def _frames(self, heard: list[tuple[float, int]]) -> list[Frame]:
        frames = [
            Frame(destination, sender, payload, time)
            for time, destination, sender, payload in _core.rs485_decode(heard)
        ]
        self.attempts = 1
        self.answer_time = frames[0].time - self._sent_at if frames else 0.0
        return frames

    @property
    def _erase_log(self) -> str:
        return "ERRD" if "ERRD" in self._instructions else "ERLD"

    def _require(self, name: str, *types: str) -> Rs485Instruction:
        row = self._instructions.get(name)
        if row is None:
            alike = _core.suggest(name, list(self._instructions))
            raise InputError(f"{self.table} has no instruction {name!r}; {alike}")
        if not row.is_readable:
            raise InputError(f"{name} cannot be read; it is a command")
        if row.type not in types:
            use = {"floats": "array()", "bytes": "bytes()"}.get(row.type, "read()")
            raise InputError(f"{name} is of type {row.type}; use {use}")
        return row

    def _setting(self, name: str) -> Rs485Instruction:
        row = self._require(name, "float", "integer", "text", "floats", "bytes")
        if not row.is_setting:
            raise InputError(f"{name} is no setting; it can only be read")
        return row

    def _query(self, row: Rs485Instruction) -> _core.Rs485Reply:
        reply = self._keep(self._host.query(self._core, BUS, row.name))
        self._expect_answered(f"{row.name}?", reply)
        return reply

    def _keep(self, reply: _core.Rs485Reply) -> _core.Rs485Reply:
        self.answer_time = reply.answer_time
        self.attempts = reply.attempts
        return reply

    def _expect_answered(self, what: str, reply: _core.Rs485Reply) -> None:
        if reply.outcome == "answered":
            return
        if self._core.uut_is_off:
            raise InputError(f"{what}: nobody can answer: this test has switched the UUT off and not on again")
        bad = self._host.bad_frames
        seen = f" (so far {bad} frames of this unit's bus were damaged)" if bad else ""
        wire = self.wire.describe()
        made = f"; this test set {wire}" if wire else ""
        raise self._failed(f"{what}: {_text(reply.problem)}{seen}{made}")

    def _failed(self, sentence: str) -> ExpectationFailed:
        return expectation_failed(self._core, f"rs485 {self.address}: {sentence}", [])


def _text(payload: bytes) -> str:
    return payload.decode("latin-1")


def _range(row: Rs485Instruction) -> str:
    if not row.choices:
        return f"{row.minimum:g} to {row.maximum:g} {row.unit}".removesuffix(" 1")
    return ", ".join(f"{low} to {high}" for low, high in row.choices)


def _table_of(fixture: _core.Fixture) -> str:
    """The table all of whose settings the fixture has."""
    for table in TABLES:
        if all(fixture.has_setting(row.name.lower()) for row in instructions(table) if row.is_setting):
            return table
    raise InputError(
        f"the fixture {fixture.name} has the settings of no RS-485 table ({', '.join(TABLES)}); "
        "expected settings_table: in its fixture.yaml"
    )
