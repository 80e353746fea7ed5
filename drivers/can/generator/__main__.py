"""Makes the codecs and the catalogue's entry of a CAN database.

generator <file.dbc> <folder>: from <name>.dbc and <name>.csv makes <name>.h, <name>.c (C codec), <name>_rotation.h and
<name>_database.cpp in the folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

from layout import load
from mistake import Mistake
from source import c_codec, c_rotation, catalogue_entry


def main(dbc: str, folder: str) -> int:
    """Writes all files, or says what is wrong with the layouts."""
    file, out = Path(dbc), Path(folder)
    try:
        database, rotation = load(file)
    except (Mistake, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    name = file.stem
    header, source = c_codec(database, name)
    out.mkdir(parents=True, exist_ok=True)
    for written, text in {
        f"{name}.h": header,
        f"{name}.c": source,
        f"{name}_rotation.h": c_rotation(database, rotation, name),
        f"{name}_database.cpp": catalogue_entry(database, name),
    }.items():
        (out / written).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
