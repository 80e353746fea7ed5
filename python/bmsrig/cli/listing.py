"""``bmsrig list``: what there is to run."""

from __future__ import annotations

import argparse
from typing import Any

from bmsrig import _core, paths


def add_to(commands: Any) -> None:
    """Add this job to the command line."""
    parser = commands.add_parser(
        "list", help="list test plans, fixtures, benches, CAN signals and protocols, and drivers"
    )
    parser.set_defaults(action=main)


def main(_options: argparse.Namespace) -> int:
    """Print the lists."""
    print("test plans:")
    for name in paths.names_in(paths.plans_folder()):
        print(f"  {name}")
    print("fixtures:")
    for name in paths.names_in(paths.fixtures_folder()):
        folder = paths.fixtures_folder() / name
        if not (folder / "fixture.yaml").is_file():
            continue  # shared parts of several products
        fixture = _core.Fixture.load(folder)
        print(f"  {name}: {fixture.title}; {len(fixture.requirements)} requirements, {len(fixture.limits)} limits")
        print(f"    benches: {', '.join(paths.benches_of(folder))}")
        print(f"    settings: {', '.join(f'{key}={value}' for key, value in fixture.settings.items())}")
    print("CAN databases:")
    for name in _core.can_databases():
        print(f"  {name}")
        for message in _core.can_database(name).messages:
            print(f"    {message.id:03X} {message.name}: {', '.join(_signal(signal) for signal in message.signals)}")
    print("CAN protocols:")
    for protocol in _core.can_protocols():
        databases = list(dict.fromkeys(message.database for message in protocol.messages))
        keep_alive = f"; hears {protocol.keep_alive.message.name}" if protocol.keep_alive else ""
        print(
            f"  {protocol.name}: CHRG {protocol.chrg}, {len(protocol.messages)} messages of {' and '.join(databases)} "
            f"every {protocol.cycle:g} s{keep_alive}; layout {protocol.layout}"
        )
    print("drivers:")
    for name, kind, description in _core.drivers():
        print(f"  {name} ({kind}): {description}")
    return 0


def _signal(signal: _core.CanSignal) -> str:
    return f"{signal.name} [{signal.unit}]" if signal.unit else signal.name
