"""How long a REC unit takes for what it does (REC 2Q manual, System Error Indication and Table 20)."""

CYCLE = 1.25
"""s; the measuring cycle: three of them, the delay of an error, are given as 3 x 1.25 s."""

SHORTEST_DELAY = 2 * CYCLE
"""s from a cause to its error: a unit that measures just then, and twice more."""

LONGEST_DELAY = 4 * CYCLE
"""s from a cause to its error: three measurements of an unknown phase, and one cycle more."""

CAN_ROUND = CYCLE
"""s; how old what CAN says may be: units send one message every 100 ms, all of them in each measuring cycle."""

SHOWN_WITHIN = LONGEST_DELAY + CAN_ROUND
"""s from a cause to its error on CAN."""

ANNOUNCED = 2.0
"""s from the announcement to the opening of the relay (Table 20, byte 8)."""
