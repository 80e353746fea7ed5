"""RS-485 frames of REC units, taken apart by hand: a witness beside the codec that host and BMS processes share."""

from __future__ import annotations

from dataclasses import dataclass

from bmsrig.failure import ExpectationFailed

STX, ETX = 0x55, 0xAA


@dataclass(frozen=True, slots=True)
class RawFrame:
    """One frame as it stood on the wire."""

    destination: int
    sender: int
    payload: bytes


def crc(data: bytes) -> int:
    """CRC-16/ARC, bit by bit (REC 2Q manual, Protocol; the polynomial is the one that fits the manual's own frame)."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value


def frame(payload: bytes, destination: int = 1, sender: int = 0) -> bytes:
    """A frame with everything in its place, the CRC with its high byte first."""
    body = bytes([destination, sender, len(payload)]) + payload
    return bytes([STX]) + body + crc(body).to_bytes(2, "big") + bytes([ETX])


def expect_frames(data: bytes, count: int) -> list[RawFrame]:
    """The frames that this data consists of. Raises ExpectationFailed unless there are so many."""
    found = take_apart(data)
    if len(found) != count:
        seen = data.hex(" ").upper() or "nothing"
        raise ExpectationFailed(f"rs485: expected an answer of {count} frames, but the unit sent {seen}")
    return found


def take_apart(data: bytes) -> list[RawFrame]:
    """The frames that this data consists of. Raises ExpectationFailed if it is anything but whole, sound frames."""
    found = []
    rest = data
    while rest:
        length = rest[3] + 7 if len(rest) > 3 else 0
        one, rest = rest[:length], rest[length:]
        sound = length and len(one) == length and one[0] == STX and one[-1] == ETX
        if not sound or crc(one[1:-3]).to_bytes(2, "big") != one[-3:-1]:
            raise ExpectationFailed(
                "rs485: expected whole frames (55, destination, sender, length, payload, CRC, AA; the CRC with its "
                f"high byte first), but the unit sent {data.hex(' ').upper()}"
            )
        found.append(RawFrame(one[1], one[2], one[4:-3]))
    return found
