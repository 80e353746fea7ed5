"""What is wrong with a file of layouts, and where."""

from __future__ import annotations

import re
from pathlib import Path


class Mistake(Exception):  # noqa: N818 (it is not ours, it is the file's)
    """A layout that this generator refuses: ``<file>:<line>: <what, what is expected>``."""

    def __init__(self, file: Path, line: int, text: str) -> None:
        super().__init__(f"{file}:{line}: {text}")


class Places:
    """The lines of a DBC file on which its messages and signals stand."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lines: dict[tuple[str, str], int] = {}
        message = ""
        for number, line in enumerate(file.read_text(encoding="cp1252").splitlines(), start=1):
            if found := re.match(r"BO_ +\d+ +(\w+)", line):
                message = found[1]
                self._lines.setdefault((message, ""), number)
            elif found := re.match(r"\s+SG_ +(\w+)", line):
                self._lines.setdefault((message, found[1]), number)

    def mistake(self, text: str, message: str, signal: str = "") -> Mistake:
        """A mistake at a message or at one of its signals."""
        what = f"signal {message}.{signal}" if signal else f"message {message}"
        return Mistake(self.file, self._lines[message, signal], f"{what} {text}")

    def mistake_named_in(self, text: str) -> Mistake:
        """A mistake of which only a text tells: it names a line, or the message and its signals."""
        if named := re.search(r"at line (\d+)", text):
            return Mistake(self.file, int(named[1]), text)
        words = set(re.findall(r"\w+", text))
        lines = [line for (message, signal), line in self._lines.items() if message in words and signal in words | {""}]
        return Mistake(self.file, max(lines, default=1), text)
