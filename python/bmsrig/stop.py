"""How an operator stops a run: Ctrl-C, or a polite kill."""

from __future__ import annotations

import signal
import time
from types import FrameType

SAME_WISH = 1.0
"""Seconds in which a further signal is not a second wish: a terminal, a service manager and `timeout` send it to a
process and again to its group."""


def heed_stop_signals(same_wish: float = SAME_WISH) -> None:
    """Let such a signal raise KeyboardInterrupt, and none that follows it within that time disturb the closing.

    Also where whoever started us had them ignored. Call it in the main thread.
    """
    heeded: float | None = None

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal heeded
        now = time.monotonic()
        if heeded is not None and now - heeded < same_wish:
            return
        heeded = now
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
