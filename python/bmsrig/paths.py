"""Where fixtures, test plans and BMS processes stand: in the source tree, or inside the installed package."""

from __future__ import annotations

from pathlib import Path

from bmsrig import _core


def _share() -> Path:
    source_tree = Path(__file__).resolve().parents[2]
    if (source_tree / "fixtures").is_dir() and (source_tree / "testplans").is_dir():
        return source_tree
    return Path(__file__).resolve().parent / "share"


def fixtures_folder() -> Path:
    """The folder that holds a folder for each product."""
    return _share() / "fixtures"


def plans_folder() -> Path:
    """The folder that holds a folder for each product's test plan."""
    return _share() / "testplans"


def process_folder() -> Path:
    """The folder of the fixtures' own BMS processes."""
    return Path(_core.__file__).resolve().parent / "libexec"


def names_in(folder: Path) -> list[str]:
    """The names of the sub-folders that hold something, in order."""
    if not folder.is_dir():
        return []
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith(("_", ".")))


def find_fixture(name: str) -> Path:
    """A fixture's folder by its name or its path. Raises InputError naming the fixtures there are."""
    if (Path(name) / "fixture.yaml").is_file():
        return Path(name).resolve()
    folder = fixtures_folder() / name
    if "/" not in name and name and (folder / "fixture.yaml").is_file():
        return folder
    known = [known for known in names_in(fixtures_folder()) if (fixtures_folder() / known / "fixture.yaml").is_file()]
    raise _core.InputError(
        f"there is no fixture {name[:200]!r}; expected a folder that holds a fixture.yaml, or one of: "
        f"{', '.join(known)}"
    )


def fixture_of_bench(bench: str) -> str:
    """The fixture that a bench file says it is for; empty for a bench by its name. Raises InputError."""
    return _core.Bench.load(Path(bench)).fixture if bench.endswith((".yaml", ".yml")) else ""


def benches_of(fixture: Path) -> list[str]:
    """The names of the bench files that a fixture brings."""
    return sorted(file.stem for file in (fixture / "benches").glob("*.yaml"))


def find_bench(name: str, fixture: Path) -> Path:
    """A bench file by its path, or by its name in the fixture's ``benches`` folder. Raises InputError naming those."""
    if name.endswith((".yaml", ".yml")):
        if Path(name).is_file():
            return Path(name).resolve()
    elif "/" not in name and (fixture / "benches" / f"{name}.yaml").is_file():
        return fixture / "benches" / f"{name}.yaml"
    known = ", ".join(benches_of(fixture)) or "none"
    raise _core.InputError(
        f"there is no bench {name[:200]!r}; expected the path of a .yaml file, or one that fixture {fixture.name} "
        f"brings: {known}"
    )
