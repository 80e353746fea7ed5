"""What is wrong with a file of layouts, and where."""

from __future__ import annotations

import re
from pathlib import Path


class Mistake(Exception):  # noqa: N818 (it is not ours, it is the file's)
    """What is refused in a file: ``<file>:<line>: <what, what is expected>``."""

    def __init__(self, file: Path, line: int, text: str) -> None:
        super().__init__(f"{file}:{line}: {text}")


class Places:
    """The lines of a DBC file on which its messages and signals stand, to name them in a mistake."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self._text = text.splitlines()
        self._lines: dict[tuple[str, str], list[int]] = {}
        self._signals: dict[str, dict[str, list[str]]] = {}
        long_names = {
            (match[1], match[2] or ""): match[3]
            for _, match in self.matches(
                r'BA_ +"System(?:Message|Signal)LongSymbol" +(?:BO_|SG_) +(\d+) +(\w+)? *"(\w+)"'
            )
        }
        number = message = ""
        for line, found in self.matches(r"\s*(?:BO_\s+(\d+)\s+(\w+)|SG_\s+(\w+))"):
            if found[1]:
                number, message = found[1], long_names.get((found[1], ""), found[2])
            signal = long_names.get((number, found[3]), found[3]) if found[3] else ""
            self._lines.setdefault((message, signal), []).append(line)
            if signal:
                self._signals.setdefault(message, {}).setdefault(signal, []).append(found.string)

    def mistake(self, text: str, message: str, signal: str = "") -> Mistake:
        """A mistake at a message or at one of its signals; where the name stands several times, at the last."""
        what = f"signal {message}.{signal}" if signal else f"message {message}"
        return Mistake(self.file, self._lines.get((message, signal), [1])[-1], f"{what} {text}")

    def mistake_named_in(self, text: str) -> Mistake:
        """A mistake of which only a text tells: it names a line, what stands there, or the message and its signals."""
        if named := re.search(r"at line (\d+)", text):
            return Mistake(self.file, int(named[1]), text)
        if named := re.search(r"VAL_ \d+ \w+", text):
            lines = [number for number, line in enumerate(self._text, start=1) if named[0] in line]
            return Mistake(self.file, max(lines, default=1), " ".join(text.split()))
        words = set(re.findall(r"\w+", text))
        found = [
            lines[-1] for (message, signal), lines in self._lines.items() if message in words and signal in words | {""}
        ]
        return Mistake(self.file, max(found, default=1), text)

    def signals(self, message: str) -> dict[str, list[str]]:
        """The lines of a message's signals, by their names."""
        return self._signals.get(message, {})

    def matches(self, pattern: str) -> list[tuple[int, re.Match[str]]]:
        """Each line that a pattern matches from its start on."""
        found = ((number, re.match(pattern, line)) for number, line in enumerate(self._text, start=1))
        return [(number, match) for number, match in found if match]
