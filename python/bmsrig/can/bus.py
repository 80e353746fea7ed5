"""The rig's own node on a CAN bus of the UUT."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bmsrig import _core
from bmsrig._core import InputError
from bmsrig.can.message import CanMessage, check_identifier
from bmsrig.can.protocol import CanProtocol
from bmsrig.failure import ExpectationFailed

HIGHEST_RATE = 1_000_000
"""bit/s; the fastest that CAN is (ISO 11898-1, without flexible data rate)."""


class CanBus:
    """The rig's own node on a CAN bus of the UUT."""

    def __init__(self, core: _core.Rig, name: str) -> None:
        """Raises InputError naming the CAN buses there are."""
        core.can_counts(name)
        self._core = core
        self.name = name

    def __repr__(self) -> str:
        return f"<CAN bus {self.name}: {self._core.can_counts(self.name)}>"

    def __getitem__(self, database: str) -> CanProtocol:
        """What the frames mean by a database: ``rig.can["victron"].signal("CVL")``, ``rig.can["mine"]`` of mine.dbc."""
        return CanProtocol(self._core, self.name, database)

    @property
    def bit_rate(self) -> int:
        """The rate at which the bus works, in bit/s; 0 if nobody has spoken yet."""
        return self._core.can_bit_rate(self.name)

    @bit_rate.setter
    def bit_rate(self, bit_rate: int) -> None:
        """Understand only frames at this rate; 0: at that of whoever speaks. Raises InputError if there is no such."""
        self._check_rate(bit_rate, lowest=0)
        self._core.set_can_bit_rate(self.name, bit_rate)

    def detect_bit_rate(self, candidates: Sequence[int] | None = None, listening: float | None = None) -> int:
        """Find the rate of the bus by listening alone, and return it in bit/s; time passes.

        candidates: in the order in which they are tried, in bit/s, by default 500, 250, 125, 100 and 1000 kbit/s;
        listening: how long at each at most, in s, by default three frames of a unit that sends one in 150 ms. The UUT
        is not disturbed, but alone with the rig it lacks its acknowledgement and repeats one frame meanwhile.
        Afterwards the node is set as before. Raises ExpectationFailed that says what was heard at each rate if the UUT
        can be understood at none; InputError if the list is empty or has no rates, the time is 0, or this test switched
        the UUT off.
        """
        core = self._core
        if core.uut_is_off:
            raise InputError(f"bus {self.name}: nobody sends: this test has switched the UUT off and not on again")
        for candidate in candidates or ():
            self._check_rate(candidate, lowest=1)
        found, heard = core.detect_can_bit_rate(self.name, candidates, listening)
        if found is None:
            raise ExpectationFailed(
                f"bus {self.name}: expected frames of the UUT at one of these bit rates, but what was heard is "
                f"{heard} (now {core.now:.6f} s); does it send by itself, is it wired, is it another rate?"
            )
        return found

    @property
    def listen_only(self) -> bool:
        """Whether the rig's node only listens: it acknowledges nothing then, and sends nothing."""
        return self._core.can_listen_only(self.name)

    @listen_only.setter
    def listen_only(self, listens: bool) -> None:
        self._core.set_can_listen_only(self.name, listens)

    @property
    def state(self) -> str:
        """Of the rig's node: ``error_active``, ``error_passive`` or ``bus_off`` (ISO 11898-1, fault confinement)."""
        return self._core.can_state(self.name)

    def recover(self) -> None:
        """Let the rig's node leave bus-off; see :attr:`state`."""
        self._core.can_recover(self.name)

    def fault(self, fault: str) -> None:
        """Break the bus until told otherwise: ``short`` (CAN H at CAN L), ``open`` (the rig's wires), or ``none``.

        A node that goes on sending into a short circuit ends in bus-off. Raises InstrumentError if the bench's adapter
        cannot do this, InputError for any other word.
        """
        self._core.set_can_fault(self.name, fault)

    @property
    def load(self) -> float:
        """How much of the last whole second the bus was held by frames and error frames, in %."""
        return self._core.can_load(self.name)

    @property
    def error_frames(self) -> int:
        """How many frames were broken off since the start of the test: of another rate, or spoiled on the wire."""
        return int(self._core.can_counts(self.name)["error_frames"])

    def message(self, identifier: int, *, extended: bool = False) -> CanMessage:
        """The frames of an identifier. Raises InputError if no frame can have it."""
        return CanMessage(self._core, self.name, identifier, extended=extended)

    def send(self, identifier: int, data: bytes = b"", *, extended: bool = False, remote: bool = False) -> None:
        """Hand a frame to the rig's transmitter; it leaves when the bus is free. Raises InputError if it cannot be."""
        _check(identifier, data, extended=extended)
        self._core.can_send(self.name, identifier, bytes(data), extended, remote)

    @contextmanager
    def repeat(self, identifier: int, data: bytes = b"", *, every: float, extended: bool = False) -> Iterator[None]:
        """Send a frame again and again while time passes inside: at once, and then every so many seconds.

        Raises InputError if there can be no such frame, or the time is not more than 0.
        """
        _check(identifier, data, extended=extended)
        repeated = self._core.can_repeat(self.name, identifier, bytes(data), extended, every)
        try:
            yield
        finally:
            self._core.can_stop_repeating(repeated)

    @contextmanager
    def keep_alive(self, protocol: str, **values: float) -> Iterator[None]:
        """Send what the other side of a protocol sends all the time, while time passes inside.

        protocol: by its name (``sma``); values: those of the message's signals, 0 where not given and where the
        protocol fixes none. Raises InputError naming the protocols there are, or if this one has no keep-alive.
        """
        known = {each.name: each for each in _core.can_protocols()}
        if protocol not in known:
            raise InputError(f"there is no CAN protocol {protocol}; {_core.suggest(protocol, list(known))}")
        keep_alive = known[protocol].keep_alive
        if keep_alive is None:
            raise InputError(f"CAN protocol {protocol} has no keep-alive: its other side is silent")
        layout, data = self[keep_alive.message.database].encode(keep_alive.message.name, **values)
        if keep_alive.data is not None and not values:
            data = keep_alive.data
        with self.repeat(layout.id, data, every=keep_alive.period, extended=layout.extended):
            yield

    def watch(self, seconds: float) -> dict[int, list[float]]:
        """Run for so long: the times of all frames that came meanwhile, by their identifier."""
        times: dict[int, list[float]] = {}
        frames, _ = self._core.can_watch(self.name, seconds)
        for time, identifier, _, _, _ in frames:
            times.setdefault(identifier, []).append(time)
        return times

    def stays_silent(self, seconds: float) -> None:
        """Run for so long and raise ExpectationFailed if the UUT sends anything, be it at another bit rate.

        What stands on the wire when it begins may end, and the rig's own frames do not count.
        """
        frames, errors = self._core.can_watch(self.name, seconds)
        if not frames and not errors:
            return
        seen = f"{errors} error frames"
        if frames:
            time, identifier, extended, _, data = frames[0]
            first = CanMessage(self._core, self.name, identifier, extended=extended)
            seen = (
                f"{len(frames)} frames, the first {first} at {time:.6f} s with {data.hex(' ') or 'no data'}, and {seen}"
            )
        raise ExpectationFailed(
            f"bus {self.name}: expected it to stay silent for {seconds:g} s, but there were {seen} "
            f"(now {self._core.now:.6f} s)"
        )

    def _check_rate(self, bit_rate: int, lowest: int) -> None:
        if not isinstance(bit_rate, int) or not lowest <= bit_rate <= HIGHEST_RATE:
            raise InputError(
                f"bus {self.name}: {bit_rate!r} bit/s is no rate of CAN; expected {lowest} to {HIGHEST_RATE}"
            )


def _check(identifier: int, data: bytes, *, extended: bool) -> None:
    """Raises InputError if there can be no such frame."""
    check_identifier(identifier, extended=extended)
    if not isinstance(data, bytes | bytearray):
        raise InputError(f"{data!r} is no data of a CAN frame; expected bytes, such as bytes.fromhex('00FF')")
