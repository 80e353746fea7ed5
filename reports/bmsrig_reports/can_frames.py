"""What stood on the CAN buses of a test: the events themselves, and a table of their identifiers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

CanEventRow = tuple[int, int, str, str, int, bool, bool, bytes]
"""An event as it is decoded; the fields of a CanEvent."""
CanSummaryRow = tuple[int, int, int, int, CanEventRow]
"""How many, first_ns, shortest_ns, longest_ns and the last event of one sort in a block."""

ORIGINS = {"received": "UUT", "sent": "rig", "error": ""}
"""Who has sent the frames of each kind; of an error frame nobody knows."""


class CanEvent(NamedTuple):
    """Something that stood on a CAN bus."""

    time_ns: int
    """When it ended, on the test's time line."""
    on_wire_ns: int
    """How long it held the bus."""
    kind: str
    """"received" (from the UUT), "sent" (by the rig) or "error" (an error frame)."""
    error: str
    """What spoiled the frame: "coding", "acknowledge" or "bit"; "none" unless it is an error frame."""
    id: int
    extended: bool
    """Whether the identifier has 29 bits."""
    remote: bool
    data: bytes
    """Of a remote frame, whose length alone counts, zeros."""


@dataclass(frozen=True, slots=True)
class CanRow:
    """All events of one sort in a test: one identifier, received or sent, or error frames of one cause."""

    bus: str
    name: str
    """What the message is called; empty if the record does not say."""
    count: int
    first_ns: int
    shortest_ns: int | None
    """Of the periods between the ends of two that follow one another; None if there is but one."""
    longest_ns: int | None
    last: CanEvent

    @property
    def is_error(self) -> bool:
        """Whether these are error frames."""
        return self.last.kind == "error"

    @property
    def mean_ns(self) -> float | None:
        """The mean period, in ns."""
        return (self.last.time_ns - self.first_ns) / (self.count - 1) if self.count > 1 else None

    @property
    def identifier(self) -> str:
        """The identifier as people write it: "0x351", "0x1806E5F4"; what went wrong for error frames."""
        if self.is_error:
            return f"error frame: {self.last.error}"
        return f"0x{self.last.id:0{8 if self.last.extended else 3}X}"

    @property
    def origin(self) -> str:
        """Who has sent it: "UUT", "rig"."""
        return ORIGINS[self.last.kind]

    @property
    def data_text(self) -> str:
        """The data of the last one in hexadecimal: "3A 02"."""
        if self.is_error:
            return ""
        return f"remote, {len(self.last.data)} bytes" if self.last.remote else self.last.data.hex(" ").upper()


def add_up(bus: str, blocks: Iterable[list[CanSummaryRow]], names: Mapping[tuple[str, int, bool], str]) -> list[CanRow]:
    """Put the summaries of a bus's blocks, in the order of time, together, ordered by identifier.

    names: (bus, identifier, whether it has 29 bits) -> what the message is called.
    """
    rows: dict[tuple[object, ...], CanRow] = {}
    for block in blocks:
        for count, first_ns, shortest_ns, longest_ns, last in block:
            event = CanEvent(*last)
            key = (event.kind, event.error, event.extended, event.id, event.remote)
            periods = [shortest_ns, longest_ns] if count > 1 else []
            before = rows.get(key)
            if before is None:
                name = "" if event.kind == "error" else names.get((bus, event.id, event.extended), "")
                before = CanRow(bus, name, 0, first_ns, None, None, event)
            else:
                periods += [first_ns - before.last.time_ns]
                periods += [known for known in (before.shortest_ns, before.longest_ns) if known is not None]
            rows[key] = replace(
                before,
                count=before.count + count,
                shortest_ns=min(periods, default=None),
                longest_ns=max(periods, default=None),
                last=event,
            )
    return sorted(rows.values(), key=_order)


def _order(row: CanRow) -> tuple[object, ...]:
    return row.is_error, row.last.extended, row.last.id, row.origin != "UUT", row.last.remote, row.last.error
