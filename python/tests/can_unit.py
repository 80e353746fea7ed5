"""A BMS process that says on CAN what stands at its supply, for the tests of the CAN bus.

While its supply is above 10 V it sends every 100 ms 0x031 with the supply as the pack's voltage and, in its first
second only, 0x037; every second 0x355 of 4 bytes (one signal too few), and 0x035. A frame that it receives it sends
back with the next identifier and its bytes in reverse.
"""

from __future__ import annotations

import sys

GREETING = ["bmslink 1 test.can_unit 1.0", "in supply V", "out lamp level", "bus can can 250000", "ready"]
SLOT = 100_000_000
SECOND = 1_000_000_000


def frames(now: int, supply: float) -> list[str]:
    pack = f"64C8{round(supply * 100):04X}FD940205"  # 50 %, 100 %, supply, -12.4 A, error 2, element 5
    sent = [f"can:031#{pack}"]
    if now < SECOND:
        sent.append("can:037#023C03E807D001D0")
    if now % SECOND == 0:
        sent += ["can:355#58005E00", "can:035#0CF80CF80CF80CF8"]
    return sent


def echo(payload: str) -> str:
    identifier, data = payload.removeprefix("can:").split("#")
    reverse = "".join(reversed([data[i : i + 2] for i in range(0, len(data), 2)]))
    return f"can:{int(identifier, 16) + 1:0{len(identifier)}X}#{reverse}"


def main() -> None:
    print("\n".join(GREETING), flush=True)
    supply, due, first = 0.0, 0, True
    for line in sys.stdin:
        if line.startswith("stop"):
            return
        _, at, *changes = line.split()
        now = int(at)
        answer = ["lamp=0"] if first else []
        first = False
        for change in changes:
            if change.startswith("can:"):
                answer.append(echo(change))
            else:
                supply = float(change.removeprefix("supply="))
        if now >= due:
            answer += frames(now, supply) if supply > 10 else []
            due = (now // SLOT + 1) * SLOT
        print(" ".join([f"next {due}", *answer]), flush=True)


if __name__ == "__main__":
    main()
