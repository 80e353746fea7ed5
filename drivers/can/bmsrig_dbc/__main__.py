"""Makes the C codecs and the C++ catalogue of our CAN protocols.

python -m bmsrig_dbc <protocols.csv> <texts.csv> <folder> <file.dbc>...: makes <name>.h and <name>.c (C codec) and
<name>_database.cpp of each DBC file, and protocols.h, protocols.c and catalogue_lists.cpp of all, in the folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cantools.database.can import Database

from bmsrig_dbc import house_rules, soundness
from bmsrig_dbc.codec_source import c_codec, catalogue_entry
from bmsrig_dbc.mistake import Mistake
from bmsrig_dbc.protocol_source import c_header, c_source, catalogue_source
from bmsrig_dbc.reading import read
from bmsrig_dbc.tables import read_protocols, read_texts


def sources(protocols_csv: Path, texts_csv: Path, files: list[Path]) -> dict[str, str]:
    """The text of each source by its name. Raises Mistake."""
    read_files = {file.stem: read(file) for file in files}
    databases: dict[str, Database] = {name: database for name, (database, _) in read_files.items()}
    for database, places in read_files.values():
        soundness.check(database, places)
    texts = read_texts(texts_csv, databases)
    for name, (database, places) in read_files.items():
        house_rules.check(database, places, {message for owner, message in texts if owner == name})
    protocols = read_protocols(protocols_csv, databases)
    made = {
        "protocols.h": c_header(list(databases)),
        "protocols.c": c_source(protocols),
        "catalogue_lists.cpp": catalogue_source(list(databases), protocols),
    }
    for name, database in databases.items():
        made[f"{name}.h"], made[f"{name}.c"] = c_codec(database, name)
        made[f"{name}_database.cpp"] = catalogue_entry(database, name)
    return made


def main(protocols_csv: str, texts_csv: str, folder: str, *files: str) -> int:
    """Writes what has changed, or says what is wrong with the layouts."""
    try:
        made = sources(Path(protocols_csv), Path(texts_csv), [Path(file) for file in files])
    except (Mistake, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        path = out / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
