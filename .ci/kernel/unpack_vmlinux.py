"""Takes the kernel out of Debian's self-extracting image: unpacking itself would take an emulated machine seconds.

Usage: unpack_vmlinux.py VMLINUZ VMLINUX
"""

from __future__ import annotations

import lzma
import re
import sys
from pathlib import Path


def vmlinux(image: bytes) -> bytes:
    """The ELF file within a bzImage whose payload is XZ (as Debian's is); ValueError when there is none."""
    for start in re.finditer(re.escape(b"\xfd7zXZ\x00"), image):
        try:
            unpacked = lzma.LZMADecompressor().decompress(image[start.start() :])
        except lzma.LZMAError:  # those six bytes by chance
            continue
        if unpacked.startswith(b"\x7fELF"):
            return unpacked
    raise ValueError("no kernel packed by XZ in it")


def main() -> None:
    """Reads the first file, writes the second."""
    source, target = (Path(name) for name in sys.argv[1:])
    try:
        target.write_bytes(vmlinux(source.read_bytes()))
    except ValueError as error:
        sys.exit(f"kernel lane: {source}: {error}")


if __name__ == "__main__":
    main()
