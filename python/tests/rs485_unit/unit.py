#!/usr/bin/env python3
"""A unit on RS-485 and nothing else, for the tests of the host: it shares no line with the product's own code.

It answers 4 ms after an instruction; the setting `habit` gives it the habits and faults of other units.
"""

import struct
import sys

ANSWER_AFTER = 4_000_000  # ns
ALLOWED = {"CMAX": (2.0, 4.25), "CMIN": (1.8, 4.0), "IOJA": (0.0005, 0.05), "CHEM": (1, 7)}
TEXTS = {"*IDN?": "REC-BMS 2Q", "WHRE 1": "Cleared energy counter", "SWVR?": "1.6"}
ARRAYS = {
    "LCD1?": ("28", struct.pack("<7f", 3.3, 3.35, -12.5, 25, 53.2, 0.71, 0.98)),
    "CELL?": ("1", struct.pack("<4f", 3.3, 3.31, 3.32, 3.33)),
    "ERRO?": ("4", bytes([1, 1, 2, 5])),
}
values = {"CMAX": 3.85, "CMIN": 2.8, "IOJA": 0.01953125, "CHEM": 3.0}
settings = {"habit": "none", "address": "1", "rsbr": "1"}
for _, (name, _, text) in zip(sys.argv[1::2], (word.partition("=") for word in sys.argv[2::2]), strict=True):
    settings[name] = text
habit, address = settings["habit"], int(settings["address"])


def crc16(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def frame(payload: bytes) -> bytes:
    ends = bytes([address, 0]) if habit == "sender_first" else bytes([0, address])
    covered = ends + bytes([len(payload)]) + payload
    order = "little" if habit == "low_byte_first" else "big"
    return b"\x55" + covered + crc16(covered).to_bytes(2, order) + b"\xaa"


def shown(value: float) -> str:
    mantissa, exponent = f"{value:.4e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def answer(text: str) -> list[bytes]:
    """The payloads of an answer."""
    if text in TEXTS:
        return [TEXTS[text].encode()]
    if text in ARRAYS:
        count, data = ARRAYS[text]
        return [bytes([int(count)]) if habit == "binary_count" else count.encode(), data]
    name, given = text[:4], text[4:]
    if given == "?" and name in values:
        return [shown(values[name]).encode() if name != "CHEM" else b"%d" % values[name]]
    if not given.startswith(" ") or name not in values:
        return [b"NOT OK"]
    low, high = ALLOWED[name]
    is_fit = low <= float(given) <= high or habit == "takes_all"
    if (is_fit and habit != "deaf") or habit == "takes_refused":
        values[name] = float(given)
    return [(b"SET" if habit == "says_set" else b"OK") if is_fit else b"NOT OK"]


rate = 115_200 if settings["rsbr"] == "2" else 56_000
print("bmslink 1 rec.stand_in python-1", "in supply V", "out lamp level", f"bus rs485 serial {rate}", "ready", sep="\n")
sys.stdout.flush()
held = b""
pending: list[tuple[int, bytes]] = []
heard = 0
for line in sys.stdin:
    if line == "stop\n":
        break
    words = line.split()
    now = int(words[1])
    held += b"".join(bytes.fromhex(word[6:]) for word in words[2:] if word.startswith("rs485:"))
    while (start := held.find(b"\x55")) >= 0 and len(held) >= start + 4 and len(held) >= start + 7 + held[start + 3]:
        whole = held[start : start + 7 + held[start + 3]]
        is_good = whole[-1] == 0xAA and crc16(whole[1:-3]) == int.from_bytes(whole[-3:-1], "big")
        held = held[start + (len(whole) if is_good else 1) :]
        if is_good and whole[1] == address and habit != "mute":
            heard += 1
            is_lazy = habit == "lazy" and heard % 3  # every third instruction is heard
            pending += [] if is_lazy else [(now + ANSWER_AFTER, frame(part)) for part in answer(whole[4:-3].decode())]
    sent = [f"rs485:{part.hex().upper()}" for due, part in pending if due <= now]
    pending = [(due, part) for due, part in pending if due > now]
    print("next", pending[0][0] if pending else "-", *(["lamp=0"] if now == 0 else []), *sent, flush=True)
