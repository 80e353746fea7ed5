"""Runs clang-tidy over the project's own C and C++ files, in parallel, and remembers which were found clean.

A file is looked at again when the file, a header it includes, its compile command, the checks or clang-tidy changed. As
ccache does it for compiling, a clean result serves every clone of the same sources on this machine.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TREE = ROOT / "build" / "release"
WORK = ROOT / "build" / "tidy"
CLEAN = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bmsrig" / "tidy"
KEPT_FOR = 30 * 24 * 3600  # s since it was last of use
TIDY = ROOT / ".venv" / "bin" / "clang-tidy"
FOLDERS = tuple(f"{ROOT}/{name}/" for name in ("rig", "drivers", "fixtures", "reports", "python"))
# What reads well in a test: long bodies of EXPECT_, small loops that need not be fast, a catch that proves a throw, and
# a test fixture with SetUp() and a destructor that nobody copies.
NOT_IN_TESTS = (
    "-cppcoreguidelines-prefer-member-initializer",
    "-cppcoreguidelines-special-member-functions",
    "-cppcoreguidelines-virtual-class-destructor",
    "-bugprone-empty-catch",
    "-bugprone-implicit-widening-of-multiplication-result",
    "-readability-function-cognitive-complexity",
    "-readability-function-size",
    "-performance-*",
)
# C has no other way.
NOT_IN_C = ("-cppcoreguidelines-*", "-modernize-*", "-readability-identifier-naming", "-readability-function-*")


@dataclass(frozen=True)
class Source:
    """A source file and how it is compiled."""

    file: str
    output: str
    arguments: tuple[str, ...]

    @property
    def is_test(self) -> bool:
        """Tests and benchmarks stand beside what they test and are known by their names."""
        return self.file.endswith(("_test.cpp", "_benchmark.cpp", "_test.c"))


def clang_arguments(command: list[str]) -> tuple[str, ...]:
    """The compile command without what is gcc's own: launcher, warnings, precompiled headers."""
    compiler = next(i for i, word in enumerate(command) if Path(word).name in {"c++", "cc", "g++", "gcc"})
    kept: list[str] = []
    words = iter(command[compiler:])
    for word in words:
        if word == "-include":
            header = next(words)
            kept += [] if "cmake_pch" in header else [word, header]
        elif not word.startswith(("-W", "-fno-fat-lto", "-flto", "-fpch", "-fdiagnostics")):
            kept.append(word)
    return tuple(kept)


def sources() -> list[Source]:
    """Every source file of the project in the build's compile database, once."""
    database = json.loads((TREE / "compile_commands.json").read_text())
    found: dict[str, Source] = {}
    for entry in database:
        if entry["file"].startswith(FOLDERS):
            words = shlex.split(entry["command"])
            output = words[words.index("-o") + 1]
            found.setdefault(entry["file"], Source(entry["file"], output, clang_arguments(words)))
    return list(found.values())


def dependencies() -> dict[str, list[str]]:
    """What the last build of each object read, as ninja noted it."""
    noted = subprocess.run(["ninja", "-C", str(TREE), "-t", "deps"], capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in noted.stdout.splitlines():
        if line.startswith("    "):
            current.append(line.strip())
        elif ":" in line:
            current = found.setdefault(line.split(":", 1)[0], [])
    return found


def closure(output: str, noted: dict[str, list[str]]) -> Iterator[str]:
    """The files an object depends on, those of a precompiled header included."""
    for name in noted.get(output, []):
        if name.endswith(".gch"):
            yield from closure(name, noted)
        else:
            yield name


class Fingerprints:
    """Contents of the project's files; of the system's, size and time are enough."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        version = subprocess.run([TIDY, "--version"], capture_output=True, text=True, check=True).stdout
        self._common = [version, (ROOT / ".clang-tidy").read_text(), Path(__file__).read_text()]

    def _of_file(self, name: str) -> str:
        if name not in self._known:
            path = TREE / name
            if not path.is_file():
                self._known[name] = "gone"
            elif str(path).startswith(str(ROOT)):
                self._known[name] = hashlib.sha256(path.read_bytes()).hexdigest()
            else:
                status = path.stat()
                self._known[name] = f"{status.st_size} {status.st_mtime_ns}"
        return self._known[name]

    def of(self, source: Source, depends_on: list[str]) -> str:
        """The name under which a clean result is remembered."""
        parts = [*self._common, *source.arguments, self._of_file(source.file)]
        parts += [f"{name} {self._of_file(name)}" for name in sorted(set(depends_on))]
        # Where the clone lies makes no difference.
        return hashlib.sha256("\n".join(parts).replace(str(ROOT), ".").encode()).hexdigest()


def examine(source: Source) -> str:
    """What clang-tidy has to say about a file: nothing, if it is clean."""
    command = [str(TIDY), "-p", str(WORK), "--quiet", "--warnings-as-errors=*"]
    if source.file.endswith(".c"):
        command += ["--checks=" + ",".join(NOT_IN_C), "--exclude-header-filter=^$"]
    elif source.is_test:
        command.append("--checks=" + ",".join(NOT_IN_TESTS))
    result = subprocess.run([*command, source.file], capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return ""
    return result.stdout.strip() or result.stderr.strip() or f"{source.file}: clang-tidy exited {result.returncode}"


def main() -> int:
    """Exit status 0 if every file is clean."""
    everything = sources()
    WORK.mkdir(parents=True, exist_ok=True)
    CLEAN.mkdir(parents=True, exist_ok=True)
    (WORK / "compile_commands.json").write_text(
        json.dumps([{"directory": str(TREE), "file": s.file, "arguments": s.arguments} for s in everything])
    )
    noted = dependencies()
    fingerprints = Fingerprints()
    marks = {s: CLEAN / fingerprints.of(s, list(closure(s.output, noted))) for s in everything}
    changed = [s for s in everything if s.output not in noted or not marks[s].exists()]
    changed.sort(key=lambda s: len(noted.get(s.output, [])), reverse=True)
    dirty = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for source, findings in zip(changed, pool.map(examine, changed), strict=True):
            if findings:
                dirty += 1
                print(findings, flush=True)
            else:
                marks[source].touch()
    for mark in set(marks.values()) - {marks[source] for source in changed}:
        mark.touch()
    for mark in CLEAN.iterdir():
        if time.time() - mark.stat().st_mtime > KEPT_FOR:
            mark.unlink(missing_ok=True)
    print(f"clang-tidy: {len(everything)} files, {len(changed)} of them looked at anew, {dirty} with findings")
    return 1 if dirty else 0


if __name__ == "__main__":
    sys.exit(main())
